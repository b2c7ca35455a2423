"""Operators, subscripts and methods of known values: texts, numbers, paths, lists, dicts."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any

from pipelinekit.scripts.python.values import MAX_LENGTH, UNKNOWN, Loaded, is_known, is_scalar, plain, shown, truth

_NUMBERS = (int, float)
_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Sub: lambda left, right: left - right,
    ast.Mult: lambda left, right: left * right,
    ast.Div: lambda left, right: left / right,
    ast.FloorDiv: lambda left, right: left // right,
    ast.Mod: lambda left, right: left % right,
}


def binary(operator: ast.operator, left: Any, right: Any) -> Any:
    """`left + right`, `path / name`, `text % values`; UNKNOWN where one of them is."""
    left, right = plain(left), plain(right)
    kind = type(operator)
    try:
        if kind is ast.Div and isinstance(left, (PurePosixPath, str)):
            return _joined(left, right)
        if kind is ast.Add:
            return _added(left, right)
        if kind is ast.Mod and isinstance(left, str):
            values = right if isinstance(right, (tuple, dict)) else (right,)
            return left % values if is_known(values) and len(left) < MAX_LENGTH else UNKNOWN
        if kind is ast.BitOr and isinstance(left, dict) and isinstance(right, dict):
            return {**left, **right}
        if kind is ast.Mult and isinstance(left, list) and isinstance(right, int) and len(left) * right <= 100:
            return left * right
        if isinstance(left, _NUMBERS) and isinstance(right, _NUMBERS) and kind in _ARITHMETIC:
            result = _ARITHMETIC[kind](left, right)
            return result if abs(result) < 1e300 else UNKNOWN
    except (TypeError, ValueError, ArithmeticError, KeyError):
        return UNKNOWN
    return UNKNOWN


def _joined(left: Any, right: Any) -> Any:
    if isinstance(left, str) and not isinstance(right, PurePosixPath):
        return UNKNOWN
    return PurePosixPath(left) / right if isinstance(right, (str, PurePosixPath)) else UNKNOWN


def _added(left: Any, right: Any) -> Any:
    if isinstance(left, str) and isinstance(right, str):
        return left + right if len(left) + len(right) <= MAX_LENGTH else UNKNOWN
    if isinstance(left, _NUMBERS) and isinstance(right, _NUMBERS):
        return left + right
    if (isinstance(left, list) and isinstance(right, list)) or (isinstance(left, tuple) and isinstance(right, tuple)):
        return [*left, *right] if isinstance(left, list) else (*left, *right)
    return UNKNOWN


def compared(left: Any, operator: ast.cmpop, right: Any) -> Any:
    """True, False, or UNKNOWN."""
    left, right = plain(left), plain(right)
    kind = type(operator)
    if kind in (ast.Is, ast.IsNot) and right is None:
        if left is None or _is_something(left):
            return (left is None) == (kind is ast.Is)
        return UNKNOWN
    if not is_known(left) or not is_known(right):
        return UNKNOWN
    try:
        if kind is ast.Eq:
            return bool(left == right)
        if kind is ast.NotEq:
            return bool(left != right)
        if kind is ast.In:
            return bool(left in right)
        if kind is ast.NotIn:
            return bool(left not in right)
        if kind is ast.Lt:
            return bool(left < right)
        if kind is ast.LtE:
            return bool(left <= right)
        if kind is ast.Gt:
            return bool(left > right)
        if kind is ast.GtE:
            return bool(left >= right)
    except TypeError:
        return UNKNOWN
    return UNKNOWN


def _is_something(value: Any) -> bool:
    """Whether a value is known not to be None, whatever else it is."""
    return truth(value) is not None


def item(value: Any, index: Any) -> Any:
    """`value[index]`."""
    index = plain(index)
    if type(value) is Loaded:
        return value.at(index) if is_scalar(index) else UNKNOWN
    try:
        if isinstance(value, dict):
            return value.get(index, UNKNOWN)
        if isinstance(value, (list, tuple, str)) and isinstance(index, (int, slice)):
            return value[index]
    except (TypeError, IndexError, ValueError):
        return UNKNOWN
    return UNKNOWN


# --- attributes and methods ----------------------------------------------------------------------------------


def path_attribute(path: PurePosixPath, name: str) -> Any:
    """What `path.parent`, `path.stem` and other attributes of a path are."""
    if name == "parents":
        return list(path.parents)
    if name in ("parent", "name", "stem", "suffix"):
        return getattr(path, name)
    if name in ("parts", "suffixes"):
        return list(getattr(path, name)) if name == "suffixes" else path.parts
    return UNKNOWN


_TEXT_METHODS = frozenset(
    [
        "capitalize",
        "casefold",
        "count",
        "endswith",
        "find",
        "format",
        "index",
        "isalnum",
        "isalpha",
        "isdigit",
        "isnumeric",
        "join",
        "ljust",
        "lower",
        "lstrip",
        "partition",
        "removeprefix",
        "removesuffix",
        "replace",
        "rfind",
        "rindex",
        "rjust",
        "rpartition",
        "rsplit",
        "rstrip",
        "split",
        "splitlines",
        "startswith",
        "strip",
        "swapcase",
        "title",
        "upper",
        "zfill",
    ]
)


def text_method(text: str, name: str, arguments: list[Any], keywords: dict[str, Any]) -> Any:
    """What a method of a text returns: `"{}.csv".format(name)`, `name.lower()`."""
    if name == "format":
        return _formatted(text, arguments, keywords)
    if name not in _TEXT_METHODS:
        return UNKNOWN
    given = [_as_text(value) for value in arguments]
    if keywords or not all(map(is_known, given)) or len(text) > MAX_LENGTH:
        return UNKNOWN
    if name in ("ljust", "rjust", "zfill") and not all(isinstance(value, (int, str)) for value in given):
        return UNKNOWN
    if any(isinstance(value, int) and value > MAX_LENGTH for value in given):
        return UNKNOWN
    try:
        return getattr(text, name)(*given)
    except (TypeError, ValueError):
        return UNKNOWN


def _as_text(value: Any) -> Any:
    return plain(value)


def _formatted(text: str, arguments: list[Any], keywords: dict[str, Any]) -> Any:
    values = [_shown_or_unknown(value) for value in arguments]
    named = {key: _shown_or_unknown(value) for key, value in keywords.items()}
    # a value that is not known may be given and not be used; `{0.attr}` and `{0[key]}` are left alone
    if len(text) > MAX_LENGTH or any(value is UNKNOWN for value in [*values, *named.values()]):
        return UNKNOWN
    try:
        return text.format(*values, **named)
    except (ValueError, TypeError, LookupError, AttributeError):
        return UNKNOWN


def _shown_or_unknown(value: Any) -> Any:
    value = plain(value)
    if isinstance(value, (int, float)):
        return value
    return shown(value)


def path_method(path: PurePosixPath, name: str, arguments: list[Any], cwd: str | None) -> Any:
    """What a method of a path returns; `cwd` is the absolute path of the folder that relative ones start from."""
    given = [plain(value) for value in arguments]
    if not all(isinstance(value, (str, PurePosixPath)) for value in given):
        return UNKNOWN
    try:
        if name in ("resolve", "absolute"):
            if cwd is None and not path.is_absolute():
                return UNKNOWN
            cwd = cwd or "/"
            return PurePosixPath(posixpath.normpath(posixpath.join(cwd, str(path))))
        if name == "expanduser":
            return UNKNOWN if str(path).startswith("~") else path
        if name in ("as_posix", "__str__", "__fspath__"):
            return str(path)
        if name in ("joinpath", "with_suffix", "with_name", "with_stem", "relative_to", "is_absolute"):
            return getattr(path, name)(*given)
    except (ValueError, TypeError):
        return UNKNOWN
    return UNKNOWN


def mapping_method(mapping: dict[Any, Any], name: str, arguments: list[Any]) -> Any:
    """What a method of a dict returns: `mapping.get("key", default)`, `mapping.items()`."""
    given = plain(arguments[0]) if arguments else None
    if name in ("get", "pop", "setdefault"):
        if not arguments or not is_scalar(given):
            return UNKNOWN
        default = arguments[1] if len(arguments) > 1 else None
        if given in mapping:
            return mapping[given]
        return UNKNOWN if UNKNOWN in mapping else default
    if name == "items":
        return list(mapping.items())
    if name == "keys":
        return list(mapping)
    if name == "values":
        return list(mapping.values())
    if name == "copy":
        return dict(mapping)
    if name == "update" and arguments and isinstance(given, dict):
        mapping.update(given)
        return None
    return UNKNOWN


def sequence_method(sequence: list[Any] | tuple[Any, ...], name: str, arguments: list[Any]) -> Any:
    """`items.append(x)`, `items.copy()`…: a list grows by what may be put into it."""
    if isinstance(sequence, list) and len(sequence) < 200:
        if name == "append" and len(arguments) == 1:
            sequence.append(arguments[0])
            return None
        if name == "extend" and len(arguments) == 1 and isinstance(arguments[0], (list, tuple)):
            sequence.extend(arguments[0][:200])
            return None
    if name == "copy":
        return list(sequence)
    return UNKNOWN
