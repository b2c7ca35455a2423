"""argparse, and what makes its options of data classes: simple-parsing, tyro, transformers."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from pipelinekit.scripts.python.options import Option, Word, annotated_type, given_words, read_words
from pipelinekit.scripts.python.values import UNKNOWN, Class, External, Function, Instance, plain

if TYPE_CHECKING:
    from pipelinekit.scripts.python.calls import Given


def make_parser(given: Given) -> Any:
    """`argparse.ArgumentParser(…)`: what it is told by and by is kept in it."""
    parser = Instance(None, {"**parser": {"options": [], "defaults": {}, "commands": {}, "dest": None}})
    for parent in plain(given.get(None, "parents")) or ():
        if type(parent) is Instance and "**parser" in parent.attributes:
            parser.attributes["**parser"]["options"] += parent.attributes["**parser"]["options"]
    return parser


def argument_parser_method(parser: Instance, name: str, given: Given) -> Any:
    """What `parser.add_argument(…)`, `parser.parse_args()` and the like return."""
    known = parser.attributes["**parser"]
    if name == "add_argument":
        option = _argument(given)
        if option is None:
            known["dest"] = UNKNOWN
        else:
            known["options"].append(option)
        return None
    if name in ("add_argument_group", "add_mutually_exclusive_group"):
        return parser
    if name == "add_arguments":
        known["options"].append((plain(given.get(1, "dest")), given.get(0, "dataclass")))
        return None
    if name == "set_defaults":
        known["defaults"].update(given.keywords)
        return None
    if name == "add_subparsers":
        known["dest"] = plain(given.get(None, "dest"))
        return parser
    if name == "add_parser":
        command = plain(given.get(0))
        inner = make_parser(given)
        if isinstance(command, str):
            known["commands"][command] = inner
        return inner
    if name in ("parse_args", "parse_known_args", "parse_intermixed_args"):
        words = given_words(given, 0, "args")
        values = parsed(parser, words, given)
        namespace = Instance(None, values, is_closed=known["dest"] is not UNKNOWN)
        return (namespace, UNKNOWN) if name == "parse_known_args" else namespace
    return UNKNOWN


def _argument(given: Given) -> Option | None:
    """The option that `add_argument(…)` describes; None if its names aren't known."""
    names = [plain(value) for value in given.arguments]
    if not names or not all(isinstance(name, str) and name for name in names):
        return None
    flags = tuple(name for name in names if name.startswith("-"))
    long = next((name for name in flags if name.startswith("--")), flags[0] if flags else names[0])
    dest = plain(given.get(None, "dest")) or long.lstrip("-").replace("-", "_")
    action = plain(given.get(None, "action"))
    const = given.get(None, "const")
    default = given.get(None, "default")
    kind = "store"
    if action in ("store_true", "store_false"):
        kind, const = action, action == "store_true"
        default = not const if default is None else default
    elif action in ("store_const", "count"):
        kind = action
    elif type(action) is External and action.name.endswith("BooleanOptionalAction"):
        kind = "switch"
        const = None
        flags += tuple(f"--no-{flag[2:]}" for flag in flags if flag.startswith("--"))
    elif action not in (None, "store", "append", "extend"):
        if action in ("version", "help"):
            return Option("**", flags, action="store_const")
        return Option(str(dest), flags, default=UNKNOWN, convert=UNKNOWN)
    width = plain(given.get(None, "nargs"))
    if width is not None and not isinstance(width, (int, str)):
        width = "*"
    return Option(
        str(dest),
        flags,
        default=default,
        convert=given.get(None, "type"),
        action=kind,
        const=const,
        width=width,
        many=action in ("append", "extend"),
    )


def parsed(parser: Instance, words: list[Word] | None, given: Given) -> dict[str, Any]:
    """The arguments that a parser makes of words, those of a subcommand included."""
    machine = given.machine
    known = parser.attributes["**parser"]
    options = [option for option in known["options"] if isinstance(option, Option)]
    bundles = [option for option in known["options"] if isinstance(option, tuple)]
    commands: dict[str, Instance] = known["commands"]
    inner: dict[str, Any] = {}
    if commands:
        position = next((index for index, word in enumerate(words or []) if word in commands), None)
        if words is None or position is None:
            for command in commands.values():
                inner.update(parsed(command, None, given))
        else:
            chosen = str(words[position])
            inner = parsed(commands[chosen], words[position + 1 :], given)
            if isinstance(known["dest"], str):
                inner[known["dest"]] = chosen
            words = words[:position]
    fields: dict[Any, list[Option]] = {}
    for dest, cls in bundles:
        fields[dest] = field_options(cls) if type(cls) is Class else []
    values = read_words(machine, words, [*options, *(option for group in fields.values() for option in group)], given)
    for dest, cls in bundles:
        if isinstance(dest, str):
            instance = Instance(cls if type(cls) is Class else None)
            instance.attributes = {option.dest: values.pop(option.dest, UNKNOWN) for option in fields[dest]}
            values[dest] = instance
    for name, value in known["defaults"].items():
        values[name] = value
    values.update(inner)
    return values


# --- data classes ---


def field_options(cls: Class) -> list[Option]:
    """The flags that simple-parsing and its like make of the fields of a data class."""
    from pipelinekit.scripts.python.calls import default_of

    options: list[Option] = []
    for name, annotation in cls.all_fields().items():
        default = default_of(cls.find(name))
        text = ast.unparse(annotation) if annotation is not None else ""
        names = tuple(dict.fromkeys((f"--{name}", f"--{name.replace('_', '-')}")))
        if text == "bool":
            names += tuple(f"--no-{flag[2:]}" for flag in names) + tuple(f"--no{flag[2:]}" for flag in names)
            options.append(Option(name, names, default=default, action="switch"))
        elif text.startswith(("list", "List", "tuple", "Tuple", "Sequence")):
            options.append(Option(name, names, default=default, convert=UNKNOWN, width="*"))
        else:
            options.append(Option(name, names, default=default, convert=annotated_type(text)))
    return options


def parse_class(given: Given) -> Any:
    """`simple_parsing.parse(Config)`, `tyro.cli(Config)`."""
    cls = given.get(0)
    words = given_words(given, 99, "args")
    if type(cls) is Class:
        instance = Instance(cls)
        instance.attributes = read_words(given.machine, words, field_options(cls), given)
        return instance
    if type(cls) is Function:
        from pipelinekit.scripts.python.typer_apps import signature_options

        options = signature_options(given.machine, cls)
        return given.machine.call(cls, [], read_words(given.machine, words, options, given))
    return UNKNOWN


def class_parser(given: Given) -> Any:
    """`HfArgumentParser((ModelArguments, DataArguments))`."""
    classes = given.get(0, "dataclass_types")
    classes = list(classes) if isinstance(classes, (tuple, list)) else [classes]
    parser = make_parser(given)
    for number, cls in enumerate(classes):
        parser.attributes["**parser"]["options"].append((f"**{number}", cls))
    parser.attributes["**app"] = {"classes": len(classes)}
    return parser


def class_parser_method(app: Instance, name: str, given: Given) -> Any:
    """`parser.parse_args_into_dataclasses()`: one object for each class."""
    if name not in ("parse_args_into_dataclasses", "parse_args"):
        return UNKNOWN
    values = parsed(app, given_words(given, 0, "args"), given)
    return tuple(values.get(f"**{number}", UNKNOWN) for number in range(app.attributes["**app"]["classes"]))
