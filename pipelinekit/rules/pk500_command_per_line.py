from __future__ import annotations

import re
from collections.abc import Iterator

from pipelinekit.resolve.interpolate import expression_place
from pipelinekit.resolve.stage import Definition
from pipelinekit.rules.finding import Change, Finding, Fix
from pipelinekit.rules.rule import rule
from pipelinekit.scripts.shell import is_complete
from pipelinekit.yaml.edit import Edit
from pipelinekit.yaml.tree import Place, Scalar

_KEEPS_STATE = re.compile(
    r"\s*(?:(?:cd|pushd|export|unset|alias|shopt|ulimit|umask|conda\s+activate|module\s+load)\b|set\s+[-+]|source\s|\.\s|[A-Za-z_]\w*=\S*\s*\Z)"
)
_CHAINED = re.compile(r"&&|\|\||;")


@rule("PK500", "command-per-line", level="warning", since="0.1.0", fix="sometimes", reads=("cmd",))
def command_per_line(definition: Definition) -> Iterator[Finding]:
    """The lines of a command need one shell, but DVC runs each in a shell of its own.

    ## What it does
    Looks at commands of several lines (`cmd: |`) for what does not survive the end of a line: `cd`, `export`,
    `set -e`, `source`, lines continued with `\\`, an `if` or a loop over several lines, a quote left open. In
    folded commands (`cmd: >`) it looks for `#`, which comments out all that follows.

    ## Why it matters
    DVC hands each line to a new shell. A `cd` has no effect on the next line, so files are read and written in
    the wrong folder; half an `if` is a syntax error. The items of a list may have several lines: each item is
    one shell.

    ## Example
    ```yaml dvc.yaml
    stages:
      train:
        cmd: |
          cd src
    #     ^^^^^^
          python train.py
        deps:
        - src/train.py
        outs:
        - model.pkl
    ```
    ```text files
    src/train.py
    train.py
    ```

    ## Use instead
    ```yaml dvc.yaml
    stages:
      train:
        cmd: cd src && python train.py
        deps:
        - src/train.py
        outs:
        - model.pkl
    ```
    ```text files
    src/train.py
    ```

    ## Fix safety
    Lines continued with `\\` are folded into one (`cmd: >-`), which is what was meant: the fix is safe, though
    DVC sees a new command and runs the stage again. For the rest the fix makes the command a list of one item,
    which runs in one shell, with `set -e` so that it stops at the first failure; that is unsafe.
    """
    node = definition.field("cmd")
    if not isinstance(node, Scalar) or not isinstance(node.value, str):
        return
    if node.style == ">":
        yield from _comments(definition, node)
    lines = node.text.splitlines()
    if len(lines) < 2:
        return
    offset = 0
    for index, line in enumerate(lines):
        start = node.text.index(line, offset)
        offset = start + len(line)
        problem = _problem(line, is_last=index == len(lines) - 1)
        if problem is not None:
            yield _explain(definition, node, lines, (start + len(line) - len(line.lstrip()), offset), *problem)
            return  # the fix is one for the whole command


def _problem(line: str, *, is_last: bool) -> tuple[str, str] | None:
    stripped = line.strip()
    if not stripped or stripped.startswith("#"):
        return None
    if not is_last and len(stripped) - len(stripped.rstrip("\\")) & 1:
        return "a line ends with '\\', but its continuation runs in another shell", "continued"
    if not is_last and _KEEPS_STATE.match(stripped) and not _CHAINED.search(stripped):
        word = stripped.split()[0].partition("=")[0]
        return f"'{word}' has no effect on the lines below: each runs in a shell of its own", "state"
    if not is_complete(stripped):
        return "this line is no complete command, and runs in a shell of its own", "incomplete"
    return None


def _explain(
    definition: Definition, node: Scalar, lines: list[str], span: tuple[int, int], message: str, kind: str
) -> Finding:
    continued = kind == "continued" and all(line.rstrip().endswith("\\") for line in lines[:-1])
    help_text = (
        "Write 'cmd: >-', which folds the lines into one, without the '\\'."
        if continued
        else ("Join the lines with '&&', or make the command a list item, which is one shell.")
    )
    return Finding(
        expression_place(node, *span),
        message,
        why="DVC hands each line of a command to a new shell",
        help=help_text,
        fix=_fold(definition, node) if continued else _one_shell(definition, node),
        stage=definition,
    )


def _fold(definition: Definition, node: Scalar) -> Fix | None:
    """`cmd: |` with `\\` at the line ends → `cmd: >-`."""
    document = node.document
    header = re.compile(r"\|[-+]?(?=[ \t]*(?:#[^\n]*)?\r?\n)").match(document.text, node.start)
    if node.style != "|" or header is None:
        return None
    indents = {len(line) - len(line.lstrip(" ")) for line in node.text.splitlines() if line.strip()}
    edits = [Edit(header.start(), header.end(), ">-")]
    backslashes = re.compile(r"[ \t]*\\[ \t]*(?=\r?\n)").finditer(document.text, header.end(), node.end)
    edits += [Edit(match.start(), match.end(), "") for match in backslashes]
    if len(indents) > 1:
        # lines indented deeper are not folded: they are brought to the column of the first one
        base = re.compile(r"\r?\n( +)").search(document.text, header.end())
        if base is None:
            return None
        for match in re.compile(r"\n( +)(?=\S)").finditer(document.text, header.end(), node.end):
            extra = len(match[1]) - len(base[1])
            if extra > 0:
                edits.append(Edit(match.end() - extra, match.end(), ""))
    change = Change(definition.file, (*definition.path, "cmd"))
    title = "Fold the lines into one command"
    return Fix(title, {definition.file: tuple(edits)}, (change,), frozenset({"cmd"}))


def _one_shell(definition: Definition, node: Scalar) -> Fix | None:
    """`cmd: |` → a list of one item."""
    document = node.document
    if node.style != "|" or node.anchor is not None or definition.body is None:
        return None
    key = definition.body.key_node("cmd")
    line_end = document.text.find("\n", node.start)
    if key is None or line_end < 0:
        return None
    column = key.start - (document.text.rfind("\n", 0, key.start) + 1)
    newline = "\r\n" if document.text[line_end - 1] == "\r" else "\n"
    first = re.compile(r"(?:[ \t]*\r?\n)*( +)").match(document.text, line_end)
    if first is None or len(first[1]) < column + 2:
        return None
    before = document.text[: node.start].rstrip(" ")
    edits = (
        Edit(len(before), node.start, f"{newline}{' ' * column}- "),
        Edit(line_end + 1, line_end + 1, f"{first[1]}set -e{newline}"),
    )
    change = Change(definition.file, (*definition.path, "cmd"))
    title = "Run the lines in one shell, as an item of a list"
    return Fix(title, {definition.file: edits}, (change,), frozenset({"cmd"}), safe=False)


def _comments(definition: Definition, node: Scalar) -> Iterator[Finding]:
    """A `#` in a folded command: the shell ignores all of the lines that follow."""
    document = node.document
    start = document.text.find("\n", node.start)
    lines = re.compile(r"[^\n]+").finditer(document.text, start + 1, node.end) if start >= 0 else iter(())
    found = list(lines)
    for match in found[:-1]:
        comment = re.search(r"(?:\A|(?<=\s))#.*\Z", match.group().rstrip("\r"))
        quotes = match.group()[: comment.start()] if comment else ""
        if comment is None or quotes.count("'") % 2 or quotes.count('"') % 2:
            continue
        yield Finding(
            Place(document, match.start() + comment.start(), match.start() + comment.end()),
            "in a folded command the '#' comments out every line below it",
            why="the lines become one before a shell sees them, so the rest of the command never runs",
            help="Move the comment above 'cmd', or write 'cmd: |' if each line is a command of its own.",
            stage=definition,
        )
