"""Files of the project that a command names to a program of which nobody knows what it does with them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from functools import lru_cache

from pipelinekit.graph.graph import Graph
from pipelinekit.project.paths import is_outside, is_url, join
from pipelinekit.resolve.stage import Stage
from pipelinekit.scripts.access import Access
from pipelinekit.scripts.file_uses.programs import uses_of
from pipelinekit.scripts.invocations import word_place
from pipelinekit.scripts.programs import all_followed
from pipelinekit.scripts.python.runs import Run, all_runs
from pipelinekit.scripts.runs import Running, Script
from pipelinekit.scripts.shell import Word
from pipelinekit.scripts.wrappers import program_of

#: Parts of the name of an option behind which stands what is written.
_WRITTEN = frozenset(
    """
    o out output outputs outfile outdir dest destination save saved target write log logs logfile report reports
    result results cache tmp temp export dump store to
    """.split()  # noqa: SIM905
)
_OPTION = re.compile(r"(--?[A-Za-z][\w.-]*)(?:=(.*))?\Z", re.DOTALL)
_SETTING = re.compile(r"\+{0,2}[A-Za-z_][\w.]*=(.*)\Z", re.DOTALL)
#: Programs that are named files for other reasons than to read them.
_OTHERS = frozenset(
    {"cd", "echo", "printf", "mkdir", "rm", "touch", "test", "[", "chmod", "export", "git", "dvc", "ls"}
)


def all_named_files(graph: Graph) -> dict[Stage, list[Access]]:
    """The files that each stage's commands name, where it isn't known what for; for `Graph.derived`.

    Only paths that are files, or outputs of a stage; not behind an option that says that they are written. Of a
    Python script, which shows what it does with most of its arguments, only outputs of other stages.
    """
    runs = graph.derived(all_runs)
    found: dict[Stage, list[Access]] = {}
    for stage, followed in graph.derived(all_followed).items():
        found[stage] = [access for running in followed for access in _named(stage, running, runs.get(stage, []), graph)]
    return found


def _is_made_elsewhere(path: str, stage: Stage, graph: Graph) -> bool:
    """Whether a path is an output of another stage: a script that is given it reads it, seen to do so or not."""
    return any(isinstance(out.stage, Stage) and out.stage is not stage for out in graph.outs.get(path, ()))


def _is_understood(scripts: list[Script], runs: list[Run]) -> bool:
    """Whether a command runs a Python script: what that does with its arguments is seen in it."""
    paths = {script.path for script in scripts}
    return any(run.script.path in paths for run in runs)


def _named(stage: Stage, running: Running, runs: list[Run], graph: Graph) -> Iterator[Access]:
    invocation, inner, folder, scripts = running
    program = program_of(inner.words)
    if folder is None or invocation.via or invocation.parsed.is_conditional or not program or program in _OTHERS:
        return
    is_understood = _is_understood(scripts, runs)
    found = [
        (path, word, text)
        for word, text in _given(inner.words[1:])
        if (path := _path(text, folder, graph)) is not None
        and (not is_understood or _is_made_elsewhere(path, stage, graph))
    ]
    if found and next(iter(uses_of(inner.words)), None) is None:  # else it is known what the program does with them
        for path, word, text in found:
            yield Access(path, "read", word_place(stage, invocation, word), text)


def _given(words: tuple[Word, ...]) -> Iterator[tuple[Word, str]]:
    """The words, and the values of options, that may name what is read."""
    option = ""
    for word in words:
        text = word.text
        if text is None:
            option = ""
            continue
        match = _OPTION.match(text) if text[:1] == "-" else None
        if match is not None:
            option, text = match[1], match[2] or ""
        elif "=" in text:
            setting = _SETTING.match(text)
            text = setting[1] if setting is not None else text
        if text and not _is_written(option):
            yield word, text
        if match is None or match[2] is not None:
            option = ""


@lru_cache(maxsize=1024)
def _is_written(option: str) -> bool:
    return not _WRITTEN.isdisjoint(re.split(r"[-_.]+", option.lower()))


def _path(text: str, folder: str, graph: Graph) -> str | None:
    if is_url(text) or "\0" in text or "\n" in text or len(text) > 500 or text.startswith(("~", "-")):
        return None
    path = join(folder, text, graph.index.project.root)
    if is_outside(path) or path == ".":
        return None
    if path in graph.outs:
        return path
    return path if posixpath.splitext(path)[1] and graph.index.project.disk.kind(path) == "file" else None
