"""A notebook's code cells as one text of Python, and the way back from there into its JSON."""

from __future__ import annotations

import ast
import re
from bisect import bisect_right
from collections.abc import Callable
from json import JSONDecodeError, JSONDecoder
from json.decoder import scanstring  # type: ignore[attr-defined]
from json.scanner import py_make_scanner  # type: ignore[attr-defined]
from typing import Any, NamedTuple

_Parse = Callable[[str], ast.Module | None]
_ESCAPE = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.")
_MAGIC = re.compile(r"\s*(?:[%!]|\?|[A-Za-z_][\w.]*(?:\s*,\s*[A-Za-z_]\w*)*\s*=\s*[%!]|[\w.]+\?{1,2}\s*$)")
_MOVE = re.compile(r"^\s*%?(?:cd|pushd|popd)(?:\s+\S+)?\s*$", re.MULTILINE)
#: Cell magics whose cell is Python all the same.
_PYTHON_CELLS = frozenset({"time", "timeit", "capture", "prun", "python", "python3", "memit", "mprun", "skip"})


class _Text(str):
    """A string of a JSON text; `start` and `end` are the offsets of what stands between its quotes."""

    __slots__ = ("end", "start")

    start: int
    end: int


class _Decoder(JSONDecoder):
    """Reads JSON into values whose strings know where they stand."""

    def __init__(self) -> None:
        super().__init__(strict=False)
        self.parse_string = self._located
        self.scan_once = py_make_scanner(self)

    @staticmethod
    def _located(text: str, end: int, strict: bool = True) -> tuple[str, int]:
        value, after = scanstring(text, end, strict)
        located = _Text(value)
        located.start, located.end = end, after - 1
        return located, after


class Cell(NamedTuple):
    """A code cell: the pieces of its text, and the tags that tools give it a meaning by."""

    pieces: list[_Text]
    tags: frozenset[str]


class Notebook:
    """The code cells of a notebook in order."""

    def __init__(self, text: str, cells: list[Cell]) -> None:
        self.text = text
        self.cells = cells
        #: whether a magic changes the folder that it runs in
        self.moves = False
        #: offsets in the code at which a piece starts, and the piece
        self._starts: list[int] = []
        self._pieces: list[_Text] = []
        #: the lines (from 1) of the cell that papermill passes parameters through; empty without one
        self.parameter_lines = range(0)
        position = line = 0
        for cell in cells:
            first = line + 1
            for piece in cell.pieces:
                self._starts.append(position)
                self._pieces.append(piece)
                position += len(piece)
                line += piece.count("\n")
            position += 1
            line += 1
            if "parameters" in cell.tags and not self.parameter_lines:
                self.parameter_lines = range(first, line + 1)

    def parse(self, parse: _Parse) -> tuple[ast.Module | None, str, bool]:
        """The tree, the code that it was made of, and whether cells were left out because they are no Python."""
        texts = ["".join(cell.pieces) for cell in self.cells]
        self.moves = any(_MOVE.search(text) for text in texts)
        plain = [_without_magics(text) for text in texts]
        skipped = any(
            before.lstrip().startswith("%%") and not after.strip() for before, after in zip(texts, plain, strict=True)
        )
        code = "\n".join(plain)
        tree = parse(code)
        if tree is None:
            plain = [text if parse(text) is not None else _blank(text) for text in plain]
            code = "\n".join(plain)
            tree, skipped = parse(code), True
        return tree, code, skipped

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The span in the JSON text of a span of the code."""
        first = self._raw(start)
        return first, self._raw(end - 1) + 1 if end > start else first

    def _raw(self, offset: int) -> int:
        index = bisect_right(self._starts, offset) - 1
        if index < 0:
            return 0
        piece = self._pieces[index]
        inner = min(offset - self._starts[index], max(len(piece) - 1, 0))
        if piece.end - piece.start == len(piece):
            return piece.start + inner
        raw, decoded = piece.start, 0
        for match in _ESCAPE.finditer(self.text, piece.start, piece.end):
            plain = match.start() - raw
            if decoded + plain >= inner:
                break
            decoded += plain
            raw = match.end()
            if decoded == inner:
                return match.start()
            decoded += 1
        return min(raw + inner - decoded, piece.end)


def read_notebook(text: str) -> Notebook | None:
    """The notebook in a JSON text; None if it is none, or its code is no Python."""
    try:
        data: Any = _Decoder().decode(text.replace("\ufeff", " ", 1) if text.startswith("\ufeff") else text)
    except (JSONDecodeError, RecursionError, ValueError):
        return None
    if not isinstance(data, dict) or not _is_python(data.get("metadata")):
        return None
    cells = data.get("cells")
    if cells is None:
        worksheets = data.get("worksheets")
        first = worksheets[0] if isinstance(worksheets, list) and worksheets else None
        cells = first.get("cells") if isinstance(first, dict) else None
    if not isinstance(cells, list):
        return None
    found = [_cell(cell) for cell in cells if isinstance(cell, dict) and cell.get("cell_type") == "code"]
    return Notebook(text, found)


def _is_python(metadata: Any) -> bool:
    kernel = metadata.get("kernelspec") if isinstance(metadata, dict) else None
    language = kernel.get("language") if isinstance(kernel, dict) else None
    return language is None or str(language).lower() == "python"


def _cell(cell: dict[str, Any]) -> Cell:
    source = cell.get("source", cell.get("input", []))
    pieces = [source] if isinstance(source, _Text) else source if isinstance(source, list) else []
    metadata = cell.get("metadata")
    tags = metadata.get("tags") if isinstance(metadata, dict) else None
    named = frozenset(str(tag) for tag in tags) if isinstance(tags, list) else frozenset()
    return Cell([piece for piece in pieces if isinstance(piece, _Text)], named)


def _without_magics(text: str) -> str:
    """The cell with every line that is for IPython alone made one of no meaning, of the same length."""
    if "%" not in text and "!" not in text and "?" not in text:
        return text
    stripped = text.lstrip()
    if stripped.startswith("%%"):
        first, _, rest = text.partition("\n")
        name = first.strip()[2:].split(maxsplit=1)[:1]
        return _blank(first) + "\n" + rest if name and name[0] in _PYTHON_CELLS else _blank(text)
    lines = text.split("\n")
    inside = _string_lines(text)
    continued = False
    for number, line in enumerate(lines):
        if continued:
            continued = line.rstrip().endswith("\\")
            lines[number] = _blank(line)
        elif number not in inside and _MAGIC.match(line) and line.strip():
            continued = line.rstrip().endswith("\\")
            indent = len(line) - len(line.lstrip())
            lines[number] = line[:indent] + "0" + " " * (len(line) - indent - 1)
    return "\n".join(lines)


def _string_lines(text: str) -> set[int]:
    """The lines that begin inside of a text in triple quotes or of brackets: a `%` there is an operator."""
    found: set[int] = set()
    quote, depth, index, line = "", 0, 0, 0
    while index < len(text):
        char = text[index]
        if char == "\n":
            line += 1
            if quote or depth > 0:
                found.add(line)
        elif quote:
            if char == "\\":
                index += 1
                if text[index : index + 1] == "\n":
                    line += 1
                    found.add(line)
            elif text.startswith(quote, index):
                index += len(quote) - 1
                quote = ""
        elif char in "\"'":
            triple = char * 3
            if text.startswith(triple, index):
                quote, index = triple, index + 2
            else:
                end = re.compile(rf"(?:[^{char}\\\n]|\\.)*{char}").match(text, index + 1)
                index = end.end() - 1 if end is not None else index
        elif char == "#":
            end_of_line = text.find("\n", index)
            index = (end_of_line if end_of_line >= 0 else len(text)) - 1
        elif char == "\\" and text[index + 1 : index + 2] == "\n":
            found.add(line + 1)
        elif char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
        index += 1
    return found


def _blank(text: str) -> str:
    return re.sub(r"[^\n\r]", " ", text)
