"""What the commands of a stage read and write, and the shell scripts, recipes and R code that they run."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import NamedTuple

from pipelinekit.graph.graph import Graph
from pipelinekit.project.lock import LOCK
from pipelinekit.project.paths import ancestors, is_outside, is_pipeline_file, join
from pipelinekit.resolve.stage import Stage
from pipelinekit.scripts.access import Access, Mode
from pipelinekit.scripts.file_uses.programs import uses_of
from pipelinekit.scripts.file_uses.use import Use
from pipelinekit.scripts.invocations import Invocation, word_place
from pipelinekit.scripts.programs import all_followed, all_scripts
from pipelinekit.scripts.r_source import is_r, sourced_files, uses_in
from pipelinekit.scripts.runs import Running
from pipelinekit.scripts.script import Script
from pipelinekit.yaml.tree import Document, Place


class FileUse(NamedTuple):
    """A file that one command of a stage uses."""

    #: relative to the project
    path: str
    use: Use
    invocation: Invocation


def all_command_accesses(graph: Graph) -> dict[Stage, list[Access]]:
    """The files that each stage's commands read and write, and its shell scripts, recipes and R code.

    What Python code does is not in here. Left out is what concerns only the stage itself: files that it has
    written before it reads them, and those that it removes in the end. For `Graph.derived`.
    """
    found = {
        stage: list(_lasting(stage, uses, graph)) if uses else []
        for stage, uses in graph.derived(all_file_uses).items()
    }
    for stage, scripts in graph.derived(all_scripts).items():
        for script in scripts:
            if is_r(script.path):
                found[stage] += _of_r(stage, script, graph)
    return found


def all_file_uses(graph: Graph) -> dict[Stage, list[FileUse]]:
    """Every file inside of the project that the commands of a stage read, write or remove, in their order."""
    return {
        stage: [use for running in found for use in _file_uses(running, graph)]
        for stage, found in graph.derived(all_followed).items()
    }


def _file_uses(running: Running, graph: Graph) -> Iterator[FileUse]:
    invocation = running.invocation
    if invocation.folder is None:
        return
    for word in invocation.parsed.reads:
        yield from _placed(Use("read", word), invocation.folder, running, graph)
    if running.folder is not None:
        for use in uses_of(running.inner.words):
            yield from _placed(use, running.folder, running, graph)
    for word in invocation.parsed.writes:
        yield from _placed(Use("write", word), invocation.folder, running, graph)


def _placed(use: Use, folder: str, running: Running, graph: Graph) -> Iterator[FileUse]:
    text = use.word.text
    if not text or "\0" in text or "\n" in text or text.startswith("~"):
        return
    path = join(folder, text, graph.index.project.root)
    if use.inside is not None and (use.is_folder or text.endswith("/") or _is_folder(path, graph)):
        path, use = posixpath.normpath(f"{path}/{use.inside}"), use._replace(is_folder=False)
    elif use.inside is not None and not _may_be_file(path, graph):
        return  # `cp a b`: is `b` a folder? Nobody can tell
    if is_outside(path) or path == "." or _is_own_file(path):
        return
    if use.mode != "read" or all(script.path != path for script in running.scripts):
        yield FileUse(path, use, running.invocation)


def _is_own_file(path: str) -> bool:
    """Whether DVC keeps a file for itself: it can be neither a dependency nor an output."""
    return is_pipeline_file(path) or path.rpartition("/")[2] == LOCK


def _is_folder(path: str, graph: Graph) -> bool:
    """Whether a path is a folder, on this disk or by what stages say of it."""
    project = graph.index.project
    if path == "." or project.disk.kind(path) == "folder":
        return True
    return bool(graph.inside(path)) or any(path in ancestors(dep) for dep in graph.derived(_dependencies))


def _dependencies(graph: Graph) -> frozenset[str]:
    return frozenset(dep.path for stage in graph.index.stages for dep in stage.deps)


def _may_be_file(path: str, graph: Graph) -> bool:
    """Whether a path that isn't there, or is a file, can only be meant as one."""
    known = path in graph.outs or path in graph.derived(_dependencies) or graph.index.project.disk.kind(path) == "file"
    return known or bool(posixpath.splitext(path)[1])


def _lasting(stage: Stage, uses: list[FileUse], graph: Graph) -> Iterator[Access]:
    removed = {use.path for use in uses if use.use.mode == "remove"}
    written: set[str] = set()
    seen: set[tuple[str, str]] = set()
    for path, use, invocation in uses:
        if use.mode == "remove":
            continue
        # what another stage makes was in the folder before this one wrote into it
        elsewhere = any(out.stage is not stage for out in graph.outs.get(path, ()))
        own = use.mode == "read" and (path in written or (_is_in(path, written) and not elsewhere))
        if use.mode == "write":
            written.add(path)
            own = _is_in(path, removed) or (use.is_folder and _holds_output(stage, path))
        if own or (path, use.mode) in seen:
            continue
        seen.add((path, use.mode))
        yield Access(path, use.mode, word_place(stage, invocation, use.word), _as_written(path, use, invocation))


def _of_r(stage: Stage, script: Script, graph: Graph) -> Iterator[Access]:
    project = graph.index.project
    written: set[str] = set()
    for path in (script.path, *sourced_files(project, script.path, script.folder)):
        document = Document(project.disk.read(path), path) if project.disk.kind(path) == "file" else None
        for use, target in uses_in(project, path, script.folder) if document is not None else ():
            known = use.mode in ("read", "write") and not _is_own_file(target)
            if not known or (use.mode == "read" and _is_in(target, written)):
                continue
            mode: Mode = "read" if use.mode == "read" else "write"
            written.update([target] if mode == "write" else [])
            assert document is not None
            yield Access(target, mode, Place(document, use.start, use.end), document.text[use.start : use.end])


def _is_in(path: str, places: set[str]) -> bool:
    return path in places or any(folder in places for folder in ancestors(path))


def _holds_output(stage: Stage, folder: str) -> bool:
    """Whether the stage declares what it needs of a folder that a program fills."""
    return any(folder in ancestors(out.path) for out in stage.outs)


def _as_written(path: str, use: Use, invocation: Invocation) -> str:
    word = use.word
    text = invocation.line[word.start : word.end]
    if "\n" in text or " " in text.strip("\"'"):
        text = path  # of a recipe it is the whole line
    parsed = invocation.parsed
    if word in parsed.reads:
        return f"< {text}"
    return f"> {text}" if word in parsed.writes else f"{parsed.program} {text}"
