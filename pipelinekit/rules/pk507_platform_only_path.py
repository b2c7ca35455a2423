from __future__ import annotations

import re
from collections.abc import Iterator

from pipelinekit.graph.among import any_of, stages_mentioning, stages_naming
from pipelinekit.graph.graph import Graph
from pipelinekit.resolve.stage import Stage
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.pk103_missing_script import missing_scripts
from pipelinekit.rules.rule import rule
from pipelinekit.scripts.invocations import Invocation, all_invocations, word_place
from pipelinekit.scripts.shell import Word
from pipelinekit.yaml.tree import Node, Place

_PATH = re.compile(r"(?:[A-Za-z]:)?\\?(?:[\w.${}-][\w. ${}-]*\\{1,2})+[\w.${}-]*[\w}]\Z")
_DRIVE = re.compile(r"[A-Za-z]:[\\/][\w\\/]")
_PROGRAM = re.compile(r"[\w./\\:-]+\.(?:exe|bat|cmd|ps1)\Z", re.IGNORECASE)
_VARIABLE = re.compile(r"%(?:CD|USERPROFILE|HOMEPATH|APPDATA|TEMP|TMP|USERNAME|[A-Z]+_\w+)%", re.IGNORECASE)
# To these a `\` means something.
_TEXT_TOOLS = frozenset({"echo", "printf", "sed", "awk", "gawk", "grep", "egrep", "perl", "tr", "cut", "find", "jq"})


@rule(
    "PK507",
    "platform-only-path",
    level="warning",
    since="0.1.0",
    reads=("cmd", "deps", "outs", "metrics", "plots", "wdir"),
    among=any_of(stages_naming("\\"), stages_mentioning("\\", ".exe", ".bat", ".cmd", ".ps1", ":/", "%")),
)
def platform_only_path(stage: Stage, graph: Graph) -> Iterator[Finding]:
    """A path that only Windows understands.

    ## What it does
    Finds paths with `\\` or a drive letter (`data\\train.csv`, `C:/data`) in commands, dependencies and outputs,
    programs that end in `.exe` or `.bat`, and variables like `%USERPROFILE%`.

    ## Why it matters
    A shell on Linux or macOS drops the `\\`, and DVC there takes it for a part of the name. The pipeline works on
    one kind of machine; CI and containers are of the other kind. `/` works on all of them.

    ## Example
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py --data data\\train.csv
    #                               ^^^^^^^^^^^^^^
        deps:
        - data/train.csv
        - train.py
        outs:
        - model.pkl
    ```

    ## Use instead
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py --data data/train.csv
        deps:
        - data/train.csv
        - train.py
        outs:
        - model.pkl
    ```
    """
    disk = graph.index.project.disk
    # a dependency that nobody finds because of its `\\` is reported as that
    found = [dep for dep in stage.deps if "\\" in dep.text and (disk.exists(dep.path) or graph.made_by(dep.path))]
    places: list[tuple[Node, str]] = [(dep.node, dep.text) for dep in found]
    places += [(out.node, out.text) for out in stage.outs]
    for node, text in places:
        if "\\" in text and _PATH.match(text) and not _DRIVE.match(text):
            yield _explain(stage, node, text)
    missing = {script.word for script in graph.derived(missing_scripts).get(stage, ())}
    for invocation in graph.derived(all_invocations)[stage]:
        for position, word in enumerate(_words(invocation)):
            written = invocation.line[word.start : word.end].strip("\"'")
            path = written.partition("=")[2] or written if written.startswith("-") else written
            if word in missing or not _is_of_windows(path, is_program=position == 0):
                continue
            if invocation.parsed.program not in _TEXT_TOOLS:
                yield _explain(stage, word_place(stage, invocation, word._replace(text=path)), path)


def _words(invocation: Invocation) -> tuple[Word, ...]:
    parsed = invocation.parsed
    return (*parsed.words, *parsed.reads, *parsed.writes)


def _is_of_windows(text: str, *, is_program: bool) -> bool:
    if is_program and _PROGRAM.match(text):
        return True
    has_suffix = re.search(r"\.\w{1,8}\Z", text) is not None
    return bool(_DRIVE.match(text) or _VARIABLE.search(text) or ("\\" in text and has_suffix and _PATH.match(text)))


def _explain(stage: Stage, at: Node | Place, text: str) -> Finding:
    advice = "Name the program without its ending."
    if "%" in text:
        advice = "Write a path inside of the project, or a parameter."
    elif _DRIVE.match(text):
        advice = "Bring it into the project, and write the path relative to it, with '/'."
    elif "\\" in text:
        advice = "Write '/' for '\\': it works everywhere."
    return Finding(
        at,
        f"{text} means something on Windows only",
        why="on Linux and macOS, in CI and in containers the stage fails, or writes to another place",
        help=advice,
        stage=stage,
    )
