"""Programs that typer makes of functions and their annotations."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from pipelinekit.scripts.python.click_commands import group_member
from pipelinekit.scripts.python.options import Option, Word, annotated_type, given_words, mark_of, read_words
from pipelinekit.scripts.python.values import UNKNOWN, Function, Instance, plain

if TYPE_CHECKING:
    from pipelinekit.scripts.python.calls import Given
    from pipelinekit.scripts.python.machine import Machine

_MISSING: Any = object()


def make_app(given: Given) -> Any:
    """`typer.Typer()`."""
    return Instance(None, {"**app": {"commands": {}, "callback": None, "groups": {}}})


def app_method(app: Instance, name: str, given: Given) -> Any:
    """What `app.command()`, `app.add_typer(…)`, `app()` return."""
    known = app.attributes["**app"]
    if name == "command":
        return group_member(app, given)
    if name == "callback":
        return Instance(None, {"**mark": "callback", "group": app})
    if name == "add_typer":
        inner = plain(given.get(None, "name"))
        if isinstance(inner, str):
            known["groups"][inner] = given.get(0)
        return None
    if name == "__call__":
        return _run_app(app, given_words(given, 0, "args"), given)
    return UNKNOWN


def _run_app(app: Instance, words: list[Word] | None, given: Given) -> Any:
    known = app.attributes["**app"]
    commands: dict[str, Function] = known["commands"]
    if known["callback"] is not None:
        given.machine.call(known["callback"], [], {"**": UNKNOWN})
    if len(commands) == 1 and not known["groups"] and known["callback"] is None:
        return _run_typer(next(iter(commands.values())), words, given)
    if words is None:
        for command in commands.values():
            _run_typer(command, None, given)
        return UNKNOWN
    position = next((index for index, word in enumerate(words) if word in commands or word in known["groups"]), None)
    if position is None:
        return UNKNOWN
    chosen = str(words[position])
    if chosen in commands:
        return _run_typer(commands[chosen], words[position + 1 :], given)
    group = known["groups"][chosen]
    return _run_app(group, words[position + 1 :], given) if type(group) is Instance else UNKNOWN


def _run_typer(function: Function, words: list[Word] | None, given: Given) -> Any:
    options = signature_options(given.machine, function, positional=True)
    return given.machine.call(function, [], read_words(given.machine, words, options, given))


def typer_run(given: Given) -> Any:
    """`typer.run(function)`."""
    function = given.get(0, "function")
    words = given.machine.arguments
    if type(function) is not Function:
        return UNKNOWN
    return _run_typer(function, None if words is None else list(words), given)


def signature_options(machine: Machine, function: Function, *, positional: bool = False) -> list[Option]:
    """The options that typer reads off the signature of a function."""
    node = function.node.args
    options: list[Option] = []
    for argument in [*node.posonlyargs, *node.args, *node.kwonlyargs]:
        name = argument.arg
        annotation = argument.annotation
        default = function.defaults.get(name, _MISSING)
        mark = default if mark_of(default) in ("typer.option", "typer.argument") else None
        text = ast.unparse(annotation) if annotation is not None else ""
        if isinstance(annotation, ast.Subscript) and ast.unparse(annotation.value).endswith("Annotated"):
            parts = annotation.slice.elts if isinstance(annotation.slice, ast.Tuple) else [annotation.slice]
            text = ast.unparse(parts[0])
            from pipelinekit.scripts.python.machine import Frame

            module = machine.module_at(function.module)
            for part in parts[1:]:
                value = machine.evaluate(part, Frame(module, {}, function.outer))
                mark = value if mark_of(value) in ("typer.option", "typer.argument") else mark
        options.append(_typer_option(name, text, default, mark, positional=positional))
    return options


def _typer_option(name: str, text: str, default: Any, mark: Any, *, positional: bool) -> Option:
    flags: list[str] = []
    kind = mark_of(mark) if mark is not None else ""
    if mark is not None:
        given = list(mark.attributes["arguments"])
        if default is mark:
            default = given.pop(0) if given else mark.attributes["keywords"].get("default", _MISSING)
        flags = [value for value in map(plain, given) if isinstance(value, str) and value.startswith("-")]
    if default is Ellipsis or (default is UNKNOWN and mark is not None):
        default = _MISSING
    convert = annotated_type(text)
    width = "*" if text.startswith(("list", "List")) else None
    if kind == "typer.argument" or (default is _MISSING and kind != "typer.option" and positional):
        return Option(name, default=None if default is _MISSING else default, convert=convert, width=width)
    flags = flags or [f"--{name.replace('_', '-')}", f"--{name}"]
    if default is _MISSING:
        default = UNKNOWN
    if text == "bool":
        pairs = [flag for whole in flags for flag in whole.split("/")]
        on = [whole.split("/")[0] for whole in flags]
        pairs += [f"--no-{flag[2:]}" for flag in on if flag.startswith("--")]
        return Option(name, tuple(pairs), default=default, action="switch", const=frozenset(on))
    return Option(name, tuple(flags), default=default, convert=convert, many=width is not None)
