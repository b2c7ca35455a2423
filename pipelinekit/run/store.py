"""What is asked of MLflow, in few calls. `mlflow_store` does it with the real client."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple, Protocol

RunStatus = Literal["FINISHED", "FAILED", "KILLED"]


class TrackingError(Exception):
    """MLflow is not installed, can't be reached, or refuses: one line that says why."""


class RunInfo(NamedTuple):
    """A run as MLflow has it."""

    run_id: str
    experiment: str
    name: str
    #: RUNNING, FINISHED, FAILED, KILLED
    status: str
    tags: Mapping[str, str]
    params: Mapping[str, str]
    metrics: Mapping[str, float]
    #: ids of logged models that it put out
    models: Sequence[str] = ()


class DatasetEntry(NamedTuple):
    """A dependency or an output of a run, with its hash."""

    name: str
    #: at most 36 characters
    digest: str
    source: str
    #: `dvc.dep` or `dvc.out`
    context: str


class VersionInfo(NamedTuple):
    """A version of a registered model."""

    name: str
    version: str
    run_id: str
    tags: Mapping[str, str]
    aliases: Sequence[str] = ()


def without_password(uri: str) -> str:
    """An address as it may be shown and kept."""
    return re.sub(r"//[^/@]*@", "//", uri)


class Store(Protocol):
    """A tracking server, or a database. Every call raises TrackingError."""

    uri: str

    def experiment(self, name: str) -> str:
        """The id of an experiment, which is made where it is missing."""

    def find_runs(self, experiments: Sequence[str], tags: Mapping[str, str], limit: int) -> list[RunInfo]:
        """Runs that have all of the tags, newest first."""

    def run(self, run_id: str) -> RunInfo | None:
        """A run; None if it is not there, or deleted."""

    def create_run(self, experiment: str, name: str, tags: Mapping[str, str], start: int | None = None) -> str:
        """A new run's id. `start` is in milliseconds since 1970."""

    def log(
        self,
        run_id: str,
        *,
        params: Mapping[str, str] | None = None,
        metrics: Mapping[str, float] | None = None,
        tags: Mapping[str, str] | None = None,
        moment: int | None = None,
    ) -> None:
        """Add to a run. The same twice is the same as once, if `moment` (of the metrics) is the same, too."""

    def log_inputs(self, run_id: str, datasets: Sequence[DatasetEntry]) -> None:
        """Add datasets to a run."""

    def log_files(self, run_id: str, folder: str, path: str | None = None) -> None:
        """Add what is in a folder to the artifacts of a run."""

    def read_artifact(self, run_id: str, path: str) -> str | None:
        """The text of an artifact; None if there is none."""

    def end_run(self, run_id: str, status: RunStatus, end: int | None = None) -> None:
        """Close a run."""

    def delete_run(self, run_id: str) -> None:
        """Take a run out of sight."""

    def log_model(
        self, run: RunInfo, name: str, tags: Mapping[str, str], folder: str | None, *, again: bool = False
    ) -> str:
        """The id of a new model that the run put out; with the files of a folder, if there is one.

        `again` looks first for one that a try before has left.
        """

    def find_model(self, run: RunInfo, name: str) -> str | None:
        """The id of a model that a run put out, by the name it was logged with."""

    def adopt_models(self, run: RunInfo) -> RunInfo:
        """The run of a stage, with models that its script has logged and that were no run's: its output from now on."""

    def copy_run(self, source: Store, source_run: str, run_id: str) -> None:
        """Add to a run of this store what a script has logged to a run in files: also its models.

        Nothing, if that is not there; once, however often it is asked for.
        """

    def forget_run(self, run_id: str) -> None:
        """Take a run in files away for good, with all that belongs to it."""

    def versions(self, name: str | None = None) -> list[VersionInfo]:
        """The versions of a registered model, or of all."""

    def version(self, name: str, version: str) -> VersionInfo | None:
        """A version of a registered model."""

    def version_by_alias(self, name: str, alias: str) -> VersionInfo | None:
        """The version that has an alias."""

    def create_version(
        self, name: str, source: str, run_id: str, model_id: str | None, tags: Mapping[str, str]
    ) -> VersionInfo:
        """A new version; the model is registered first, if it isn't."""

    def tag_version(self, name: str, version: str, key: str, value: str) -> None:
        """Tag a version."""

    def set_alias(self, name: str, alias: str, version: str) -> None:
        """Give an alias to a version; whichever had it has it no more."""

    def delete_alias(self, name: str, alias: str) -> None:
        """Take an alias away."""
