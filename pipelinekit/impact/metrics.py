"""The metrics of two states of a project, compared as `dvc metrics diff` does. Nothing is fetched."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Union

from pipelinekit.freshness.records import recorded_entry, records
from pipelinekit.graph.graph import Graph
from pipelinekit.project.cache import Cache
from pipelinekit.project.disk import Disk, UnreadableError, decode
from pipelinekit.project.params import ParamsFile
from pipelinekit.project.paths import is_outside, join
from pipelinekit.project.project import Project
from pipelinekit.resolve.stage import Out, Stage
from pipelinekit.yaml.tree import Mapping, Scalar, Sequence

Value = Union[int, float, str]  # noqa: UP007 - evaluated by Python 3.10, too
#: Files of one folder of metrics that are read.
_MOST_FILES = 200


class MetricChange(NamedTuple):
    """A metric that is not what it was; None on the side that has none. `file` is relative to the project."""

    file: str
    key: str
    old: Value | None
    new: Value | None

    @property
    def difference(self) -> float | None:
        """How much it grew; None where that can't be said."""
        if isinstance(self.old, str) or isinstance(self.new, str) or self.old is None or self.new is None:
            return None
        return self.new - self.old


def metric_changes(old: Graph, new: Graph) -> list[MetricChange]:
    """The metrics that differ between two states, in the order of the files of the new one, then of the old one.

    A file that one state lacks is left out if not all of that state can be read: it may well have it.
    """
    before, after = metrics(old), metrics(new)
    changes: list[MetricChange] = []
    for file in dict.fromkeys([*after, *before]):
        if (file not in before and not old.index.is_complete) or (file not in after and not new.index.is_complete):
            continue
        was, now = before.get(file, {}), after.get(file, {})
        both = ((key, was.get(key), now.get(key)) for key in dict.fromkeys([*now, *was]))
        changes += [MetricChange(file, key, left, right) for key, left, right in both if left != right]
    return changes


def metrics(graph: Graph) -> dict[str, dict[str, Value]]:
    """The metrics of a state, by file and dotted key. What can't be read is left out."""
    found: dict[str, dict[str, Value]] = {}
    for path, text in _texts(graph):
        file = ParamsFile(path, text)
        if file.problem is None and isinstance(file.data, dict):
            found.setdefault(path, dict(flat_values(file.data)))
    return found


def flat_values(data: dict[object, object]) -> Iterator[tuple[str, Value]]:
    """The values that DVC takes for metrics, by dotted key: numbers and texts, whatever mappings they stand in."""
    waiting: list[tuple[dict[object, object], str]] = [(data, "")]
    while waiting:
        section, above = waiting.pop()
        for key, value in section.items():
            if isinstance(value, dict):
                waiting.append((value, f"{above}{key}."))
            elif isinstance(value, (int, float, str)):
                yield f"{above}{key}", value


def _texts(graph: Graph) -> Iterator[tuple[str, str]]:
    for stage in graph.index.stages:
        for out in stage.outs:
            if out.kind == "metric" and out.is_local and not is_outside(out.path):
                yield from _of_out(out, stage, graph)
    for path in _listed(graph):
        text = _read(path, graph.index.project)
        if text is not None:
            yield path, text


def _of_out(out: Out, stage: Stage, graph: Graph) -> Iterator[tuple[str, str]]:
    """The files of a metric: those that lie here; of a cached one what its lock names, where the cache has it."""
    project = graph.index.project
    kind = project.disk.kind(out.path)
    paths = [out.path] if kind == "file" else _files_in(project.disk, out.path) if kind == "folder" else []
    texts = [(path, text) for path in paths if (text := _read(path, project)) is not None]
    if texts:
        yield from texts
        return
    record = graph.derived(records).get(stage)
    entry = recorded_entry(out, stage, record.locked if record is not None else None)
    if entry is None or entry.md5 is None:
        return
    cache = Cache(project)
    files = {out.path: entry.md5}
    if entry.is_folder:
        files = {f"{out.path}/{name}": md5 for name, md5 in (cache.files_of(entry.md5) or {}).items()}
    for path, md5 in list(files.items())[:_MOST_FILES]:
        data = cache.content(md5)
        if data is not None:
            try:
                yield path, decode(data)
            except UnreadableError:
                continue


def _listed(graph: Graph) -> Iterator[str]:
    """The files under `metrics:` at the top of a `dvc.yaml`."""
    for pipeline in graph.index.pipelines:
        root = pipeline.document.root
        listed = root.get("metrics") if isinstance(root, Mapping) else None
        for item in listed.items if isinstance(listed, Sequence) else ():
            if isinstance(item, Scalar) and isinstance(item.value, str) and "${" not in item.value:
                yield join(pipeline.folder, item.value, graph.index.project.root)


def _files_in(disk: Disk, folder: str) -> list[str]:
    found: list[str] = []
    waiting = [folder]
    while waiting and len(found) < _MOST_FILES:
        current = waiting.pop()
        for name in reversed(disk.names(current)):
            path = f"{current}/{name}"
            if disk.kind(path) == "folder":
                waiting.append(path)
            else:
                found.append(path)
    return sorted(found)


def _read(path: str, project: Project) -> str | None:
    """The text of a file; of an earlier revision only what git had: anything else that lies here is of now."""
    if project.is_past and (project.git is None or path not in project.git.tracked):
        return None
    try:
        return project.disk.read(path)
    except (UnreadableError, FileNotFoundError):
        return None
