"""Runs pipelines: what a push made outdated, in a work tree beside a bare repository."""
