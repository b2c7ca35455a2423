"""A lock says the same whether it is read line by line or parsed, and every place is where it says."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given

from pipelinekit.project.lock import is_as_dvc_writes_it
from pipelinekit.project.locked import Lock, LockEntry, parse_lock, read_ordinary_lock
from pipelinekit.project.project import Project
from tests.corpus import corpus_files
from tests.project.test_lock import WRITTEN_BY_DVC, damaged


def told(lock: Lock) -> list[object]:
    """All that a lock says, with the text that stands at each of its places."""
    text = lock.document.text

    def entries(stage: str, found: dict[str, LockEntry]) -> list[object]:
        places = [lock.place_of(lock.stages[stage], entry) for entry in found.values()]
        return [
            (key, entry[:5], text[place.start : place.end], place.start)
            for (key, entry), place in zip(found.items(), places, strict=True)
        ]

    return [
        (
            name,
            stage.name,
            stage.cmd,
            entries(name, stage.deps),
            entries(name, stage.outs),
            list(stage.params.items()),
            lock.place(stage)[1:],
            lock.place(stage, stage.cmd_span)[1:],
        )
        for name, stage in lock.stages.items()
    ]


def test_an_ordinary_lock() -> None:
    lock = read_ordinary_lock(WRITTEN_BY_DVC, "dvc.lock")
    assert list(lock.stages) == ["prepare", "both", "train@small"]
    prepare = lock.stages["prepare"]
    assert prepare.cmd == "python prepare.py"
    assert list(prepare.deps) == ["data/raw.csv", "prepare.py"]
    assert prepare.deps["prepare.py"].md5 == "7d865e959b2466918c9863afca942d0f"
    assert (prepare.deps["prepare.py"].size, prepare.deps["prepare.py"].nfiles) == (1024, None)
    assert prepare.params == {"params.yaml": {"prepare.split": 0.2, "prepare.columns": ["a", "1"]}}
    prepared = prepare.outs["data/prepared"]
    assert (prepared.size, prepared.nfiles, prepared.is_folder, prepared.legacy) == (99, 2, True, False)
    assert lock.stages["both"].cmd == ["python a.py", "python b.py"]
    train = lock.stages["train@small"]
    assert train.cmd == "python train.py --size small --and --a --very --long --command --that --goes on here"
    assert list(train.deps) == ["2024"]
    assert lock.document.text[slice(*lock.place(train)[1:])] == "train@small"
    assert lock.document.text[slice(*lock.place(train, train.cmd_span)[1:])] == "cmd"


def test_entries_of_older_versions_of_dvc() -> None:
    lock = parse_lock("train:\n  cmd: a\n  deps:\n  - {path: a.py, md5: 11}\n  - {path: s3://b, etag: x}\n", "dvc.lock")
    assert lock is not None
    deps = lock.stages["train"].deps
    assert (deps["a.py"].md5, deps["a.py"].legacy) == ("11", True)
    assert deps["s3://b"].md5 is None


@given(damaged(WRITTEN_BY_DVC))
def test_read_line_by_line_it_says_what_it_says_parsed(text: str) -> None:
    if is_as_dvc_writes_it(text):
        parsed = parse_lock(text, "dvc.lock")
        assert parsed is not None
        assert told(read_ordinary_lock(text, "dvc.lock")) == told(parsed)


@given(damaged(WRITTEN_BY_DVC.replace("hash: md5", "etag: 1")))
def test_no_damage_is_too_much(text: str) -> None:
    lock = parse_lock(text, "dvc.lock")
    assert lock is None or told(lock) is not None


@pytest.mark.parametrize(
    "text", ["", "- a\n", "stages\n", "stages: 1\n", "schema: '2.0'\n", "a: [\n", "schema: 1\nstages: [a]\n"]
)
def test_what_is_no_lock_has_no_stages(text: str) -> None:
    lock = parse_lock(text, "dvc.lock")
    assert lock is None or lock.stages == {}


def test_a_project_without_a_lock_has_none(tmp_path: Path) -> None:
    project = Project(str(tmp_path))
    assert project.lock("dvc.lock") is None
    written = project.overlaid({"dvc.lock": WRITTEN_BY_DVC})
    lock = written.lock("dvc.lock")
    assert lock is not None
    assert written.lock("dvc.lock") is lock
    other = written.overlaid({"dvc.lock": "stages: {}\n"}).lock("dvc.lock")
    assert other is not None
    assert other.stages == {}


@pytest.mark.corpus
def test_every_lock_of_the_corpus_reads_the_same_either_way() -> None:
    for path in corpus_files("dvc.lock"):
        text = path.read_bytes().decode()
        if is_as_dvc_writes_it(text):
            parsed = parse_lock(text, "dvc.lock")
            assert parsed is not None
            assert told(read_ordinary_lock(text, "dvc.lock")) == told(parsed), path
