"""The comments of a script, found by the tokens of its language: a `#` in a string is none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pipelinekit.yaml.comments import Comments, Span

if TYPE_CHECKING:
    import ast

    from pipelinekit.scripts.python.notebook import Notebook

_SUFFIXES = {
    "py": "python",
    "pyw": "python",
    "sh": "shell",
    "bash": "shell",
    "zsh": "shell",
    "ksh": "shell",
    "r": "r",
    "toml": "toml",
    "ipynb": "notebook",
}
_SHEBANG = re.compile(r"#!.*?(?:/|\s)(python|bash|sh|dash|zsh|ksh|Rscript)[\d.]*(?:\s|\Z)")
_PROGRAMS = {"python": "python", "Rscript": "r"}


def script_comments(path: str, text: str) -> Comments | None:
    """The comments of a file of a language that has `#` comments; None for others, and for what can't be parsed."""
    language = language_of(path, text)
    if language == "python":
        return _python(text)
    if language == "notebook":
        return _notebook(text)
    if language == "shell":
        return _by_grammar(text, "bash")
    if language == "toml":
        return _by_grammar(text, "toml")
    return Comments(text, list(_r_comments(text))) if language == "r" else None


def language_of(path: str, text: str) -> str | None:
    """What a script is written in, by its suffix or its first line; None for anything but a script."""
    name = path.rpartition("/")[2]
    if "." in name:
        return _SUFFIXES.get(name.rpartition(".")[2].lower())
    shebang = _SHEBANG.match(text.partition("\n")[0])
    return _PROGRAMS.get(shebang[1], "shell") if shebang is not None else None


# --- Python --------------------------------------------------------------------------------------------------


class _PythonComments(Comments):
    """Comments of a module; one on a line of its own is about the whole statement below it."""

    def __init__(self, text: str, spans: list[Span], inside: list[Span], starts: list[int]) -> None:
        super().__init__(text, spans)
        #: strings that go on over lines, and line breaks that a backslash takes away
        self._inside = inside
        self._starts = starts

    @cached_property
    def _statements(self) -> dict[int, int]:
        """End of each statement by its start; of several that start together the longest."""
        import ast

        try:
            module = ast.parse(self.text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return {}
        ends: dict[int, int] = {}
        for node in ast.walk(module):
            if isinstance(node, ast.stmt):
                decorators: list[ast.expr] = getattr(node, "decorator_list", [])
                first = min([node.lineno, *(decorator.lineno for decorator in decorators)])
                start = self.next_code(self._starts[first - 1])
                ends[start] = max(ends.get(start, 0), self._end_of(node))
        return ends

    def _end_of(self, node: ast.stmt) -> int:
        line = node.end_lineno or node.lineno
        return self._starts[line] if line < len(self._starts) else len(self.text)

    def first_code(self) -> int:
        """Behind the docstring of the module."""
        start = self.next_code(0)
        if self.text[start : start + 1] in ("'", '"') and start in self._statements:
            return self.next_code(self._statements[start])
        return start

    def beginning_at(self, start: int) -> Span:
        end = self._statements.get(start)
        return Span(start, end) if end is not None else super().beginning_at(start)

    def entry_around(self, start: int, end: int) -> Span | None:
        around = [Span(*statement) for statement in self._statements.items() if statement[0] <= start]
        around = [
            span
            for span in around
            if end <= span.end and not self.text[self.line_start(span.start) : span.start].strip()
        ]
        return max(around, default=None)

    def can_end_line(self, offset: int) -> bool:
        end = self.line_end(offset)
        return not any(span.start < end < span.end for span in self._inside)


def _python(text: str) -> Comments | None:
    import io
    import tokenize

    body = text.removeprefix("\ufeff")
    shift = len(text) - len(body)
    starts = [0]
    starts += [match.end() for match in re.finditer(r"\r\n|\r|\n", text)]
    if shift:
        starts[0] = shift
    spans: list[Span] = []
    inside: list[Span] = []
    end = shift
    try:
        for token in tokenize.generate_tokens(io.StringIO(body, newline="").readline):
            start = starts[token.start[0] - 1] + token.start[1] if token.start[0] <= len(starts) else len(text)
            if token.type == tokenize.COMMENT:
                spans.append(Span(start, start + len(token.string)))
            elif "\\" in text[end:start]:
                inside.append(Span(end, start))
            end = starts[token.end[0] - 1] + token.end[1] if token.end[0] <= len(starts) else len(text)
            if token.end[0] > token.start[0] and token.string.strip():
                inside.append(Span(start, end))
    except (tokenize.TokenError, SyntaxError, ValueError, RecursionError):
        return None
    return _PythonComments(text, spans, inside, starts)


# --- notebooks -----------------------------------------------------------------------------------------------


class _NotebookComments(Comments):
    """The comments in the code cells of a notebook; places are in its JSON."""

    is_embedded = True

    def __init__(self, notebook: Notebook, code: Comments) -> None:
        self._notebook = notebook
        self._code = code
        self._in_code = {self._in_file(span): span for span in code.spans}
        super().__init__(notebook.text, list(self._in_code))

    def _in_file(self, span: Span) -> Span:
        return Span(*self._notebook.span(span.start, span.end))

    def first_code(self) -> int:
        start = self._code.first_code()
        return self._in_file(Span(start, start)).start if start < len(self._code.text) else len(self.text)

    def stands_alone(self, span: Span) -> bool:
        return self._code.stands_alone(self._in_code[span])

    def beside(self, span: Span) -> Span:
        return self._in_file(self._code.beside(self._in_code[span]))

    def below(self, span: Span) -> Span | None:
        below = self._code.below(self._in_code[span])
        return self._in_file(below) if below is not None else None

    def code_lines(self) -> list[str]:
        return self._code.code_lines()

    def can_end_line(self, offset: int) -> bool:
        return False  # what ends there is a string of JSON


def _notebook(text: str) -> Comments | None:
    from pipelinekit.scripts.python.source import Source

    source = Source("notebook.ipynb", text)
    code = _python(source.code.text) if source.notebook is not None and source.tree is not None else None
    return _NotebookComments(source.notebook, code) if source.notebook is not None and code is not None else None


# --- shell and TOML ------------------------------------------------------------------------------------------


class _GrammarComments(Comments):
    """Comments of a text that a grammar of tree-sitter reads."""

    def __init__(self, text: str, spans: list[Span], statements: dict[int, int], inside: list[Span]) -> None:
        super().__init__(text, spans)
        self._statements = statements
        self._inside = inside

    def beginning_at(self, start: int) -> Span:
        end = self._statements.get(start)
        return Span(start, max(end, self.line_end(start))) if end is not None else super().beginning_at(start)

    def can_end_line(self, offset: int) -> bool:
        end = self.line_end(offset)
        continued = self.text[self.line_start(offset) : end].endswith("\\")
        return not continued and not any(span.start < end < span.end for span in self._inside)


#: What may span lines and hold no comment.
_TEXTS = frozenset({"string", "raw_string", "ansi_c_string", "heredoc_body", "heredoc_redirect"})


def _by_grammar(text: str, language: str) -> Comments | None:
    from importlib import import_module

    from tree_sitter import Language, Parser

    grammar = import_module(f"tree_sitter_{language}")
    data = text.encode("utf-8", "surrogatepass")
    root = Parser(Language(grammar.language())).parse(data).root_node
    ascii_only = data.isascii()

    def place(offset: int) -> int:
        return offset if ascii_only else len(data[:offset].decode("utf-8", "surrogatepass"))

    spans: list[Span] = []
    inside: list[Span] = []
    statements: dict[int, int] = {}
    stack: list[Any] = list(reversed(root.children))
    while stack:
        node = stack.pop()
        span = Span(place(node.start_byte), place(node.end_byte))
        if node.type == "comment":
            spans.append(span)
        elif node.type in _TEXTS:
            inside.append(span)
            if node.type == "heredoc_redirect":
                stack.extend(reversed(node.children))
        elif node.is_named:
            statements.setdefault(span.start, span.end)  # the outermost comes first
            stack.extend(reversed(node.children))
    return _GrammarComments(text, spans, statements, inside)


# --- R -------------------------------------------------------------------------------------------------------

_R_TOKEN = re.compile(
    r"""#[^\r\n]*|[rR]["'](?P<dashes>-*)(?P<open>[(\[{])|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`""",
    re.DOTALL,
)
_CLOSING = {"(": ")", "[": "]", "{": "}"}


def _r_comments(text: str) -> Iterator[Span]:
    position = 0
    while (token := _R_TOKEN.search(text, position)) is not None:
        position = token.end()
        if token["open"] is not None:
            closing = _CLOSING[token["open"]] + token["dashes"] + token.group()[1]
            end = text.find(closing, position)
            position = end + len(closing) if end >= 0 else len(text)
        elif token.group().startswith("#"):
            yield Span(token.start(), token.end())
