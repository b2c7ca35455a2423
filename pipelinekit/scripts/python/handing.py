"""Data of files that goes where it can't be followed: all that is in it counts as used."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from pipelinekit.scripts.python.values import UNKNOWN, Instance, Loaded

if TYPE_CHECKING:
    from pipelinekit.scripts.python.machine import Frame, Machine

_DEPTH = 4


def hand_on(machine: Machine, value: Any, node: ast.AST, frame: Frame, depth: int = 0) -> None:
    """A value is given to something unknown: each mapping from a file that it is or holds is used as a whole.

    Single values were noted when they were looked up.
    """
    kind = type(value)
    if kind is Loaded:
        if (value.is_mapping or value.data is UNKNOWN) and not value.is_partial:
            machine.use_key(value, node, frame)
    elif depth < _DEPTH:
        if kind in (list, tuple):
            for item in value:
                hand_on(machine, item, node, frame, depth + 1)
        elif kind is dict:
            for item in value.values():
                hand_on(machine, item, node, frame, depth + 1)
        elif kind is Instance:
            for item in list(value.attributes.values()):
                hand_on(machine, item, node, frame, depth + 1)


def lose(machine: Machine, values: list[Any], result: Any, frame: Frame) -> Any:
    """What several ways leave behind. Where they disagree, nobody knows any more what becomes of their data."""
    if result is UNKNOWN:
        tree = frame.module.source.tree if frame.module.source is not None else None
        for value in values:
            if value is not UNKNOWN and tree is not None:
                hand_on(machine, value, tree, frame)
    return result
