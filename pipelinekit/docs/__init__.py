"""The generated page about a project's pipeline."""
