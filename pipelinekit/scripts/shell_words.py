"""What the words of a shell command become: quotes, variables whose value is known, parts of a path.

What only a running shell knows (globs, `$HOME`, most of `$(…)`) has no text.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tree_sitter import Node as SyntaxNode

#: Globs, braces and home folders: the shell puts something else in their place.
_EXPANDED = re.compile(r"(?<!\\)[*?\[]|(?<!\\)\{[^{}]*(?:,|\.\.)[^{}]*\}|\A~")
_BLANK = re.compile(r"[ \t\n]+")
# `${NAME…}`: the name, an index, an operator and its operand
_PARAMETER = re.compile(
    r"\$\{(#?)(\w+|[@*#?!$-])(?:\[([^\]]*)\])?(?:(:[-+=?]|[-+=?]|%%?|##?|//?|:(?=\s*\d)|,,?|\^\^?)(.*))?\}\Z", re.DOTALL
)


class Word(NamedTuple):
    """A word of a command; `start` and `end` are offsets in the command line, quotes included."""

    #: None if it depends on what only a shell knows
    text: str | None
    start: int
    end: int


class State:
    """What is known of a shell at one point: its variables, what it was given, and where it is."""

    def __init__(
        self, variables: dict[str, list[str | None]], arguments: list[str | None] | None, name: str | None, home: str
    ) -> None:
        #: the values by name: one, or those of an array; None for one that can't be known
        self.variables = variables
        #: `$1`, `$2`…; None if it isn't known how many there are
        self.arguments = arguments
        #: `$0`
        self.name = name
        #: the folder in which it started, as an absolute path; empty if that is not known
        self.home = home
        #: where `cd` led since then, relative to `home`; None if that can't be known
        self.folder: str | None = "."
        #: the folder of the command whose words are read, which a path may be relative to; None between commands
        self.base: str | None = None
        self.exported: frozenset[str] = frozenset()

    def copy(self) -> State:
        other = State(dict(self.variables), self.arguments, self.name, self.home)
        other.folder, other.exported = self.folder, self.exported
        return other

    def forget_changes(self, before: State) -> None:
        """What may have been changed since `before`, or not: then it isn't known."""
        for name, values in self.variables.items():
            if before.variables.get(name) != values:
                self.variables[name] = [None]
        if self.arguments != before.arguments:
            self.arguments = None
        if self.folder != before.folder:
            self.folder = None

    def change_folder(self, target: str | None) -> None:
        if self.folder is None or target is None or target.startswith(("~", "-")):
            self.folder = None
        else:
            self.folder = posixpath.normpath(posixpath.join(self.folder, target))

    @property
    def working_folder(self) -> str | None:
        """What `pwd` prints, or a path that leads to the same."""
        if self.folder is None:
            return None
        if self.home or self.folder.startswith("/"):
            return posixpath.normpath(posixpath.join(self.home, self.folder))
        if self.base is None or self.base.startswith("/"):
            return None
        return posixpath.relpath(self.folder, self.base)

    def values(self, name: str) -> list[str | None] | None:
        """The values of a variable or of `$1`, `$@`…; None if they can't be known."""
        if name in ("@", "*"):
            return self.arguments
        if name == "#":
            return [str(len(self.arguments))] if self.arguments is not None else None
        if name in ("0", "BASH_SOURCE"):
            return [self.name] if self.name is not None else None
        if name.isdigit():
            if self.arguments is None:
                return None
            position = int(name) - 1
            return [self.arguments[position]] if position < len(self.arguments) else []
        if name == "PWD":
            return [self.working_folder]
        return self.variables.get(name)


class Words:
    """Reads words from the syntax tree of one text."""

    def __init__(self, text: str, state: State) -> None:
        self.text = text
        self.data = text.encode("utf-8", "replace")
        self.state = state
        self._offsets: list[int] | None = None

    def offset(self, position: int) -> int:
        """The offset in code points of one in bytes."""
        if self.text.isascii():
            return position
        if self._offsets is None:
            self._offsets = []
            for index, char in enumerate(self.text):
                self._offsets += [index] * len(char.encode("utf-8", "replace"))
            self._offsets.append(len(self.text))
        return self._offsets[min(position, len(self._offsets) - 1)]

    def source(self, node: SyntaxNode) -> str:
        return self._slice(node.start_byte, node.end_byte)

    def _slice(self, start: int, end: int) -> str:
        return self.data[start:end].decode("utf-8")

    def word(self, node: SyntaxNode, text: str | None) -> Word:
        return Word(text, self.offset(node.start_byte), self.offset(node.end_byte))

    def expand(self, node: SyntaxNode) -> list[Word]:
        """The words that a node becomes: `$FLAGS` and `"$@"` can be several, or none."""
        return [self.word(node, text) for text in self._expand(node)]

    def _expand(self, node: SyntaxNode) -> list[str | None]:
        inner = _only_child(node) if node.type == "command_name" else node
        if inner.type in ("simple_expansion", "expansion"):
            values = self._parameter(inner)
            return [None] if values is None else [part for value in values for part in _split(value)]
        if inner.type == "string":
            child = _only_child(inner)
            whole = child is not inner and self._is_all_of_many(child) and inner.end_byte - child.end_byte == 1
            if whole and child.start_byte - inner.start_byte == 1:
                values = self._parameter(child)
                return [None] if values is None else list(values)
        return [self.value(inner)]

    def _is_all_of_many(self, node: SyntaxNode) -> bool:
        return node.type in ("simple_expansion", "expansion") and (
            self.source(node) in ("$@", "${@}") or self.source(node).endswith("[@]}")
        )

    def value(self, node: SyntaxNode) -> str | None:
        """The word without its quotes; None if a part of it is only known to the shell."""
        kind = node.type
        if kind in ("word", "number", "variable_name", "extglob_pattern"):
            text = self.source(node)
            return None if _EXPANDED.search(text) else re.sub(r"\\(.)", _unescaped, text, flags=re.DOTALL)
        if kind == "raw_string":
            return self.source(node)[1:-1]
        if kind == "ansi_c_string":
            text = self.source(node)[2:-1]
            return None if "\\" in text else text
        if kind == "string":
            return self._joined(node, self._quoted)
        if kind in ("command_name", "concatenation"):
            bare = "".join(self.source(child) for child in node.named_children if child.type == "word")
            return None if _EXPANDED.search(bare) else self._joined(node, self._unquoted)
        if kind in ("simple_expansion", "expansion"):
            return self._unquoted(node)
        if kind == "command_substitution":
            return self._substituted(node)
        return None

    def _joined(self, node: SyntaxNode, part: Callable[[SyntaxNode], str | None]) -> str | None:
        """The parts of a word and what stands between them, which in a quoted text may be blanks."""
        quoted = node.type == "string"
        position = node.start_byte + quoted
        pieces: list[str] = []
        for child in node.named_children:
            value = part(child)
            if value is None:
                return None
            pieces += [_in_quotes(self._slice(position, child.start_byte)) if quoted else "", value]
            position = child.end_byte
        if quoted:
            pieces.append(_in_quotes(self._slice(position, node.end_byte - 1)))
        return "".join(pieces)

    def _quoted(self, node: SyntaxNode) -> str | None:
        if node.type in ("simple_expansion", "expansion"):
            values = self._parameter(node)
            if values is None or any(value is None for value in values):
                return None
            return " ".join(str(value) for value in values)
        if node.type == "command_substitution":
            return self._substituted(node)
        return _in_quotes(self.source(node)) if node.type == "string_content" else None

    def _unquoted(self, node: SyntaxNode) -> str | None:
        if node.type not in ("simple_expansion", "expansion"):
            return self.value(node)
        values = self._parameter(node)
        if values is None or len(values) != 1:
            return None if values is None or len(values) > 1 else ""
        value = values[0]
        # blanks split it, and the shell looks for files that a glob fits
        return None if value is None or _BLANK.search(value) or _EXPANDED.search(value) else value

    # --- ${…} ------------------------------------------------------------------------------------------------

    def _parameter(self, node: SyntaxNode) -> list[str | None] | None:
        source = self.source(node)
        if node.type == "simple_expansion":
            return self.state.values(source[1:])
        match = _PARAMETER.match(source)
        if match is None:
            return None
        length, name, index, operator, operand = match.groups()
        values = self.state.values(name)
        if index is not None and index not in ("@", "*"):
            if values is None or not index.isdigit():
                return None
            values = values[int(index) : int(index) + 1]
        elif index is None and values is not None and name not in ("@", "*"):
            values = values[:1]
        if length:
            return None
        return values if operator is None else self._operated(values, operator, operand or "")

    def _operated(self, values: list[str | None] | None, operator: str, operand: str) -> list[str | None] | None:
        if values is None or any(value is None for value in values):
            return None
        literal = not re.search(r"[$`'\"\\]", operand)
        is_set = any(values) if operator.startswith(":") else bool(values)
        if operator in (":-", "-", ":=", "="):
            return values if is_set else ([operand] if literal else None)
        if operator in (":+", "+"):
            return ([operand] if literal else None) if is_set else []
        if operator in (":?", "?"):
            return values if is_set else None
        if not literal:
            return None
        changed = [_changed(value or "", operator, operand) for value in values]
        return None if any(value is None for value in changed) else list(changed)

    # --- $(…) ------------------------------------------------------------------------------------------------

    def _substituted(self, node: SyntaxNode) -> str | None:
        """What a command prints, if it is one that only looks at paths: `$(dirname "$0")`, `$(cd x && pwd)`."""
        outside = self.state.folder
        printed: str | None = ""
        try:
            for command in _commands_of(node):
                if command is None or printed:
                    return None
                printed = self._printed(command)
                if printed is None:
                    return None
        finally:
            self.state.folder = outside
        return printed.rstrip("\n") if printed else None

    def _printed(self, node: SyntaxNode) -> str | None:
        """What one command prints; None if that can't be known, empty for `cd`."""
        if any(child.type not in _SIMPLE for child in node.named_children):
            return None
        words = [text for child in node.named_children for text in self._expand(child)]
        if not words or any(word is None for word in words):
            return None
        program, *arguments = [str(word) for word in words]
        operands = [argument for argument in arguments if not argument.startswith("-")]
        if program == "cd" and len(operands) == 1:
            self.state.change_folder(operands[0])
            return ""
        if program == "pwd" and not operands:
            return self.state.working_folder
        if program == "echo" and len(operands) == len(arguments):
            return " ".join(operands)
        if program == "dirname" and len(operands) == 1:
            return posixpath.dirname(operands[0].rstrip("/")) or "."
        if program == "basename" and operands:
            base = posixpath.basename(operands[0].rstrip("/"))
            suffix = operands[1] if len(operands) == 2 else ""
            return base[: -len(suffix)] if suffix and base.endswith(suffix) and base != suffix else base
        if program in ("realpath", "readlink") and len(operands) == 1:
            folder = self.state.working_folder
            return posixpath.normpath(posixpath.join(folder, operands[0])) if folder is not None else None
        return None


_SIMPLE = frozenset({"command_name", "word", "string", "raw_string", "concatenation", "simple_expansion", "expansion"})


def _commands_of(node: SyntaxNode) -> Iterator[SyntaxNode | None]:
    """The commands of `a && b` or `a; b`; None for anything else."""
    for child in node.named_children:
        if child.type == "command":
            yield child
        elif child.type == "list" and all(part.is_named or part.type == "&&" for part in child.children):
            yield from _commands_of(child)
        elif child.type == "redirected_statement" and child.named_children[0].type in ("command", "list"):
            # `cd x > /dev/null && pwd`, `pwd 2> /dev/null`
            if any(part.type not in ("command", "list", "file_redirect") for part in child.named_children):
                yield None
            yield from _commands_of_redirected(child)
        else:
            yield None


def _commands_of_redirected(node: SyntaxNode) -> Iterator[SyntaxNode | None]:
    body = node.named_children[0]
    if body.type == "command":
        yield body
    else:
        yield from _commands_of(body)


def _only_child(node: SyntaxNode) -> SyntaxNode:
    children = node.named_children
    return children[0] if len(children) == 1 else node


def _unescaped(match: re.Match[str]) -> str:
    return "" if match[1] == "\n" else match[1]


def _in_quotes(text: str) -> str:
    return re.sub(r'\\(["\\$`\n])', _unescaped, text)


def _split(value: str | None) -> list[str | None]:
    """An unquoted value, split at its blanks; what has a glob can't be known."""
    if value is None:
        return [None]
    return [None if _EXPANDED.search(part) else part for part in _BLANK.split(value) if part]


def _changed(value: str, operator: str, operand: str) -> str | None:
    """`${x%.csv}`, `${x##*/}`, `${x/a/b}`, `${x,,}`."""
    if operator in ("%", "%%"):
        ends = range(len(value), -1, -1) if operator == "%" else range(len(value) + 1)
        return next((value[:end] for end in ends if fnmatchcase(value[end:], operand)), value)
    if operator in ("#", "##"):
        starts = range(len(value) + 1) if operator == "#" else range(len(value), -1, -1)
        return next((value[start:] for start in starts if fnmatchcase(value[:start], operand)), value)
    if operator in ("/", "//"):
        pattern, _, replacement = operand.partition("/")
        if not pattern or _EXPANDED.search(pattern) or pattern[0] in "#%":
            return None
        return value.replace(pattern, replacement, 1 if operator == "/" else -1)
    if operator in (",,", "^^") and not operand:
        return value.lower() if operator == ",," else value.upper()
    return None
