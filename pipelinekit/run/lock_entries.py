"""What `dvc.lock` has of one stage at this moment.

Of a lock as DVC writes it only that stage is looked at: thousands of stages may ask, each as it ends.
"""

from __future__ import annotations

import os
import re

from pipelinekit.freshness.records import Record, lock_path
from pipelinekit.project.disk import text_if_any
from pipelinekit.project.lock import is_as_dvc_writes_it
from pipelinekit.project.locked import Lock, LockedStage, read_stage
from pipelinekit.project.project import Project
from pipelinekit.resolve.stage import Stage
from pipelinekit.yaml.tree import Document

_HEAD = "schema: '2.0'\nstages:\n"
_NEXT_STAGE = re.compile(r"\n {0,2}(?=[^ \n])")


def locked_now(root: str, stage: Stage) -> LockedStage | None:
    """The entry of a stage; None if there is none, or the lock can't be read."""
    path = lock_path(stage.file, root)
    text = text_if_any(os.path.join(root, path))
    record = _record(root, path, text, stage.name) if text is not None else None
    return record.locked if record is not None else None


def record_now(root: str, stage: Stage) -> Record | None:
    """The record of a stage that is whole; None also while another DVC is writing it."""
    path = lock_path(stage.file, root)
    text = text_if_any(os.path.join(root, path))
    if text is None or not text.endswith("\n"):
        return None
    record = _record(root, path, text, stage.name)
    return record if record is not None and _is_whole(record.locked, stage) else None


def _record(root: str, path: str, text: str, name: str) -> Record | None:
    for line in (f"\n  {name}:\n", f"\n  '{name}':\n") if text.startswith(_HEAD) else ():
        start = text.find(line) + 1
        if not start:
            continue
        end = _NEXT_STAGE.search(text, start)
        # a block ends with its line break, but for what DVC may put behind the last stage
        block = text[start : end.start() if end is not None else len(text)].rstrip("\n") + "\n"
        if is_as_dvc_writes_it(_HEAD + block):
            locked = read_stage(block)
            return Record(Lock(Document(_HEAD + block, path), {name: locked}, {name: len(_HEAD)}), locked)
    whole = Project(root).lock(path)
    found = whole.stages.get(name) if whole is not None else None
    return Record(whole, found) if whole is not None and found is not None else None


def _is_whole(locked: LockedStage, stage: Stage) -> bool:
    """Whether nothing is missing at the end, as in a file that is not written to its end yet."""
    return (
        len(locked.outs) >= len({out.text for out in stage.outs})
        and len(locked.deps) >= len({dep.text for dep in stage.deps if not dep.path.startswith("ds://")})
        and all(entry.md5 or "://" in path for path, entry in (*locked.deps.items(), *locked.outs.items()))
        and len(locked.params) >= len({param.file_text for param in stage.params})
    )
