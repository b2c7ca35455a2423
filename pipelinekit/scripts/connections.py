"""What stands between the parts of a shell command, and decides whose failure counts: `;`, `|`, `||`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from pipelinekit.scripts.shell import syntax_tree
from pipelinekit.scripts.shell_words import State, Word, Words

if TYPE_CHECKING:
    from tree_sitter import Node as SyntaxNode


class Span(NamedTuple):
    """A part of a command line: offsets, `end` exclusive."""

    start: int
    end: int

    def holds(self, offset: int) -> bool:
        return self.start <= offset < self.end


class Connection(NamedTuple):
    """Two parts of a command, and the sign between them: `;`, a line break, `|`, `||`."""

    sign: str
    place: Span
    left: Span
    right: Span


@lru_cache(maxsize=4096)
def connections(text: str) -> tuple[Connection, ...]:
    """Where a failure may get lost, in the order of the text: `a ; b` at its top, `a | b` and `a || b` anywhere."""
    if not re.search(r"[;|\n]", text):
        return ()
    try:
        return tuple(sorted(_connections(text), key=lambda found: found.place))
    except RecursionError:
        return ()


def _connections(text: str) -> Iterator[Connection]:
    tree = syntax_tree(text)
    words = Words(text, State({}, None, None, ""))
    if tree.root_node.has_error:
        return
    yield from _statements(tree.root_node, words)
    waiting = [tree.root_node]
    while waiting:
        node = waiting.pop()
        if node.type == "pipeline":
            yield from _between(node, ("|", "|&"), words)
        elif node.type == "list":
            yield from _between(node, ("||",), words)
        if node.type not in ("function_definition", "heredoc_body"):
            waiting += node.named_children


def _statements(root: SyntaxNode, words: Words) -> Iterator[Connection]:
    statements = [child for child in root.named_children if child.type not in ("comment", "function_definition")]
    for left, right in pairwise(statements):
        between = [child for child in root.children if left.end_byte <= child.start_byte < right.start_byte]
        sign = next((child for child in between if words.source(child) in (";", "&")), None)
        if sign is None:
            # a line break: there is nothing to point at but what stands before it
            yield Connection("\n", _span(left, words), *_both(left, right, words))
        elif sign.type == ";":
            yield Connection(";", _span(sign, words), *_both(left, right, words))


def _between(node: SyntaxNode, signs: tuple[str, ...], words: Words) -> Iterator[Connection]:
    children = node.children
    for index, child in enumerate(children):
        if child.type in signs and 0 < index < len(children) - 1:
            yield Connection(child.type, _span(child, words), *_both(children[index - 1], children[index + 1], words))


def _both(left: SyntaxNode, right: SyntaxNode, words: Words) -> tuple[Span, Span]:
    return _span(left, words), _span(right, words)


def _span(node: SyntaxNode, words: Words) -> Span:
    return Span(words.offset(node.start_byte), words.offset(node.end_byte))


@lru_cache(maxsize=4096)
def variables_in(text: str) -> tuple[Word, ...]:
    """The variables of the shell that a command uses (`$HOME`, `${HOME}`), each with its name; not those in `'…'`."""
    if "$" not in text:
        return ()
    words = Words(text, State({}, None, None, ""))
    found: list[Word] = []
    waiting = [syntax_tree(text).root_node]
    while waiting:
        node = waiting.pop()
        if node.type in ("simple_expansion", "expansion"):
            name = next((child for child in node.named_children if child.type == "variable_name"), None)
            if name is not None:
                found.append(words.word(node, words.source(name)))
        waiting += node.named_children
    return tuple(sorted(found, key=lambda word: word.start))


class Part(NamedTuple):
    """A part of a command line, and the word that it stands in."""

    #: whether quotes keep it together
    is_quoted: bool
    #: whether it is all of its word
    is_whole: bool
    #: whether that word names the program
    is_program: bool


def part_at(text: str, start: int, end: int) -> Part | None:
    """How a part of a command stands there; what it says itself is not looked at. None outside of any word."""
    masked = text[:start] + "x" * (end - start) + text[end:]
    words = Words(masked, State({}, None, None, ""))
    first = len(masked[:start].encode("utf-8", "replace"))
    node: SyntaxNode | None = syntax_tree(masked).root_node.descendant_for_byte_range(first, first + 1)
    quoted = False
    while node is not None and node.type not in ("program", "command", "redirected_statement", "pipeline", "list"):
        quoted = quoted or node.type in ("string", "raw_string", "ansi_c_string")
        if node.type in ("heredoc_body", "comment", "ERROR", "command_substitution", "test_command"):
            return None
        parent = node.parent
        if parent is None or parent.type in ("command", "file_redirect", "variable_assignment", "array"):
            span = _span(node, words)
            return Part(quoted, span == Span(start, end), node.type == "command_name")
        node = parent
    return None
