from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.graph.graph import Graph
from pipelinekit.project.paths import ancestors, is_outside, relative
from pipelinekit.resolve.stage import Stage
from pipelinekit.rules.finding import Finding, Fix
from pipelinekit.rules.list_edits import add_entry
from pipelinekit.rules.rule import rule
from pipelinekit.scripts.programs import Script, all_scripts, command_place


@rule("PK101", "script-not-in-deps", level="warning", since="0.1.0", fix="sometimes", reads=("cmd", "deps", "wdir"))
def script_not_in_deps(stage: Stage, graph: Graph) -> Iterator[Finding]:
    """The file that a stage runs is not among its dependencies.

    ## What it does
    Reads the command as a shell would, finds the file of this project that it runs, and looks for it, or a
    folder that holds it, under `deps`. It sees through `python x.py`, `python -m package.module`,
    `bash x.sh`, notebooks, `Rscript` and other interpreters, programs that `pyproject.toml` defines, `uv run`,
    `poetry run`, `torchrun` and their like, `cd folder &&`, `wdir`, variables in front of the command, lists
    of commands, and `${…}`.

    ## Why it matters
    DVC re-runs a stage when a dependency changes. It does not read the command: edit a script that is not
    listed, and `dvc repro` says that everything is up to date, with results of the old code.

    ## Example
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python src/train.py --data data.csv
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
        cmd: python src/train.py --data data.csv
        deps:
        - data.csv
        - src/train.py
        outs:
        - model.pkl
    ```

    ## Fix safety
    The fix adds the file to `deps`, and nothing else. DVC will run the stage once more, because its
    dependencies are not those of the last run.
    """
    if stage.always_changed or not (stage.deps or stage.params or stage.outs):
        return  # DVC runs it every time anyway
    listed = {dep.path for dep in stage.deps}
    reported: set[str] = set()
    for script in graph.derived(all_scripts)[stage]:
        path = script.path
        if path in listed or path in reported or "." in listed or any(folder in listed for folder in ancestors(path)):
            continue
        if is_outside(path) or graph.index.project.disk.kind(path) != "file" or _is_own_output(stage, path):
            continue
        reported.add(path)
        yield _missing(stage, script)


def _is_own_output(stage: Stage, path: str) -> bool:
    return any(out.path == path or out.path in ancestors(path) for out in stage.outs)


def _missing(stage: Stage, script: Script) -> Finding:
    text = relative(script.path, stage.wdir)
    return Finding(
        command_place(stage, script.command, script.word.text or ""),
        f"'{stage.definition.name}' runs {script.path}, which is not among its deps",
        why="editing it re-runs nothing: dvc repro keeps the results of the old code",
        help=f"Add '{text}' to deps.",
        fix=_fix(stage, script, text),
        stage=stage,
    )


def _fix(stage: Stage, script: Script, text: str) -> Fix | None:
    """Only where one path is right for every stage of a group."""
    definition = stage.definition
    if any(other.wdir != stage.wdir for other in definition.stages) or "${" in text:
        return None
    if len(definition.stages) > 1 and any(
        script.command != command for other in definition.stages for command in other.commands
    ):
        node = definition.field("cmd")
        if node is None or (script.word.text or "") not in node.source:
            return None
    return add_entry(definition, "deps", text, f"Add {text} to deps")
