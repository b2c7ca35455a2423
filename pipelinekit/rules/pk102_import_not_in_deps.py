from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.graph.graph import Graph
from pipelinekit.project.paths import ancestors, folder_of, is_covered, relative
from pipelinekit.resolve.stage import Stage
from pipelinekit.rules.declared import suits_group
from pipelinekit.rules.finding import Finding, Fix, in_words
from pipelinekit.rules.list_edits import add_entries
from pipelinekit.rules.near_misses import is_meant
from pipelinekit.rules.rule import rule
from pipelinekit.scripts.imports import Import, Imports, all_imports
from pipelinekit.scripts.programs import script_place
from pipelinekit.scripts.r_source import is_r
from pipelinekit.yaml.tree import Place

#: Files that a message names, and places that it shows.
_SHOWN = 3


def _stages_that_import(graph: Graph) -> frozenset[Stage]:
    """The stages of which a script imports files of the project."""
    return frozenset(stage for stage, found in graph.derived(all_imports).items() for imports in found if imports.files)


@rule(
    "PK102",
    "import-not-in-deps",
    level="warning",
    since="0.1.0",
    fix="sometimes",
    reads=("deps", "wdir"),
    among=_stages_that_import,
)
def import_not_in_deps(stage: Stage, graph: Graph) -> Iterator[Finding]:
    """A module that the script of a stage imports is not among its dependencies.

    ## What it does
    Follows the imports of the Python file or notebook that the command runs, to any depth, and looks for each
    file of this project among `deps`, or for a folder that holds it. It finds modules as Python does: next to
    the script, in packages and their `__init__.py`, through relative imports, `PYTHONPATH=` in the command,
    `sys.path`, `src` folders, and packages that `pyproject.toml` or `setup.py` installs. Libraries don't count,
    nor do imports for type checkers alone, nor `__init__.py` files without code. Of an R script it follows
    `source("…")`.

    ## Why it matters
    Most of what a script does is often in the modules that it imports. Edit one that is not listed, and
    `dvc repro` says that everything is up to date, with results of the old code.

    ## Example
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python src/train.py
    #               ^^^^^^^^^^^^
        deps:
        - src/train.py
        outs:
        - model.pkl
    ```
    ```python src/train.py
    from features import scale

    with open("model.pkl", "w") as file:
        file.write(str(scale(2)))
    ```
    ```python src/features.py
    def scale(value):
        return value * 10
    ```

    ## Use instead
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python src/train.py
        deps:
        - src/features.py
        - src/train.py
        outs:
        - model.pkl
    ```
    ```python src/train.py
    from features import scale

    with open("model.pkl", "w") as file:
        file.write(str(scale(2)))
    ```
    ```python src/features.py
    def scale(value):
        return value * 10
    ```

    ## Fix safety
    The fix adds the files to `deps`, or the folder of a package of which the script uses most, if nothing else
    lies in it. DVC will run the stage once more, because its dependencies are not those of the last run.
    """
    places: dict[Place, list[_Part]] = {}
    for part in _missing(stage, graph):
        places.setdefault(script_place(stage, part[0].script), []).append(part)
    for place, parts in places.items():
        yield _explain(stage, place, parts, graph)


_Part = tuple[Imports, list[Import]]


def _missing(stage: Stage, graph: Graph) -> list[_Part]:
    """The scripts of a stage that import what is not listed, each with those files; no file twice."""
    reported: set[str] = set()
    parts: list[_Part] = []
    for imports in graph.derived(all_imports)[stage] if not stage.runs_always else ():
        missing = [found for found in imports.files.values() if _is_missing(stage, found, reported, graph)]
        if missing:
            reported.update(found.path for found in missing)
            parts.append((imports, missing))
    return parts


def _is_missing(stage: Stage, found: Import, reported: set[str], graph: Graph) -> bool:
    path = found.path
    if path in reported or is_covered(path, (dep.path for dep in stage.deps)):
        return False
    if is_covered(path, (out.path for out in stage.outs)) or not graph.derived(code_files)(path):
        return False
    return not is_meant(path, stage, graph)


class CodeFiles:
    """Which files hold code: an empty `__init__.py`, or one with a docstring alone, does nothing."""

    def __init__(self, graph: Graph) -> None:
        from pipelinekit.scripts.python.runs import loader_of

        self._loader = graph.derived(loader_of)
        self._known: dict[str, bool] = {}

    def __call__(self, path: str) -> bool:
        known = self._known.get(path)
        if known is None:
            known = self._known[path] = not path.endswith("__init__.py") or self._has_code(path)
        return known

    def _has_code(self, path: str) -> bool:
        source = self._loader.source(path)
        if source is None or source.tree is None:
            return True
        return any(not hasattr(statement, "value") or _is_code(statement) for statement in source.tree.body)


def _is_code(statement: object) -> bool:
    import ast

    return not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))


def code_files(graph: Graph) -> CodeFiles:
    """For `Graph.derived`."""
    return CodeFiles(graph)


def _explain(stage: Stage, place: Place, parts: list[_Part], graph: Graph) -> Finding:
    missing = [found for _, group in parts for found in group]
    paths = [found.path for found in missing]
    shown = paths[:_SHOWN]
    rest = len(paths) - len(shown)
    names = f"{', '.join(shown)} and {rest} more" if rest else in_words(shown)
    texts = [relative(path, stage.wdir) for path in smallest(stage, parts, graph)]
    is_one = len(paths) == 1
    verb = "sources" if is_r(parts[0][0].script.path) else "imports"
    return Finding(
        place,
        f"'{stage.definition.name}' {verb} {names}, which {'is' if is_one else 'are'} not among its deps",
        why=f"editing {'it' if is_one else 'them'} re-runs nothing: dvc repro keeps the results of the old code",
        help=_help(texts),
        related=[
            (found.place, f"{found.importer} {verb} {found.path} here")
            for found in missing[:_SHOWN]
            if found.place is not None
        ],
        fix=_fix(stage, texts, graph),
        stage=stage,
    )


def _help(texts: list[str]) -> str:
    quoted = [f"'{text}'" for text in texts[:5]]
    rest = len(texts) - len(quoted)
    return f"Add {', '.join(quoted)} and {rest} more to deps." if rest else f"Add {in_words(quoted)} to deps."


def _fix(stage: Stage, texts: list[str], graph: Graph) -> Fix | None:
    def wanted_by(other: Stage) -> set[str]:
        return {relative(path, other.wdir) for path in smallest(other, _missing(other, graph), graph)}

    if not suits_group(stage, graph, "imports", texts, wanted_by):
        return None
    what = texts[0] if len(texts) == 1 else f"{len(texts)} entries"
    return add_entries(stage.definition, "deps", sorted(texts), f"Add {what} to deps")


# --- the smallest set of entries -----------------------------------------------------------------------------


def smallest(stage: Stage, parts: list[_Part], graph: Graph) -> list[str]:
    """The files to add, and instead of many the folder that holds them, where that says nothing wrong."""
    used = {path for imports, _ in parts for path in (imports.script.path, *imports.files)}
    paths = [found.path for _, group in parts for found in group]
    folders: dict[str, int] = {}
    for path in paths:
        for folder in ancestors(path):
            folders[folder] = folders.get(folder, 0) + 1
    result: list[str] = []
    for path in paths:
        holder = next(
            (
                folder
                for folder in reversed(ancestors(path))
                if folders[folder] > 2 and _may_stand_for(folder, used, stage, graph)
            ),
            path,
        )
        if holder not in result:
            result.append(holder)
    return result


def _may_stand_for(folder: str, used: set[str], stage: Stage, graph: Graph) -> bool:
    """Whether a folder holds little but modules that the script uses, and nothing that changes with each run."""
    project = graph.index.project
    if folder.startswith("..") or graph.inside(folder) or graph.outs.get(folder):
        return False
    if any(folder in (folder_of(dep.path), *ancestors(dep.path)) for dep in stage.deps):
        return False  # some of it is listed already, file by file
    if not project.dvcignore.hides(f"{folder}/__pycache__", is_folder=True):
        return False  # importing writes into it
    files = _files_in(folder, graph)
    modules = [path for path in files if path.endswith(".py")]
    if len(modules) != len(files):
        return False
    return sum(path in used for path in modules) * 4 >= len(modules) * 3


def _files_in(folder: str, graph: Graph) -> list[str]:
    git = graph.index.project.git
    if git is not None:
        return git.files_below(folder)
    disk = graph.index.project.disk
    found: list[str] = []
    waiting = [folder]
    while waiting:
        current = waiting.pop()
        for name in disk.names(current):
            path = f"{current}/{name}"
            if disk.kind(path) == "folder":
                waiting.append(path)
            else:
                found.append(path)
    return found
