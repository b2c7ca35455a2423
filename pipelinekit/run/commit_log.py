"""Logs a record of a commit: a parent run, and a child for each stage, once however often it is asked for.

A stage whose lock entry is that of an earlier child is linked to it. A commit whose results were logged before it
was made (`run`, then `git commit`) takes that parent over.
"""

from __future__ import annotations

import getpass
import json
import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from pipelinekit.project.paths import is_outside
from pipelinekit.run.commit_record import CommitRecord, FileRecord, ModelRecord, StageRecord
from pipelinekit.run.provenance import Provenance
from pipelinekit.run.recorded_contents import Content, RecordedContents, with_metrics
from pipelinekit.run.store import DatasetEntry, RunInfo, RunStatus, Store

# Tags. Those of MLflow's own are shown by its pages.
KIND, COMMIT_KIND, STAGE_KIND = "pipelinekit.kind", "commit", "stage"
KEY = "dvc.lock.key"
STAGE = "dvc.stage"
COMMIT, BRANCH = "mlflow.source.git.commit", "mlflow.source.git.branch"
PARENT = "mlflow.parentRunId"
DIRTY = "git.dirty"
#: whether the commit has the locks whose results were logged
COMMITTED = "dvc.lock.committed"
#: the commit that was checked out when the stages ran, if another one took the parent over
RAN_AT = "pipelinekit.ran-at"
COMPLETE = "pipelinekit.complete"
LINKS = "pipelinekit.links"
#: the earlier run with the same lock entry, of one that its script has logged to
REPEATS = "pipelinekit.repeats"
#: the run that a run is of which was made where there was no server
OFFLINE = "pipelinekit.offline"
#: the run of the stage whose script has made a run or a model
STAGE_RUN = "pipelinekit.stage-run"
#: The artifact of a parent that has all of its stages.
STAGES_FILE = "stages.json"
#: Plots larger than this are not uploaded, in bytes.
MAX_PLOT_BYTES = 32 * 1024 * 1024
# Children that are asked for one by one, and that are read before.
_MOST_SINGLE_SEARCHES = 50
_FIRST_PAGE = (50, 1000)
_ALL = 50_000


class OfflineRun(NamedTuple):
    """A stage that was started while there was no server, and what came of it."""

    #: of its run in the store that stood in for the server; where there is no such run, of its own
    id: str
    address: str
    name: str
    #: empty: that of the project
    experiment: str
    #: in milliseconds since 1970
    start: int
    end: int | None = None
    #: as long as it has not ended: that of a stage whose program was killed
    status: RunStatus = "KILLED"
    reason: str = ""


class OpenRuns(NamedTuple):
    """Runs that were made before the stages ran, by the address of the stage."""

    parent: str | None = None
    children: Mapping[str, str] = {}
    #: keys that the stages had when their runs were made; a stage that still has it has not come to its end
    before: Mapping[str, str] = {}
    #: how runs are to be closed that have nothing to log, by their id
    ended: Mapping[str, RunStatus] = {}
    #: stages that have no run yet, in the order in which they started
    offline: Sequence[OfflineRun] = ()
    #: what came of all of it
    status: RunStatus = "FINISHED"


class Logged(NamedTuple):
    """What became of a record."""

    parent: str
    #: ids of the runs by address: new ones, and earlier ones that were linked
    logged: dict[str, str]
    linked: dict[str, str]
    #: nothing was written: the commit was logged before
    was_complete: bool = False

    def run_of(self, address: str) -> str | None:
        return self.logged.get(address) or self.linked.get(address)


class CommitLog:
    """Writes one record into a store."""

    def __init__(
        self,
        store: Store,
        record: CommitRecord,
        experiment: str,
        contents: RecordedContents,
        *,
        upload_models: bool = True,
        open_runs: OpenRuns | None = None,
        offline: Store | None = None,
        experiments: dict[str, str] | None = None,
    ) -> None:
        """`experiments` are ids that are known already, by name."""
        self._store = store
        self._record = record
        self._contents = contents
        self._upload_models = upload_models
        self._open = open_runs or OpenRuns()
        self._offline = offline
        #: the last of each stage that ended well: its script has logged what belongs to the record
        self._merged = {run.address: run for run in self._open.offline if run.status == "FINISHED"}
        self._name = experiment
        self._experiments = {} if experiments is None else experiments

    def write(self) -> Logged:
        """Log what is not there yet. Raises TrackingError; asked again, it goes on where it stopped."""
        if self._open.parent is not None and self._store.run(self._open.parent) is None:
            self._open = self._open._replace(parent=None)  # somebody has deleted it
        if not self._record.stages:
            return Logged(self._settle(None, {}, {}) or "", {}, {}, was_complete=True)
        experiment = self.experiment_id("")
        parent = self._earlier_parent(experiment)
        is_complete = parent is not None and parent.tags.get(COMPLETE) == "true" and parent.status != "RUNNING"
        takes_over = parent is not None and self._takes_over(parent)
        known = self._known_children()
        linked = {stage.address: known[stage.key].run_id for stage in self._record.stages if _is_done(stage, known)}
        if parent is not None and is_complete and not takes_over and len(linked) == len(self._record.stages):
            self._settle(parent, linked, known)
            return Logged(parent.run_id, {}, linked, was_complete=True)
        if takes_over and parent is not None:
            self._hand_over(parent)
        parent = self._parent_of_record(experiment, parent, takes_over=takes_over)
        logged: dict[str, str] = {}
        for stage in self._record.stages:
            if stage.address not in linked:
                logged[stage.address] = self.log_stage(stage, parent.run_id, known.get(stage.key))
        self._settle(parent, linked, known)
        self._finish_parent(parent, logged, linked)
        return Logged(parent.run_id, logged, linked)

    # --- parents -------------------------------------------------------------------------------------------

    def experiment_id(self, name: str) -> str:
        """The id of an experiment, by default of that of the project."""
        name = name or self._name
        if name not in self._experiments:
            self._experiments[name] = self._store.experiment(name)
        return self._experiments[name]

    def _parent_of_record(self, experiment: str, earlier: RunInfo | None, *, takes_over: bool) -> RunInfo:
        """The parent that the record is logged below: an earlier one, that which is open, or a new one."""
        tags, name = {**parent_tags(self._record), **self._sign()}, title(self._record.provenance)
        if earlier is not None:
            if takes_over:
                self._store.log(earlier.run_id, tags={**parent_tags(self._record), "mlflow.runName": name})
            return earlier
        if self._open.parent is None:
            parent = self._store.create_run(experiment, name, tags, self._record.time)
        else:
            parent = self._open.parent
            self._store.log(parent, tags={**tags, "mlflow.runName": name})
        return RunInfo(parent, experiment, name, "RUNNING", tags, {}, {})

    def _sign(self) -> dict[str, str]:
        """A tag by which a parent is known as that of the runs that are open; there is none without a need."""
        return {OFFLINE: self._open.offline[0].id} if self._open.offline else {}

    def _is_own(self, parent: RunInfo) -> bool:
        """Whether a parent is that of the runs that are open, and of nothing that was logged before."""
        sign = self._sign()
        return parent.run_id == self._open.parent or (bool(sign) and sign.items() <= parent.tags.items())

    def _earlier_parent(self, experiment: str) -> RunInfo | None:
        """The parent of the same commit, else one whose results the commit has taken in."""
        state = self._record.provenance
        earlier = self._store.find_runs([experiment], {KIND: COMMIT_KIND, KEY: self._record.key}, _FIRST_PAGE[0])
        earlier = [run for run in earlier if REPEATS not in run.tags]
        for run in earlier:
            if state.commit in (run.tags.get(COMMIT), run.tags.get(RAN_AT)) or not state.commit:
                return run
        if self._record.provenance.is_committed:
            return next((run for run in earlier if run.tags.get(COMMITTED) == "false"), None)
        return None

    def _takes_over(self, parent: RunInfo) -> bool:
        return self._record.provenance.is_committed and parent.tags.get(COMMITTED) == "false"

    def _hand_over(self, parent: RunInfo) -> None:
        """The children of a parent that another commit takes over are that commit's, too."""
        before = parent.tags.get(COMMIT, "")
        now = self._record.provenance
        tags = {COMMIT: now.commit, BRANCH: now.branch, DIRTY: "false", RAN_AT: before}
        self._store.log(parent.run_id, tags={RAN_AT: before})
        ids = list(self._experiments.values())
        for child in self._store.find_runs(ids, {KIND: STAGE_KIND, PARENT: parent.run_id}, _ALL):
            self._store.log(child.run_id, tags=tags)

    def _finish_parent(self, parent: RunInfo, logged: Mapping[str, str], linked: Mapping[str, str]) -> None:
        with tempfile.TemporaryDirectory() as folder:
            for path, text in self._record.locks.items():
                if not is_outside(path):
                    _write(os.path.join(folder, path), text.encode())
            _write(os.path.join(folder, STAGES_FILE), stages_json(self._record, logged, linked).encode())
            self._store.log_files(parent.run_id, folder)
        tags = {KEY: self._record.key, LINKS: json.dumps(linked), COMPLETE: "true"}
        self._store.log(parent.run_id, tags=tags)
        status: RunStatus = self._open.status if self._is_own(parent) else "FINISHED"
        end = None if self._open.parent == parent.run_id else self._record.time
        self._store.end_run(parent.run_id, status, end)

    # --- what is beside the record ---------------------------------------------------------------------------

    def _settle(self, parent: RunInfo | None, linked: Mapping[str, str], known: Mapping[str, RunInfo]) -> str | None:
        """See to the runs that the record does not speak of: of stages that came to nothing, or repeat an earlier one.

        They lie below the parent of the record only if nobody else has one; the id of the parent that they have.
        """
        kept = bool(self._open.ended) or self._open.status != "FINISHED"
        for run_id, status in self._open.ended.items():
            end_stage_run(self._store, run_id, status)
        for address, run_id in self._open.children.items():
            if address in linked and linked[address] != run_id:
                kept |= settle_repeat(self._store, run_id, linked[address])
        beside = self._runs_beside(linked, known)
        if parent is not None and self._is_own(parent):
            self._log_beside(beside, parent.run_id, linked)
            return parent.run_id
        own = self._open.parent or (self._own_parent() if beside else None)
        if own is None:
            return None
        if not kept and not beside:
            self._store.delete_run(own)
            return None
        self._log_beside(beside, own, linked)
        if parent is not None:
            self._store.log(own, tags={REPEATS: parent.run_id})
        end = None if own == self._open.parent else max(run.end or run.start for run in self._open.offline)
        self._store.end_run(own, self._open.status, end)
        return own

    def _runs_beside(self, linked: Mapping[str, str], known: Mapping[str, RunInfo]) -> list[OfflineRun]:
        """Stages that had no server and get a run of their own: they did not end well, or not for the first time.

        Of one that repeats an earlier run there must be something that its script has logged.
        """
        logged = {stage.address for stage in self._record.stages} - set(linked)
        before = {run.tags.get(OFFLINE) for run in known.values()}

        def is_in_record(run: OfflineRun) -> bool:
            return self._merged.get(run.address) is run and (run.address in logged or run.id in before)

        return [
            run
            for run in self._open.offline
            if run.status != "FINISHED" or (not is_in_record(run) and self._has_logged(run))
        ]

    def _has_logged(self, run: OfflineRun) -> bool:
        made = _with_models(self._offline, run.id) if self._offline is not None else None
        return made is not None and _has_something(made)

    def _own_parent(self) -> str:
        """A parent for what is open, beside that of the record."""
        experiment, sign = self.experiment_id(""), self._sign()
        for run in self._store.find_runs([experiment], {KIND: COMMIT_KIND, **sign}, 1):
            return run.run_id
        tags = {name: value for name, value in parent_tags(self._record).items() if name not in (KEY, COMMITTED)}
        return self._store.create_run(
            experiment, title(self._record.provenance), {**tags, **sign}, self._open.offline[0].start
        )

    def _log_beside(self, runs: Iterable[OfflineRun], parent: str, linked: Mapping[str, str]) -> None:
        """Log stages that had no server as they would have been logged: as runs that failed, or were killed."""
        for run in runs:
            experiment = self.experiment_id(run.experiment)
            tags = {**stage_tags(self._record, run.address, parent), OFFLINE: run.id}
            if self._merged.get(run.address) is run and run.address in linked:
                tags[REPEATS] = linked[run.address]
            if run.reason:
                tags["mlflow.note.content"] = run.reason
            found = self._store.find_runs([experiment], {KIND: STAGE_KIND, OFFLINE: run.id}, 1)
            if found and found[0].status != "RUNNING":
                continue
            run_id = found[0].run_id if found else self._store.create_run(experiment, run.name, tags, run.start)
            self._copy(run, run_id)
            self._store.end_run(run_id, run.status, run.end)

    def _copy(self, run: OfflineRun, run_id: str) -> None:
        """Copy what the script of a stage has logged."""
        if self._offline is not None:
            self._store.copy_run(self._offline, run.id, run_id)

    # --- children ------------------------------------------------------------------------------------------

    def _known_children(self) -> dict[str, RunInfo]:
        names = {stage.experiment for stage in self._record.stages}
        ids = [self.experiment_id(name) for name in sorted(names | {""})]
        return find_children(self._store, ids, [stage.key for stage in self._record.stages])

    def log_stage(self, stage: StageRecord, parent: str, half_done: RunInfo | None = None) -> str:
        """Log a stage into the run that was made for it, or that was half logged, or a new one; its id."""
        experiment = self.experiment_id(stage.experiment)
        opened = self._open.children.get(stage.address)
        offline = self._merged.get(stage.address)
        tags = {**stage_tags(self._record, stage.address, parent), KEY: stage.key}
        if offline is not None:
            tags[OFFLINE] = offline.id
        handed = half_done.run_id if half_done is not None else opened
        run = self._store.run(handed) if handed is not None else None
        if run is None:  # there is none, or somebody has deleted it
            start = offline.start if offline is not None else self._record.time
            run_id = self._store.create_run(experiment, stage.name, tags, start)
            run = RunInfo(run_id, experiment, stage.name, "RUNNING", tags, {}, {})
        elif opened is not None:
            run = self._store.adopt_models(run)
        self._fill(run, stage, tags, again=half_done is not None)
        end = offline.end if offline is not None else self._record.time
        self._store.end_run(run.run_id, "FINISHED", None if run.run_id == opened else end)
        return run.run_id

    def _fill(self, run: RunInfo, stage: StageRecord, tags: dict[str, str], *, again: bool) -> None:
        offline = self._merged.get(stage.address)
        if offline is not None:
            self._copy(offline, run.run_id)
            run = self._store.run(run.run_id) or run
        stage = with_metrics(stage, self._contents)
        self._store.log(
            run.run_id,
            params=_beside(stage.params, run.params, "params"),
            metrics=_beside(stage.metrics or {}, run.metrics, "metrics"),
            tags=tags,
            moment=self._record.time,
        )
        datasets = [_dataset(record, "dvc.dep") for record in stage.deps if record.digest]
        datasets += [_dataset(record, "dvc.out") for record in stage.outs if record.digest]
        if datasets:
            self._store.log_inputs(run.run_id, datasets)
        plots = [content for out in stage.outs if out.kind == "plot" for content in self._contents.of(out)]
        self._log_plots(run.run_id, plots)
        for model in stage.models:
            self._log_model(run, stage, model, again=again)

    def _log_plots(self, run_id: str, plots: Iterable[Content]) -> None:
        with tempfile.TemporaryDirectory() as folder:
            count = sum(_place(content, folder, MAX_PLOT_BYTES) for content in plots)
            if count:
                self._store.log_files(run_id, folder, "plots")

    def _log_model(self, run: RunInfo, stage: StageRecord, model: ModelRecord, *, again: bool) -> None:
        tags = {
            "dvc.md5": model.out.digest,
            "dvc.path": model.path,
            STAGE: stage.address,
            KEY: stage.key,
            "git.commit": self._record.provenance.commit,
        }
        with tempfile.TemporaryDirectory() as folder:
            contents = self._contents.of(model.out) if self._upload_models else []
            inside = [one for one in contents if one.path == model.path or one.path.startswith(model.path + "/")]
            count = sum(_place(content, folder, None) for content in inside)
            self._store.log_model(run, model.registered, tags, folder if count else None, again=again)


def find_children(store: Store, experiments: Sequence[str], keys: Sequence[str]) -> dict[str, RunInfo]:
    """Earlier runs by the keys of their stages.

    Nearly always they are among the newest, which one call brings; what is not is asked for by itself.
    """
    wanted = set(keys)
    if not wanted:
        return {}
    lowest, highest = _FIRST_PAGE
    if len(wanted) == 1:
        return _by_key(store.find_runs(experiments, {KIND: STAGE_KIND, KEY: keys[0]}, lowest), wanted)
    limit = min(max(2 * len(wanted), lowest), highest)
    newest = store.find_runs(experiments, {KIND: STAGE_KIND}, limit)
    found = _by_key(newest, wanted)
    missing = wanted - set(found)
    if not missing or len(newest) < limit:
        return found
    if len(missing) > _MOST_SINGLE_SEARCHES:
        return _by_key(store.find_runs(experiments, {KIND: STAGE_KIND}, _ALL), wanted)
    for key in missing:
        found.update(_by_key(store.find_runs(experiments, {KIND: STAGE_KIND, KEY: key}, lowest), wanted))
    return found


def _by_key(runs: Iterable[RunInfo], wanted: set[str]) -> dict[str, RunInfo]:
    """The runs by key: a finished one before others, and the first before those that came later."""
    found: dict[str, RunInfo] = {}
    for run in runs:
        key = run.tags.get(KEY, "")
        known = found.get(key)
        if key in wanted and (known is None or run.status == "FINISHED" or known.status != "FINISHED"):
            found[key] = run
    return found


def settle_repeat(store: Store, run_id: str, earlier: str) -> bool:
    """A run that repeats an earlier one goes, unless its script has logged something to it; whether it is kept."""
    run = _with_models(store, run_id)
    if run is None:
        return False
    if _has_something(run):
        store.log(run_id, tags={REPEATS: earlier})
        store.end_run(run_id, "FINISHED")
        return True
    store.delete_run(run_id)
    return False


def end_stage_run(store: Store, run_id: str, status: RunStatus) -> None:
    """Close the run of a stage that has nothing to log but what its script has logged."""
    if _with_models(store, run_id) is not None:  # nobody has deleted it
        store.end_run(run_id, status)


def _with_models(store: Store, run_id: str) -> RunInfo | None:
    """The run of a stage, with models that its script has logged beside it."""
    run = store.run(run_id)
    return store.adopt_models(run) if run is not None else None


def _has_something(run: RunInfo) -> bool:
    return bool(run.params or run.metrics or run.models)


def title(provenance: Provenance) -> str:
    """The name of the run of a commit."""
    if not provenance.commit:
        return "without git"
    return f"{provenance.branch or 'detached'}@{provenance.commit[:7]}"


def parent_tags(record: CommitRecord) -> dict[str, str]:
    """The tags of the run of a commit."""
    return {
        KIND: COMMIT_KIND,
        KEY: record.key,
        COMMITTED: "true" if record.provenance.is_committed else "false",
        **_source_tags(record),
    }


def stage_tags(record: CommitRecord, address: str, parent: str) -> dict[str, str]:
    """The tags of the run of a stage, its key aside."""
    return {KIND: STAGE_KIND, STAGE: address, PARENT: parent, **_source_tags(record)}


def _source_tags(record: CommitRecord) -> dict[str, str]:
    state = record.provenance
    return {
        COMMIT: state.commit,
        BRANCH: state.branch,
        DIRTY: "true" if state.dirty else "false",
        "mlflow.source.type": "PROJECT",
        "mlflow.source.name": "dvc.yaml",
        "mlflow.user": _user(),
    }


def stages_json(record: CommitRecord, logged: Mapping[str, str], linked: Mapping[str, str]) -> str:
    """What a parent keeps of all of its stages."""
    return json.dumps(
        {
            "version": 1,
            "commit": record.provenance.commit,
            "branch": record.provenance.branch,
            "dirty": record.provenance.dirty,
            "stages": [
                {
                    "address": stage.address,
                    "run_id": logged.get(stage.address) or linked.get(stage.address),
                    "state": "linked" if stage.address in linked else "logged",
                    "key": stage.key,
                    "cmd": stage.cmd,
                    "params": stage.params,
                    "deps": [_file_data(dep) for dep in stage.deps],
                    "outs": [_file_data(out) for out in stage.outs],
                }
                for stage in record.stages
            ],
        },
        indent=1,
        ensure_ascii=False,
    )


def _file_data(record: FileRecord) -> dict[str, Any]:
    return {"path": record.path, "md5": record.digest, "size": record.size}


def _is_done(stage: StageRecord, known: Mapping[str, RunInfo]) -> bool:
    run = known.get(stage.key)
    return run is not None and run.status == "FINISHED"


def _beside(ours: Mapping[str, Any], theirs: Mapping[str, Any], section: str) -> dict[str, Any]:
    """What a script has not logged itself; where it logged another value by the name, ours gets one of its own."""
    named = {(name if name not in theirs else f"{section}/{name}"): value for name, value in ours.items()
             if theirs.get(name) != value}  # fmt: skip
    return {name: value for name, value in named.items() if name not in theirs}


def _dataset(record: FileRecord, context: str) -> DatasetEntry:
    source = {"path": record.path, "md5": record.digest, "size": record.size}
    return DatasetEntry(record.path, record.digest, json.dumps(source), context)


def _place(content: Content, folder: str, limit: int | None) -> bool:
    """Put a file into a folder by its path in the project: as a link, if it lies somewhere."""
    target = os.path.join(folder, content.path)
    if content.place:
        if limit is not None and os.path.getsize(content.place) > limit:
            return False
        os.makedirs(os.path.dirname(target), exist_ok=True)
        try:
            os.symlink(os.path.abspath(content.place), target)
        except OSError:  # Windows may not let us
            import shutil

            shutil.copyfile(content.place, target)
        return True
    _write(target, content.data)
    return True


def _write(path: str, data: bytes) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "unknown"
