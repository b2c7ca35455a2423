"""The simple commands of a stage: those that `dvc.yaml` holds, and where in it each part of them stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from pipelinekit.graph.graph import Graph
from pipelinekit.project.paths import join
from pipelinekit.resolve.expression import parse_template
from pipelinekit.resolve.interpolate import expression_place
from pipelinekit.resolve.stage import Stage
from pipelinekit.scripts.shell import SimpleCommand, Word, lines_of, parse_command
from pipelinekit.scripts.wrappers import inner_commands, unwrapped
from pipelinekit.yaml.tree import Document, Node, Place, Scalar, Sequence

if TYPE_CHECKING:
    from pipelinekit.scripts.script import Script

#: Programs that fetch or make files that a later part of the command may run.
_MAKERS = frozenset(
    """
    git wget curl unzip tar cp mv ln rsync make aws gsutil gcloud dvc jupytext jupyter gdown kaggle install cargo gcc
    g++ cmake tee cat echo printf sed 7z gunzip docker huggingface-cli hf rclone scp go javac npm
    """.split()  # noqa: SIM905
)
#: What a line must hold for a command to stand inside of a word of it. Begins with letters: that is found fast.
_NESTED = re.compile(r"-(?:\w*c\b|exec|-run\b|-command\b)|xargs|parallel|eval\b")
_DEEPEST = 5


class Invocation(NamedTuple):
    """A simple command, and where it stands: in a stage's command, or in a script that this comes to."""

    parsed: SimpleCommand
    #: the folder it runs in, relative to the project; None if unknown
    folder: str | None
    #: the item of `cmd` that it is a part of
    command: str
    #: the text that its words are offsets in, and where in the command that begins
    line: str
    #: whether a program ran before it that may have written any file
    after_maker: bool
    offset: int = 0
    #: the script or Makefile that it stands in; None for the command itself
    origin: Document | None = None
    #: the scripts through which the command comes to it, the outermost first
    via: tuple[Script, ...] = ()


def all_invocations(graph: Graph) -> dict[Stage, list[Invocation]]:
    """The simple commands of each stage in order, with the folder that each runs in; for `Graph.derived`.

    Of a command with a `${}` that can't be resolved, words that hold one aren't known.
    """
    root = graph.index.project.root
    return {stage: list(_invocations(stage, root)) for stage in graph.index.stages}


def _invocations(stage: Stage, root: str) -> Iterator[Invocation]:
    maker = False
    node = stage.definition.field("cmd")
    is_list = isinstance(node, Sequence)
    for command in stage.commands if stage.knows("cmd") else _as_written(node):
        # a list's items are handed to a shell whole, a text line by line
        lines = [command] if is_list else lines_of(command)
        lost = False
        offset = 0
        for line in lines:
            offset = command.find(line, offset)
            for parsed in parse_command(line):
                # whoever wrote a `cd` on a line of its own meant it for the next ones: where they run is a
                # matter of opinion until it is mended (PK500)
                folder = None if lost else inner_folder(stage.wdir, parsed.folder, root)
                invocation = Invocation(parsed, folder, command, line, maker, offset)
                yield invocation
                if _NESTED.search(line):
                    yield from nested(invocation, root)
                maker = maker or is_maker(parsed)
            offset += len(line)
            lost = lost or (line.lstrip().startswith("cd ") and "&" not in line and ";" not in line)


def _as_written(node: Node | None) -> list[str]:
    nodes = node.items if isinstance(node, Sequence) else [node]
    return [item.value for item in nodes if isinstance(item, Scalar) and isinstance(item.value, str)]


def by_line(invocations: list[Invocation]) -> Iterator[list[Invocation]]:
    """The commands of a stage, those together that stand in one line (in a list: one item)."""
    for _, group in groupby(invocations, key=lambda invocation: (invocation.command, invocation.offset)):
        yield list(group)


def is_maker(command: SimpleCommand) -> bool:
    """Whether a command may have made files that a later one uses."""
    return bool(command.writes) or command.program in _MAKERS


def inner_folder(folder: str | None, inner: str | None, root: str) -> str | None:
    """A folder that a command changed to, as a path of the project."""
    if inner == ".":
        return folder
    return None if folder is None or inner is None else join(folder, inner, root)


def nested(invocation: Invocation, root: str, depth: int = 0) -> Iterator[Invocation]:
    """The commands inside of the words of another one: `bash -c '…'`, `xargs …`."""
    if depth >= _DEEPEST:
        return
    outer = unwrapped(invocation.parsed)
    around = inner_folder(invocation.folder, outer.folder, root)
    for command in inner_commands(outer.words, invocation.line):
        environment = {**outer.environment, **dict(command.assignments)}
        parsed = command._replace(assignments=tuple(environment.items()))
        inner = invocation._replace(parsed=parsed, folder=inner_folder(around, command.folder, root))
        yield inner
        yield from nested(inner, root, depth + 1)


# --- places ---------------------------------------------------------------------------------------------------


def command_place(stage: Stage, command: str, text: str) -> Place:
    """Where a part of a stage's command stands in the file; the whole command where it comes from a variable."""
    node = command_node(stage, command)
    if node is None:
        return stage.place
    match = re.search(rf"(?<![\w./-]){re.escape(text)}(?![\w/-])", node.text)
    return expression_place(node, match.start(), match.end()) if match else node.place


def word_place(stage: Stage, invocation: Invocation | Script, word: Word) -> Place:
    """Where a word stands, quotes left out: in `dvc.yaml`, or in the script that holds it."""
    start, end = word.start, word.end
    written = invocation.line[start:end]
    if word.text and word.text in written:
        start += written.index(word.text)
        end = start + len(word.text)
    start, end = start + invocation.offset, end + invocation.offset
    if invocation.origin is not None:
        return Place(invocation.origin, start, end)
    node = command_node(stage, invocation.command)
    if node is None:
        return stage.place
    if node.value == invocation.command:
        return expression_place(node, start, end)
    span = _in_template(node.text, invocation.command, start, end)
    return expression_place(node, *span) if span is not None else node.place


def command_node(stage: Stage, command: str) -> Scalar | None:
    """The text in `dvc.yaml` that a command of a stage comes from."""
    node = stage.definition.field("cmd")
    if isinstance(node, Sequence):
        commands = stage.commands if stage.knows("cmd") else _as_written(node)
        index = commands.index(command) if command in commands else 0
        node = node.items[min(index, len(node.items) - 1)] if node.items else None
    return node if isinstance(node, Scalar) and isinstance(node.value, str) else None


def _in_template(template: str, command: str, start: int, end: int) -> tuple[int, int] | None:
    """The part of a template that became a part of a command; None if that can't be told."""
    if "\\${" in template:
        return None
    first = last = None
    for written, became, literal in _aligned(template, command):
        if became[0] <= start < became[1]:
            first = written[0] + (start - became[0] if literal else 0)
        if became[0] < end <= became[1]:
            last = written[0] + end - became[0] if literal else written[1]
    return (first, last) if first is not None and last is not None else None


def _aligned(template: str, command: str) -> list[tuple[tuple[int, int], tuple[int, int], bool]]:
    """Spans of a template, those of the command that they became, and whether they are the same text."""
    found: list[tuple[tuple[int, int], tuple[int, int], bool]] = []
    position = reached = 0
    before: tuple[int, int] | None = None
    expressions = parse_template(template).expressions
    for start, end in [*((expression.start, expression.end) for expression in expressions), (-1, -1)]:
        literal = template[position : start if start >= 0 else len(template)]
        at = command.find(literal, reached) if start >= 0 else len(command) - len(literal)
        if at < reached or not command.startswith(literal, at) or (before is None and at > 0):
            return []
        if before is not None:
            found.append((before, (reached, at), False))
        found.append(((position, position + len(literal)), (at, at + len(literal)), True))
        position, reached, before = end, at + len(literal), (start, end)
    return found
