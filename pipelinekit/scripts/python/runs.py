"""The Python files that each stage runs, and what they were seen to do: the entry to this package.

for run in graph.derived(all_runs)[stage]:
    run.script        # the word of the command that names the file
    run.observed      # files, keys of data files and library calls, with their places: see `observed`
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from pipelinekit.graph.graph import Graph
from pipelinekit.project.paths import ancestors, folder_of, join
from pipelinekit.project.project import Project
from pipelinekit.project.repository import outer_folders
from pipelinekit.resolve.stage import Stage
from pipelinekit.scripts.console_scripts import packages
from pipelinekit.scripts.programs import Script, all_scripts, arguments_of
from pipelinekit.scripts.python.machine import Loader, Machine, Setting
from pipelinekit.scripts.python.observed import Call, FileUse, KeyUse, Observed
from pipelinekit.scripts.python.search import SearchPath
from pipelinekit.scripts.python.source import NOTEBOOK, Source
from pipelinekit.scripts.python.values import UNKNOWN, Function, Module

#: Stages of one `foreach` or `matrix` for which a script is followed: the others differ in a word or two.
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
    seen: dict[tuple[int, str, str | None], int] = {}
    for stage, scripts in graph.derived(all_scripts).items():
        runs: list[Run] = []
        found[stage] = runs
        for script in scripts:
            if not is_python(script.path) or not loader.finder.is_here(script.path):
                continue
            group = (id(stage.definition), script.path, script.function)
            seen[group] = seen.get(group, 0) + 1
            if seen[group] > MAX_STAGES_OF_A_GROUP:
                continue
            setting = setting_of(script, loader.project)
            # many scripts don't look at what they are given, and do the same for every stage
            cwd, search, words, *more = setting
            any_words = (script.path, script.function, cwd, search, *more)
            key = (*any_words, words)
            result = known.get(any_words) or known.get(key)
            if result is None:
                result, heeds_arguments = follow(loader, script, setting)
                known[key if heeds_arguments else any_words] = result
            runs.append(Run(script, *result))
    return found


def stages_that_call(graph: Graph) -> frozenset[Stage]:
    """The stages whose scripts call something that is not of the project; for `Graph.derived`."""
    known: dict[int, bool] = {}
    found: set[Stage] = set()
    for stage, runs in graph.derived(all_runs).items():
        for run in runs:
            calls = known.get(id(run.observed))
            if calls is None:
                calls = known[id(run.observed)] = bool(run.calls)
            if calls:
                found.add(stage)
    return frozenset(found)


def loader_of(graph: Graph) -> Loader:
    """The modules of the project, shared by all scripts; for `Graph.derived`."""
    return Loader(graph.index.project)


def is_python(path: str) -> bool:
    """Whether a file is Python by its name."""
    return path.endswith((".py", NOTEBOOK, ".pyw"))


def follow(loader: Loader, script: Script, setting: Setting) -> tuple[tuple[SearchPath, Observed], bool]:
    """Follow a script from top to bottom, or the function of it that a program of the project calls.

    Returns where it finds its imports, what it was seen to do, and whether that depends on what it is given.
    """
    observed = Observed()
    machine = Machine(loader, setting, observed)
    name = "__main__" if script.function is None else script.path.removesuffix(".py").replace("/", ".")
    module = Module(script.path, name, loader.source(script.path))
    machine.run(module)
    if script.function is not None:
        from pipelinekit.scripts.python.program import call_program

        call_program(machine, module, script.function)
    return (machine.search, observed), machine.heeds_arguments


def setting_of(script: Script, project: Project) -> Setting:
    """The folder, search path and arguments that a command starts a script with."""
    cwd = script.folder
    is_notebook = script.path.endswith(NOTEBOOK)
    words = arguments_of(script)
    if is_notebook and not _keeps_folder(script):
        cwd = folder_of(script.path)
    if is_notebook:
        first: str | None = cwd
    elif script.is_module:
        first = None if script.function is not None else cwd
    else:
        first = folder_of(script.path)
    python_path = dict(script.environment).get("PYTHONPATH") if script.environment else None
    search = _search_path(project, first, python_path or "", cwd, script.folder, folder_of(script.path))
    if is_notebook:
        parameters, more = _papermill(words)
        return Setting(cwd, search, (), script.environment, parameters, more)
    return Setting(cwd, search, words, script.environment)


@lru_cache(maxsize=4096)
def _search_path(
    project: Project, start: str | None, python_path: str, cwd: str, folder: str, script_folder: str
) -> SearchPath:
    """Where imports are looked for: where the script starts, `PYTHONPATH`, and at last what may be installed."""
    first = [start] if start is not None else []
    first += [join(cwd, entry, project.root) for entry in python_path.split(":") if entry]
    last = [cwd, folder, *_import_folders(project, script_folder)]
    return SearchPath(
        tuple(dict.fromkeys(first)), tuple(dict.fromkeys(folder for folder in last if folder not in first))
    )


def _keeps_folder(script: Script) -> bool:
    """Whether a notebook runs where the command does (papermill), and not in its own folder (nbconvert)."""
    return script.program in ("papermill", "ipython", "python", "python3", "runipy")


def _papermill(words: tuple[str | None, ...]) -> tuple[tuple[tuple[str, Any], ...], bool]:
    """The parameters that papermill passes, and whether there may be more."""
    found: list[tuple[str, Any]] = []
    more = False
    for index, word in enumerate(words):
        if word in _ONE_PARAMETER and index + 2 < len(words):
            name, value = words[index + 1], words[index + 2]
            more = more or name is None
            if name is not None:
                found.append(
                    (name, UNKNOWN if value is None else value if word in ("-r", "--parameters_raw") else _typed(value))
                )
        elif word is None or word in _FILES_OF_PARAMETERS:
            more = True
    return tuple(found), more


_ONE_PARAMETER = frozenset({"-p", "--parameters", "-r", "--parameters_raw"})
_FILES_OF_PARAMETERS = frozenset({"-f", "--parameters_file", "-y", "--parameters_yaml", "-b", "--parameters_base64"})


def _typed(text: str) -> Any:
    """A value as papermill reads it behind `-p`."""
    if text in ("True", "False", "None"):
        return {"True": True, "False": False, "None": None}[text]
    try:
        return float(text) if any(char in text for char in ".en") else int(text)
    except ValueError:
        return text


def _import_folders(project: Project, folder: str) -> tuple[str, ...]:
    """Where modules are found because their package is installed, the nearest to a folder first.

    Last comes what people put on the search path outside of the command (`export PYTHONPATH=.`).
    """
    near = [folder, *ancestors(folder), ".", *outer_folders(project.root)]
    found = sorted(
        packages(project), key=lambda package: near.index(package.folder) if package.folder in near else len(near)
    )
    return (*(inner for package in found for inner in package.source_folders), ".", "src")


__all__ = ["Function", "Run", "all_runs", "follow", "loader_of", "setting_of"]
