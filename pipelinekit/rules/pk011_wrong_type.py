from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.graph.graph import Graph
from pipelinekit.project.shape import ShapeProblem
from pipelinekit.resolve.problems import UnusableVars
from pipelinekit.resolve.stage import SECTIONS
from pipelinekit.rules.finding import Change, Finding, Fix
from pipelinekit.rules.retired import is_old_lock
from pipelinekit.rules.rule import rule
from pipelinekit.yaml.edit import CannotEditError, Edit, remove_entry, replace_item, replace_value
from pipelinekit.yaml.tree import Document, Mapping, Node, Scalar, Sequence

_BOOLEANS = {"yes": True, "on": True, "true": True, "y": True, "no": False, "off": False, "false": False, "n": False}


@rule("PK011", "wrong-type", level="error", since="0.1.0", fix="sometimes")
def wrong_type(graph: Graph) -> Iterator[Finding]:
    """A value is of another type than DVC wants there.

    ## What it does
    Checks the type of every value against DVC's schema, and the variables in params files, which may be no
    dates and no sets.

    ## Why it matters
    DVC refuses the whole file. YAML 1.2, which DVC reads, makes it easy to miss: `yes` and `no` are strings,
    `1e-3` is a number, an empty `deps:` is no list but nothing.

    ## Example
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py
        deps: train.py
    #         ^^^^^^^^
        outs:
        - model.pkl
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
    Where one reading is obvious the fix writes it: a list of one item, `true` for `yes`, quotes around a
    number, no key at all for an empty one. The file could not be loaded before; nothing else in it changes.
    """
    for document, problem in graph.index.shape_problems("wrong-type"):
        if not _is_template(problem.node) and not is_old_lock(document) and problem.path[:2] != ("schema",):
            yield _explain(document, problem)
    for document, problem in graph.index.shape_problems("missing-key"):
        elsewhere = problem.key in ("foreach", "do", "schema")
        if problem.key == "cmd" and document.name.endswith("dvc.yaml"):
            elsewhere = True
        if not elsewhere and not is_old_lock(document):
            yield Finding(
                _named(problem) or problem.node,
                f"'{problem.key}' is missing here",
                why="DVC refuses the whole file",
                help=f"Add '{problem.key}'.",
            )
    for _, unusable in graph.index.problems_of(UnusableVars):
        if not unusable.syntax and not unusable.unreadable:
            yield Finding(
                unusable.place,
                f"DVC can't take variables from {unusable.file}: {unusable.reason}",
                why="DVC loads no stage of a dvc.yaml that uses it",
                help="Put the value in quotes."
                if " is a date" in unusable.reason
                else "Make the file a mapping of names to values.",
            )


def _is_template(node: Node) -> bool:
    """Whether `${}` is the cause: that is a rule of its own."""
    return isinstance(node, Scalar) and isinstance(node.value, str) and "${" in node.value


def _named(problem: ShapeProblem) -> Node | None:
    if isinstance(problem.parent, Mapping) and problem.path:
        return problem.parent.key_node(problem.path[-1])
    return None


def _explain(document: Document, problem: ShapeProblem) -> Finding:
    node = problem.node
    name = next((str(step) for step in reversed(problem.path) if isinstance(step, str)), "the file")
    wanted = " or ".join(problem.allowed)
    got = _got(node)
    if not problem.path:
        subject = "a dvc.yaml" if document.name.endswith("dvc.yaml") else "the file"
        message = f"{subject} must be a mapping, but this is {got}"
    elif problem.path and isinstance(problem.path[-1], int):
        message = f"an entry of '{name}' must be {wanted}, but this is {got}"
    elif isinstance(problem.parent, Mapping) and problem.node is problem.parent.key_node(problem.path[-1]):
        message = f"a name must be a string, but this is {got}"
    else:
        message = f"'{name}' must be {wanted}, but this is {got}"
    at: Node = node
    if isinstance(node, Scalar) and node.start == node.end:
        at = _named(problem) or node
    fix = _fix(document, problem)
    return Finding(
        at,
        message,
        why="DVC refuses the whole file",
        help=f"{fix.title}." if fix is not None else _remedy(problem),
        fix=fix,
    )


def _remedy(problem: ShapeProblem) -> str:
    if _is_output(problem):
        return "Write its flags below it; without flags, write no colon behind it."
    if isinstance(problem.node, Mapping) and "a list" in problem.allowed:
        return "Make it a list: each entry on a line of its own, behind a dash."
    return f"Write {' or '.join(problem.allowed)}."


def _got(node: Node) -> str:
    if isinstance(node, Mapping):
        return "a mapping"
    if isinstance(node, Sequence):
        return "a list"
    assert isinstance(node, Scalar)
    value = node.value
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "true or false" if node.start == node.end else f"the boolean {str(value).lower()}"
    if isinstance(value, (int, float)):
        return f"the number {value}"
    if isinstance(value, str):
        return "a string"
    return f"a {type(value).__name__}"


def _fix(document: Document, problem: ShapeProblem) -> Fix | None:
    try:
        return _obvious(document, problem)
    except CannotEditError:
        return None


def _obvious(document: Document, problem: ShapeProblem) -> Fix | None:
    node, parent, allowed = problem.node, problem.parent, problem.allowed
    if not isinstance(node, Scalar) or parent is None or document.name.endswith(("dvc.lock", ".dvc")):
        return None
    if isinstance(parent, Mapping) and parent.key_node(problem.path[-1]) is node:
        edit = Edit(node.start, node.end, f"'{node.text}'")
        paths = (problem.path, (*problem.path[:-1], node.text))
        return _made("Put the name in quotes", document, paths, [edit])
    value = node.value
    if value is None and isinstance(parent, Mapping) and _is_output(problem):
        key = parent.key_node(problem.path[-1])
        if key is None or node.source or len(parent.entries) > 1 or not document.text.startswith(":", key.end):
            return None
        return _made("Remove the colon", document, (problem.path[:-1],), [Edit(key.end, key.end + 1, "")])
    if value is None:
        if (
            isinstance(parent, Mapping)
            and len(problem.path) == 3
            and problem.path[0] == "stages"
            and problem.path[-1] != "cmd"
        ):
            return _made("Remove the empty key", document, (problem.path,), remove_entry(parent, problem.path[-1]))
        return None
    if "a list" in allowed and "a string" not in allowed and isinstance(value, str):
        return _made("Make it a list of one item", document, (problem.path,), _replace(problem, [value]))
    if allowed == ("true or false",) and isinstance(value, str) and value.lower() in _BOOLEANS:
        truth = _BOOLEANS[value.lower()]
        edit = Edit(node.start, node.end, str(truth).lower())
        return _made(f"Write {str(truth).lower()}", document, (problem.path,), [edit])
    if "a string" in allowed and isinstance(value, (bool, int, float)) and node.anchor is None and node.tag is None:
        edit = Edit(node.start, node.end, f"'{node.text}'")
        return _made("Put it in quotes", document, (problem.path,), [edit])
    return None


def _is_output(problem: ShapeProblem) -> bool:
    """Whether a value stands where the flags of an output belong: `- model.pkl:` with nothing below."""
    return len(problem.path) > 3 and problem.path[-3] in SECTIONS.values() and isinstance(problem.path[-2], int)


def _replace(problem: ShapeProblem, value: object) -> list[Edit]:
    if isinstance(problem.parent, Mapping):
        return replace_value(problem.parent, problem.path[-1], value)
    assert isinstance(problem.parent, Sequence)
    return replace_item(problem.parent, problem.path[-1], value)


def _made(title: str, document: Document, paths: tuple[tuple[object, ...], ...], edits: list[Edit]) -> Fix:
    return Fix(title, {document.name: tuple(edits)}, tuple(Change(document.name, path) for path in paths))
