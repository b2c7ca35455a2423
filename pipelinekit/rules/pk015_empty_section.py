from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.resolve.pipeline import Pipeline
from pipelinekit.rules.finding import Change, Finding, Fix
from pipelinekit.rules.rule import rule
from pipelinekit.yaml.edit import CannotEditError, remove_entry
from pipelinekit.yaml.tree import Mapping, Sequence

_SECTIONS = ("deps", "outs", "metrics", "plots", "params", "vars")


@rule("PK015", "empty-section", level="advice", since="0.1.0", fix="always")
def empty_section(pipeline: Pipeline) -> Iterator[Finding]:
    """A section is there, and nothing is in it.

    ## What it does
    Finds `deps: []`, `outs: []` and the like, in stages and at the top of the file.

    ## Why it matters
    It says nothing, and readers wonder what was meant to be there.

    ## Example
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py
        deps:
        - train.py
        outs:
        - model.pkl
        metrics: []
    #   ^^^^^^^
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

    ## Fix safety
    The fix removes the empty section. DVC reads the same pipeline.
    """
    root = pipeline.document.root
    if not isinstance(root, Mapping):
        return
    yield from _in(root, pipeline.path, (), (*_SECTIONS, "artifacts"))
    for definition in pipeline.definitions:
        if definition.body is not None:
            yield from _in(definition.body, pipeline.path, definition.path, _SECTIONS)


def _in(mapping: Mapping, file: str, path: tuple[str, ...], keys: tuple[str, ...]) -> Iterator[Finding]:
    for key in keys:
        pair = mapping.entries.get(key)
        if pair is None or not isinstance(pair[1], (Sequence, Mapping)) or len(pair[1]):
            continue
        try:
            edits = remove_entry(mapping, key)
        except CannotEditError:
            fix = None
        else:
            fix = Fix(f"Remove the empty '{key}'", {file: tuple(edits)}, (Change(file, (*path, key)),))
        yield Finding(
            pair[0],
            f"'{key}' is empty",
            why="it says nothing, and readers wonder what was meant to be there",
            help="Remove it.",
            fix=fix,
        )
