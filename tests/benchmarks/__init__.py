"""`python -m tests.benchmarks`: how long a lint takes, against DVC on the same project, in CPU time."""
