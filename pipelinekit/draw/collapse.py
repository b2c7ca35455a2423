"""Draws many stages as one node: those of a `foreach` or `matrix`, of a `dvc.yaml`, of a folder."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase
from typing import Literal, NamedTuple

from pipelinekit.draw.drawing import Change, Drawing, Edge, Kind, Node

Level = Literal["none", "groups", "files", "folders"]
#: From the finest to the coarsest.
LEVELS: tuple[Level, ...] = ("none", "groups", "files", "folders")
_HOLDS: dict[Level, tuple[Kind, ...]] = {
    "none": (),
    "groups": ("group",),
    "files": ("file", "group"),
    "folders": ("folder", "file", "group"),
}


class UnknownContainerError(ValueError):
    """Nothing that could be expanded has such a name. `known` are the names that would do."""

    def __init__(self, name: str, known: list[str]) -> None:
        super().__init__(name)
        self.name = name
        self.known = known


class Container(NamedTuple):
    """What holds several stages. `address` is a group's as DVC takes it, a file's path, or a folder's with a `/`."""

    address: str
    label: str
    kind: Kind
    file: str
    line: int

    def is_called(self, pattern: str) -> bool:
        """Whether a name, path or glob means it; a folder also without its `/`, a group also without its file."""
        names = {self.address, self.address.rstrip("/")}
        if self.kind == "group":
            names.add(self.address[len(self.file) + 1 :])
        return any(fnmatchcase(name, pattern) for name in names)


class Containers:
    """What holds the stages of a drawing, each of it with two stages or more."""

    def __init__(self, drawing: Drawing) -> None:
        self.drawing = drawing
        self.of: dict[str, list[Container]] = {}
        folders = _folders(drawing)
        files = {node.file for node in drawing.nodes}
        #: files that no folder holds: their stages begin and end what the others do, and as one would need themselves
        self.main_files = {file for file in files if not folders[file]}
        files_of: dict[str, set[str]] = defaultdict(set)
        in_file: dict[str, int] = defaultdict(int)
        in_group: dict[tuple[str, str | None], int] = defaultdict(int)
        for node in drawing.nodes:
            files_of[folders[node.file]].add(node.file)
            in_file[node.file] += 1
            in_group[node.file, node.group] += 1
        made: dict[str, Container] = {}
        for node in drawing.nodes:
            chain = []
            folder = folders[node.file]
            if folder and len(files_of[folder]) > 1:
                chain.append(made.setdefault(folder, Container(folder, folder, "folder", node.file, 1)))
            if len(files) > 1 and in_file[node.file] > 1:
                chain.append(made.setdefault(node.file, Container(node.file, node.file, "file", node.file, 1)))
            if node.group is not None and in_group[node.file, node.group] > 1:
                address = f"{node.file}:{node.group}"
                prefix = f"{node.file}:" if node.label.startswith(f"{node.file}:") else ""
                label = f"{prefix}{node.group}@…"
                chain.append(made.setdefault(address, Container(address, label, "group", node.file, node.line)))
            self.of[node.address] = chain
        self.all = list(made.values())

    def opened(self, patterns: Iterable[str]) -> set[str]:
        """The addresses of what the patterns name, and of what that lies in. Raises UnknownContainerError."""
        found: set[str] = set()
        for pattern in patterns:
            named = {container.address for container in self.all if container.is_called(pattern)}
            if not named:
                raise UnknownContainerError(pattern, [container.address for container in self.all])
            for chain in self.of.values():
                for depth, container in enumerate(chain):
                    if container.address in named:
                        found.update(outer.address for outer in chain[: depth + 1])
        return found

    def shown(self, level: Level, opened: set[str]) -> dict[str, Container | None]:
        """For each stage what it is drawn as; None where it is drawn itself."""
        kinds = _HOLDS[level]
        kept = self.main_files if level == "files" else set()
        return {
            address: next(
                (
                    one
                    for one in chain
                    if one.kind in kinds and one.address not in opened and not (one.kind == "file" and one.file in kept)
                ),
                None,
            )
            for address, chain in self.of.items()
        }


def _folders(drawing: Drawing) -> dict[str, str]:
    """For each file the folder below what all files share, with a `/`; empty for a file that lies there itself."""
    files = list(dict.fromkeys(node.file for node in drawing.nodes))
    parts = {file: file.split("/")[:-1] for file in files}
    shared = 0
    while parts and len({tuple(folders[: shared + 1]) for folders in parts.values()}) == 1:
        if any(len(folders) <= shared for folders in parts.values()):
            break
        shared += 1
    return {file: "/".join(parts[file][: shared + 1]) + "/" if len(parts[file]) > shared else "" for file in files}


def collapsed(drawing: Drawing, level: Level, expand: Iterable[str] = ()) -> Drawing:
    """The drawing with what `level` says drawn as one node, but for what `expand` names.

    Raises UnknownContainerError.
    """
    containers = Containers(drawing)
    opened = containers.opened(expand)
    return drawing if level == "none" else merged(drawing, containers.shown(level, opened))


def fitting(
    drawing: Drawing, nodes: int, expand: Iterable[str] = (), fits: Callable[[Drawing], bool] = lambda _: True
) -> tuple[Drawing, Level]:
    """The finest drawing with so many nodes at most that also fits otherwise, else the one with the fewest.

    Raises UnknownContainerError.
    """
    containers = Containers(drawing)
    opened = containers.opened(expand)
    best, best_level = drawing, LEVELS[0]
    for level in LEVELS:
        candidate = drawing if level == "none" else merged(drawing, containers.shown(level, opened))
        if len(candidate.nodes) <= nodes and fits(candidate):
            return candidate, level
        if len(candidate.nodes) < len(best.nodes):
            best, best_level = candidate, level
    return best, best_level


def merged(drawing: Drawing, shown: dict[str, Container | None]) -> Drawing:
    """The drawing with stages drawn as what holds them, in the order of the first of them."""
    inside: dict[str, list[Node]] = {}
    holders: dict[str, Container] = {}
    place: dict[str, str] = {}
    for node in drawing.nodes:
        container = shown[node.address]
        address = node.address if container is None else container.address
        if container is not None:
            holders[address] = container
        place[node.address] = address
        inside.setdefault(address, []).append(node)
    nodes = tuple(
        _holding(holders[address], members) if address in holders else members[0] for address, members in inside.items()
    )
    between: dict[tuple[str, str], list[Edge]] = {}
    for edge in drawing.edges:
        pair = (place[edge.consumer], place[edge.producer])
        if pair[0] != pair[1] or edge.consumer == edge.producer:
            between.setdefault(pair, []).append(edge)
    edges = tuple(
        Edge(
            consumer,
            producer,
            merging[0].path,
            _change(edge.change for edge in merging),
            len(merging),
            merging[0].via if len(merging) == 1 else (),
        )
        for (consumer, producer), merging in between.items()
    )
    return Drawing(nodes, edges)


def _holding(container: Container, members: list[Node]) -> Node:
    return Node(
        container.address,
        container.label,
        container.file,
        container.line,
        _change(node.change for node in members),
        None,
        container.kind,
        tuple(node.address for node in members),
    )


def _change(changes: Iterable[Change | None]) -> Change | None:
    """What became of several: what became of all of them, or that something did."""
    found = set(changes)
    return found.pop() if len(found) == 1 else "changed"
