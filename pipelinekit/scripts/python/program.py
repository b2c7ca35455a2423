"""Starts the function that a console script of the project calls."""

from __future__ import annotations

import ast
from typing import Any

from pipelinekit.scripts.python.calls import call_value
from pipelinekit.scripts.python.expressions import attribute
from pipelinekit.scripts.python.machine import Frame, Machine
from pipelinekit.scripts.python.values import Module


def call_program(machine: Machine, module: Module, name: str) -> None:
    """Follow `module:name()` as the program that `pyproject.toml` makes of it."""
    frame = Frame(module, {}, None)
    node = ast.Call(ast.Name(name, ast.Load(), lineno=1, col_offset=0), [], [])
    node.lineno, node.col_offset = 1, 0
    first, _, rest = name.partition(".")
    value: Any = module.names.get(first)
    for part in rest.split(".") if rest else ():
        value = attribute(machine, value, part, node, frame)
    if value is not None:
        call_value(machine, value, [], {}, node, frame)
