"""A file that a stage reads or writes, and the words that say so."""

from __future__ import annotations

from typing import Literal, NamedTuple

from pipelinekit.yaml.tree import Place

Mode = Literal["read", "write"]


class Access(NamedTuple):
    """`path` is relative to the project and normalised; `what` are the words as written (`> out.csv`, `open("x")`)."""

    path: str
    mode: Mode
    #: where it is written: in the command, or in a script that the command runs
    place: Place
    what: str
