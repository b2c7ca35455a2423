"""What `dvc.lock` has of one stage at this moment, without reading all the others."""

from __future__ import annotations

import os

from pipelinekit.freshness.records import lock_path
from pipelinekit.project.disk import UnreadableError, read_text
from pipelinekit.project.lock import is_as_dvc_writes_it
from pipelinekit.project.locked import LockedStage, parse_lock, read_stage, split_stages
from pipelinekit.resolve.stage import Stage

_HEAD = "schema: '2.0'\nstages:\n"


def locked_now(root: str, stage: Stage) -> LockedStage | None:
    """The entry of a stage; None if there is none, or the lock can't be read."""
    path = lock_path(stage.file, root)
    try:
        text = read_text(os.path.join(root, path))
    except (OSError, UnreadableError):
        return None
    if text.startswith(_HEAD):
        plain, quoted = f"  {stage.name}:\n", f"  '{stage.name}':\n"
        for _, part in split_stages(text, len(_HEAD) - 1):
            # a part ends with its line break, but for what DVC may put behind the last stage
            if part.startswith((plain, quoted)) and is_as_dvc_writes_it(_HEAD + part.rstrip("\n") + "\n"):
                return read_stage(part.rstrip("\n") + "\n")
    lock = parse_lock(text, path)
    return lock.stages.get(stage.name) if lock is not None else None
