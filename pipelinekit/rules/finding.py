"""What a rule says: a finding at a place, what is related to it, and the fix."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, NamedTuple

from pipelinekit.resolve.stage import Definition, Stage
from pipelinekit.yaml.edit import Edit
from pipelinekit.yaml.tree import Node, Place

Level = Literal["error", "warning", "advice"]
LEVELS: tuple[Level, ...] = ("error", "warning", "advice")


class Related(NamedTuple):
    """Another place that has to do with a finding, and how."""

    place: Place
    message: str


class Change(NamedTuple):
    """Data that a fix may change: everything under `path` in the file."""

    file: str
    path: tuple[Any, ...]


class Fix(NamedTuple):
    """Edits that mend a finding.

    What a fix does not declare must be the same afterwards, and is compared: the data of the files outside of
    `changes`, and of the stages that DVC sees all fields but `fields` (`cmd`, `wdir`, `deps`, `outs`,
    `params`, `frozen`, `always_changed`).
    """

    title: str
    edits: dict[str, tuple[Edit, ...]]
    changes: tuple[Change, ...] = ()
    fields: frozenset[str] = frozenset()
    safe: bool = True


class Finding:
    """Something to say about a place. `code`, `name` and `level` are the rule's, filled in by the engine."""

    __slots__ = ("code", "fix", "help", "level", "message", "name", "place", "related", "stage", "why")

    def __init__(
        self,
        at: Node | Place,
        message: str,
        *,
        help: str = "",
        why: str = "",
        related: Iterable[tuple[Node | Place, str]] = (),
        fix: Fix | None = None,
        stage: Stage | Definition | None = None,
        level: Level | None = None,
    ) -> None:
        """`message` says what is wrong, `why` what comes of it, `help` what to do; `level` overrules the rule's."""
        self.place = at.place if isinstance(at, Node) else at
        self.message = message
        self.help = help
        self.why = why
        self.related = [Related(node.place if isinstance(node, Node) else node, text) for node, text in related]
        self.fix = fix
        self.stage = _stage_name(stage)
        self.level = level
        self.code = ""
        self.name = ""

    @property
    def file(self) -> str:
        return self.place.document.name

    def __repr__(self) -> str:
        line, column = self.place.document.position(self.place.start)
        return f"<{self.code} {self.file}:{line}:{column} {self.message}>"


def in_words(names: list[str]) -> str:
    """Several names as a sentence has them: `a, b and c`."""
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)


def _stage_name(stage: Stage | Definition | None) -> str | None:
    if isinstance(stage, Stage):
        return stage.definition.name
    return stage.name if stage is not None else None
