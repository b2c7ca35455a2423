"""Programs made of functions by click's decorators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipelinekit.scripts.python.options import Option, Word, given_words, mark_of, read_words
from pipelinekit.scripts.python.values import UNKNOWN, External, Function, Instance, plain

if TYPE_CHECKING:
    from pipelinekit.scripts.python.calls import Given


def is_click(function: Function) -> bool:
    """Whether click makes a program of a function."""
    return any(mark_of(value) in ("command", "group", "member") for value in function.decorators)


def registered(value: Any, function: Function) -> None:
    """Note a function as a command of the group or app that decorates it."""
    if type(value) is not Instance or value.cls is not None:
        return
    if value.attributes.get("**mark") == "member":
        group, name = value.attributes["group"], value.attributes["name"]
        text = name if isinstance(name, str) else function.name.lower().replace("_", "-")
        if type(group) is Function:
            group.commands[text] = function
        elif type(group) is Instance:
            group.attributes["**app"]["commands"][text] = function
    elif value.attributes.get("**mark") == "callback":
        value.attributes["group"].attributes["**app"]["callback"] = function


def group_member(group: Any, given: Given) -> Any:
    """`@group.command("name")`."""
    return Instance(None, {"**mark": "member", "group": group, "name": plain(given.get(0, "name"))})


def call_click(function: Function, given: Given) -> Any:
    """`main()`: click fills in the parameters from the command line."""
    return _run_click(function, given_words(given, 0, "args"), given)


def _run_click(function: Function, words: list[Word] | None, given: Given) -> Any:
    machine = given.machine
    options: list[Option] = []
    arguments: list[Any] = []
    for value in function.decorators:
        kind = mark_of(value)
        if kind in ("option", "argument"):
            option = _click_option(value, kind)
            if option is not None:
                options.append(option)
        elif kind == "context":
            arguments.append(UNKNOWN)
    inner: list[Word] | None = None
    command: Function | None = None
    if function.commands and words is not None:
        position = next((index for index, word in enumerate(words) if word in function.commands), None)
        if position is not None:
            command = function.commands[str(words[position])]
            words, inner = words[:position], words[position + 1 :]
    values = read_words(machine, words, options, given)
    result = machine.call(function, arguments, values)
    if command is not None:
        return _run_click(command, inner, given)
    if function.commands and words is None:
        for other in function.commands.values():
            _run_click(other, None, given)
    return result


def _click_option(mark: Instance, kind: str) -> Option | None:
    names = [plain(value) for value in mark.attributes["arguments"]]
    keywords: dict[str, Any] = mark.attributes["keywords"]
    if not names or not all(isinstance(name, str) for name in names):
        return None
    flags: list[str] = []
    negative: list[str] = []
    for name in names:
        positive, slash, off = name.partition("/")
        if positive.startswith("-"):
            flags.append(positive.strip())
        if slash and off.strip().startswith("-"):
            negative.append(off.strip())
    bare = [name for name in names if not name.startswith("-")]
    longest = sorted(flags, key=lambda flag: -(len(flag) - len(flag.lstrip("-"))))
    dest = (bare[0] if bare else longest[0].lstrip("-")).lower().replace("-", "_") if bare or longest else ""
    default = keywords.get("default")
    many = plain(keywords.get("multiple")) is True
    width = plain(keywords.get("nargs"))
    convert = _click_type(keywords.get("type"), default)
    if kind == "argument":
        return Option(dest, default=default, convert=convert, width="*" if width == -1 else width)
    if plain(keywords.get("is_flag")) is True or negative:
        default = False if default is None else default
        return Option(dest, (*flags, *negative), default=default, action="switch", const=frozenset(flags))
    if plain(keywords.get("count")) is True:
        return Option(dest, tuple(flags), default=0, action="count")
    return Option(
        dest, tuple(flags), default=[] if many and default is None else default, convert=convert, width=width, many=many
    )


def _click_type(value: Any, default: Any) -> Any:
    if value is None:
        if isinstance(default, bool) or default is None or isinstance(default, str):
            return None
        return External(f"builtins.{type(default).__name__}") if isinstance(default, (int, float)) else None
    if type(value) is External:
        if value.name.startswith("click.") and value.name.rstrip("()").rpartition(".")[2] in ("INT", "IntRange"):
            return External("builtins.int")
        if value.name.startswith("click.") and value.name.rstrip("()").rpartition(".")[2] in ("FLOAT", "FloatRange"):
            return External("builtins.float")
        if value.name.startswith("click."):
            return None
        return value
    if mark_of(value) == "path":
        kind = value.attributes["keywords"].get("path_type")
        return kind if type(kind) is External and kind.name.startswith("pathlib") else None
    return value if type(value) is Function or mark_of(value) == "file" else UNKNOWN
