"""A shell command line → the simple commands in it, with their words, redirections and the folder they run in.

Commands of plain words, most of them, are split here; everything else is parsed by the grammar of
tree-sitter-bash. What can't be known without running it (`$VAR`, `$(…)`, globs) has no text.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from tree_sitter import Node as SyntaxNode
    from tree_sitter import Parser

# `${}` of a template stands for words that aren't known yet, and so do the shell's own variables
_PLAIN = re.compile(r"(?:[A-Za-z0-9_./=:,@%+\- ]|\$\{[^{}'\"`$]*\})+\Z")
# Globs, braces and home folders: the shell puts something else in their place.
_EXPANDED = re.compile(r"(?<!\\)[*?\[{]|\A~")
_WORD = re.compile(r"(?:[^ $]|\$\{[^}]*\})+")
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")


class Word(NamedTuple):
    """A word of a command; `start` and `end` are offsets in the command line, quotes included."""

    #: None if it depends on what only a shell knows
    text: str | None
    start: int
    end: int


class SimpleCommand(NamedTuple):
    """A program and its arguments. `folder` is where a `cd` before it leads, None if that can't be known."""

    words: tuple[Word, ...]
    assignments: tuple[tuple[str, str | None], ...]
    reads: tuple[Word, ...]
    writes: tuple[Word, ...]
    folder: str | None
    #: whether another program reads what it prints
    is_piped: bool = False

    @property
    def program(self) -> str:
        """The name of the program, without its folder; empty if unknown."""
        text = self.words[0].text if self.words else None
        return text.rpartition("/")[2] if text else ""


@lru_cache(maxsize=65536)
def parse_command(line: str) -> tuple[SimpleCommand, ...]:
    """The simple commands of a command line, in the order in which they are written."""
    if _PLAIN.match(line) and "=" not in line.lstrip().partition(" ")[0]:
        return (SimpleCommand(tuple(_split(line)), (), (), (), "."),) if line.strip() else ()
    try:
        return tuple(_Reader(line).commands())
    except RecursionError:
        return ()  # a line nested hundreds of levels deep: nothing that is known of it would help anybody


def lines_of(command: str) -> list[str]:
    """The lines that DVC hands to a shell one by one."""
    return command.splitlines()


def _split(line: str) -> Iterator[Word]:
    for match in _WORD.finditer(line):
        text = match.group()
        yield Word(None if "$" in text else text, match.start(), match.end())


@lru_cache(maxsize=1)
def _parser() -> Parser:
    import tree_sitter_bash
    from tree_sitter import Language, Parser

    return Parser(Language(tree_sitter_bash.language()))


class _Reader:
    def __init__(self, line: str) -> None:
        self.line = line
        self.data = line.encode("utf-8", "surrogatepass")
        self.folder: str | None = "."
        self.found: list[SimpleCommand] = []

    def commands(self) -> list[SimpleCommand]:
        self._visit(_parser().parse(self.data).root_node, (), (), False)
        return self.found

    def _offset(self, position: int) -> int:
        return position if self.line.isascii() else len(self.data[:position].decode("utf-8", "surrogatepass"))

    def _visit(self, node: SyntaxNode, reads: tuple[Word, ...], writes: tuple[Word, ...], piped: bool) -> None:
        kind = node.type
        if kind == "command":
            self._command(node, reads, writes, piped)
        elif kind == "redirected_statement":
            self._redirected(node, reads, writes, piped)
        elif kind == "pipeline":
            children = node.named_children
            for child in children[:-1]:
                self._visit(child, (), (), True)
            for child in children[-1:]:
                self._visit(child, reads, writes, piped)
        elif kind == "subshell":
            outside = self.folder
            self._children(node, reads, writes, piped)
            self.folder = outside
        elif kind in ("function_definition", "heredoc_body", "comment"):
            return
        else:
            self._children(node, reads, writes, piped)

    def _children(self, node: SyntaxNode, reads: tuple[Word, ...], writes: tuple[Word, ...], piped: bool) -> None:
        children = node.named_children
        for child in children[:-1]:
            self._visit(child, (), (), piped)
        for child in children[-1:]:
            # tree-sitter hangs the redirection of the last command on the whole list
            self._visit(child, reads, writes, piped)

    def _redirected(self, node: SyntaxNode, reads: tuple[Word, ...], writes: tuple[Word, ...], piped: bool) -> None:
        more_reads, more_writes = list(reads), list(writes)
        body: SyntaxNode | None = None
        for child in node.named_children:
            if child.type == "file_redirect":
                self._redirect(child, more_reads, more_writes)
            elif child.type not in ("heredoc_redirect", "herestring_redirect"):
                body = child
        if body is not None:
            self._visit(body, tuple(more_reads), tuple(more_writes), piped)

    def _redirect(self, node: SyntaxNode, reads: list[Word], writes: list[Word]) -> None:
        destination = node.child_by_field_name("destination")
        operator = next((child.type for child in node.children if not child.is_named), "")
        if destination is None or operator in (">&", "<&", "&>&") or destination.type == "number":
            return
        word = self._word(destination)
        if word.text in ("/dev/null", "/dev/stdout", "/dev/stderr"):
            return
        (reads if operator == "<" else writes).append(word)

    def _command(self, node: SyntaxNode, reads: tuple[Word, ...], writes: tuple[Word, ...], piped: bool) -> None:
        words: list[Word] = []
        assignments: list[tuple[str, str | None]] = []
        inner_reads, inner_writes = list(reads), list(writes)
        for child in node.named_children:
            if child.type == "variable_assignment":
                assignments.append(self._assignment(child))
            elif child.type == "file_redirect":
                self._redirect(child, inner_reads, inner_writes)
            elif child.type not in ("heredoc_redirect", "herestring_redirect"):
                words.append(self._word(child))
        command = SimpleCommand(
            tuple(words), tuple(assignments), tuple(inner_reads), tuple(inner_writes), self.folder, piped
        )
        self.found.append(command)
        if command.program == "cd":
            self._change_folder(words)

    def _change_folder(self, words: list[Word]) -> None:
        target = words[1].text if len(words) == 2 else None
        if self.folder is None or target is None or target.startswith(("~", "-")):
            self.folder = None
        else:
            self.folder = posixpath.normpath(posixpath.join(self.folder, target))

    def _assignment(self, node: SyntaxNode) -> tuple[str, str | None]:
        name = node.child_by_field_name("name")
        value = node.child_by_field_name("value")
        text = self._text(value) if value is not None else ""
        return (self._source(name) if name is not None else "", text)

    def _word(self, node: SyntaxNode) -> Word:
        return Word(self._text(node), self._offset(node.start_byte), self._offset(node.end_byte))

    def _source(self, node: SyntaxNode) -> str:
        return self.data[node.start_byte : node.end_byte].decode("utf-8", "surrogatepass")

    def _text(self, node: SyntaxNode) -> str | None:
        """The word without its quotes; None if a part of it is only known to the shell."""
        kind = node.type
        if kind in ("word", "number", "variable_name"):
            text = self._source(node)
            return None if _EXPANDED.search(text) else re.sub(r"\\(.)", r"\1", text)
        if kind == "raw_string":
            return self._source(node)[1:-1]
        if kind == "string":
            if any(child.type != "string_content" for child in node.named_children):
                return None
            return re.sub(r'\\(["\\$`])', r"\1", self._source(node)[1:-1])
        if kind in ("command_name", "concatenation"):
            parts = [self._text(child) for child in node.named_children] or [self._source(node)]
            return None if any(part is None for part in parts) else "".join(str(part) for part in parts)
        return None


def assignments_of(words: tuple[Word, ...]) -> dict[str, Any]:
    """`NAME=value` words at the start, as `env` takes them."""
    found: dict[str, Any] = {}
    for word in words:
        if word.text is None or not _ASSIGNMENT.match(word.text):
            break
        name, _, value = word.text.partition("=")
        found[name] = value
    return found


def is_complete(line: str) -> bool:
    """Whether a line can be run by itself: no quote, bracket or `if` is left open, nothing is closed that wasn't."""
    first = line.split(maxsplit=1)[:1]
    if not first or first[0] in _CONTINUING:
        return not first
    if _PLAIN.match(line):
        return first[0] not in _OPENING
    try:
        return not _parser().parse(line.encode("utf-8", "surrogatepass")).root_node.has_error
    except RecursionError:
        return True


_OPENING = frozenset({"if", "for", "while", "until", "case", "select", "function"})
_CONTINUING = frozenset({"then", "else", "elif", "fi", "do", "done", "esac", "}", ")"})
