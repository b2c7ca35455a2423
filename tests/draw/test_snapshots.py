"""The drawings of the examples, whole. PIPELINEKIT_UPDATE_SNAPSHOTS=1 writes them anew."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.command_line import run

ROOT = Path(__file__).parents[2]
SNAPSHOTS = Path(__file__).parent / "snapshots"
ENDINGS = {"text": "txt", "mermaid": "mmd", "dot": "dot", "markdown": "md", "svg": "svg"}


@pytest.mark.parametrize("output_format", ["text", "mermaid", "dot", "markdown", "svg"])
@pytest.mark.parametrize(
    ("example", "collapse"), [("basic", "none"), ("matrix", "none"), ("matrix", "groups"), ("matrix", "files")]
)
def test_examples(example: str, collapse: str, output_format: str) -> None:
    result = run(
        "graph", "--format", output_format, "--collapse", collapse, "--project", str(ROOT / "examples" / example)
    )
    assert (result.status, result.stderr) == (0, "")
    text = result.stdout
    if output_format == "svg":
        # where things are is up to the version of the layout library
        text = re.sub(r"<style>.*?</style>", "<style/>", text, flags=re.DOTALL)
        text = re.sub(r' (d|viewBox|width|height|x|y|transform)="[^"]*"', "", text)
    path = SNAPSHOTS / f"{example}-{collapse}.{ENDINGS[output_format]}"
    if os.environ.get("PIPELINEKIT_UPDATE_SNAPSHOTS"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text("utf-8")
