"""What can be wrong with templates, each kind with what its rule needs to explain it."""

from __future__ import annotations

from typing import NamedTuple

from pipelinekit.resolve.stage import Definition
from pipelinekit.yaml.tree import Place


class UndefinedVariable(NamedTuple):
    """`${name}` that nothing defines."""

    place: Place
    name: str
    candidates: tuple[str, ...]
    definition: Definition | None


class MissingVarsFile(NamedTuple):
    """A file, or a key of a file, named under `vars` that isn't there."""

    place: Place
    file: str
    key: str | None
    candidates: tuple[str, ...]
    definition: Definition | None


class InvalidExpression(NamedTuple):
    """`${}` that DVC can't parse, or that stands where none may."""

    place: Place
    text: str
    #: what DVC stumbles over; empty where a `${}` may not stand at all, and where DVC takes it for a name
    found: str
    in_vars: bool
    definition: Definition | None


class InterpolatedType(NamedTuple):
    """`${}` that gives something of a type that can't stand there."""

    place: Place
    text: str
    value_type: str
    wanted: str
    defined_at: Place | None
    definition: Definition | None


class RedefinedVariable(NamedTuple):
    """A variable that is defined twice, or a file that is loaded twice."""

    place: Place
    name: str
    source: str
    other: str
    first: Place | None
    definition: Definition | None


class UnusableVars(NamedTuple):
    """A file under `vars`, or `params.yaml`, that DVC can't take variables from."""

    place: Place
    file: str
    reason: str
    #: the YAML or JSON itself is broken
    syntax: bool
    unreadable: bool
    definition: Definition | None


class NameCollision(NamedTuple):
    """Items of a `foreach` or `matrix` that make no stage, or the same one."""

    place: Place
    name: str
    reason: str
    first: Place | None
    definition: Definition


Problem = (
    UndefinedVariable
    | MissingVarsFile
    | InvalidExpression
    | InterpolatedType
    | RedefinedVariable
    | UnusableVars
    | NameCollision
)
