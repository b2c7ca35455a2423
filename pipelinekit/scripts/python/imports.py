"""The files of this project that a script imports, directly or through others."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from pipelinekit.graph.graph import Graph
from pipelinekit.resolve.stage import Stage
from pipelinekit.scripts.programs import Script
from pipelinekit.scripts.python.machine import Loader
from pipelinekit.scripts.python.runs import all_runs, loader_of
from pipelinekit.scripts.python.search import Finder, SearchPath
from pipelinekit.scripts.python.source import Source
from pipelinekit.scripts.python.statements import is_type_checking
from pipelinekit.yaml.tree import Place


class Import(NamedTuple):
    """A file that is imported. `importer` is the file that says so; None: the command (`python -m package.module`)."""

    path: str
    importer: str | None
    #: finds where it is imported; None for what the command itself names
    locate: Callable[[], Place] | None = None

    @property
    def place(self) -> Place | None:
        """Where it is imported; None for what the command itself names."""
        return self.locate() if self.locate is not None else None


class Imports(NamedTuple):
    """What a script of a stage imports, or sources: by path, what it imports itself first."""

    script: Script
    files: dict[str, Import]


def python_imports(graph: Graph) -> dict[Stage, list[Imports]]:
    """The files of the project that each stage's Python files import; for `Graph.derived`."""
    closures = Closures(graph.derived(loader_of))
    found: dict[Stage, list[Imports]] = {}
    for stage, runs in graph.derived(all_runs).items():
        found[stage] = [Imports(run.script, closures.of(run.script, run.search)) for run in runs]
    return found


class Closures:
    """Imports to any depth, each file's own looked at once."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader
        self._direct: dict[tuple[str, SearchPath], list[Import]] = {}
        self._closures: dict[tuple[str, bool, SearchPath], dict[str, Import]] = {}

    def of(self, script: Script, search: SearchPath) -> dict[str, Import]:
        """Every file that is imported when a script runs, itself excluded."""
        key = (script.path, script.is_module, search)
        found = self._closures.get(key)
        if found is None:
            found = self._closures[key] = self._closure(script, search)
        return found

    def _closure(self, script: Script, search: SearchPath) -> dict[str, Import]:
        found: dict[str, Import] = {}
        if script.is_module:
            for path in _packages(script, self._loader.finder, search):
                found[path] = Import(path, None)
        waiting = [script.path, *found]
        position = 0
        while position < len(waiting):
            for imported in self._imports_of(waiting[position], search):
                if imported.path not in found and imported.path != script.path:
                    found[imported.path] = imported
                    waiting.append(imported.path)
            position += 1
        return found

    def _imports_of(self, path: str, search: SearchPath) -> list[Import]:
        key = (path, search)
        found = self._direct.get(key)
        if found is None:
            source = self._loader.source(path)
            found = []
            if source is not None and source.tree is not None:
                found = list(_direct_imports(source, self._loader.finder, search))
            self._direct[key] = found
        return found


def _packages(script: Script, finder: Finder, search: SearchPath) -> tuple[str, ...]:
    """The `__init__.py` files that run before a module that the command names."""
    name = (script.word.text or "") if script.function is None else script.path.removesuffix(".py").replace("/", ".")
    if script.function is None:
        return tuple(path for path in finder.locate(name, search).files if path != script.path)
    found: list[str] = []
    folder = script.path.rpartition("/")[0]
    while folder:
        located = finder.package_of(f"{folder}/x", 1)
        if located.module is None:
            break
        found.insert(0, located.module)
        folder = folder.rpartition("/")[0]
    return tuple(path for path in found if path != script.path)


def _direct_imports(source: Source, finder: Finder, search: SearchPath) -> Iterator[Import]:
    assert source.tree is not None
    seen: set[str] = set()
    for node, names in _statements(source):
        for path in names(finder, search):
            if path not in seen and path != source.path:
                seen.add(path)
                yield Import(path, source.path, partial(source.place, node))


class _Names:
    """The files that one statement imports."""

    def __init__(self, path: str, node: ast.Import | ast.ImportFrom | str) -> None:
        self.path = path
        self.node = node

    def __call__(self, finder: Finder, search: SearchPath) -> list[str]:
        node = self.node
        if isinstance(node, str):
            return list(finder.locate(node, search).files)
        found: list[str] = []
        if isinstance(node, ast.Import):
            for alias in node.names:
                found += finder.locate(alias.name, search).files
            return found
        if node.level:
            located = finder.package_of(self.path, node.level)
            for part in node.module.split(".") if node.module else ():
                located = finder.inside(located, part)
        else:
            located = finder.locate(node.module or "", search)
        found += located.files
        if located.folder is not None:
            for alias in node.names:
                found += finder.inside(located, alias.name).files
        return found


#: An import that may stand in something else: it is indented, or stands behind something on its line.
_INNER_IMPORT = re.compile(r"^[ \t\f]+(?:import|from)\b|[:;\\]\s*(?:import|from)\b|\r(?!\n)", re.MULTILINE)


def _statements(source: Source) -> Iterator[tuple[ast.AST, _Names]]:
    """The import statements of a file, wherever they stand, but for those that only type checkers see."""
    assert source.tree is not None
    text = source.code.text
    # most files import at their top only, which is cheaper to see in the text than in all that they define
    looks_inside = _INNER_IMPORT.search(text) is not None
    waiting: list[ast.stmt] = list(reversed(source.tree.body))
    while waiting:
        statement = waiting.pop()
        kind = type(statement)
        if kind is ast.Import or kind is ast.ImportFrom:
            yield statement, _Names(source.path, statement)  # type: ignore[arg-type]
        elif looks_inside and kind in _WITH_BODIES:
            inner: list[ast.stmt] = []
            if not (isinstance(statement, ast.If) and is_type_checking(statement.test)):
                inner += getattr(statement, "body", ())
            for handler in getattr(statement, "handlers", ()):
                inner += handler.body
            for case in getattr(statement, "cases", ()):
                inner += case.body
            inner += getattr(statement, "orelse", ())
            inner += getattr(statement, "finalbody", ())
            waiting += reversed(inner)
    if "import_module" in text or "__import__" in text:
        for node in ast.walk(source.tree):
            name = _named(node)
            if name is not None:
                yield node, _Names(source.path, name)


def _named(node: ast.AST) -> str | None:
    """The module that `importlib.import_module("name")` loads."""
    if not isinstance(node, ast.Call) or not node.args or not isinstance(node.args[0], ast.Constant):
        return None
    function = node.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    value = node.args[0].value
    if name not in ("import_module", "__import__") or not isinstance(value, str) or value.startswith("."):
        return None
    return value


_WITH_BODIES = frozenset(
    kind
    for kind in (
        ast.If,
        ast.Try,
        getattr(ast, "TryStar", ast.Try),
        ast.With,
        ast.AsyncWith,
        ast.For,
        ast.AsyncFor,
        ast.While,
        ast.FunctionDef,
        ast.AsyncFunctionDef,
        ast.ClassDef,
        ast.Match,
    )
)
