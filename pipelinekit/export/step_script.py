"""A step as a script for `/bin/sh`, which runs in a container what DVC would run, on what earlier steps have made.

What comes from the user's files stands there in quotes that are broken up wherever somebody would look for a
placeholder: Kubeflow and Argo replace `{{…}}` in the arguments of a container, Kubernetes replaces `$(NAME)` and
makes one `$` of two.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from pipelinekit.export.plan import ExportError, Step

#: What each script begins with.
FUNCTIONS = """\
set -e
copy() {
  rm -rf -- "$2" && mkdir -p -- "${2%/*}" && cp -RL -- "$1" "$2"
}
# An object store keeps no empty folder.
take() {
  if [ -e "$1" ]; then copy "$1" "$2"; else rm -rf -- "$2" && mkdir -p -- "$2"; fi
}
need() {
  [ -e "$1" ] || dvc pull -- "$1"
}
# As DVC does: each command has a shell of its own, which reads no configuration.
begin() {
  export DVC_ROOT="$PWD" DVC_STAGE="${1#dvc.yaml:}"
}
run() {
  case ${SHELL:=/bin/sh} in
    */bash) set -- "$1" --noprofile --norc -c "$2" ;;
    */zsh) set -- "$1" --no-rcs -c "$2" ;;
    *) set -- "$1" -c "$2" ;;
  esac
  (cd -- "$1" && shift && exec "$SHELL" "$@")
}
"""
#: Linux runs no program with a longer argument.
_LONGEST = 128 * 1024 - 1
_NEEDS_NO_QUOTES = re.compile(r"[A-Za-z0-9_./:@%+,=-]+")
_BREAKS = re.compile(r"\{(?=\{)|\}(?=\})|\$(?=[$(])")
_STATEMENT = re.compile(r"""(?:'[^']*'|"[^"]*"|[^'"\n]+)+""")
_WORD = re.compile(r"""(?:'[^']*'|"[^"]*"|[^'"\s]+)+""")
_QUOTED = re.compile(r"""'([^']*)'|"([^"]*)\"""")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class ReadScript(NamedTuple):
    """What stands in a script."""

    address: str
    commands: tuple[str, ...]
    wdir: str
    #: what the script itself sets
    environment: Mapping[str, str]
    #: how many arguments it takes
    arguments: int


def script_of(step: Step, inputs: Sequence[str], outputs: Sequence[str], environment: Mapping[str, str]) -> str:
    """What comes behind FUNCTIONS. It begins in the folder of the project.

    Its arguments are the places of the artifacts: those of `inputs`, paths of outputs of earlier steps, and those of
    `outputs`, paths of its own. Raises ExportError for what no shell can be given.
    """
    text = "\n".join(_lines(step, inputs, outputs, environment))
    if "\0" in text:
        raise ExportError(f"{step.address} has a character of code 0, which no command can have")
    try:
        size = len(text.encode()) + len(FUNCTIONS)
    except UnicodeEncodeError:
        raise ExportError(f"{step.address} has a character that is none of Unicode, which no file can have") from None
    if size + 4096 > _LONGEST:
        raise ExportError(f"the commands of {step.address} are longer than what a container can be given (128 KiB)")
    return text


def _lines(step: Step, inputs: Sequence[str], outputs: Sequence[str], environment: Mapping[str, str]) -> Iterator[str]:
    yield f"begin {quoted(step.address)}"
    for name, value in environment.items():
        yield f"export {name}={quoted(value)}"
    numbers = {path: number for number, path in enumerate((*inputs, *outputs), start=1)}
    for one in step.inputs:
        if one.producer and one.path in numbers:
            source = _argument(numbers[one.path])
            if one.part == one.path:
                yield f"take {source} {quoted(_place(one.path))}"
            else:
                yield f"copy {source}{quoted(one.part[len(one.path) :])} {quoted(_place(one.part))}"
        elif not one.producer and one.md5 and one.is_cached:
            yield f"need {quoted(_place(one.part))}"
    for output in step.outputs:
        if not output.is_persistent:
            yield f"rm -rf -- {quoted(_place(output.path))}"
    wdir = quoted(_place(step.wdir))
    for command in step.commands:
        yield f"run {wdir} {quoted(command)}"
    if not step.commands:
        yield f"(cd -- {wdir})"
    for path in outputs:
        yield f"copy {quoted(_place(path))} {_argument(numbers[path])}"


def _argument(number: int) -> str:
    return f'"${number}"' if number < 10 else f'"${{{number}}}"'


def _place(path: str) -> str:
    """A path with a folder in front, so that none is taken for an option."""
    return path if path.startswith("/") or path == "." else f"./{path}"


def quoted(value: str) -> str:
    """A text as one word of a shell, without any two characters that begin or end a placeholder.

    >>> print(quoted("it's {{x}} for $(date)"))
    'it'"'"'s {''{x}''} for $''(date)'
    """
    if _NEEDS_NO_QUOTES.fullmatch(value):
        return value
    quotes = value.replace("'", "'\"'\"'")
    return "'" + _BREAKS.sub(r"\g<0>''", quotes) + "'"


def is_variable(name: str) -> bool:
    """Whether a shell passes a variable of that name on."""
    return _VARIABLE.fullmatch(name) is not None


def read_script(text: str) -> ReadScript:
    """Raises ValueError for anything that is no such script."""
    address = ""
    wdirs: set[str] = set()
    commands: list[str] = []
    environment: dict[str, str] = {}
    arguments: set[int] = set()
    for statement in _STATEMENT.findall(text):
        words = _WORD.findall(statement)
        first = words[0]
        if first == "begin" and len(words) == 2:
            address = _unquoted(words[1])
        elif first == "run" and len(words) == 3:
            wdirs.add(_unquoted(words[1]))
            commands.append(_unquoted(words[2]))
        elif first == "(cd" and len(words) == 3:
            wdirs.add(_unquoted(words[2].removesuffix(")")))
        elif first == "export" and len(words) == 2:
            name, _, value = _unquoted(words[1]).partition("=")
            environment[name] = value
        elif first in ("cd", "take", "copy", "need", "rm"):
            arguments.update(_numbers(words))
        else:
            raise ValueError(f"a script with {first}")
    if arguments != set(range(1, len(arguments) + 1)):
        raise ValueError("a script that leaves out an argument")
    if len(wdirs) != 1:
        raise ValueError("a script that runs in several folders")
    wdir = wdirs.pop().removeprefix("./")
    return ReadScript(address, tuple(commands), wdir, environment, len(arguments))


def _numbers(words: Sequence[str]) -> Iterator[int]:
    for word in words[1:]:
        match = re.match(r'"\$\{?(\d+)\}?"', word)
        if match is not None:
            yield int(match[1])


def _unquoted(word: str) -> str:
    return _QUOTED.sub(lambda match: match[1] if match[1] is not None else match[2], word)
