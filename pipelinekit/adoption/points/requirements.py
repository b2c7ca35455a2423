"""Every build installs the same versions."""

from __future__ import annotations

from pipelinekit.adoption.looked import Looked
from pipelinekit.adoption.point import Verdict
from pipelinekit.adoption.question import Question
from pipelinekit.scaffold.surroundings import installation


def look(looked: Looked) -> Verdict:
    """Whether a lock, or a requirements file that pins all it lists, is there."""
    found = installation(looked.around)
    lists_any = bool(found.files) or looked.exists("pyproject.toml")
    if not lists_any:
        return Verdict("missing", ("there is neither requirements.txt nor a lock",), "pip freeze > requirements.txt")
    if found.is_locked:
        return Verdict("done", (f"{found.files[-1]} pins what is installed",))
    if found.files:
        shown = f"{found.files[0]} does not pin all that it lists"
        return Verdict("partly", (shown,), f"pip freeze > {found.files[0]}")
    return Verdict("partly", ("pyproject.toml, and no lock",), "uv lock")


QUESTION = Question("requirements", "requirements are locked", "team", "the same commit gives the same model", 1, look)
