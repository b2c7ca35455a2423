"""The Python whose DVC a project uses, and what errors of storage services come to."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pipelinekit.project.dvc_python import NoAnswerError, ask_dvc, last_json, meaning_of, python_with_dvc


def test_the_python_of_this_process_has_dvc(tmp_path: Path) -> None:
    assert python_with_dvc(str(tmp_path)) == sys.executable


def test_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/nowhere")
    monkeypatch.setenv("PATH", "/nowhere")
    assert python_with_dvc(str(tmp_path)) is None


def test_the_last_object_counts() -> None:
    assert last_json('noise\n{"a": 1}\n[2]\n{"a": 2}\nmore noise\n') == {"a": 2}
    assert last_json("noise\n[1]\n") is None


STEPS = """
import uuid
def ask(question):
    yield "first"
    print(question["say"])
    yield "second"
    if question["fails"]:
        try:
            raise OSError(5, "inner")
        except OSError as error:
            raise ValueError("outer") from error
"""


@pytest.mark.parametrize("fails", [False, True])
def test_a_probe_is_asked_step_by_step(tmp_path: Path, fails: bool) -> None:
    (tmp_path / "probe.py").write_text(STEPS)
    for name in ("uuid", "json", "logging"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('a file of the project has run')")
    answer = ask_dvc(sys.executable, str(tmp_path), str(tmp_path / "probe.py"), {"say": "é", "fails": fails})
    assert answer.output.splitlines()[0] == "é"
    assert answer.step == ("second" if fails else "")
    inner = {"type": "OSError", "code": "5", "text": "[Errno 5] inner"}
    assert answer.errors == ([{"type": "ValueError", "code": "", "text": "outer"}, inner] if fails else [])


def test_a_probe_that_says_nothing_is_no_answer(tmp_path: Path) -> None:
    (tmp_path / "probe.py").write_text("import sys\nsys.exit('too bad')\n")
    with pytest.raises(NoAnswerError, match=r"^too bad$"):
        ask_dvc(sys.executable, str(tmp_path), str(tmp_path / "probe.py"), {})


def test_meanings() -> None:
    assert meaning_of([{"type": "ClientError", "code": "NoSuchBucket", "text": ""}]) == "missing"
    assert meaning_of([{"type": "X", "code": "", "text": "something else"}]) == ""
