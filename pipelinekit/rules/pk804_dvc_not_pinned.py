from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.graph.graph import Graph
from pipelinekit.project.requirements import Requirement, dvc_requirements
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import rule


def requirements(graph: Graph) -> list[Requirement]:
    """What the project says about DVC's version. For `graph.derived`."""
    return dvc_requirements(graph.index.project)


@rule("PK804", "dvc-not-pinned", level="warning", since="0.1.0")
def dvc_not_pinned(graph: Graph) -> Iterator[Finding]:
    """A requirements file lists DVC without a version.

    ## What it does
    Reads requirements files, `pyproject.toml`, `setup.cfg`, conda environments and `Pipfile` in the project's
    root. One that lists `dvc` and says nothing of its version is named, unless another file or the lock of a
    package manager does. A project that lists no DVC installs it in some other way, and is left alone.

    ## Why it matters
    Two people, or one of them and CI, get different versions. DVC 3 counts MD5s in another way than DVC 2 and
    keeps another cache, so that each finds everything changed that the other has run.

    ## Example
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py
        deps:
        - train.py
        outs:
        - model.pkl
    ```
    ```text requirements.txt
    pandas==2.2.3
    dvc[s3]
    ^^^^^^^ #
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
    ```text requirements.txt
    pandas==2.2.3
    dvc[s3]>=3.50,<4
    ```
    """
    found = graph.derived(requirements)
    if found and graph.index.stages and not any(requirement.is_pinned for requirement in found):
        yield Finding(
            found[0].place,
            f"{found[0].file} lists dvc without a version",
            why="each machine gets another one, and DVC 2 and 3 don't find each other's results",
            help="Say which one the project works with: 'dvc>=3.50,<4'.",
        )
