"""Works out lists, tuples, dicts, comprehensions and slices."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from pipelinekit.scripts.python.values import MAX_ROUNDS, UNKNOWN, Loaded, is_scalar, items_of, plain, truth

if TYPE_CHECKING:
    from pipelinekit.scripts.python.machine import Frame, Machine


def sequence(machine: Machine, node: ast.List | ast.Tuple, frame: Frame) -> Any:
    """`[a, *b]`, `(a, b)`."""
    values: list[Any] = []
    for element in node.elts:
        if isinstance(element, ast.Starred):
            inner = items_of(machine.evaluate(element.value, frame))
            if inner is None:
                return UNKNOWN
            values += inner
        else:
            values.append(machine.evaluate(element, frame))
    return tuple(values) if isinstance(node, ast.Tuple) else values


def set_display(machine: Machine, node: ast.Set, frame: Frame) -> Any:
    """`{a, b}`: a list of its values."""
    return [machine.evaluate(element, frame) for element in node.elts]


def mapping(machine: Machine, node: ast.Dict, frame: Frame) -> Any:
    """`{"a": 1, **b}`."""
    found: dict[Any, Any] = {}
    for key_node, value_node in zip(node.keys, node.values, strict=True):
        value = machine.evaluate(value_node, frame)
        if key_node is None:
            inner = plain(value)
            if type(value) is Loaded and isinstance(inner, dict):
                found.update({key: value.at(key) for key in inner})
            elif isinstance(inner, dict):
                found.update(inner)
            else:
                found[UNKNOWN] = UNKNOWN
            continue
        key = plain(machine.evaluate(key_node, frame))
        found[key if is_scalar(key) else UNKNOWN] = value
    return found


def comprehension(
    machine: Machine, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp, frame: Frame
) -> Any:
    """`[f(x) for x in xs if x]` and the like."""
    outside = dict(frame.names)
    found: list[Any] = []
    try:
        sure = _go_through(machine, node, node.generators, frame, found)
    finally:
        frame.names.clear()
        frame.names.update(outside)
    if not sure:
        return UNKNOWN
    if not isinstance(node, ast.DictComp):
        return found
    return dict(found) if all(is_scalar(key) for key, _ in found) else UNKNOWN


def _go_through(
    machine: Machine, node: Any, generators: list[ast.comprehension], frame: Frame, found: list[Any]
) -> bool:
    """Collect what a comprehension makes; False if it can't be known."""
    from pipelinekit.scripts.python.statements import assign

    if not generators:
        if isinstance(node, ast.DictComp):
            key = plain(machine.evaluate(node.key, frame))
            found.append((key, machine.evaluate(node.value, frame)))
        else:
            found.append(machine.evaluate(node.elt, frame))
        return True
    generator, rest = generators[0], generators[1:]
    values = items_of(machine.evaluate(generator.iter, frame))
    sure = values is not None and len(values) <= MAX_ROUNDS
    for value in values if values is not None and sure else [UNKNOWN]:
        assign(machine, generator.target, value, frame)
        taken: bool | None = True
        for condition in generator.ifs:
            taken = truth(machine.evaluate(condition, frame)) if taken else taken
        if taken is False:
            continue
        sure = _go_through(machine, node, rest, frame, found) and sure and taken is True
    return sure


def slice_of(machine: Machine, node: ast.Slice, frame: Frame) -> Any:
    """What stands in `x[1:2]`."""
    parts = [
        plain(machine.evaluate(part, frame)) if part is not None else None
        for part in (node.lower, node.upper, node.step)
    ]
    if all(part is None or isinstance(part, int) for part in parts):
        return slice(*parts)
    return UNKNOWN
