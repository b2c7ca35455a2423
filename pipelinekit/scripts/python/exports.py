"""Whether what a module looks up when it is imported gets to anybody: settings that nobody asks for change nothing."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Iterable, Iterator

from pipelinekit.scripts.python.observed import KeyUse
from pipelinekit.scripts.python.source import Source


def is_passed_on(use: KeyUse, sources: Iterable[Source]) -> bool:
    """Whether a value that the top level of a module looks up is used there, or by other files of a script."""
    tree = use.source.tree
    line = getattr(use.node, "lineno", None)
    if tree is None or line is None:
        return True
    statement = next((one for one in tree.body if one.lineno <= line <= (one.end_lineno or one.lineno)), None)
    names = _assigned(statement)
    if statement is None or not names:
        return True
    for other in tree.body:
        if other is not statement and _names_in(other) & names:
            derived = _assigned(other)
            if not derived:
                return True
            names |= derived
    module = posixpath.basename(use.source.path).removesuffix(".py")
    if module == "__init__":
        module = posixpath.basename(posixpath.dirname(use.source.path))
    return any(source.path != use.source.path and _asks_for(source, module, names) for source in sources)


def _assigned(statement: ast.stmt | None) -> set[str]:
    """The names that a plain assignment gives a value; none for any other statement."""
    targets: list[ast.expr] = []
    if isinstance(statement, ast.Assign):
        targets = statement.targets
    elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
        targets = [statement.target]
    names: set[str] = set()
    for target in targets:
        parts = target.elts if isinstance(target, (ast.Tuple, ast.List)) else [target]
        for part in parts:
            if not isinstance(part, ast.Name):
                return set()
            names.add(part.id)
    return names


def _names_in(node: ast.AST) -> set[str]:
    return {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Load)}


def _asks_for(source: Source, module: str, names: set[str]) -> bool:
    """Whether a file imports one of the names of a module, or reaches them through the module."""
    text = source.code.text
    if module not in text or source.tree is None:
        return False
    return any(name in text for name in names) and any(_reaches(node, module, names) for node in _imports(source.tree))


def _imports(tree: ast.Module) -> Iterator[ast.AST]:
    return (node for node in ast.walk(tree) if isinstance(node, (ast.ImportFrom, ast.Import, ast.Attribute)))


def _reaches(node: ast.AST, module: str, names: set[str]) -> bool:
    if isinstance(node, ast.ImportFrom):
        origin = (node.module or "").rpartition(".")[2]
        return origin == module and any(alias.name in names or alias.name == "*" for alias in node.names)
    return isinstance(node, ast.Attribute) and node.attr in names
