"""What the terminal can do."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable

#: Lines of a report that no terminal asked for.
WIDTH_OF_A_FILE = 100


def is_terminal() -> bool:
    """Whether somebody looks at what is printed."""
    return sys.stdout.isatty()


def wants_colour() -> bool:
    """Colour on terminals; `NO_COLOR` forbids it, `FORCE_COLOR` asks for it anyway."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return is_terminal() and os.environ.get("TERM") != "dumb"


def width() -> int:
    """Columns to print in."""
    return shutil.get_terminal_size((WIDTH_OF_A_FILE, 24)).columns if is_terminal() else WIDTH_OF_A_FILE


def path_from_here(root: str) -> Callable[[str], str]:
    """Turns paths of a project into paths from the current folder, which a terminal can open."""
    here = os.getcwd()
    if here == root:
        return lambda path: path
    return lambda path: os.path.relpath(os.path.join(root, path), here).replace(os.sep, "/")
