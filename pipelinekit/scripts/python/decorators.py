"""What decorators make of functions: most wrap them, click, typer and hydra make programs of them."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from pipelinekit.scripts.python.values import UNKNOWN, Class, External, Function, Instance

if TYPE_CHECKING:
    from pipelinekit.scripts.python.calls import Given
    from pipelinekit.scripts.python.machine import Frame, Machine


def decorated(machine: Machine, function: Function, decorators: list[ast.expr], frame: Frame) -> Any:
    """A function after its decorators: the function itself, which remembers them (the innermost last)."""
    from pipelinekit.scripts.python.arguments import registered

    values = [machine.evaluate(decorator, frame) for decorator in decorators]
    function.decorators = values
    for value in values:
        registered(value, function)
    return function


def call_decorated(function: Function, given: Given) -> tuple[bool, Any]:
    """A call of a function with decorators, if these have a say in it: whether they had, and what it returns."""
    from pipelinekit.scripts.python.arguments import call_click, call_hydra, is_click, is_hydra

    if is_click(function):
        return True, call_click(function, given)
    if is_hydra(function):
        return True, call_hydra(function, given)
    return False, UNKNOWN


__all__ = ["Class", "External", "Instance", "call_decorated", "decorated"]
