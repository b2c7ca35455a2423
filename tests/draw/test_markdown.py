from __future__ import annotations

import re

from hypothesis import given

from pipelinekit.draw.drawing import Drawing
from pipelinekit.draw.markdown import markdown_lines
from tests.draw.drawings import details, drawings, stage


def test_a_page() -> None:
    drawing = Drawing((stage("a_b"), stage("c", change="added")), ())
    known = {drawing.nodes[0].address: details(drawing.nodes[0])}
    assert "\n".join(markdown_lines(drawing, known, "my_project")) == (
        '# my\\_project\n\n```mermaid\nflowchart TD\n  s1["a_b"]\n  s2["#43; c"]\n'
        "  classDef added fill:#dafbe1,stroke:#1a7f37,color:#1f2328,stroke-width:3px\n  class s2 added\n```\n\n"
        "| stage | needs | makes | size |\n|---|---|---|--:|\n"
        "| a\\_b | text | text, metrics.json | 2.4 MiB |\n| c (added) | | | |"
    )


@given(drawings())
def test_any_name_stays_in_its_cell(drawing: Drawing) -> None:
    known = {node.address: details(node, node.label) for node in drawing.nodes}
    lines = list(markdown_lines(drawing, known, "t"))
    assert not any("\n" in line for line in lines)
    assert sum(line.startswith("```") for line in lines) == 2
    rows = [line for line in lines if line.startswith("| ")]
    assert all(len(re.findall(r"(?<!\\)\|", row)) == 5 for row in rows)
    assert len(rows) == (len(drawing.nodes) + 1 if drawing.nodes else 0)


def test_a_long_table_ends_somewhere() -> None:
    lines = list(markdown_lines(Drawing(tuple(stage(f"s{n}") for n in range(300)), ()), {}, "t"))
    assert lines[-1] == "… and 100 more."
