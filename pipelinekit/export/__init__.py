"""The pipeline for another orchestrator: a plan of steps, written in its language, read back and compared."""
