"""Why a stage runs again."""

from __future__ import annotations

from typing import Literal, NamedTuple

from pipelinekit.resolve.stage import Stage

Kind = Literal["dep", "param", "cmd", "import", "upstream", "definition"]


class Because(NamedTuple):
    """One cause. `path` is what changed, relative to the project: a file or folder, or `file:key` of a parameter.

    `dep` and `param`: it is listed and changed. `cmd`: the command is another one; `path` is the parameter that a
    `${…}` of it names, or the `dvc.yaml`. `definition`: what the stage lists is new, or it makes `path` itself and
    somebody changed that. `upstream`: the stage `via` makes `path` anew. `import`: the stage uses it without saying
    so: DVC does not see it.
    """

    kind: Kind
    path: str
    #: the stage that passes it on; None for data of a `.dvc` file as for all that no stage makes
    via: Stage | None = None
    #: what happened, for people: `0.1 → 0.2`, `new dependency`
    note: str = ""
    #: from the file that the command runs to the one that brings in `path`, where it is an import of theirs
    chain: tuple[str, ...] = ()
    #: the rule of the linter that says what should be listed
    rule: str = ""


class Affected(NamedTuple):
    """A stage that runs again, and why. `is_seen`: whether DVC sees a reason, so that `dvc repro` runs it."""

    stage: Stage
    because: tuple[Because, ...]
    is_seen: bool = True
