"""What a history names is what a checkout of each of its commits names."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelinekit.storage.commits import Reach
from pipelinekit.storage.count import Count, count
from pipelinekit.storage.listing import Key, Listings, list_folder
from tests.freshness.projects import lock, md5
from tests.storage.histories import commit, count_by_checkout, git, read, start

PIPELINE = "stages:\n  train:\n    cmd: python train.py\n    outs:\n    - model.pkl\n"


def counted(folder: Path, reach: Reach = "head") -> Count:
    found = count(read(folder), reach)
    found.expand(Listings(list_folder(str(folder / ".dvc" / "cache"))))
    return found


def model(content: str) -> str:
    return lock(train={"outs": {"model.pkl": content}})


# --- against a checkout of every commit -------------------------------------------------------------------------

#: What a step of a history does: which output gets which content, which file is torn, which branch comes next.
STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["change", "change", "change", "flag", "flag", "branch", "merge", "torn", "rename", "tracked", "tag"]
        ),
        st.sampled_from(["", "", "", "sub/", "a b/"]),
        st.integers(0, 5),
    ),
    min_size=3,
    max_size=40 if os.environ.get("HYPOTHESIS_PROFILE") in ("ci", "deep") else 12,
)


class History:
    """A repository that grows as a list of steps says."""

    def __init__(self, folder: Path) -> None:
        self.folder = start(folder)
        self.time = 1_700_000_000
        self.outs: dict[str, dict[str, str]] = {}
        self.uncached: set[str] = set()
        self.branches = 0

    def take(self, step: str, folder: str, number: int) -> None:
        files: dict[str, str | bytes | None] = {}
        if step == "branch":
            self.branches += 1
            git(self.folder, "switch", "-q", "-c", f"b{self.branches}", f"HEAD~{number}", check=False)
            git(self.folder, "switch", "-q", "-C", f"b{self.branches}", check=False)
        elif step == "merge" and self.branches:
            strategy = ("ours", "theirs")[number % 2]
            self.time += 86_400
            git(self.folder, "merge", "-q", "-X", strategy, "main", when=self.time, check=False)
            git(self.folder, "add", "-A")
        elif step == "torn":
            files[f"{folder}dvc.lock"] = (b"<<<<<<< a\n", b"\xff\xfe", b"stages: [", b"", b"a: 1\n", b"- x\n")[number]
        elif step == "tracked":
            out: dict[str, Any] = {"path": f"raw{number % 2}", "md5": md5(f"r{number}"), "size": number}
            files[f"{folder}raw.dvc"] = yaml.safe_dump({"outs": [out, {**out, "path": "x", "hash": "md5"}]})
        elif step == "rename":
            name = self.folder / folder / "raw.dvc"
            files = {f"{folder}raw.dvc": None, f"{folder}old{number}.dvc": name.read_bytes()} if name.exists() else {}
        elif step == "tag":
            git(self.folder, "tag", "-f", f"t{number}", check=False)
        else:
            if step == "flag":
                self.uncached ^= {f"{folder}s{number % 2}"}
            else:
                self.outs.setdefault(folder, {})[f"s{number % 2}"] = f"{folder}{number}" * (number + 1)
            files[f"{folder}dvc.yaml"] = self._pipeline(folder)
            files[f"{folder}dvc.lock"] = lock(
                **{name: {"outs": {f"{name}.bin": text}} for name, text in self.outs.get(folder, {}).items()}
            )
        self.time += 86_400
        commit(self.folder, files, when=self.time)

    def _pipeline(self, folder: str) -> str:
        stages = {
            name: {
                "cmd": "x",
                "outs": [{f"{name}.bin": {"cache": False}}] if f"{folder}{name}" in self.uncached else [f"{name}.bin"],
            }
            for name in ("s0", "s1")
        }
        return yaml.safe_dump({"stages": stages})


@pytest.mark.parametrize("reach", ["head", "all"])
@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=60 if os.environ.get("HYPOTHESIS_PROFILE") else 10)
@given(steps=STEPS)
def test_it_is_what_a_checkout_of_every_commit_has(reach: Reach, steps: list[tuple[str, str, int]]) -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        history = History(folder / "project")
        for step in steps:
            history.take(*step)
        revisions = git(history.folder, "rev-list", *(["HEAD"] if reach == "head" else ["HEAD", "--all"])).split()
        expected = count_by_checkout(history.folder, revisions)
        found = counted(history.folder, reach)
        assert {(key.md5, key.legacy): stored.size for key, stored in found.stored.items()} == expected.sizes
        assert {
            path: {(key.md5, key.legacy) for key in out.contents} for path, out in found.outputs.items()
        } == expected.outputs
        assert found.total == expected.total
    finally:
        shutil.rmtree(folder)


# --- single points ----------------------------------------------------------------------------------------------


def test_each_content_counts_once_and_is_known_by_its_first_commit(tmp_path: Path) -> None:
    start(tmp_path)
    first = commit(tmp_path, {"dvc.yaml": PIPELINE, "dvc.lock": model("a")}, "first")
    second = commit(tmp_path, {"dvc.lock": model("bb")}, "second")
    commit(tmp_path, {"dvc.lock": model("a")}, "back")
    found = counted(tmp_path)
    assert found.total == 3
    assert [(content.commit, content.subject) for content in found.contents.values()] == [
        (first, "first"),
        (second, "second"),
    ]
    assert found.commits == 3


def test_a_side_that_a_merge_threw_away_counts(tmp_path: Path) -> None:
    start(tmp_path)
    commit(tmp_path, {"dvc.yaml": PIPELINE, "dvc.lock": model("a")})
    git(tmp_path, "switch", "-q", "-c", "side")
    commit(tmp_path, {"dvc.lock": model("bb")})
    git(tmp_path, "switch", "-q", "main")
    commit(tmp_path, {"dvc.lock": model("cccc")})
    git(tmp_path, "merge", "-q", "-s", "ours", "-m", "m", "side")
    assert counted(tmp_path).total == 7


def test_what_only_a_merge_has_counts(tmp_path: Path) -> None:
    start(tmp_path)
    commit(tmp_path, {"dvc.yaml": PIPELINE, "dvc.lock": model("a")})
    git(tmp_path, "switch", "-q", "-c", "side")
    commit(tmp_path, {"dvc.lock": model("bb")})
    git(tmp_path, "switch", "-q", "main")
    commit(tmp_path, {"dvc.lock": model("cccc")})
    git(tmp_path, "merge", "-q", "side", check=False)
    merge = commit(tmp_path, {"dvc.lock": model("d" * 8)}, "solved")
    found = counted(tmp_path)
    assert found.total == 15
    assert found.contents[Key(md5("d" * 8))].commit == merge


def test_a_dvc_file_that_only_a_merge_has_counts(tmp_path: Path) -> None:
    def raw(text: str) -> str:
        return yaml.safe_dump({"outs": [{"path": "raw", "hash": "md5", "md5": md5(text), "size": len(text)}]})

    start(tmp_path)
    commit(tmp_path, {"raw.dvc": raw("a")})
    git(tmp_path, "switch", "-q", "-c", "side")
    commit(tmp_path, {"raw.dvc": raw("bb")})
    git(tmp_path, "switch", "-q", "main")
    commit(tmp_path, {"raw.dvc": raw("cccc")})
    git(tmp_path, "merge", "-q", "side", check=False)
    commit(tmp_path, {"raw.dvc": raw("d" * 8)}, "solved")
    commit(tmp_path, {"raw.dvc": None})
    assert counted(tmp_path).total == 15


def test_branches_and_tags_by_choice(tmp_path: Path) -> None:
    start(tmp_path)
    commit(tmp_path, {"dvc.yaml": PIPELINE, "dvc.lock": model("a")})
    git(tmp_path, "switch", "-q", "-c", "side")
    commit(tmp_path, {"dvc.lock": model("bb")})
    git(tmp_path, "switch", "-q", "--detach", "main")
    commit(tmp_path, {"dvc.lock": model("cccc")})
    git(tmp_path, "tag", "-a", "-m", "x", "kept")
    git(tmp_path, "switch", "-q", "main")
    totals = [counted(tmp_path, reach).total for reach in ("head", "branches", "tags", "all")]
    assert totals == [1, 3, 5, 7]


def test_what_no_commit_has_counts_too(tmp_path: Path) -> None:
    start(tmp_path)
    commit(tmp_path, {"dvc.yaml": PIPELINE, "dvc.lock": model("a")})
    (tmp_path / "dvc.lock").write_text(model("bb"))
    found = counted(tmp_path)
    assert found.total == 3
    assert [content.commit for content in found.contents.values()][1] == ""


def test_without_git_there_is_what_lies_here(tmp_path: Path) -> None:
    (tmp_path / ".dvc").mkdir()
    (tmp_path / "dvc.yaml").write_text(PIPELINE)
    (tmp_path / "dvc.lock").write_text(model("abc"))
    found = counted(tmp_path)
    assert (found.total, found.commits, found.has_history) == (3, 0, False)


def test_a_shallow_clone_is_said_to_be_cut(tmp_path: Path) -> None:
    start(tmp_path / "origin")
    for text in ("a", "bb", "cccc"):
        commit(tmp_path / "origin", {"dvc.yaml": PIPELINE, "dvc.lock": model(text)})
    git(tmp_path, "clone", "-q", "--depth=2", f"file://{tmp_path / 'origin'}", "clone")
    found = counted(tmp_path / "clone")
    assert (found.total, found.is_cut) == (6, True)
    assert not counted(tmp_path / "origin").is_cut


def test_projects_inside_of_the_project_are_not_its_own(tmp_path: Path) -> None:
    start(tmp_path)
    commit(tmp_path, {"dvc.yaml": PIPELINE, "dvc.lock": model("a")})
    commit(tmp_path, {"inner/.dvc/config": "", "inner/dvc.yaml": PIPELINE, "inner/dvc.lock": model("bbbb")})
    assert counted(tmp_path).total == 1
    assert counted(tmp_path / "inner").total == 4


def test_what_is_not_in_the_cache(tmp_path: Path) -> None:
    start(tmp_path)
    pipeline = """\
stages:
  train:
    wdir: src
    cmd: x
    outs:
    - model.pkl:
        push: false
    metrics:
    - m.json:
        cache: false
    plots:
    - s3://bucket/plot.csv
"""
    out = {"model.pkl": "aa", "m.json": "bbb", "s3://bucket/plot.csv": {"etag": "x", "size": 9}}
    imported = yaml.safe_dump(
        {
            "deps": [{"path": "x", "repo": {"url": "https://example.org/x"}}],
            "outs": [{"path": "data", "md5": md5("c"), "size": 100, "hash": "md5"}],
        }
    )
    commit(tmp_path, {"dvc.yaml": pipeline, "dvc.lock": lock(train={"outs": out}), "data.dvc": imported})
    found = counted(tmp_path)
    assert list(found.outputs) == ["src/model.pkl"]
    assert found.uncached == {"src/m.json"}
    assert found.imported == {"data"}
    assert found.total == 2
    assert not found.pushed()


def test_an_output_that_became_cached(tmp_path: Path) -> None:
    start(tmp_path)
    uncached = PIPELINE.replace("- model.pkl", "- model.pkl: {cache: false}")
    commit(tmp_path, {"dvc.yaml": uncached, "dvc.lock": model("a")})
    commit(tmp_path, {"dvc.lock": model("bb")})
    assert counted(tmp_path).total == 0
    later = commit(tmp_path, {"dvc.yaml": PIPELINE})
    found = counted(tmp_path)
    assert [(content.size, content.commit) for content in found.contents.values()] == [(2, later)]


def test_an_output_that_is_no_longer_cached(tmp_path: Path) -> None:
    start(tmp_path)
    commit(tmp_path, {"dvc.yaml": PIPELINE, "dvc.lock": model("a")})
    uncached = PIPELINE.replace("- model.pkl", "- model.pkl: {cache: false}")
    commit(tmp_path, {"dvc.yaml": uncached, "dvc.lock": model("bb")})
    found = counted(tmp_path)
    assert (found.total, found.uncached) == (1, {"model.pkl"})
    assert list(found.outputs) == ["model.pkl"]  # the cache still has what it was


def test_outputs_whose_path_is_a_template(tmp_path: Path) -> None:
    start(tmp_path)
    pipeline = """\
stages:
  train:
    foreach: [a, b]
    do:
      cmd: x ${item}
      outs:
      - models/${item}.pkl
      - models/${item}.json:
          cache: false
"""
    locked = lock(train__a={"outs": {"models/a.pkl": "1", "models/a.json": "22"}})
    commit(tmp_path, {"dvc.yaml": pipeline, "dvc.lock": locked})
    found = counted(tmp_path)
    assert (list(found.outputs), found.uncached) == (["models/a.pkl"], {"models/a.json"})


def test_outputs_that_only_filled_in_templates_tell_apart(tmp_path: Path) -> None:
    start(tmp_path)
    pipeline = """\
stages:
  train:
    wdir: ${folder}
    cmd: x
    outs:
    - ${dir}/${model}
    - ${dir}/${log}: {cache: false}
"""
    for place, folder in enumerate(("one", "two")):
        params = f"folder: {folder}\ndir: out\nmodel: m{place}.pkl\nlog: l{place}.txt\n"
        (tmp_path / folder).mkdir()
        text = lock(train={"outs": {f"out/l{place}.txt": "log", f"out/m{place}.pkl": folder}})
        commit(tmp_path, {"dvc.yaml": pipeline, "params.yaml": params, "dvc.lock": text, f"{folder}/x": ""})
    found = counted(tmp_path)
    assert set(found.outputs) == {"one/out/m0.pkl", "two/out/m1.pkl"}
    assert found.uncached == {"one/out/l0.txt", "two/out/l1.txt"}
    assert found.total == 6


def test_dvc_2_kept_its_objects_elsewhere(tmp_path: Path) -> None:
    start(tmp_path)
    new = model("abc")
    commit(tmp_path, {"dvc.yaml": PIPELINE, "dvc.lock": new.replace("      hash: md5\n", "")})
    commit(tmp_path, {"dvc.lock": new})
    found = counted(tmp_path)
    assert set(found.contents) == {Key(md5("abc"), legacy=True), Key(md5("abc"))}
    assert found.total == 6


# --- folders ----------------------------------------------------------------------------------------------------


def folder_version(root: Path, files: dict[str, str], *, cached: bool = True, listed: bool = True) -> str:
    """The lock of a stage that made a folder, with its list and files in the cache."""
    entries = [{"md5": md5(text), "relpath": name} for name, text in sorted(files.items())]
    content = json.dumps(entries)
    key = f"{md5(content)}.dir"
    for name, text in ([(key, content)] if listed else []) + (
        [(md5(text), text) for text in files.values()] if cached else []
    ):
        path = root / ".dvc" / "cache" / "files" / "md5" / name[:2] / name[2:]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    size = sum(map(len, files.values()))
    return lock(train={"outs": {"parts": {"md5": key, "size": size, "nfiles": len(files)}}})


def test_files_that_versions_of_a_folder_share_count_once(tmp_path: Path) -> None:
    start(tmp_path)
    first = folder_version(tmp_path, {"a": "x" * 100, "b": "y" * 200})
    second = folder_version(tmp_path, {"a": "x" * 100, "b": "z" * 400})
    for text in (first, second):
        commit(tmp_path, {"dvc.yaml": PIPELINE.replace("model.pkl", "parts"), "dvc.lock": text})
    found = counted(tmp_path)
    lists = [stored.size for key, stored in found.stored.items() if key.is_folder]
    assert found.total == 700 + sum(lists)
    assert found.total == sum(path.stat().st_size for path in (tmp_path / ".dvc/cache").rglob("*") if path.is_file())
    assert (len(found.expanded), len(found.unexpanded)) == (2, 0)
    assert found.size_of(found.outputs["parts"].contents) == found.total


def test_a_folder_that_can_not_be_taken_apart_counts_whole(tmp_path: Path) -> None:
    start(tmp_path)
    for files in ({"a": "x" * 100, "b": "y" * 200}, {"a": "x" * 100, "b": "z" * 400}):
        text = folder_version(tmp_path, files, cached=False, listed=False)
        commit(tmp_path, {"dvc.yaml": PIPELINE.replace("model.pkl", "parts"), "dvc.lock": text})
    found = counted(tmp_path)
    assert (found.total, len(found.expanded), len(found.unexpanded)) == (800, 0, 2)


def test_a_folder_of_which_the_cache_has_only_the_list(tmp_path: Path) -> None:
    start(tmp_path)
    for files in ({"a": "x" * 100}, {"a": "x" * 100, "b": "z" * 400}):
        text = folder_version(tmp_path, files, cached=False)
        commit(tmp_path, {"dvc.yaml": PIPELINE.replace("model.pkl", "parts"), "dvc.lock": text})
    found = counted(tmp_path)
    lists = sum(path.stat().st_size for path in (tmp_path / ".dvc/cache").rglob("*.dir"))
    # the first version has one file, so its size is known, and with it that of the other file of the second
    assert found.total - lists == 500
    assert (len(found.expanded), len(found.unexpanded)) == (2, 0)
