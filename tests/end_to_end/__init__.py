"""Whole workflows with the real programs: git, DVC, pre-commit."""
