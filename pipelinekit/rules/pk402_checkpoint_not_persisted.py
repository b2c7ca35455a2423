from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from pipelinekit.graph.among import any_of, stages_mentioning, stages_with_output
from pipelinekit.graph.graph import Graph
from pipelinekit.project.paths import ancestors, join
from pipelinekit.resolve.stage import Out, Stage
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.flags import set_flag
from pipelinekit.rules.rule import rule
from pipelinekit.scripts.programs import all_invocations

_READS_BACK = re.compile(
    r"--?(?:resume(?:[-_]\w+)*|restore(?:[-_]\w+)*|warm[-_]?start(?:[-_]\w+)?|(?:continue|init|load)[-_]from(?:[-_]\w+)?)(?:=|\Z)"
)
_WORDS = ("resume", "restore", "warm", "from")
_CHECKPOINTS = frozenset({"checkpoint", "checkpoints", "ckpt", "ckpts"})


@rule(
    "PK402",
    "checkpoint-not-persisted",
    level="warning",
    since="0.1.0",
    fix="sometimes",
    reads=("cmd", "outs", "wdir"),
    among=any_of(stages_mentioning(*_WORDS), stages_with_output("checkpoint", "ckpt")),
)
def checkpoint_not_persisted(stage: Stage, graph: Graph) -> Iterator[Finding]:
    """A stage writes checkpoints that DVC deletes before it can resume from them.

    ## What it does
    Finds outputs without `persist: true` that the command gets to resume from (`--resume models/last.ckpt`,
    `--restore-from ckpt`), and folders called `checkpoints` or `ckpt`.

    ## Why it matters
    DVC deletes the outputs of a stage before it runs it. A training that should go on from its last checkpoint
    starts from nothing, each time, and says nothing about it.

    ## Example
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py --resume last.ckpt
        deps:
        - train.py
        outs:
        - last.ckpt
    #     ^^^^^^^^^
        - model.pkl
    ```

    ## Use instead
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py --resume last.ckpt
        deps:
        - train.py
        outs:
        - last.ckpt:
            persist: true
        - model.pkl
    ```

    ## Fix safety
    The fix adds `persist: true`. It is unsafe: the next run then starts from what the last one left, which
    changes its result.
    """
    outs = [out for out in stage.outs if out.kind == "out" and "persist" not in out.flags]
    if not outs:
        return
    read_back = _read_back(stage, graph)
    for out in outs:
        resumed = any(path == out.path or out.path in ancestors(path) for path in read_back)
        if resumed or posixpath.basename(out.path) in _CHECKPOINTS:
            yield _explain(stage, out, resumed=resumed)


def _read_back(stage: Stage, graph: Graph) -> set[str]:
    """The paths that options for resuming are given."""
    found: set[str] = set()
    if not any(word in command for command in stage.commands for word in _WORDS):
        return found
    for invocation in graph.derived(all_invocations)[stage]:
        words = invocation.parsed.words
        for position, word in enumerate(words):
            option = _READS_BACK.match(word.text or "")
            if option is None or invocation.folder is None:
                continue
            value = (word.text or "")[option.end() :]
            if not option.group().endswith("="):
                value = (words[position + 1].text or "") if position + 1 < len(words) else ""
            if value and not value.startswith("/"):
                found.add(join(invocation.folder, value, "/"))
    return found


def _explain(stage: Stage, out: Out, *, resumed: bool) -> Finding:
    message = f"'{stage.name}' should resume from {out.text}, but DVC deletes it before each run"
    if not resumed:
        message = f"the checkpoints in {out.text} do not survive: DVC deletes them before '{stage.name}' runs again"
    return Finding(
        out.node,
        message,
        why="a training that should go on starts from nothing, and says nothing about it",
        help="Add 'persist: true' to keep it between runs; or 'persist: false' if it should go.",
        fix=set_flag(out, "persist", True, "Add 'persist: true'", safe=False),
        stage=stage,
    )
