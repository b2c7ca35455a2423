"""Follows the statements that make names of functions, classes and modules."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from pipelinekit.scripts.python.values import UNKNOWN, Class, External, Function, Module

if TYPE_CHECKING:
    from pipelinekit.scripts.python.machine import Frame, Machine

#: A definition never leaves what stands around it: see `statements`.
GOES_ON = 0


def define_function(machine: Machine, node: ast.FunctionDef | ast.AsyncFunctionDef, frame: Frame) -> int:
    """`def name(…): …`."""
    from pipelinekit.scripts.python.decorators import decorated

    function = make_function(machine, node, frame)
    value: Any = function
    if node.decorator_list:
        value = decorated(machine, function, node.decorator_list, frame)
    frame.names[node.name] = value
    return GOES_ON


def make_function(
    machine: Machine, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, frame: Frame
) -> Function:
    """The function that a definition makes, its default values worked out."""
    arguments = node.args
    defaults: dict[str, Any] = {}
    if arguments.defaults:
        positional = [*arguments.posonlyargs, *arguments.args]
        for argument, default in zip(positional[-len(arguments.defaults) :], arguments.defaults, strict=True):
            defaults[argument.arg] = machine.evaluate(default, frame)
    for argument, keyword_default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        if keyword_default is not None:
            defaults[argument.arg] = machine.evaluate(keyword_default, frame)
    return Function(node, frame.module, None if frame.is_module else frame.names, defaults)


def define_class(machine: Machine, node: ast.ClassDef, frame: Frame) -> int:
    """`class Name: …`."""
    from pipelinekit.scripts.python.machine import Frame as NewFrame

    made = Class(node.name, node, frame.module)
    made.bases = [machine.evaluate(base, frame) for base in node.bases]
    made.decorators = [machine.evaluate(decorator, frame) for decorator in node.decorator_list]
    names = made.attributes
    outer = None if frame.is_module else frame.names
    body = NewFrame(frame.module, names, outer)
    for statement in node.body:
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            made.fields[statement.target.id] = statement.annotation
    machine.execute(node.body, body)
    for value in names.values():
        if type(value) is Function and value.outer is names:
            value.outer = outer  # the names of a class are not seen from its methods
    frame.names[node.name] = made
    return GOES_ON


def import_modules(machine: Machine, node: ast.Import, frame: Frame) -> int:
    """`import a.b as c`."""
    for alias in node.names:
        top = alias.name.partition(".")[0]
        module = machine.import_name(alias.name)
        if alias.asname is not None:
            frame.names[alias.asname] = module
        else:
            _attach(machine, alias.name, module)
            frame.names[top] = machine.import_name(top) if top != alias.name else module
    return GOES_ON


def _attach(machine: Machine, name: str, module: Any) -> None:
    """`import a.b` makes `b` a name in `a`."""
    parent, _, last = name.rpartition(".")
    while parent:
        holder = machine.import_name(parent)
        if type(holder) is not Module:
            return
        holder.names.setdefault(last, module)
        module, name = holder, parent
        parent, _, last = name.rpartition(".")


def import_names(machine: Machine, node: ast.ImportFrom, frame: Frame) -> int:
    """`from a import b`."""
    if node.level:
        package = machine.loader.finder.package_of(frame.module.path, node.level)
        located = package
        for part in (node.module or "").split(".") if node.module else ():
            located = machine.loader.finder.inside(located, part)
        module = machine.import_located(located, node.module or frame.module.name.rpartition(".")[0])
    else:
        module = machine.import_name(node.module or "")
    for alias in node.names:
        if alias.name == "*":
            if type(module) is Module:
                frame.names.update({key: value for key, value in module.names.items() if not key.startswith("_")})
            continue
        frame.names[alias.asname or alias.name] = _imported(machine, module, alias.name)
    return GOES_ON


def _imported(machine: Machine, module: Any, name: str) -> Any:
    if type(module) is Module:
        if name in module.names:
            return module.names[name]
        return machine.submodule(module, name)
    return module.attribute(name) if type(module) is External else UNKNOWN
