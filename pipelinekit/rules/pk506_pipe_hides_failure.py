from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.graph.among import stages_mentioning
from pipelinekit.graph.graph import Graph
from pipelinekit.resolve.stage import Stage
from pipelinekit.rules.finding import Change, Finding, Fix
from pipelinekit.rules.rule import rule
from pipelinekit.scripts.connections import Connection, connections
from pipelinekit.scripts.failures import worker
from pipelinekit.scripts.invocations import (
    Invocation,
    all_invocations,
    by_line,
    command_node,
    word_place,
)
from pipelinekit.scripts.shell import Word
from pipelinekit.scripts.wrappers import program_of, unwrapped
from pipelinekit.yaml.edit import CannotEditError, replace_within

# What is as content with half of something as with all of it. `head` is not: it cuts off on purpose.
_CONTENT = frozenset(
    """
    tee cat sort uniq cut awk gawk tr tail wc jq gzip pigz bzip2 xz zstd split column paste rev tac nl ts fold bash sh
    xargs parallel
    """.split()  # noqa: SIM905
)


@rule(
    "PK506",
    "pipe-hides-failure",
    level="warning",
    since="0.1.0",
    fix="sometimes",
    reads=("cmd", "wdir"),
    among=stages_mentioning(";", "|", "\n"),
)
def pipe_hides_failure(stage: Stage, graph: Graph) -> Iterator[Finding]:
    """A part of a command may fail, and DVC is not told.

    ## What it does
    Finds `a ; b`, and lines of one list item, where `a` does work: it runs a script or writes a file. Finds
    `a | b` where `a` is a script, or fetches something, and `b` is content with half of it (`tee`, `sort`,
    `gzip`…). Where `set -e` or `set -o pipefail` stands before, nothing is lost.

    ## Why it matters
    A shell reports the end of its last command only. If `a` fails, the stage counts as done: DVC caches what is
    there, and goes on with it.

    ## Example
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py; python report.py
    #                       ^
        deps:
        - report.py
        - train.py
        outs:
        - model.pkl
    ```

    ## Use instead
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py && python report.py
        deps:
        - report.py
        - train.py
        outs:
        - model.pkl
    ```

    ## Fix safety
    The fix writes `&&` for `;`. It is unsafe: what stands behind no longer runs when the first part fails, which
    may have been meant, and DVC sees a new command. For `|` there is no fix: `pipefail` is not in every shell.
    """
    for invocations in by_line(graph.derived(all_invocations)[stage]):
        for connection in connections(invocations[0].line):
            found = _hidden(connection, invocations, graph)
            if found is not None:
                yield _explain(stage, connection, found, invocations[0])


def _hidden(connection: Connection, invocations: list[Invocation], graph: Graph) -> Word | None:
    """The word that names the work whose failure a connection hides."""
    before = [invocation for invocation in invocations if _start(invocation) < connection.left.start]
    left = [invocation for invocation in invocations if connection.left.holds(_start(invocation))]
    right = [invocation for invocation in invocations if connection.right.holds(_start(invocation))]
    if not left or not right or connection.sign == "||":
        return None
    if connection.sign.startswith("|"):
        if _sets(before, "pipefail") or not _is_content(right[0]):
            return None
    elif _sets([*before, *left], "-e") or _sees_to_it(left, right):
        return None
    if "$?" in invocations[0].line[connection.right.start : connection.right.end]:
        return None
    # of `x | a ; b` and `a && x ; b` the last that does work
    project = graph.index.project
    own = [invocation for invocation in left if connection.sign.startswith("|") or not invocation.parsed.is_piped]
    return next((word for invocation in reversed(own) if (word := worker(invocation, project))), None)


def _sees_to_it(left: list[Invocation], right: list[Invocation]) -> bool:
    """Whether a command ends the shell by itself, or says that it does not care (that is `ignored-exit`)."""
    if any(invocation.parsed.program in ("exit", "set", "exec") for invocation in left):
        return True
    return right[0].parsed.program in ("true", ":", "exit")


def _start(invocation: Invocation) -> int:
    words = invocation.parsed.words
    return words[0].start if words else -1


def _is_content(invocation: Invocation) -> bool:
    return program_of(unwrapped(invocation.parsed).words) in _CONTENT


def _sets(invocations: list[Invocation], option: str) -> bool:
    """Whether `set -e`, `set -euo pipefail` stands among them."""
    for invocation in invocations:
        if invocation.parsed.program != "set":
            continue
        for word in invocation.parsed.words[1:]:
            text = word.text or ""
            flags = text[1:] if text.startswith("-") and not text.startswith("--") else ""
            if text == option or (option == "-e" and ("e" in flags or text == "errexit")):
                return True
    return False


def _explain(stage: Stage, connection: Connection, work: Word, first: Invocation) -> Finding:
    name = work.text or "the first part"
    broken = connection.sign == "\n"
    place = word_place(stage, first, work if broken else Word(None, *connection.place))
    sign = "the line break" if broken else f"'{connection.sign}'"
    return Finding(
        place,
        f"if {name} fails, {sign} behind it hides that from DVC",
        why="the stage counts as done, and DVC caches and uses what is there",
        help=_advice(connection),
        fix=_fix(stage, connection, first),
        stage=stage,
    )


def _advice(connection: Connection) -> str:
    if connection.sign == ";":
        return "Write '&&' in place of ';'."
    if connection.sign == "\n":
        return "Begin with a line 'set -e', or make each line an item of its own."
    return "Write to a file, and use that in a next item of the list; or begin with 'set -o pipefail' in bash."


def _fix(stage: Stage, connection: Connection, first: Invocation) -> Fix | None:
    node = command_node(stage, first.command)
    if connection.sign != ";" or node is None or node.value != first.command:
        return None
    start, end = (first.offset + offset for offset in connection.place)
    spaced = node.text[start - 1 : start] == " "
    try:
        edits = replace_within(node, start, end, "&&" if spaced else " &&")
    except CannotEditError:
        return None
    definition = stage.definition
    change = Change(definition.file, (*definition.path, "cmd"))
    return Fix("Write '&&' for ';'", {definition.file: tuple(edits)}, (change,), frozenset({"cmd"}), safe=False)
