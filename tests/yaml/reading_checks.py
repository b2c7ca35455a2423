"""What must hold for every text that is read."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

from ruamel.yaml import YAML

from pipelinekit.yaml import reader
from pipelinekit.yaml.reader import parse
from pipelinekit.yaml.tree import Document, Node, Scalar
from tests.yaml.random_edits import is_same
from tests.yaml.spans import children, comments, content_start, read_alone

#: `a: &x [*x]` is refused: DVC's loader builds the list that holds itself, and what follows runs out of stack.
HOLDS_ITSELF = "inside of what it repeats"


class RefusedError(Exception):
    """DVC's loader refuses the text, for whatever reason; `line`, from 1, is where it says."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        mark = getattr(error, "problem_mark", None)
        self.line = mark.line + 1 if mark is not None else None


def load(text: str, *, pure: bool = True) -> Any:
    """What ruamel.yaml makes of a text. Raises RefusedError."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return YAML(typ="safe", pure=pure).load(text)
        except Exception as error:
            raise RefusedError(error) from None


def holds_itself(document: Document) -> bool:
    return any(HOLDS_ITSELF in problem.message for problem in document.problems)


def unlike_ruamel(text: str) -> str | None:
    """How the reading of a text differs from ruamel.yaml's own, or None."""
    document = parse(text, "x")
    if holds_itself(document):
        return None
    try:
        expected = load(text)
    except RefusedError as refused:
        if not document.is_broken:
            return f"ruamel.yaml refuses it: {refused}"
        return _elsewhere(document, refused)
    if document.is_broken:
        return f"ruamel.yaml reads it: {expected!r}, not {document.problems}"
    data = document.root.data if document.root is not None else None
    return None if is_same(data, expected) else f"{data!r} is not {expected!r}"


def _elsewhere(document: Document, refused: RefusedError) -> str | None:
    problems = [problem for problem in document.problems if problem.refused]
    if refused.line is None or document.has_tags:  # what tags ask for is looked at when all else is right
        return None
    if any(document.text[problem.start - 1 : problem.start] == ":" for problem in problems):
        return None  # an absent value stands behind its colon, not at the next token
    lines = [document.line_of(problem.start) for problem in problems]
    return None if refused.line in lines else f"line {lines}, not {refused.line}: {refused}"


def unlike_without_libyaml(text: str) -> str | None:
    """How the reading of a text changes where PyYAML comes without libyaml, or None."""
    document = parse(text, "x")
    libyaml, reader.CParser = reader.CParser, None
    try:
        other = parse(text, "x")
    finally:
        reader.CParser = libyaml
    if document.is_broken != other.is_broken:
        return f"{document.problems} is not {other.problems}"
    if document.is_broken:
        return None
    one, two = list(_shape(document.root)), list(_shape(other.root))
    if one != two:
        return f"{next(pair for pair in zip(one, two, strict=False) if pair[0] != pair[1])}"
    if sorted(document.aliases.values()) != sorted(other.aliases.values()):
        return f"{document.aliases} is not {other.aliases}"
    if document.root is None or other.root is None:
        return None if document.root is other.root else "one is empty"
    return (
        None if is_same(document.root.data, other.root.data) else f"{document.root.data!r} is not {other.root.data!r}"
    )


def _shape(node: Node | None) -> Iterator[tuple[Any, ...]]:
    if node is None:
        return
    style = node.style if isinstance(node, Scalar) else getattr(node, "flow", None)
    yield type(node).__name__, node.start, node.end, node.tag, style
    for child, (start, end) in children(node):
        if (start, end) == (child.start, child.end):
            yield from _shape(child)


def misplaced(document: Document) -> str | None:
    """What is wrong with the spans of a document, or None."""
    if document.root is None or document.is_broken or "\ufeff" in document.text[1:]:
        return None
    found = comments(document)
    for node, parent in _with_parents(document.root, None):
        if not 0 <= node.start <= node.end <= len(document.text):
            return f"{node!r} is outside of the file"
        position = node.start
        for child, (start, end) in children(node):
            if not position <= start <= end <= node.end:
                return f"{child!r} is not where it belongs in {node!r}"
            position = end
        if node.source != node.source.strip(" \t\r\n"):
            return f"{node.source!r} has blanks around it"
        position = max(position, content_start(node))
        may_hold_comments = node.style in ("|", ">") if isinstance(node, Scalar) else getattr(node, "flow", False)
        if not may_hold_comments and any(position <= start < node.end for start, _ in found):
            return f"{node.source!r} ends with a comment"
        complaint = _unlike_alone(node, parent)
        if complaint is not None:
            return complaint
    return None


def _with_parents(node: Node, parent: Node | None) -> Iterator[tuple[Node, Node | None]]:
    yield node, parent
    for child, (start, end) in children(node):
        if (start, end) == (child.start, child.end):
            yield from _with_parents(child, node)


def _unlike_alone(node: Node, parent: Node | None) -> str | None:
    document = node.document
    if node.start == node.end or document.version is not None or "%TAG" in document.text:
        return None
    for alias, repeated in document.repeated:
        if node.start <= alias < node.end and not node.start <= repeated.start < node.end:
            return None  # what it repeats stands elsewhere
    if (isinstance(node, Scalar) and node.text in ("<<", "=", "-", "?")) or node.source.endswith(":"):
        return None  # it can be a key, but no value
    if isinstance(node, Scalar) and node.style in ("|", ">") and parent is not None and (parent.anchor or parent.tag):
        return (
            None  # an indentation indicator counts from where the content of the parent begins, which is hard to tell
        )
    if isinstance(node, Scalar) and node.style in ("|", ">") and not node.text.strip():
        return None  # its text is nothing but blank lines, which no span covers
    alone = read_alone(node, parent)
    if alone is None or not is_same(alone.data, node.data):
        return f"{node.source!r} alone says {alone!r}, not {node.data!r}"
    return None
