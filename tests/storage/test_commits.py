"""The commits that touched locks, `.dvc` files and `dvc.yaml`: whatever they are called and whoever wrote them."""

from __future__ import annotations

import os
from pathlib import Path

from pipelinekit.storage.commits import commits, inner_projects, is_readable
from tests.freshness.projects import md5
from tests.storage.histories import commit, git, read, start
from tests.storage.test_count import PIPELINE, counted, model


def test_names_and_subjects_that_look_like_something_else(tmp_path: Path) -> None:
    start(tmp_path)
    fake = f"\x01{'a' * 40} 1700000000 "
    odd = f"x\n:100644 100644 {'0' * 40} {'1' * 40} M"
    commit(tmp_path, {f"{fake}/dvc.lock": model("a"), f"{odd}/dvc.lock": model("bb"), 'ü\t"/y.dvc': "outs: []\n"}, fake)
    git(tmp_path, "commit", "-q", "--allow-empty", "--author", f"\x02{'b' * 40}\x02 <x@example.org>", "-m", ":100644 x")
    (first,) = commits(str(tmp_path))
    assert first.subject == fake.strip()
    assert {change.path for change in first.changes} == {
        f"{fake}/dvc.lock",
        f"{odd}/dvc.lock",
        'ü\t"/y.dvc',
        ".dvc/config",
    }
    assert counted(tmp_path).total == 3


def test_names_that_are_no_utf_8(tmp_path: Path) -> None:
    start(tmp_path)
    folder = os.fsencode(tmp_path) + b"/\xff"
    os.mkdir(folder)
    with open(folder + b"/dvc.lock", "w") as file:
        file.write(model("abc"))
    commit(tmp_path, {"dvc.yaml": PIPELINE})
    assert counted(tmp_path).total == 3


def test_what_is_no_file_is_passed_over(tmp_path: Path) -> None:
    start(tmp_path)
    start(tmp_path / "other")
    commit(tmp_path / "other", {"x": "x"})
    (tmp_path / "link.dvc").symlink_to("dvc.yaml")
    git(tmp_path, "-c", "protocol.file.allow=always", "submodule", "add", "-q", "./other", "sub.dvc", check=False)
    commit(tmp_path, {"dvc.yaml": PIPELINE, "dvc.lock": model("a")})
    found = counted(tmp_path)
    assert (found.total, found.unreadable) == (1, [])


def test_a_project_further_down_in_the_repository(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "main")
    start(tmp_path / "inner")
    (tmp_path / "inner" / ".git").rename(tmp_path / "unused")
    commit(tmp_path, {"dvc.lock": model("aaaa"), "inner/dvc.yaml": PIPELINE, "inner/dvc.lock": model("b")})
    commit(tmp_path, {"inner/dvc.lock": model("cc")})
    assert counted(tmp_path / "inner").total == 3


def test_a_lock_and_a_pipeline_that_only_a_merge_brought_together(tmp_path: Path) -> None:
    """One side stops caching an output, the other makes it anew: after the merge it is not in the cache."""
    start(tmp_path)
    commit(tmp_path, {"dvc.yaml": PIPELINE, "dvc.lock": model("a")})
    git(tmp_path, "switch", "-q", "-c", "side")
    commit(tmp_path, {"dvc.yaml": PIPELINE.replace("- model.pkl", "- model.pkl: {cache: false}")})
    commit(tmp_path, {"dvc.lock": model("bb")})
    git(tmp_path, "switch", "-q", "main")
    commit(tmp_path, {"dvc.yaml": PIPELINE.replace("train.py", "train.py --fast")})
    git(tmp_path, "merge", "-q", "-X", "ours", "-m", "m", "side", check=False)
    git(tmp_path, "checkout", "-q", "main~1", "--", "dvc.yaml")
    git(tmp_path, "commit", "-q", "--amend", "--no-edit")
    found = counted(tmp_path)
    assert {content.size for content in found.contents.values()} == {1, 2}
    assert found.contents[next(reversed(found.contents))].subject == "m"


def test_clocks_that_are_wrong(tmp_path: Path) -> None:
    from tests.command_line import run

    start(tmp_path)
    commit(tmp_path, {"dvc.yaml": PIPELINE, "dvc.lock": model("a")}, when=0)
    commit(tmp_path, {"dvc.lock": model("bb")}, when=4_000_000_000)
    for form in ("text", "json", "svg", "markdown", "csv"):
        result = run("cost", "--format", form, folder=tmp_path)
        assert result.status == 0, result.stderr
    assert "since 1970-01-01" in run("cost", folder=tmp_path).stdout


def test_versions_that_a_partial_clone_lacks_are_said(tmp_path: Path) -> None:
    start(tmp_path)
    commit(tmp_path, {"dvc.yaml": PIPELINE, "dvc.lock": model("a")})
    commit(tmp_path, {"dvc.lock": model("bb")})
    name = git(tmp_path, "rev-parse", "HEAD~1:dvc.lock").strip()
    (tmp_path / ".git/objects" / name[:2] / name[2:]).unlink()
    found = counted(tmp_path)
    assert (found.total, found.missing, found.unreadable) == (2, 1, [])


def test_a_lock_with_a_conflict_and_one_that_is_no_text(tmp_path: Path) -> None:
    start(tmp_path)
    conflict = "<<<<<<< HEAD\n" + model("a") + "=======\n" + model("bb") + ">>>>>>> side\n"
    for text in (conflict, b"\xff\xfe\x00", "a: [", "schema: '2.0'\nstages: 3\n", model("abc")):
        commit(tmp_path, {"dvc.yaml": PIPELINE, "dvc.lock": text})
    commit(tmp_path, {"raw.dvc": "outs: ["})
    found = counted(tmp_path)
    assert found.total == 3
    assert [path for path, _ in found.unreadable] == ["dvc.lock", "dvc.lock", "dvc.lock", "raw.dvc"]


def test_dvc_files_of_any_age(tmp_path: Path) -> None:
    start(tmp_path)
    text = f"""\
md5: 0123
wdir: ../data
frozen: true
deps:
- path: s3://bucket/raw
outs:
- path: a.csv
  md5: {md5("a")}
  size: 5
- path: b
  hash: md5
  md5: {md5("b")}.dir
  size: 70
  nfiles: 3
- path: c
  md5: {md5("c")}
  size: 900
  cache: false
- path: d
- 7
"""
    commit(tmp_path, {"raw/many.dvc": text})
    found = counted(tmp_path)
    assert set(found.outputs) == {"data/a.csv", "data/b"}
    assert found.total == 75
    assert found.uncached == {"data/c"}


def test_no_history(tmp_path: Path) -> None:
    assert commits(str(tmp_path)) == []
    start(tmp_path)
    assert commits(str(tmp_path)) == []
    assert not is_readable(str(tmp_path))
    commit(tmp_path, {"dvc.yaml": "stages: {}\n"})
    assert is_readable(str(tmp_path))
    assert read(tmp_path).index.pipelines


def test_projects_that_are_or_were_inside(tmp_path: Path) -> None:
    start(tmp_path)
    commit(tmp_path, {"a/.dvc/config": ""})
    commit(tmp_path, {"a/.dvc/config": None})
    assert inner_projects(commits(str(tmp_path)), ["b/c/.dvc/config", ".dvc/config"]) == {"a", "b/c"}
