"""Whether a project is shared, and has something to share that git does not keep."""

from __future__ import annotations

from typing import NamedTuple

from pipelinekit.freshness.records import recorded_outs
from pipelinekit.graph.graph import Graph
from pipelinekit.project.config import Config, read_shared_config
from pipelinekit.resolve.stage import TrackedFile
from pipelinekit.yaml.tree import Document, Mapping, Node, Place, Scalar, Sequence


class SharedData(NamedTuple):
    """Something that git shares the name of, and DVC must share the content of."""

    path: str
    #: where git has its MD5
    place: Place


def shared_data(graph: Graph) -> SharedData | None:
    """An output or a tracked file that others can only get from a remote; None where all is in git, or nothing is.

    Counted is what git tracks by a lock or a `.dvc` file, in a repository that has a remote of its own: a project
    that nobody shares needs none. For `graph.derived`.
    """
    git = graph.index.project.git
    if git is None:
        return None
    found = _tracked_data(graph) or _recorded_data(graph)
    return found if found is not None and git.has_remote else None


def _tracked_data(graph: Graph) -> SharedData | None:
    git = graph.index.project.git
    assert git is not None
    for file in graph.index.tracked_files:
        if file.file in git.tracked and not file.deps and not _is_imported(file):
            for out in file.outs:
                if out.is_local and _is_pushed(file, out.node):
                    return SharedData(out.path, out.node.place)
    return None


def _is_imported(file: TrackedFile) -> bool:
    """Whether the data can be had again from where it came from."""
    root = file.document.root
    return isinstance(root, Mapping) and "deps" in root


def _is_pushed(file: TrackedFile, path: Node) -> bool:
    root = file.document.root
    outs = root.get("outs") if isinstance(root, Mapping) else None
    for item in outs.items if isinstance(outs, Sequence) else ():
        if isinstance(item, Mapping) and item.get("path") is path:
            flags = [item.get(flag) for flag in ("cache", "push")]
            return not any(isinstance(flag, Scalar) and flag.value is False for flag in flags)
    return False


def _recorded_data(graph: Graph) -> SharedData | None:
    git = graph.index.project.git
    assert git is not None
    for out, entry, _, record in graph.derived(recorded_outs):
        if record.lock.document.name not in git.tracked or entry.md5 is None or not out.is_local:
            continue
        if out.cache and out.flags.get("push", True) is not False and "remote" not in out.flags:
            return SharedData(out.path, record.lock.place_of(record.locked, entry))
    return None


def shared_config(graph: Graph) -> Config:
    """`.dvc/config`, empty if there is none. For `graph.derived`."""
    return read_shared_config(graph.index.project) or Config(Document("", ""))


def config_place(graph: Graph) -> Place:
    """Where something about the whole project is said: in `.dvc/config`, if it has a line, else in its `dvc.yaml`."""
    document = graph.derived(shared_config).document
    for number in range(1, len(document.line_starts) + 1):
        start, end = document.line_span(number)
        if start < end:
            return Place(document, start, end)
    return first_key(graph)


def first_key(graph: Graph) -> Place:
    """The first word of the first `dvc.yaml`."""
    for pipeline in graph.index.pipelines:
        root = pipeline.document.root
        if isinstance(root, Mapping) and root.pairs:
            return root.pairs[0][0].place
    return Place(graph.index.pipelines[0].document if graph.index.pipelines else Document("", "dvc.yaml"), 0, 0)
