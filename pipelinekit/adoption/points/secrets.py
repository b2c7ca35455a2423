"""No secret is in git."""

from __future__ import annotations

from pipelinekit.adoption.looked import Looked, told
from pipelinekit.adoption.point import Verdict
from pipelinekit.adoption.question import Question
from pipelinekit.project.config import LOCAL
from pipelinekit.scaffold.surroundings import variables_for


def look(looked: Looked) -> Verdict:
    """Whether git has credentials, or the file in which DVC keeps them."""
    if looked.project.git is None:
        return Verdict("not-needed", ("there is no git that could share one",))
    found = told(looked.found("PK802"))
    if found:
        return Verdict("missing", found, "pipelinekit lint --select PK802")
    if looked.is_tracked(LOCAL):
        return Verdict("missing", (f"git has {LOCAL}, in which DVC keeps credentials",), f"git rm --cached {LOCAL}")
    names = variables_for(looked.around.scheme or "")
    taken = f"; the remote takes {' and '.join(names)} from the environment" if names else ""
    return Verdict("done", (f"none found in .dvc/config, dvc.yaml and params files{taken}",))


QUESTION = Question("secrets", "no secret in git", "team", "git keeps it for ever", 2, look, "D")
