"""What the Python files that a pipeline runs import, read and write: by their syntax tree, never executed."""
