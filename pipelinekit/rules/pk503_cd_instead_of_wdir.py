from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.graph.graph import Graph
from pipelinekit.resolve.stage import Stage
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import rule
from pipelinekit.scripts.programs import all_invocations, command_place


@rule("PK503", "cd-instead-of-wdir", level="advice", since="0.1.0", reads=("cmd", "wdir"))
def cd_instead_of_wdir(stage: Stage, graph: Graph) -> Iterator[Finding]:
    """A command begins with `cd`, where the stage could say `wdir`.

    ## What it does
    Finds commands that first change into a folder of the project and then run the rest there.

    ## Why it matters
    With `wdir` the paths under `deps`, `outs` and `params` are relative to the same folder as those in the
    command, and the command says only what it does.

    ## Example
    ```yaml dvc.yaml
    stages:
      train:
        cmd: cd model && python train.py
    #        ^^
        deps:
        - model/train.py
        outs:
        - model/model.pkl
    ```

    ## Use instead
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py
        wdir: model
        deps:
        - train.py
        outs:
        - model.pkl
    ```
    """
    if not any("cd " in command for command in stage.commands):
        return
    found = graph.derived(all_invocations)[stage]
    if len(found) < 2 or found[0].parsed.program != "cd" or found[1].line is not found[0].line:
        return
    target = found[1].parsed.folder
    if target not in (None, "."):
        yield Finding(
            command_place(stage, found[0].command, "cd"),
            f"'{stage.name}' changes into {target} before it does anything",
            why="paths in the command and paths under deps and outs are relative to different folders",
            help=f"Say 'wdir: {target}', and write the paths relative to it.",
            stage=stage,
        )
