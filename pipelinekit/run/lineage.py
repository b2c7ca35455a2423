"""From a model back to its data, and from data on to every model: whence and whither.

What a version was made from stands in its tags, so that it can be searched for; the whole of it in the artifact
`stages.json` of the commit's run, and in git's lock of the commit.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from typing import Any, NamedTuple

from pipelinekit.graph.graph import Graph
from pipelinekit.project.paths import ancestors
from pipelinekit.project.project import Project
from pipelinekit.project.revision import RevisionError
from pipelinekit.resolve.index import Index
from pipelinekit.run.commit_log import BRANCH, COMMIT, DIRTY, STAGE, STAGES_FILE
from pipelinekit.run.commit_record import FileRecord, StageRecord, commit_record
from pipelinekit.run.provenance import provenance_of
from pipelinekit.run.store import Store, VersionInfo

#: Tag of a version: the MD5 of something that it was made from, by its path.
INPUT = "dvc.input."
PARENT_RUN = "pipelinekit.parent"
#: how many inputs had no room in the tags
LEFT_OUT = "pipelinekit.inputs-left-out"
MAX_INPUT_TAGS = 300
_LONGEST_KEY = 250
_URI = re.compile(r"(?:models:/)?(?P<name>[^/@]+)(?:/(?P<version>[0-9]+)|@(?P<alias>[\w-]+))")
_MD5 = re.compile(r"[0-9a-f]{32}(?:\.dir)?")


class LineageError(Exception):
    """A model that can't be found, or of which nothing is known."""


class MadeBy(NamedTuple):
    """A stage that a model comes from, as it ran then."""

    address: str
    cmd: str
    run_id: str
    params: dict[str, str]
    deps: list[FileRecord]
    outs: list[FileRecord]


class Origin(NamedTuple):
    """What a version of a model was made from."""

    name: str
    version: str
    aliases: list[str]
    commit: str
    branch: str
    dirty: bool
    run_id: str
    path: str
    md5: str
    #: in the order of `dvc.lock`; the last is not always the one that made the model
    stages: list[MadeBy]
    #: what no stage made: data and code
    sources: list[FileRecord]


class Descendant(NamedTuple):
    """A version that was made from something."""

    name: str
    version: str
    aliases: list[str]
    commit: str
    #: what it was made from
    path: str
    md5: str


# --- whence --------------------------------------------------------------------------------------------------


def find_version(store: Store, uri: str) -> VersionInfo:
    """A version by `models:/name@alias` or `models:/name/3`. Raises LineageError, TrackingError."""
    match = _URI.fullmatch(uri)
    if match is None:
        raise LineageError(f"'{uri}' names no version of a model; write models:/NAME@ALIAS or models:/NAME/VERSION")
    name = match["name"]
    if match["alias"]:
        found, what = store.version_by_alias(name, match["alias"]), f"alias '{match['alias']}'"
    else:
        found, what = store.version(name, match["version"]), f"version {match['version']}"
    if found is None:
        raise LineageError(f"the registry has no model '{name}' with {what}")
    # what is found by an alias does not list all of them
    return store.version(found.name, found.version) or found


def whence(store: Store, uri: str, project: Project | None) -> Origin:
    """Where a version comes from. Raises LineageError, TrackingError.

    `project` is looked into, as git has it at the commit, where the server has not got all of it.
    """
    version = find_version(store, uri)
    tags = version.tags
    address, commit = tags.get(STAGE, ""), tags.get("git.commit", "")
    run = store.run(version.run_id) if version.run_id else None
    if not address and run is not None:
        address = run.tags.get(STAGE, "")
    run_tags: Mapping[str, str] = run.tags if run is not None else {}
    parent = tags.get(PARENT_RUN) or run_tags.get("mlflow.parentRunId", "")
    whole = store.run(parent) if parent else None
    source_tags = whole.tags if whole is not None else run_tags
    commit = source_tags.get(COMMIT) or commit
    if not address:
        raise LineageError(
            f"version {version.version} of '{version.name}' was not made by a stage that pipelinekit logged: "
            "it has no tag that says where it comes from"
        )
    stages = _stages_of(store, parent)
    if not any(stage.address == address for stage in stages):
        stages = _stages_in_git(project, commit) if project is not None else []
    made = {stage.address: stage for stage in stages}
    if address not in made:
        raise LineageError(
            f"neither the server nor git knows the stages behind version {version.version} of '{version.name}'"
            + (f" (commit {commit[:12]})" if commit else "")
        )
    behind = _upstream(address, stages)
    outs = {out.path for stage in stages for out in stage.outs}
    return Origin(
        version.name,
        version.version,
        sorted(version.aliases),
        commit,
        source_tags.get(BRANCH, ""),
        source_tags.get(DIRTY) == "true",
        version.run_id,
        tags.get("dvc.path", ""),
        tags.get("dvc.md5", ""),
        behind,
        _sources(behind, outs),
    )


def _stages_of(store: Store, parent: str) -> list[MadeBy]:
    """The stages that the run of a commit keeps; none if there is no such run, or its file can't be read."""
    text = store.read_artifact(parent, STAGES_FILE) if parent else None
    if text is None:
        return []
    try:
        return [_made_by(stage) for stage in json.loads(text)["stages"]]
    except (ValueError, KeyError, TypeError):
        return []


def _made_by(data: Any) -> MadeBy:
    deps, outs = (
        [FileRecord(file["path"], file["md5"], file.get("size")) for file in data[section]]
        for section in ("deps", "outs")
    )
    return MadeBy(data["address"], data["cmd"], data.get("run_id") or "", dict(data["params"]), deps, outs)


def _stages_in_git(project: Project, commit: str) -> list[MadeBy]:
    where = provenance_of(project.root, commit) if commit else None
    if where is None:
        return []
    try:
        past = project.at_revision(where.commit)
    except RevisionError:
        return []
    with closing(past.disk):
        return [
            MadeBy(stage.address, stage.cmd, "", stage.params, stage.deps, stage.outs)
            for stage in commit_record(Graph(Index(past)), where).stages
        ]


def _upstream(address: str, stages: Sequence[MadeBy]) -> list[MadeBy]:
    """The stages behind one, itself included: by what they pass on to each other."""
    makers: dict[str, MadeBy] = {out.path: stage for stage in stages for out in stage.outs}
    inside: dict[str, list[MadeBy]] = {}
    for path, maker in makers.items():
        for folder in ancestors(path):
            inside.setdefault(folder, []).append(maker)
    by_address = {stage.address: stage for stage in stages}
    found: set[str] = set()
    waiting = [by_address[address]]
    while waiting:
        stage = waiting.pop()
        if stage.address in found:
            continue
        found.add(stage.address)
        for dep in stage.deps:
            waiting += [makers[path] for path in (dep.path, *ancestors(dep.path)) if path in makers]
            waiting += inside.get(dep.path, ())
    return [stage for stage in stages if stage.address in found]


def _sources(stages: Iterable[MadeBy], outs: set[str]) -> list[FileRecord]:
    found: dict[str, FileRecord] = {}
    for stage in stages:
        for dep in stage.deps:
            if not any(path in outs for path in (dep.path, *ancestors(dep.path))):
                found.setdefault(dep.path, dep)
    return list(found.values())


# --- tags ----------------------------------------------------------------------------------------------------


def upstream_of(address: str, stages: Sequence[StageRecord]) -> list[StageRecord]:
    """The stages behind one, itself included."""
    shapes = [MadeBy(stage.address, "", "", {}, stage.deps, stage.outs) for stage in stages]
    behind = {stage.address for stage in _upstream(address, shapes)}
    return [stage for stage in stages if stage.address in behind]


def lineage_tags(stages: Sequence[StageRecord]) -> dict[str, str]:
    """Tags with everything that some stages read; what has no room is counted."""
    inputs: dict[str, str] = {}
    for stage in stages:
        for dep in stage.deps:
            if dep.digest:
                inputs.setdefault(dep.path, dep.digest)
    named = {INPUT + path: digest for path, digest in inputs.items() if len(INPUT + path) <= _LONGEST_KEY}
    tags = dict(list(named.items())[:MAX_INPUT_TAGS])
    if len(tags) < len(inputs):
        tags[LEFT_OUT] = str(len(inputs) - len(tags))
    return tags


# --- whither -------------------------------------------------------------------------------------------------


def whither(store: Store, data: str) -> list[Descendant]:
    """Every version that was made from a file or folder, by its path in the project, or by its MD5.

    Raises TrackingError.
    """
    found: list[Descendant] = []
    parents: dict[str, list[MadeBy]] = {}
    aliases: dict[str, dict[str, list[str]]] = {}
    for version in store.versions():
        inputs = {key[len(INPUT) :]: md5 for key, md5 in version.tags.items() if key.startswith(INPUT)}
        parent = version.tags.get(PARENT_RUN, "")
        if LEFT_OUT in version.tags and parent:
            if parent not in parents:
                parents[parent] = _stages_of(store, parent)
            inputs |= _inputs_of(version.tags.get(STAGE, ""), parents[parent])
        for path, md5 in inputs.items():
            if _is_meant(data, path, md5):
                if version.name not in aliases:
                    aliases[version.name] = {}
                names = aliases[version.name].setdefault(version.version, _aliases(store, version))
                commit = version.tags.get("git.commit", "")
                found.append(Descendant(version.name, version.version, names, commit, path, md5))
    return sorted(found, key=lambda one: (one.name, int(one.version) if one.version.isdigit() else 0, one.path))


def _inputs_of(address: str, stages: list[MadeBy]) -> dict[str, str]:
    if not any(stage.address == address for stage in stages):
        return {}
    return {dep.path: dep.digest for stage in _upstream(address, stages) for dep in stage.deps if dep.digest}


def is_md5(text: str) -> bool:
    """Whether a text is an MD5 as DVC writes it, and no path."""
    return _MD5.fullmatch(text) is not None


def _is_meant(data: str, path: str, md5: str) -> bool:
    """Whether a dependency is, or holds, or lies in what is asked for."""
    if is_md5(data):
        return md5.removesuffix(".dir") == data.removesuffix(".dir")
    return path == data or path in ancestors(data) or data in ancestors(path)


def _aliases(store: Store, version: VersionInfo) -> list[str]:
    """A search does not bring them."""
    if version.aliases:
        return sorted(version.aliases)
    whole = store.version(version.name, version.version)
    return sorted(whole.aliases) if whole is not None else []
