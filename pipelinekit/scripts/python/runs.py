"""The Python files that each stage runs, and what they were seen to do: the entry to this package.

    for run in graph.derived(all_runs)[stage]:
        run.script        # the word of the command that names the file
        run.observed      # files, keys of data files and library calls, with their places: see `observed`
"""

from __future__ import annotations

import posixpath
from functools import lru_cache
from typing import Any, NamedTuple

from pipelinekit.graph.graph import Graph
from pipelinekit.project.disk import UnreadableError
from pipelinekit.project.paths import ancestors, folder_of, is_outside, join
from pipelinekit.project.project import Project
from pipelinekit.project.toml import TomlError, parse_toml
from pipelinekit.resolve.stage import Stage
from pipelinekit.scripts.programs import Script, all_scripts, arguments_of
from pipelinekit.scripts.python.machine import Loader, Machine, Setting
from pipelinekit.scripts.python.observed import Call, FileUse, KeyUse, Observed
from pipelinekit.scripts.python.search import SearchPath
from pipelinekit.scripts.python.source import NOTEBOOK, Source
from pipelinekit.scripts.python.values import Function, Module

#: Stages of one `foreach` or `matrix` whose scripts are followed: the others differ in a word or two.
MAX_STAGES_OF_A_GROUP = 20


class Run(NamedTuple):
    """A Python file that a stage's command runs."""

    script: Script
    #: where it finds its imports, folders that it adds itself included
    search: SearchPath
    observed: Observed

    @property
    def calls(self) -> list[Call]:
        """The calls of libraries, those in the code of imported modules included."""
        return [call for part in self.observed.everything() for call in part.calls]

    @property
    def keys(self) -> list[KeyUse]:
        """The values that are looked up in files of data."""
        return [use for part in self.observed.everything() for use in part.keys]

    @property
    def files(self) -> list[FileUse]:
        """The files that are read and written."""
        return [use for part in self.observed.everything() for use in part.files]

    @property
    def gaps(self) -> list[str]:
        """What was given up on."""
        return [gap for part in self.observed.everything() for gap in part.gaps]

    def sources(self, graph: Graph) -> list[Source]:
        """The file itself, and the modules of the project that it imports, as far as they can be read."""
        imported = {path for part in self.observed.everything() for path in part.imported}
        found = [graph.derived(loader_of).source(path) for path in (self.script.path, *sorted(imported))]
        return [source for source in found if source is not None]


def all_runs(graph: Graph) -> dict[Stage, list[Run]]:
    """What the Python files that each stage runs were seen to do; for `Graph.derived`.

    Empty for a stage that runs none, and for the later stages of a large group.
    """
    loader = graph.derived(loader_of)
    known: dict[Any, tuple[SearchPath, Observed]] = {}
    found: dict[Stage, list[Run]] = {}
    seen: dict[int, int] = {}
    for stage, scripts in graph.derived(all_scripts).items():
        runs: list[Run] = []
        found[stage] = runs
        group = id(stage.definition)
        seen[group] = seen.get(group, 0) + 1
        if seen[group] > MAX_STAGES_OF_A_GROUP:
            continue
        for script in scripts:
            if not is_python(script.path) or is_outside(script.path):
                continue
            setting = setting_of(script, loader.project)
            key = (script.path, script.function, setting)
            result = known.get(key)
            if result is None:
                result = known[key] = follow(loader, script, setting)
            runs.append(Run(script, *result))
    return found


def loader_of(graph: Graph) -> Loader:
    """The modules of the project, shared by all scripts; for `Graph.derived`."""
    return Loader(graph.index.project)


def is_python(path: str) -> bool:
    """Whether a file is Python by its name."""
    return path.endswith((".py", NOTEBOOK, ".pyw"))


def follow(loader: Loader, script: Script, setting: Setting) -> tuple[SearchPath, Observed]:
    """Follow a script from top to bottom, or the function of it that a program of the project calls."""
    observed = Observed()
    machine = Machine(loader, setting, observed)
    name = "__main__" if script.function is None else script.path.removesuffix(".py").replace("/", ".")
    module = Module(script.path, name, loader.source(script.path))
    machine.run(module)
    if script.function is not None:
        from pipelinekit.scripts.python.program import call_program

        call_program(machine, module, script.function)
    return machine.search, observed


def setting_of(script: Script, project: Project) -> Setting:
    """The folder, search path and arguments that a command starts a script with."""
    cwd = script.folder
    is_notebook = script.path.endswith(NOTEBOOK)
    words = arguments_of(script)
    if is_notebook and not _keeps_folder(script):
        cwd = folder_of(script.path)
    environment = dict(script.environment)
    first: list[str] = []
    if is_notebook:
        first.append(cwd)
    elif script.is_module:
        first += [] if script.function is not None else [cwd]
    else:
        first.append(folder_of(script.path))
    python_path = environment.get("PYTHONPATH")
    if python_path:
        first += [join(cwd, entry, project.root) for entry in python_path.split(":") if entry]
    last = [cwd, script.folder, *roots(project, folder_of(script.path))]
    search = SearchPath(
        tuple(dict.fromkeys(folder for folder in first if not is_outside(folder))),
        tuple(dict.fromkeys(folder for folder in last if folder not in first and not is_outside(folder))),
    )
    if is_notebook:
        parameters, more = _papermill(words)
        return Setting(cwd, search, (), script.environment, parameters, more)
    return Setting(cwd, search, words, script.environment)


def _keeps_folder(script: Script) -> bool:
    """Whether a notebook runs where the command does (papermill), and not in its own folder (nbconvert)."""
    return "papermill" in script.line or "ipython" in script.line


def _papermill(words: tuple[str | None, ...]) -> tuple[tuple[tuple[str, Any], ...], bool]:
    """The parameters that papermill passes, and whether there may be more."""
    found: list[tuple[str, Any]] = []
    more = False
    for index, word in enumerate(words):
        if word in ("-p", "--parameters", "-r", "--parameters_raw") and index + 2 < len(words):
            name, value = words[index + 1], words[index + 2]
            if name is None:
                more = True
            else:
                found.append((name, value))
        elif word is None or word in ("-f", "--parameters_file", "-y", "--parameters_yaml", "-b", "--parameters_base64"):
            more = True
    return tuple(found), more


@lru_cache(maxsize=64)
def roots(project: Project, folder: str) -> tuple[str, ...]:
    """The folders whose modules can be imported because the project is installed, or meant to be found.

    Nearest first: those that `pyproject.toml`, `setup.cfg` or `setup.py` name in a folder above the script, and
    the folder itself with its `src`.
    """
    found: list[str] = []
    for holder in dict.fromkeys([folder, *ancestors(folder), "."]):
        installed = _package_folders(project, holder)
        is_root = holder == "." or installed is not None
        if not is_root:
            continue
        found += installed or ()
        found += [holder, _inner(holder, "src"), _inner(holder, "lib")] if installed is not None or holder == "." else []
    return tuple(dict.fromkeys(found))


def _inner(folder: str, name: str) -> str:
    return name if folder == "." else f"{folder}/{name}"


def _package_folders(project: Project, folder: str) -> list[str] | None:
    """The folders that a distribution's packages lie in, `folder` aside; None if it holds none."""
    disk = project.disk
    found: list[str] | None = None
    if disk.kind(_inner(folder, "pyproject.toml")) == "file":
        found = []
        text = _text(project, _inner(folder, "pyproject.toml"))
        if "package" in text or "where" in text:
            try:
                found += _named_folders(parse_toml(text))
            except TomlError:
                pass
    for name in ("setup.cfg", "setup.py"):
        if disk.kind(_inner(folder, name)) == "file":
            found = found if found is not None else []
            found += _legacy_folders(_text(project, _inner(folder, name)))
    if found is None:
        return None
    return [posixpath.normpath(posixpath.join(folder, name)) for name in found]


def _text(project: Project, path: str) -> str:
    try:
        return project.disk.read(path)
    except (FileNotFoundError, UnreadableError):
        return ""


def _named_folders(data: dict[str, Any]) -> list[str]:
    tool = data.get("tool")
    found: list[str] = []
    tool = tool if isinstance(tool, dict) else {}
    setuptools = tool.get("setuptools")
    if isinstance(setuptools, dict):
        named = setuptools.get("package-dir")
        found += [value for value in named.values() if isinstance(value, str)] if isinstance(named, dict) else []
        packages = setuptools.get("packages")
        where = packages.get("find", {}).get("where") if isinstance(packages, dict) else None
        found += [value for value in where if isinstance(value, str)] if isinstance(where, list) else []
    poetry = tool.get("poetry")
    packages = poetry.get("packages") if isinstance(poetry, dict) else None
    for package in packages if isinstance(packages, list) else ():
        source = package.get("from") if isinstance(package, dict) else None
        found += [source] if isinstance(source, str) else []
    return found


def _legacy_folders(text: str) -> list[str]:
    """`package_dir = =src`, `package_dir={"": "src"}`, `where = src`."""
    import re

    pattern = r"""package_dir\s*=\s*(?:\{\s*["']{2}\s*:\s*["']|\n?\s*=\s*)([\w./-]+)|where\s*=\s*["']?([\w./-]+)"""
    return [first or second for first, second in re.findall(pattern, text)]


__all__ = ["Function", "Run", "all_runs", "follow", "loader_of", "setting_of"]
