"""What is stale, and why: the locks against the pipelines and the files that are here. Nothing is run."""
