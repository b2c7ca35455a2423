"""A project whose names try to break out of every format, and helpers to report on it."""

from __future__ import annotations

from pathlib import Path

from pipelinekit.lint.run import LintRun, Request, run_lint

#: stages called like commands of CI systems, markup, controls of a terminal and halves of lines
NAMES = [
    "::error::forged",
    "a\n::error file=x::forged",
    "<![CDATA[",
    "]]><failure/>",
    "\x1b[31mred\x1b[0m\r\x07",
    "| a | `b` | <img src=x> **c** [d](e)",
    "@everyone #1 !1",
    "100%25,:%0A",
    "日本😀e\u0301\u202ereversed",
    "&amp;<b>\"'",
    "\u2028\u0085line",
]
#: a file for the finding to be in
FOLDER = "a, b:c%0A@x #y"


def hostile_text() -> str:
    stages = []
    for name in NAMES:
        quoted = name.encode("unicode_escape").decode("ascii").replace('"', '\\"')
        quoted = quoted.replace("\\U", "\\U").replace("\\'", "'")
        stages.append(f'  "{quoted}":\n    cmd: python gone.py\n    deps:\n    - "{quoted}.csv"\n')
    return "stages:\n" + "".join(stages)


def make_hostile(root: Path) -> Path:
    for folder in (root, root / FOLDER):
        (folder / ".dvc").mkdir(parents=True) if folder == root else folder.mkdir()
        (folder / "dvc.yaml").write_text(hostile_text(), encoding="utf-8")
    return root


def run_in(folder: Path, **options: object) -> LintRun:
    return run_lint(Request((), str(folder), **options))  # type: ignore[arg-type]
