from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from typing import Any

from hypothesis import given

from pipelinekit.draw.drawing import Drawing, Edge
from pipelinekit.draw.html import html_page
from tests.draw.drawings import EVIL, details, drawing_of_pairs, drawings, stage


class Page(HTMLParser):
    """The tags of a page, and what stands in its scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.inside: dict[str, str] = {}
        self._open = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        self._open = "data" if ("id", "data") in attrs else tag

    def handle_endtag(self, tag: str) -> None:
        self._open = ""

    def handle_data(self, data: str) -> None:
        self.inside[self._open] = self.inside.get(self._open, "") + data

    @property
    def data(self) -> Any:
        return json.loads(self.inside["data"])


def page(drawing: Drawing, text: str = "text") -> Page:
    return Page(html_page(drawing, {node.address: details(node, text) for node in drawing.nodes}, text, "1.0"))


EMPTY = page(Drawing((), ()))


@given(drawings())
def test_no_name_gets_out_of_its_place(drawing: Drawing) -> None:
    text = drawing.nodes[0].label if drawing.nodes else "nothing"
    found = page(drawing, text)
    assert found.tags == EMPTY.tags
    data = found.data
    assert [node["address"] for node in data["nodes"][: len(drawing.nodes)]] == [
        node.address.encode("utf-8", "replace").decode() for node in drawing.nodes
    ]
    assert len(data["edges"]) == len(drawing.edges)


def test_what_html_would_take_for_its_own_is_in_no_data() -> None:
    drawing = Drawing(tuple(stage(name) for name in EVIL), ())
    text = html_page(drawing, {}, "</title><script>", "1.0")
    data = re.search(r'id="data">(.*?)</script>', text, re.DOTALL)
    assert data is not None
    assert not re.search("[<>&\u2028\u2029]", data[1])
    assert "<title>&lt;/title&gt;&lt;script&gt;</title>" in text


def test_the_policy_allows_this_script_and_nothing_else() -> None:
    (policy,) = (value for name, value in EMPTY.attributes if name == "content" and value and "default-src" in value)
    assert policy is not None
    assert policy.startswith("default-src 'none'; ")
    for tag in ("script", "style"):
        digest = base64.b64encode(hashlib.sha256(EMPTY.inside[tag].encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy


def test_nothing_is_fetched() -> None:
    text = html_page(drawing_of_pairs(3, [(0, 1)]), {}, "t", "1.0")
    assert re.findall(r"(?:src|href)=\"[^\"]*\"", text) == ['href="data:,"']
    assert "http:" not in text
    assert "https:" not in text
    assert not re.search(r"\b(fetch|XMLHttpRequest|WebSocket|sendBeacon|import)\s*\(", text)


def test_what_is_not_known_is_not_in_the_page() -> None:
    (stage_,) = json.loads(Page(html_page(drawing_of_pairs(1, []), {}, "t", "1.0")).inside["data"])["stages"]
    assert stage_ == {}
    known = page(drawing_of_pairs(1, [])).data["stages"][0]
    assert {"state", "seconds", "findings", "bytes", "last_run", "deps", "outs", "params", "commands"} <= set(known)


def in_groups(files: int, items: int) -> Drawing:
    nodes, edges = [stage("first")], []
    for number in range(files):
        file = f"f{number}/dvc.yaml"
        for item in range(items):
            nodes.append(stage(f"fit@{item}", file=file, group="fit"))
            edges.append(Edge(nodes[-1].address, nodes[0].address, "x"))
        nodes.append(stage("last", file=file))
    return Drawing(tuple(nodes), tuple(edges))


def test_the_views_and_what_can_be_opened() -> None:
    data = page(in_groups(4, 100)).data
    assert data["views"] == [["all stages", 405], ["groups", 9], ["files", 5]]
    assert data["start"] == "groups"
    by_address = {node["address"]: number for number, node in enumerate(data["nodes"])}
    inside = data["inside"][str(by_address["f1/dvc.yaml"])]
    assert {data["nodes"][box[0]]["address"] for box in inside["boxes"]} == {"f1/dvc.yaml:fit", "f1/dvc.yaml:last"}
    assert len(data["inside"][str(by_address["f1/dvc.yaml:fit"])]["boxes"]) == 100
    # whatever holds stages can be opened
    held = {number for number, node in enumerate(data["nodes"]) if "members" in node}
    assert held == set(map(int, data["inside"]))


def test_thousands_of_stages_are_shown_in_what_holds_them() -> None:
    data = page(in_groups(12, 100)).data
    assert data["scenes"]["all stages"] == {"opened": "files"}


def test_it_opens_as_it_is_asked_to() -> None:
    drawing = in_groups(4, 100)
    text = html_page(drawing, {}, "t", "1.0", level="files", expand=["f1/dvc.yaml:fit"])
    data = Page(text).data
    assert data["start"] == "files"
    assert [data["nodes"][number]["address"] for number in data["opened"]] == ["f1/dvc.yaml:fit", "f1/dvc.yaml"]
    assert Page(html_page(drawing, {}, "t", "1.0", level="folders")).data["start"] == "files"
