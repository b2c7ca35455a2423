"""MLflow through its own client, which is asked with our patience, and not with its own."""

from __future__ import annotations

import contextlib
import logging
import os
import re
import tempfile
import threading
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, cast

from pipelinekit.run.commit_log import STAGE_RUN
from pipelinekit.run.patient_client import ANSWER_SECONDS, OVERDUE, PatientClient
from pipelinekit.run.store import DatasetEntry, RunInfo, RunStatus, Store, TrackingError, VersionInfo, without_password

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion

    from pipelinekit.run.run_copy import Files

_Item = TypeVar("_Item")

INSTALL = "pip install 'pipelinekit[mlflow]'"
#: For calls that should take milliseconds, in seconds. MLflow's own would wait for minutes; what is worth another try
#: is tried by `PatientClient`, which does not wait for as long as a server may wish (`Retry-After`).
_QUICK = {
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "5",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_HTTP_REQUEST_BACKOFF_JITTER": "0",
}
_QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
}
_UPLOAD_TIMEOUT = "120"
#: What MLflow does by itself, for the programs of the stages.
_OWN_DEFAULTS = {
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "120",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "7",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "2",
    "MLFLOW_HTTP_REQUEST_BACKOFF_JITTER": "1.0",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "false",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "true",
}
# Limits of MLflow's interface.
PARAMS_OF_A_CALL, METRICS_OF_A_CALL, TAGS_OF_A_CALL = 100, 1000, 100
_LONGEST_NAME, _LONGEST_PARAM, _LONGEST_TAG = 250, 500, 5000
_BAD_CHARACTER = re.compile(r"[^\w.\- :/]")
_PAGE = 1000
#: What the file store, for runs without a server, must be told.
_FILE_STORE = {"MLFLOW_ALLOW_FILE_STORE": "true"}

#: The environment as it was before ours, of the variables above.
_before: dict[str, str | None] = {}


def open_store(uri: str, artifacts: str | None = None) -> Store:
    """The store at an address; a new experiment of a database keeps its files in `artifacts`, a folder.

    Nothing is asked of a server yet. Raises TrackingError.
    """
    _prepare_environment()
    try:
        from mlflow import MlflowClient
    except ImportError as error:
        raise TrackingError(f"MLflow is not installed ({error}); {INSTALL}") from None
    for name in ("mlflow", "alembic", "urllib3"):
        logging.getLogger(name).setLevel(logging.ERROR)
    if uri.startswith("file:"):
        os.environ.update(_FILE_STORE)
        # older releases say so instead of asking for the variable
        warnings.filterwarnings("ignore", "The filesystem (?:tracking|model registry) backend", FutureWarning)
    # what stands in for a server stands in for its registry
    registry = uri if uri.startswith("file:") else os.environ.get("MLFLOW_REGISTRY_URI") or uri
    with _translated(uri):
        if uri.startswith("sqlite:///"):
            os.makedirs(os.path.dirname(uri.removeprefix("sqlite:///")) or ".", exist_ok=True)
        try:
            client = PatientClient(MlflowClient(tracking_uri=uri, registry_uri=registry), _seconds_to_answer(uri))
            return MlflowStore(uri, cast("MlflowClient", client), artifacts)
        except Exception as error:
            if "UnsupportedModelRegistryStoreURI" in type(error).__name__ or isinstance(error, ImportError):
                raise TrackingError(_not_opened(uri)) from None
            raise


_DATABASES = ("sqlite", "postgresql", "mysql", "mssql")


def _not_opened(uri: str) -> str:
    scheme = uri.partition(":")[0]
    if scheme.partition("+")[0] in _DATABASES:
        return "a database needs more of MLflow than its client: pip install mlflow, or name a server"
    return f"MLflow knows no store at '{without_password(uri)}'; name a server, as in http://127.0.0.1:5000"


def _seconds_to_answer(uri: str) -> float | None:
    """How long a server may take to answer anything: as whoever knows a slow one has told MLflow."""
    if uri.startswith(("sqlite:", "file:")):
        return None
    told = _before.get("MLFLOW_HTTP_REQUEST_TIMEOUT") or ""
    return float(told) if told.isdecimal() else ANSWER_SECONDS


def is_installed() -> bool:
    """Whether there is a client at all."""
    from importlib.util import find_spec

    return find_spec("mlflow") is not None


def stage_defaults() -> dict[str, str]:
    """Variables that this program has set for itself, as a stage's own program should see them."""
    found: dict[str, str] = {}
    for name, before in _before.items():
        value = before if before is not None else _OWN_DEFAULTS.get(name)
        if value is not None:
            found[name] = value
    return found


def _prepare_environment() -> None:
    for name, value in {**_QUICK, **_QUIET}.items():
        if name not in _before:
            _before[name] = os.environ.get(name)
            os.environ.setdefault(name, value)


_uploads = 0
_uploads_lock = threading.Lock()


@contextlib.contextmanager
def _patience() -> Iterator[None]:
    """Time to upload a file in; several threads may be at it."""
    _count_upload(1)
    try:
        yield
    finally:
        _count_upload(-1)


def _count_upload(change: int) -> None:
    global _uploads  # noqa: PLW0603 - as global as the environment that it stands for
    name = "MLFLOW_HTTP_REQUEST_TIMEOUT"
    with _uploads_lock:
        _uploads += change
        if _before.get(name) is None:
            os.environ[name] = _UPLOAD_TIMEOUT if _uploads else _QUICK[name]


@contextlib.contextmanager
def _translated(uri: str) -> Iterator[None]:
    """Whatever the client raises becomes a TrackingError: no failure of MLflow may fail a run."""
    try:
        yield
    except TrackingError:
        raise
    except Exception as error:
        raise TrackingError(f"MLflow at {without_password(uri)}: {_cause(error)}") from error


_CAUSES = (
    (re.compile(r"Connection refused", re.IGNORECASE), "connection refused"),
    (OVERDUE, "no answer in time"),
    (re.compile(r"Name or service not known|nodename nor servname|name resolution"), "there is no such host"),
    (re.compile(r"Connection (?:reset|aborted)|RemoteDisconnected|closed connection"), "the connection was cut"),
    (re.compile(r"too many 429 error"), "the server has too much to do (status 429)"),
    (re.compile(r"too many 5\d\d error"), "the server fails (status 5xx)"),
)
_STATUS = re.compile(r"(?:error code|status(?: code)?:?) (\d{3})")


def _cause(error: BaseException) -> str:
    text = " ".join(str(error).split())
    for pattern, meaning in _CAUSES:
        if pattern.search(text):
            return meaning
    status = _STATUS.search(text)
    if status is not None and status[1] in ("401", "403"):
        return f"the server refuses (status {status[1]})"
    if getattr(error, "error_code", "") in ("PERMISSION_DENIED", "UNAUTHENTICATED"):
        return f"the server refuses ({text})"[:200]
    return f"{text or type(error).__name__}"[:200]


def _named(name: str) -> str:
    """A name that MLflow takes for a param, metric or tag."""
    clean = _BAD_CHARACTER.sub("_", name)[:_LONGEST_NAME]
    # MLflow takes names for paths
    parts = [part if part not in ("", ".", "..") else "_" for part in clean.split("/")]
    return "/".join(parts)


def chunks(items: list[_Item], size: int) -> Iterator[list[_Item]]:
    """Parts of a list that are small enough for one call."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _shortened(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


class MlflowStore:
    """The calls of `Store` with MLflow's client."""

    def __init__(self, uri: str, client: MlflowClient, artifacts: str | None) -> None:
        self.uri = uri
        self.client = client
        self._artifacts = artifacts
        self._files: Files | None = None

    # --- runs ----------------------------------------------------------------------------------------------

    def experiment(self, name: str) -> str:
        with _translated(self.uri):
            found = self.client.get_experiment_by_name(name)
            if found is None:
                return self._create_experiment(name)
            if found.lifecycle_stage != "active":
                raise TrackingError(f"the experiment '{name}' was deleted; restore it, or name another one")
            return str(found.experiment_id)

    def _create_experiment(self, name: str) -> str:
        try:
            return str(self.client.create_experiment(name, artifact_location=self._artifacts))
        except Exception:
            found = self.client.get_experiment_by_name(name)  # somebody else was faster
            if found is None:
                raise
            return str(found.experiment_id)

    def find_runs(self, experiments: Sequence[str], tags: Mapping[str, str], limit: int) -> list[RunInfo]:
        wanted = " and ".join(f"tags.`{key}` = '{_quoted(value)}'" for key, value in tags.items())
        found: list[RunInfo] = []
        token: str | None = None
        with _translated(self.uri):
            while len(found) < limit:
                page = self.client.search_runs(
                    list(experiments),
                    wanted,
                    max_results=min(limit - len(found), _PAGE),
                    order_by=["attributes.start_time DESC"],
                    page_token=token,
                )
                found += map(_run_info, page)
                token = page.token
                if not token:
                    break
        return found

    def run(self, run_id: str) -> RunInfo | None:
        with _translated(self.uri):
            try:
                run = self.client.get_run(run_id)
            except Exception as error:
                if _is_missing(error):
                    return None
                raise
            return _run_info(run) if run.info.lifecycle_stage == "active" else None

    def create_run(self, experiment: str, name: str, tags: Mapping[str, str], start: int | None = None) -> str:
        given = {_named(key): _shortened(value, _LONGEST_TAG) for key, value in tags.items()}
        self._files = None
        with _translated(self.uri):
            run = self.client.create_run(experiment, start_time=start, tags=given, run_name=name)
            return str(run.info.run_id)

    def log(
        self,
        run_id: str,
        *,
        params: Mapping[str, str] | None = None,
        metrics: Mapping[str, float] | None = None,
        tags: Mapping[str, str] | None = None,
        moment: int | None = None,
    ) -> None:
        from mlflow.entities import Metric, Param, RunTag

        listed_params = [
            Param(name, _shortened(value, _LONGEST_PARAM)) for name, value in _named_all(params or {}).items()
        ]
        listed_metrics = [Metric(name, value, moment or 0, 0) for name, value in _named_all(metrics or {}).items()]
        listed_tags = [RunTag(name, _shortened(value, _LONGEST_TAG)) for name, value in _named_all(tags or {}).items()]
        with _translated(self.uri):
            # all in one call, as nearly always
            while listed_params or listed_metrics or listed_tags:
                part_params, listed_params = listed_params[:PARAMS_OF_A_CALL], listed_params[PARAMS_OF_A_CALL:]
                room = METRICS_OF_A_CALL - len(part_params) - TAGS_OF_A_CALL
                part_metrics, listed_metrics = listed_metrics[:room], listed_metrics[room:]
                part_tags, listed_tags = listed_tags[:TAGS_OF_A_CALL], listed_tags[TAGS_OF_A_CALL:]
                self.client.log_batch(run_id, metrics=part_metrics, params=part_params, tags=part_tags)

    def log_inputs(self, run_id: str, datasets: Sequence[DatasetEntry]) -> None:
        from mlflow.entities import Dataset, DatasetInput, InputTag

        inputs = [
            DatasetInput(
                Dataset(name=entry.name[:500], digest=entry.digest[:36], source_type="dvc", source=entry.source),
                [InputTag("mlflow.data.context", entry.context)],
            )
            for entry in datasets
        ]
        with _translated(self.uri):
            for part in chunks(inputs, _PAGE):
                self._log_inputs(run_id, part)

    def _log_inputs(self, run_id: str, inputs: list[Any]) -> None:
        """Two programs that log the same data at the same moment: the server lets one of them fail."""
        try:
            self.client.log_inputs(run_id, datasets=inputs)
        except Exception as error:
            if "IntegrityError" not in str(error):
                raise
            self.client.log_inputs(run_id, datasets=inputs)

    def log_files(self, run_id: str, folder: str, path: str | None = None) -> None:
        with _translated(self.uri), _patience():
            self.client.log_artifacts(run_id, folder, path)

    def read_artifact(self, run_id: str, path: str) -> str | None:
        with _translated(self.uri), tempfile.TemporaryDirectory() as folder:
            try:
                place = self.client.download_artifacts(run_id, path, folder)
                with open(place, encoding="utf-8") as file:
                    return file.read()
            except Exception as error:
                if _is_missing(error):
                    return None
                raise

    def end_run(self, run_id: str, status: RunStatus, end: int | None = None) -> None:
        with _translated(self.uri):
            self.client.set_terminated(run_id, status, end)

    def delete_run(self, run_id: str) -> None:
        with _translated(self.uri):
            self.client.delete_run(run_id)

    def log_model(
        self, run: RunInfo, name: str, tags: Mapping[str, str], folder: str | None, *, again: bool = False
    ) -> str:
        from mlflow.entities import LoggedModelStatus

        model_id = self.find_model(run, name) if again else None
        with _translated(self.uri):
            if model_id is None:
                model = self.client.create_logged_model(
                    run.experiment, _model_name(name), source_run_id=run.run_id, tags=dict(tags), model_type="dvc"
                )
                model_id = str(model.model_id)
            if folder is not None:
                self.log_model_files(model_id, folder)
            self.client.finalize_logged_model(model_id, LoggedModelStatus.READY)
        self.log_output(run.run_id, model_id)
        return model_id

    def find_model(self, run: RunInfo, name: str) -> str | None:
        wanted = f"source_run_id = '{run.run_id}' and name = '{_model_name(name)}' and model_type = 'dvc'"
        with _translated(self.uri):
            found = self.client.search_logged_models([run.experiment], wanted, max_results=1)
            return str(found[0].model_id) if found else None

    def log_output(self, run_id: str, model_id: str, step: int = 0) -> None:
        """Make a model the output of a run, if it is not: the server takes it once."""
        from mlflow.entities import LoggedModelOutput

        with _translated(self.uri):
            try:
                self.client.log_outputs(run_id, [LoggedModelOutput(model_id, step)])
            except Exception:
                if model_id not in _run_info(self.client.get_run(run_id)).models:
                    raise

    def log_model_files(self, model_id: str, folder: str) -> None:
        """Add what is in a folder to a model."""
        with _translated(self.uri), _patience():
            self.client.log_model_artifacts(model_id, folder)

    def adopt_models(self, run: RunInfo) -> RunInfo:
        wanted = f"tags.`{STAGE_RUN}` = '{run.run_id}'"
        with _translated(self.uri):
            found = self.client.search_logged_models([run.experiment], wanted)
        free = [model.model_id for model in found if not model.source_run_id and model.model_id not in run.models]
        for model_id in free:
            self.log_output(run.run_id, model_id)
        return run._replace(models=[*run.models, *free])

    def copy_run(self, source: Store, source_run: str, run_id: str) -> None:
        if not isinstance(source, MlflowStore) or not source.uri.startswith("file:"):
            raise TrackingError(f"runs of {source.uri} can't be copied")
        from pipelinekit.run.run_copy import RunCopy

        with _translated(self.uri):
            RunCopy(source.known_files(), self, run_id).copy(source_run)

    def forget_run(self, run_id: str) -> None:
        with _translated(self.uri):
            self.known_files().remove(run_id)

    def known_files(self) -> Files:
        """What lies in files; it is known until there is a new run."""
        from pipelinekit.run.run_copy import Files

        if self._files is None:
            self._files = Files(self)
        return self._files

    # --- registry ------------------------------------------------------------------------------------------

    def versions(self, name: str | None = None) -> list[VersionInfo]:
        wanted = f"name='{_quoted(name)}'" if name is not None else ""
        found: list[VersionInfo] = []
        token: str | None = None
        with _translated(self.uri):
            while True:
                page = self.client.search_model_versions(wanted, max_results=_PAGE, page_token=token)
                found += map(_version_info, page)
                token = page.token
                if not token:
                    return found

    def version(self, name: str, version: str) -> VersionInfo | None:
        with _translated(self.uri):
            try:
                return _version_info(self.client.get_model_version(name, version))
            except Exception as error:
                if _is_missing(error):
                    return None
                raise

    def version_by_alias(self, name: str, alias: str) -> VersionInfo | None:
        with _translated(self.uri):
            try:
                return _version_info(self.client.get_model_version_by_alias(name, alias))
            except Exception as error:
                if _is_missing(error):
                    return None
                raise

    def create_version(
        self, name: str, source: str, run_id: str, model_id: str | None, tags: Mapping[str, str]
    ) -> VersionInfo:
        with _translated(self.uri):
            try:
                self.client.create_registered_model(name)
            except Exception as error:
                if getattr(error, "error_code", "") != "RESOURCE_ALREADY_EXISTS":
                    raise
            version = self.client.create_model_version(
                name, source, run_id=run_id, tags=dict(tags), model_id=model_id, await_creation_for=0
            )
            return _version_info(version)

    def tag_version(self, name: str, version: str, key: str, value: str) -> None:
        with _translated(self.uri):
            self.client.set_model_version_tag(name, version, key, value)

    def set_alias(self, name: str, alias: str, version: str) -> None:
        with _translated(self.uri):
            self.client.set_registered_model_alias(name, alias, version)

    def delete_alias(self, name: str, alias: str) -> None:
        with _translated(self.uri):
            self.client.delete_registered_model_alias(name, alias)


def _model_name(name: str) -> str:
    """A name that MLflow takes for a logged model."""
    return re.sub(r"[/:.%\"']", "-", name)


def _named_all(items: Mapping[str, Any]) -> dict[str, Any]:
    """Items by names that MLflow takes; two that become the same are told apart by a number."""
    found: dict[str, Any] = {}
    for name, value in items.items():
        clean, number = _named(name), 1
        while clean in found:
            number += 1
            clean = f"{_named(name)[: _LONGEST_NAME - 8]}-{number}"
        found[clean] = value
    return found


def _quoted(value: str) -> str:
    """A text between single quotes; the search has no way to write a quote in it."""
    if "'" in value:
        raise TrackingError(f"MLflow can't search for a text with a quote: {value}")
    return value


def _is_missing(error: Exception) -> bool:
    code = getattr(error, "error_code", "")
    text = str(error)
    if code == "INVALID_PARAMETER_VALUE" and "alias" in text and "not found" in text:
        return True
    # of the text only what is a status: a port may be 40404
    return (
        code in ("RESOURCE_DOES_NOT_EXIST", "NOT_FOUND")
        or isinstance(error, FileNotFoundError)
        or re.search(r"\b404 Client Error|(?:error code|status(?: code)?:?) 404\b", text) is not None
    )


def _run_info(run: Any) -> RunInfo:
    outputs = getattr(run, "outputs", None)
    models = tuple(output.model_id for output in getattr(outputs, "model_outputs", None) or ())
    return RunInfo(
        run.info.run_id,
        str(run.info.experiment_id),
        run.info.run_name or "",
        run.info.status,
        dict(run.data.tags),
        dict(run.data.params),
        dict(run.data.metrics),
        models,
    )


def _version_info(version: ModelVersion) -> VersionInfo:
    return VersionInfo(
        version.name, str(version.version), version.run_id or "", dict(version.tags or {}), tuple(version.aliases or ())
    )
