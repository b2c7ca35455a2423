"""What is made of a project, in a form that DVC's view and ours can be compared in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import Any


@dataclass(frozen=True)
class OutView:
    """An output, its flags with DVC's defaults filled in."""

    path: str
    kind: str
    cache: bool = True
    persist: bool = False
    push: bool = True
    remote: str | None = None
    desc: str | None = None
    type: str | None = None
    labels: tuple[str, ...] = ()
    meta: Any = field(default_factory=dict, hash=False)
    #: `x`, `y`, `title` and so on
    plot: Any = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class StageView:
    """A concrete stage, paths relative to the project and normalised."""

    address: str
    cmd: Any
    wdir: str
    deps: tuple[str, ...]
    outs: tuple[OutView, ...]
    #: keys by params file; none for a file that is tracked as a whole
    params: tuple[tuple[str, tuple[Any, ...]], ...]
    frozen: bool = False
    always_changed: bool = False


@dataclass(frozen=True)
class TrackedView:
    """A `.dvc` file."""

    address: str
    deps: tuple[str, ...]
    outs: tuple[str, ...]
    frozen: bool = False


@dataclass(frozen=True)
class Refusal:
    """What DVC raises: while it loads the files, or when it builds the graph."""

    when: str
    error: str
    message: str

    def __str__(self) -> str:
        return f"{self.when}: {self.error}: {self.message}"


@dataclass(frozen=True)
class ProjectView:
    """Everything that there is to compare."""

    stages: dict[str, StageView]
    tracked: dict[str, TrackedView]
    #: consumer and producer, by address
    edges: frozenset[tuple[str, str]]
    refusal: Refusal | None = None


def differences(ours: ProjectView, theirs: ProjectView) -> list[str]:
    """A line for each thing in which two views differ."""
    found: list[str] = []
    found += _differing("stage", ours.stages, theirs.stages)
    found += _differing(".dvc file", ours.tracked, theirs.tracked)
    found += [f"edge {one} → {other}: only ours" for one, other in sorted(ours.edges - theirs.edges)]
    found += [f"edge {one} → {other}: only DVC's" for one, other in sorted(theirs.edges - ours.edges)]
    if not found and list(ours.stages) != list(theirs.stages):
        pairs = zip(ours.stages, theirs.stages, strict=True)
        one, other = next(pair for pair in pairs if pair[0] != pair[1])
        found.append(f"order of the stages: ours has {one} where DVC's has {other}")
    return found


def _differing(kind: str, ours: dict[str, Any], theirs: dict[str, Any]) -> Iterator[str]:
    yield from (f"{kind} {address}: only ours" for address in ours if address not in theirs)
    yield from (f"{kind} {address}: only DVC's" for address in theirs if address not in ours)
    for address, one in ours.items():
        other = theirs.get(address)
        if other is None:
            continue
        for item in fields(one):
            mine, its = getattr(one, item.name), getattr(other, item.name)
            if not same(mine, its):
                yield f"{kind} {address}, {item.name}:\n    ours  {mine!r}\n    DVC's {its!r}"


def same(one: Any, other: Any) -> bool:
    """Equal in type too: `1`, `1.0` and `True` are three values."""
    if isinstance(one, OutView) and isinstance(other, OutView):
        return all(same(getattr(one, item.name), getattr(other, item.name)) for item in fields(one))
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(same(*pair) for pair in zip(one, other, strict=True))
    return bool(one == other) or (one != one and other != other)
