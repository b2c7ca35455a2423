from __future__ import annotations

import pytest
from lxml import etree

from pipelinekit.adoption.badge import badge_svg
from pipelinekit.adoption.grade import Graded
from pipelinekit.adoption.point import GRADES, Grade


@pytest.mark.parametrize("grade", GRADES)
def test_a_badge_is_an_svg_that_says_the_grade(grade: Grade) -> None:
    text = badge_svg(Graded(grade, 7, 10, None))
    root = etree.fromstring(text.encode())
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    texts = root.xpath("//*[local-name()='text']/text()")
    assert texts == ["pipeline", f"{grade} · 70 %"]
    assert root.get("aria-label") == f"pipeline: grade {grade}, 70 %"
    # it loads nothing from anywhere
    assert "href" not in text
    assert text.count("http") == 1
    assert float(root.get("width")) > 0


def test_white_text_can_be_read_on_each_colour() -> None:
    from pipelinekit.adoption.badge import _COLOURS

    for colour in _COLOURS.values():
        channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
        linear = [value / 12.92 if value <= 0.03928 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
        luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
        assert 1.05 / (luminance + 0.05) >= 4.5
