from __future__ import annotations

import posixpath
from collections.abc import Iterator

from pipelinekit.graph.graph import Graph
from pipelinekit.model.suggest import closest
from pipelinekit.project.paths import is_pipeline_file, relative
from pipelinekit.resolve.stage import Dep, Stage
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.near_misses import is_missing, near_misses, tracking
from pipelinekit.rules.pk103_missing_script import missing_scripts
from pipelinekit.rules.rule import rule
from pipelinekit.yaml.tree import Mapping, Scalar, Sequence


@rule("PK106", "missing-dependency", level="error", since="0.1.0", reads=("deps", "wdir"))
def missing_dependency(stage: Stage, graph: Graph) -> Iterator[Finding]:
    """A dependency is neither there, nor made by a stage, nor tracked by a `.dvc` file.

    ## What it does
    Looks for every dependency on disk, among the outputs of all stages, and in the `.dvc` files of the
    project, and suggests a near miss. A `.dvc` file or a `dvc.yaml` as a dependency, which DVC refuses, is
    found too, and a `ds://` name that no data set has.

    ## Why it matters
    `dvc repro` stops at the stage with `[Errno 2] No such file or directory`, after everything before it has
    run. A pipeline that was never run is fine: what a stage will make counts as there.

    ## Example
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py
        deps:
        - data/clean.csv
    #     ^^^^^^^^^^^^^^
        - train.py
        outs:
        - model.pkl
    ```
    ```text files
    data/cleaned.csv
    train.py
    ```

    ## Use instead
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py
        deps:
        - data/cleaned.csv
        - train.py
        outs:
        - model.pkl
    ```
    """
    for dep in stage.deps:
        if dep.text.endswith((".dvc", "dvc.yaml")) and is_pipeline_file(dep.text):
            yield _pipeline_file(stage, dep)
        elif dep.path.startswith("ds://"):
            yield from _data_set(stage, dep, graph)
        else:
            yield from _file(stage, dep, graph)


def _file(stage: Stage, dep: Dep, graph: Graph) -> Iterator[Finding]:
    if not is_missing(dep, graph) or any(
        script.path == dep.path for script in graph.derived(missing_scripts).get(stage, ())
    ):
        return
    project = graph.index.project
    hidden = next((file for file in tracking(dep.path) if file in project.skipped_by_git), None)
    if hidden is not None:
        yield Finding(
            dep.node,
            f"{dep.path} does not exist, and DVC does not see {hidden}, which tracks it",
            why="git ignores that file, and DVC passes over what git ignores",
            help=f"Take {hidden} out of .gitignore, with a line that begins with '!' or a narrower pattern.",
            stage=stage,
        )
        return
    yield Finding(
        dep.node,
        f"{dep.path} does not exist, and no stage makes it",
        why="dvc repro stops at this stage, after everything before it has run",
        help=_remedy(stage, dep, graph),
        stage=stage,
    )


def _remedy(stage: Stage, dep: Dep, graph: Graph) -> str:
    disk = graph.index.project.disk
    near = graph.derived(near_misses).get(dep.path)
    if near is not None:
        return f"Did you mean '{relative(near, stage.wdir)}'?"
    if any(char in dep.text for char in "*?["):
        return "DVC takes no wildcards: list the files, or their folder."
    if stage.wdir != "." and disk.exists(posixpath.normpath(dep.text)):
        return f"The stage runs in '{stage.wdir}': the path must be relative to that."
    return "Correct the path, add a stage that makes it, or track the file with 'dvc add'."


def _pipeline_file(stage: Stage, dep: Dep) -> Finding:
    data = dep.text.removesuffix(".dvc") if dep.text.endswith(".dvc") else ""
    return Finding(
        dep.node,
        f"the pipeline file {dep.text} can't be a dependency",
        why="DVC refuses to load the stage",
        help=f"Depend on the data itself: '{data}'." if data else "Depend on the files that the stage reads.",
        stage=stage,
    )


def _data_set(stage: Stage, dep: Dep, graph: Graph) -> Iterator[Finding]:
    names: list[str] = []
    for pipeline in graph.index.pipelines:
        root = pipeline.document.root
        section = root.get("datasets") if isinstance(root, Mapping) else None
        for item in section.items if isinstance(section, Sequence) else []:
            node = item.get("name") if isinstance(item, Mapping) else None
            if isinstance(node, Scalar):
                names.append(str(node.value))
    wanted = dep.path.removeprefix("ds://").split("/")[0]
    if wanted in names or any("${" in name for name in names):
        return
    near = closest(wanted, names)
    yield Finding(
        dep.node,
        f"no data set is called '{wanted}'",
        why="dvc status and dvc repro stop at this stage",
        help=f"Did you mean 'ds://{near}'?" if near else "Add it with 'dvc dataset add', or correct the name.",
        stage=stage,
    )
