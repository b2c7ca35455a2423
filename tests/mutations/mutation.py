"""A project with one thing broken in it, and what must be said of that."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Iterator
from typing import Literal, NamedTuple

from pipelinekit.graph.graph import Graph
from pipelinekit.project.paths import ancestors
from pipelinekit.resolve.stage import Definition, Stage
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.list_edits import entry_edits
from pipelinekit.yaml.edit import CannotEditError, Edit, apply_edits
from pipelinekit.yaml.tree import Scalar

#: What a fix must bring back: the pipeline as it was; the commands as they are now; nothing in particular.
Restores = Literal["pipeline", "commands", "nothing"]


class Mutation(NamedTuple):
    """One finding of one of the `codes` must come of it, at the stage."""

    codes: frozenset[str]
    file: str
    #: the name under `stages:`; empty if it is the file itself that is broken
    stage: str
    what: str
    #: the files that change; raises CannotEditError where the place is written in too odd a way
    make: Callable[[], dict[str, str]]
    restores: Restores = "pipeline"
    #: other stages whose finding would be as right: a cycle has no beginning
    or_stages: frozenset[str] = frozenset()


class Sound:
    """A project that DVC loads, and the findings that it has before anything is broken."""

    def __init__(self, graph: Graph, findings: list[Finding]) -> None:
        self.graph = graph
        self.findings = findings
        self._flawed = {(finding.file, finding.stage) for finding in findings}

    def definitions(self, codes: str) -> Iterator[Definition]:
        """The stages, as written, about which some rules have nothing to say, and none has anything grave."""
        for definition in self.graph.index.definitions:
            if self.is_clean(definition, codes):
                yield definition

    def is_clean(self, definition: Definition, codes: str) -> bool:
        """Whether a stage can be read in full, and can be broken for some rules."""
        wanted = codes.split()
        return (
            bool(definition.stages)
            and definition.body is not None
            and not definition.unknown
            and not _shares(definition)
            and not any(
                _is_about(finding, definition) and (finding.level == "error" or finding.code in wanted)
                for finding in self.findings
            )
        )

    def is_flawed(self, finding: Finding) -> bool:
        """Whether a finding is about a stage that had some before."""
        return (finding.file, finding.stage) in self._flawed

    def says_something_of(self, node: Scalar) -> bool:
        """Whether there is a finding at a node already: a copy of the node has it, too."""
        return any(
            finding.file == node.document.name and node.start <= finding.place.start < node.end
            for finding in self.findings
        )

    def has(self, code: str, file: str | None = None) -> bool:
        """Whether the project, or a file of it, has findings of a rule."""
        return any(finding.code == code and file in (None, finding.file) for finding in self.findings)


#: Finds the ways to break one thing in a project.
Operator = Callable[[Sound], Iterator[Mutation]]


def mutation(
    codes: str,
    definition: Definition,
    what: str,
    edits: Callable[[], list[Edit]],
    restores: Restores = "pipeline",
    or_stages: Iterable[str] = (),
) -> Mutation:
    """A mutation of the file that defines a stage; `codes` are separated by blanks."""

    def make() -> dict[str, str]:
        return {definition.file: apply_edits(definition.document.text, edits())}

    wanted = frozenset(codes.split())
    return Mutation(wanted, definition.file, definition.name, what, make, restores, frozenset(or_stages))


def _is_about(finding: Finding, definition: Definition) -> bool:
    entry = definition.entry
    inside = finding.file == definition.file and entry.start <= finding.place.start < entry.end
    return inside or (finding.file, finding.stage) == (definition.file, definition.name)


def _shares(definition: Definition) -> bool:
    """Whether an alias makes an edit of this stage one of another stage as well."""
    entry = definition.entry
    return any(
        entry.start <= alias < entry.end or entry.start <= node.start < entry.end
        for alias, node in definition.document.repeated
    )


def adding(definition: Definition, section: str, value: str) -> Callable[[], list[Edit]]:
    """Puts an entry into `deps`, `outs`… of a stage."""

    def edits() -> list[Edit]:
        found = entry_edits(definition, section, value)
        if found is None:
            raise CannotEditError("the list is laid out in an odd way")
        return found

    return edits


def covers(path: str, other: str) -> bool:
    """Whether a dependency on one path is one on another, too."""
    return path in (other, ".") or path in ancestors(other)


def index_of_dep(definition: Definition, path: str) -> int | None:
    """Where a path stands under `deps`, if one entry alone makes every stage depend on it."""
    deps = definition.section("deps")
    found: set[int] = set()
    for stage in definition.stages:
        nodes = [dep.node for dep in stage.deps if covers(dep.path, path)]
        if len(nodes) != 1 or all(dep.path != path for dep in stage.deps):
            return None
        found.update(index for index, item in enumerate(deps.items if deps is not None else []) if item is nodes[0])
    index = found.pop() if len(found) == 1 else None
    if index is None or deps is None or re.search(r"\$\{(?!item|key)", deps.items[index].source):
        return None  # without the entry, a variable may be used by nothing
    return index


def stands_alone(node: Scalar) -> bool:
    """Whether no anchor, tag or odd style makes an edit of a text change more than it says."""
    return node.anchor is None and node.tag is None and node.style in ("", "'", '"')


def words_of(stage: Stage) -> list[str]:
    """The words of a stage's commands, as a shell splits them."""
    words: list[str] = []
    for command in stage.commands:
        try:
            words += shlex.split(command, comments=True)
        except ValueError:
            words += command.split()
    return words
