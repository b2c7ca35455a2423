"""Locks read stage by stage, each text once."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings

from pipelinekit.project.locked import parse_lock
from pipelinekit.storage.lock_texts import LockTexts
from tests.freshness.projects import lock
from tests.project.test_lock import WRITTEN_BY_DVC, damaged


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(damaged(WRITTEN_BY_DVC))
def test_read_stage_by_stage_a_lock_says_what_it_says_as_a_whole(text: str) -> None:
    whole = parse_lock(text, "dvc.lock")
    stages = LockTexts().stages(text)
    if whole is not None and stages is not None and not any(sign in text for sign in "&*"):
        known = {name: (stage.cmd, stage.params, list(stage.outs)) for name, stage in whole.stages.items()}
        assert {name: (stage.cmd, stage.params, list(stage.outs)) for name, stage in stages.items()} == known


def test_the_same_text_is_the_same_stage() -> None:
    texts = LockTexts()
    first = texts.stages(lock(a={"outs": {"x": "1"}}, b={"outs": {"y": "2"}}))
    second = texts.stages(lock(a={"outs": {"x": "1"}}, b={"outs": {"y": "3"}}))
    assert first is not None
    assert second is not None
    assert first["a"] is second["a"]
    assert first["b"] is not second["b"]
