"""Compiles the pipelines of a `pipeline.py`, checks the graph that they make, and replaces the files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import NamedTuple

from pipelinekit.lint.engine import lint_project
from pipelinekit.lint.selection import select_rules
from pipelinekit.model.compile import compile_pipeline, is_generated
from pipelinekit.model.load import load_pipelines
from pipelinekit.project.disk import UnreadableError, read_text
from pipelinekit.project.project import Project, find_root
from pipelinekit.project.writing import Write, write_files
from pipelinekit.yaml.reader import parse
from pipelinekit.yaml.tree import Mapping

#: The rules for what makes DVC refuse a file or a graph; the rest is `lint`'s to say.
_REFUSED_BY_DVC = ("PK0", "PK210", "PK212", "PK301", "PK302", "PK303", "PK304", "PK305", "PK313")


class RefusedError(Exception):
    """What the model says would be refused by DVC, or would throw away what somebody wrote."""


class Generated(NamedTuple):
    """One file: what is there (None: nothing), and what the model says."""

    path: str
    before: str | None
    after: str
    stages: int

    @property
    def differs(self) -> bool:
        return self.before != self.after


def generate_files(source: str, *, write: bool, force: bool = False) -> list[Generated]:
    """Compile a `pipeline.py`; with `write`, replace the files that differ.

    Raises LoadError, CompileError, RefusedError, WriteError; no file has changed then.
    """
    folder = os.path.dirname(os.path.abspath(source))
    files: list[Generated] = []
    for pipeline in load_pipelines(source):
        path = os.path.normpath(os.path.join(folder, pipeline.file))
        inner_source = os.path.relpath(os.path.abspath(source), os.path.dirname(path)).replace(os.sep, "/")
        text = compile_pipeline(pipeline, inner_source)
        files.append(Generated(path, _current(path), text, len(pipeline.stages)))
    _check_graph(folder, files)
    if write:
        if not force:
            for file in files:
                _check_nothing_is_lost(file)
        write_files([Write(file.path, file.after, file.before) for file in files if file.differs])
    return files


def diff_lines(files: list[Generated]) -> Iterator[str]:
    """A unified diff of what is there and what the models say."""
    from difflib import unified_diff

    for file in files:
        name = os.path.relpath(file.path).replace(os.sep, "/")
        old = (file.before or "").splitlines()
        before = name if file.before is not None else "/dev/null"
        yield from unified_diff(old, file.after.splitlines(), before, name, lineterm="")


def _current(path: str) -> str | None:
    try:
        return read_text(path)
    except FileNotFoundError:
        return None
    except UnreadableError as error:
        raise RefusedError(f"{path} can't be read: {error}") from None


def _check_graph(folder: str, files: list[Generated]) -> None:
    """Read the project as it would be, and refuse what DVC would refuse."""
    root = find_root(folder) or os.path.commonpath([folder, *(os.path.dirname(file.path) for file in files)])
    texts = {os.path.relpath(file.path, root).replace(os.sep, "/"): file.after for file in files}
    linted = lint_project(Project(root).overlaid(texts), select_rules(_REFUSED_BY_DVC, level="error"))
    lines = []
    for finding in linted.findings:
        ours = finding.file in texts or any(related.place.document.name in texts for related in finding.related)
        if ours:
            stage = f" in stage '{finding.stage}'" if finding.stage else ""
            lines.append(f"  {finding.code} {finding.name}{stage}: {finding.message}. {finding.help}")
    if lines:
        raise RefusedError("DVC would refuse what the model says; nothing was written\n" + "\n".join(lines))


def _check_nothing_is_lost(file: Generated) -> None:
    """A file that somebody wrote by hand is only replaced if all of its stages are in the model."""
    if file.before is None or is_generated(file.before):
        return
    lost = [name for name in _stage_names(file.before) if name not in _stage_names(file.after)]
    if lost:
        names = ", ".join(f"'{name}'" for name in lost[:5]) + (" and others" if len(lost) > 5 else "")
        raise RefusedError(
            f"{os.path.relpath(file.path)} was not generated, and has stages that the model lacks: {names}. "
            "Add them to the model, or use --force to replace the file"
        )


def _stage_names(text: str) -> list[str]:
    root = parse(text, "dvc.yaml").root
    stages = root.get("stages") if isinstance(root, Mapping) else None
    return [str(name) for name in stages.entries] if isinstance(stages, Mapping) else []
