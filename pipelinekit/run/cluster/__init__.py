"""Stages on other machines, by dask.distributed: each worker has a clone, and hands data on through the DVC remote.

The run itself stays where it is. It takes a snapshot of the project, gives each worker that, and then one stage after
the other, with the entries of `dvc.lock` that the stage stands on. The worker pulls what the stage reads, runs it
with DVC, pushes what it made, and returns its entry. What no remote has, such as metrics that git keeps, travels with
the entry.
"""
