from __future__ import annotations

import posixpath
from collections.abc import Iterator

from pipelinekit.graph.graph import Graph
from pipelinekit.model.suggest import closest
from pipelinekit.project.paths import folder_of, relative
from pipelinekit.project.repository import is_in_repository
from pipelinekit.resolve.stage import Stage
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import rule
from pipelinekit.scripts.programs import Script, all_scripts, script_place, word_place


def missing_scripts(graph: Graph) -> dict[Stage, list[Script]]:
    """The scripts that nothing provides, by the stages that run them; for `Graph.derived`."""
    if not graph.index.outs_are_known:
        return {}
    project = graph.index.project
    provided: dict[str, bool] = {}
    found: dict[Stage, list[Script]] = {}
    for stage, scripts in graph.derived(all_scripts).items():
        for script in scripts:
            path = script.path
            if path not in provided:
                provided[path] = (
                    project.disk.exists(path) or bool(graph.made_by(path)) or not is_in_repository(path, project.root)
                )
            if not provided[path] and not script.may_be_made:
                found.setdefault(stage, []).append(script)
    return found


@rule("PK103", "missing-script", level="error", since="0.1.0", reads=("cmd", "wdir"), among=missing_scripts)
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
    for script in graph.derived(missing_scripts).get(stage, ()):
        yield _missing(stage, script, graph)


def _missing(stage: Stage, script: Script, graph: Graph) -> Finding:
    through = script.via[-1].path if script.via else ""
    return Finding(
        script_place(stage, script),
        f"'{stage.definition.name}' runs {script.path}{f' through {through}' if through else ''}, which does not exist",
        why=f"{through} stops there, or goes on without it"
        if through
        else "the stage will fail, after everything before it has run",
        help=_advice(stage, script, graph),
        related=[(word_place(stage, script, script.word), f"{through} runs it here")] if through else [],
        stage=stage,
        level="warning" if through else None,
    )


def _advice(stage: Stage, script: Script, graph: Graph) -> str:
    if "\\" in script.line[script.word.start : script.word.end]:
        return "Write '/' for '\\': a shell drops the latter."
    folder = folder_of(script.path)
    wanted = posixpath.basename(script.path)
    names = graph.index.project.disk.names(folder)
    near = closest(wanted, [name for name in names if posixpath.splitext(name)[1] == posixpath.splitext(wanted)[1]])
    if near is not None:
        return f"Did you mean '{relative(posixpath.normpath(posixpath.join(folder, near)), stage.wdir)}'?"
    if stage.wdir != "." and graph.index.project.disk.exists(posixpath.normpath(script.word.text or "")):
        return f"The command runs in '{stage.wdir}': the path must be relative to that."
    return "Create it, or correct the path."
