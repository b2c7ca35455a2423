"""The graph as one page that works offline: everything is in it, and it asks nothing of anybody."""

from __future__ import annotations

import base64
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from html import escape
from importlib.resources import files
from itertools import chain
from typing import Any

from pipelinekit.draw.boxes import box_of, under_of
from pipelinekit.draw.collapse import Container, Containers, Level, merged
from pipelinekit.draw.details import Details
from pipelinekit.draw.drawing import Drawing, Node
from pipelinekit.draw.layout import LARGE, placed
from pipelinekit.draw.reduce import reduced

#: The page opens with no more boxes than this, if something can be collapsed.
AT_FIRST = 250
#: The views, and what the page calls them.
_VIEWS: dict[Level, str] = {"none": "all stages", "groups": "groups", "files": "files", "folders": "folders"}


def html_page(
    drawing: Drawing,
    details: Mapping[str, Details],
    title: str,
    version: str,
    *,
    level: Level | None = None,
    expand: Iterable[str] = (),
) -> str:
    """The page, with what is known of each stage by address.

    It opens collapsed to a level (None: as far as it takes to be readable), but for what `expand` names. Raises
    NoLayoutError, UnknownContainerError.
    """
    folder = files("pipelinekit.draw") / "page"
    style, script, page = ((folder / name).read_text("utf-8") for name in ("page.css", "page.js", "page.html"))
    parts = {
        "policy": _policy(style, script),
        "version": version,
        "title": escape(_encodable(title)),
        "style": style,
        "script": script,
        "data": _json(_Scenes(drawing, details).data(title, level, expand)),
    }
    first, *rest = page.split("{{")
    return first + "".join(parts[name] + text for name, _, text in (part.partition("}}") for part in rest))


def _policy(style: str, script: str) -> str:
    """Only this style and this script, and no request to anywhere."""
    return (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _json(data: Any) -> str:
    """JSON that ends no script: in it `<` stands only in strings, where it can be written otherwise."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return _encodable(text)


def _encodable(text: str) -> str:
    # half of a character, from a name that is no UTF-8, can't be written to a file
    return text.encode("utf-8", "replace").decode("utf-8")


class _Scenes:
    """The layouts that the page needs: of each view, and of what lies inside of each group, file and folder.

    Nodes are numbered: the stages first, in their order, then what holds them.
    """

    def __init__(self, drawing: Drawing, details: Mapping[str, Details]) -> None:
        self.drawing = drawing
        self.details = details
        self.containers = Containers(drawing)
        self.numbers = {node.address: index for index, node in enumerate(drawing.nodes)}
        # a group may be called as a stage is
        self.holders: dict[tuple[str, str], int] = {}
        self.nodes: list[Node] = list(drawing.nodes)

    def data(self, title: str, level: Level | None, expand: Iterable[str]) -> dict[str, Any]:
        expanded = self.containers.opened(expand)
        views: list[tuple[str, int]] = []
        scenes: dict[str, Any] = {}
        drawings: dict[int, tuple[str, Drawing]] = {}
        for shown, name in _VIEWS.items():
            drawn = merged(self.drawing, self.containers.shown(shown, set()))
            drawings.setdefault(len(drawn.nodes), (name, drawn))
        # of thousands of stages layers are lines of dust; each in what holds it can be taken in
        few = [count for count in drawings if count < len(self.drawing.nodes) / 4]
        for count, (name, drawn) in drawings.items():
            views.append((name, count))
            if name == _VIEWS["none"] and count > LARGE and few:
                by_name = {other: size for size, (other, _) in drawings.items() if size in few}
                scenes[name] = {"opened": "files" if "files" in by_name else min(by_name, key=by_name.__getitem__)}
            else:
                scenes[name] = self._scene(drawn)
        start = next((name for name, count in views if count <= AT_FIRST), min(views, key=lambda view: view[1])[0])
        if level is not None:
            start = drawings[len(merged(self.drawing, self.containers.shown(level, set())).nodes)][0]
        inside = self._inside()
        return {
            "title": title,
            "views": views,
            "start": start,
            "opened": [number for (_, address), number in self.holders.items() if address in expanded],
            "scenes": scenes,
            "inside": inside,
            "nodes": [self._node(node) for node in self.nodes],
            "edges": [
                [self.numbers[edge.producer], self.numbers[edge.consumer], edge.path, edge.change]
                for edge in self.drawing.edges
            ],
            "stages": [self._stage(node) for node in self.drawing.nodes],
        }

    def _number(self, node: Node) -> int:
        if node.kind == "stage":
            return self.numbers[node.address]
        key = (node.kind, node.address)
        if key not in self.holders:
            self.holders[key] = len(self.nodes)
            self.nodes.append(node)
        return self.holders[key]

    def _scene(self, drawing: Drawing) -> dict[str, Any]:
        """Its size, `boxes` [node, x, y, width], `lines` [producer, consumer, change, x, y, x, y…]."""
        drawing = reduced(drawing)
        numbers = {node.address: self._number(node) for node in drawing.nodes}
        sizes = [box_of(node, self.details).size for node in drawing.nodes]
        layout = placed(drawing, sizes)
        return {
            "size": layout.size,
            "boxes": [
                [numbers[node.address], *corner, size.width]
                for node, corner, size in zip(drawing.nodes, layout.corners, sizes, strict=True)
            ],
            "lines": [
                [
                    numbers[edge.producer],
                    numbers[edge.consumer],
                    edge.change,
                    *chain.from_iterable(points),
                ]
                for edge, points in zip(drawing.edges, layout.lines, strict=True)
                if points
            ],
        }

    def _inside(self) -> dict[int, Any]:
        """The scenes of what lies inside, by the number of what holds it."""
        stages = {node.address: node for node in self.drawing.nodes}
        members: dict[Container, list[str]] = defaultdict(list)
        for address, holders in self.containers.of.items():
            for container in holders:
                members[container].append(address)
        inner: dict[Container, list[Any]] = defaultdict(list)
        for edge in self.drawing.edges:
            there = self.containers.of[edge.producer]
            for container in self.containers.of[edge.consumer]:
                if container in there:
                    inner[container].append(edge)
        scenes: dict[int, Any] = {}
        # outermost first: opening one brings up those in it
        for container in sorted(members, key=lambda one: ("folder", "file", "group").index(one.kind)):
            number = self.holders.get((container.kind, container.address))
            if number is None:
                continue
            held = members[container]
            drawing = Drawing(tuple(stages[address] for address in held), tuple(inner[container]))
            scenes[number] = self._scene(merged(drawing, {address: self._next(address, container) for address in held}))
        return scenes

    def _next(self, address: str, container: Container) -> Container | None:
        """What holds a stage inside of something that holds it."""
        chain = self.containers.of[address]
        depth = chain.index(container) + 1
        return chain[depth] if depth < len(chain) else None

    def _node(self, node: Node) -> dict[str, Any]:
        found: dict[str, Any] = {
            "address": node.address,
            "name": node.name,
            "file": node.file,
            "line": node.line,
            "kind": node.kind,
            "under": under_of(node, self.details),
        }
        if node.change is not None:
            found["change"] = node.change
        if node.members:
            found["members"] = [self.numbers[member] for member in node.members]
        return found

    def _stage(self, node: Node) -> dict[str, Any]:
        """What the panel shows; what is not known is not there."""
        known = self.details.get(node.address)
        if known is None:
            return {}
        makers = [self.numbers.get(dep.made_by) if dep.made_by is not None else None for dep in known.deps]
        found = {
            "description": known.description,
            "commands": known.commands,
            "wdir": known.wdir if known.wdir not in ("", ".") else "",
            "deps": [[dep.path, dep.size, dep.files, maker] for dep, maker in zip(known.deps, makers, strict=True)],
            "outs": [[out.path, out.kind, out.size, out.files, out.cache] for out in known.outs],
            "params": known.params,
            "has_run": known.has_run,
            "bytes": known.bytes,
            "frozen": known.frozen,
            "always_changed": known.always_changed,
            "state": known.state,
            "findings": known.findings,
            "seconds": known.seconds,
            "last_run": known.last_run,
            "critical": known.is_critical,
        }
        return {key: value for key, value in found.items() if value not in (None, "", False, (), [])}
