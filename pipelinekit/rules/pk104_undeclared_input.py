from __future__ import annotations

import posixpath
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import NamedTuple

from pipelinekit.graph.graph import Graph
from pipelinekit.project.paths import ancestors, is_outside, relative
from pipelinekit.resolve.stage import Stage
from pipelinekit.rules.declared import is_dependency, is_output, is_tracked, suits_group
from pipelinekit.rules.finding import Finding, Fix, in_words
from pipelinekit.rules.list_edits import add_entries
from pipelinekit.rules.near_misses import is_meant
from pipelinekit.rules.rule import rule
from pipelinekit.scripts.access import Access
from pipelinekit.scripts.accesses import all_accesses
from pipelinekit.scripts.named_files import all_named_files
from pipelinekit.scripts.programs import all_scripts, script_place
from pipelinekit.scripts.python.parameters import params_files
from pipelinekit.yaml.tree import Place

#: Files that a message names, and places that it shows.
_SHOWN = 3
#: Outputs in a folder from which on the folder is meant by a pattern.
_MANY = 3
_CODE = (".py", ".pyc", ".so", ".sh", ".R", ".r", ".jl", ".ipynb")
_NOT_DATA = frozenset({"dvc.yaml", "dvc.lock", ".dvcignore", ".gitignore", "pyproject.toml", "setup.cfg", ".env"})


def _stages_that_read(graph: Graph) -> frozenset[Stage]:
    """The stages of which it is known that they read something."""
    named = (stage for stage, accesses in graph.derived(all_named_files).items() if accesses)
    known = graph.derived(all_accesses).items()
    return frozenset(named).union(stage for stage, accesses in known if any(use.mode == "read" for use in accesses))


@rule(
    "PK104",
    "undeclared-input",
    level="warning",
    since="0.1.0",
    fix="sometimes",
    reads=("cmd", "deps", "wdir", "outs", "metrics", "plots"),
    among=_stages_that_read,
)
def undeclared_input(stage: Stage, graph: Graph) -> Iterator[Finding]:
    """A stage reads a file that is not among its dependencies.

    ## What it does
    Follows the Python script that the command runs, and what it calls of this project, to the places where
    files are read (`open`, pandas, numpy, joblib, torch and many more), and works out their paths: constants,
    `Path(…) / name`, f-strings, the arguments that the command passes, values from params files. It also looks
    at what the command reads itself (`<`, `cp`…), and at files that it passes to other programs. Reported is
    what git or a `.dvc` file tracks, or a stage makes, and what neither `deps` nor `params` name. A path that is
    only known at run time is not reported, nor one that is read only under some condition.

    ## Why it matters
    DVC doesn't know that the stage needs the file. Change it, and nothing re-runs. If another stage makes it,
    DVC may run the two in either order, and the stage reads what is left of the last run.

    ## Example
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py data/clean.csv
    #               ^^^^^^^^
        deps:
        - data/clean.csv
        - train.py
        outs:
        - model.json
    ```
    ```python train.py
    import json
    import sys

    with open(sys.argv[1]) as rows, open("data/labels.json") as file:
        labels = json.load(file)
        counts = {label: sum(label in row for row in rows) for label in labels}

    with open("model.json", "w") as file:
        json.dump(counts, file)
    ```
    ```text files
    data/clean.csv
    data/labels.json
    ```

    ## Use instead
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py data/clean.csv
        deps:
        - data/clean.csv
        - data/labels.json
        - train.py
        outs:
        - model.json
    ```
    ```python train.py
    import json
    import sys

    with open(sys.argv[1]) as rows, open("data/labels.json") as file:
        labels = json.load(file)
        counts = {label: sum(label in row for row in rows) for label in labels}

    with open("model.json", "w") as file:
        json.dump(counts, file)
    ```
    ```text files
    data/clean.csv
    data/labels.json
    ```

    ## Fix safety
    The fix adds the files to `deps`; of many files of one folder, the folder. DVC will run the stage once more,
    and behind the stages that make the files.
    """
    groups: dict[Place, list[_Input]] = {}
    for found in _undeclared(stage, graph):
        access = found.access
        place = script_place(stage, access.script) if access.script is not None else access.place
        groups.setdefault(place, []).append(found)
    for place, inputs in groups.items():
        yield _explain(stage, place, inputs, graph)


def has_undeclared_input(stage: Stage, graph: Graph) -> bool:
    """Whether there is anything of which this rule says that a stage reads it."""
    return next(_undeclared(stage, graph), None) is not None


class _Input(NamedTuple):
    """A file or folder that is read."""

    path: str
    access: Access
    #: the stages that make it
    makers: tuple[Stage, ...]
    #: whether a program is given it of which nobody knows what it does
    is_named: bool


def _undeclared(stage: Stage, graph: Graph) -> Iterator[_Input]:
    known = graph.derived(all_accesses).get(stage, [])
    accesses = [*known, *graph.derived(all_named_files).get(stage, [])]
    if not any(access.mode == "read" for access in accesses):
        return
    own = {access.path for access in accesses if access.mode == "write"}
    own.update(script.path for script in graph.derived(all_scripts)[stage])
    own.update(param.file for param in stage.params)
    settings = graph.derived(params_files)
    always = stage.runs_always
    seen: set[str] = set()
    for access in accesses:
        if access.mode != "read" or not access.is_certain:
            continue
        for path in _files(access, stage, graph):
            if path in seen or path in own or path in settings:
                continue
            if path not in graph.outs and any(folder in own for folder in ancestors(path)):
                continue  # it is written by the stage itself, before
            seen.add(path)
            if is_dependency(stage, path) or is_output(stage, path) or _is_no_data(path):
                continue
            makers = _makers(path, stage, graph)
            if makers is None or (always and not makers) or is_meant(path, stage, graph):
                continue
            yield _Input(path, access, makers, access not in known)


def _is_no_data(path: str) -> bool:
    return path.endswith(_CODE) or posixpath.basename(path) in _NOT_DATA or path in (".", "..") or path.endswith(".dvc")


def _files(access: Access, stage: Stage, graph: Graph) -> list[str]:
    """The file that is read, or what of a folder is read that one looks through."""
    if not access.pattern:
        return [access.path]
    if is_dependency(stage, access.path) or is_output(stage, access.path):
        return []
    name = posixpath.basename(access.pattern)
    inside = [out.path for out in graph.inside(access.path) if out.is_local]
    if inside:
        found = [path for path in inside if fnmatchcase(posixpath.basename(path), name)]
        # which of many files is meant, only the script knows
        return found if len(found) < _MANY else [access.path]
    git = graph.index.project.git
    if graph.made_by(access.path) or git is None:
        return [access.path]
    tracked = git.files_below(access.path)
    return [access.path] if any(fnmatchcase(posixpath.basename(path), name) for path in tracked) else []


def _makers(path: str, stage: Stage, graph: Graph) -> tuple[Stage, ...] | None:
    """The other stages that make a path; None if nobody keeps it, or it comes from behind this stage."""
    outs = [out for out in graph.made_by(path) if out.stage is not stage]
    makers = tuple(dict.fromkeys(out.stage for out in outs if isinstance(out.stage, Stage)))
    if any(maker in graph.downstream(stage) for maker in makers):
        return None
    return makers if outs or is_tracked(path, graph) else None


def _explain(stage: Stage, place: Place, inputs: list[_Input], graph: Graph) -> Finding:
    names = [_named(found) for found in inputs[:_SHOWN]]
    rest = len(inputs) - len(names)
    shown = f"{', '.join(names)} and {rest} more" if rest else in_words(names)
    is_one = len(inputs) == 1
    texts = [relative(path, stage.wdir) for path in _entries(stage, inputs, graph)]
    quoted = [f"'{text}'" for text in texts[:5]]
    more = len(texts) - len(quoted)
    verb = "is given" if all(found.is_named for found in inputs) else "reads"
    return Finding(
        place,
        f"'{stage.definition.name}' {verb} {shown}, which {'is' if is_one else 'are'} not among its deps",
        why=_why(stage, inputs, graph),
        help=f"Add {', '.join(quoted)} and {more} more to deps." if more else f"Add {in_words(quoted)} to deps.",
        related=[
            (found.access.place, f"{found.path} is read here")
            for found in inputs[:_SHOWN]
            if found.access.script is not None
        ],
        fix=_fix(stage, texts, graph),
        stage=stage,
    )


def _named(found: _Input) -> str:
    if not found.makers:
        return found.path
    names = list(dict.fromkeys(f"'{maker.definition.name}'" for maker in found.makers))
    return f"{found.path} (made by {in_words(names[:2])})"


def _why(stage: Stage, inputs: list[_Input], graph: Graph) -> str:
    upstream = graph.upstream(stage)
    unordered = any(maker not in upstream for found in inputs for maker in found.makers)
    it = "it" if len(inputs) == 1 else "them"
    if unordered:
        return f"DVC may run the stage before {it} {'is' if it == 'it' else 'are'} made: it reads what an old run left"
    return f"changing {it} re-runs nothing: dvc repro keeps the results of the old data"


def _fix(stage: Stage, texts: list[str], graph: Graph) -> Fix | None:
    def wanted_by(other: Stage) -> set[str]:
        return {relative(path, other.wdir) for path in _entries(other, list(_undeclared(other, graph)), graph)}

    if not suits_group(stage, graph, "inputs", texts, wanted_by):
        return None
    what = texts[0] if len(texts) == 1 else f"{len(texts)} entries"
    return add_entries(stage.definition, "deps", sorted(texts), f"Add {what} to deps")


def _entries(stage: Stage, inputs: list[_Input], graph: Graph) -> list[str]:
    """The paths to list: the folder, where somebody makes it as a whole and the stage lists no part of it yet."""
    entries: dict[str, None] = {}
    for found in inputs:
        holders = {out.path for out in graph.holding(found.path)}
        folder = next((path for path in ancestors(found.path) if path in holders), found.path)
        is_split = any(dep.path.startswith(folder + "/") for dep in stage.deps)
        entries[found.path if is_split or is_outside(folder) else folder] = None
    return list(entries)
