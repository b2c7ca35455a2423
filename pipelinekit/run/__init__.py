"""Runs pipelines with the project's own DVC, and what happens around a run."""
