"""MLflow in memory: what `Store` says, and a server that can die between any two calls."""

from __future__ import annotations

import itertools
import os
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from pipelinekit.run.commit_log import OFFLINE, STAGE_RUN
from pipelinekit.run.store import DatasetEntry, RunInfo, RunStatus, Store, TrackingError, VersionInfo


class FakeModel(NamedTuple):
    model_id: str
    run_id: str
    name: str
    tags: dict[str, str]
    files: list[str]

    def is_of(self, stage_run: str) -> bool:
        """Whether the script of a stage has logged it, be it beside its run."""
        return stage_run in (self.run_id, self.tags.get(STAGE_RUN))


class FakeStore:
    """A store; with `calls_left` it dies after so many calls, and `calls_left = None` starts it again."""

    def __init__(self, uri: str = "http://fake", calls_left: int | None = None) -> None:
        self.uri = uri
        self.calls_left = calls_left
        self.calls = 0
        self.experiments: dict[str, str] = {}
        self.runs: dict[str, dict[str, Any]] = {}
        self.models: dict[str, FakeModel] = {}
        self.registry: dict[str, dict[str, VersionInfo]] = {}
        self.aliases: dict[tuple[str, str], str] = {}
        self._numbers = itertools.count(1)

    def _call(self) -> None:
        self.calls += 1
        if self.calls_left is not None:
            if self.calls_left <= 0:
                raise TrackingError(f"MLflow at {self.uri}: connection refused")
            self.calls_left -= 1

    # --- runs ----------------------------------------------------------------------------------------------

    def experiment(self, name: str) -> str:
        self._call()
        return self.experiments.setdefault(name, f"e{len(self.experiments) + 1}")

    def find_runs(self, experiments: Sequence[str], tags: Mapping[str, str], limit: int) -> list[RunInfo]:
        self._call()
        found = [
            self._info(run_id)
            for run_id, run in self.runs.items()
            if not run["deleted"]
            and run["experiment"] in experiments
            and all(run["tags"].get(key) == value for key, value in tags.items())
        ]
        return found[::-1][:limit]

    def run(self, run_id: str) -> RunInfo | None:
        self._call()
        return self._info(run_id) if run_id in self.runs and not self.runs[run_id]["deleted"] else None

    def _info(self, run_id: str) -> RunInfo:
        run = self.runs[run_id]
        models = tuple(model.model_id for model in self.models.values() if model.run_id == run_id)
        return RunInfo(
            run_id,
            run["experiment"],
            run["tags"].get("mlflow.runName", run["name"]),
            run["status"],
            dict(run["tags"]),
            dict(run["params"]),
            dict(run["metrics"]),
            models,
        )

    def create_run(self, experiment: str, name: str, tags: Mapping[str, str], start: int | None = None) -> str:
        self._call()
        run_id = f"r{next(self._numbers)}"
        self.runs[run_id] = {
            "experiment": experiment,
            "name": name,
            "status": "RUNNING",
            "tags": dict(tags),
            "params": {},
            "metrics": {},
            "inputs": {},
            "files": {},
            "start": start,
            "end": None,
            "deleted": False,
        }
        return run_id

    def log(
        self,
        run_id: str,
        *,
        params: Mapping[str, str] | None = None,
        metrics: Mapping[str, float] | None = None,
        tags: Mapping[str, str] | None = None,
        moment: int | None = None,
    ) -> None:
        self._call()
        run = self.runs[run_id]
        for key, value in (params or {}).items():
            if run["params"].setdefault(key, value) != value:
                raise TrackingError(f"param {key} has another value already")
        run["metrics"].update(metrics or {})
        run["tags"].update(tags or {})

    def log_inputs(self, run_id: str, datasets: Sequence[DatasetEntry]) -> None:
        self._call()
        self.runs[run_id]["inputs"].update({(one.name, one.digest): one.context for one in datasets})

    def log_files(self, run_id: str, folder: str, path: str | None = None) -> None:
        self._call()
        self.runs[run_id]["files"].update(_files(folder, f"{path}/" if path else ""))

    def read_artifact(self, run_id: str, path: str) -> str | None:
        self._call()
        data = self.runs[run_id]["files"].get(path) if run_id in self.runs else None
        return data.decode() if data is not None else None

    def end_run(self, run_id: str, status: RunStatus, end: int | None = None) -> None:
        self._call()
        self.runs[run_id].update(status=status, end=end)

    def delete_run(self, run_id: str) -> None:
        self._call()
        self.runs[run_id]["deleted"] = True

    def log_model(
        self, run: RunInfo, name: str, tags: Mapping[str, str], folder: str | None, *, again: bool = False
    ) -> str:
        self._call()
        known = self.find_model(run, name) if again else None
        model_id = known or f"m-{len(self.models) + 1}"
        files = sorted(_files(folder, "")) if folder is not None else []
        self.models[model_id] = FakeModel(model_id, run.run_id, name, dict(tags), files)
        self._call()  # the file comes after the entry
        return model_id

    def find_model(self, run: RunInfo, name: str) -> str | None:
        self._call()
        return next((m.model_id for m in self.models.values() if (m.run_id, m.name) == (run.run_id, name)), None)

    def adopt_models(self, run: RunInfo) -> RunInfo:
        self._call()
        for model in list(self.models.values()):
            if not model.run_id and model.tags.get(STAGE_RUN) == run.run_id:
                self.models[model.model_id] = model._replace(run_id=run.run_id)
        return self._info(run.run_id)

    def copy_run(self, source: Store, source_run: str, run_id: str) -> None:
        assert isinstance(source, FakeStore)
        self._call()
        if source_run not in source.runs:
            return
        for part in ("params", "metrics", "files"):
            self.runs[run_id][part].update(source.runs[source_run][part])
        for model in source.models.values():
            if model.is_of(source_run):
                copied = {one.tags.get(OFFLINE): one.model_id for one in self.models.values()}
                model_id = copied.get(model.model_id) or f"m-{len(self.models) + 1}"
                tags = {**model.tags, OFFLINE: model.model_id}
                self.models[model_id] = FakeModel(model_id, run_id, model.name, tags, [])
                self._call()  # the files come after the entry
                self.models[model_id] = self.models[model_id]._replace(files=model.files)

    def forget_run(self, run_id: str) -> None:
        self._call()
        self.runs.pop(run_id, None)
        self.models = {name: model for name, model in self.models.items() if not model.is_of(run_id)}

    # --- registry ------------------------------------------------------------------------------------------

    def versions(self, name: str | None = None) -> list[VersionInfo]:
        self._call()
        return [one for model, known in self.registry.items() if name in (None, model) for one in known.values()]

    def version(self, name: str, version: str) -> VersionInfo | None:
        self._call()
        found = self.registry.get(name, {}).get(version)
        if found is None:
            return None
        aliases = [alias for (model, alias), number in self.aliases.items() if (model, number) == (name, version)]
        return found._replace(aliases=aliases)

    def version_by_alias(self, name: str, alias: str) -> VersionInfo | None:
        self._call()
        number = self.aliases.get((name, alias))
        return self.version(name, number) if number is not None else None

    def create_version(
        self, name: str, source: str, run_id: str, model_id: str | None, tags: Mapping[str, str]
    ) -> VersionInfo:
        self._call()
        known = self.registry.setdefault(name, {})
        made = VersionInfo(name, str(len(known) + 1), run_id, dict(tags))
        known[made.version] = made
        return made

    def tag_version(self, name: str, version: str, key: str, value: str) -> None:
        self._call()
        found = self.registry[name][version]
        self.registry[name][version] = found._replace(tags={**found.tags, key: value})

    def set_alias(self, name: str, alias: str, version: str) -> None:
        self._call()
        self.aliases[name, alias] = version

    def delete_alias(self, name: str, alias: str) -> None:
        self._call()
        del self.aliases[name, alias]


def _files(folder: str, prefix: str) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for inner, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(inner, name)
            with open(path, "rb") as file:
                found[prefix + os.path.relpath(path, folder).replace(os.sep, "/")] = file.read()
    return found
