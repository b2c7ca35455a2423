"""The typed model of a pipeline, and the shapes of DVC's files."""
