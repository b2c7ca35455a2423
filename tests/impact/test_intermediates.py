"""Results that can be made again: those that are pushed, used by another stage, and whose stage was timed."""

from __future__ import annotations

from pathlib import Path

from pipelinekit.impact.intermediates import intermediates
from tests.storage.histories import read, story


def test_what_can_be_made_again(tmp_path: Path) -> None:
    graph = read(story(tmp_path / "p"))
    found = [(each.out.path, each.stage.name, each.took.seconds) for each in intermediates(graph)]
    # tokens is used by no stage, model.pkl by none either, and train was never timed
    assert found == [("clean.parquet", "clean", 95.0), ("features.parquet", "featurize", 840.0)]
    assert [each.out.path for each in intermediates(graph, 4 * 2**30)] == ["features.parquet"]
