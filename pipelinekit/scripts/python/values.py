"""What an expression of a script is worth, as far as that is known without running it.

Known values are Python's own: texts, numbers, booleans, None, lists, tuples, dicts, and `PurePosixPath` for
paths. The rest has a class here. What is not known is `UNKNOWN`, never a guess; a list or dict may hold it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from functools import lru_cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipelinekit.scripts.python.source import Source

#: Lists and texts that are longer than this are not worth computing.
MAX_LENGTH = 10_000


class Unknown:
    """The one value of what can't be known."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __bool__(self) -> bool:
        raise TypeError("nobody knows whether what is unknown is true")


UNKNOWN: Any = Unknown()


class External:
    """Something of a library: a module, a function, or (the name ends in `()`) what a call of it returned."""

    __slots__ = ("_derived", "name", "plan")

    def __init__(self, name: str) -> None:
        self.name = name
        #: what a call of it does, once somebody has worked that out
        self.plan: Any = None
        self._derived: dict[str, Any] = {}

    def attribute(self, name: str) -> Any:
        """`library.name`; UNKNOWN once the name has grown so long that it says nothing more."""
        found = self._derived.get(name)
        return found if found is not None else self._derive(name, f".{name}")

    def returned(self) -> Any:
        """What a call of it returns."""
        found = self._derived.get("()")
        return found if found is not None else self._derive("()", "()")

    def item(self) -> Any:
        """`library.value[…]`."""
        found = self._derived.get("[]")
        return found if found is not None else self._derive("[]", "[]")

    def _derive(self, key: str, suffix: str) -> Any:
        found = External(self.name + suffix) if len(self.name) < _MAX_NAME else UNKNOWN
        self._derived[key] = found
        return found

    def __repr__(self) -> str:
        return f"External({self.name})"


_MAX_NAME = 160


@lru_cache(maxsize=4096)
def library(name: str) -> External:
    """A module of a library: one object however many scripts import it."""
    return External(name)


class Module:
    """A file of the project as a module: `names` are what its code has defined."""

    __slots__ = ("_changeable", "is_done", "name", "names", "path", "source")

    def __init__(self, path: str, name: str, source: Source | None) -> None:
        self.path = path
        self.name = name
        self.source = source
        self.names: dict[str, Any] = {}
        self.is_done = False
        self._changeable: list[str] | None = None

    def changeable(self) -> list[str]:
        """The names of what other code could change: lists, dicts, objects; to be asked once the module is done."""
        if self._changeable is None:
            self._changeable = [name for name, value in self.names.items() if type(value) in (list, dict, Instance)]
        return self._changeable


class Function:
    """A function of the project. `outer` are the local names around it; `owner` the object it is a method of."""

    __slots__ = ("commands", "decorators", "defaults", "module", "name", "node", "outer", "owner")

    def __init__(
        self,
        node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda,
        module: Module,
        outer: dict[str, Any] | None,
        defaults: dict[str, Any],
    ) -> None:
        self.node = node
        self.name = getattr(node, "name", "<lambda>")
        self.module = module
        self.outer = outer
        self.defaults = defaults
        self.owner: Any = None
        self.decorators: list[Any] = []
        #: the commands of a click group, by name
        self.commands: dict[str, Function] = {}

    def bound_to(self, owner: Any) -> Function:
        """The function as a method of an object."""
        method = Function(self.node, self.module, self.outer, self.defaults)
        method.owner, method.decorators, method.commands = owner, self.decorators, self.commands
        return method

    def __repr__(self) -> str:
        return f"Function({self.name})"


class Class:
    """A class of the project, or (`node` None) one that a library makes from a description."""

    __slots__ = ("attributes", "bases", "decorators", "fields", "module", "name", "node")

    def __init__(self, name: str, node: ast.ClassDef | None, module: Module) -> None:
        self.name = name
        self.node = node
        self.module = module
        self.bases: list[Any] = []
        self.decorators: list[Any] = []
        self.attributes: dict[str, Any] = {}
        #: annotated names in order, with their annotations: the fields of a data class
        self.fields: dict[str, ast.expr | None] = {}

    def lineage(self) -> list[Class]:
        """The class and its bases that are of the project, nearest first."""
        found: list[Class] = []
        waiting = [self]
        while waiting and len(found) < 20:
            current = waiting.pop(0)
            if current not in found:
                found.append(current)
                waiting += [base for base in current.bases if isinstance(base, Class)]
        return found

    def find(self, name: str) -> Any:
        """An attribute of the class or a base; UNKNOWN if there is none."""
        for current in self.lineage():
            if name in current.attributes:
                return current.attributes[name]
        return UNKNOWN

    def base_names(self) -> set[str]:
        """The names of the library classes that it builds on."""
        return {base.name for current in self.lineage() for base in current.bases if isinstance(base, External)}

    def all_fields(self) -> dict[str, ast.expr | None]:
        """The annotated fields, those of the bases first."""
        fields: dict[str, ast.expr | None] = {}
        for current in reversed(self.lineage()):
            fields.update(current.fields)
        return fields

    def __repr__(self) -> str:
        return f"Class({self.name})"


class Instance:
    """An object of a class of the project, or a bundle of named values such as the arguments of a program."""

    __slots__ = ("attributes", "cls", "is_closed")

    def __init__(self, cls: Class | None, attributes: dict[str, Any] | None = None, *, is_closed: bool = False) -> None:
        self.cls = cls
        self.attributes: dict[str, Any] = attributes if attributes is not None else {}
        #: whether it has these attributes and no other
        self.is_closed = is_closed

    def __repr__(self) -> str:
        return f"Instance({self.cls.name if self.cls else ''}, {self.attributes})"


class Parent:
    """What `super()` returns in a method: an object as its class would be without the class of the method."""

    __slots__ = ("classes", "owner")

    def __init__(self, owner: Any, classes: list[Class]) -> None:
        self.owner = owner
        #: where its attributes are looked up, in this order
        self.classes = classes

    def find(self, name: str) -> Any:
        """An attribute of the classes, methods bound to the object; UNKNOWN if there is none."""
        for cls in self.classes:
            if name in cls.attributes:
                found = cls.attributes[name]
                return found.bound_to(self.owner) if type(found) is Function else found
        return UNKNOWN


class Loaded:
    """Data that was read from a file of the project: what stands under `keys` in it.

    `data` is UNKNOWN where the file doesn't tell: there is no such key, or it can't be read. `is_partial`: the
    script sees only some of the keys, and nobody here knows which.
    """

    __slots__ = ("data", "file", "is_partial", "keys")

    def __init__(self, file: str, keys: tuple[Any, ...], data: Any, *, is_partial: bool = False) -> None:
        self.file = file
        self.keys = keys
        self.data = data
        self.is_partial = is_partial

    def at(self, key: Any) -> Loaded:
        """What stands under a key or an index."""
        data: Any = UNKNOWN
        if isinstance(self.data, dict):
            data = self.data.get(key, UNKNOWN)
        elif isinstance(self.data, list) and isinstance(key, int) and -len(self.data) <= key < len(self.data):
            data = self.data[key]
        return Loaded(self.file, (*self.keys, key), data, is_partial=self.is_partial)

    @property
    def is_mapping(self) -> bool:
        return isinstance(self.data, dict)

    def __repr__(self) -> str:
        return f"Loaded({self.file}, {self.keys})"


class Handle:
    """An open file: what `open(path, mode)` returns."""

    __slots__ = ("mode", "path")

    def __init__(self, path: Any, mode: str) -> None:
        self.path = path
        self.mode = mode

    def __repr__(self) -> str:
        return f"Handle({self.path!r}, {self.mode!r})"


def plain(value: Any) -> Any:
    """A value without the knowledge where it comes from: data of a file as itself."""
    return value.data if type(value) is Loaded else value


def is_known(value: Any) -> bool:
    """Whether a value is a constant, all through."""
    kind = type(value)
    if kind in _SCALARS or kind is PurePosixPath:
        return True
    if kind is Loaded:
        return is_known(value.data)
    if kind in (list, tuple, set):
        return all(map(is_known, value))
    return kind is dict and all(map(is_known, value.values()))


_SCALARS = frozenset({str, int, float, bool, type(None), bytes})


def is_scalar(value: Any) -> bool:
    """Whether a value is a text, a number, a truth value or None."""
    return type(value) in _SCALARS


def text_of(value: Any) -> str | None:
    """The text of a path or a text; None for anything else."""
    value = plain(value)
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, PurePosixPath) else None


def shown(value: Any, conversion: int = -1, spec: str = "") -> Any:
    """What an f-string or `str()` makes of a value: a text, or UNKNOWN."""
    value = plain(value)
    if type(value) not in _SCALARS and not isinstance(value, PurePosixPath):
        if type(value) in (list, tuple, dict) and is_known(value) and not spec:
            return repr(value)
        return UNKNOWN
    if conversion == ord("r"):
        value = repr(value)
    elif conversion in (ord("s"), ord("a")) or isinstance(value, PurePosixPath):
        value = str(value)
    if len(spec) > 20:
        return UNKNOWN
    try:
        text = format(value, spec)
    except (ValueError, TypeError, OverflowError):
        return UNKNOWN
    return text if len(text) <= MAX_LENGTH else UNKNOWN


def truth(value: Any) -> bool | None:
    """Whether a value counts as true; None if that is not known."""
    if type(value) is Loaded:
        value = value.data
    kind = type(value)
    if kind in _SCALARS or kind in (list, tuple, dict, set):
        return bool(value)
    if kind is PurePosixPath or kind in (Function, Class, Module):
        return True
    return None


def same(left: Any, right: Any) -> bool:
    """Whether two values are one and the same as far as anybody can tell."""
    if left is right:
        return True
    if type(left) is not type(right):
        return False
    if type(left) is Loaded:
        return bool(left.file == right.file and left.keys == right.keys)
    if type(left) is External:
        return bool(left.name == right.name)
    if type(left) is Function:
        return left.node is right.node and left.owner is right.owner
    if type(left) in (list, tuple):
        return len(left) == len(right) and all(map(same, left, right))
    if type(left) is dict:
        return list(left) == list(right) and all(same(left[key], right[key]) for key in left)
    return (type(left) in _SCALARS or type(left) is PurePosixPath) and bool(left == right)


def merged(values: Iterable[Any]) -> Any:
    """The value that one of several has, whichever it is: theirs if they are the same."""
    found: Any = None
    first = True
    for value in values:
        if first:
            found, first = value, False
        elif not same(found, value):
            return UNKNOWN
    return UNKNOWN if first else found


#: Values of a loop that are gone through one by one.
MAX_ROUNDS = 20


def items_of(value: Any) -> list[Any] | None:
    """The values that a loop goes through; None if they aren't known."""
    kind = type(value)
    if kind in (list, tuple):
        return list(value)
    if kind is dict:
        return list(value) if UNKNOWN not in value else None
    if kind is Loaded:
        if isinstance(value.data, dict):
            return list(value.data)
        if isinstance(value.data, list):
            return [value.at(index) for index in range(len(value.data))]
    if kind is str and len(value) <= MAX_ROUNDS:
        return list(value)
    return None


def identity(value: Any, depth: int = 0) -> Any:
    """Something hashable that two values share only if they are the same; an object stands for itself."""
    kind = type(value)
    if kind in _SCALARS or kind is PurePosixPath:
        return (kind, value)
    if kind is Loaded:
        return (kind, value.file, value.keys)
    if kind is External:
        return (kind, value.name)
    if kind is Function:
        return (kind, id(value.node), id(value.owner))
    if kind in (list, tuple) and depth < 5 and len(value) <= 50:
        return (kind, tuple(identity(item, depth + 1) for item in value))
    if kind is dict and depth < 5 and len(value) <= 50:
        return (kind, tuple((key, identity(item, depth + 1)) for key, item in value.items()))
    return id(value)
