from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from pipelinekit.graph.graph import Graph
from pipelinekit.resolve.stage import Definition, Out
from pipelinekit.rules.finding import Change, Finding, Fix
from pipelinekit.rules.rule import rule
from pipelinekit.yaml.edit import CannotEditError, add_flags, insert_entry, replace_value
from pipelinekit.yaml.tree import Mapping, Scalar

_FLAGS = frozenset({"cache", "desc", "labels", "meta", "persist", "push", "remote", "type"})


@rule("PK401", "cached-metric", level="warning", since="0.1.0", fix="sometimes")
def cached_metric(definition: Definition, graph: Graph) -> Iterator[Finding]:
    """A metrics file is kept in DVC's cache, not in git.

    ## What it does
    Finds entries under `metrics` without `cache: false`. If git tracks such a file already, that is an error:
    DVC refuses to save it.

    ## Why it matters
    A metrics file is small, and its history is what people look for: in git it shows in every diff and pull
    request, and `dvc metrics diff` works in a clone that pulled no data. In the cache it needs `dvc pull`
    first, and is gone with `dvc gc`.

    ## Example
    ```yaml dvc.yaml
    stages:
      evaluate:
        cmd: python evaluate.py
        deps:
        - evaluate.py
        metrics:
        - metrics.json
    #     ^^^^^^^^^^^^
    ```

    ## Use instead
    ```yaml dvc.yaml
    stages:
      evaluate:
        cmd: python evaluate.py
        deps:
        - evaluate.py
        metrics:
        - metrics.json:
            cache: false
    ```

    ## Fix safety
    The fix adds `cache: false`, and nothing else; where `cache: true` is written, somebody may have meant it, and
    the fix is unsafe. Take the file out of `.gitignore`, where DVC wrote it, and
    add it to git; the stage does not run again.
    """
    git = graph.index.project.git
    for entry in _cached(definition):
        outs = [out for stage in definition.stages for out in stage.outs if out.node is entry.node]
        tracked = git is not None and any(out.path in git.tracked for out in outs)
        text = outs[0].text if outs else entry.node.text
        message = f"the metrics file {text} is kept in the cache, not in git"
        why = "its history is not in git, and a clone shows it only after dvc pull"
        if tracked:
            message = f"git tracks the metrics file {text}, which DVC should keep in its cache"
            why = "DVC deletes it, runs the stage, and refuses only then to save the result"
        yield Finding(
            entry.node,
            message,
            why=why,
            help="Write 'cache: false', and let git track it.",
            fix=_fix(definition, entry),
            stage=definition,
            level="error" if tracked else None,
        )


class _Entry(NamedTuple):
    """An entry under `metrics`, and the flags below it."""

    node: Scalar
    flags: Mapping | None
    position: int


def _cached(definition: Definition) -> Iterator[_Entry]:
    section = definition.section("metrics")
    for index, item in enumerate(section.items if section is not None else []):
        if isinstance(item, Scalar) and isinstance(item.value, str):
            yield _Entry(item, None, index)
        for key, value in item.pairs if isinstance(item, Mapping) else []:
            cache = value.get("cache") if isinstance(value, Mapping) else None
            is_cached = cache is None or (isinstance(cache, Scalar) and cache.value is True)
            if not isinstance(value, Mapping) or not _FLAGS.issuperset(value.entries):
                continue  # a misspelt flag is a rule of its own, and may be this very one
            if isinstance(key, Scalar) and isinstance(key.value, str) and is_cached:
                yield _Entry(key, value, index)


def is_cached_metric(out: Out) -> bool:
    """Whether this rule says what there is to say about an output."""
    return out.kind == "metric" and out.cache


def _fix(definition: Definition, entry: _Entry) -> Fix | None:
    section = definition.section("metrics")
    assert section is not None
    decided = entry.flags is not None and "cache" in entry.flags
    try:
        if entry.flags is None:
            edits = add_flags(section, entry.position, {"cache": False})
        elif decided:
            edits = replace_value(entry.flags, "cache", False)
        else:
            edits = insert_entry(entry.flags, len(entry.flags.pairs), "cache", False)
    except CannotEditError:
        return None
    change = Change(definition.file, (*definition.path, "metrics"))
    title = "Write 'cache: false'" if decided else "Add 'cache: false'"
    return Fix(title, {definition.file: tuple(edits)}, (change,), frozenset({"outs"}), safe=not decided)
