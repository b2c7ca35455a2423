"""Copies what a script has logged into files, while there was no server, to a server: as if that had been there.

That is the run of its stage, runs that it has started itself, and its models, with their files and their versions in
the registry. Each copy has a tag with the id of what it is a copy of: a copy that was interrupted goes on where it
stopped, and nothing is there twice. Aliases are not copied: by now they may stand for something newer.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple, TypeVar
from urllib.parse import urlsplit
from urllib.request import url2pathname

from pipelinekit.project.writing import replace_file
from pipelinekit.run.commit_log import OFFLINE, PARENT, STAGE_RUN
from pipelinekit.run.mlflow_store import METRICS_OF_A_CALL, PARAMS_OF_A_CALL, TAGS_OF_A_CALL, chunks

if TYPE_CHECKING:
    from mlflow.entities import LoggedModel, Metric, Run
    from mlflow.entities.model_registry import ModelVersion

    from pipelinekit.run.mlflow_store import MlflowStore

#: Tags that say where a run stands, or who made it: a copy has its own.
_ITS_OWN = ("mlflow.source.", "mlflow.user", PARENT, "pipelinekit.", "dvc.", "git.")
#: MLflow gives it to a model when a version is made.
_VERSIONS = "mlflow.modelVersions"
#: The description of a model, with the ids of its run and its own.
_DESCRIPTION = "MLmodel"
_METRICS = "metrics"
#: Stands for a space in a name: it is none to MLflow, which parts a line there.
_SPACE = "\N{NO-BREAK SPACE}"
_ALL = 50_000

_Answer = TypeVar("_Answer")


class Point(NamedTuple):
    """A value of a metric, as a file has it."""

    key: str
    value: float
    #: milliseconds since 1970
    moment: int
    step: int
    #: the run that has measured it; empty among the metrics of a run
    run_id: str = ""
    dataset: str | None = None
    digest: str | None = None


class _Experiment(NamedTuple):
    runs: list[Run]
    models: list[LoggedModel]
    #: by the id of the model
    points: dict[str, list[Point]]


class Files:
    """A store in files: what of it belongs to which stage. It is looked through once."""

    def __init__(self, store: MlflowStore) -> None:
        self._client = store.client
        self._root = path_of(store.uri)
        self._experiments: dict[str, _Experiment] = {}
        self._versions: list[ModelVersion] | None = None

    def run(self, run_id: str) -> Run | None:
        """A run; None if it is not there, or can't be read."""
        from mlflow.exceptions import MlflowException

        try:
            return self._read(lambda: self._client.get_run(run_id))
        except MlflowException:
            return None

    def runs_of(self, stage_run: Run) -> list[Run]:
        """The runs that the script of a stage has started itself, in that order."""
        own = [run for run in self._experiment(stage_run).runs if run.data.tags.get(STAGE_RUN) == stage_run.info.run_id]
        return sorted(own, key=lambda run: run.info.start_time or 0)

    def models_of(self, stage_run: Run) -> list[LoggedModel]:
        """The models that the script of a stage has logged, in that order: also those of no run."""
        wanted, models = stage_run.info.run_id, self._experiment(stage_run).models
        own = [model for model in models if wanted in (model.source_run_id, model.tags.get(STAGE_RUN))]
        return sorted(own, key=lambda model: model.creation_timestamp)

    def points_of(self, run: Run) -> list[Point]:
        """All values of the metrics of a run."""
        return list(_points(os.path.dirname(path_of(run.info.artifact_uri)), of_model=False))

    def measured_by(self, stage_run: Run, runs: Collection[str]) -> Iterator[tuple[str, list[Point]]]:
        """What some runs have measured of models, by the id of the model: it may be that of another stage."""
        for model_id, points in self._experiment(stage_run).points.items():
            own = [point for point in points if point.run_id in runs]
            if own:
                yield model_id, own

    def versions_of(self, models: Collection[str], runs: Collection[str]) -> list[ModelVersion]:
        """Versions in the registry of some models, or of files of some runs, in the order in which they were made."""
        if self._versions is None:
            self._versions = list(self._client.search_model_versions(max_results=_ALL))
        own = [one for one in self._versions if _model_of(one) in models or one.run_id in runs]
        return sorted(own, key=lambda version: version.creation_timestamp)

    def remove(self, run_id: str) -> None:
        """Take the run of a stage away for good, with all that belongs to it."""
        run = self.run(run_id)
        if run is None:
            return
        runs, models = [run, *self.runs_of(run)], self.models_of(run)
        for version in self.versions_of({model.model_id for model in models}, {one.info.run_id for one in runs}):
            self._client.delete_model_version(version.name, version.version)
        for place in [*(one.info.artifact_uri for one in runs), *(model.artifact_location for model in models)]:
            folder = os.path.dirname(path_of(place))
            if folder.startswith(self._root + os.sep):
                shutil.rmtree(folder, ignore_errors=True)

    def _experiment(self, run: Run) -> _Experiment:
        """What there is in the experiment of a run."""
        experiment = run.info.experiment_id
        if experiment not in self._experiments:
            runs = self._read(lambda: self._client.search_runs([experiment], max_results=_ALL))
            models = self._read(lambda: self._client.search_logged_models([experiment], max_results=_ALL))
            points = {
                model.model_id: list(_points(os.path.dirname(path_of(model.artifact_location)), of_model=True))
                for model in models
            }
            self._experiments[experiment] = _Experiment(list(runs), list(models), points)
        return self._experiments[experiment]

    def _read(self, ask: Callable[[], _Answer]) -> _Answer:
        """Ask MLflow, which can't read all that it writes: it stumbles over a dataset with a space in its name."""
        try:
            return ask()
        except Exception as error:
            if "malformed" not in str(error):
                raise
        for folder, _, names in os.walk(self._root):
            # EXPERIMENT/RUN/metrics, EXPERIMENT/models/MODEL/metrics
            parts = os.path.relpath(folder, self._root).split(os.sep)
            of_model = parts[1:2] == ["models"]
            if parts[3:4] == [_METRICS] if of_model else parts[2:3] == [_METRICS]:
                for name in names:
                    _mend(os.path.join(folder, name), of_model=of_model)
        return ask()


class RunCopy:
    """Copies the run of one stage."""

    def __init__(self, files: Files, target: MlflowStore, run_id: str) -> None:
        """`run_id` is the run in the target that gets what the script has logged."""
        self._files = files
        self._target = target
        self._client = target.client
        self._run_id = run_id
        self._experiment = str(self._client.get_run(run_id).info.experiment_id)
        #: ids in the target by those in the files
        self._runs: dict[str, str] = {}
        self._models: dict[str, str] = {}

    def copy(self, source_run: str) -> None:
        """Copy all of it. Raises what the clients raise; asked again, it goes on."""
        run = self._files.run(source_run)
        if run is None:
            return
        self._runs[source_run] = self._run_id
        others = self._files.runs_of(run)
        unfinished = [other for other in others if not self._is_copied(other)]
        models = self._files.models_of(run)
        for model in models:
            self._model(model, [run, *others])
        for one in (run, *unfinished):
            self._contents(one)
        for model_id, points in self._files.measured_by(run, self._runs):
            self._model_metrics(model_id, points)
        for version in self._files.versions_of(self._models, self._runs):
            self._version(version, [run, *others])
        for other in unfinished:
            status = "KILLED" if other.info.status == "RUNNING" else other.info.status
            self._client.set_terminated(self._runs[other.info.run_id], status, other.info.end_time)

    # --- runs ------------------------------------------------------------------------------------------------

    def _is_copied(self, run: Run) -> bool:
        """Whether the copy of a run that the script has started itself is whole; there is one, in any case."""
        wanted = f"tags.`{OFFLINE}` = '{run.info.run_id}'"
        for known in self._client.search_runs([self._experiment], wanted, max_results=1):
            self._runs[run.info.run_id] = known.info.run_id
            return bool(known.info.status != "RUNNING")
        tags = {**run.data.tags, STAGE_RUN: self._run_id, OFFLINE: run.info.run_id}
        made = self._client.create_run(self._experiment, run.info.start_time, self._here(tags), run.info.run_name)
        self._runs[run.info.run_id] = made.info.run_id
        return False

    def _contents(self, run: Run) -> None:
        """Params, metrics with their history, tags, datasets and files."""
        from mlflow.entities import LoggedModelInput, Metric, Param, RunTag

        run_id = self._runs[run.info.run_id]
        own = {key: value for key, value in run.data.tags.items() if not key.startswith(_ITS_OWN)}
        params = [Param(key, value) for key, value in run.data.params.items()]
        tags = [RunTag(key, value) for key, value in self._here(own).items()]
        metrics = [Metric(point.key, point.value, point.moment, point.step) for point in self._files.points_of(run)]
        for some_params in chunks(params, PARAMS_OF_A_CALL):
            self._client.log_batch(run_id, params=some_params)
        for some_tags in chunks(tags, TAGS_OF_A_CALL):
            self._client.log_batch(run_id, tags=some_tags)
        self._log_metrics(run_id, metrics)
        datasets = list(run.inputs.dataset_inputs) if run.inputs is not None else []
        models = [self._models.get(one.model_id) for one in run.inputs.model_inputs] if run.inputs is not None else []
        used = [LoggedModelInput(model) for model in models if model is not None]
        if datasets or used:
            self._client.log_inputs(run_id, datasets=datasets, models=used)
        with self._linked(run.info.artifact_uri) as folder:
            if folder is not None:
                self._target.log_files(run_id, folder)

    def _log_metrics(self, run_id: str, metrics: list[Metric]) -> None:
        for part in chunks(metrics, METRICS_OF_A_CALL):
            self._client.log_batch(run_id, metrics=part)

    # --- models ----------------------------------------------------------------------------------------------

    def _copied_model(self, model_id: str) -> LoggedModel | None:
        wanted = f"tags.`{OFFLINE}` = '{model_id}'"
        return next(iter(self._client.search_logged_models([self._experiment], wanted, max_results=1)), None)

    def _model(self, model: LoggedModel, runs: list[Run]) -> None:
        """Copy a model; it is ready when all of it is there."""
        from mlflow.entities import LoggedModelStatus

        made = self._copied_model(model.model_id)
        if made is None:
            tags = {key: value for key, value in model.tags.items() if key != _VERSIONS}
            made = self._client.create_logged_model(
                self._experiment,
                model.name,
                self._runs.get(model.source_run_id or "", self._run_id),
                {**tags, STAGE_RUN: self._run_id, OFFLINE: model.model_id},
                dict(model.params),
                model.model_type,
            )
        self._models[model.model_id] = made.model_id
        if made.status == LoggedModelStatus.READY:
            return
        with self._linked(model.artifact_location, {model.artifact_location: made.artifact_location}) as folder:
            if folder is not None:
                self._target.log_model_files(made.model_id, folder)
        self._link(model, runs)
        if model.status != LoggedModelStatus.PENDING:
            self._client.finalize_logged_model(made.model_id, model.status)

    def _link(self, model: LoggedModel, runs: list[Run]) -> None:
        """Make a model the output of the runs that it was; one that was logged without a run is that of the stage."""
        steps = {
            self._runs[run.info.run_id]: output.step
            for run in runs
            for output in (run.outputs.model_outputs if run.outputs is not None else ())
            if output.model_id == model.model_id
        }
        if not steps and not model.source_run_id:
            steps[self._run_id] = 0
        for run_id, step in steps.items():
            self._target.log_output(run_id, self._models[model.model_id], step)

    def _model_metrics(self, model_id: str, points: list[Point]) -> None:
        """Copy what the runs have measured of a model: it may be that of another stage."""
        from mlflow.entities import Metric

        if model_id not in self._models:
            other = self._copied_model(model_id)
            if other is None:
                return
            self._models[model_id] = other.model_id
        made = self._models[model_id]
        for source, run_id in self._runs.items():
            metrics = [
                Metric(one.key, one.value, one.moment, one.step, made, one.dataset, one.digest, run_id)
                for one in points
                if one.run_id == source
            ]
            self._log_metrics(run_id, metrics)

    def _version(self, version: ModelVersion, runs: list[Run]) -> None:
        """Copy a version in the registry."""
        mark = f"{_model_of(version) or version.run_id}/{version.version}"
        if any(known.tags.get(OFFLINE) == mark for known in self._target.versions(version.name)):
            return
        model_id = self._models.get(_model_of(version))
        source = version.source or ""
        for run in runs:
            source = source.replace(run.info.artifact_uri, f"runs:/{self._runs[run.info.run_id]}")
        self._target.create_version(
            version.name,
            f"models:/{model_id}" if model_id is not None else source,
            self._runs.get(version.run_id or "", self._run_id),
            model_id,
            {**version.tags, OFFLINE: mark},
        )

    # --- files and ids ---------------------------------------------------------------------------------------

    def _here(self, tags: Mapping[str, str]) -> dict[str, str]:
        """Tags with the ids that runs and models have in the target."""
        return {key: value if key == OFFLINE else self._text(value) for key, value in tags.items()}

    def _text(self, text: str) -> str:
        for ids in (self._runs, self._models):
            for there, here in ids.items():
                text = text.replace(there, here)
        return text

    @contextlib.contextmanager
    def _linked(self, uri: str, others: Mapping[str, str] | None = None) -> Iterator[str | None]:
        """A folder with the files of a run or model, and descriptions that fit the target; None if there is nothing."""
        source = path_of(uri)
        if not os.path.isdir(source) or not os.listdir(source):
            yield None
            return
        with tempfile.TemporaryDirectory() as above:
            folder = os.path.join(above, "files")
            shutil.copytree(source, folder, copy_function=_link)
            for inner, _, names in os.walk(folder):
                if _DESCRIPTION in names:
                    self._adapt(os.path.join(inner, _DESCRIPTION), others or {})
            yield folder

    def _adapt(self, path: str, others: Mapping[str, str]) -> None:
        with open(path, encoding="utf-8") as file:
            text = file.read()
        for there, here in others.items():
            text = text.replace(there, here)
        os.unlink(path)
        with open(path, "w", encoding="utf-8") as file:
            file.write(self._text(text))


def _points(folder: str, *, of_model: bool) -> Iterator[Point]:
    """The values in the files of a run or a model; a line that was not written to its end is passed over."""
    top = os.path.join(folder, _METRICS)
    for inner, _, names in os.walk(top):
        for name in names:
            path = os.path.join(inner, name)
            key = os.path.relpath(path, top).replace(os.sep, "/")
            with open(path, encoding="utf-8", errors="replace") as file:
                for line in file:
                    point = _point(key, line, of_model=of_model)
                    if point is not None:
                        yield point


def _point(key: str, line: str, *, of_model: bool) -> Point | None:
    """A line is a moment, a value, a step, of a model the run, and a dataset by its name and digest."""
    parts, fixed = line.rstrip("\n").split(" "), 4 if of_model else 3
    *name, digest = parts[fixed:] or ["", ""]
    if not line.endswith("\n") or len(parts) < fixed or not name:
        return None
    try:
        moment, value, step = int(parts[0]), float(parts[1]), int(parts[2])
    except ValueError:
        return None
    dataset = " ".join(name).replace(_SPACE, " ")
    return Point(key, value, moment, step, parts[3] if of_model else "", dataset or None, digest or None)


def _mend(path: str, *, of_model: bool) -> None:
    """Write a file of a metric so that MLflow can read it: with names without spaces, and nothing half written."""
    with open(path, encoding="utf-8", errors="replace") as file:
        lines = [line for line in file if _point("", line, of_model=of_model) is not None]
    if lines:
        replace_file(path, "".join(_without_spaces(line, 4 if of_model else 3) for line in lines))
    else:
        os.unlink(path)


def _without_spaces(line: str, fixed: int) -> str:
    parts = line.split(" ")
    if len(parts) > fixed:
        parts[fixed:] = [_SPACE.join(parts[fixed:-1]), parts[-1]]
    return " ".join(parts)


def path_of(uri: str) -> str:
    """The path of a `file:` address."""
    return url2pathname(urlsplit(uri).path)


def _link(source: str, target: str) -> None:
    try:
        os.symlink(source, target)
    except OSError:  # Windows may not let us
        shutil.copyfile(source, target)


def _model_of(version: ModelVersion) -> str:
    """The id of the model that is a version; empty if it is a file of a run."""
    source = version.source or ""
    return version.model_id or (source.removeprefix("models:/") if source.startswith("models:/m-") else "")
