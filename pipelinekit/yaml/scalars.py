"""What a plain scalar means, by YAML 1.2 as DVC's loader (ruamel.yaml) applies it.

Common scalars are resolved here, because ruamel.yaml takes longer to import than a whole lint does; the
rare ones (`0o17`, `1_000`, dates) are handed to ruamel.yaml itself, so that their value is DVC's by
construction.
"""

from __future__ import annotations

import re
import warnings
from functools import lru_cache
from typing import Any

_CONSTANTS: dict[str, object] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)\Z")
_FLOAT = re.compile(r"[-+]?[0-9]+(?:\.[0-9]*(?:[eE][-+]?[0-9]+)?|[eE][-+]?[0-9]+)\Z")
# Whatever the two above leave over that is not a string: odd numbers, infinities, dates.
_UNCOMMON = re.compile(
    r"""(?:
      [-+]?0b[01_]+ | [-+]?0o?[0-7_]+ | [-+]?[0-9_]+ | [-+]?0x[0-9a-fA-F_]+
    | [-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+]?[0-9]+)? | [-+]?[0-9][0-9_]*[eE][-+]?[0-9]+
    | [-+]?\.[0-9_]+(?:[eE][-+][0-9]+)? | [-+]?\.(?:inf|Inf|INF) | \.(?:nan|NaN|NAN)
    | [0-9]{4}-[0-9]{2}-[0-9]{2}
    | [0-9]{4}-[0-9]{2}?-[0-9]{2}?(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?
      (?:[ \t]*(?:Z|[-+][0-9]{1,2}(?::[0-9]{2})?))?
    | [0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?
      (?:[ \t]*(?:Z|[-+][0-9]{1,2}(?::[0-9]{2})?))?
    )\Z""",
    re.VERBOSE,
)
#: Python reads numbers of some 4,300 digits, and refuses longer ones.
_TOO_LONG = 4000
#: A plain scalar that starts otherwise is a string: most need no further look.
NOT_A_STRING_STARTS = frozenset("=<~nNtTfF-+.0123456789")


class UnresolvableScalarError(ValueError):
    """A scalar that looks like a number or a date, but is none (`2024-13-45`): DVC's loader crashes on it."""


@lru_cache(maxsize=4096)
def resolve(text: str) -> Any:
    """The value of a plain scalar: str, int, float, bool, None, date or datetime.

    >>> resolve("yes"), resolve("1e-3"), resolve("012"), resolve("12:30")
    ('yes', 0.001, 12, '12:30')
    """
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if text in ("=", "<<"):
        raise UnresolvableScalarError("YAML reserves it")
    if text[0] not in NOT_A_STRING_STARTS:
        return text
    if _INTEGER.match(text) and len(text) < _TOO_LONG:
        return int(text)
    if _FLOAT.match(text):
        return float(text)
    if _UNCOMMON.match(text):
        return construct(text)
    return text


def construct(text: str, tag: str | None = None, quoted: bool = False, version: tuple[int, int] | None = None) -> Any:
    """The value ruamel.yaml gives a scalar; `tag` is the full tag if one is written (`tag:yaml.org,2002:int`)."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import StringMark, YAMLError
    from ruamel.yaml.nodes import ScalarNode
    from ruamel.yaml.tag import Tag

    loader = YAML(typ="safe", pure=True)
    if version is not None:
        loader.version = version
    try:
        suffix = tag or str(loader.resolver.resolve(ScalarNode, text, (not quoted, quoted)))
        nowhere = StringMark("", 0, 0, 0, text, 0)  # a warning wants to name a line
        node = ScalarNode(Tag(suffix=suffix), text, nowhere, nowhere)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # its own notes on YAML 1.1
            return loader.constructor.construct_object(node, deep=True)
    except (YAMLError, ValueError, OverflowError, KeyError, IndexError) as error:
        reason = getattr(error, "problem", None) or str(error)
        raise UnresolvableScalarError(str(reason)) from error
