"""Whole outputs, kept in files. PIPELINEKIT_UPDATE_SNAPSHOTS=1 writes them anew."""

from __future__ import annotations

import os
from pathlib import Path


def check_snapshot(path: Path, text: str) -> None:
    """Compare an output with what is kept."""
    if os.environ.get("PIPELINEKIT_UPDATE_SNAPSHOTS"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text("utf-8")
