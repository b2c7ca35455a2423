"""Programs that a project defines itself: the entry points in `pyproject.toml`, `setup.cfg` and `setup.py`."""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakKeyDictionary

from pipelinekit.project.disk import UnreadableError
from pipelinekit.project.paths import ancestors, folder_of, is_outside
from pipelinekit.project.project import Project
from pipelinekit.project.repository import outer_folders
from pipelinekit.project.toml import TomlError, parse_toml

if TYPE_CHECKING:
    import configparser

_FILES = ("pyproject.toml", "setup.cfg", "setup.py")
_TABLES: tuple[tuple[str, ...], ...] = (
    ("project", "scripts"),
    ("project", "gui-scripts"),
    ("tool", "poetry", "scripts"),
    ("tool", "flit", "scripts"),
)
_REFERENCE = re.compile(r"\s*([A-Za-z_][\w.]*)\s*(?::\s*([A-Za-z_][\w.]*))?\s*(?:\[.*\])?\s*\Z")
#: The most `pyproject.toml` files that are looked at in a monorepo.
_MOST = 200


class ConsoleScript(NamedTuple):
    """A program: the file of the project that holds the function it calls, where that was found."""

    name: str
    path: str
    function: str


class Package(NamedTuple):
    """A folder with a `pyproject.toml` or its like, and the folders in it from which modules are imported."""

    folder: str
    source_folders: tuple[str, ...]
    scripts: dict[str, ConsoleScript]


_known: WeakKeyDictionary[Project, list[Package]] = WeakKeyDictionary()


def packages(project: Project) -> list[Package]:
    """The Python packages that a project defines, the outermost first."""
    found = _known.get(project)
    if found is None:
        found = _known[project] = [package for folder in _folders(project) if (package := _package(folder, project))]
    return found


def console_scripts(project: Project, folder: str = ".") -> dict[str, ConsoleScript]:
    """The programs by name; of several that are called alike, that of the package nearest to a folder."""
    near = [".", *reversed(ancestors(folder)), folder]
    scripts: dict[str, ConsoleScript] = {}
    for package in sorted(packages(project), key=lambda package: package.folder in near):
        # what a package around the project defines is as good as installed from elsewhere
        if not is_outside(package.folder):
            scripts.update(package.scripts)
    return scripts


def _folders(project: Project) -> Iterator[str]:
    git = project.git
    if git is None:
        folders = {".", *(name for name in project.disk.names(".") if not name.startswith("."))}
    else:
        folders = {folder_of(path) for path in git.tracked if path.rpartition("/")[2] in _FILES}
        folders |= {folder_of(path) for path in git.untracked if path in _FILES} | {"."}
    # the project may be a part of a repository whose top holds the package
    yield from reversed(outer_folders(project.root))
    yield from sorted(folders, key=lambda folder: (folder != ".", folder.count("/"), folder))[:_MOST]


def _package(folder: str, project: Project) -> Package | None:
    settings = {name: _read(folder, name, project) for name in _FILES}
    if not any(settings.values()):
        return None
    toml = _toml(settings["pyproject.toml"])
    config = _config(settings["setup.cfg"])
    call = _setup_call(settings["setup.py"])
    declared = [*_declared_in_toml(toml), *_declared_in_config(config), *_declared_in_call(call)]
    sources = tuple(dict.fromkeys(_join(folder, inner) for inner in _source_folders(toml, config, call)))
    scripts: dict[str, ConsoleScript] = {}
    for name, reference in declared:
        script = _located(name, reference, sources, project)
        if script is not None:
            scripts[name] = script
    return Package(folder, sources, scripts)


def _join(folder: str, inner: str) -> str:
    return posixpath.normpath(posixpath.join(folder, inner))


def _read(folder: str, name: str, project: Project) -> str:
    try:
        return project.disk.read(_join(folder, name))
    except (FileNotFoundError, UnreadableError):
        return ""


def _located(name: str, reference: str, sources: tuple[str, ...], project: Project) -> ConsoleScript | None:
    match = _REFERENCE.match(reference)
    if match is None:
        return None
    inner = match[1].replace(".", "/")
    places = tuple(_join(source, inner + suffix) for source in sources for suffix in (".py", "/__init__.py"))
    found = next((place for place in places if project.disk.kind(place) == "file"), None)
    return ConsoleScript(name, found, match[2] or "") if found is not None else None


# --- pyproject.toml -------------------------------------------------------------------------------------------


def _toml(text: str) -> dict[str, Any]:
    try:
        return parse_toml(text) if text else {}
    except TomlError:
        return {}


def _at(data: Any, *keys: str) -> Any:
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    return data


def _declared_in_toml(data: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for table in _TABLES:
        section = _at(data, *table)
        for name, value in section.items() if isinstance(section, dict) else ():
            reference = _at(value, "reference") or _at(value, "callable") if isinstance(value, dict) else value
            if isinstance(reference, str):
                yield str(name), reference


def _source_folders(toml: dict[str, Any], config: configparser.ConfigParser, call: ast.Call | None) -> Iterator[str]:
    """Where modules are imported from, as the build tools are told; `src` and the folder itself always."""
    where = _at(toml, "tool", "setuptools", "packages", "find", "where")
    yield from (folder for folder in where if isinstance(folder, str)) if isinstance(where, list) else ()
    for root in (_at(toml, "tool", "setuptools", "package-dir", ""), _at(toml, "tool", "pdm", "build", "package-dir")):
        if isinstance(root, str):
            yield root
    for entry in _at(toml, "tool", "poetry", "packages") or ():
        origin = _at(entry, "from")
        if isinstance(origin, str):
            yield origin
    wheel = _at(toml, "tool", "hatch", "build", "targets", "wheel", "packages")
    for path in wheel if isinstance(wheel, list) else ():
        if isinstance(path, str):
            yield posixpath.dirname(path)
    for section, key in (("options.packages.find", "where"), ("options", "package_dir")):
        text = config.get(section, key, fallback="")
        yield from (line.rpartition("=")[2].strip() for line in text.splitlines() if line.strip())
    folders = _keyword(call, "package_dir")
    if isinstance(folders, ast.Dict):
        for value in folders.values:
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                yield value.value
    yield from ("src", ".", "lib")


# --- setup.cfg, setup.py --------------------------------------------------------------------------------------


def _config(text: str) -> configparser.ConfigParser:
    import configparser

    parser = configparser.ConfigParser(interpolation=None, strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    try:
        if text:
            parser.read_string(text)
    except configparser.Error:
        return configparser.ConfigParser(interpolation=None)
    return parser


def _declared_in_config(config: configparser.ConfigParser) -> Iterator[tuple[str, str]]:
    for key in ("console_scripts", "gui_scripts"):
        yield from _lines(config.get("options.entry_points", key, fallback="").splitlines())


def _lines(lines: list[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        name, sign, reference = line.partition("=")
        if sign and name.strip():
            yield name.strip(), reference.strip()


def _setup_call(text: str) -> ast.Call | None:
    if "setup" not in text:
        return None
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    for node in ast.walk(tree):
        name = getattr(node.func, "attr", getattr(node.func, "id", "")) if isinstance(node, ast.Call) else ""
        if isinstance(node, ast.Call) and name == "setup":
            return node
    return None


def _keyword(call: ast.Call | None, name: str) -> ast.expr | None:
    keywords = call.keywords if call is not None else []
    return next((keyword.value for keyword in keywords if keyword.arg == name), None)


def _declared_in_call(call: ast.Call | None) -> Iterator[tuple[str, str]]:
    value = _keyword(call, "entry_points")
    try:
        points = ast.literal_eval(value) if value is not None else None
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return
    if isinstance(points, str):
        parser = _config(points)
        for section in ("console_scripts", "gui_scripts"):
            if parser.has_section(section):
                yield from parser.items(section)
    for group in ("console_scripts", "gui_scripts"):
        found = points.get(group) if isinstance(points, dict) else None
        lines = found.splitlines() if isinstance(found, str) else found
        if isinstance(lines, (list, tuple, set)):
            yield from _lines([line for line in lines if isinstance(line, str)])
