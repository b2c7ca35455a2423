from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.graph.graph import Graph
from pipelinekit.resolve.stage import SECTIONS, Definition, Out, Stage
from pipelinekit.rules.finding import Change, Finding, Fix
from pipelinekit.rules.rule import rule
from pipelinekit.yaml.edit import CannotEditError, Edit, insert_entry, remove_entry, remove_item
from pipelinekit.yaml.tree import Mapping, Scalar


@rule("PK303", "duplicate-output", level="error", since="0.1.0", fix="sometimes")
def duplicate_output(graph: Graph) -> Iterator[Finding]:
    """Two stages, or two sections of one, have the same output.

    ## What it does
    Finds paths that are made twice: by two stages, by a stage and a `.dvc` file, or by one stage under `outs`
    and again under `plots` or `metrics`.

    ## Why it matters
    DVC refuses to run anything of the whole project; `dvc stage list` and `dvc status` do not notice. A metric
    or a plot is an output by itself and needs no second entry.

    ## Example
    ```yaml dvc.yaml
    stages:
      fetch:
        cmd: python fetch.py
        deps:
        - fetch.py
        outs:
        - data.csv
        plots:
        - data.csv:
    #     ^^^^^^^^
            x: id
            y: count
    ```

    ## Use instead
    ```yaml dvc.yaml
    stages:
      fetch:
        cmd: python fetch.py
        deps:
        - fetch.py
        plots:
        - data.csv:
            x: id
            y: count
    ```

    ## Fix safety
    Within one stage, the fix keeps the entry under `metrics` or `plots` and moves the flags of the other one
    to it. Which of two stages should make a file, nobody but you can say.
    """
    for outs in graph.outs.values():
        for out in outs[1:]:
            yield _explain(outs[0], out)


def _explain(first: Out, out: Out) -> Finding:
    stage, other = out.stage, first.stage
    if not isinstance(stage, Stage):
        # a `.dvc` file comes behind the stages: what a person can change is the stage
        first, out, stage, other = out, first, other, stage
    related: list[tuple[Scalar, str]] = []
    if stage is other:
        name = stage.name if isinstance(stage, Stage) else stage.address
        message = f"'{name}' has {out.path} under {SECTIONS[first.kind]} and again under {SECTIONS[out.kind]}"
        if first.kind == out.kind:
            message = f"'{name}' has {out.path} twice under {SECTIONS[out.kind]}"
        help_text = (
            "Remove one of the two."
            if first.kind == out.kind
            else "One entry is enough: a metric or a plot is an output by itself."
        )
        related = [(first.node, "it is listed here already")]
    elif first.node is out.node:
        assert isinstance(stage, Stage)
        message = f"every stage of '{stage.definition.name}' makes {out.path}: {_label(first)}, {_label(out)}"
        help_text = "Let each write a path of its own, with ${item} or ${key} in it."
    else:
        message = f"{out.path} is made by two: {_label(first)} and {_label(out)}"
        help_text = "Let one of them write another path."
        related = [(first.node, f"{_label(first)} makes it, too")]
    return Finding(
        out.node,
        message,
        why="DVC refuses to run anything of the project",
        help=help_text,
        related=related,
        fix=_merge(first, out) if isinstance(stage, Stage) and stage is other else None,
        stage=stage if isinstance(stage, Stage) else None,
    )


def _label(out: Out) -> str:
    return f"'{out.stage.name}'" if isinstance(out.stage, Stage) else out.stage.address


def _merge(first: Out, out: Out) -> Fix | None:
    """Keep the metric or plot, move the flags of the plain output to it."""
    assert isinstance(out.stage, Stage)
    definition = out.stage.definition
    kept, dropped = (first, out) if out.kind == "out" else (out, first)
    if len(definition.stages) > 1 and "${" in dropped.node.text + kept.node.text:
        return None
    try:
        edits = _removal(definition, dropped)
        flags = {name: value for name, value in dropped.flags.items() if name not in kept.flags}
        if flags:
            if kept.flags_node is None:
                return None
            edits += [
                edit
                for name, value in flags.items()
                for edit in insert_entry(kept.flags_node, len(kept.flags_node.pairs), name, value)
            ]
    except CannotEditError:
        return None
    changes = tuple(Change(definition.file, (*definition.path, SECTIONS[side.kind])) for side in (kept, dropped))
    title = f"Remove {dropped.text} from {SECTIONS[dropped.kind]}"
    return Fix(title, {definition.file: tuple(edits)}, changes, frozenset({"outs"}))


def _removal(definition: Definition, out: Out) -> list[Edit]:
    body, section = definition.body, definition.section(SECTIONS[out.kind])
    if body is None or section is None:
        raise CannotEditError("the section is not here")
    for index, item in enumerate(section.items):
        alone = item is out.node or (
            isinstance(item, Mapping) and len(item.pairs) == 1 and item.pairs[0][0] is out.node
        )
        if alone and len(section.items) == 1:
            return remove_entry(body, SECTIONS[out.kind])
        if alone:
            return remove_item(section, index)
        if isinstance(item, Mapping) and any(key is out.node for key, _ in item.pairs):
            assert isinstance(out.node, Scalar)
            return remove_entry(item, out.node.value)
    raise CannotEditError("the entry is not here")
