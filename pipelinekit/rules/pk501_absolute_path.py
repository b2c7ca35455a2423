from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from pipelinekit.graph.among import END, any_of, stages_matching, stages_naming
from pipelinekit.graph.graph import Graph
from pipelinekit.project.paths import is_outside, join, relative
from pipelinekit.resolve.stage import SECTIONS, Dep, Out, Stage
from pipelinekit.rules.finding import Change, Finding, Fix
from pipelinekit.rules.rule import rule
from pipelinekit.scripts.programs import all_invocations, command_place
from pipelinekit.yaml.edit import CannotEditError, replace_within
from pipelinekit.yaml.tree import Scalar

# What every machine of a kind has.
_SYSTEM = ("/dev/", "/proc/", "/sys/", "/usr/", "/bin/", "/sbin/", "/etc/", "/lib", "/tmp/", "/var/tmp/")
_HINT = re.compile(r"/(?<![\w./]/)\w")


@rule(
    "PK501",
    "absolute-path",
    level="warning",
    since="0.1.0",
    fix="sometimes",
    reads=("cmd", "deps", "outs", "metrics", "plots", "wdir"),
    among=any_of(stages_naming(f"{END}/", f"{END}~", ":"), stages_matching(_HINT)),
)
def absolute_path(stage: Stage, graph: Graph) -> Iterator[Finding]:
    """A path that exists on one machine only.

    ## What it does
    Finds absolute paths, and paths in somebody's home folder (`~/…`), among dependencies, outputs, params files,
    in `wdir` and in commands. Paths of the system (`/usr`, `/dev`, `/tmp`…) in commands are left alone.

    ## Why it matters
    Nobody else has it: not a colleague, not CI, not the container. And DVC can't tell whether what it finds
    there is what you had.

    ## Example
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py
        deps:
        - /home/ana/data/train.csv
    #     ^^^^^^^^^^^^^^^^^^^^^^^^
        - train.py
        outs:
        - model.pkl
    ```

    ## Use instead
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py
        deps:
        - data/train.csv
        - train.py
        outs:
        - model.pkl
    ```

    ## Fix safety
    A path that leads into this project is written relative to the folder of the stage; DVC sees the same path.
    For others there is no fix: bring the data into the project.
    """
    for dep in stage.deps:
        if _is_absolute(dep.text):
            yield _path(stage, dep)
    for out in stage.outs:
        if _is_absolute(out.text) and not (out.cache and out.is_outside):
            yield _path(stage, out)
    for param in stage.params:
        if _is_absolute(param.file_text):
            yield _finding(stage, param.node, param.file_text, None)
    body = stage.definition.body
    wdir = body.get("wdir") if body is not None else None
    if isinstance(wdir, Scalar) and isinstance(wdir.value, str) and _is_absolute(wdir.value):
        yield _finding(stage, wdir, wdir.value, None)
    yield from _in_command(stage, graph)


def _is_absolute(text: str) -> bool:
    on_windows = text[1:3] in (":\\", ":/") and text[0].isalpha()
    return on_windows or (text[:1] in ("/", "~") and text.startswith(("/", "~/")))


def _path(stage: Stage, place: Dep | Out) -> Finding:
    section = "deps" if isinstance(place, Dep) else SECTIONS[place.kind]
    fix = None
    if place.text.startswith("/") and not is_outside(place.path) and place.node.text == place.text:
        change = Change(stage.file, (*stage.definition.path, section))
        fix = _fix(stage, place.node, 0, place.text, relative(place.path, stage.wdir), change, frozenset())
    return _finding(stage, place.node, place.text, fix)


def _fix(
    stage: Stage, node: Scalar, start: int, text: str, replacement: str, change: Change, fields: frozenset[str]
) -> Fix | None:
    if len(stage.definition.stages) > 1 and "${" in node.text:
        return None
    try:
        edits = replace_within(node, start, start + len(text), replacement)
    except CannotEditError:
        return None
    return Fix(f"Write {replacement}", {stage.file: tuple(edits)}, (change,), fields)


def _in_command(stage: Stage, graph: Graph) -> Iterator[Finding]:
    if not any(_HINT.search(command) for command in stage.commands):
        return
    listed = {dep.text for dep in stage.deps} | {out.text for out in stage.outs}
    for invocation in graph.derived(all_invocations)[stage]:
        words = (*invocation.parsed.words, *invocation.parsed.reads, *invocation.parsed.writes)
        for word in words:
            text = word.text if word.text is not None else invocation.line[word.start : word.end]
            for part in (text, text.partition("=")[2]):
                if (
                    not part
                    or part in listed
                    or not part.startswith(("/", "~/"))
                    or part.startswith(_SYSTEM)
                    or "\n" in part
                ):
                    continue
                if not posixpath.normpath(part).strip("/"):
                    continue
                inside = part.startswith("/") and not is_outside(join(".", part, graph.index.project.root))
                if part.startswith("/") and not inside and part.count("/") < 2:
                    continue  # `/v1`, `/api`: more likely a switch or a route than a file
                yield _finding(stage, None, part, None, invocation.command)


def _finding(stage: Stage, node: object, text: str, fix: Fix | None, command: str = "") -> Finding:
    at = node if isinstance(node, Scalar) else command_place(stage, command, text)
    where = "in somebody's home folder" if text.startswith("~") else "absolute"
    return Finding(
        at,
        f"the path {text} is {where}",
        why="no other machine has it: not a colleague's, not CI, not a container",
        help=f"{fix.title}." if fix is not None else "Bring it into the project, and write the path relative to it.",
        fix=fix,
        stage=stage,
    )
