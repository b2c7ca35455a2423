from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from pipelinekit.graph.graph import Graph
from pipelinekit.project.params import ParamsFile
from pipelinekit.project.paths import is_covered
from pipelinekit.resolve.stage import Dep, Stage
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import rule
from pipelinekit.scripts.accesses import all_accesses
from pipelinekit.scripts.imports import all_imports
from pipelinekit.scripts.programs import all_invocations, all_scripts
from pipelinekit.scripts.python.runs import Run, all_runs, is_python, loader_of

#: Programs that read nothing that matters.
_QUIET = frozenset({"cd", "echo", "mkdir", "export", "set", "true", "date", "printf"})
#: What makes up the environment of a stage: it is read by no script, and matters all the same.
_ENVIRONMENT = re.compile(
    r"(?:^|/)(?:requirements[^/]*\.(?:txt|in|lock)|pyproject\.toml|setup\.(?:py|cfg)|[^/]*\.lock|poetry\.lock|uv\.lock"
    r"|environment[^/]*\.ya?ml|conda[^/]*\.ya?ml|pixi\.(?:toml|lock)|Dockerfile[^/]*|Makefile|\.env[^/]*|\.calkit/.*"
    r"|renv\.lock|\.python-version)$"
)


@rule(
    "PK107",
    "unread-dependency",
    level="advice",
    since="0.1.0",
    reads=("cmd", "deps", "wdir"),
)
def unread_dependency(stage: Stage, graph: Graph) -> Iterator[Finding]:
    """A dependency that nothing in the stage reads.

    ## What it does
    Looks for each dependency among the files that the stage's Python scripts import and read. It speaks only
    where all that the stage runs is understood: no path that is known at run time alone, no other program, and
    the name of the file in none of the scripts. Files that describe the environment (`requirements.txt`,
    lock files, `Dockerfile`) are left out.

    ## Why it matters
    The stage re-runs when the file changes, for nothing. Often the file was used once, or another one is meant.

    ## Example
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py
        deps:
        - data/labels.json
    #     ^^^^^^^^^^^^^^^^
        - train.py
        outs:
        - model.json
    ```
    ```python train.py
    import json

    with open("model.json", "w") as file:
        json.dump({"depth": 3}, file)
    ```

    ## Use instead
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py
        deps:
        - train.py
        outs:
        - model.json
    ```
    ```python train.py
    import json

    with open("model.json", "w") as file:
        json.dump({"depth": 3}, file)
    ```
    """
    runs = graph.derived(all_runs).get(stage, [])
    if not runs or not stage.deps or not _is_understood(stage, runs, graph):
        return
    used = {run.script.path for run in runs}
    for imports in graph.derived(all_imports)[stage]:
        used.update(imports.files)
    touched = {access.path for access in graph.derived(all_accesses)[stage]}
    texts = [*stage.commands, *_texts(used, graph), *_settings(runs, graph)]
    for dep in stage.deps:
        if dep.is_local and not _is_used(dep, used | touched) and not _is_named(dep, texts):
            yield _explain(stage, dep)


def _is_understood(stage: Stage, runs: list[Run], graph: Graph) -> bool:
    """Whether the stage runs Python scripts alone, and nothing in them is out of sight."""
    invocations = [item for item in graph.derived(all_invocations)[stage] if item.parsed.program not in _QUIET]
    scripts = graph.derived(all_scripts)[stage]
    if any(script.via or not is_python(script.path) for script in scripts):
        return False
    if len(invocations) != len(runs) or len(scripts) != len(runs):
        return False
    for run in runs:
        if run.gaps or any(use.path is None for use in run.files):
            return False
        if any(call.name.startswith(_RUNS_PROGRAMS) for call in run.calls):
            return False
    return True


_RUNS_PROGRAMS = ("subprocess.", "os.system", "os.popen", "os.exec", "os.spawn", "runpy.", "multiprocessing.", "sh.")


def _texts(paths: set[str], graph: Graph) -> Iterator[str]:
    loader = graph.derived(loader_of)
    for path in paths:
        source = loader.source(path)
        if source is not None:
            yield source.document.text


def _settings(runs: list[Run], graph: Graph) -> Iterator[str]:
    """The texts of the files that values are looked up in: a path may stand there."""
    for path in {use.file for run in runs for use in run.keys}:
        params = graph.index.project.params(path)
        if isinstance(params, ParamsFile):
            yield params.text


def _is_used(dep: Dep, used: set[str]) -> bool:
    path = dep.path
    return path in used or any(is_covered(other, [path]) for other in used) or is_covered(path, used)


def _is_named(dep: Dep, texts: list[str]) -> bool:
    """Whether the name of a dependency, or of its folder, stands anywhere in what the stage runs."""
    if _ENVIRONMENT.search(dep.path):
        return True
    name = posixpath.basename(dep.path)
    stem = name.partition(".")[0] or name
    return any(stem in text for text in texts)


def _explain(stage: Stage, dep: Dep) -> Finding:
    return Finding(
        dep.node,
        f"nothing that '{stage.definition.name}' runs reads {dep.path}",
        why="the stage re-runs for nothing when it changes",
        help="Remove it from deps, or correct the path.",
        stage=stage,
    )
