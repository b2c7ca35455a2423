"""MLflow beside a run: a parent for the commit, a child for each stage, and never a reason for the run to fail.

In this order:

    tracking = start_tracking(graph, warn)          # None if nobody asked for it
    environment = tracking.stage_environment(stage) # before each stage, for its command
    tracking.finish_stage(stage, ran=True)          # or fail_stage(stage), as soon as it has ended
    tracking.finish(graph_after)                    # with the project as it is now; always

What could not be logged by then is logged by `late_logging`.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
import uuid
from collections.abc import Callable
from typing import NamedTuple, TypeVar

from pipelinekit.freshness.records import Record, records
from pipelinekit.graph.graph import Graph
from pipelinekit.project.project import Project
from pipelinekit.project.writing import WriteError
from pipelinekit.resolve.stage import Stage
from pipelinekit.run import pending as state
from pipelinekit.run.commit_log import (
    COMMIT,
    COMMITTED,
    DIRTY,
    KEY,
    STAGE_RUN,
    CommitLog,
    Logged,
    OfflineRun,
    OpenRuns,
    end_stage_run,
    find_children,
    parent_tags,
    settle_repeat,
    stage_tags,
    title,
)
from pipelinekit.run.commit_record import CommitRecord, commit_record, stage_record
from pipelinekit.run.late_logging import OpenStore, forget_offline, log_pending, store_opener
from pipelinekit.run.lock_entries import record_now
from pipelinekit.run.provenance import current_provenance
from pipelinekit.run.recorded_contents import RecordedContents, with_metrics
from pipelinekit.run.script_claims import Claim, claim_of
from pipelinekit.run.store import RunStatus, Store, TrackingError, without_password
from pipelinekit.run.tracking_settings import TrackingSettings, tracking_settings

Warn = Callable[[str], None]
_Result = TypeVar("_Result")
LATER = "pipelinekit run --log-only"


class Outcome(NamedTuple):
    """What a run came to in MLflow."""

    #: None if nothing could be logged
    logged: Logged | None
    #: why it could not, and where it waits; both empty if all went well
    reason: str = ""
    kept: str = ""


def start_tracking(graph: Graph, warn: Warn, opener: OpenStore | None = None) -> Tracking | None:
    """Begin; None if nobody asked for runs to be logged. Raises ConfigurationError."""
    settings = tracking_settings(graph.index.project.root)
    if settings is None:
        return None
    return Tracking(graph, settings, warn, opener)


class Tracking:
    """The runs of one `pipelinekit run`. Its methods may be called from several threads; none raises TrackingError."""

    def __init__(self, graph: Graph, settings: TrackingSettings, warn: Warn, opener: OpenStore | None = None) -> None:
        self._graph = graph
        self._root = graph.index.project.root
        # whoever runs the stages may have read the project again
        self._stages = {stage.address: stage for stage in graph.index.stages}
        self._settings = settings
        self._warn = warn
        self._opener = opener or store_opener(self._root)
        self._lock = threading.RLock()
        #: why the server can't be used; None as long as it can
        self.gone: str | None = None
        self._provenance = current_provenance(graph)
        self._parent: str | None = None
        self._children: dict[str, str] = {}
        #: of each stage that started without a server its last run there; and those before
        self._offline: dict[str, OfflineRun] = {}
        self._superseded: list[OfflineRun] = []
        self._before: dict[str, str] = {}
        #: addresses of stages that have come to their end, well or not
        self._finished: set[str] = set()
        self._failed: set[str] = set()
        self._left = OpenRuns()
        self._store: Store | None = None
        self._has_warned = False
        self._has_noted = False
        self._experiments: dict[str, str] = {}
        self._offline_store: Store | None = None
        # nothing is asked of the server before there is something to log: it may be gone
        self._recover()
        self._attempt(self._log_waiting)

    # --- before a stage ------------------------------------------------------------------------------------

    def stage_environment(self, stage: Stage) -> dict[str, str]:
        """What to add to the environment of a stage's command, so that its script logs into the stage's run.

        If the server is gone, the script gets a store of its own, whose runs are copied later.
        """
        with self._lock:
            stage = self._stages.get(stage.address, stage)
            claim = claim_of(stage, self._graph, self._settings.uri)
            self._before[stage.address] = self._recorded_key(stage)
            self._finished.discard(stage.address)
            self._failed.discard(stage.address)
            child = self._attempt(lambda: self._open_child(stage, claim.experiment or ""))
            if child is not None:
                run_id, experiment = child
                environment = {"MLFLOW_TRACKING_URI": self._settings.uri, **_defaults()}
                if not claim.elsewhere:
                    environment |= self._handed(run_id, experiment, claim.experiment or self._settings.experiment)
                return environment
            return self._offline_environment(stage, claim)

    def _recorded_key(self, stage: Stage) -> str:
        """The key of the stage's last run; empty if it never ran."""
        record = self._graph.derived(records).get(stage)
        return stage_record(stage, record, self._graph).key if record is not None else ""

    def _handed(self, run_id: str, experiment: str, name: str) -> dict[str, str]:
        return {
            "MLFLOW_RUN_ID": run_id,
            "MLFLOW_EXPERIMENT_ID": experiment,
            "MLFLOW_EXPERIMENT_NAME": name,
            # tags of all that the script makes: it may start other runs, and log a model while it has none
            "MLFLOW_RUN_CONTEXT": json.dumps({**_run_context(), STAGE_RUN: run_id}),
        }

    def _open_child(self, stage: Stage, experiment_name: str) -> tuple[str, str]:
        store = self._connected()
        experiment = self._experiment(experiment_name)
        record = self._empty_record()
        if self._parent is None:
            tags = {key: value for key, value in parent_tags(record).items() if key not in (KEY, COMMITTED)}
            self._parent = self._left_parent() or store.create_run(self._experiment(""), title(self._provenance), tags)
        earlier = self._children.pop(stage.address, None) or self._left_child(stage.address)
        if earlier is not None:
            store.end_run(earlier, "KILLED")
        child = store.create_run(experiment, stage.name, stage_tags(record, stage.address, self._parent))
        self._children[stage.address] = child
        self._note()
        return child, experiment

    def _left_parent(self) -> str | None:
        """The run of the same commit that a program before has left open: this one goes on where that stopped."""
        if self._left.parent is None or self._provenance.dirty:
            return None
        run = self._connected().run(self._left.parent)
        is_same = run is not None and (run.tags.get(COMMIT), run.tags.get(DIRTY)) == (self._provenance.commit, "false")
        return self._left.parent if is_same else None

    def _left_child(self, address: str) -> str | None:
        child = self._left.children.get(address)
        if child is not None:
            rest = {other: run_id for other, run_id in self._left.children.items() if other != address}
            self._left = self._left._replace(children=rest)
        return child

    def _offline_environment(self, stage: Stage, claim: Claim) -> dict[str, str]:
        """A run in files beside the project, unless the script logs elsewhere, or there is no client to make one."""
        environment, run_id = _defaults(), uuid.uuid4().hex
        if not claim.elsewhere:
            with contextlib.suppress(TrackingError):
                name = claim.experiment or self._settings.experiment
                store = self._offline_files()
                experiment = store.experiment(name)
                run_id = store.create_run(experiment, stage.name, {"dvc.stage": stage.address})
                uri = state.offline_uri(self._root)
                environment |= {"MLFLOW_TRACKING_URI": uri, "MLFLOW_ALLOW_FILE_STORE": "true"}
                if "MLFLOW_REGISTRY_URI" in os.environ:  # it is as gone as the rest, or has no use for files of here
                    environment["MLFLOW_REGISTRY_URI"] = uri
                environment |= self._handed(run_id, experiment, name)
        if stage.address in self._offline:
            self._superseded.append(self._offline[stage.address])
        run = OfflineRun(run_id, stage.address, stage.name, claim.experiment or "", _now())
        self._offline[stage.address] = run
        self._note_offline(run)
        return environment

    def _offline_files(self) -> Store:
        if self._offline_store is None:
            self._offline_store = self._opener(state.offline_uri(self._root))
        return self._offline_store

    # --- after a stage -------------------------------------------------------------------------------------

    def finish_stage(self, stage: Stage, *, ran: bool = True) -> None:
        """A stage has ended well; `ran` is False if DVC did not run its command. Twice is as good as once."""
        with self._lock:
            stage = self._stages.get(stage.address, stage)
            if ran:
                self._finished.add(stage.address)
                self._end_offline(stage.address, "FINISHED")
            elif stage.address in self._offline:
                self._discard_offline(self._offline.pop(stage.address))
            if stage.address not in self._children:
                return
            if not ran:
                self._attempt(lambda: self._discard(stage.address))
                return
            locked = record_now(self._root, stage)
            if locked is not None:
                self._attempt(lambda: self._log_stage(stage, locked))

    def _discard(self, address: str) -> None:
        self._connected().delete_run(self._children[address])
        del self._children[address]
        self._note()

    def _log_stage(self, stage: Stage, record: Record) -> None:
        made = stage_record(stage, record, self._graph)
        store = self._connected()
        child = self._children[stage.address]
        experiments = [self._experiment(made.experiment), self._experiment("")]
        earlier = find_children(store, list(dict.fromkeys(experiments)), [made.key]).get(made.key)
        if earlier is not None and earlier.status == "FINISHED" and earlier.run_id != child:
            settle_repeat(store, child, earlier.run_id)
            del self._children[stage.address]
            self._note()
            return
        assert self._parent is not None
        project = Project(self._root)
        log = self._log(self._empty_record(), RecordedContents(project))
        log.log_stage(made, self._parent)
        del self._children[stage.address]
        self._note()

    def fail_stage(self, stage: Stage, reason: str = "") -> None:
        """A stage has failed. Twice is as good as once."""
        with self._lock:
            self._failed.add(stage.address)
            child = self._children.get(stage.address)
            if child is None:
                self._end_offline(stage.address, "FAILED", reason)
                return

            def close() -> None:
                store = self._connected()
                if reason:
                    store.log(child, tags={"mlflow.note.content": reason})
                end_stage_run(store, child, "FAILED")
                del self._children[stage.address]
                self._note()

            self._attempt(close)

    def _discard_offline(self, run: OfflineRun) -> None:
        with contextlib.suppress(TrackingError):
            if self._offline_store is not None:
                self._offline_store.delete_run(run.id)
        state.note_forgotten(self._root, run)

    def _end_offline(self, address: str, status: RunStatus, reason: str = "") -> None:
        run = self._offline.get(address)
        if run is not None and run.end is None:
            self._offline[address] = run._replace(status=status, reason=reason, end=_now())
            self._note_offline(self._offline[address])

    # --- the end -------------------------------------------------------------------------------------------

    def finish(self, graph: Graph, status: RunStatus = "FINISHED") -> Outcome:
        """Log what is not logged yet of all stages, and close everything. `graph` is of the project as it is now.

        `status` is that of the run as a whole.
        """
        with self._lock:
            record = commit_record(graph, current_provenance(graph))
            contents = RecordedContents(graph.index.project)
            open_runs = self._sorted(record)._replace(status=status)
            if not record.stages and not (open_runs.parent or open_runs.ended or open_runs.offline):
                state.clear_journal(self._root)
                return Outcome(None, self.gone or "")
            if open_runs.offline:
                with contextlib.suppress(TrackingError):
                    self._offline_files()
            self.gone = None  # it may have come back; if not, that has been said
            logged = self._attempt(lambda: self._write(record, contents, open_runs), quiet=self._has_warned)
            if logged is None:
                return self._keep(record, contents, open_runs)
            forget_offline(self._offline_store, open_runs.offline)
            state.clear_journal(self._root)
            return Outcome(logged if record.stages else None)

    def _open_runs(self) -> OpenRuns:
        """All that is open, also what a program before has left."""
        offline = (*self._left.offline, *self._superseded, *self._offline.values())
        before = {**self._left.before, **self._before}
        concerned = {*self._left.children, *self._children, *(run.address for run in offline)}
        ended = dict(self._left.ended)
        if self._left.parent is not None and self._parent not in (None, self._left.parent):
            ended[self._left.parent] = "KILLED"
        return OpenRuns(
            self._parent or self._left.parent,
            {**self._left.children, **self._children},
            {address: key for address, key in before.items() if address in concerned},
            ended,
            offline,
        )

    def _sorted(self, record: CommitRecord) -> OpenRuns:
        """What is open: runs of stages that came to their end, and runs that are to be closed.

        What a program before has left counts, too, for stages that this one did not run.
        """
        everything = self._open_runs()
        now = {stage.address: stage.key for stage in record.stages}
        last = {run.address: run.id for run in everything.offline}

        def has_ended(address: str) -> bool:
            if address in self._failed or address not in now:
                return False
            return address in self._finished or now[address] != everything.before.get(address)

        def settled(run: OfflineRun) -> OfflineRun:
            is_last = last[run.address] == run.id and (run.address in self._offline or run.address not in self._before)
            if run.end is None and is_last and has_ended(run.address):
                return run._replace(status="FINISHED", end=_now())
            return run if run.end is not None else run._replace(end=_now())

        ended = dict(everything.ended)
        for address, run_id in everything.children.items():
            if not has_ended(address):
                ended[run_id] = "FAILED" if address in self._failed else "KILLED"
        return everything._replace(
            children={address: run_id for address, run_id in everything.children.items() if run_id not in ended},
            before={},
            ended=ended,
            offline=tuple(settled(run) for run in everything.offline),
        )

    def _keep(self, record: CommitRecord, contents: RecordedContents, open_runs: OpenRuns) -> Outcome:
        """Keep what could not be logged, with its metrics: they may be others tomorrow."""
        whole = record._replace(stages=[with_metrics(stage, contents) for stage in record.stages])
        reason = self.gone or ""
        waiting = state.Pending(
            "", without_password(self._settings.uri), self._settings.experiment, reason, whole, open_runs, _now()
        )
        try:
            kept = state.keep(self._root, waiting)
        except WriteError as error:
            self._warn(f"what could not be logged could not be kept either: {error}")
            return Outcome(None, reason)
        state.clear_journal(self._root)
        return Outcome(None, reason, kept)

    # --- the server ----------------------------------------------------------------------------------------

    def _attempt(self, action: Callable[[], _Result], *, quiet: bool = False) -> _Result | None:
        """Do something with the server, unless it is gone; say once that it is."""
        if self.gone is not None:
            return None
        try:
            if self._store is None:
                self._store = self._opener(self._settings.uri)
            return action()
        except TrackingError as error:
            self.gone = str(error)
            if not quiet:
                self._has_warned = True
                self._warn(f"{error}. The run goes on; '{LATER}' logs it later")
            return None

    def _connected(self) -> Store:
        assert self._store is not None
        return self._store

    def _experiment(self, name: str) -> str:
        name = name or self._settings.experiment
        if name not in self._experiments:
            self._experiments[name] = self._connected().experiment(name)
        return self._experiments[name]

    def _write(self, record: CommitRecord, contents: RecordedContents, open_runs: OpenRuns) -> Logged:
        self._log_waiting()
        return self._log(record, contents, open_runs).write()

    def _log_waiting(self) -> None:
        """What earlier runs could not log comes first: what this one has may repeat it, and knows less about it."""
        uri = without_password(self._settings.uri)
        if all(waiting.uri != uri for waiting in state.waiting(self._root)):
            return
        self._connected().experiment(self._settings.experiment)  # if there is no server, it is not asked all of that
        with contextlib.suppress(TrackingError):  # if only this can't be logged, the rest can
            log_pending(self._root, self._settings, self._known_store, elsewhere=False)

    def _known_store(self, uri: str) -> Store:
        return self._connected() if uri == self._settings.uri else self._offline_files()

    def _log(self, record: CommitRecord, contents: RecordedContents, open_runs: OpenRuns | None = None) -> CommitLog:
        return CommitLog(
            self._connected(),
            record,
            self._settings.experiment,
            contents,
            upload_models=self._settings.upload_models,
            open_runs=open_runs or self._open_runs()._replace(offline=()),
            offline=self._offline_store,
            experiments=self._experiments,
        )

    def _empty_record(self) -> CommitRecord:
        return CommitRecord(self._provenance, "", {}, [], _now())

    def _note(self) -> None:
        journal = state.Journal(
            without_password(self._settings.uri), self._settings.experiment, os.getpid(), self._open_runs()
        )
        state.write_journal(self._root, journal)
        self._has_noted = True

    def _note_offline(self, run: OfflineRun) -> None:
        if self._has_noted:
            state.note_offline(self._root, run, self._before[run.address])
        else:
            self._note()

    def _recover(self) -> None:
        """Take over what a program that died has left open."""
        journal = state.read_journal(self._root)
        if journal is not None and journal.uri == without_password(self._settings.uri):
            self._left = journal.open_runs


def _run_context() -> dict[str, str]:
    """The tags that somebody has asked MLflow for already."""
    try:
        given = json.loads(os.environ.get("MLFLOW_RUN_CONTEXT", "{}"))
    except ValueError:
        return {}
    return given if isinstance(given, dict) else {}


def _now() -> int:
    return int(time.time() * 1000)


def _defaults() -> dict[str, str]:
    from pipelinekit.run.mlflow_store import stage_defaults

    return stage_defaults()
