"""What is written for Mermaid and Graphviz, read and drawn by them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings

from pipelinekit.draw.collapse import LEVELS, collapsed
from pipelinekit.draw.dot import dot_lines
from pipelinekit.draw.drawing import Drawing, drawing_of
from pipelinekit.draw.mermaid import MAX_EDGES, mermaid_lines
from pipelinekit.draw.readable import readable
from pipelinekit.graph.graph import Graph
from pipelinekit.project.project import Project
from pipelinekit.resolve.index import Index
from tests.corpus import corpus_projects
from tests.draw.chromium import browser, needs_chromium
from tests.draw.drawings import EVIL, drawing_of_pairs, drawings, stage

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
#: `.ci/run` installs the npm package there
MERMAID = Path(os.environ.get("PIPELINEKIT_MERMAID", ROOT / ".venv/node/node_modules/mermaid/dist/mermaid.min.js"))
needs_mermaid = pytest.mark.skipif(
    not MERMAID.is_file(), reason="mermaid is not installed (npm install --prefix .venv/node mermaid@11)"
)
needs_dot = pytest.mark.skipif(
    shutil.which("dot") is None, reason="there is no Graphviz here (Debian: apt-get install graphviz)"
)


@pytest.fixture(scope="module")
def mermaid() -> Iterator[Page]:
    """A page with Mermaid in it, set up as it is by itself: GitHub draws with the same limits."""
    with browser() as opened:
        page = opened.new_page()
        page.add_script_tag(path=MERMAID)
        page.evaluate("mermaid.initialize({ startOnLoad: false })")
        yield page


def drawn_by_mermaid(page: Page, text: str) -> list[str]:
    """The labels of the boxes in the picture. Fails if Mermaid refuses the text, or draws an error."""
    labels: list[str] = page.evaluate(
        """async (text) => {
          const { svg } = await mermaid.render('picture', text);
          const holder = document.createElement('div');
          holder.innerHTML = svg;
          if (holder.querySelector('.error-icon')) throw new Error('an error is drawn');
          return [...holder.querySelectorAll('.node .label')].map((label) => label.textContent);
        }""",
        text,
    )
    return labels


def expected(drawing: Drawing) -> list[str]:
    marks = {"added": "+ ", "removed": "- ", "changed": "~ ", None: ""}
    files = {node.file for node in drawing.nodes}
    labels = [marks[node.change] + (node.name if len(files) > 1 else node.label) for node in drawing.nodes]
    return [re.sub("[\x80-\x9f]", lambda match: f"\\x{ord(match.group()):02x}", label) for label in labels]


def plain(labels: list[str]) -> list[str]:
    """Without blanks, and what no page can show."""
    return sorted(re.sub(r"[\s\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffd-\uffff]+", "", label) for label in labels)


@needs_chromium
@needs_mermaid
@pytest.mark.parametrize("name", EVIL)
def test_mermaid_shows_a_name_as_it_is(name: str, mermaid: Page) -> None:
    drawing = Drawing((stage(name), stage("other")), ())
    labels = drawn_by_mermaid(mermaid, "\n".join(mermaid_lines(drawing)))
    assert plain(labels) == plain(expected(drawing))


@needs_chromium
@needs_mermaid
def test_mermaid_draws_anything(mermaid: Page) -> None:
    @settings(max_examples=40)
    @given(drawings())
    def check(drawing: Drawing) -> None:
        if drawing.nodes:
            labels = drawn_by_mermaid(mermaid, "\n".join(mermaid_lines(drawing)))
            assert plain(labels) == plain(expected(drawing))

    check()


@needs_chromium
@needs_mermaid
def test_mermaid_draws_as_many_edges_as_are_let_through(mermaid: Page) -> None:
    def lines(count: int) -> str:
        pairs = [(one, 25 + other) for one in range(25) for other in range(25)][:count]
        return "\n".join(mermaid_lines(drawing_of_pairs(50, pairs)))

    assert len(drawn_by_mermaid(mermaid, lines(MAX_EDGES))) == 50
    with pytest.raises(Exception, match=r"[Ee]dge"):
        drawn_by_mermaid(mermaid, lines(MAX_EDGES + 1))


def projects() -> list[Any]:
    ours = [ROOT / "examples" / "basic", ROOT / "examples" / "matrix"]
    corpus = [pytest.param(path, id=path.name, marks=pytest.mark.corpus) for path in corpus_projects()]
    return [*(pytest.param(path, id=path.name) for path in ours), *corpus[::8]]


@needs_chromium
@needs_mermaid
@pytest.mark.parametrize("folder", projects())
def test_mermaid_draws_real_projects(folder: Path, mermaid: Page) -> None:
    drawing = drawing_of(Graph(Index(Project(str(folder)))))
    if drawing.nodes:
        drawn = readable(drawing, "mermaid", None)
        assert len(drawn_by_mermaid(mermaid, "\n".join(mermaid_lines(drawn.drawing)))) == len(drawn.drawing.nodes)


def read_by_dot(text: str) -> list[str]:
    """The names of the nodes, as Graphviz has them. Fails if it refuses the text or warns."""
    result = subprocess.run(
        ["dot", "-Tplain"], input=text.encode("utf-8", "replace"), capture_output=True, check=False, timeout=60
    )
    assert (result.returncode, result.stderr.decode()) == (0, "")
    return [line for line in result.stdout.decode().splitlines() if line.startswith("node ")]


@needs_dot
@pytest.mark.parametrize("name", EVIL)
def test_graphviz_reads_any_name(name: str) -> None:
    assert len(read_by_dot("\n".join(dot_lines(Drawing((stage(name), stage("other")), ()))))) == 2


@needs_dot
@settings(max_examples=40)
@given(drawings())
def test_graphviz_reads_anything(drawing: Drawing) -> None:
    for level in LEVELS:
        drawn = collapsed(drawing, level)
        assert len(read_by_dot("\n".join(dot_lines(drawn)))) == len(drawn.nodes)
