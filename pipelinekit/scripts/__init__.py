"""What the commands of a pipeline run."""
