"""A DVC project in a git repository."""

from __future__ import annotations

from pipelinekit.adoption.looked import Looked, listed
from pipelinekit.adoption.point import Verdict
from pipelinekit.adoption.question import Question
from pipelinekit.project.collect import DVC_FOLDER


def look(looked: Looked) -> Verdict:
    """Whether there are a `.dvc` folder and git, and git has every `dvc.yaml`."""
    git = looked.project.git
    has_dvc = looked.project.disk.kind(DVC_FOLDER) == "folder"
    if git is None and not has_dvc:
        return Verdict("missing", ("there is neither git nor a .dvc folder",), "pipelinekit init")
    if git is None:
        return Verdict("partly", ("a .dvc folder, and no git",), "git init")
    if not has_dvc:
        return Verdict("partly", ("git, and no .dvc folder",), "pipelinekit init")
    left = [path for path in looked.project.dvc_yaml_files if path not in git.tracked]
    if left:
        return Verdict("partly", (f"git does not have {listed(left)}",), "git add --all")
    return Verdict("done", (f"git has {listed(looked.project.dvc_yaml_files)}",))


QUESTION = Question("in-git", "a DVC project in git", "pipeline", "git is the one source of truth", 2, look)
