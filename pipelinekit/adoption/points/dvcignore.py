"""`.dvcignore` keeps junk out of folders that stages depend on."""

from __future__ import annotations

from pipelinekit.adoption.looked import Looked, listed, told
from pipelinekit.adoption.point import Verdict
from pipelinekit.adoption.question import Question

_FILE = ".dvcignore"


def look(looked: Looked) -> Verdict:
    """Needed where a stage depends on a folder."""
    junk = told(looked.found("PK412"))
    if junk:
        return Verdict("partly" if looked.exists(_FILE) else "missing", junk, "pipelinekit lint --select PK412")
    if looked.exists(_FILE):
        return Verdict("done", (f"{_FILE} is there",))
    paths = {dep.path for stage in looked.graph.index.stages for dep in stage.deps if dep.is_local}
    folders = sorted(path for path in paths if looked.project.disk.kind(path) == "folder")
    if not folders:
        return Verdict("not-needed", ("no stage depends on a folder",))
    return Verdict("missing", (f"stages depend on {listed(folders)}, and there is no {_FILE}",), "pipelinekit init")


QUESTION = Question("dvcignore", "a .dvcignore", "pipeline", "caches of Python and editors make stages stale", 1, look)
