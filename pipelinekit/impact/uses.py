"""Which stages use a path: because they list it, because they make it, or without saying so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pipelinekit.graph.graph import Graph
from pipelinekit.impact.because import Because
from pipelinekit.project.paths import ancestors, is_above, is_covered, is_outside
from pipelinekit.resolve.stage import Dep, Out, Stage, TrackedFile
from pipelinekit.scripts.accesses import all_accesses
from pipelinekit.scripts.imports import Imports, all_imports
from pipelinekit.scripts.programs import all_scripts
from pipelinekit.scripts.python.parameters import ParamRead, all_parameter_reads, is_declared, overlaps, params_files


class Use(NamedTuple):
    """A stage, or a `.dvc` file with a source, that lists a path, or a folder that holds it, or a part of it."""

    user: Stage | TrackedFile
    dep: Dep


class Uses:
    """The listed dependencies of a project by path."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._at: dict[str, list[Use]] = defaultdict(list)
        self._below: dict[str, list[Use]] = defaultdict(list)
        for node in graph.nodes:
            for dep in node.deps:
                use = Use(node, dep)
                self._at[dep.path].append(use)
                for folder in ancestors(dep.path):
                    self._below[folder].append(use)
        self._above = [path for path in self._at if path == "." or is_above(path)]

    def of(self, path: str) -> Iterator[Use]:
        """Who lists a path, a folder that holds it and in which DVC sees it, or something inside of it."""
        yield from self._at.get(path, ())
        hidden: bool | None = None
        above = [folder for folder in self._above if folder != path and not (folder == "." and is_outside(path))]
        for folder in (*ancestors(path), *above):
            found = self._at.get(folder)
            if found:
                if hidden is None:
                    hidden = self._graph.index.project.dvcignore.hides(path)
                if not hidden:
                    yield from found
        yield from self._below.get(path, ())

    @property
    def paths(self) -> list[str]:
        return list(self._at)


def uses(graph: Graph) -> Uses:
    """For `Graph.derived`."""
    return Uses(graph)


def makers(graph: Graph, path: str) -> list[Out]:
    """The outputs of stages that are a path, hold it, or lie in it, if it is a folder."""
    found = [*graph.holding(path), *graph.inside(path)]
    return [out for out in found if isinstance(out.stage, Stage)]


# --- what nobody lists ---------------------------------------------------------------------------------------


class Paths:
    """Some paths, with all that lies in the folders among them."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._paths = frozenset(paths)

    def __bool__(self) -> bool:
        return bool(self._paths)

    def __contains__(self, path: str) -> bool:
        return is_covered(path, self._paths)


def undeclared_files(graph: Graph, paths: Paths) -> Iterator[tuple[Stage, Because]]:
    """The stages that run, import or read some files and don't list them."""
    if not paths:
        return
    imports, accesses = graph.derived(all_imports), graph.derived(all_accesses)
    holding_params = graph.derived(params_files)
    hits = _Hits(paths)
    for stage, scripts in graph.derived(all_scripts).items():
        if not stage.knows("deps", "wdir"):
            continue
        found: dict[str, Because] = {}
        for script in scripts:
            if script.path in paths:
                chain = (*(outer.path for outer in script.via), script.path)
                found.setdefault(script.path, Because("import", script.path, chain=chain, rule="PK101"))
        for imported in imports.get(stage, ()):
            for path in hits.of(imported):
                found.setdefault(path, Because("import", path, chain=_chain(imported, path), rule="PK102"))
        for access in accesses.get(stage, ()):
            if access.mode == "read" and access.path in paths and access.is_certain and not access.pattern:
                if access.path in holding_params:
                    continue  # its keys are looked at one by one
                chain = (access.script.path, access.path) if access.script is not None else (access.path,)
                found.setdefault(access.path, Because("import", access.path, chain=chain, rule="PK104"))
        for because in found.values() if found else ():
            if not _is_listed(stage, because.path):
                yield stage, because


class _Hits:
    """Which of some paths a script imports: stages share what they import."""

    def __init__(self, paths: Paths) -> None:
        self._paths = paths
        self._known: dict[int, list[str]] = {}

    def of(self, imports: Imports) -> list[str]:
        known = self._known.get(id(imports.files))
        if known is None:
            known = self._known[id(imports.files)] = [path for path in imports.files if path in self._paths]
        return known


def _chain(imports: Imports, path: str) -> tuple[str, ...]:
    """From the script that the command runs to a file that is imported."""
    chain = [path]
    while len(chain) <= len(imports.files):
        found = imports.files.get(chain[-1])
        if found is None or found.importer is None or found.importer in chain:
            break
        chain.append(found.importer)
    if chain[-1] != imports.script.path:
        chain.append(imports.script.path)
    chain.extend(outer.path for outer in reversed(imports.script.via))
    return tuple(reversed(chain))


def _is_listed(stage: Stage, path: str) -> bool:
    """Whether a path is a dependency or an output of a stage, or lies in one."""
    listed = {dep.path for dep in stage.deps} | {out.path for out in stage.outs}
    listed.update(param.file for param in stage.params)
    return "." in listed or is_covered(path, listed)


def undeclared_reads(graph: Graph) -> Iterator[tuple[Stage, ParamRead]]:
    """The parameters that scripts look up and their stages don't list, not even in a `${…}`."""
    from pipelinekit.scripts.python.parameters import named_by

    named: dict[int, set[tuple[str, ...]]] = {}
    for stage, reads in graph.derived(all_parameter_reads).items():
        for read in reads:
            if not read.keys or read.is_idle or is_declared(read, stage) or not stage.knows("params", "wdir"):
                continue
            known = named.get(id(stage.definition))
            if known is None:
                known = named[id(stage.definition)] = named_by(stage)
            if not any(overlaps(".".join(name), read.keys) for name in known):
                yield stage, read
