from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.project.paths import join
from pipelinekit.resolve.stage import Definition
from pipelinekit.rules.finding import Change, Finding, Fix
from pipelinekit.rules.rule import rule
from pipelinekit.yaml.edit import CannotEditError, remove_item
from pipelinekit.yaml.tree import Scalar, Sequence


@rule("PK108", "duplicate-dependency", level="error", since="0.1.0", fix="sometimes", reads=("deps",))
def duplicate_dependency(definition: Definition) -> Iterator[Finding]:
    """A dependency is listed twice.

    ## What it does
    Finds entries of one `deps` list that are the same path, however it is spelled (`a.csv`, `./a.csv`).

    ## Why it matters
    It is mostly a path that was copied and never changed: the file that was meant is not listed, and its
    changes re-run nothing. `dvc stage add` refuses it, a hand-written file is loaded.

    ## Example
    ```yaml dvc.yaml
    stages:
      merge:
        cmd: python merge.py left.csv right.csv
        deps:
        - left.csv
        - left.csv
    #     ^^^^^^^^
        - merge.py
        outs:
        - both.csv
    ```

    ## Use instead
    ```yaml dvc.yaml
    stages:
      merge:
        cmd: python merge.py left.csv right.csv
        deps:
        - left.csv
        - right.csv
        - merge.py
        outs:
        - both.csv
    ```

    ## Fix safety
    The fix removes the second entry; DVC sees the same dependencies. Look first whether another file was meant.
    """
    deps = definition.section("deps")
    if deps is None or len(deps.items) < 2:
        return
    seen: dict[str, Scalar] = {}
    for index, item in enumerate(deps.items):
        if not isinstance(item, Scalar) or not isinstance(item.value, str):
            continue
        path = join(".", item.value, "/")
        first = seen.setdefault(path, item)
        if first is not item:
            yield Finding(
                item,
                f"'{item.value}' is listed twice",
                why="it says nothing new, and the file that was meant may be missing",
                help="Remove it, or name the file that was meant.",
                related=[(first, "it is listed here already")],
                fix=_fix(definition, deps, index, path),
                stage=definition,
            )


def _fix(definition: Definition, deps: Sequence, index: int, path: str) -> Fix | None:
    try:
        edits = remove_item(deps, index)
    except CannotEditError:
        return None
    change = Change(definition.file, (*definition.path, "deps"))
    return Fix(f"Remove the second '{path}'", {definition.file: tuple(edits)}, (change,))
