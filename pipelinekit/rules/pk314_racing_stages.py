from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from pipelinekit.graph.graph import Graph
from pipelinekit.project.paths import is_outside, is_url, join
from pipelinekit.resolve.stage import Stage
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import rule
from pipelinekit.scripts.programs import all_invocations, command_place

#: Writers of one file that are looked at: with more, the first findings say enough.
_MOST = 50


class _Write(NamedTuple):
    stage: Stage
    text: str
    command: str


@rule("PK314", "racing-stages", level="warning", since="0.1.0")
def racing_stages(graph: Graph) -> Iterator[Finding]:
    """Two stages that DVC may run in either order write one file.

    ## What it does
    Reads what commands write by redirection (`> file`, `>> file`, `| tee file`) and finds files that two stages
    write, or that one writes and another one has as its output, where neither depends on the other.

    ## Why it matters
    What the file holds in the end depends on which stage ran last. DVC does not say which that is, and two
    stages side by side can mix their lines.

    ## Example
    ```yaml dvc.yaml
    stages:
      clean:
        cmd: python clean.py > run.log
        deps:
        - clean.py
        outs:
        - clean.csv
      train:
        cmd: python train.py > run.log
    #                          ^^^^^^^
        deps:
        - train.py
        outs:
        - model.pkl
    ```

    ## Use instead
    ```yaml dvc.yaml
    stages:
      clean:
        cmd: python clean.py > clean.log
        deps:
        - clean.py
        outs:
        - clean.csv
      train:
        cmd: python train.py > train.log
        deps:
        - train.py
        outs:
        - model.pkl
    ```
    """
    for path, writes in _writes(graph).items():
        owners = [out.stage for out in graph.outs.get(path, ()) if isinstance(out.stage, Stage)]
        if len(owners) > 1:
            continue  # an output that is made twice is a rule of its own
        for position, write in enumerate(writes[:_MOST]):
            earlier: list[Stage] = [*owners, *(other.stage for other in writes[:position])]
            rival = next((other for other in earlier if _unordered(write.stage, other, graph)), None)
            if rival is not None:
                yield _explain(path, write, rival, writes)


def _writes(graph: Graph) -> dict[str, list[_Write]]:
    found: dict[str, list[_Write]] = defaultdict(list)
    for stage in graph.index.stages:
        if not stage.knows("cmd", "wdir") or not any(char in command for command in stage.commands for char in ">|"):
            continue
        for invocation in graph.derived(all_invocations)[stage]:
            words = list(invocation.parsed.writes)
            if invocation.parsed.program == "tee":
                words += [word for word in invocation.parsed.words[1:] if not (word.text or "-").startswith("-")]
            for word in words:
                if word.text is None or invocation.folder is None or is_url(word.text):
                    continue
                path = join(invocation.folder, word.text, graph.index.project.root)
                if not is_outside(path) and all(other.stage is not stage for other in found[path]):
                    found[path].append(_Write(stage, word.text, invocation.command))
    return found


def _unordered(stage: Stage, other: Stage, graph: Graph) -> bool:
    if stage is other:
        return False
    return other not in graph.upstream(stage) and stage not in graph.upstream(other)


def _explain(path: str, write: _Write, rival: Stage, writes: list[_Write]) -> Finding:
    other = next((found for found in writes if found.stage is rival), None)
    place = command_place(rival, other.command, other.text) if other is not None else rival.place
    return Finding(
        command_place(write.stage, write.command, write.text),
        f"'{write.stage.name}' writes {path}, and so does '{rival.name}'; neither waits for the other",
        why="what the file holds in the end depends on which one runs last",
        help="Let each write a file of its own.",
        related=[(place, f"'{rival.name}' writes it here")],
        stage=write.stage,
    )
