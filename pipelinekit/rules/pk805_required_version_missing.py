from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.graph.graph import Graph
from pipelinekit.project.requirements import Version
from pipelinekit.resolve.pipeline import Pipeline
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.pk804_dvc_not_pinned import requirements
from pipelinekit.rules.rule import rule
from pipelinekit.yaml.tree import Mapping, Node, Scalar

#: The release of DVC that brought each key at the top of a `dvc.yaml`.
_TOP_LEVEL: dict[str, Version] = {
    "datasets": (3, 43, 0),
    "artifacts": (2, 53, 0),
    "metrics": (2, 36, 0),
    "params": (2, 36, 0),
    "plots": (2, 30, 1),
    "vars": (2, 0, 0),
}
_IN_A_STAGE: dict[str, Version] = {"matrix": (3, 12, 0), "foreach": (2, 0, 0), "vars": (2, 0, 0)}
_PUSH: Version = (2, 34, 3)


@rule("PK805", "required-version-missing", level="advice", since="0.1.0")
def required_version_missing(pipeline: Pipeline, graph: Graph) -> Iterator[Finding]:
    """The pipeline uses what the DVC that the project asks for does not know.

    ## What it does
    Compares the keys of `dvc.yaml` that came with a certain release of DVC (`matrix`, `datasets`, `artifacts`,
    `push`, and others) with the versions that requirements files, `pyproject.toml`, conda environments and the
    locks of package managers allow.

    ## Why it matters
    Whoever installs what the project asks for, CI above all, gets a DVC that refuses the file: "extra keys not
    allowed".

    ## Example
    ```yaml dvc.yaml
    stages:
      train:
        matrix:
    #   ^^^^^^
          size: [small, large]
        cmd: python train.py ${item.size}
        deps:
        - train.py
        outs:
        - ${item.size}.pkl
    ```
    ```text requirements.txt
    dvc==3.5.1
    ```

    ## Use instead
    ```yaml dvc.yaml
    stages:
      train:
        matrix:
          size: [small, large]
        cmd: python train.py ${item.size}
        deps:
        - train.py
        outs:
        - ${item.size}.pkl
    ```
    ```text requirements.txt
    dvc>=3.12,<4
    ```
    """
    found = graph.derived(requirements)
    uses = sorted(_uses(pipeline), key=lambda use: use[1], reverse=True) if found else []
    for node, wanted in uses:
        too_old = next((requirement for requirement in found if not requirement.allows(wanted)), None)
        if too_old is not None:
            version = ".".join(map(str, wanted[:2]))
            name = node.text if isinstance(node, Scalar) else "this"
            yield Finding(
                node,
                f"'{name}' needs DVC {version}, and {too_old.file} asks for {too_old.asked}",
                why="the DVC that the project installs refuses this file",
                help=f"Ask for 'dvc>={version}', or do without it.",
                related=[(too_old.place, "the version that the project asks for")],
            )
            return  # the newest says it all


def _uses(pipeline: Pipeline) -> Iterator[tuple[Node, Version]]:
    root = pipeline.document.root
    if not isinstance(root, Mapping):
        return
    for key, wanted in _TOP_LEVEL.items():
        node = root.key_node(key)
        if node is not None:
            yield node, wanted
    for definition in pipeline.definitions:
        for key, wanted in _IN_A_STAGE.items():
            node = definition.entry.key_node(key)
            if node is not None:
                yield node, wanted
        for stage in definition.stages[:1]:
            for out in stage.outs:
                node = out.flags_node.key_node("push") if out.flags_node is not None else None
                if node is not None:
                    yield node, _PUSH
