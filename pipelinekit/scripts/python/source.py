"""A Python file or a notebook of the project as a syntax tree whose every node has a place in the text."""

from __future__ import annotations

import ast
import gc
import io
import tokenize
import warnings
from functools import lru_cache
from typing import TYPE_CHECKING

from pipelinekit.project.disk import Disk, UnreadableError
from pipelinekit.yaml.tree import Document, Place

if TYPE_CHECKING:
    from pipelinekit.scripts.python.notebook import Notebook

NOTEBOOK = ".ipynb"
#: A script longer than this holds data, not code.
MAX_CHARACTERS = 4 * 1024 * 1024


class Source:
    """The code of a file. `tree` is None if it can't be parsed: then nothing is known of it."""

    __slots__ = ("_ascii", "code", "document", "is_complete", "notebook", "path", "tree")

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.document = Document(text, path)
        self.tree: ast.Module | None = None
        #: whether all of the code is in the tree: a notebook may have cells that aren't Python
        self.is_complete = False
        self.code = self.document
        self.notebook: Notebook | None = None
        self._ascii = False
        if len(text) > MAX_CHARACTERS:
            return
        if path.endswith(NOTEBOOK):
            self._read_notebook(text)
        else:
            self.tree = parse_code(text)
            self.is_complete = self.tree is not None
        self._ascii = self.code.text.isascii()

    def _read_notebook(self, text: str) -> None:
        from pipelinekit.scripts.python.notebook import read_notebook

        self.notebook = read_notebook(text)
        if self.notebook is None:
            return
        self.tree, code, skipped = self.notebook.parse(parse_code)
        self.code = Document(code, self.path)
        self.is_complete = not skipped

    def place(self, node: ast.AST) -> Place:
        """Where a node stands in the file: the whole file for a node without a position."""
        line = getattr(node, "lineno", None)
        if line is None:
            return Place(self.document, 0, len(self.document.text))
        end_line = getattr(node, "end_lineno", None) or line
        start = self._offset(line, getattr(node, "col_offset", 0))
        end = self._offset(end_line, getattr(node, "end_col_offset", None) or 0)
        if self.notebook is not None:
            start, end = self.notebook.span(start, end)
        return Place(self.document, start, max(start, end))

    def _offset(self, line: int, column: int) -> int:
        """The offset in the code of a line (from 1) and a column in bytes of UTF-8, as `ast` counts it."""
        starts = self.code.line_starts
        if line > len(starts):
            return len(self.code.text)
        start = starts[line - 1]
        if line == 1 and self.code.text.startswith("\ufeff"):
            start += 1
        if self._ascii:
            return start + column
        end = starts[line] if line < len(starts) else len(self.code.text)
        before = self.code.text[start:end].encode("utf-8", "surrogatepass")[:column]
        return start + len(before.decode("utf-8", "ignore"))

    def words(self, node: ast.AST) -> str:
        """The code of a node as written, on one line."""
        line, end_line = getattr(node, "lineno", 1), getattr(node, "end_lineno", 1)
        start = self._offset(line, getattr(node, "col_offset", 0))
        end = self._offset(end_line, getattr(node, "end_col_offset", 0))
        return " ".join(self.code.text[start:end].split())


def read_source(disk: Disk, path: str) -> Source | None:
    """The source of a file of the project, parsed once however often it is asked for; None if it can't be read."""
    try:
        text = disk.read(path)
    except FileNotFoundError:
        return None
    except UnreadableError:
        decoded = _decoded(disk.absolute(path))
        if decoded is None:
            return None
        text = decoded
    return _source(path, text)


@lru_cache(maxsize=8192)
def _source(path: str, text: str) -> Source:
    return Source(path, text)


def _decoded(path: str) -> str | None:
    """The text of a file that names an encoding of its own in its first lines (`# -*- coding: latin-1 -*-`)."""
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_CHARACTERS)
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return data.decode(encoding)
    except (OSError, SyntaxError, ValueError, LookupError):
        return None


def parse_code(text: str) -> ast.Module | None:
    """The syntax tree of Python code; None if it isn't Python 3, or nested too deeply."""
    collecting = gc.isenabled()
    gc.disable()  # a tree is thousands of live objects and no garbage
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text.removeprefix("\ufeff"))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    finally:
        if collecting:
            gc.enable()
