from __future__ import annotations

from pathlib import Path

import pytest

from pipelinekit.run.lock_copies import LockCopies, mend_locks

HEAD = "schema: '2.0'\nstages:\n"
A = f"  a:\n    cmd: echo\n    outs:\n    - path: a.txt\n      hash: md5\n      md5: {'0' * 32}\n"
B = A.replace("a", "b")
WHOLE = HEAD + A + B


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    (tmp_path / "sub").mkdir()
    path = tmp_path / "sub" / "dvc.lock"
    path.write_text(WHOLE)
    return path


@pytest.mark.parametrize("torn", ["", HEAD[:10], WHOLE[:-1], WHOLE[:-20], "stages: [\n"])
def test_a_lock_that_a_killed_run_left_torn_is_as_before(tmp_path: Path, lock: Path, torn: str) -> None:
    LockCopies(str(tmp_path), ["sub/dvc.lock", "dvc.lock"])
    lock.write_text(torn)
    assert mend_locks(str(tmp_path)) == ["sub/dvc.lock"]
    assert lock.read_text() == WHOLE
    assert mend_locks(str(tmp_path)) == []


@pytest.mark.parametrize("other", [HEAD + B, WHOLE + B.replace("b:", "c:", 1), "# by hand\n" + HEAD + A])
def test_one_that_somebody_has_changed_since_is_left_alone(tmp_path: Path, lock: Path, other: str) -> None:
    LockCopies(str(tmp_path), ["sub/dvc.lock"])
    lock.write_text(other)
    assert mend_locks(str(tmp_path)) == []
    assert lock.read_text() == other


def test_one_that_is_gone_stays_away(tmp_path: Path, lock: Path) -> None:
    LockCopies(str(tmp_path), ["sub/dvc.lock"])
    lock.unlink()
    assert mend_locks(str(tmp_path)) == []
    assert not lock.exists()


def test_at_the_end_of_a_run_nothing_may_be_missing(tmp_path: Path, lock: Path) -> None:
    copies = LockCopies(str(tmp_path), ["sub/dvc.lock"])
    lock.write_text(HEAD + A)
    assert copies.close() == ["sub/dvc.lock"]
    assert lock.read_text() == WHOLE
    copies = LockCopies(str(tmp_path), ["sub/dvc.lock"])
    lock.write_text(more := WHOLE + B.replace("b:", "c:", 1))
    assert copies.close() == []
    assert lock.read_text() == more
    assert not (tmp_path / ".dvc/tmp/pipelinekit/locks").exists()
