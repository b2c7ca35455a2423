"""Functions that are built into Python."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pipelinekit.scripts.python.handing import hand_on
from pipelinekit.scripts.python.values import (
    UNKNOWN,
    Class,
    External,
    Function,
    Handle,
    Instance,
    Loaded,
    Parent,
    is_scalar,
    items_of,
    plain,
    shown,
    truth,
)

if TYPE_CHECKING:
    from pipelinekit.scripts.python.calls import Given

_Function = Callable[["Given"], Any]


def _str(given: Given) -> Any:
    hand_on(given.machine, given.arguments, given.node, given.frame)
    return shown(given.arguments[0]) if len(given.arguments) == 1 else UNKNOWN


def _number(kind: type[int] | type[float]) -> _Function:
    def convert(given: Given) -> Any:
        value = plain(given.get(0))
        try:
            return kind(value) if isinstance(value, (str, int, float)) else UNKNOWN
        except (ValueError, OverflowError):
            return UNKNOWN

    return convert


def _bool(given: Given) -> Any:
    taken = truth(given.get(0)) if given.arguments else False
    return UNKNOWN if taken is None else taken


def _len(given: Given) -> Any:
    value = plain(given.get(0))
    return (
        len(value) if isinstance(value, (str, tuple)) or (isinstance(value, dict) and UNKNOWN not in value) else UNKNOWN
    )


def _list(given: Given) -> Any:
    items = items_of(given.get(0)) if given.arguments else []
    return UNKNOWN if items is None else items


def _tuple(given: Given) -> Any:
    items = items_of(given.get(0)) if given.arguments else []
    return UNKNOWN if items is None else tuple(items)


def _dict(given: Given) -> Any:
    first = given.get(0) if given.arguments else {}
    if type(first) is Loaded:
        return first
    mapping: dict[Any, Any] = {}
    if isinstance(first, dict):
        mapping.update(first)
    elif isinstance(first, list) and all(isinstance(pair, tuple) and len(pair) == 2 for pair in first):
        mapping.update({key: value for key, value in first if is_scalar(key)})
    else:
        mapping[UNKNOWN] = UNKNOWN
    for key, value in given.keywords.items():
        mapping[UNKNOWN if key == "**" else key] = value
    return mapping


def _sorted(given: Given) -> Any:
    items = items_of(given.get(0))
    if items is None or given.keywords or not all(isinstance(item, str) for item in items):
        return UNKNOWN
    return sorted(items)


def _reversed(given: Given) -> Any:
    items = items_of(given.get(0))
    return UNKNOWN if items is None else items[::-1]


def _range(given: Given) -> Any:
    bounds = [plain(value) for value in given.arguments]
    if not bounds or not all(isinstance(bound, int) for bound in bounds):
        return UNKNOWN
    try:
        numbers = range(*bounds)
    except (ValueError, TypeError):
        return UNKNOWN
    return list(numbers) if len(numbers) <= 200 else UNKNOWN


def _enumerate(given: Given) -> Any:
    items = items_of(given.get(0))
    start = plain(given.get(1, "start")) or 0
    if items is None or not isinstance(start, int):
        return UNKNOWN
    return [(start + index, item) for index, item in enumerate(items)]


def _zip(given: Given) -> Any:
    lists = [items_of(value) for value in given.arguments]
    if any(items is None for items in lists):
        return UNKNOWN
    return list(zip(*(items or [] for items in lists), strict=False))


def _getattr(given: Given) -> Any:
    from pipelinekit.scripts.python.expressions import attribute

    name = plain(given.get(1))
    if not isinstance(name, str):
        return UNKNOWN
    holder = given.get(0)
    found = attribute(given.machine, holder, name, given.node, given.frame)
    if found is UNKNOWN and len(given.arguments) > 2 and type(holder) is Instance and holder.is_closed:
        return given.arguments[2]
    return found


def _setattr(given: Given) -> Any:
    holder, name = given.get(0), plain(given.get(1))
    if type(holder) is Instance:
        if isinstance(name, str):
            holder.attributes[name] = given.get(2)
        else:
            holder.attributes.clear()
    return None


def _vars(given: Given) -> Any:
    value = given.get(0) if given.arguments else UNKNOWN
    return dict(value.attributes) if type(value) is Instance and value.is_closed else UNKNOWN


def _super(given: Given) -> Any:
    names = given.frame.names
    owner = next(iter(names.values()), None) if names else None
    cls = owner.cls if type(owner) is Instance else owner
    node = given.machine.running
    if type(cls) is not Class or node is None:
        return UNKNOWN
    lineage = cls.lineage()
    for position, current in enumerate(lineage):
        if any(type(value) is Function and value.node is node for value in current.attributes.values()):
            return Parent(owner, lineage[position + 1 :])
    return UNKNOWN


def _type(given: Given) -> Any:
    value = given.get(0)
    return value.cls if type(value) is Instance and value.cls is not None and len(given.arguments) == 1 else UNKNOWN


def open_file(given: Given) -> Any:
    """`open(path, mode)`."""
    mode = plain(given.get(1, "mode"))
    return opened(given, given.get(0, "file", "path", "filename"), "r" if mode is None else mode)


def is_stream(value: Any) -> bool:
    """Whether a value is a buffer, an answer of a server, or a file outside of the project, rather than a path."""
    return type(value) is External and value.name.startswith(_STREAMS)


_STREAMS = (
    "io.",
    "requests",
    "urllib",
    "zipfile",
    "tarfile",
    "tempfile",
    "sys.std",
    "boto3",
    "s3fs",
    "gcsfs",
    "fsspec",
)


def opened(given: Given, path: Any, mode: Any) -> Handle:
    """An open file; what for, its mode says."""
    if type(path) is Handle:
        return path
    if isinstance(path, int) or is_stream(path):
        return Handle(UNKNOWN, "")
    if not isinstance(mode, str):
        given.machine.use_file(UNKNOWN, "read", given.node, given.frame)
        return Handle(path, "")
    writes = any(char in mode for char in "wax+")
    if not writes or ("+" in mode and "w" not in mode):
        given.machine.use_file(path, "read", given.node, given.frame)
    if writes:
        given.machine.use_file(path, "write", given.node, given.frame)
    return Handle(path, mode)


def _print(given: Given) -> Any:
    hand_on(given.machine, given.arguments, given.node, given.frame)
    return None


def import_by_name(given: Given) -> Any:
    """`__import__("name")`, `importlib.import_module("name")`."""
    name = plain(given.get(0, "name"))
    if not isinstance(name, str) or name.startswith("."):
        given.machine.observed.gaps.append("a module is imported whose name is not known")
        return UNKNOWN
    return given.machine.import_name(name)


def _map(given: Given) -> Any:
    from pipelinekit.scripts.python.calls import call_value

    items = items_of(given.get(1)) if len(given.arguments) == 2 else None
    if items is None or len(items) > 20:
        function = given.get(0)
        if type(function) is Function:
            given.machine.call_blindly(function)
        return UNKNOWN
    return [call_value(given.machine, given.arguments[0], [item], {}, given.node, given.frame) for item in items]


BUILT_IN: dict[str, _Function] = {
    "str": _str,
    "int": _number(int),
    "float": _number(float),
    "bool": _bool,
    "len": _len,
    "list": _list,
    "tuple": _tuple,
    "set": _list,
    "frozenset": _list,
    "dict": _dict,
    "sorted": _sorted,
    "reversed": _reversed,
    "range": _range,
    "enumerate": _enumerate,
    "zip": _zip,
    "iter": _list,
    "getattr": _getattr,
    "setattr": _setattr,
    "vars": _vars,
    "super": _super,
    "type": _type,
    "open": open_file,
    "print": _print,
    "map": _map,
    "__import__": import_by_name,
}
#: Built-in functions that call nothing they are given.
QUIET = frozenset({"builtins.isinstance", "builtins.hasattr", "builtins.repr", "builtins.format"})
