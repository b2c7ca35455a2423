"""Works out what expressions are worth, and follows the calls in them."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from pipelinekit.scripts.python import calls, displays
from pipelinekit.scripts.python.handing import hand_on, lose
from pipelinekit.scripts.python.operations import binary, compared, item, path_attribute
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
    items_of,
    merged,
    plain,
    shown,
    truth,
)

if TYPE_CHECKING:
    from pipelinekit.scripts.python.machine import Frame, Machine

#: Names of Python itself that mean something here.
_BUILT_IN = {
    name: External(f"builtins.{name}")
    for name in [
        "all",
        "any",
        "bool",
        "bytes",
        "dict",
        "dir",
        "enumerate",
        "eval",
        "exec",
        "exit",
        "filter",
        "float",
        "format",
        "frozenset",
        "getattr",
        "globals",
        "hasattr",
        "input",
        "int",
        "isinstance",
        "issubclass",
        "iter",
        "len",
        "list",
        "locals",
        "map",
        "max",
        "min",
        "next",
        "object",
        "open",
        "print",
        "property",
        "quit",
        "range",
        "repr",
        "reversed",
        "round",
        "set",
        "setattr",
        "slice",
        "sorted",
        "staticmethod",
        "classmethod",
        "str",
        "sum",
        "super",
        "tuple",
        "type",
        "vars",
        "zip",
        "__import__",
        "Exception",
        "BaseException",
        "ValueError",
        "TypeError",
        "KeyError",
        "RuntimeError",
        "FileNotFoundError",
        "ImportError",
    ]
}
#: Statements and calls that are followed in one script, and in one imported module.
MAX_STEPS = 20_000


def evaluate(machine: Machine, node: ast.expr, frame: Frame) -> Any:
    """What an expression is worth: see `values`."""
    handler = _EXPRESSIONS.get(type(node))
    return handler(machine, node, frame) if handler is not None else UNKNOWN


def _constant(machine: Machine, node: ast.Constant, frame: Frame) -> Any:
    value = node.value
    return value if is_scalar(value) else UNKNOWN


def _name(machine: Machine, node: ast.Name, frame: Frame) -> Any:
    name = node.id
    names = frame.names
    if name in names:
        return names[name]
    if frame.outer is not None and name in frame.outer:
        return frame.outer[name]
    names = frame.module.names
    if name in names:
        return names[name]
    return _BUILT_IN.get(name, UNKNOWN)


def _attribute(machine: Machine, node: ast.Attribute, frame: Frame) -> Any:
    return attribute(machine, evaluate(machine, node.value, frame), node.attr, node, frame)


def attribute(machine: Machine, value: Any, name: str, node: ast.AST, frame: Frame) -> Any:
    """`value.name`."""
    kind = type(value)
    if kind is External:
        if name == "__name__":
            return UNKNOWN
        if value.name == "sys":
            known = _of_sys(machine, name)
            if known is not None:
                return known
        if value.name == "os" and name in ("sep", "curdir", "pardir", "linesep"):
            return {"sep": "/", "curdir": ".", "pardir": "..", "linesep": "\n"}[name]
        return value.attribute(name)
    if value is UNKNOWN:
        return UNKNOWN
    if kind is Module:
        return _of_module(machine, machine.module_at(value), name)
    if kind is Instance:
        found = _of_instance(machine, value, name, frame)
        return used(machine, found, node, frame) if value.cls is None else found
    if kind is Class:
        found = _of_class(machine, value, name)
        return found.bound_to(value) if type(found) is Function and is_class_method(found) else found
    if kind is Loaded:
        found = value.at(name)
        return used(machine, found, node, frame)
    if isinstance(value, PurePosixPath):
        return path_attribute(value, name)
    if kind is Parent:
        return value.find(name)
    if kind is Handle and name == "name":
        return value.path
    if kind is Function and name == "__name__":
        return value.name
    return UNKNOWN


def _of_sys(machine: Machine, name: str) -> Any:
    if name == "argv":
        words = machine.setting.arguments
        if words is None:
            return UNKNOWN
        return [UNKNOWN, *(UNKNOWN if word is None else word for word in words)]
    return None


def _of_module(machine: Machine, module: Module, name: str) -> Any:
    if name in module.names:
        return module.names[name]
    return machine.submodule(module, name)


def _of_instance(machine: Machine, value: Instance, name: str, frame: Frame) -> Any:
    if name in value.attributes:
        return value.attributes[name]
    if value.cls is None:
        return UNKNOWN
    if name == "__class__":
        return value.cls
    found = value.cls.find(name)
    if type(found) is Function:
        if _is_static(found):
            return found
        if is_class_method(found):
            return found.bound_to(value.cls)
        method = found.bound_to(value)
        if _is_property(found):
            return machine.call(method, [], {})
        return method
    return found


def _of_class(machine: Machine, cls: Class, name: str) -> Any:
    if name == "__name__":
        return cls.name
    found = cls.find(name)
    if is_scalar(found) and is_enum(cls):
        return Instance(None, {"value": found, "name": name}, is_closed=True)
    return found


def is_enum(cls: Class) -> bool:
    """Whether a class lists constants: `class Split(Enum)`."""
    return any(name.startswith("enum.") for name in cls.base_names())


def _is_static(function: Function) -> bool:
    return _has_decorator(function, "builtins.staticmethod")


def is_class_method(function: Function) -> bool:
    """Whether a function is given the class first."""
    return _has_decorator(function, "builtins.classmethod")


def _is_property(function: Function) -> bool:
    return _has_decorator(function, "builtins.property") or _has_decorator(function, "functools.cached_property")


def _has_decorator(function: Function, name: str) -> bool:
    return any(type(decorator) is External and decorator.name == name for decorator in function.decorators)


def _subscript(machine: Machine, node: ast.Subscript, frame: Frame) -> Any:
    value = evaluate(machine, node.value, frame)
    index = evaluate(machine, node.slice, frame)
    kind = type(value)
    if value is UNKNOWN:
        return UNKNOWN
    if kind is External:
        return _of_external(machine, value, index)
    if kind is Instance:
        if value.cls is None:
            found = value.attributes.get(plain(index), UNKNOWN) if is_scalar(plain(index)) else UNKNOWN
            return used(machine, found, node, frame)
        getter = value.cls.find("__getitem__")
        return machine.call(getter.bound_to(value), [index], {}) if type(getter) is Function else UNKNOWN
    if kind is Class and is_enum(value):
        return value.find(index) if isinstance(index, str) else UNKNOWN
    if kind is Loaded and type(node.slice) is not ast.Constant:
        # which of them it is may change with whatever decides it
        hand_on(machine, value, node, frame)
    return used(machine, item(value, index), node, frame) if kind is Loaded else item(value, index)


def _of_external(machine: Machine, value: External, index: Any) -> Any:
    if value.name == "os.environ":
        return machine.environment.get(plain(index), UNKNOWN) if isinstance(plain(index), str) else UNKNOWN
    return value.item()


def used(machine: Machine, loaded: Any, node: ast.AST, frame: Frame, *, has_default: bool = False) -> Any:
    """Data from a file; that it is looked up counts once it is no mapping, of which a part may be meant."""
    if type(loaded) is Loaded and not loaded.is_mapping:
        machine.use_key(loaded, node, frame, has_default=has_default)
    return loaded


def _joined(machine: Machine, node: ast.JoinedStr, frame: Frame) -> Any:
    parts = [evaluate(machine, value, frame) for value in node.values]
    return "".join(parts) if all(isinstance(part, str) for part in parts) else UNKNOWN


def _formatted(machine: Machine, node: ast.FormattedValue, frame: Frame) -> Any:
    value = evaluate(machine, node.value, frame)
    hand_on(machine, value, node, frame)
    spec = evaluate(machine, node.format_spec, frame) if node.format_spec is not None else ""
    return shown(value, node.conversion, spec) if isinstance(spec, str) else UNKNOWN


def _binary(machine: Machine, node: ast.BinOp, frame: Frame) -> Any:
    left = evaluate(machine, node.left, frame)
    right = evaluate(machine, node.right, frame)
    if type(left) is Loaded or type(right) is Loaded:
        hand_on(machine, [left, right], node, frame)
    if left is UNKNOWN or right is UNKNOWN:
        return UNKNOWN
    return binary(node.op, left, right)


def _unary(machine: Machine, node: ast.UnaryOp, frame: Frame) -> Any:
    value = plain(evaluate(machine, node.operand, frame))
    if isinstance(node.op, ast.Not):
        taken = truth(value)
        return UNKNOWN if taken is None else not taken
    if isinstance(value, (int, float)):
        return -value if isinstance(node.op, ast.USub) else value if isinstance(node.op, ast.UAdd) else UNKNOWN
    return UNKNOWN


def _boolean(machine: Machine, node: ast.BoolOp, frame: Frame) -> Any:
    """`a or b` is the first that counts as true."""
    wanted = isinstance(node.op, ast.Or)
    result: Any = UNKNOWN
    sure = True
    for value_node in node.values:
        value = evaluate(machine, value_node, frame)
        if not sure:
            continue
        result = value
        taken = truth(value)
        if taken is None:
            sure = False
        elif taken is wanted:
            return value
    return result if sure else UNKNOWN


def _compare(machine: Machine, node: ast.Compare, frame: Frame) -> Any:
    left = evaluate(machine, node.left, frame)
    rights = [evaluate(machine, comparator, frame) for comparator in node.comparators]
    return compared(left, node.ops[0], rights[0]) if len(rights) == 1 else UNKNOWN


def _choice(machine: Machine, node: ast.IfExp, frame: Frame) -> Any:
    taken = truth(evaluate(machine, node.test, frame))
    if taken is not None:
        return evaluate(machine, node.body if taken else node.orelse, frame)
    machine.doubts += 1
    try:
        values = [evaluate(machine, node.body, frame), evaluate(machine, node.orelse, frame)]
        return lose(machine, values, merged(values), frame)
    finally:
        machine.doubts -= 1


def _walrus(machine: Machine, node: ast.NamedExpr, frame: Frame) -> Any:
    value = evaluate(machine, node.value, frame)
    frame.names[node.target.id] = value
    return value


def _lambda(machine: Machine, node: ast.Lambda, frame: Frame) -> Any:
    from pipelinekit.scripts.python.definitions import make_function

    return make_function(machine, node, frame)


def _inner(machine: Machine, node: ast.Await | ast.YieldFrom, frame: Frame) -> Any:
    return evaluate(machine, node.value, frame)


def _yield(machine: Machine, node: ast.Yield, frame: Frame) -> Any:
    frame.yielded.append((evaluate(machine, node.value, frame) if node.value is not None else None, machine.cwd))
    return UNKNOWN


# --- calls ---------------------------------------------------------------------------------------------------


def _call(machine: Machine, node: ast.Call, frame: Frame) -> Any:
    machine.steps += 1
    if machine.steps >= MAX_STEPS:
        machine.stop()
        return UNKNOWN
    function = node.func
    receiver: Any = None
    if type(function) is ast.Attribute:
        receiver = evaluate(machine, function.value, frame)
    callee = UNKNOWN
    if receiver is None:
        callee = evaluate(machine, function, frame)
    arguments: list[Any] = []
    for argument in node.args:
        if type(argument) is ast.Starred:
            inner = items_of(evaluate(machine, argument.value, frame))
            arguments += [UNKNOWN] if inner is None else inner
        else:
            arguments.append(evaluate(machine, argument, frame))
    keywords: dict[str, Any] = {}
    for keyword in node.keywords:
        value = evaluate(machine, keyword.value, frame)
        if keyword.arg is not None:
            keywords[keyword.arg] = value
        else:
            _spread(machine, value, keywords, keyword.value, frame)
    if type(function) is ast.Attribute:
        return calls.call_method(machine, receiver, function.attr, arguments, keywords, node, frame)
    return calls.call_value(machine, callee, arguments, keywords, node, frame)


def _spread(machine: Machine, value: Any, keywords: dict[str, Any], node: ast.expr, frame: Frame) -> None:
    """`**values` in a call; under the name `**` if nobody knows what is in them."""
    if type(value) is Loaded and isinstance(value.data, dict):
        for key in value.data:
            if isinstance(key, str):
                keywords[key] = used(machine, value.at(key), node, frame)
    elif type(value) is dict and all(isinstance(key, str) for key in value):
        keywords.update(value)
    elif type(value) is Instance and value.cls is None and value.is_closed:
        keywords.update(value.attributes)
    else:
        keywords["**"] = UNKNOWN


def bind(
    machine: Machine, function: Function, arguments: list[Any], keywords: dict[str, Any], module: Module
) -> dict[str, Any]:
    """The local names that a function starts with."""
    node = function.node.args
    names: dict[str, Any] = {}
    given = list(arguments)
    if function.owner is not None:
        given.insert(0, function.owner)
    positional = [*node.posonlyargs, *node.args]
    spread = "**" in keywords
    for argument in positional:
        name = argument.arg
        if given:
            names[name] = given.pop(0)
        elif name in keywords:
            names[name] = keywords[name]
        else:
            names[name] = UNKNOWN if spread else function.defaults.get(name, UNKNOWN)
    for argument in node.kwonlyargs:
        name = argument.arg
        if name in keywords:
            names[name] = keywords[name]
        else:
            names[name] = UNKNOWN if spread else function.defaults.get(name, UNKNOWN)
    if node.vararg is not None:
        names[node.vararg.arg] = UNKNOWN if spread and not given else tuple(given)
    if node.kwarg is not None:
        rest = {key: value for key, value in keywords.items() if key not in names and key != "**"}
        if spread:
            rest[UNKNOWN] = UNKNOWN
        names[node.kwarg.arg] = rest
    return names


_Handler = Callable[["Machine", Any, "Frame"], Any]
_EXPRESSIONS: dict[type[ast.expr], _Handler] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.Subscript: _subscript,
    ast.Slice: displays.slice_of,
    ast.JoinedStr: _joined,
    ast.FormattedValue: _formatted,
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.BoolOp: _boolean,
    ast.Compare: _compare,
    ast.IfExp: _choice,
    ast.NamedExpr: _walrus,
    ast.Lambda: _lambda,
    ast.Await: _inner,
    ast.YieldFrom: _inner,
    ast.Yield: _yield,
    ast.List: displays.sequence,
    ast.Tuple: displays.sequence,
    ast.Set: displays.set_display,
    ast.Dict: displays.mapping,
    ast.ListComp: displays.comprehension,
    ast.SetComp: displays.comprehension,
    ast.GeneratorExp: displays.comprehension,
    ast.DictComp: displays.comprehension,
    ast.Call: _call,
}
