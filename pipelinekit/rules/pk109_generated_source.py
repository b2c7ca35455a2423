from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.graph.graph import Graph
from pipelinekit.resolve.stage import Dep, Stage, TrackedFile
from pipelinekit.rules.finding import Finding, in_words
from pipelinekit.rules.rule import rule
from pipelinekit.scripts.access import Access
from pipelinekit.scripts.accesses import all_accesses
from pipelinekit.scripts.programs import script_place
from pipelinekit.yaml.tree import Place

#: Places that a finding shows.
_SHOWN = 3


@rule("PK109", "generated-source", level="warning", since="0.1.0")
def generated_source(graph: Graph) -> Iterator[Finding]:
    """A stage rewrites a file that it, or another stage, depends on as a source.

    ## What it does
    Finds files that git or a `.dvc` file tracks and that are a dependency of a stage, and looks whether a stage
    of the same pipeline writes them without having them among its outputs. It follows Python scripts and shell
    commands as `undeclared-output` does.

    ## Why it matters
    The dependency is another one after each run. `dvc repro` runs the stage again and again, or, if another
    stage rewrites it, the result depends on which of the two ran last.

    ## Example
    ```yaml dvc.yaml
    stages:
      clean:
        cmd: python clean.py
    #               ^^^^^^^^
        deps:
        - clean.py
        - people.csv
        outs:
        - report.json
    ```
    ```python clean.py
    import json
    import pandas as pd

    people = pd.read_csv("people.csv").dropna()
    people.to_csv("people.csv", index=False)
    json.dump({"rows": len(people)}, open("report.json", "w"))
    ```
    ```text files
    people.csv
    ```

    ## Use instead
    ```yaml dvc.yaml
    stages:
      clean:
        cmd: python clean.py
        deps:
        - clean.py
        - people.csv
        outs:
        - clean.csv
        - report.json
    ```
    ```python clean.py
    import json
    import pandas as pd

    people = pd.read_csv("people.csv").dropna()
    people.to_csv("clean.csv", index=False)
    json.dump({"rows": len(people)}, open("report.json", "w"))
    ```
    ```text files
    people.csv
    ```
    """
    if not graph.index.outs_are_known:
        return  # it may be an output that can't be read
    users: dict[str, list[tuple[Stage, Dep]]] = {}
    for stage in graph.index.stages:
        for dep in stage.deps:
            users.setdefault(dep.path, []).append((stage, dep))
    for stage, accesses in graph.derived(all_accesses).items():
        places: dict[Place, dict[str, Access]] = {}
        for access in accesses:
            path = access.path
            if access.mode == "write" and access.is_certain and path in users and _is_source(path, graph):
                place = script_place(stage, access.script) if access.script is not None else access.place
                places.setdefault(place, {}).setdefault(path, access)
        for place, rewritten in places.items():
            yield _explain(stage, place, rewritten, users)


def _is_source(path: str, graph: Graph) -> bool:
    """Whether a file is kept by git or a `.dvc` file, and made by no stage."""
    outs = graph.made_by(path)
    if outs:
        return all(isinstance(out.stage, TrackedFile) for out in outs)
    project = graph.index.project
    if project.git is not None:
        return path in project.git.tracked
    return project.disk.kind(path) == "file"


def _explain(
    stage: Stage, place: Place, rewritten: dict[str, Access], users: dict[str, list[tuple[Stage, Dep]]]
) -> Finding:
    paths = list(rewritten)
    own = [dep for path in paths for user, dep in users[path] if user is stage]
    others = [(user, dep) for path in paths for user, dep in users[path] if user is not stage]
    name, what = stage.definition.name, in_words(paths)
    message = f"'{name}' rewrites {what}, which it depends on"
    why = "the dependency is another one after each run, and dvc repro runs the stage again"
    if not own:
        user = others[0][0].definition.name
        message = f"'{name}' rewrites {what}, which '{user}' depends on as a source"
        why = f"what '{user}' gets depends on which of the two ran last"
    written = [
        (access.place, f"{path} is written here") for path, access in rewritten.items() if access.script is not None
    ]
    listed = [(dep.node, "it is a dependency here") for dep in own or [dep for _, dep in others]]
    return Finding(
        place,
        message,
        why=why,
        help="Write the result to a file of its own, and make that an output.",
        related=[*written[:_SHOWN], *listed[:_SHOWN]],
        stage=stage,
    )
