"""The Python whose DVC a project uses, and what errors of storage services come to."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pipelinekit.project.dvc_python import last_json, meaning_of, python_with_dvc


def test_the_python_of_this_process_has_dvc(tmp_path: Path) -> None:
    assert python_with_dvc(str(tmp_path)) == sys.executable


def test_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/nowhere")
    monkeypatch.setenv("PATH", "/nowhere")
    assert python_with_dvc(str(tmp_path)) is None


def test_the_last_object_counts() -> None:
    assert last_json('noise\n{"a": 1}\n[2]\n{"a": 2}\nmore noise\n') == {"a": 2}
    assert last_json("noise\n[1]\n") is None


def test_meanings() -> None:
    assert meaning_of([{"type": "ClientError", "code": "NoSuchBucket", "text": ""}]) == "missing"
    assert meaning_of([{"type": "X", "code": "", "text": "something else"}]) == ""
