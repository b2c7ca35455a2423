from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipelinekit.graph.graph import Graph
from pipelinekit.model.suggest import closest
from pipelinekit.project.shape import ShapeProblem
from pipelinekit.rules.finding import Change, Finding, Fix
from pipelinekit.rules.retired import is_old_lock, is_retired
from pipelinekit.rules.rule import rule
from pipelinekit.yaml.edit import CannotEditError, Edit, add_flags, insert_entry, insert_item, remove_entry, rename_key
from pipelinekit.yaml.tree import Document, Mapping, Scalar, Sequence

# Options of `dvc stage add` that people write as keys: the section, and the flags that its entries need.
_OPTIONS: dict[str, tuple[str, dict[str, bool]]] = {
    f"{section}{persist}{no_cache}": (
        section,
        {**({"cache": False} if no_cache else {}), **({"persist": True} if persist else {})},
    )
    for section in ("outs", "metrics", "plots")
    for persist in ("", "_persist")
    for no_cache in ("", "_no_cache")
    if persist or no_cache
}
# Other words for a key, none of which is close to it in spelling.
_SYNONYMS = {
    "command": "cmd",
    "run": "cmd",
    "script": "cmd",
    "commands": "cmd",
    "dependencies": "deps",
    "inputs": "deps",
    "depends": "deps",
    "depends_on": "deps",
    "outputs": "outs",
    "parameters": "params",
    "params_file": "params",
    "workdir": "wdir",
    "working_dir": "wdir",
    "cwd": "wdir",
    "description": "desc",
    "variables": "vars",
    "steps": "stages",
    "jobs": "stages",
    "pipeline": "stages",
    "for": "foreach",
    "locked": "frozen",
}
_HELP = {
    "name": "A stage's name is the key that it stands under.",
    "env": "DVC sets no environment variables: put them in front of the command, or pass them to dvc repro.",
    "set": "That was an option of an old DVC: write the value under vars, and ${…} where it is needed.",
    "md5": "Hashes stand in dvc.lock.",
}


@rule("PK010", "unknown-key", level="error", since="0.1.0", fix="sometimes")
def unknown_key(graph: Graph) -> Iterator[Finding]:
    """A key that DVC does not know.

    ## What it does
    Checks every key of `dvc.yaml`, `dvc.lock` and `.dvc` files against DVC's schema, and suggests the one that
    was probably meant. It knows the options of `dvc stage add` that look like keys (`outs_persist`,
    `outs_no_cache`, `metrics_no_cache`, `plots_no_cache`…) and writes them as the flags they stand for.

    ## Why it matters
    DVC refuses the whole file because of one such key.

    ## Example
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py
        deps:
        - train.py
        outs_persist:
    #   ^^^^^^^^^^^^
        - checkpoints
    ```

    ## Use instead
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py
        deps:
        - train.py
        outs:
        - checkpoints:
            persist: true
    ```

    ## Fix safety
    The fix renames the key where one spelling is close, and rewrites command-line options. The file could not
    be loaded before; nothing else in it changes.
    """
    for document, problem in graph.index.shape_problems("unknown-key"):
        beside_foreach = "foreach" in problem.allowed and misspelt_loop_key(problem) is None
        if not beside_foreach and not is_retired(problem) and not is_old_lock(document):
            yield _explain(document, problem)


def misspelt_loop_key(problem: ShapeProblem) -> str | None:
    """Which of `foreach` and `do` a key stands for, where one is there and the other is missing."""
    mapping = problem.parent
    if problem.kind != "unknown-key" or "foreach" not in problem.allowed or not isinstance(mapping, Mapping):
        return None
    missing = [key for key in ("foreach", "do") if key not in mapping]
    return closest(problem.key, missing) if len(missing) == 1 else None


def suggestion(problem: ShapeProblem) -> str | None:
    """The key that was meant."""
    loop = misspelt_loop_key(problem)
    if loop is not None:
        return loop
    synonym = _SYNONYMS.get(problem.key.lower())
    if synonym in problem.allowed:
        return synonym
    return closest(problem.key, problem.allowed)


def _explain(document: Document, problem: ShapeProblem) -> Finding:
    holder = _holder(problem)
    why = "DVC refuses the whole file because of it"
    option = _OPTIONS.get(problem.key)
    if option is not None and option[0] in problem.allowed:
        section, flags = option
        written = ", ".join(f"{flag}: {str(value).lower()}" for flag, value in flags.items())
        return Finding(
            problem.node,
            f"'{problem.key}' is an option of 'dvc stage add', and no key of {holder}",
            why=why,
            help=f"In a file it is the flag '{written}' of an entry under '{section}'.",
            fix=_as_flags(document, problem, section, flags),
        )
    meant = suggestion(problem)
    help_text = _HELP.get(problem.key, "")
    if meant is not None:
        help_text = f"Did you mean '{meant}'?"
    elif not help_text:
        help_text = f"{holder.capitalize()} can have: {', '.join(problem.allowed)}."
        if problem.key.startswith("x-"):
            help_text = "DVC has no keys for one's own use: an anchor can stand under vars or meta."
    return Finding(
        problem.node,
        f"'{problem.key}' is no key of {holder}",
        why=why,
        help=help_text,
        fix=_rename(document, problem, meant) if meant is not None else None,
    )


def _holder(problem: ShapeProblem) -> str:
    """What the key stands in, in words."""
    path = problem.path
    if len(path) == 1:
        return "the file"
    if path[0] == "stages":
        body = path[2:] if len(path) > 2 and path[2] == "do" else path[1:]
        return f"the stage '{path[1]}'" if len(body) == 2 or (path[2] == "do" and len(path) == 4) else f"'{path[-2]}'"
    return f"'{path[-2]}'"


def _rename(document: Document, problem: ShapeProblem, meant: str) -> Fix | None:
    mapping = problem.parent
    if not isinstance(mapping, Mapping) or meant in mapping or problem.key == "params_file":
        return None
    try:
        edits = rename_key(mapping, problem.path[-1], meant)
    except CannotEditError:
        return None
    before = problem.path[:-1]
    changes = (Change(document.name, problem.path), Change(document.name, (*before, meant)))
    return Fix(f"Rename '{problem.key}' to '{meant}'", {document.name: tuple(edits)}, changes)


def _as_flags(document: Document, problem: ShapeProblem, section: str, flags: dict[str, bool]) -> Fix | None:
    mapping = problem.parent
    assert isinstance(mapping, Mapping)
    items = mapping.get(problem.key)
    if not isinstance(items, Sequence):
        return None
    try:
        target = mapping.get(section)
        if target is None:
            edits = _rename_and_flag(mapping, problem.key, section, items, flags)
        elif isinstance(target, Sequence) and target.items:
            edits = [*_moved(items, target, flags), *remove_entry(mapping, problem.key)]
        else:
            return None
    except CannotEditError:
        return None
    before = problem.path[:-1]
    changes = (Change(document.name, problem.path), Change(document.name, (*before, section)))
    return Fix(f"Write '{problem.key}' as flags under '{section}'", {document.name: tuple(edits)}, changes)


def _rename_and_flag(mapping: Mapping, key: str, section: str, items: Sequence, flags: dict[str, bool]) -> list[Edit]:
    edits = rename_key(mapping, key, section)
    for index, item in enumerate(items.items):
        if isinstance(item, Scalar):
            edits += add_flags(items, index, flags)
            continue
        assert isinstance(item, Mapping)
        for _, value in item.entries.values():
            if not isinstance(value, Mapping):
                raise CannotEditError("the entry has no flags")
            for flag, setting in flags.items():
                if flag not in value:
                    edits += insert_entry(value, len(value.pairs), flag, setting)
    return edits


def _moved(items: Sequence, target: Sequence, flags: dict[str, bool]) -> list[Edit]:
    """The entries of one list at the end of another, as one edit."""
    edits: list[Edit] = []
    for item in items.items:
        value: Any = (
            {item.value: flags}
            if isinstance(item, Scalar)
            else {path: {**(own or {}), **flags} for path, own in item.data.items()}
        )
        edits += insert_item(target, len(target.items), value)
    if not edits:
        return []
    return [Edit(edits[0].start, edits[0].end, "".join(edit.text for edit in edits))]
