"""Python code that stands inside of a command: `python -c 'from pkg import x'`, `python - <<EOF`."""

from __future__ import annotations

import ast
import textwrap
from functools import lru_cache


@lru_cache(maxsize=1024)
def imported_modules(code: str) -> tuple[tuple[str, ...], ...]:
    """What the code imports: for each import the names of modules that it may be, the likeliest first."""
    if "import" not in code:
        return ()
    try:
        tree = ast.parse(textwrap.dedent(code))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    found: list[tuple[str, ...]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(alias.name,) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found += [(f"{node.module}.{alias.name}", node.module) for alias in node.names]
    return tuple(dict.fromkeys(found))
