"""CI lints the pipeline."""

from __future__ import annotations

import re

from pipelinekit.adoption.looked import Looked, told
from pipelinekit.adoption.point import Verdict
from pipelinekit.adoption.points.graph_on_pull_request import ci_step
from pipelinekit.adoption.question import Question
from pipelinekit.project.automation import CI_FILES, HOOK_FILES, INDIRECT, mentioned

_LINTS = re.compile(r"\bpipelinekit[ -]lint\b")
_HOOKS = re.compile(r"\b(?:pre-commit|prek) run\b|\bpre-commit/action\b")
_RUNS = re.compile(r"(?i)\b(?:dvc|pipelinekit)\b")


def look(looked: Looked) -> Verdict:
    """Whether a workflow calls `pipelinekit lint`; one that only knows DVC is a part of it."""
    lints = mentioned(looked.project, CI_FILES, _LINTS)
    if lints is not None:
        return Verdict("done", (f"{lints.file}:{lints.line} calls pipelinekit lint",))
    hooks = mentioned(looked.project, CI_FILES, _HOOKS)
    if hooks is not None and mentioned(looked.project, HOOK_FILES, _LINTS) is not None:
        return Verdict("done", (f"{hooks.file}:{hooks.line} runs the hooks, of which one is pipelinekit lint",))
    command, step = ci_step(looked)
    runs = mentioned(looked.project, CI_FILES, _RUNS)
    if runs is not None:
        return Verdict("partly", (f"{runs.file}:{runs.line} knows DVC, and does not lint",), command, step)
    if mentioned(looked.project, CI_FILES, INDIRECT) is not None:
        return Verdict("partly", ("CI calls make or the like, which may lint the pipeline",), command, step)
    return Verdict("missing", told(looked.found("PK807")) or ("no CI workflow mentions pipelinekit",), command, step)


QUESTION = Question("ci", "CI lints the pipeline", "team", "what is broken is found before it is merged", 2, look)
