"""Which values in params files differ between two graphs, and who uses them."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, NamedTuple

from pipelinekit.freshness.inputs import ABSENT, is_same
from pipelinekit.graph.graph import Graph
from pipelinekit.project.params import ParamsFile
from pipelinekit.resolve.stage import Stage

#: More values than any params file has: one whose aliases repeat each other would have no end.
MOST_VALUES = 200_000
_DEEPEST = 60
_Keys = tuple[str, ...]


class ParamDiff(NamedTuple):
    """A value of a params file; `old` or `new` is ABSENT where it is not there."""

    file: str
    key: str
    old: Any
    new: Any
    #: the addresses of the stages that declare it, or something that holds it, in the order of the new files
    used_by: tuple[str, ...]
    #: whether a `${}` of some `dvc.yaml` reads it
    in_templates: bool


class ParamsCompared(NamedTuple):
    """The values that differ, and the files that can't be compared."""

    params: tuple[ParamDiff, ...]
    unread: tuple[str, ...]


def param_diffs(old: Graph, new: Graph) -> ParamsCompared:
    """Compare every params file that a stage declares or a template reads, on either side."""
    uses = _Uses(old, new)
    found: list[ParamDiff] = []
    unread: list[str] = []
    for file in uses.files:
        were, are = _text(old, file), _text(new, file)
        if were == are:
            continue
        before, after = _values(old, file), _values(new, file)
        if before is None or after is None:
            unread.append(file)
            continue
        for keys in dict.fromkeys([*after, *before]):
            was, now = before.get(keys, ABSENT), after.get(keys, ABSENT)
            if was is ABSENT or now is ABSENT or not _is_same(was, now):
                found.append(
                    ParamDiff(file, ".".join(keys), was, now, uses.declaring(file, keys), uses.in_templates(file, keys))
                )
    return ParamsCompared(tuple(found), tuple(unread))


def _is_same(was: Any, now: Any) -> bool:
    """Whether two values are equal, as DVC compares them; what is no number stays what it is."""
    return is_same(now, was) or (was != was and now != now)


def _text(graph: Graph, file: str) -> str | None:
    params = graph.index.project.params(file)
    return params.text if isinstance(params, ParamsFile) else None


def _values(graph: Graph, file: str) -> dict[_Keys, Any] | None:
    """The values of a params file by their keys, lists as a whole; none if there is no file, None if it is unusable."""
    params = graph.index.project.params(file)
    if params is None:
        return {}
    if not isinstance(params, ParamsFile) or params.problem is not None:
        return None
    values: dict[_Keys, Any] = {}
    waiting: list[tuple[_Keys, Any]] = [((), params.data)]
    steps = 0
    while waiting:
        keys, value = waiting.pop()
        steps += 1
        if steps > MOST_VALUES or len(keys) > _DEEPEST:
            return None
        if isinstance(value, dict) and (value or not keys):
            waiting += [((*keys, str(key)), item) for key, item in reversed(value.items())]
        else:
            values[keys] = value
    return values


class _Uses:
    """Who uses which values, in either graph."""

    def __init__(self, old: Graph, new: Graph) -> None:
        self._ranks: dict[str, int] = {}
        self._sorted: dict[tuple[int, ...], tuple[str, ...]] = {}
        #: addresses by file and by the keys that are declared: `train.lr` counts for each of `train` and `train.lr`
        self._declared: dict[str, dict[_Keys, set[str]]] = defaultdict(lambda: defaultdict(set))
        self._below: dict[str, dict[_Keys, set[str]]] = defaultdict(lambda: defaultdict(set))
        self._looked_up: dict[str, set[_Keys]] = defaultdict(set)
        self._above: dict[str, set[_Keys]] = defaultdict(set)
        for graph in (new, old):
            for stage in graph.index.stages:
                self._add(stage)
            for pipeline in graph.index.pipelines:
                for file in pipeline.context.loaded:
                    self._looked_up[file].update(pipeline.used)
                    self._above[file].update(keys[:length] for keys in pipeline.used for length in range(len(keys)))
        self.files = list(dict.fromkeys([*self._declared, *self._looked_up]))

    def _add(self, stage: Stage) -> None:
        self._ranks.setdefault(stage.address, len(self._ranks))
        for param in stage.params:
            keys = _declared_keys(param.key)
            self._declared[param.file][keys].add(stage.address)
            for length in range(len(keys)):
                self._below[param.file][keys[:length]].add(stage.address)

    def declaring(self, file: str, keys: _Keys) -> tuple[str, ...]:
        declared, below = self._declared.get(file, {}), self._below.get(file, {})
        holding = [declared[keys[:length]] for length in _lengths(keys) if keys[:length] in declared]
        holding += [below[keys]] if keys in below else []
        identity = tuple(map(id, holding))  # a thousand values may be declared by the same stages
        if identity not in self._sorted:
            found = set().union(*holding)
            self._sorted[identity] = tuple(sorted(found, key=self._ranks.__getitem__))
        return self._sorted[identity]

    def in_templates(self, file: str, keys: _Keys) -> bool:
        looked_up = self._looked_up.get(file, set())
        return keys in self._above.get(file, ()) or any(keys[:length] in looked_up for length in _lengths(keys))


def _declared_keys(key: str | None) -> _Keys:
    """The keys of a parameter, up to a wildcard; none for a whole file."""
    keys = tuple(key.split(".")) if key is not None else ()
    return keys[: next((place for place, part in enumerate(keys) if "*" in part), len(keys))]


def _lengths(keys: _Keys) -> range:
    return range(len(keys) + 1)
