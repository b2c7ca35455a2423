"""The arguments that a program takes, and the values that the words of a command give them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from pipelinekit.scripts.python.built_in import opened
from pipelinekit.scripts.python.values import UNKNOWN, External, Function, Instance, plain, text_of

if TYPE_CHECKING:
    from pipelinekit.scripts.python.calls import Given
    from pipelinekit.scripts.python.machine import Machine

Word = str | None


class Option:
    """An argument that a program takes. `names` are its flags; without any it is taken by its position."""

    __slots__ = ("action", "choices", "const", "convert", "default", "dest", "many", "names", "width")

    def __init__(
        self,
        dest: str,
        names: tuple[str, ...] = (),
        *,
        default: Any = None,
        convert: Any = None,
        action: str = "store",
        const: Any = None,
        width: Any = None,
        many: bool = False,
    ) -> None:
        self.dest = dest
        self.names = names
        self.default = default
        #: what the word is made into: a type, a function of the project; None: the text itself
        self.convert = convert
        self.action = action
        self.const = const
        #: how many words: a number, `?`, `*`, `+`; None: one
        self.width = width
        #: whether it may be given several times, and holds all of them
        self.many = many


def read_words(machine: Machine, words: list[Word] | None, options: list[Option], given: Given) -> dict[str, Any]:
    """The values of a program's arguments; UNKNOWN for each that can't be known."""
    values: dict[str, Any] = {}
    if words is None:
        return {option.dest: UNKNOWN for option in options}
    rest, sure = read_flags(machine, words, options, values, given)
    positional = [option for option in options if not option.names]
    _read_positions(machine, rest if sure else None, positional, values, given)
    for option in options:
        if option.dest not in values:
            default = option.default
            if isinstance(default, str) and option.convert is not None:
                default = _converted(machine, option, default, given)
            values[option.dest] = default if sure else UNKNOWN
    return values


def read_flags(
    machine: Machine, words: list[Word], options: list[Option], values: dict[str, Any], given: Given
) -> tuple[list[Word], bool]:
    """Take the flags out of the words; what is left, and whether all was understood."""
    by_name = {name: option for option in options for name in option.names}
    rest: list[Word] = []
    sure = True
    index = 0
    while index < len(words):
        word = words[index]
        index += 1
        if word is None:
            # `$ARGS`, `${settings}`: it may be anything, any number of words
            rest.append(None)
            sure = sure and bool(options) and not by_name
            continue
        if word == "--":
            rest += words[index:]
            break
        name, equals, attached = word.partition("=")
        option = by_name.get(name) or _abbreviated(name, by_name)
        if option is None and len(word) > 2 and word[0] == "-" and word[1] != "-" and word[:2] in by_name:
            option, name, equals, attached = by_name[word[:2]], word[:2], "=", word[2:]
        if option is None or not word.startswith("-"):
            if word.startswith("-") and len(word) > 1 and not _is_number(word):
                sure = sure and bool(equals)
            else:
                rest.append(word)
            continue
        if equals:
            taken: list[Word] = [attached]
        else:
            count = _width(option, words, index, by_name)
            taken = words[index : index + count]
            index += count
        _set(machine, option, name, taken, values, given)
    return rest, sure


def _abbreviated(name: str, by_name: dict[str, Option]) -> Option | None:
    if not name.startswith("--") or len(name) < 4:
        return None
    found = {id(option): option for known, option in by_name.items() if known.startswith(name)}
    return next(iter(found.values())) if len(found) == 1 else None


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _width(option: Option, words: list[Word], index: int, by_name: dict[str, Option]) -> int:
    """How many of the next words belong to a flag."""
    if option.action != "store":
        return 0
    if option.width is None:
        return 1
    if isinstance(option.width, int):
        return option.width
    count = 0
    limit = 1 if option.width == "?" else len(words)
    while index + count < len(words) and count < limit:
        word = words[index + count]
        if word is not None and word.startswith("-") and not _is_number(word):
            break
        count += 1
    return count


def _set(machine: Machine, option: Option, name: str, words: list[Word], values: dict[str, Any], given: Given) -> None:
    if option.action == "switch":
        values[option.dest] = not name.startswith("--no-") if option.const is None else name in option.const
        return
    if option.action in ("store_true", "store_false", "store_const"):
        values[option.dest] = option.const
        return
    if option.action == "count":
        values[option.dest] = UNKNOWN
        return
    found = [UNKNOWN if word is None else _converted(machine, option, word, given) for word in words]
    if option.width is None or option.width == "?":
        value = found[0] if found else (option.const if option.width == "?" else UNKNOWN)
    else:
        value = found
    if option.many:
        before = values.get(option.dest)
        values[option.dest] = [*(before if isinstance(before, list) else []), value]
    else:
        values[option.dest] = value


def _read_positions(
    machine: Machine, words: list[Word] | None, options: list[Option], values: dict[str, Any], given: Given
) -> None:
    if words is None:
        values.update({option.dest: UNKNOWN for option in options})
        return
    waiting = list(words)
    for number, option in enumerate(options):
        after = sum(
            1 if other.width is None else other.width if isinstance(other.width, int) else 0
            for other in options[number + 1 :]
        )
        if option.width is None or option.width == "?":
            if waiting and (option.width is None or len(waiting) > after):
                word = waiting.pop(0)
                values[option.dest] = UNKNOWN if word is None else _converted(machine, option, word, given)
            continue
        count = option.width if isinstance(option.width, int) else max(len(waiting) - after, 0)
        taken, waiting = waiting[:count], waiting[count:]
        if taken:
            values[option.dest] = [
                UNKNOWN if word is None else _converted(machine, option, word, given) for word in taken
            ]


def _converted(machine: Machine, option: Option, word: str, given: Given) -> Any:
    convert = option.convert
    if convert is None:
        return word
    if type(convert) is External:
        name = convert.name
        if name in ("builtins.str", "builtins.open"):
            return word
        if name in ("builtins.int", "builtins.float"):
            try:
                return int(word) if name.endswith("int") else float(word)
            except (ValueError, OverflowError):
                return UNKNOWN
        if name == "builtins.bool":
            return bool(word)
        if name.startswith("pathlib."):
            return PurePosixPath(word)
        return UNKNOWN
    if type(convert) is Function:
        return machine.call(convert, [word], {})
    if mark_of(convert) == "file":
        # `argparse.FileType("w")`, `click.File("w")` open what they are given
        given_mode = convert.attributes["arguments"][:1] or [convert.attributes["keywords"].get("mode", "r")]
        return UNKNOWN if word == "-" else opened(given, word, given_mode[0])
    return UNKNOWN


def given_words(given: Given, position: int, *names: str) -> list[Word] | None:
    """The words of the command line, unless a call passes others."""
    passed = given.get(position, *names) if given.arguments or given.keywords else None
    if passed is None:
        words = given.machine.setting.arguments
        return None if words is None else list(words)
    passed = plain(passed)
    if not isinstance(passed, (list, tuple)):
        return None
    return [text_of(value) for value in passed]


def annotated_type(text: str) -> Any:
    """What an annotation says that a word is made into, for `Option.convert`."""
    plain_text = text.replace("Optional[", "").replace(" | None", "").rstrip("]").rpartition(".")[2]
    return {
        "str": None,
        "": None,
        "Path": External("pathlib.Path"),
        "int": External("builtins.int"),
        "float": External("builtins.float"),
        "bool": External("builtins.bool"),
    }.get(plain_text, UNKNOWN)


# --- descriptions ---


def marker(kind: str) -> Callable[[Given], Any]:
    """A decorator or default that describes an argument: it keeps what it was given."""

    def make(given: Given) -> Any:
        return Instance(None, {"**mark": kind, "arguments": given.arguments, "keywords": given.keywords})

    return make


def mark_of(value: Any) -> str:
    """What a decorator or a default describes: `option`, `command`…; empty for any other value."""
    if type(value) is Instance and value.cls is None:
        return str(value.attributes.get("**mark", ""))
    if type(value) is External:
        return {"click.command": "command", "click.group": "group", "click.pass_context": "context"}.get(
            value.name.removeprefix("rich_").removesuffix("()"), ""
        )
    return ""
