"""Drawings in memory, and random ones with any names, for properties."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import strategies as st

from pipelinekit.draw.details import Data, Details, ParamValue, StageFinding, State
from pipelinekit.draw.drawing import Change, Drawing, Edge, Node

#: What could end a string, a tag, a comment or a script, turn text around, or be no text at all.
EVIL = [
    'a"b',
    "a'b",
    "</script><script>alert(1)</script>",
    "<!-- <b>&amp;",
    "]]>",
    "a\nb\x1b[31m\x00",
    "\u202ereversed\u2066",
    "\ud800half",
    "\ufffe\uffff",
    "a`b|c%%{init}%%",
    "end",
    "1. one",
    "- item",
    "*a* __b__ ~c~",
    "日本語のステージ",
    "👩‍🔬🧪",
    "e\u0301\u0302" * 20,
    "x" * 300,
    "#35;&#35;",
    "\\n\\",
    "train@…",
    "{{data}}",
]
names = st.one_of(st.sampled_from(EVIL), st.text(min_size=1, max_size=30))


def stage(name: str, *, file: str = "dvc.yaml", group: str | None = None, change: Change | None = None) -> Node:
    address = f"{file}:{name}"
    return Node(address, name if file == "dvc.yaml" else address, file, 1, change, group)


def drawing_of_pairs(count: int, pairs: Iterable[tuple[int, int]]) -> Drawing:
    """So many stages `s0`, `s1`…; of a pair the second one needs what the first makes."""
    nodes = tuple(stage(f"s{number}") for number in range(count))
    return Drawing(nodes, tuple(Edge(nodes[b].address, nodes[a].address, f"o{a}") for a, b in pairs))


@st.composite
def drawings(draw: st.DrawFn) -> Drawing:
    """Stages with any names in a few files and groups, edges and changes between them."""
    files = st.sampled_from(["dvc.yaml", "sub/dvc.yaml", 'sub/"deep"/dvc.yaml', "other/<b>/dvc.yaml"])
    change: st.SearchStrategy[Change | None] = st.sampled_from([None, None, "added", "removed", "changed"])
    nodes = {}
    for name in draw(st.lists(names, max_size=8)):
        node = stage(name, file=draw(files), group=draw(st.sampled_from([None, None, "g", "<g>"])), change=draw(change))
        nodes[node.address] = node
    addresses = list(nodes)
    edges = []
    if addresses:
        address = st.sampled_from(addresses)
        pairs = draw(st.lists(st.tuples(address, address), max_size=12, unique=True))
        edges = [Edge(one, other, draw(names), draw(change)) for one, other in pairs]
    return Drawing(tuple(nodes.values()), tuple(edges))


def details(node: Node, text: str = "text") -> Details:
    """Something in every field."""
    return Details(
        node.address,
        node.file,
        1,
        text,
        (f"python {text}",),
        "sub",
        (Data(text, "dep", 10, None),),
        (Data(text, "out", 2_500_000, 3), Data("metrics.json", "metric", 20, None, None, cache=False)),
        (ParamValue("params.yaml", text, text, "was"),),
        True,
        2_500_020,
        state=State("stale", (text,)),
        findings=(StageFinding("PK101", "error", text, node.file, 3), StageFinding("PK401", "warning", "m", "f", 4)),
        seconds=75.0,
        last_run="2026-01-02T03:04:05Z",
    )
