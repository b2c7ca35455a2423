"""What a run could not tell MLflow, logged later: from what was kept, and from git."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable
from contextlib import closing

from pipelinekit.graph.graph import Graph
from pipelinekit.project.project import Project
from pipelinekit.resolve.index import Index
from pipelinekit.run import pending as state
from pipelinekit.run.commit_log import CommitLog, Logged, OfflineRun
from pipelinekit.run.commit_record import CommitRecord, commit_record
from pipelinekit.run.provenance import provenance_of
from pipelinekit.run.recorded_contents import RecordedContents
from pipelinekit.run.store import Store, TrackingError, without_password
from pipelinekit.run.tracking_settings import FOLDER, TrackingSettings

OpenStore = Callable[[str], Store]


class NothingToLogError(Exception):
    """A commit that has no locks, or that git does not know."""


def store_opener(root: str) -> OpenStore:
    """Opens stores with MLflow's client; a database in the project keeps its files beside it."""

    def opener(uri: str) -> Store:
        from pathlib import Path

        from pipelinekit.run.mlflow_store import open_store

        artifacts = os.path.abspath(os.path.join(root, FOLDER, "artifacts"))
        return open_store(uri, Path(artifacts).as_uri() if uri.startswith("sqlite:") else None)

    return opener


def log_commit(
    root: str, revision: str, settings: TrackingSettings, opener: OpenStore | None = None
) -> tuple[CommitRecord, Logged]:
    """Log a commit from git alone. Raises NothingToLogError, TrackingError."""
    where = provenance_of(root, revision)
    if where is None:
        raise NothingToLogError(f"git knows no commit {revision}")
    past = Project(root).at_revision(where.commit)
    with closing(past.disk):
        record = commit_record(Graph(Index(past)), where)
        if not record.stages:
            raise NothingToLogError(f"no stage has run in {revision}: its locks record none")
        store = (opener or store_opener(root))(settings.uri)
        contents = RecordedContents(past)
        log = CommitLog(store, record, settings.experiment, contents, upload_models=settings.upload_models)
        return record, log.write()


def log_pending(
    root: str, settings: TrackingSettings, opener: OpenStore | None = None, *, elsewhere: bool = True
) -> list[tuple[CommitRecord, Logged]]:
    """Log what was kept, oldest first, each to where it was meant to go, if need be to another server than that of now.

    Raises TrackingError; what is logged by then is logged, and the rest still waits.
    """
    opener = _remembering(opener or store_opener(root))
    done: list[tuple[CommitRecord, Logged]] = []
    for waiting in list(state.waiting(root)):
        is_known = waiting.uri == without_password(settings.uri)
        if not is_known and not elsewhere:
            continue
        offline = opener(state.offline_uri(root)) if waiting.open_runs.offline else None
        log = CommitLog(
            opener(settings.uri if is_known else waiting.uri),
            waiting.record,
            waiting.experiment,
            RecordedContents(Project(root)),
            upload_models=settings.upload_models,
            open_runs=waiting.open_runs,
            offline=offline,
        )
        done.append((waiting.record, log.write()))
        state.forget(waiting)
        forget_offline(offline, waiting.open_runs.offline)
    return done


def log_missing(root: str, settings: TrackingSettings, opener: OpenStore | None = None) -> int:
    """Log what was kept, and the commit that is checked out if that is not logged; how many of all were not.

    Raises TrackingError, having logged what can be.
    """
    count, problem = 0, None
    opener = _remembering(opener or store_opener(root))
    try:
        count += len(log_pending(root, settings, opener))
    except TrackingError as error:  # it may have been for another server
        problem = error
    with contextlib.suppress(NothingToLogError):
        count += not log_commit(root, "HEAD", settings, opener)[1].was_complete
    if problem is not None:
        raise problem
    return count


def _remembering(opener: OpenStore) -> OpenStore:
    """Opens each store once: it knows then whether its server was there."""
    stores: dict[str, Store] = {}

    def opened(uri: str) -> Store:
        if uri not in stores:
            stores[uri] = opener(uri)
        return stores[uri]

    return opened


def forget_offline(offline: Store | None, runs: Iterable[OfflineRun]) -> None:
    """What stood in for the server has been copied."""
    if offline is not None:
        for run in runs:
            with contextlib.suppress(TrackingError):
                offline.forget_run(run.id)
