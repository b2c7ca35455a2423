"""The rules of our team, one module each: pipelinekit finds them by the entry point in `pyproject.toml`."""
