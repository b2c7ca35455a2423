"""Where in the data of a YAML file something stands: `stages.train.deps[2]`."""

from __future__ import annotations

from bisect import bisect_right

from pipelinekit.yaml.tree import Mapping, Node, Place, Scalar, Sequence


class SymbolicPaths:
    """Finds out where in the data of its document a place is: `stages.train.deps[2]`."""

    def __init__(self) -> None:
        self._starts: dict[int, tuple[list[int], list[tuple[str, Node]]]] = {}

    def at(self, place: Place) -> str | None:
        """The path of the innermost value that holds the place, or whose key does."""
        node = place.document.root
        path = ""
        while isinstance(node, (Mapping, Sequence)):
            starts, children = self._children(node)
            index = bisect_right(starts, place.start) - 1
            if index < 0 or place.end > max(children[index][1].end, starts[index]):
                break
            step, node = children[index]
            path += step if step.startswith("[") or not path else f".{step}"
        return path or None

    def _children(self, node: Mapping | Sequence) -> tuple[list[int], list[tuple[str, Node]]]:
        """The children that stand inside of their parent, by where they (or their keys) start."""
        known = self._starts.get(id(node))
        if known is None:
            found: list[tuple[int, str, Node]] = []
            if isinstance(node, Sequence):
                found = [(item.start, f"[{index}]", item) for index, item in enumerate(node.items)]
            else:
                for key, value in node.pairs:
                    if isinstance(key, Scalar) and value.start >= key.start:
                        found.append((key.start, key.text, value))
            inside = sorted(
                (entry for entry in found if node.start <= entry[0] <= node.end), key=lambda entry: entry[0]
            )
            known = self._starts[id(node)] = [entry[0] for entry in inside], [entry[1:] for entry in inside]
        return known
