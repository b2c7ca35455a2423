"""The page and the picture in a real browser."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pipelinekit.draw.drawing import Drawing, Edge, Node
from pipelinekit.draw.html import html_page
from pipelinekit.draw.svg import svg_lines
from tests.draw.chromium import Seen, browser, needs_chromium
from tests.draw.drawings import EVIL, details, drawing_of_pairs, stage

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.slow, needs_chromium]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as opened:
        yield opened


def teams(count: int, items: int) -> Drawing:
    """A first stage; in each of so many folders one that splits, two groups and one that joins; a last one."""
    nodes: list[Node] = [stage("fetch"), stage("report")]
    edges: list[Edge] = []
    for number in range(count):
        file = f"teams/t{number}/dvc.yaml"
        split, score = stage("split", file=file), stage("score", file=file)
        makes = [stage(f"make@{item}", file=file, group="make") for item in range(items)]
        fits = [stage(f"fit@{item}", file=file, group="fit") for item in range(items)]
        nodes += [split, *makes, *fits, score]
        edges.append(Edge(split.address, "dvc.yaml:fetch", "raw"))
        edges.append(Edge("dvc.yaml:report", score.address, "score.json"))
        for make, fit in zip(makes, fits, strict=True):
            edges += [Edge(make.address, split.address, "parts"), Edge(fit.address, make.address, "table")]
            edges.append(Edge(score.address, fit.address, "model"))
    return Drawing(tuple(nodes), tuple(edges))


SIZES = {60: teams(4, 6), 500: teams(12, 20), 5000: teams(50, 49)}


def write(folder: Path, drawing: Drawing, text: str = "text") -> str:
    known = {node.address: details(node, text) for node in drawing.nodes}
    path = folder / "graph.html"
    path.write_text(html_page(drawing, known, "a project", "1.0"), encoding="utf-8")
    return path.as_uri()


def opened(chromium: Browser, folder: Path, drawing: Drawing, **options: Any) -> Seen:
    return Seen(chromium, write(folder, drawing), **options)


def place(seen: Seen, address: str) -> dict[str, float]:
    found: dict[str, float] = seen.page.evaluate("address => pipelinekit.whereIs(address)", address)
    assert found is not None, f"{address} is not drawn"
    return found


def click(seen: Seen, address: str) -> None:
    where = place(seen, address)
    seen.page.mouse.click(where["x"], where["y"])


def settled(seen: Seen) -> None:
    """Wait for the movement to end."""
    seen.page.wait_for_timeout(350)


def drawn(seen: Seen) -> set[str]:
    return set(seen.page.evaluate("pipelinekit.drawn()"))


@pytest.mark.parametrize("size", SIZES)
def test_it_is_shown_at_once_and_asks_for_nothing(size: int, chromium: Browser, tmp_path: Path) -> None:
    address = write(tmp_path, SIZES[size])
    begun = time.monotonic()
    seen = Seen(chromium, address)
    seen.page.wait_for_function("window.pipelinekit && document.querySelector('canvas').width > 1000")
    assert time.monotonic() - begun < 4
    settled(seen)
    assert seen.complaints == []
    assert seen.asked_for_nothing()
    assert len(drawn(seen)) <= 250
    assert f"{len(SIZES[size].nodes):,} stages" in seen.page.inner_text("h1")


@pytest.mark.parametrize("size", SIZES)
def test_search_goes_to_what_it_finds(size: int, chromium: Browser, tmp_path: Path) -> None:
    seen = opened(chromium, tmp_path, SIZES[size])
    seen.page.keyboard.press("/")
    seen.page.keyboard.type("t1/dvc.yaml:FIT@3")
    assert seen.page.inner_text("#count") == {60: "1", 500: "1", 5000: "11"}[size]
    seen.page.keyboard.press("Enter")
    settled(seen)
    assert seen.page.inner_text("#count").startswith("1/")
    assert seen.page.inner_text("#panel h2") == "fit@3"
    where = place(seen, "teams/t1/dvc.yaml:fit@3")
    assert 0 < where["x"] < 1000
    assert 50 < where["y"] < 900
    seen.page.keyboard.press("Escape")
    assert seen.page.inner_text("#count") == ""
    seen.page.keyboard.press("Escape")
    assert seen.page.is_hidden("#panel")
    assert seen.complaints == []


@pytest.mark.parametrize("size", SIZES)
def test_groups_and_files_open_and_close(size: int, chromium: Browser, tmp_path: Path) -> None:
    seen = opened(chromium, tmp_path, SIZES[size])
    seen.page.select_option("#view", "files")
    assert "teams/t1/dvc.yaml" in drawn(seen)
    for address, inner in [
        ("teams/t1/dvc.yaml", "teams/t1/dvc.yaml:fit"),
        ("teams/t1/dvc.yaml:fit", "teams/t1/dvc.yaml:fit@2"),
    ]:
        where = place(seen, address)
        seen.page.mouse.dblclick(where["x"], where["y"])
        assert inner in drawn(seen)
        seen.page.keyboard.press("Escape")
        seen.page.keyboard.press("f")
        settled(seen)
    assert overlapping(seen) == []
    settled(seen)
    click(seen, "teams/t1/dvc.yaml:fit")
    seen.page.click("#opener")
    assert "teams/t1/dvc.yaml:fit@2" not in drawn(seen)
    seen.page.keyboard.press("Escape")
    seen.page.select_option("#view", "all stages")
    assert {node.address for node in SIZES[size].nodes} <= drawn(seen)
    assert overlapping(seen) == []
    assert seen.complaints == []


def overlapping(seen: Seen) -> list[Any]:
    """Pairs of boxes that overlap, though neither holds the other."""
    found: list[Any] = seen.page.evaluate(
        """() => {
          const boxes = pipelinekit.boxes().sort((a, b) => a.x - b.x);
          const found = [];
          const within = (a, b) =>
            a.x >= b.x && a.y >= b.y && a.x + a.w <= b.x + b.w + .2 && a.y + a.h <= b.y + b.h + .2;
          boxes.forEach((a, index) => {
            for (let next = index + 1; next < boxes.length && boxes[next].x < a.x + a.w - .2; next += 1) {
              const b = boxes[next];
              if (a.y < b.y + b.h - .2 && b.y < a.y + a.h - .2 && !within(a, b) && !within(b, a)) found.push([a, b]);
            }
          });
          return found.slice(0, 3);
        }"""
    )
    return found


def test_the_panel_says_all_that_is_known(chromium: Browser, tmp_path: Path) -> None:
    seen = opened(chromium, tmp_path, SIZES[60])
    click(seen, "teams/t1/dvc.yaml:split")
    panel = seen.page.inner_text("#panel")
    for text in (
        "teams/t1/dvc.yaml:1", "! stale", "outputs 2.4 MiB", "took 1 min 15 s", "last run 2026-01-02T03:04:05Z",
        "← 1 stage upstream", "→ 14 stages downstream", "error PK101", "Command, in sub", "python text", "Dependencies",
        "10 B", "Outputs", "2.4 MiB, 3 files", "metric, not cached", "Parameters", "text (last run: was)",
        "Why it is stale",
    ):  # fmt: skip
        assert text in panel
    seen.page.click("#panel .link >> text=make@3")
    settled(seen)
    assert seen.page.inner_text("#panel h2") == "make@3"


def test_it_is_moved_zoomed_and_fitted(chromium: Browser, tmp_path: Path) -> None:
    seen = opened(chromium, tmp_path, SIZES[60])
    before = place(seen, "dvc.yaml:fetch")
    seen.page.mouse.move(700, 860)
    seen.page.mouse.down()
    seen.page.mouse.move(750, 830, steps=4)
    seen.page.mouse.up()
    moved, last = place(seen, "dvc.yaml:fetch"), place(seen, "dvc.yaml:report")
    assert (round(moved["x"] - before["x"]), round(moved["y"] - before["y"])) == (50, -30)
    assert seen.page.is_hidden("#panel"), "what is dragged is not clicked"
    seen.page.mouse.move(moved["x"], moved["y"])
    seen.page.mouse.wheel(0, -400)
    seen.page.wait_for_timeout(100)
    zoomed = place(seen, "dvc.yaml:fetch")
    assert abs(zoomed["x"] - moved["x"]) < 8, "what is under the pointer stays there"
    assert place(seen, "dvc.yaml:report")["x"] - zoomed["x"] > 1.3 * (last["x"] - moved["x"])
    seen.page.keyboard.press("f")
    settled(seen)
    assert abs(place(seen, "dvc.yaml:fetch")["x"] - before["x"]) < 2


def test_two_fingers_zoom(chromium: Browser, tmp_path: Path) -> None:
    seen = opened(chromium, tmp_path, SIZES[60])

    def apart() -> float:
        return place(seen, "dvc.yaml:report")["x"] - place(seen, "dvc.yaml:fetch")["x"]

    before = apart()
    seen.page.evaluate(
        """() => {
          const canvas = document.querySelector('canvas');
          canvas.setPointerCapture = () => {};
          const send = (type, pointerId, clientX) =>
            canvas.dispatchEvent(new PointerEvent(type, { pointerId, clientX, clientY: 400 }));
          send('pointerdown', 1, 600); send('pointerdown', 2, 700);
          send('pointermove', 2, 800); send('pointerup', 1, 600); send('pointerup', 2, 800);
        }"""
    )
    assert abs(apart() / before - 2) < 0.05


def test_everything_can_be_done_with_keys(chromium: Browser, tmp_path: Path) -> None:
    seen = opened(chromium, tmp_path, SIZES[500], reduced_motion="reduce")
    keys = seen.page.keyboard
    seen.page.focus("#canvas")
    click(seen, "dvc.yaml:fetch")
    keys.press("ArrowRight")
    assert seen.page.inner_text("#panel h2") == "split"
    keys.press("ArrowRight")
    assert seen.page.inner_text("#panel h2") == "make@…"
    keys.press("Space")
    assert sum("make@" in address for address in drawn(seen)) == 20
    keys.press("Enter")
    assert seen.page.evaluate("document.activeElement.tagName") == "H2"
    assert "upstream" in seen.page.inner_text("#said") or "open" in seen.page.inner_text("#said")
    keys.press("Escape")
    assert seen.page.evaluate("document.activeElement.id") == "canvas"
    keys.press("?")
    assert seen.page.is_visible("#keys")
    named = seen.page.evaluate(
        """() => [...document.querySelectorAll('button, input, select, canvas')].filter((one) =>
          !one.labels?.length && !one.getAttribute('aria-label') && !one.textContent.trim()).length"""
    )
    assert named == 0, "every control has a name"


def test_light_and_dark(chromium: Browser, tmp_path: Path) -> None:
    dark = opened(chromium, tmp_path, SIZES[60], color_scheme="dark")

    def corner(seen: Seen) -> list[int]:
        found: list[int] = seen.page.evaluate(
            "[...document.querySelector('canvas').getContext('2d').getImageData(3, 3, 1, 1).data]"
        )
        return found[:3]

    settled(dark)
    assert sum(corner(dark)) < 100
    dark.page.click("#theme")
    settled(dark)
    assert sum(corner(dark)) > 700
    light = opened(chromium, tmp_path, SIZES[60], color_scheme="light")
    settled(light)
    assert sum(corner(light)) > 700
    light.page.emulate_media(color_scheme="dark")
    settled(light)
    assert sum(corner(light)) < 100


def test_only_layers_of_which_something_is_known_are_offered(chromium: Browser, tmp_path: Path) -> None:
    path = tmp_path / "bare.html"
    path.write_text(html_page(SIZES[60], {}, "t", "1.0"), encoding="utf-8")
    bare = Seen(chromium, path.as_uri())
    names = "[...document.querySelector('#layer').options].map((one) => one.textContent)"
    assert bare.page.evaluate(names) == ["nothing"]
    full = opened(chromium, tmp_path, SIZES[60])
    assert full.page.evaluate(names) == ["nothing", "findings", "stale", "time", "size of outputs"]
    for name in ("findings", "stale", "time", "size"):
        full.page.select_option("#layer", name)
        assert full.page.inner_text("#legend") != ""
    assert full.complaints == []


def test_changes_are_shown_first(chromium: Browser, tmp_path: Path) -> None:
    nodes = (stage("a"), stage("b", change="added"), stage("c", change="removed"))
    edges = (
        Edge(nodes[1].address, nodes[0].address, "x", "added"),
        Edge(nodes[2].address, nodes[0].address, "x", "removed"),
    )
    seen = opened(chromium, tmp_path, Drawing(nodes, edges))
    assert seen.page.input_value("#layer") == "change"
    assert seen.page.inner_text("#legend").split() == ["+", "added", "~", "changed", "−", "removed"]
    click(seen, nodes[2].address)
    assert "− removed" in seen.page.inner_text("#panel")
    assert seen.complaints == []


@pytest.mark.parametrize("text", EVIL)
def test_names_are_only_names(text: str, chromium: Browser, tmp_path: Path) -> None:
    drawing = Drawing((stage(text), stage("other")), ())
    seen = Seen(chromium, write(tmp_path, drawing, text))
    seen.page.on("dialog", lambda dialog: seen.complaints.append(dialog.message))
    seen.page.mouse.move(10, 500)
    click(seen, f"dvc.yaml:{text}".encode("utf-8", "replace").decode())
    assert seen.page.locator("#panel script, #panel b").count() == 0
    assert seen.page.evaluate("document.scripts.length") == 2
    assert seen.complaints == []
    assert seen.asked_for_nothing()


def test_without_stages_it_is_empty(chromium: Browser, tmp_path: Path) -> None:
    seen = opened(chromium, tmp_path, Drawing((), ()))
    seen.page.keyboard.press("f")
    settled(seen)
    assert "0 stages" in seen.page.inner_text("h1")
    assert seen.complaints == []


def test_moving_thousands_of_stages_is_smooth(chromium: Browser, tmp_path: Path) -> None:
    chain = drawing_of_pairs(5000, [(number // 5 * 5, number + 1) for number in range(4999)])
    for drawing in (SIZES[5000], chain):
        seen = opened(chromium, tmp_path, drawing)
        if drawing is not chain:
            seen.page.select_option("#view", "all stages")
        seen.page.keyboard.press("f")
        settled(seen)
        spent = seen.page.evaluate(
            """() => {
              const begun = performance.now();
              for (let frame = 0; frame < 20; frame += 1) pipelinekit.paint();
              return (performance.now() - begun) / 20;
            }"""
        )
        assert spent < 50, "milliseconds of script for a frame, without a graphics card"


# --- the picture ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_in_the_picture_no_text_leaves_its_box(scheme: str, chromium: Browser, tmp_path: Path) -> None:
    drawing = Drawing(tuple(stage(text) for text in [*EVIL, "plain", "i" * 80, "M" * 80]), ())
    path = tmp_path / "graph.svg"
    known = {node.address: details(node, node.label) for node in drawing.nodes}
    path.write_text("\n".join(svg_lines(drawing, known, "t")), encoding="utf-8")
    seen = Seen(chromium, path.as_uri(), color_scheme=scheme)
    outside = seen.page.evaluate(
        """() => [...document.querySelectorAll('g.node')].flatMap((node) => {
          const room = node.querySelector('rect.card').getBBox().width;
          return [...node.querySelectorAll(':scope > text')].map((text) => text.getBBox())
            .filter((box) => box.x < 0 || box.x + box.width > room).map((box) => [node.textContent, box.width, room]);
        })"""
    )
    assert outside == []
    colour = seen.page.evaluate("getComputedStyle(document.querySelector('.page')).fill")
    assert colour == {"light": "rgb(255, 255, 255)", "dark": "rgb(13, 17, 23)"}[scheme]
    assert seen.complaints == []
    assert len(seen.requests) == 1


def test_the_data_of_the_page_is_what_was_written(chromium: Browser, tmp_path: Path) -> None:
    seen = opened(chromium, tmp_path, SIZES[60])
    data = json.loads(seen.page.evaluate("document.getElementById('data').textContent"))
    assert len(data["stages"]) == len(SIZES[60].nodes)
