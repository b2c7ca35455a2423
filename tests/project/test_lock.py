"""A lock that is taken for sound without being parsed must be one that the parser and the schema find sound."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipelinekit.project.lock import is_as_dvc_writes_it
from pipelinekit.project.shape import check_shape
from pipelinekit.yaml.reader import parse
from tests.corpus import corpus_files

WRITTEN_BY_DVC = """\
schema: '2.0'
stages:
  prepare:
    cmd: python prepare.py
    deps:
    - path: data/raw.csv
      hash: md5
      md5: d3b07384d113edec49eaa6238ad5ff00
      size: 4
    - path: prepare.py
      hash: md5
      md5: 7d865e959b2466918c9863afca942d0f
      size: 1024
      isexec: true
    params:
      params.yaml:
        prepare.split: 0.2
        prepare.columns:
        - a
        - '1'
    outs:
    - path: data/prepared
      hash: md5
      md5: 9a0364b9e99bb480dd25e1f0284c8555.dir
      size: 99
      nfiles: 2
  both:
    cmd:
    - python a.py
    - python b.py
  train@small:
    cmd: python train.py --size small --and --a --very --long --command --that --goes
      on here
    deps:
    - path: '2024'
      hash: md5
      md5: 1dcca23355272056f04fe8bf20edfce0
      size: 5
"""
#: What damage does to YAML, and what looks harmless and isn't.
SNIPPETS = [
    *"\t:{}[],&*#?|-<>=!%@`'\"\\ \n\r~.01ex",
    *("null", "true", "1", "1e5", ": ", " #", "- ", "\n    ", "\n      ", "\n        ", "md5: ", "size: 1\n", "0x1f"),
    *("2020-01-01", "1_000", "\u2028", "\ufeff", "<<<<<<< HEAD\n", "    deps:\n", "    frozen: true\n"),
]


@st.composite
def damaged(draw: st.DrawFn, text: str) -> str:
    """A lock with a few things put in, taken out, written twice or moved."""
    for _ in range(draw(st.integers(1, 3))):
        lines = text.splitlines(keepends=True)
        position = draw(st.integers(0, len(text)))
        line = draw(st.integers(0, max(len(lines) - 1, 0)))
        what = draw(st.sampled_from(("insert", "insert", "cut", "repeat", "drop")))
        if what == "insert":
            text = text[:position] + draw(st.sampled_from(SNIPPETS)) + text[position:]
        elif what == "cut":
            text = text[:position] + text[position + draw(st.integers(1, 4)) :]
        elif what == "repeat" and lines:
            text = "".join([*lines[: draw(st.integers(0, len(lines)))], lines[line], *lines[line:]])
        else:
            text = "".join([*lines[:line], *lines[line + 1 :]])
    return text


def is_sound(text: str) -> bool:
    document = parse(text, "dvc.lock")
    return document.root is not None and not document.problems and not check_shape(document.root, "dvc.lock")


def test_a_lock_that_dvc_wrote_is_recognised() -> None:
    assert is_as_dvc_writes_it(WRITTEN_BY_DVC)
    assert is_sound(WRITTEN_BY_DVC)


@given(damaged(WRITTEN_BY_DVC))
@example(WRITTEN_BY_DVC.replace("size: 4\n", "size: 4\n      size: 4\n", 1))
@example(WRITTEN_BY_DVC.replace("  train@small:\n", "  prepare:\n"))
@example(WRITTEN_BY_DVC.replace("        prepare.split: 0.2\n", "        prepare.split: 0.2\n" * 2))
@example(WRITTEN_BY_DVC.replace("    cmd: python prepare.py\n", "    cmd: 1\n"))
@example(WRITTEN_BY_DVC.replace("    cmd: python prepare.py\n", ""))
@example(WRITTEN_BY_DVC.replace("path: '2024'", "path: 2024"))
@example(WRITTEN_BY_DVC.replace("cmd: python prepare.py\n", "cmd: 'python'\n      prepare.py\n"))
@example(WRITTEN_BY_DVC.replace("    - python a.py\n", "    - 'python'\n      a.py\n"))
def test_no_damaged_lock_passes(text: str) -> None:
    assert is_sound(text) or not is_as_dvc_writes_it(text)


@pytest.mark.parametrize(
    "value",
    [
        *(
            "1",
            "1.",
            ".5",
            "1e5",
            "1E-5",
            "1_000",
            "0x1f",
            "0xAF",
            "0o17",
            "017",
            "0b11",
            ".inf",
            ".Inf",
            ".NaN",
            ".nan",
        ),
        *(
            "true",
            "True",
            "TRUE",
            "false",
            "null",
            "Null",
            "yes",
            "no",
            "on",
            "~",
            "-.inf",
            "+1",
            "-1",
            "1:30",
            "b",
            "e",
        ),
        *(
            "2020-01-01",
            "2020-01-01 10:00:00",
            "2001-12-14t21:59:43.10-05:00",
            "2001-12-14T21:59:43Z",
            "x",
            ".",
            "..",
            "=",
        ),
        *(
            "a: b",
            "a #b",
            "a#b",
            "a:b",
            "<<",
            "- a",
            "-a",
            "? a",
            "!a",
            "&a",
            "*a",
            "[a",
            "{a",
            "a]",
            "a, b",
            "@a",
            "`a",
            "%a",
        ),
    ],
)
def test_what_yaml_takes_for_no_text_is_looked_at(value: str) -> None:
    for place in ("python a.py", "prepare.py"):
        text = WRITTEN_BY_DVC.replace(place, value)
        assert is_sound(text) or not is_as_dvc_writes_it(text)


@pytest.mark.parametrize("text", ["", "\n", "schema: '2.0'\n", "schema: '2.0'\nstages: {}\n", "train: {}\n"])
def test_anything_else_is_looked_at(text: str) -> None:
    assert not is_as_dvc_writes_it(text)


@pytest.mark.corpus
def test_every_lock_of_the_corpus_that_is_recognised_is_sound() -> None:
    texts = [path.read_bytes().decode() for path in corpus_files("dvc.lock")]
    recognised = [text for text in texts if is_as_dvc_writes_it(text)]
    assert len(recognised) * 2 > len(texts)
    assert all(is_sound(text) for text in recognised)


@pytest.mark.slow
def test_the_lock_of_a_real_run_is_recognised(tmp_path: Path) -> None:
    dvc = shutil.which("dvc", path=Path(sys.executable).parent) or "dvc"
    (tmp_path / "params.yaml").write_text("lr: 1.0e-5\nname: 'yes'\nlist: [a, '1', 2]\nnested: {a: null, b: 2.5}\n")
    (tmp_path / "dvc.yaml").write_text(
        "stages:\n"
        "  first:\n    cmd: mkdir data && echo 1 > data/a\n    params:\n    - lr\n    - name\n    - list\n"
        "    outs:\n    - data\n"
        "  second:\n    cmd:\n    - cp data/a b\n    - chmod +x b\n    deps:\n    - data\n    outs:\n    - b\n"
        "    params:\n    - nested.b\n"
    )
    for arguments in (["init", "--no-scm", "-q"], ["repro", "-q"]):
        subprocess.run([dvc, *arguments], cwd=tmp_path, check=True, timeout=120)
    lock = (tmp_path / "dvc.lock").read_text()
    assert is_as_dvc_writes_it(lock)
    assert is_sound(lock)
