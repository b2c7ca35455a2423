"""Real projects to test against: the folder that PIPELINEKIT_CORPUS names holds one per subfolder.

Tests that need them carry `@pytest.mark.corpus`, and are skipped where the folder isn't there.
"""

from __future__ import annotations

import os
from pathlib import Path


def why_no_corpus() -> str | None:
    """Why the corpus can't be used, or None if it can."""
    folder = os.environ.get("PIPELINEKIT_CORPUS")
    if not folder:
        return "PIPELINEKIT_CORPUS is not set: it names the folder of real projects that this test reads"
    if not Path(folder).is_dir():
        return f"PIPELINEKIT_CORPUS names a folder that is not there: {folder}"
    return None


def corpus_projects() -> list[Path]:
    """The folders of the projects; none where there is no corpus."""
    if why_no_corpus() is not None:
        return []
    return sorted(path for path in Path(os.environ["PIPELINEKIT_CORPUS"]).iterdir() if path.is_dir())


def corpus_files(*patterns: str) -> list[Path]:
    """The files of all projects whose name fits one of the patterns: `corpus_files("dvc.yaml", "*.dvc")`."""
    paths = (path for project in corpus_projects() for pattern in patterns for path in project.rglob(pattern))
    return sorted({path for path in paths if path.is_file()})
