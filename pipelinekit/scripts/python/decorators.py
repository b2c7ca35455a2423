"""What decorators make of functions: most wrap them, click, typer and hydra make programs of them."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from pipelinekit.scripts.python.click_commands import call_click, is_click, registered
from pipelinekit.scripts.python.hydra import call_hydra, is_hydra
from pipelinekit.scripts.python.values import UNKNOWN, Function

if TYPE_CHECKING:
    from pipelinekit.scripts.python.calls import Given
    from pipelinekit.scripts.python.machine import Frame, Machine


def decorated(machine: Machine, function: Function, decorators: list[ast.expr], frame: Frame) -> Function:
    """A function after its decorators: the function itself, which remembers them (the innermost last)."""
    function.decorators = [machine.evaluate(decorator, frame) for decorator in decorators]
    for value in function.decorators:
        registered(value, function)
    return function


def call_decorated(function: Function, given: Given) -> tuple[bool, Any]:
    """A call of a function with decorators, if these have a say in it: whether they had, and what it returns."""
    if is_click(function):
        return True, call_click(function, given)
    if is_hydra(function):
        return True, call_hydra(function, given)
    return False, UNKNOWN
