"""A model becomes a version in the registry, with an alias: if every rule allows it, and so that it can be undone."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from pipelinekit.graph.graph import Graph, GraphNode
from pipelinekit.resolve.stage import Stage
from pipelinekit.run.commit_log import KEY, STAGE, CommitLog, Logged
from pipelinekit.run.commit_record import CommitRecord, StageRecord, commit_record
from pipelinekit.run.lineage import PARENT_RUN, lineage_tags, upstream_of
from pipelinekit.run.models import Model
from pipelinekit.run.promote_settings import PromoteSettings
from pipelinekit.run.provenance import current_provenance
from pipelinekit.run.recorded_contents import RecordedContents, with_metrics
from pipelinekit.run.store import RunInfo, Store, VersionInfo

# Tags of a version.
VERSION_COMMIT, MD5, MODEL_PATH = "git.commit", "dvc.md5", "dvc.path"
METRIC = "pipelinekit.metric."
#: which version had an alias before, behind the alias; empty if none had
PREVIOUS = "pipelinekit.previous."
_ALIAS = re.compile(r"[\w-]{1,255}")
_VERSION_LIKE = re.compile(r"[vV]\d+")


class PromotionError(Exception):
    """A promotion, or its undoing, that makes no sense as it was asked for."""


class Check(NamedTuple):
    """A rule, and whether it allows the promotion."""

    rule: str
    passed: bool
    #: what was found, in a few words
    detail: str


class Promotion(NamedTuple):
    """What was promoted, or would be."""

    model: str
    alias: str
    commit: str
    checks: list[Check]
    #: the version; empty where it is not made yet
    version: str = ""
    #: the version that has, or had, the alias; empty if none has
    previous: str = ""
    is_done: bool = False

    @property
    def refused(self) -> bool:
        return not all(check.passed for check in self.checks)


class Undo(NamedTuple):
    """An alias that went back; `now` is empty if nothing had it before."""

    model: str
    alias: str
    was: str
    now: str
    is_done: bool


def check_alias(alias: str) -> str:
    """An alias that MLflow takes. Raises PromotionError."""
    if _ALIAS.fullmatch(alias) is None or _VERSION_LIKE.fullmatch(alias) or alias == "latest":
        raise PromotionError(
            f"'{alias}' can't be an alias: letters, digits, '-' and '_', and neither 'latest' nor like 'v1'"
        )
    return alias


class Promoter:
    """Promotes one model of a project."""

    def __init__(self, graph: Graph, model: Model, settings: PromoteSettings, store: Store, experiment: str) -> None:
        self._graph = graph
        self._model = model
        self._settings = settings
        self._store = store
        self._experiment = experiment
        self._contents = RecordedContents(graph.index.project)

    def promote(
        self, alias: str, errors: Sequence[str], *, dry_run: bool = False, upload_models: bool = True
    ) -> Promotion:
        """Check every rule, and only then change anything.

        `errors` is what lint has found of level error. Raises PromotionError, TrackingError.
        """
        check_alias(alias)
        stage = self._model.stage
        if stage is None:
            raise PromotionError(f"no stage makes {self._model.path}: there is no telling what it was made from")
        record = commit_record(self._graph, current_provenance(self._graph))
        made = next((one for one in record.stages if one.address == stage.address), None)
        if made is None or not any(model.registered == self._model.registered for model in made.models):
            raise PromotionError(f"'{stage.name}' has not run yet: no lock has {self._model.path}")
        champion = self._store.version_by_alias(self._model.registered, alias)
        metric = self._metric(record, stage)
        checks = [*self._checks(record, stage, errors), *self._metric_checks(metric, champion, alias)]
        planned = Promotion(
            self._model.registered,
            alias,
            record.provenance.commit,
            checks,
            previous=champion.version if champion is not None else "",
        )
        if planned.refused or dry_run:
            return planned
        log = CommitLog(self._store, record, self._experiment, self._contents, upload_models=upload_models)
        return self._apply(planned, record, made, metric, log.write())

    # --- rules ---------------------------------------------------------------------------------------------

    def _checks(self, record: CommitRecord, stage: Stage, errors: Sequence[str]) -> list[Check]:
        checks: list[Check] = []
        state = record.provenance
        if self._settings.clean_tree:
            left = [*state.changed, *state.results]
            detail = f"not committed: {_some(left)}" if left else "everything is committed"
            if not state.commit:
                left, detail = ["git"], "there is no commit"
            checks.append(Check("clean-tree", not left, detail))
        if self._settings.fresh:
            stale = self._stale(stage)
            detail = f"not fresh: {_some(stale)}" if stale else "nothing behind the model is stale"
            checks.append(Check("fresh", not stale, detail))
        if self._settings.no_errors:
            detail = f"{len(errors)} found, the first: {errors[0]}" if errors else "lint finds none"
            checks.append(Check("no-errors", not errors, detail))
        return checks

    def _stale(self, stage: Stage) -> list[str]:
        """The stages behind the model, and those that measure it, which are not fresh."""
        concerned = self._graph.upstream(stage) | {stage} | self._measuring(stage)
        states = states_of(self._graph)
        return [
            f"{one.name} ({states.get(one, 'unknown')})"
            for one in self._graph.index.stages
            if one in concerned and states.get(one) != "fresh"
        ]

    def _measuring(self, stage: Stage) -> set[GraphNode]:
        if self._settings.metric is None:
            return set()
        return {
            node
            for node in self._graph.downstream(stage)
            if isinstance(node, Stage) and any(out.kind == "metric" for out in node.outs)
        }

    def _metric(self, record: CommitRecord, stage: Stage) -> float | None:
        """The value of the metric: of the stage itself, or of one that measures what it made."""
        wanted = self._settings.metric
        if wanted is None:
            return None
        near = {one.address for one in self._measuring(stage)} | {stage.address}
        stages = [one for one in record.stages if one.address in near]
        for measured in sorted(stages, key=lambda one: one.address != stage.address):
            value = self._value(measured, wanted)
            if value is not None:
                return value
        return None

    def _value(self, stage: StageRecord, wanted: str) -> float | None:
        file, colon, key = wanted.rpartition(":")
        if not colon:
            return (with_metrics(stage, self._contents).metrics or {}).get(wanted)
        of_file = stage._replace(outs=[out for out in stage.outs if out.path == file], metrics=None)
        return (with_metrics(of_file, self._contents).metrics or {}).get(key)

    def _metric_checks(self, metric: float | None, champion: VersionInfo | None, alias: str) -> list[Check]:
        wanted = self._settings.metric
        if wanted is None:
            return []
        if metric is None:
            return [Check("metric", False, f"no metrics file of the model's stages has '{wanted}'")]
        if champion is None:
            return [Check("metric", True, f"{wanted} is {metric:g}; no version is '{alias}' yet")]
        before = champion_metric(champion, self._store, wanted)
        if before is None:
            detail = f"version {champion.version} ('{alias}') has no '{wanted}': set its tag {METRIC}{wanted}"
            return [Check("metric", False, detail)]
        worse_by = before - metric if self._settings.maximize else metric - before
        passed = worse_by <= self._settings.tolerance  # NaN is no better than anything
        than = "at least as good as" if passed else "worse than"
        allowed = f", tolerance {self._settings.tolerance:g}" if self._settings.tolerance else ""
        return [
            Check("metric", passed, f"{wanted} is {metric:g}, {than} {before:g} of version {champion.version}{allowed}")
        ]

    # --- changes -------------------------------------------------------------------------------------------

    def _apply(
        self, planned: Promotion, record: CommitRecord, made: StageRecord, metric: float | None, logged: Logged
    ) -> Promotion:
        """Everything but the alias first: it is the last thing to change, and all that anybody looks at."""
        run_id = logged.run_of(made.address)
        assert run_id is not None
        version = self._version(record, made, run_id, logged.parent)
        if metric is not None and self._settings.metric is not None:
            tag = METRIC + self._settings.metric
            if version.tags.get(tag) != repr(metric):
                self._store.tag_version(version.name, version.version, tag, repr(metric))
        if version.version == planned.previous:
            return planned._replace(version=version.version, is_done=True)
        self._store.tag_version(version.name, version.version, PREVIOUS + planned.alias, planned.previous or "none")
        self._store.set_alias(version.name, planned.alias, version.version)
        return planned._replace(version=version.version, is_done=True)

    def _version(self, record: CommitRecord, made: StageRecord, run_id: str, parent: str) -> VersionInfo:
        """The version of the same stage and lock entry, or a new one."""
        name = self._model.registered
        for version in self._store.versions(name):
            if version.tags.get(KEY) == made.key and version.tags.get(VERSION_COMMIT):
                return version
        run = self._store.run(run_id)
        assert run is not None
        model = next(one for one in made.models if one.registered == name)
        model_id = self._store.find_model(run, name)
        tags = {
            VERSION_COMMIT: record.provenance.commit,
            STAGE: made.address,
            KEY: made.key,
            MD5: model.out.digest,
            MODEL_PATH: model.path,
            PARENT_RUN: parent,
            **lineage_tags(upstream_of(made.address, record.stages)),
        }
        source = f"models:/{model_id}" if model_id is not None else f"runs:/{run_id}/{name}"
        return self._store.create_version(name, source, run_id, model_id, tags)


def champion_metric(champion: VersionInfo, store: Store, wanted: str) -> float | None:
    """The metric of a version: as it was when it was promoted, or as its run has it."""
    text = champion.tags.get(METRIC + wanted)
    if text is not None:
        try:
            return float(text)
        except ValueError:
            return None
    run: RunInfo | None = store.run(champion.run_id) if champion.run_id else None
    metrics: Mapping[str, float] = run.metrics if run is not None else {}
    return metrics.get(wanted, metrics.get(wanted.rpartition(":")[2]))


def undo(store: Store, model: str, alias: str, *, dry_run: bool = False) -> Undo:
    """Give an alias back to the version that had it before. Raises PromotionError, TrackingError."""
    check_alias(alias)
    version = store.version_by_alias(model, alias)
    if version is None:
        raise PromotionError(f"no version of '{model}' is '{alias}': there is nothing to undo")
    previous = version.tags.get(PREVIOUS + alias)
    if previous is None:
        raise PromotionError(
            f"pipelinekit did not make version {version.version} of '{model}' '{alias}', and can't tell what was before"
        )
    previous = "" if previous == "none" else previous
    if previous and store.version(model, previous) is None:
        raise PromotionError(f"version {previous} of '{model}', which was '{alias}' before, is gone")
    if not dry_run:
        if previous:
            store.set_alias(model, alias, previous)
        else:
            store.delete_alias(model, alias)
    return Undo(model, alias, version.version, previous, not dry_run)


def states_of(graph: Graph) -> dict[Stage, str]:
    """`fresh`, `stale`, `never-run` or `unknown` by stage."""
    from pipelinekit.freshness.status import statuses

    return {stage: status.state for stage, status in statuses(graph).items()}


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:3])
    return f"{shown} and {len(names) - 3} more" if len(names) > 3 else shown
