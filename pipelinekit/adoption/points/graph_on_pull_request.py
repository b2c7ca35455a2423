"""The graph, and what a change does to it, on every pull request."""

from __future__ import annotations

import re

from pipelinekit.adoption.looked import Looked
from pipelinekit.adoption.point import Verdict
from pipelinekit.adoption.question import Question
from pipelinekit.project.automation import CI_FILES, mentioned

_REPORT = re.compile(r"\bpipelinekit report\b")
_GRAPH = re.compile(r"\b(?:pipelinekit graph|dvc dag)\b")


def look(looked: Looked) -> Verdict:
    """Whether CI calls `pipelinekit report`, or at least draws the graph."""
    report = mentioned(looked.project, CI_FILES, _REPORT)
    if report is not None:
        return Verdict("done", (f"{report.file}:{report.line} calls pipelinekit report",))
    command, step = ci_step(looked)
    drawn = mentioned(looked.project, CI_FILES, _GRAPH)
    if drawn is not None:
        shown = f"{drawn.file}:{drawn.line} draws the graph, and does not say what a branch changes in it"
        return Verdict("partly", (shown,), step="pipelinekit report --since origin/main > report.md, in that job")
    return Verdict("missing", ("no CI workflow draws the graph",), command, step)


def ci_step(looked: Looked) -> tuple[str | None, str]:
    """The command that writes a workflow, or the words for a service that `init` has none for."""
    if looked.service is None:
        return None, "have CI run pipelinekit lint, and pipelinekit report --since BRANCH"
    return f"pipelinekit init --ci {looked.service}", ""


QUESTION = Question(
    "graph-on-pull-request",
    "the graph on the pull request",
    "adoption",
    "who reviews sees what re-runs, and why",
    3,
    look,
)
