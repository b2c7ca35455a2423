from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.graph.among import stages_mentioning
from pipelinekit.graph.graph import Graph
from pipelinekit.project.paths import ancestors
from pipelinekit.resolve.stage import Stage, TrackedFile
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import rule
from pipelinekit.scripts.invocations import word_place


@rule(
    "PK511",
    "deletes-outside-outputs",
    level="warning",
    since="0.1.0",
    reads=("cmd", "wdir", "deps", "outs"),
    among=stages_mentioning("rm", "mv", "unlink", "gzip", "gunzip", "bzip2", "xz"),
)
def deletes_outside_outputs(stage: Stage, graph: Graph) -> Iterator[Finding]:
    """A command deletes what is not the stage's own.

    ## What it does
    Finds `rm`, `mv` and the like of files that git tracks, that the stage depends on, or that another stage or a
    `.dvc` file stands for. What the stage has made itself before, its own outputs and files nobody tracks may go.

    ## Why it matters
    Running the pipeline changes the project. The next run finds a dependency gone, another stage has to run
    again, or git shows files as deleted.

    ## Example
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py && rm data.csv
    #                              ^^^^^^^^
        deps:
        - data.csv
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
        - data.csv
        - train.py
        outs:
        - model.pkl
    ```
    """
    from pipelinekit.scripts.commands import all_file_uses

    made: set[str] = set()
    for path, use, invocation in graph.derived(all_file_uses)[stage]:
        if use.mode == "write":
            made.add(path)
        if use.mode != "remove" or invocation.origin is not None:
            continue
        if path in made or any(folder in made for folder in ancestors(path)):
            continue
        owner = _owner(stage, path, graph)
        if owner is not None:
            verb = "moves away" if invocation.parsed.program == "mv" else "deletes"
            yield Finding(
                word_place(stage, invocation, use.word),
                f"'{stage.definition.name}' {verb} {path}, {owner}",
                why="running the pipeline changes what it starts from",
                help="Leave it where it is; work on a copy if the command changes it.",
                stage=stage,
            )


def _owner(stage: Stage, path: str, graph: Graph) -> str | None:
    """Whose a path is, if it is not the stage's own."""
    outs = graph.made_by(path)
    if any(out.stage is stage for out in outs):
        return None
    for out in outs:
        if isinstance(out.stage, TrackedFile):
            return f"which {out.stage.file} tracks"
        return f"which '{out.stage.name}' makes"
    if any(dep.path == path or path in ancestors(dep.path) for dep in stage.deps):
        return "on which it depends"
    git = graph.index.project.git
    if git is not None and (path in git.tracked or git.tracked_below(path) is not None):
        return "which git tracks"
    return None
