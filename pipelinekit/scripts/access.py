"""A file that a stage reads or writes, and the words that say so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from pipelinekit.yaml.tree import Place

if TYPE_CHECKING:
    from pipelinekit.scripts.runs import Script

Mode = Literal["read", "write"]


class Access(NamedTuple):
    """`path` is relative to the project and normalised; `what` are the words as written (`> out.csv`, `open("x")`)."""

    path: str
    mode: Mode
    #: where it is written: in the command, or in a script that the command runs
    place: Place
    what: str
    #: whether it happens each time: not in a branch that may not be taken
    is_certain: bool = True
    #: which files of a folder are looked for (`*.csv`); empty for a file or folder that is opened by its name
    pattern: str = ""
    #: the script that does it; None for the command itself
    script: Script | None = None
