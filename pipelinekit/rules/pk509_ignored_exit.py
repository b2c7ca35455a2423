from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.graph.among import stages_mentioning
from pipelinekit.graph.graph import Graph
from pipelinekit.resolve.stage import Stage
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import rule
from pipelinekit.scripts.connections import Connection, connections
from pipelinekit.scripts.failures import worker
from pipelinekit.scripts.invocations import (
    Invocation,
    all_invocations,
    by_line,
    word_place,
)
from pipelinekit.scripts.shell import Word


@rule(
    "PK509",
    "ignored-exit",
    level="warning",
    since="0.1.0",
    reads=("cmd", "wdir"),
    among=stages_mentioning("||", "+e", ";", "\n"),
)
def ignored_exit(stage: Stage, graph: Graph) -> Iterator[Finding]:
    """A command says that its failure doesn't matter.

    ## What it does
    Finds `|| true`, `|| :`, `|| exit 0`, `|| echo …` and `; true` behind something that does work (a script, a
    download, a file that is written), and `set +e`. Behind `rm`, `mkdir` or `grep` it is left alone.

    ## Why it matters
    The stage counts as done, whatever happened. DVC caches the outputs of a run that failed half-way, and stages
    that depend on them go on with those.

    ## Example
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py || true
    #                        ^^^^^^^
        deps:
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
        - train.py
        outs:
        - model.pkl
    ```
    """
    for invocations in by_line(graph.derived(all_invocations)[stage]):
        first = invocations[0]
        for connection in connections(first.line):
            work = _ignored(connection, invocations, graph)
            if work is not None:
                place = Word(None, connection.place.start, connection.right.end)
                yield _explain(stage, first, place, f"the failure of {work.text or 'a part'} is ignored")
        for invocation in invocations:
            words = [word.text for word in invocation.parsed.words]
            if words[:2] == ["set", "+e"]:
                place = Word(None, invocation.parsed.words[0].start, invocation.parsed.words[1].end)
                yield _explain(stage, first, place, "from here on failures are ignored")


def _ignored(connection: Connection, invocations: list[Invocation], graph: Graph) -> Word | None:
    """The work whose failure is made a success."""
    if connection.sign not in ("||", ";"):
        return None
    left = [invocation for invocation in invocations if connection.left.holds(_start(invocation))]
    right = [invocation for invocation in invocations if connection.right.holds(_start(invocation))]
    if not left or len(right) != 1 or not _succeeds(right[0], connection.sign):
        return None
    if connection.sign == ";" and invocations[0].line[connection.right.end :].strip():
        return None
    return worker(left[-1], graph.index.project)


def _succeeds(invocation: Invocation, sign: str) -> bool:
    words = [word.text for word in invocation.parsed.words]
    if words in (["true"], [":"], ["exit", "0"]):
        return True
    return sign == "||" and words[:1] in (["echo"], ["printf"]) and not invocation.parsed.writes


def _start(invocation: Invocation) -> int:
    words = invocation.parsed.words
    return words[0].start if words else -1


def _explain(stage: Stage, first: Invocation, place: Word, message: str) -> Finding:
    return Finding(
        word_place(stage, first, place),
        message,
        why="the stage counts as done, whatever happened, and DVC caches what is there",
        help="Leave it out, or test for the one failure that is expected.",
        stage=stage,
    )
