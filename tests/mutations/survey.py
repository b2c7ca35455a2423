"""Tries mutations on many projects, some of each kind, the same ones each time."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pipelinekit.lint.selection import Selection, select_rules
from pipelinekit.rules.rule import rule_files
from pipelinekit.yaml.edit import CannotEditError
from tests.mutations.mutation import Mutation, Operator, Sound
from tests.mutations.operators import OPERATORS
from tests.mutations.projects import Source
from tests.mutations.trial import Verdict, open_sound, try_mutation

#: What the lock says: whatever is changed in a pipeline is not what last ran.
_IGNORED = ("PK6",)


class Trial(NamedTuple):
    """A verdict, and on what it was given."""

    project: str
    operator: str
    verdict: Verdict


def survey(
    sources: Iterable[Source],
    *,
    most: int,
    seed: int = 0,
    operators: Iterable[Operator] = OPERATORS,
    selection: Selection | None = None,
) -> Iterator[Trial]:
    """At most `most` mutations of each kind per project."""
    chosen = selection or select_rules(ignore=_IGNORED)
    for source in sources:
        sound = open_sound(source.project, chosen)
        if sound is None:
            continue
        for operator in operators:
            for verdict in _some(sound, operator, chosen, most, random.Random(f"{seed} {source.name}")):
                yield Trial(source.name, operator.__name__, verdict)


def _some(
    sound: Sound, operator: Operator, selection: Selection, most: int, chance: random.Random
) -> Iterator[Verdict]:
    known = rule_files()
    candidates: list[Mutation] = [made for made in operator(sound) if made.codes.intersection(known)]
    chance.shuffle(candidates)
    tried = 0
    for candidate in candidates:
        if tried == most:
            return
        try:
            yield try_mutation(sound, candidate, selection)
        except CannotEditError:
            continue  # nobody's text would be changed in this way
        tried += 1
