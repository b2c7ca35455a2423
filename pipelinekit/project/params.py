"""Params files: YAML, JSON, TOML and Python, read as DVC reads them, with the place of every key."""

from __future__ import annotations

import ast
import posixpath
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from pipelinekit.project.toml import TomlError, parse_toml
from pipelinekit.yaml.reader import parse
from pipelinekit.yaml.tree import Document, Mapping, Node, Sequence


class ParamsProblem(NamedTuple):
    """Why a params file can't be used."""

    message: str
    line: int


class ParamsFile:
    """A params file's data; `document` has a tree if it is YAML or JSON."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text
        self.document = Document(text, path)
        self.problem: ParamsProblem | None = None
        self.data: Any = {}
        self._found: dict[str, list[Any]] = {}
        self._lines: dict[tuple[str, ...], int] = {}
        suffix = posixpath.splitext(path)[1].lower()
        {".json": self._load_json, ".toml": self._load_toml, ".py": self._load_python}.get(suffix, self._load_yaml)()

    def _load_yaml(self) -> None:
        self.document = parse(self.text, self.path)
        if self.document.is_broken:
            first = next(problem for problem in self.document.problems if problem.refused)
            self.problem = ParamsProblem(first.message, self.document.line_of(first.start))
        elif self.document.root is not None:
            self.data = self.document.root.data or {}

    def _load_json(self) -> None:
        import json

        self.document = parse(self.text, self.path)
        try:
            self.data = json.loads(self.text) or {}
        except json.JSONDecodeError as error:
            self.problem = ParamsProblem(error.msg, error.lineno)
        except (RecursionError, ValueError) as error:
            self.problem = ParamsProblem(str(error), 1)

    def _load_toml(self) -> None:
        try:
            self.data = parse_toml(self.text)
        except TomlError as error:
            self.problem = ParamsProblem(error.message, error.line)

    def _load_python(self) -> None:
        try:
            tree = ast.parse(self.text)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            self.problem = ParamsProblem(getattr(error, "msg", None) or str(error), getattr(error, "lineno", None) or 1)
            return
        self.data = self._python_data(tree.body, (), only_self=False)

    def _python_data(self, body: list[ast.stmt], path: tuple[str, ...], *, only_self: bool) -> dict[str, Any]:
        """Literal assignments, by the rules of DVC: module, class bodies, and `self.x` in `__init__`."""
        data: dict[str, Any] = {}
        for statement in body:
            if isinstance(statement, (ast.Assign, ast.AnnAssign)):
                try:
                    name = _assigned_name(statement, only_self)
                    data[name] = _literal(statement.value)
                except (ValueError, AttributeError, TypeError, RecursionError):
                    continue
                self._lines[(*path, name)] = statement.lineno
            elif isinstance(statement, ast.ClassDef):
                data[statement.name] = self._python_data(statement.body, (*path, statement.name), only_self=False)
                self._lines[(*path, statement.name)] = statement.lineno
            elif isinstance(statement, ast.FunctionDef) and statement.name == "__init__":
                data.update(self._python_data(statement.body, path, only_self=True))
        return data

    def find(self, key: str) -> Any:
        """The value of a dotted key as DVC looks it up: `train.lr`, `layers.0`. Raises KeyError.

        ValueError if the key has a `*` that matches several values.
        """
        found = self._found.get(key)
        if found is None:  # stages share their parameters, and thousands of them may ask
            found = self._found[key] = list(_matches(self.data, key.split(".")))
        if not found:
            raise KeyError(key)
        if len(found) > 1:
            raise ValueError(key)
        return found[0]

    def locate(self, keys: tuple[Any, ...]) -> tuple[int, int] | None:
        """Offsets of a key's name, or of a list item, where that is known."""
        if self.document.root is None:
            line = self._lines.get(keys)
            return self.document.line_span(line) if line is not None else None
        node: Node | None = self.document.root
        place: Node | None = None
        for key in keys:
            if isinstance(node, Mapping):
                pair = node.entries.get(key) or _entry_named(node, key)
                if pair is None:
                    return None
                place, node = pair
            elif isinstance(node, Sequence) and str(key).lstrip("-").isdigit() and abs(int(key)) < len(node.items):
                place = node = node.items[int(key)]
            else:
                return None
        return (place.start, place.end) if place is not None else None

    def keys(self) -> list[str]:
        """Every dotted key, leaves and what holds them: what a misspelt one could have meant."""
        found: list[str] = []

        def visit(value: Any, prefix: str) -> None:
            if isinstance(value, dict):
                for key, item in value.items():
                    name = f"{prefix}{key}"
                    found.append(name)
                    visit(item, name + ".")

        visit(self.data, "")
        return found


def _entry_named(mapping: Mapping, name: Any) -> tuple[Node, Node] | None:
    return next((pair for key, pair in mapping.entries.items() if str(key) == str(name)), None)


def _matches(value: Any, segments: list[str]) -> Any:
    if not segments:
        yield value
        return
    segment, rest = segments[0], segments[1:]
    if isinstance(value, dict):
        for key, item in value.items():
            if segment == "**" or fnmatchcase(str(key), segment):
                yield from _matches(item, rest)
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            if fnmatchcase(str(index), segment):
                yield from _matches(item, rest)


def _assigned_name(statement: ast.Assign | ast.AnnAssign, only_self: bool) -> str:
    if isinstance(statement, ast.AnnAssign):
        target = statement.target
    elif len(statement.targets) == 1:
        target = statement.targets[0]  # type: ignore[assignment]
    else:
        raise ValueError("several targets")
    if isinstance(target, ast.Name) and not only_self:
        return target.id
    if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == "self":
        return target.attr
    raise ValueError("not a name")


def _literal(value: ast.expr | None) -> Any:
    if value is None:
        raise ValueError("no value")
    return ast.literal_eval(value)
