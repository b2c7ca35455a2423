"""Content is the same if it is with the line ends of either system, and changed only if nothing else explains it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelinekit.freshness import contents as module
from pipelinekit.freshness.contents import Contents, folder_md5
from pipelinekit.project.locked import LockEntry
from pipelinekit.project.project import Project
from tests.freshness.projects import md5, project

LF, CRLF = "one\ntwo\n", "one\r\ntwo\r\n"


def recorded(path: str, content: str | bytes, *, legacy: bool = False) -> LockEntry:
    size = len(content.encode() if isinstance(content, str) else content)
    return LockEntry(path, md5(content), legacy, size, None, 0, 0)


def recorded_folder(path: str, files: dict[str, bytes], *, legacy: bool = False) -> LockEntry:
    listed = folder_md5({name: md5(content) for name, content in files.items()})
    return LockEntry(path, listed, legacy, sum(map(len, files.values())), len(files), 0, 0)


@pytest.mark.parametrize(
    ("here", "then", "comparison"),
    [
        (LF, LF, "same"),
        (LF, CRLF, "same with CRLF"),
        (CRLF, LF, "same"),
        (CRLF, CRLF, "same"),
        ("one\r\ntwo\n", LF, "same"),
        (LF, "one\nthree\n", "changed"),
        ("", "", "same"),
        (b"\0\n", b"\0\r\n", "changed"),
        (b"\xff\n", b"\xff\r\n", "same with CRLF"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n", "data", "unknown"),
    ],
)
def test_a_file(here: str | bytes, then: str | bytes, comparison: str, tmp_path: Path) -> None:
    made = project(tmp_path, {"a": here}, git=False)
    assert Contents(made).compared("a", recorded("a", then)) == comparison


def test_what_dvc_2_recorded_has_unix_line_ends(tmp_path: Path) -> None:
    made = project(tmp_path, {"a": CRLF}, git=False)
    assert Contents(made).compared("a", recorded("a", LF, legacy=True)) == "same"


def test_what_is_not_there_or_not_recorded_is_unknown(tmp_path: Path) -> None:
    made = project(tmp_path, {"a": "a", "folder/b": "b"}, git=False)
    found = Contents(made)
    assert found.compared("gone", recorded("gone", "a")) == "unknown"
    assert found.compared("folder", recorded("folder", "a")) == "unknown"
    assert found.compared("a", recorded_folder("a", {"b": b"b"})) == "unknown"
    assert found.compared("a", LockEntry("a", None, False, 1, None, 0, 0)) == "unknown"
    assert found.compared("folder", recorded_folder("folder", {"b": b"c"})) == "unknown"  # there is no git


def test_what_is_large_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = project(tmp_path, {"a": "a" * 100}, git=False)
    monkeypatch.setattr(module, "MAX_BYTES", 99)
    assert Contents(made).compared("a", recorded("a", "other")) == "unknown"


def test_an_empty_folder_has_the_md5_that_dvc_gives_it() -> None:
    assert folder_md5({}) == "d751713988987e9331980363e24189ce.dir"


FOLDER = {"a.py": b"one\ntwo\n", "deep/b.py": b"three\n", "data.bin": b"\0\n\n"}


def made_folder(folder: Path, files: dict[str, bytes]) -> Project:
    return project(folder, {f"src/{name}": content for name, content in files.items()})


def compared(made: Project, then: dict[str, bytes], *, legacy: bool = False) -> str:
    return Contents(made).compared("src", recorded_folder("src", then, legacy=legacy))


def test_a_folder(tmp_path: Path) -> None:
    made = made_folder(tmp_path, FOLDER)
    assert compared(made, FOLDER) == "same"
    assert compared(made, {**FOLDER, "a.py": b"one\r\ntwo\r\n"}) == "same with CRLF"
    assert compared(made, {**FOLDER, "a.py": b"one\ntxo\n"}) == "changed"
    assert compared(made, {**FOLDER, "a.py": b"one\nthree\nfour\nfive\n"}) == "changed"
    renamed = {"b.py" if name == "a.py" else name: content for name, content in FOLDER.items()}
    assert compared(made, renamed) == "changed"


def test_one_line_with_another_end_is_told_from_a_change_by_nothing(tmp_path: Path) -> None:
    made = made_folder(tmp_path, FOLDER)
    assert compared(made, {**FOLDER, "a.py": b"one\r\ntwo\n"}) == "changed or CRLF"
    assert compared(made, {**FOLDER, "a.py": b"one\ntwo!\n"}) == "changed or CRLF"
    assert compared(made, {**FOLDER, "a.py": b"one\ntwo!\n"}, legacy=True) == "changed"


def test_files_that_only_this_disk_has_do_not_count(tmp_path: Path) -> None:
    made = made_folder(tmp_path, FOLDER)
    (tmp_path / "src" / "__pycache__").mkdir()
    (tmp_path / "src" / "__pycache__" / "a.pyc").write_bytes(b"")
    assert compared(made, FOLDER) == "same"


def test_files_that_nobody_knows_of_may_be_what_makes_the_difference(tmp_path: Path) -> None:
    made = made_folder(tmp_path, FOLDER)
    assert compared(made, {**FOLDER, "__pycache__/a.pyc": b""}) == "unknown"


def test_files_that_were_not_there(tmp_path: Path) -> None:
    made = made_folder(tmp_path, {**FOLDER, "new.py": b""})
    assert compared(made, FOLDER) == "changed"


def test_files_that_dvc_does_not_see(tmp_path: Path) -> None:
    made_folder(tmp_path, {**FOLDER, "notes.txt": b""})
    (tmp_path / ".dvcignore").write_text("*.txt\n", encoding="utf-8")
    subprocess.run(["git", "add", "-A"], cwd=tmp_path, check=True)
    assert compared(Project(str(tmp_path)), FOLDER) == "same"


def test_a_submodule_in_a_folder_is_unknown(tmp_path: Path) -> None:
    made_folder(tmp_path, FOLDER)
    commit = ["update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},src/sub"]
    subprocess.run(["git", *commit], cwd=tmp_path, check=True)
    (tmp_path / "src" / "sub").mkdir()
    assert compared(Project(str(tmp_path)), FOLDER) == "unknown"


def with_crlf(content: bytes) -> bytes:
    return content if b"\0" in content else content.replace(b"\n", b"\r\n")


TEXTS = st.lists(st.sampled_from([b"a\n", b"bb\n", b"\n", b"end", b"\0\n"]), max_size=6).map(b"".join)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    files=st.dictionaries(st.sampled_from(["a", "b", "c/d", "c/e", "f.g"]), TEXTS, min_size=1),
    windows=st.integers(0, 5),
)
def test_mixed_line_ends_are_never_a_change(files: dict[str, bytes], windows: int, tmp_path: Path) -> None:
    folder = tmp_path / md5(repr((files, windows)))
    made = made_folder(folder, files)
    then = {
        name: with_crlf(content) if number < windows else content
        for number, (name, content) in enumerate(files.items())
    }
    assert compared(made, then) in ("same", "same with CRLF")
