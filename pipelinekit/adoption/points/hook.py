"""A hook before each commit that checks, and warns of what is stale."""

from __future__ import annotations

import os
import re

from pipelinekit.adoption.looked import Looked, told
from pipelinekit.adoption.point import Verdict
from pipelinekit.adoption.question import Question
from pipelinekit.project.automation import HOOK_FILES, INDIRECT, mentioned
from pipelinekit.project.git import ask_git

_WARNS = re.compile(r"\b(?:pipelinekit[ -]status|dvc[ -]status|dvc-pre-commit)\b")
_CHECKS = re.compile(r"(?i)\b(?:pipelinekit|dvc)\b")
_INIT = "pipelinekit init --hooks"


def look(looked: Looked) -> Verdict:
    """Whether the hooks that a team shares warn of stale outputs; those of one clone alone count for little."""
    if looked.project.git is None:
        return Verdict("missing", ("there is no git, which would call a hook",), "pipelinekit init")
    warns = mentioned(looked.project, HOOK_FILES, _WARNS)
    if warns is not None:
        return Verdict("done", (f"{warns.file}:{warns.line} warns of what is stale",))
    checks = mentioned(looked.project, HOOK_FILES, _CHECKS)
    if checks is not None:
        return Verdict("partly", (f"{checks.file}:{checks.line}: none of its hooks warns of what is stale",), _INIT)
    if mentioned(looked.project, HOOK_FILES, INDIRECT) is not None:
        return Verdict("partly", ("the hooks call make or the like, which may check the pipeline",), _INIT)
    if _is_in_this_clone(looked):
        return Verdict("partly", ("git calls dvc before a commit in this clone, and in no other",), _INIT)
    return Verdict("missing", told(looked.found("PK806")) or ("no configuration of hooks mentions pipelinekit",), _INIT)


def _is_in_this_clone(looked: Looked) -> bool:
    """Whether somebody ran `dvc install`."""
    folder = (ask_git(looked.around.top, ["rev-parse", "--git-path", "hooks"]) or "").strip()
    try:
        path = os.path.join(looked.around.top, folder, "pre-commit")
        with open(path, encoding="utf-8", errors="replace") as file:
            return folder != "" and _CHECKS.search(file.read()) is not None
    except OSError:
        return False


QUESTION = Question(
    "hook", "a hook that warns of stale outputs", "adoption", "stale results are not committed", 3, look
)
