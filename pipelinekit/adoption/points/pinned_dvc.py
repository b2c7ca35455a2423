"""One version of DVC for all."""

from __future__ import annotations

from pipelinekit.adoption.looked import Looked, told, where
from pipelinekit.adoption.point import Verdict
from pipelinekit.adoption.question import Question
from pipelinekit.rules.pk804_dvc_not_pinned import requirements


def look(looked: Looked) -> Verdict:
    """Whether a requirements file or lock says which DVC the project works with."""
    asked = looked.graph.derived(requirements)
    if not asked:
        return Verdict(
            "missing", ("no requirements file asks for dvc",), "pip freeze | grep ^dvc== >> requirements.txt"
        )
    loose = told(looked.found("PK804"))
    if loose or not any(requirement.is_pinned for requirement in asked):
        return Verdict(
            "missing",
            loose or (f"{where(asked[0].place)} lists dvc without a version",),
            step=f"write the version into {asked[0].file}: dvc>=3.60,<4",
        )
    pinned = next(requirement for requirement in asked if requirement.is_pinned)
    too_old = told(looked.found("PK805"))
    if too_old:
        return Verdict("partly", too_old, "pipelinekit lint --select PK805")
    return Verdict("done", (f"{where(pinned.place)}: dvc{pinned.asked}",))


QUESTION = Question("pinned-dvc", "one version of DVC", "adoption", "other versions find everything changed", 3, look)
