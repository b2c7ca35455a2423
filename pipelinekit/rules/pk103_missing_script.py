from __future__ import annotations

import posixpath
from collections.abc import Iterator

from pipelinekit.graph.graph import Graph
from pipelinekit.model.suggest import closest
from pipelinekit.project.paths import folder_of, is_outside, relative
from pipelinekit.resolve.stage import Stage
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import rule
from pipelinekit.scripts.programs import Script, all_scripts, command_place


@rule("PK103", "missing-script", level="error", since="0.1.0", reads=("cmd", "wdir"))
def missing_script(stage: Stage, graph: Graph) -> Iterator[Finding]:
    """The file that a stage runs does not exist.

    ## What it does
    Finds the file of this project that the command runs, as `script-not-in-deps` does, and looks whether it is
    there, is made by a stage, or is tracked by a `.dvc` file. A command that fetches or copies files before
    (`git clone`, `wget`, `cp`…) is given the benefit of the doubt.

    ## Why it matters
    The stage fails, after everything before it has run.

    ## Example
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python src/trian.py
    #               ^^^^^^^^^^^^
        deps:
        - data.csv
        outs:
        - model.pkl
    ```
    ```text files
    data.csv
    src/train.py
    ```

    ## Use instead
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python src/train.py
        deps:
        - data.csv
        - src/train.py
        outs:
        - model.pkl
    ```
    """
    for script in missing_scripts(stage, graph):
        yield _missing(stage, script, graph)


def missing_scripts(stage: Stage, graph: Graph) -> list[Script]:
    """The scripts that a stage runs and that nothing provides."""
    if not graph.index.outs_are_known:
        return []
    disk = graph.index.project.disk
    return [
        script
        for script in graph.derived(all_scripts)[stage]
        if not script.may_be_made
        and not is_outside(script.path)
        and not disk.exists(script.path)
        and not graph.made_by(script.path)
    ]


def _missing(stage: Stage, script: Script, graph: Graph) -> Finding:
    folder = folder_of(script.path)
    wanted = posixpath.basename(script.path)
    names = graph.index.project.disk.names(folder)
    near = closest(wanted, [name for name in names if posixpath.splitext(name)[1] == posixpath.splitext(wanted)[1]])
    help_text = "Create it, or correct the path."
    if near is not None:
        help_text = f"Did you mean '{relative(posixpath.normpath(posixpath.join(folder, near)), stage.wdir)}'?"
    elif stage.wdir != "." and graph.index.project.disk.exists(posixpath.normpath(script.word.text or "")):
        help_text = f"The command runs in '{stage.wdir}': the path must be relative to that."
    return Finding(
        command_place(stage, script.command, script.word.text or ""),
        f"'{stage.definition.name}' runs {script.path}, which does not exist",
        why="the stage will fail, after everything before it has run",
        help=help_text,
        stage=stage,
    )
