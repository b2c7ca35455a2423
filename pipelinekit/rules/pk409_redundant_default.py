from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.resolve.stage import SECTIONS, Definition
from pipelinekit.rules.finding import Change, Finding, Fix
from pipelinekit.rules.rule import rule
from pipelinekit.yaml.edit import CannotEditError, remove_entry
from pipelinekit.yaml.tree import Mapping, Scalar

_OUT_DEFAULTS = {"cache": True, "persist": False, "push": True}
_STAGE_DEFAULTS = {"frozen": False, "always_changed": False}


@rule("PK409", "redundant-default", level="advice", since="0.1.0", fix="sometimes")
def redundant_default(definition: Definition) -> Iterator[Finding]:
    """A flag is set to what it is anyway.

    ## What it does
    Finds `cache: true`, `persist: false`, `push: true`, `frozen: false` and `always_changed: false`.

    ## Why it matters
    It says nothing, and makes the flags that do say something harder to see.

    ## Example
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py
        deps:
        - train.py
        outs:
        - model.pkl:
            desc: the classifier
            cache: true
    #       ^^^^^
    ```

    ## Use instead
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py
        deps:
        - train.py
        outs:
        - model.pkl:
            desc: the classifier
    ```

    ## Fix safety
    The fix removes the flag. DVC reads the same pipeline.
    """
    body = definition.body
    if body is None:
        return
    yield from _in(body, _STAGE_DEFAULTS, definition, definition.path)
    for section in SECTIONS.values():
        node = definition.section(section)
        for item in node.items if node is not None else []:
            if isinstance(item, Mapping):
                for _, flags in item.entries.values():
                    if isinstance(flags, Mapping):
                        yield from _in(flags, _OUT_DEFAULTS, definition, (*definition.path, section))


def _in(
    mapping: Mapping, defaults: dict[str, bool], definition: Definition, path: tuple[str, ...]
) -> Iterator[Finding]:
    for flag, default in defaults.items():
        pair = mapping.entries.get(flag)
        if pair is None or not isinstance(pair[1], Scalar) or pair[1].value is not default:
            continue
        written = f"{flag}: {str(default).lower()}"
        inside = path if path[-1] in SECTIONS.values() else (*path, flag)
        try:
            # an entry that loses its only flag reads `path: {}`, which DVC takes for the path alone
            edits = remove_entry(mapping, flag)
        except CannotEditError:
            fix = None
        else:
            fix = Fix(f"Remove '{written}'", {definition.file: tuple(edits)}, (Change(definition.file, inside),))
        yield Finding(
            pair[0],
            f"'{written}' is what DVC does anyway",
            why="it says nothing, and hides the flags that do",
            help="Remove it.",
            fix=fix,
            stage=definition,
        )
