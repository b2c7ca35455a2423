"""The stages in many versions of a lock: from one to the next hardly any changes, so each text is read once."""

from __future__ import annotations

from pipelinekit.project.lock import is_as_dvc_writes_it
from pipelinekit.project.locked import LockedStage, parse_lock, read_stage, split_stages

#: How a lock of DVC 2 and later begins.
ORDINARY_HEAD = "schema: '2.0'\nstages:\n"


class LockTexts:
    """Reads locks. The same text of a stage always gives the same object."""

    def __init__(self) -> None:
        self._stages: dict[str, LockedStage | None] = {}

    def stages(self, text: str) -> dict[str, LockedStage] | None:
        """The stages of a lock by name; None if it can't be read."""
        if not text.startswith(ORDINARY_HEAD):
            lock = parse_lock(text, "dvc.lock")
            return lock.stages if lock is not None else None
        stages: dict[str, LockedStage] = {}
        for _, part in split_stages(text, len(ORDINARY_HEAD) - 1):
            stage = self.stage(part)
            if stage is None:
                return None
            stages[stage.name] = stage
        return stages

    def stage(self, text: str) -> LockedStage | None:
        """A stage from its text alone, as DVC indents it; None if it can't be read."""
        if text not in self._stages:
            if is_as_dvc_writes_it(ORDINARY_HEAD + text):
                self._stages[text] = read_stage(text)
            else:
                lock = parse_lock(ORDINARY_HEAD + text, "dvc.lock")
                self._stages[text] = next(iter(lock.stages.values()), None) if lock is not None else None
        return self._stages[text]
