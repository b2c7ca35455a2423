from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import NamedTuple

from pipelinekit.graph.graph import Graph
from pipelinekit.project.paths import ancestors, is_outside, relative
from pipelinekit.resolve.stage import Stage
from pipelinekit.rules.declared import is_dependency, is_output
from pipelinekit.rules.finding import Finding, Fix, in_words
from pipelinekit.rules.list_edits import add_entries
from pipelinekit.rules.rule import rule
from pipelinekit.scripts.access import Access
from pipelinekit.scripts.accesses import all_accesses
from pipelinekit.scripts.programs import script_place
from pipelinekit.yaml.tree import Place

#: Files that a message names, and places that it shows.
_SHOWN = 3
#: Files of one folder from which on the folder is listed instead.
_MANY = 4
#: What is written on the way and thrown away, or is meant for people alone.
_PASSING = re.compile(
    r"(?:^|/)(?:te?mp|logs?|\.?cache|__pycache__|mlruns|mlartifacts|wandb|runs|lightning_logs|tensorboard|tb_logs"
    r"|dvclive|outputs/\d{4}-\d\d-\d\d|multirun|junk|scratch|debug|\.[^/]+)(?:/|$)"
    r"|\.(?:log|tmp|temp|lock|pid|pyc|bak|swp|part)$|(?:^|/)(?:nohup\.out|te?mp|log|debug|junk|ignored)[^/]*$"
    r"|(?:^|[/_.-])log(?:\.[a-z]+)?$",
    re.IGNORECASE,
)
_PIPELINE_FILES = frozenset({"dvc.yaml", "dvc.lock", "params.yaml", ".gitignore", "calkit.yaml"})


@rule(
    "PK105",
    "undeclared-output",
    level="warning",
    since="0.1.0",
    fix="sometimes",
    reads=("cmd", "outs", "metrics", "plots", "wdir"),
)
def undeclared_output(stage: Stage, graph: Graph) -> Iterator[Finding]:
    """A stage writes a file that is not among its outputs.

    ## What it does
    Follows the Python script that the command runs, and what it calls of this project, to the places where
    files are written (`open(…, "w")`, `to_csv`, `savefig`, `joblib.dump`, `torch.save` and many more), and works
    out their paths. It also looks at what the command writes itself (`>`, `cp`, `wget -O`…). Left out is what
    is temporary: logs, caches, executed notebooks, files that the stage deletes again, that only it reads or
    that git ignores and no stage needs, whatever is written only under some condition, and the folders of
    tracking tools.

    ## Why it matters
    DVC neither keeps nor restores the file: after `dvc checkout` or `dvc pull` it is still the one of another
    run. A stage that reads it can't depend on the stage that makes it.

    ## Example
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py
    #               ^^^^^^^^
        deps:
        - train.py
        outs:
        - model.json
    ```
    ```python train.py
    import json
    from pathlib import Path

    OUT = Path("reports")

    with open("model.json", "w") as file:
        json.dump({"depth": 3}, file)

    (OUT / "classes.json").write_text(json.dumps(["a", "b"]))
    ```

    ## Use instead
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py
        deps:
        - train.py
        outs:
        - model.json
        - reports/classes.json
    ```
    ```python train.py
    import json
    from pathlib import Path

    OUT = Path("reports")

    with open("model.json", "w") as file:
        json.dump({"depth": 3}, file)

    (OUT / "classes.json").write_text(json.dumps(["a", "b"]))
    ```

    ## Fix safety
    The fix adds the files to `outs`. It is unsafe: DVC deletes outputs before it runs the stage, and takes them
    out of git. A file that git tracks is added with `cache: false`, so that git keeps it.
    """
    groups: dict[Place, list[_Output]] = {}
    for found in _kept(list(_undeclared(stage, graph)), graph):
        access = found.access
        place = script_place(stage, access.script) if access.script is not None else access.place
        groups.setdefault(place, []).append(found)
    for place, outputs in groups.items():
        yield _explain(stage, place, outputs, graph)


class _Output(NamedTuple):
    """A file or folder that is written."""

    path: str
    access: Access


def _undeclared(stage: Stage, graph: Graph) -> Iterator[_Output]:
    accesses = graph.derived(all_accesses).get(stage, ())
    read = {access.path for access in accesses if access.mode == "read"}
    seen: set[str] = set()
    for access in accesses:
        path = access.path
        if access.mode != "write" or not access.is_certain or path in seen:
            continue
        seen.add(path)
        if is_outside(path) or is_output(stage, path) or is_dependency(stage, path) or _is_passing(path, access):
            continue
        if graph.made_by(path) or (path in read and not _is_wanted(path, graph)):
            continue  # a step on the way, or the business of other rules
        yield _Output(path, access)


def _is_passing(path: str, access: Access) -> bool:
    if _PASSING.search(path) is not None or posixpath.basename(path) in _PIPELINE_FILES or path == ".":
        return True
    is_run = access.script is None and path.endswith(".ipynb")  # what papermill makes of a notebook
    return is_run or "Live(" in access.what or path.endswith(".dvc")


def _kept(found: list[_Output], graph: Graph) -> list[_Output]:
    """Without what git ignores and no stage needs: somebody has decided that it may be lost."""
    git = graph.index.project.git
    unneeded = [output.path for output in found if not _is_wanted(output.path, graph)]
    ignored = git.ignored(unneeded) if git is not None else set()
    return [output for output in found if output.path not in ignored]


def _is_wanted(path: str, graph: Graph) -> bool:
    """Whether git keeps a file, or a stage depends on it or on a folder that holds it."""
    git = graph.index.project.git
    if git is not None and path in git.tracked:
        return True
    needed = graph.derived(_paths_needed)
    return path in needed or any(folder in needed for folder in ancestors(path))


def _paths_needed(graph: Graph) -> frozenset[str]:
    return frozenset(dep.path for stage in graph.index.stages for dep in stage.deps)


def _explain(stage: Stage, place: Place, outputs: list[_Output], graph: Graph) -> Finding:
    paths = [found.path for found in outputs]
    rest = len(paths) - _SHOWN
    shown = f"{', '.join(paths[:_SHOWN])} and {rest} more" if rest > 0 else in_words(paths)
    is_one = len(paths) == 1
    entries = _entries(paths, graph)
    texts = [relative(path, stage.wdir) for path in entries]
    quoted = [f"'{text}'" for text in texts[:5]]
    more = len(texts) - len(quoted)
    return Finding(
        place,
        f"'{stage.definition.name}' writes {shown}, which {'is' if is_one else 'are'} not among its outs",
        why=f"DVC neither keeps nor restores {'it' if is_one else 'them'}, and nothing can depend on"
        f" {'it' if is_one else 'them'}",
        help=f"Add {', '.join(quoted)} and {more} more to outs." if more > 0 else f"Add {in_words(quoted)} to outs.",
        related=[
            (found.access.place, f"{found.path} is written here")
            for found in outputs[:_SHOWN]
            if found.access.script is not None
        ],
        fix=_fix(stage, entries, graph),
        stage=stage,
    )


def _entries(paths: list[str], graph: Graph) -> list[str]:
    """The paths to list: of many files of one folder that holds nothing else, the folder."""
    folders: dict[str, int] = {}
    for path in paths:
        folder = posixpath.dirname(path)
        folders[folder] = folders.get(folder, 0) + 1
    git = graph.index.project.git
    entries: dict[str, None] = {}
    for path in paths:
        folder = posixpath.dirname(path)
        is_free = folders[folder] >= _MANY and not graph.made_by(folder) and not _is_used(folder, graph)
        entries[folder if is_free and not (git is not None and git.tracked_below(folder)) else path] = None
    return list(entries)


def _is_used(folder: str, graph: Graph) -> bool:
    return any(folder in ancestors(path) for path in graph.derived(_paths_needed))


def _writers(graph: Graph) -> dict[str, set[Stage]]:
    """The stages that write a path."""
    found: dict[str, set[Stage]] = {}
    for stage, accesses in graph.derived(all_accesses).items():
        for access in accesses:
            if access.mode == "write":
                found.setdefault(access.path, set()).add(stage)
    return found


def _fix(stage: Stage, paths: list[str], graph: Graph) -> Fix | None:
    definition = stage.definition
    writers = graph.derived(_writers)
    if any("${" in path or len(writers.get(path, ())) > 1 for path in paths):
        return None  # two stages can't have one output
    if len(definition.stages) > 1:
        return None
    git = graph.index.project.git
    entries: list[object] = []
    for path in sorted(paths):
        text = relative(path, stage.wdir)
        is_tracked = git is not None and (path in git.tracked or git.tracked_below(path) is not None)
        entries.append({text: {"cache": False}} if is_tracked else text)
    what = relative(paths[0], stage.wdir) if len(paths) == 1 else f"{len(paths)} entries"
    return add_entries(definition, "outs", entries, f"Add {what} to outs", safe=False)
