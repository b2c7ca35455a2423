from __future__ import annotations

from pathlib import Path

from pipelinekit.rules.pk004_unreadable_file import unreadable_file
from tests.small_projects import at, graph


def test_a_pattern_on_which_dvc_stops_is_shown_at_its_line(tmp_path: Path) -> None:
    (finding,) = unreadable_file(graph(tmp_path, {".dvcignore": "*.tmp\n!\n"}))
    assert (at(finding.place), finding.message) == (".dvcignore:2:1 !", "'!' is no pattern")
    assert finding.help == "Correct the line, or remove it."
