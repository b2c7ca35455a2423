"""Follows calls: into functions and classes of the project, and through what is known of libraries."""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple

from pipelinekit.scripts.python import built_in, expressions, files, library
from pipelinekit.scripts.python.arguments import PARSERS, parser_method
from pipelinekit.scripts.python.click_commands import group_member
from pipelinekit.scripts.python.handing import hand_on
from pipelinekit.scripts.python.observed import Call
from pipelinekit.scripts.python.operations import mapping_method, path_method, sequence_method, text_method
from pipelinekit.scripts.python.values import (
    UNKNOWN,
    Class,
    External,
    Function,
    Handle,
    Instance,
    Loaded,
    Module,
    Parent,
    is_scalar,
    plain,
)
from pipelinekit.scripts.python.values import library as library_value

if TYPE_CHECKING:
    from pipelinekit.scripts.python.machine import Frame, Machine


class Given(NamedTuple):
    """A call: what is passed, where it is written, and by whom."""

    machine: Machine
    arguments: list[Any]
    keywords: dict[str, Any]
    node: ast.Call
    frame: Frame

    def get(self, position: int | None, *names: str) -> Any:
        """The argument of a position or of one of the names; None if it isn't given."""
        if position is not None and position < len(self.arguments):
            return self.arguments[position]
        for name in names:
            if name in self.keywords:
                return self.keywords[name]
        return UNKNOWN if "**" in self.keywords else None


def call_value(
    machine: Machine, callee: Any, arguments: list[Any], keywords: dict[str, Any], node: ast.Call, frame: Frame
) -> Any:
    """What a call of a value returns."""
    kind = type(callee)
    if kind is External:
        return _call_library(callee, machine, arguments, keywords, node, frame)
    if kind is Function:
        return _call_function(callee, Given(machine, arguments, keywords, node, frame))
    if kind is Class:
        return make_instance(callee, Given(machine, arguments, keywords, node, frame))
    if kind is Instance and callee.cls is not None:
        method = callee.cls.find("__call__")
        if type(method) is Function:
            return machine.call(method.bound_to(callee), arguments, keywords)
        forward = callee.cls.find("forward")
        if type(forward) is Function:
            machine.call(forward.bound_to(callee), arguments, keywords)
            return UNKNOWN
    if kind is Instance and callee.cls is None and "**app" in callee.attributes:
        return parser_method(callee, "__call__", Given(machine, arguments, keywords, node, frame))
    if callee is UNKNOWN and type(node.func) is ast.Name:
        observe(f"?.{node.func.id}", Given(machine, arguments, keywords, node, frame))
    hand_over(machine, arguments, keywords, node, frame)
    return UNKNOWN


def call_method(
    machine: Machine,
    receiver: Any,
    name: str,
    arguments: list[Any],
    keywords: dict[str, Any],
    node: ast.Call,
    frame: Frame,
) -> Any:
    """What `receiver.name(…)` returns."""
    kind = type(receiver)
    if kind is External:
        callee = receiver.attribute(name)
        if callee is not UNKNOWN:
            return None if name == "__init__" else _call_library(callee, machine, arguments, keywords, node, frame)
        receiver = UNKNOWN
    given = Given(machine, arguments, keywords, node, frame)
    if receiver is UNKNOWN:
        return _call_unknown(name, given)
    if kind is str:
        return text_method(receiver, name, arguments, keywords)
    if isinstance(receiver, PurePosixPath):
        return _call_path(receiver, name, given)
    if kind is dict:
        return _call_mapping(receiver, name, given)
    if kind in (list, tuple):
        result = sequence_method(receiver, name, arguments)
        hand_over(machine, arguments, keywords, node, frame)
        return result
    if kind is Loaded:
        return _call_loaded(receiver, name, given)
    if kind is Handle:
        return _call_handle(receiver, name, given)
    if kind is Function:
        return _call_of_function(receiver, name, given)
    if kind is Parent and receiver.find(name) is UNKNOWN:
        owner = receiver.owner
        return _call_inherited(owner, name, given) if type(owner) is Instance else UNKNOWN
    if kind is Instance and receiver.cls is None:
        if "**parser" in receiver.attributes or "**app" in receiver.attributes:
            if name == "add_argument":
                observe(f"argparse.ArgumentParser().{name}", given)
            return parser_method(receiver, name, given)
        if name in ("get", "__getitem__") and arguments and isinstance(arguments[0], str):
            return expressions.used(machine, receiver.attributes.get(arguments[0], UNKNOWN), node, frame)
    callee = expressions.attribute(machine, receiver, name, node, frame)
    if callee is UNKNOWN:
        if kind is Instance and receiver.cls is not None:
            return _call_inherited(receiver, name, given)
        return _call_unknown(name, given)
    return call_value(machine, callee, arguments, keywords, node, frame)


# --- the project's own ---------------------------------------------------------------------------------------


def _call_function(function: Function, given: Given) -> Any:
    machine = given.machine
    if function.decorators or function.commands:
        from pipelinekit.scripts.python.decorators import call_decorated

        handled, result = call_decorated(function, given)
        if handled:
            return result
    return machine.call(function, given.arguments, given.keywords)


def _call_of_function(function: Function, name: str, given: Given) -> Any:
    """A method of a function: click's groups have some."""
    if name in ("command", "group"):
        return group_member(function, given)
    if name == "add_command":
        command, named = given.get(0, "cmd"), plain(given.get(1, "name"))
        if type(command) is Function:
            function.commands[named if isinstance(named, str) else command.name.replace("_", "-")] = command
        return None
    if name in ("callback", "__wrapped__", "__call__"):
        return given.machine.call(function, given.arguments, given.keywords)
    if name == "main":
        return _call_function(function, given)
    hand_over(given.machine, given.arguments, given.keywords, given.node, given.frame)
    return UNKNOWN


def make_instance(cls: Class, given: Given) -> Any:
    """An object of a class of the project, as its `__init__` or the fields of a data class make it."""
    machine = given.machine
    if not machine.step():
        return UNKNOWN
    instance = Instance(cls)
    names = cls.base_names()
    if any(name.startswith("enum.") for name in names):
        return UNKNOWN
    initial = cls.find("__init__")
    if type(initial) is Function:
        machine.call(initial.bound_to(instance), given.arguments, given.keywords)
        return instance
    fields = list(cls.all_fields())
    if fields or _is_data_class(cls):
        set_fields(instance, cls, fields, given.arguments, given.keywords)
        after = cls.find("__post_init__")
        if type(after) is Function:
            machine.call(after.bound_to(instance), [], {})
        return instance
    hand_over(machine, given.arguments, given.keywords, given.node, given.frame)
    return instance


def _is_data_class(cls: Class) -> bool:
    for current in cls.lineage():
        for decorator in current.decorators:
            name = decorator.name if type(decorator) is External else ""
            if name.rstrip("()") in ("dataclasses.dataclass", "attr.s", "attr.define", "attrs.define"):
                return True
    return False


def set_fields(
    instance: Instance, cls: Class, fields: list[str], arguments: list[Any], keywords: dict[str, Any]
) -> None:
    """Set the fields of a data class to what is passed, the rest to their defaults."""
    spread = "**" in keywords
    for position, field in enumerate(fields):
        if position < len(arguments):
            instance.attributes[field] = arguments[position]
        elif field in keywords:
            instance.attributes[field] = keywords[field]
        else:
            instance.attributes[field] = UNKNOWN if spread else default_of(cls.find(field))


def default_of(value: Any) -> Any:
    """The default of a field: `field(default=…)` and `Field(…)` are seen through."""
    if type(value) is Instance and value.cls is None and "**field" in value.attributes:
        return value.attributes["**field"]
    return value if type(value) is not External else UNKNOWN


def _call_inherited(instance: Instance, name: str, given: Given) -> Any:
    """A method that a library class has: it may call any method of the object."""
    machine = given.machine
    if name == "__init__":
        return None
    assert instance.cls is not None
    bases = sorted(instance.cls.base_names())
    if not bases:
        return _call_unknown(name, given)
    method = library_value(f"{bases[0]}()").attribute(name)
    return _call_library(method, machine, given.arguments, given.keywords, given.node, given.frame)


# --- libraries -----------------------------------------------------------------------------------------------


def _call_library(
    callee: External, machine: Machine, arguments: list[Any], keywords: dict[str, Any], node: ast.Call, frame: Frame
) -> Any:
    """A function of a library: what it returns if that is known, what it reads and writes."""
    plan = callee.plan
    if plan is None:
        plan = callee.plan = _plan(callee.name)
    if type(plan) is not str:
        return plan(Given(machine, arguments, keywords, node, frame))
    if plan == _QUIET:
        return callee.returned()
    returned = None
    if plan != _BUILT_IN:
        source = frame.module.source
        if source is not None:
            machine.observed.calls.append(Call(callee.name, arguments, keywords, node, source, machine.doubts == 0))
        if plan == _FILES:
            returned = files.library_call(callee.name, Given(machine, arguments, keywords, node, frame))
    if arguments or keywords:
        hand_over(machine, arguments, keywords, node, frame)
    return callee.returned() if returned is None else returned


#: What a call does, if it is none of the functions that are followed: nothing, nothing worth noting, read or write.
_PLAIN, _QUIET, _BUILT_IN, _FILES = "plain", "quiet", "built in", "files"


def _plan(name: str) -> Any:
    """What a function of a library does: a function that works it out, or one of the words above."""
    if name.startswith("builtins."):
        return built_in.BUILT_IN.get(name[9:]) or (_QUIET if name in built_in.QUIET else _BUILT_IN)
    handler = library.FUNCTIONS.get(name) or PARSERS.get(name)
    if handler is None:
        return _FILES if files.concerns(name) else _PLAIN
    return partial(_observed, name, handler) if name in _OPTIONS else handler


def _observed(name: str, handler: Callable[[Given], Any], given: Given) -> Any:
    observe(name, given)
    return handler(given)


def _call_unknown(name: str, given: Given) -> Any:
    """A method of something that isn't known: some names say what they do all the same."""
    observe(f"?.{name}", given)
    files.method_call(name, given)
    hand_over(given.machine, given.arguments, given.keywords, given.node, given.frame)
    return UNKNOWN


#: What defines an option of the script, with its default.
_OPTIONS = frozenset({"click.option", "rich_click.option"})


def observe(name: str, given: Given) -> None:
    """Remember a call of a library."""
    machine = given.machine
    source = given.frame.module.source
    if source is not None:
        machine.observed.calls.append(
            Call(name, given.arguments, given.keywords, given.node, source, machine.doubts == 0)
        )


def hand_over(machine: Machine, arguments: list[Any], keywords: dict[str, Any], node: ast.AST, frame: Frame) -> None:
    """What a library gets, it may call or read: functions are followed, data from files counts as used."""
    for value in (*arguments, *keywords.values()) if keywords else arguments:
        if type(value) is Function:
            machine.call_blindly(value)
        elif type(value) in _HOLDERS:
            hand_on(machine, value, node, frame)


_HOLDERS = frozenset({Loaded, list, tuple, dict, Instance})


# --- values of Python ----------------------------------------------------------------------------------------


def _call_path(path: PurePosixPath, name: str, given: Given) -> Any:
    machine = given.machine
    if name in files.PATH_METHODS:
        return files.path_call(path, name, given)
    return path_method(path, name, given.arguments, machine.here)


def _call_mapping(mapping: dict[Any, Any], name: str, given: Given) -> Any:
    if name == "update":
        mapping.update({key: value for key, value in given.keywords.items() if key != "**"})
        if not given.arguments:
            return None
    result = mapping_method(mapping, name, given.arguments)
    if result is UNKNOWN and name == "update":
        mapping[UNKNOWN] = UNKNOWN
    return result


def _call_loaded(loaded: Loaded, name: str, given: Given) -> Any:
    machine, node, frame = given.machine, given.node, given.frame
    if name in ("get", "pop", "select"):
        key = plain(given.get(0, "key"))
        if not is_scalar(key):
            hand_on(machine, loaded, node, frame)
            return UNKNOWN
        default = given.get(1, "default")
        found = loaded
        for part in (
            str(key).split(".") if isinstance(key, str) and loaded.is_mapping and key not in loaded.data else [key]
        ):
            found = found.at(part)
        expressions.used(machine, found, node, frame, has_default=True)
        if found.data is UNKNOWN and loaded.is_mapping:
            return default
        return found
    if name == "items" and isinstance(loaded.data, dict):
        return [(key, expressions.used(machine, loaded.at(key), node, frame)) for key in loaded.data]
    if name == "values" and isinstance(loaded.data, dict):
        return [expressions.used(machine, loaded.at(key), node, frame) for key in loaded.data]
    if name == "keys" and isinstance(loaded.data, dict):
        return list(loaded.data)
    if name in ("copy", "to_dict", "dict"):
        return loaded
    if isinstance(loaded.data, str):
        return text_method(loaded.data, name, given.arguments, given.keywords)
    hand_on(machine, loaded, node, frame)
    return UNKNOWN


def _call_handle(handle: Handle, name: str, given: Given) -> Any:
    if name == "__enter__":
        return handle
    if name == "read":
        return library.text_of_file(given, handle.path)
    hand_over(given.machine, given.arguments, given.keywords, given.node, given.frame)
    return UNKNOWN


__all__ = ["Given", "Module", "call_method", "call_value", "default_of", "hand_over", "make_instance", "observe"]
