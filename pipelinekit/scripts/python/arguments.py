"""Programs' arguments: what argparse, click, typer, fire and hydra make of the words that a command passes."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from pipelinekit.scripts.python.values import (
    UNKNOWN,
    Class,
    External,
    Function,
    Instance,
    Module,
    is_scalar,
    plain,
    text_of,
)

if TYPE_CHECKING:
    from pipelinekit.scripts.python.calls import Given
    from pipelinekit.scripts.python.machine import Machine

Word = str | None
_MISSING: Any = object()


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
    rest, sure = _read_flags(machine, words, options, values, given)
    positional = [option for option in options if not option.names]
    _read_positions(machine, rest if sure else None, positional, values, given)
    for option in options:
        if option.dest not in values:
            default = option.default
            if isinstance(default, str) and option.convert is not None:
                default = _converted(machine, option, default, given)
            values[option.dest] = default if sure else UNKNOWN
    return values


def _read_flags(
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
    return UNKNOWN


def _given_words(given: Given, position: int, *names: str) -> list[Word] | None:
    """The words of the command line, unless a call passes others."""
    passed = given.get(position, *names) if given.arguments or given.keywords else None
    if passed is None:
        words = given.machine.setting.arguments
        return None if words is None else list(words)
    passed = plain(passed)
    if not isinstance(passed, (list, tuple)):
        return None
    return [text_of(value) for value in passed]


# --- argparse ------------------------------------------------------------------------------------------------


def _parser(given: Given) -> Any:
    parser = Instance(None, {"**parser": {"options": [], "defaults": {}, "commands": {}, "dest": None}})
    for parent in plain(given.get(None, "parents")) or ():
        if type(parent) is Instance and "**parser" in parent.attributes:
            parser.attributes["**parser"]["options"] += parent.attributes["**parser"]["options"]
    return parser


def parser_method(parser: Instance, name: str, given: Given) -> Any:
    """`parser.add_argument(…)`, `parser.parse_args()`, `app()`…"""
    if "**app" in parser.attributes:
        return _app_method(parser, name, given)
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
        inner = _parser(given)
        if isinstance(command, str):
            known["commands"][command] = inner
        return inner
    if name in ("parse_args", "parse_known_args", "parse_intermixed_args"):
        words = _given_words(given, 0, "args")
        values = _parsed(parser, words, given)
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


def _parsed(parser: Instance, words: list[Word] | None, given: Given) -> dict[str, Any]:
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
                inner.update(_parsed(command, None, given))
        else:
            chosen = str(words[position])
            inner = _parsed(commands[chosen], words[position + 1 :], given)
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
            options.append(Option(name, names, default=default, convert=_annotated_type(text)))
    return options


def _annotated_type(text: str) -> Any:
    plain_text = text.replace("Optional[", "").replace(" | None", "").rstrip("]").rpartition(".")[2]
    return {
        "str": None,
        "": None,
        "Path": External("pathlib.Path"),
        "int": External("builtins.int"),
        "float": External("builtins.float"),
        "bool": External("builtins.bool"),
    }.get(plain_text, UNKNOWN)


def _parse_class(given: Given) -> Any:
    """`simple_parsing.parse(Config)`, `tyro.cli(Config)`."""
    cls = given.get(0)
    words = _given_words(given, 99, "args")
    if type(cls) is Class:
        instance = Instance(cls)
        instance.attributes = read_words(given.machine, words, field_options(cls), given)
        return instance
    if type(cls) is Function:
        options = _signature_options(given.machine, cls)
        return given.machine.call(cls, [], read_words(given.machine, words, options, given))
    return UNKNOWN


def _class_parser(given: Given) -> Any:
    """`HfArgumentParser((ModelArguments, DataArguments))`."""
    classes = given.get(0, "dataclass_types")
    classes = list(classes) if isinstance(classes, (tuple, list)) else [classes]
    parser = _parser(given)
    for number, cls in enumerate(classes):
        parser.attributes["**parser"]["options"].append((f"**{number}", cls))
    parser.attributes["**app"] = {"classes": len(classes)}
    return parser


# --- click ---------------------------------------------------------------------------------------------------


def _marker(kind: str) -> Callable[[Given], Any]:
    """A decorator or default that describes an argument: it keeps what it was given."""

    def make(given: Given) -> Any:
        return Instance(None, {"**mark": kind, "arguments": given.arguments, "keywords": given.keywords})

    return make


def _mark(value: Any) -> str:
    if type(value) is Instance and value.cls is None:
        return str(value.attributes.get("**mark", ""))
    if type(value) is External:
        return {"click.command": "command", "click.group": "group", "click.pass_context": "context"}.get(
            value.name.removeprefix("rich_").removesuffix("()"), ""
        )
    return ""


def is_click(function: Function) -> bool:
    """Whether click makes a program of a function."""
    return any(_mark(value) in ("command", "group", "member") for value in function.decorators)


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
    return _run_click(function, _given_words(given, 0, "args"), given)


def _run_click(function: Function, words: list[Word] | None, given: Given) -> Any:
    machine = given.machine
    options: list[Option] = []
    arguments: list[Any] = []
    for value in function.decorators:
        kind = _mark(value)
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
    if _mark(value) == "path":
        kind = value.attributes["keywords"].get("path_type")
        return kind if type(kind) is External and kind.name.startswith("pathlib") else None
    return value if type(value) is Function else UNKNOWN


# --- typer ---------------------------------------------------------------------------------------------------


def _app(given: Given) -> Any:
    return Instance(None, {"**app": {"commands": {}, "callback": None, "groups": {}}})


def _app_method(app: Instance, name: str, given: Given) -> Any:
    known = app.attributes["**app"]
    if "classes" in known:
        return _class_parser_method(app, name, given)
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
        return _run_app(app, _given_words(given, 0, "args"), given)
    return UNKNOWN


def _class_parser_method(app: Instance, name: str, given: Given) -> Any:
    if name not in ("parse_args_into_dataclasses", "parse_args"):
        return UNKNOWN
    values = _parsed(app, _given_words(given, 0, "args"), given)
    return tuple(values.get(f"**{number}", UNKNOWN) for number in range(app.attributes["**app"]["classes"]))


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
    options = _signature_options(given.machine, function, positional=True)
    return given.machine.call(function, [], read_words(given.machine, words, options, given))


def _typer_run(given: Given) -> Any:
    function = given.get(0, "function")
    words = given.machine.setting.arguments
    if type(function) is not Function:
        return UNKNOWN
    return _run_typer(function, None if words is None else list(words), given)


def _signature_options(machine: Machine, function: Function, *, positional: bool = False) -> list[Option]:
    """The options that typer reads off the signature of a function."""
    node = function.node.args
    options: list[Option] = []
    for argument in [*node.posonlyargs, *node.args, *node.kwonlyargs]:
        name = argument.arg
        annotation = argument.annotation
        default = function.defaults.get(name, _MISSING)
        mark = default if _mark(default) in ("typer.option", "typer.argument") else None
        text = ast.unparse(annotation) if annotation is not None else ""
        if isinstance(annotation, ast.Subscript) and ast.unparse(annotation.value).endswith("Annotated"):
            parts = annotation.slice.elts if isinstance(annotation.slice, ast.Tuple) else [annotation.slice]
            text = ast.unparse(parts[0])
            from pipelinekit.scripts.python.machine import Frame

            module = machine.module_at(function.module)
            for part in parts[1:]:
                value = machine.evaluate(part, Frame(module, {}, function.outer))
                mark = value if _mark(value) in ("typer.option", "typer.argument") else mark
        options.append(_typer_option(name, text, default, mark, positional=positional))
    return options


def _typer_option(name: str, text: str, default: Any, mark: Any, *, positional: bool) -> Option:
    flags: list[str] = []
    kind = _mark(mark) if mark is not None else ""
    if mark is not None:
        given = list(mark.attributes["arguments"])
        if default is mark:
            default = given.pop(0) if given else mark.attributes["keywords"].get("default", _MISSING)
        flags = [value for value in map(plain, given) if isinstance(value, str) and value.startswith("-")]
    if default is Ellipsis or (default is UNKNOWN and mark is not None):
        default = _MISSING
    convert = _annotated_type(text)
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


# --- fire ----------------------------------------------------------------------------------------------------


def _fire(given: Given) -> Any:
    words = given.machine.setting.arguments
    component = given.get(0, "component")
    if component is None:
        component = {
            name: value
            for name, value in given.machine.module_at(given.frame.module).names.items()
            if type(value) in (Function, Class)
        }
    command = plain(given.get(1, "command"))
    if isinstance(command, str):
        words = tuple(command.split())
    return _run_fire(component, None if words is None else list(words), given)


def _run_fire(component: Any, words: list[Word] | None, given: Given) -> Any:
    machine = given.machine
    if type(component) is Function:
        return machine.call(component, [], _fire_values(component, words, given, skip=component.owner is not None)[0])
    if type(component) is Class:
        initial = component.find("__init__")
        values: dict[str, Any] = {}
        if type(initial) is Function:
            values, words = _fire_values(initial, words, given, skip=True, named_only=True)
        from pipelinekit.scripts.python.calls import Given as NewGiven
        from pipelinekit.scripts.python.calls import make_instance

        instance = make_instance(component, NewGiven(machine, [], values, given.node, given.frame))
        name = words[0] if words else None
        method = component.find(name.replace("-", "_")) if name else UNKNOWN
        if type(method) is Function and type(instance) is Instance:
            return _run_fire(method.bound_to(instance), (words or [])[1:], given)
        return instance
    if type(component) is dict and words:
        name = (words[0] or "").replace("-", "_")
        chosen = component.get(name, component.get(words[0], UNKNOWN))
        return _run_fire(chosen, words[1:], given) if chosen is not UNKNOWN else UNKNOWN
    return UNKNOWN


def _fire_values(
    function: Function, words: list[Word] | None, given: Given, *, skip: bool, named_only: bool = False
) -> tuple[dict[str, Any], list[Word] | None]:
    node = function.node.args
    parameters = [*node.posonlyargs, *node.args, *node.kwonlyargs]
    names = [argument.arg for argument in parameters][1 if skip else 0 :]
    if words is None:
        return {name: UNKNOWN for name in names}, None
    options = [
        Option(name, (f"--{name}", f"--{name.replace('_', '-')}"), default=function.defaults.get(name, UNKNOWN))
        for name in names
    ]
    values: dict[str, Any] = {}
    rest, sure = _read_flags(given.machine, words, options, values, given)
    values = {name: _literal(value) for name, value in values.items()}
    if not named_only:
        for name in names:
            if name not in values and rest:
                values[name] = _literal(rest.pop(0))
    for name in names:
        if name not in values:
            values[name] = function.defaults.get(name, UNKNOWN) if sure else UNKNOWN
    return values, rest


def _literal(value: Any) -> Any:
    """A word as fire reads it: as Python where it is some, else as a text."""
    if not isinstance(value, str):
        return UNKNOWN if value is None else value
    try:
        found = ast.literal_eval(value)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return value
    return found if is_scalar(found) else value


PARSERS: dict[str, Callable[[Given], Any]] = {
    "argparse.ArgumentParser": _parser,
    "configargparse.ArgumentParser": _parser,
    "configargparse.ArgParser": _parser,
    "simple_parsing.ArgumentParser": _parser,
    "simple_parsing.parse": _parse_class,
    "tyro.cli": _parse_class,
    "transformers.HfArgumentParser": _class_parser,
    "click.command": _marker("command"),
    "click.group": _marker("group"),
    "click.option": _marker("option"),
    "click.argument": _marker("argument"),
    "click.Path": _marker("path"),
    "rich_click.command": _marker("command"),
    "rich_click.option": _marker("option"),
    "rich_click.argument": _marker("argument"),
    "typer.Typer": _app,
    "typer.run": _typer_run,
    "typer.Option": _marker("typer.option"),
    "typer.Argument": _marker("typer.argument"),
    "fire.Fire": _fire,
    "hydra.main": _marker("hydra"),
}


# --- hydra ---------------------------------------------------------------------------------------------------


def is_hydra(function: Function) -> bool:
    """Whether hydra passes a configuration to a function."""
    return any(_mark(value) == "hydra" for value in function.decorators)


def call_hydra(function: Function, given: Given) -> Any:
    """`main()` under `@hydra.main(config_path="conf", config_name="config")`: the file becomes the argument."""
    if given.arguments:
        return given.machine.call(function, given.arguments, given.keywords)
    from pipelinekit.scripts.python.hydra import composed

    mark = next(value for value in function.decorators if _mark(value) == "hydra")
    keywords = dict(mark.attributes["keywords"])
    for name, value in zip(("config_path", "config_name"), mark.attributes["arguments"], strict=False):
        keywords.setdefault(name, value)
    config = composed(given, function.module, plain(keywords.get("config_path")), plain(keywords.get("config_name")))
    return given.machine.call(function, [config], {})


__all__ = [
    "PARSERS",
    "Module",
    "Option",
    "call_click",
    "call_hydra",
    "is_click",
    "is_hydra",
    "parser_method",
    "read_words",
]
