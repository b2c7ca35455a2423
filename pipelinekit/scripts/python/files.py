"""Notes what calls of libraries read and write."""

from __future__ import annotations

import posixpath
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from pipelinekit.scripts.python.built_in import is_stream, opened
from pipelinekit.scripts.python.file_functions import FUNCTIONS, METHODS, OPENING, VAGUE, Way
from pipelinekit.scripts.python.library import text_of_file
from pipelinekit.scripts.python.values import UNKNOWN, Handle, plain, text_of

if TYPE_CHECKING:
    from pipelinekit.scripts.python.calls import Given


#: Methods of paths that touch the disk.
PATH_METHODS = frozenset(
    [
        "open",
        "read_text",
        "read_bytes",
        "write_text",
        "write_bytes",
        "rename",
        "replace",
        "symlink_to",
        "unlink",
        "rmdir",
        "mkdir",
        "touch",
        "glob",
        "rglob",
        "iterdir",
        "exists",
        "is_file",
        "is_dir",
        "stat",
        "samefile",
        "hardlink_to",
    ]
)


_LISTING = frozenset({"os.listdir", "os.scandir", "os.walk"})


def concerns(name: str) -> bool:
    """Whether a function of a library may read or write a file that one should know of."""
    last = name.rpartition(".")[2]
    return (
        name in OPENING
        or name in FUNCTIONS
        or name in _OTHERS
        or last in METHODS
        or last in VAGUE
        or last == "from_pretrained"
    )


#: Functions with rules of their own in `library_call`.
_OTHERS = frozenset({"glob.glob", "glob.iglob", "os.remove", "os.unlink", "shutil.rmtree", "sqlite3.connect"})


def library_call(name: str, given: Given) -> Any:
    """What a function of a library reads and writes; what it returns, where that matters, else None."""
    known = OPENING.get(name)
    if known is not None:
        return _open_handle(known, given)
    ways = FUNCTIONS.get(name)
    if ways is not None:
        for way in ways:
            _use(way, given, pattern="*" if name in _LISTING else "", suffix=_SUFFIXES.get(name, ""))
        return UNKNOWN if name in _LISTING else None
    if name in ("glob.glob", "glob.iglob"):
        _use_pattern(given)
        return UNKNOWN
    if name in ("os.remove", "os.unlink", "shutil.rmtree"):
        _forget(given.get(0, "path"), given)
        return None
    if name == "sqlite3.connect":
        _use(Way("read", 0, ("database",)), given)
        return None
    if name.endswith(".from_pretrained"):
        _use_local(given.get(0, "pretrained_model_name_or_path"), given)
        return None
    method_call(name.rpartition(".")[2], given, receiver=name.rpartition(".")[0])
    return None


def method_call(name: str, given: Given, receiver: str = "") -> None:
    """A method of something whose class isn't known: `x.to_csv(path)`."""
    ways = METHODS.get(name)
    if ways is not None:
        for way in ways:
            _use(way, given, suffix=_SUFFIXES.get(name, ""))
        return
    mode = VAGUE.get(name)
    if mode is not None and not receiver.startswith(_NO_FILES):
        path = given.get(0, "filepath", "path", "fname", "filename", "fp", "f", "outfile")
        text = text_of(path)
        if text is not None and "." in text.rpartition("/")[2][1:]:
            given.machine.use_file(path, mode, given.node, given.frame)


_NO_FILES = ("django", "sqlalchemy", "boto3", "mlflow", "wandb", "pickle", "json", "yaml")


#: What some functions add to a path that has no suffix.
_SUFFIXES = {
    "savefig": ".png",
    "matplotlib.pyplot.savefig": ".png",
    "numpy.save": ".npy",
    "numpy.savez": ".npz",
    "numpy.savez_compressed": ".npz",
}


def _use(way: Way, given: Given, *, pattern: str = "", suffix: str = "") -> None:
    path = given.get(way.position, *way.names)
    if path is None or type(path) is Handle or is_stream(path):
        return
    if isinstance(path, (list, tuple)):
        for one in path[:20]:
            given.machine.use_file(one, way.mode, given.node, given.frame)
        return
    text = text_of(path)
    if suffix and text is not None and not posixpath.splitext(text)[1]:
        path = text + suffix
    given.machine.use_file(path, way.mode, given.node, given.frame, pattern=pattern)


def _use_pattern(given: Given) -> None:
    """`glob.glob("data/*.csv")` lists the folder before the first wildcard."""
    machine = given.machine
    text = text_of(given.get(0, "pathname"))
    base = given.get(None, "root_dir")
    if text is not None and base is not None:
        folder = text_of(base)
        text = None if folder is None else f"{folder}/{text}"
    if text is None:
        machine.use_file(UNKNOWN, "read", given.node, given.frame, pattern="*")
        return
    parts = text.split("/")
    position = next((index for index, part in enumerate(parts) if any(char in part for char in "*?[")), len(parts))
    path = "/".join(parts[:position]) or ("/" if text.startswith("/") else ".")
    machine.use_file(path, "read", given.node, given.frame, pattern="/".join(parts[position:]) or "*")


def _use_local(value: Any, given: Given) -> None:
    """`from_pretrained("models/mine")` reads a folder if there is one, else it asks a server."""
    machine = given.machine
    path, text = machine.path(value), text_of(value)
    if path is None or text is None:
        return
    if text.startswith((".", "/")) or machine.loader.project.disk.kind(path) is not None:
        machine.use_file(value, "read", given.node, given.frame)


def _open_handle(known: tuple[str, int | None], given: Given) -> Any:
    default, position = known
    mode = plain(given.get(position, "mode")) if position is not None else default
    path = given.get(0, "file", "name", "filename", "fp", "path")
    if mode is None:
        mode = default
    if not isinstance(mode, str):
        given.machine.use_file(UNKNOWN, "read", given.node, given.frame)
        return None
    opened(given, path, mode.replace("c", "w").partition(":")[0].partition("|")[0])
    return None


def _forget(value: Any, given: Given) -> None:
    path = given.machine.path(value)
    if path is not None:
        given.machine.observed.removed.add(path)


def path_call(path: PurePosixPath, name: str, given: Given) -> Any:
    """What a method of a path that touches the disk returns: `path.read_text()`, `path.open("w")`."""
    machine, node, frame = given.machine, given.node, given.frame
    if name == "open":
        mode = plain(given.get(0, "mode"))
        return opened(given, path, "r" if mode is None else mode)
    if name in ("read_text", "read_bytes"):
        machine.use_file(path, "read", node, frame)
        return text_of_file(given, path)
    if name in ("write_text", "write_bytes", "touch"):
        machine.use_file(path, "write", node, frame)
        return UNKNOWN
    if name in ("rename", "replace"):
        machine.use_file(given.get(0, "target"), "write", node, frame)
        return given.get(0, "target")
    if name in ("glob", "rglob", "iterdir"):
        wanted = text_of(given.get(0, "pattern")) if name != "iterdir" else "*"
        machine.use_file(path, "read", node, frame, pattern=("**/" if name == "rglob" else "") + (wanted or "*"))
        return UNKNOWN
    if name in ("unlink", "rmdir"):
        _forget(path, given)
        return None
    if name in ("exists", "is_file", "is_dir"):
        return machine.exists(path, name)
    return None if name == "mkdir" else UNKNOWN
