"""Code that may read a params file without anybody seeing how: where the names of its keys turn up."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterable, Iterator

from pipelinekit.graph.graph import Graph
from pipelinekit.project.collect import DVC_YAML
from pipelinekit.project.disk import UnreadableError
from pipelinekit.project.project import Project
from pipelinekit.resolve.stage import Stage
from pipelinekit.scripts.programs import Invocation, all_invocations, all_scripts, unwrap
from pipelinekit.scripts.python.parameters import params_files
from pipelinekit.scripts.python.runs import Run, all_runs

#: What code is written in, by the endings of the names of files.
_CODE = frozenset(
    """
    .py .ipynb .pyx .r .rmd .qmd .jl .sh .bash .zsh .ps1 .bat .cmd .mk .js .ts .mjs .scala .java .kt .c .cc .cpp .h
    .hpp .clj .cljc .cljs .edn .bb .go .rs .lua .pl .rb .sql .m .smk .nf .do .sas .yml .yaml .toml .cfg .ini .j2
    """.split()  # noqa: SIM905
)
_NAMES = frozenset({"Makefile", "makefile", "Snakefile", "Dockerfile", "Justfile", "justfile", "Rakefile"})
_LARGEST = 2 * 1024 * 1024
#: Folders that hold no code of the project, where git isn't there to say so.
_ELSEWHERE = frozenset({".git", ".hg", ".dvc", "node_modules", "__pycache__", ".venv", "venv", "env", "site-packages"})
#: Programs that a command may name without anything of the params being read by them.
_QUIET = frozenset("cd echo printf mkdir rm cp mv ls touch cat export test true false set sleep pip dvc git".split())  # noqa: SIM905

#: Programs that read no params unless they are given the file by name.
_TOOLS = frozenset(
    """
    aws awk cut curl diff find gdown gsutil gunzip gzip head jq kaggle rsync scp sed sort tail tar unzip uniq wc wget
    xargs xz yq zip
    """.split()  # noqa: SIM905
)
#: Programs that run what is written in the project's own files, which are looked through as text.
_COMPILERS = frozenset(
    "bb cargo clj clojure g++ gcc go gradle julia lein make mvn node npm npx octave quarto Rscript sbt".split()  # noqa: SIM905
)


class Mentions:
    """What else than the scripts that are followed may use the keys of a params file."""

    def __init__(self, graph: Graph, file: str) -> None:
        runs = [run for found in graph.derived(all_runs).values() for run in found]
        self._spans = _spans_of(runs)
        self._followed = {source.path: source.document.text for run in runs for source in run.sources(graph)}
        #: code that isn't followed: what names the file may use any word, the rest what it looks up
        self._naming: list[str] = []
        self._others: list[str] = []
        name = re.compile(rf"{re.escape(posixpath.basename(file))}|{_FINDING}")
        for text in graph.derived(_other_code):
            (self._naming if name.search(text) else self._others).append(text)
        #: a program that can't be followed gets the whole file
        self.is_opaque = any(_is_handed(stage, graph, file) for stage in graph.index.stages)
        self._known: dict[str, bool] = {}

    def may_use(self, name: str) -> bool:
        """Whether a key of this name may be used by code that is not understood."""
        if name not in self._known:
            self._known[name] = self._may_use(name)
        return self._known[name]

    def _may_use(self, name: str) -> bool:
        word = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
        looked_up = re.compile(rf"""(?:["'`$]|\.){re.escape(name)}(?!\w)""")
        if any(_stands_in(text, word, name) for text in self._naming):
            return True
        if any(_stands_in(text, looked_up, name) for text in self._others):
            return True
        return any(
            not self._is_explained(path, match.start()) and not _is_comment(text, match.start())
            for path, text in self._followed.items()
            if name in text
            for match in looked_up.finditer(text)
        )

    def _is_explained(self, path: str, offset: int) -> bool:
        return any(start <= offset < end for start, end in self._spans.get(path, ()))


def _stands_in(text: str, pattern: re.Pattern[str], name: str) -> bool:
    return name in text and any(not _is_comment(text, match.start()) for match in pattern.finditer(text))


def _is_comment(text: str, offset: int) -> bool:
    """Whether an offset lies in a line that is nothing but a comment."""
    return text[text.rfind("\n", 0, offset) + 1 : offset].lstrip().startswith(("#", "//", ";"))


class AllMentions:
    """The mentions of each params file that is asked for; for `Graph.derived`."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._found: dict[str, Mentions] = {}

    def of(self, file: str) -> Mentions:
        found = self._found.get(file)
        if found is None:
            found = self._found[file] = Mentions(self._graph, file)
        return found


def is_followed(stage: Stage, graph: Graph) -> bool:
    """Whether everything that a stage runs is seen through."""
    runs = graph.derived(all_runs)[stage]
    return bool(runs) and not any(run.gaps for run in runs) and not _others(stage, graph, but_code=False)


def _spans_of(runs: Iterable[Run]) -> dict[str, list[tuple[int, int]]]:
    """Where the scripts that are followed look keys up: what stands there is known."""
    found: dict[str, set[tuple[int, int]]] = {}
    for run in runs:
        for use in run.keys:
            place = use.place
            found.setdefault(use.source.path, set()).add((place.start, place.end))
    return {path: sorted(spans) for path, spans in found.items()}


#: Libraries that find the params file by themselves.
_FINDING = "params_show|hydra|dynaconf|OmegaConf|zntrack"


def _other_code(graph: Graph) -> list[str]:
    """The texts of the project's code that is not followed; for `Graph.derived`."""
    project = graph.index.project
    known = {source.path for runs in graph.derived(all_runs).values() for run in runs for source in run.sources(graph)}
    files = graph.derived(params_files)
    found: list[str] = []
    for path in _code_files(project):
        if path in known or path in files or posixpath.basename(path) == DVC_YAML:
            continue
        try:
            found.append(project.disk.read(path))
        except (FileNotFoundError, UnreadableError):
            continue
    return found


def _code_files(project: Project) -> Iterator[str]:
    git = project.git
    paths: Iterable[str] = [*git.tracked, *git.untracked] if git is not None else _walked(project.root)
    for path in paths:
        if not _is_code(path):
            continue
        try:
            size = os.stat(project.disk.absolute(path)).st_size
        except (OSError, ValueError):
            continue
        if size <= _LARGEST:
            yield path


def _is_code(path: str) -> bool:
    base = posixpath.basename(path)
    return base in _NAMES or posixpath.splitext(base)[1].lower() in _CODE


def _walked(root: str) -> Iterator[str]:
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in _ELSEWHERE)
        inner = os.path.relpath(folder, root).replace(os.sep, "/")
        yield from (name if inner == "." else f"{inner}/{name}" for name in sorted(files))


def _others(stage: Stage, graph: Graph, *, but_code: bool) -> list[Invocation]:
    """What a stage runs besides the scripts that are followed, and those that can at least be read as text."""
    scripts = [run.script for run in graph.derived(all_runs)[stage]]
    if but_code:
        scripts += [script for script in graph.derived(all_scripts)[stage] if _is_code(script.path)]
    followed = {id(script.word) for script in scripts}
    found = []
    for invocation in graph.derived(all_invocations)[stage]:
        words, _ = unwrap(invocation.parsed)
        program = (words[0].text or "").rpartition("/")[2] if words else ""
        if program not in _QUIET and not any(id(word) in followed for word in invocation.parsed.words):
            found.append(invocation)
    return found


def _is_handed(stage: Stage, graph: Graph, file: str) -> bool:
    """Whether a stage runs a program that can't be followed and that the file has to do with."""
    if not stage.knows("cmd"):
        return True
    concerned = any(param.file == file for param in stage.params) or any(dep.path == file for dep in stage.deps)
    name = posixpath.basename(file)
    for other in _others(stage, graph, but_code=True):
        words = other.parsed.words
        if any(name in (word.text or "") for word in words):
            return True
        if other.parsed.program not in _TOOLS | _COMPILERS and (concerned or None in [word.text for word in words]):
            return True
    return False
