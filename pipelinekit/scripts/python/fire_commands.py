"""Programs that fire makes of functions, classes and modules."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from pipelinekit.scripts.python.options import Option, Word, read_flags
from pipelinekit.scripts.python.values import UNKNOWN, Class, Function, Instance, is_scalar, plain

if TYPE_CHECKING:
    from pipelinekit.scripts.python.calls import Given


def fire(given: Given) -> Any:
    """`fire.Fire(component)`."""
    words = given.machine.arguments
    component = given.get(0, "component")
    if component is None:
        component = {
            name: value
            for name, value in given.machine.module_at(given.frame.module).names.items()
            if type(value) in (Function, Class)
        }
    command = plain(given.get(1, "command"))
    if isinstance(command, str):
        words = tuple(command.split())
    return _run_fire(component, None if words is None else list(words), given)


def _run_fire(component: Any, words: list[Word] | None, given: Given) -> Any:
    machine = given.machine
    if type(component) is Function:
        return machine.call(component, [], _fire_values(component, words, given, skip=component.owner is not None)[0])
    if type(component) is Class:
        initial = component.find("__init__")
        values: dict[str, Any] = {}
        if type(initial) is Function:
            values, words = _fire_values(initial, words, given, skip=True, named_only=True)
        from pipelinekit.scripts.python.calls import Given as NewGiven
        from pipelinekit.scripts.python.calls import make_instance

        instance = make_instance(component, NewGiven(machine, [], values, given.node, given.frame))
        name = words[0] if words else None
        method = component.find(name.replace("-", "_")) if name else UNKNOWN
        if type(method) is Function and type(instance) is Instance:
            return _run_fire(method.bound_to(instance), (words or [])[1:], given)
        return instance
    if type(component) is dict and words:
        name = (words[0] or "").replace("-", "_")
        chosen = component.get(name, component.get(words[0], UNKNOWN))
        return _run_fire(chosen, words[1:], given) if chosen is not UNKNOWN else UNKNOWN
    return UNKNOWN


def _fire_values(
    function: Function, words: list[Word] | None, given: Given, *, skip: bool, named_only: bool = False
) -> tuple[dict[str, Any], list[Word] | None]:
    node = function.node.args
    parameters = [*node.posonlyargs, *node.args, *node.kwonlyargs]
    names = [argument.arg for argument in parameters][1 if skip else 0 :]
    if words is None:
        return dict.fromkeys(names, UNKNOWN), None
    options = [
        Option(name, (f"--{name}", f"--{name.replace('_', '-')}"), default=function.defaults.get(name, UNKNOWN))
        for name in names
    ]
    values: dict[str, Any] = {}
    rest, sure = read_flags(given.machine, words, options, values, given)
    values = {name: _literal(value) for name, value in values.items()}
    if not named_only:
        for name in names:
            if name not in values and rest:
                values[name] = _literal(rest.pop(0))
    for name in names:
        if name not in values:
            values[name] = function.defaults.get(name, UNKNOWN) if sure else UNKNOWN
    return values, rest


def _literal(value: Any) -> Any:
    """A word as fire reads it: as Python where it is some, else as a text."""
    if not isinstance(value, str):
        return UNKNOWN if value is None else value
    try:
        found = ast.literal_eval(value)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return value
    return found if is_scalar(found) else value
