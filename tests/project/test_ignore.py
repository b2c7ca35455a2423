"""Which line of which `.dvcignore` hides a path; the real DVC is asked the same."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelinekit.project.disk import Disk
from pipelinekit.project.ignore import DvcIgnore, IgnoredBy
from tests.end_to_end.programs import BIN, ENVIRONMENT
from tests.small_projects import write


def dvcignore(folder: Path, files: Mapping[str, str | bytes]) -> DvcIgnore:
    """The `.dvcignore` files of a project, by folder."""
    paths = {("" if name == "." else f"{name}/") + ".dvcignore": text for name, text in files.items()}
    write(folder, paths)
    return DvcIgnore(Disk(str(folder)), paths)


HIDDEN = {
    "a name": ("x.tmp\n", "x.tmp", "x.tmp"),
    "a name anywhere": ("x.tmp\n", "a/b/x.tmp", "x.tmp"),
    "a star": ("*.tmp\n", "a/x.tmp", "*.tmp"),
    "anchored": ("/x\n", "x", "/x"),
    "a path": ("a/x\n", "a/x", "a/x"),
    "two stars": ("a/**/x\n", "a/b/c/x", "a/**/x"),
    "in a folder": ("a/\n", "a/b/x", "a/"),
    "the last line that fits": ("x\n!x\n/x\n", "x", "/x"),
    "a class": ("[ab].csv\n", "b.csv", "[ab].csv"),
    "with a backslash": ("\\#x\n", "#x", "\\#x"),
}


@pytest.mark.parametrize("name", HIDDEN)
def test_what_is_hidden_and_by_which_pattern(name: str, tmp_path: Path) -> None:
    text, path, pattern = HIDDEN[name]
    found = dvcignore(tmp_path, {".": text}).match(path)
    assert found is not None
    assert (found.file, found.pattern) == (".dvcignore", pattern)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("/x\n", "a/x"),
        ("a/x\n", "b/a/x"),
        ("x/\n", "x"),
        ("*.tmp\n!x.tmp\n", "x.tmp"),
        ("#x\n", "#x"),
        ("# x\n\n  \n", "x"),
        ("X\n", "x"),
        ("*\n", "../x"),
        ("*\n", ".."),
        ("*\n", "."),
    ],
)
def test_what_is_not(text: str, path: str, tmp_path: Path) -> None:
    assert dvcignore(tmp_path, {".": text}).match(path) is None


def test_a_pattern_for_folders_needs_one(tmp_path: Path) -> None:
    ignore = dvcignore(tmp_path, {".": "x/\n"})
    assert ignore.match("x") is None
    assert ignore.match("x", is_folder=True) == IgnoredBy(".dvcignore", 1, "x/")


def test_lines_are_counted_as_they_stand_in_the_file(tmp_path: Path) -> None:
    ignore = dvcignore(tmp_path, {".": "# comment\n\n*.tmp\r\n   \n!keep.tmp\n/x\n"})
    assert ignore.match("a.tmp") == IgnoredBy(".dvcignore", 3, "*.tmp")
    assert ignore.match("x") == IgnoredBy(".dvcignore", 6, "/x")
    assert ignore.match("keep.tmp") is None


def test_files_further_down_add_to_those_above_and_can_take_back(tmp_path: Path) -> None:
    ignore = dvcignore(tmp_path, {".": "*.tmp\n", "a": "/x\n!y.tmp\n"})
    assert ignore.match("a/x") == IgnoredBy("a/.dvcignore", 1, "/x")
    assert ignore.match("x") is None
    assert ignore.match("a/b/x") is None
    assert ignore.match("a/z.tmp") == IgnoredBy(".dvcignore", 1, "*.tmp")
    assert ignore.match("a/y.tmp") is None


def test_what_lies_in_a_hidden_folder_can_not_be_taken_back(tmp_path: Path) -> None:
    ignore = dvcignore(tmp_path, {".": "a/\n!a/x\n", "a": "!x\n"})
    assert ignore.match("a/x") == IgnoredBy(".dvcignore", 1, "a/")


def test_dvcs_own_patterns_count_where_it_looks_for_files(tmp_path: Path) -> None:
    ignore = dvcignore(tmp_path, {})
    assert not ignore
    assert ignore.match(".dvc/tmp/x") is None
    assert [path for path in (".dvc/tmp/x", "a/.git/x", ".hg/x", ".github/x", "a.dvc") if ignore.hides(path)] == [
        ".dvc/tmp/x",
        "a/.git/x",
        ".hg/x",
    ]


def test_blanks_around_a_pattern_do_not_count(tmp_path: Path) -> None:
    ignore = dvcignore(tmp_path, {".": "  x  \n\t# y\n"})
    assert ignore.match("x") == IgnoredBy(".dvcignore", 1, "x")
    assert ignore.match("# y") is None


def test_one_that_can_not_be_used_is_told_with_its_line(tmp_path: Path) -> None:
    ignore = dvcignore(tmp_path, {".": b"\xff", "a": "x\n", "b": "x\n\n!\n", "c": "\\\n"})
    assert ignore.unusable == {
        ".dvcignore": ("it is not UTF-8: byte 0xff in line 1", None),
        "b/.dvcignore": ("'!' is no pattern", 3),
        "c/.dvcignore": ("'\\' is no pattern", 1),
    }
    assert ignore.match("a/x") is not None
    assert ignore.match("b/x") is None


patterns = st.lists(st.sampled_from(["a", "*", "**", "/", "!", "b", ".", "?", "[ab]", "\\", " ", "#"]), max_size=6).map(
    "".join
)
paths = st.lists(st.sampled_from(["a", "b", "ab", "a.b", ".a", "#"]), min_size=1, max_size=4).map("/".join)
# DVC rewrites the patterns of a file further down so that they fit above, and not all of them come out right
tame_patterns = patterns.filter(lambda text: "**" not in text and "\\" not in text)
_SHARED_FOLDER = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@settings(suppress_health_check=_SHARED_FOLDER)
@given(st.lists(patterns, max_size=4), st.lists(tame_patterns, max_size=2), st.lists(paths, min_size=1, max_size=6))
def test_dvc_hides_the_same(tmp_path: Path, above: list[str], below: list[str], asked: list[str]) -> None:
    ignore = dvcignore(tmp_path, {".": "\n".join(above), "a": "\n".join(below)})
    theirs = dvcs_answers(tmp_path, [*asked, "a/x"])
    if theirs is None:
        assert ignore.unusable
    else:
        assert [path for path in theirs if ignore.match(path)] == [path for path in theirs if theirs[path]]


def dvcs_answers(folder: Path, asked: list[str]) -> dict[str, bool] | None:
    """Which paths DVC hides; None if it can't use a `.dvcignore`."""
    from pathspec.patterns.gitignore.base import GitIgnorePatternError

    from tests.oracle.dvc_view import opened

    try:
        with opened(str(folder)) as repo:
            return {path: repo.dvcignore.check_ignore(path).match for path in asked}
    except GitIgnorePatternError:
        return None


@pytest.mark.slow
def test_dvc_names_the_same_line(tmp_path: Path) -> None:
    ignore = dvcignore(tmp_path, {".": "# x\n*.tmp\n/data/raw\n\nlogs/\n!keep.tmp\n", "sub": "x\n!y.tmp\n"})
    dvc = [str(BIN / "dvc")]
    subprocess.run([*dvc, "init", "--no-scm", "-q", "-f"], cwd=tmp_path, env=ENVIRONMENT, check=True)
    paths = ["a.tmp", "data/raw", "data/raw/x", "raw", "keep.tmp", "sub/x", "sub/y.tmp", "sub/z.tmp", "logs/a", "x"]
    told = subprocess.run(
        [*dvc, "check-ignore", "-d", *paths], cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True, check=False
    ).stdout
    theirs = dict(reversed(line.split("\t")) for line in told.splitlines())
    for path in paths:
        found = ignore.match(path)
        expected = f"{found.file}:{found.line}:{found.pattern}" if found is not None else None
        if not theirs.get(path, "!").rpartition(":")[2].startswith("!"):
            assert theirs[path] == expected
        else:
            assert expected is None
