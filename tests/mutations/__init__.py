"""Takes sound projects, breaks one thing in each, and looks whether just that is found: `python -m tests.mutations`."""
