from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.graph.graph import Graph
from pipelinekit.project.shape import ShapeProblem
from pipelinekit.rules.finding import Change, Finding, Fix
from pipelinekit.rules.retired import is_old_lock, is_retired
from pipelinekit.rules.rule import rule
from pipelinekit.yaml.edit import CannotEditError, remove_entry, rename_key
from pipelinekit.yaml.tree import Document, Mapping, Place, Scalar


@rule("PK016", "retired-field", level="warning", since="0.1.0", fix="sometimes")
def retired_field(graph: Graph) -> Iterator[Finding]:
    """A key of an older DVC.

    ## What it does
    Finds `checkpoint` (an output flag without effect since DVC 3), `locked` (now `frozen`), `live` (gone with
    DVC 3), and a `dvc.lock` that DVC 1 wrote.

    ## Why it matters
    `checkpoint` and `locked` in a `.dvc` file are accepted and do nothing or little; `live`, `locked` in a
    stage and an old lock make DVC refuse the file, and are errors.

    ## Example
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py
        deps:
        - train.py
        outs:
        - model.pkl:
            checkpoint: true
    #       ^^^^^^^^^^
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
    `checkpoint` is removed, which DVC does not notice; `locked` becomes `frozen`, which is the same. If the
    output must survive between runs, write `persist: true`.
    """
    for document, problem in graph.index.shape_problems("retired-key"):
        yield _retired(document, problem)
    for document, problem in graph.index.shape_problems("unknown-key"):
        if is_retired(problem):
            yield _gone(document, problem)
    for document, problem in graph.index.shape_problems("missing-key"):
        if problem.key == "schema" and not is_old_lock(document):
            yield Finding(
                problem.node,
                "this dvc.lock is empty: it lacks the 'schema' that every lock has",
                why="DVC refuses it, and with it the whole pipeline",
                help="Remove the file: the next 'dvc repro' writes it.",
                level="error",
            )
    for document in graph.index.documents:
        if is_old_lock(document):
            root = document.root
            assert isinstance(root, Mapping)
            key = root.pairs[0][0]
            yield Finding(
                Place(document, key.start, key.end),
                "this dvc.lock was written by DVC 1: it has no 'schema'",
                why="DVC refuses it, and with it the whole pipeline",
                help="Remove dvc.lock and run 'dvc repro', or 'dvc commit' if the outputs are up to date.",
                level="error",
            )
        elif document.name.rpartition("/")[2] == "dvc.lock" and isinstance(document.root, Mapping):
            schema = document.root.get("schema")
            if schema is not None and isinstance(schema, Scalar) and schema.value != "2.0":
                yield Finding(
                    schema,
                    f"DVC does not know the lock format {schema.text}",
                    why="DVC refuses it, and with it the whole pipeline",
                    help="It must be '2.0', in quotes.",
                    level="error",
                )


def _retired(document: Document, problem: ShapeProblem) -> Finding:
    mapping = problem.parent
    assert isinstance(mapping, Mapping)
    if problem.key == "locked":
        return _renamed(document, problem, mapping, "warning")
    fix = None
    try:
        if len(mapping.pairs) > 1:
            edits = remove_entry(mapping, problem.key)
            fix = Fix(f"Remove '{problem.key}'", {document.name: tuple(edits)}, (Change(document.name, problem.path),))
        else:
            fix = _without_flags(document, problem)
    except CannotEditError:
        pass
    return Finding(
        problem.node,
        f"'{problem.key}' has no effect since DVC 3",
        why="whoever reads it expects what no longer happens",
        help="Remove it. If the output must survive between runs, write 'persist: true'.",
        fix=fix,
    )


def _without_flags(document: Document, problem: ShapeProblem) -> Fix | None:
    """`- path: {checkpoint: true}` → `- path: {}`, which DVC reads as `- path`."""
    mapping = problem.parent
    assert isinstance(mapping, Mapping)
    edits = remove_entry(mapping, problem.key)
    return Fix(f"Remove '{problem.key}'", {document.name: tuple(edits)}, (Change(document.name, problem.path),))


def _gone(document: Document, problem: ShapeProblem) -> Finding:
    mapping = problem.parent
    if problem.key == "locked" and isinstance(mapping, Mapping):
        return _renamed(document, problem, mapping, "error")
    return Finding(
        problem.node,
        f"'{problem.key}' is gone since DVC 3",
        why="DVC refuses the whole file because of it",
        help="Remove it; log live metrics with dvclive, and list their files under metrics and plots.",
        level="error",
    )


def _renamed(document: Document, problem: ShapeProblem, mapping: Mapping, level: str) -> Finding:
    fix = None
    if "frozen" not in mapping:
        try:
            edits = rename_key(mapping, "locked", "frozen")
            changes = (Change(document.name, problem.path), Change(document.name, (*problem.path[:-1], "frozen")))
            fix = Fix("Rename 'locked' to 'frozen'", {document.name: tuple(edits)}, changes, frozenset({"frozen"}))
        except CannotEditError:
            pass
    return Finding(
        problem.node,
        "'locked' is now called 'frozen'",
        why="DVC refuses the whole file because of it" if level == "error" else "it is kept for old files only",
        help="Rename it.",
        fix=fix,
        level=level,  # type: ignore[arg-type]
    )
