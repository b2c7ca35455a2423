"""The picture of growth: well-formed, whole, and drawn by a browser as it is meant."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree

from tests.command_line import run
from tests.draw.chromium import Seen, browser, needs_chromium
from tests.freshness.projects import lock
from tests.storage.histories import BEGAN, NOW, commit, start, story
from tests.storage.test_count import PIPELINE, model

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(autouse=True)
def _eighteen_months_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelinekit.cli.costing.time.time", lambda: float(NOW))


def picture(folder: Path) -> str:
    result = run("cost", "--format", "svg", folder=folder)
    assert result.status == 0, result.stderr
    return result.stdout


def test_one_version_in_one_month(tmp_path: Path) -> None:
    start(tmp_path)
    commit(tmp_path, {"dvc.yaml": PIPELINE, "dvc.lock": model("abc")}, when=NOW)
    root = etree.fromstring(picture(tmp_path).encode())
    assert next(node.text for node in root.iter(f"{SVG}text")) == "3 B in storage since 2026-07"


def test_many_outputs_share_a_colour(tmp_path: Path) -> None:
    start(tmp_path)
    outs = {f"out{number}.bin": "x" * (10 + number) for number in range(40)}
    commit(tmp_path, {"dvc.yaml": PIPELINE, "dvc.lock": lock(train={"outs": outs})}, when=BEGAN)
    text = picture(tmp_path)
    assert ">34 more<" in text
    bands = [
        node for node in etree.fromstring(text.encode()).iter(f"{SVG}path") if "s" in (node.get("class") or "")[:1]
    ]
    assert len(bands) == 7


@needs_chromium
def test_a_browser_shows_all_of_it(tmp_path: Path) -> None:
    (tmp_path / "growth.svg").write_text(picture(story(tmp_path / "p")), encoding="utf-8")
    with browser() as opened:
        seen = Seen(opened, (tmp_path / "growth.svg").as_uri())
        boxes = seen.page.evaluate(
            "[...document.querySelectorAll('text, path, rect')].map(e => e.getBoundingClientRect())"
            ".map(b => [b.left, b.top, b.right, b.bottom])"
        )
        assert seen.complaints == []
        assert seen.asked_for_nothing()
    assert all(left >= 0 and top >= 0 and right <= 900 and bottom <= 440 for left, top, right, bottom in boxes)
