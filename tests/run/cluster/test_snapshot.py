"""What a clone is made of, and the clone that is made of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipelinekit.graph.graph import Graph
from pipelinekit.project.project import Project
from pipelinekit.resolve.index import Index
from pipelinekit.run.cluster import snapshot
from pipelinekit.run.cluster.clone import Clone, CloneError, pack, unpack
from pipelinekit.run.cluster.snapshot import Snapshot, lacking_files, take_snapshot
from pipelinekit.run.outcome import RunError
from tests.end_to_end.programs import call
from tests.run.pipelines import project

FILES = {
    "dvc.yaml": "stages:\n  a:\n    cmd: sh a.sh\n    deps: [a.sh, raw]\n    outs: [big.bin, folder]\n",
    "a.sh": "echo 1\n",
    "gone.txt": "1\n",
    ".gitignore": "raw\n",
    "raw": "1\n",
}


def graph_of(folder: Path) -> Graph:
    return Graph(Index(Project(os.fspath(folder))))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = project(tmp_path / "project", FILES)
    call("git", "add", "-A", folder=folder)
    call("git", "commit", "-qm", "the project", folder=folder)
    return folder


def files_below(folder: Path) -> dict[str, str]:
    return {
        os.fspath(path.relative_to(folder)): path.read_text()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".git" not in path.parts
    }


def test_a_clone_has_the_files_as_they_are_now_but_no_outputs(folder: Path, tmp_path: Path) -> None:
    (folder / "a.sh").write_text("echo 2\n")
    (folder / "gone.txt").unlink()
    (folder / "new file.py").write_text("x = 1\n")
    (folder / "big.bin").write_text("an output that no .gitignore names")
    (folder / "folder").mkdir()
    (folder / "folder" / "part").write_text("of an output")
    clone = Clone(os.fspath(tmp_path / "clone"), take_snapshot(graph_of(folder)), "[core]\n")
    expected = files_below(folder)
    for name in ("raw", "big.bin", "folder/part"):
        del expected[name]
    assert files_below(Path(clone.root)) == {**expected, ".dvc/config.local": "[core]\n"}
    for question in (("rev-parse", "HEAD"), ("symbolic-ref", "HEAD"), ("log", "-1", "--format=%s")):
        assert call("git", *question, folder=Path(clone.root)) == call("git", *question, folder=folder)


def test_a_clone_is_brought_up_to_date_and_a_broken_one_made_anew(folder: Path, tmp_path: Path) -> None:
    place = tmp_path / "clone"
    Clone(os.fspath(place), take_snapshot(graph_of(folder)), "")
    (folder / "a.sh").write_text("echo 2\n")
    (folder / "gone.txt").unlink()
    second = take_snapshot(graph_of(folder))
    Clone(os.fspath(place), second, "")
    assert (place / "a.sh").read_text() == "echo 2\n"
    assert not (place / "gone.txt").exists()
    (place / ".git" / "pipelinekit-snapshot").unlink()
    (place / ".git" / "config").write_text("[half")
    Clone(os.fspath(place), second, "")
    assert (place / "a.sh").read_text() == "echo 2\n"
    with pytest.raises(CloneError, match="git unpack-objects"):
        Clone(os.fspath(tmp_path / "other"), Snapshot("1" * 40, None, None, "", b"no pack"), "")


def test_a_repository_without_a_commit_or_branch(tmp_path: Path, folder: Path) -> None:
    first = project(tmp_path / "first", FILES)
    clone = Clone(os.fspath(tmp_path / "one"), take_snapshot(graph_of(first)), "")
    assert (Path(clone.root) / "a.sh").exists()
    call("git", "checkout", "-q", "--detach", folder=folder)
    clone = Clone(os.fspath(tmp_path / "two"), take_snapshot(graph_of(folder)), "")
    assert call("git", "rev-parse", "HEAD", folder=Path(clone.root)) == call("git", "rev-parse", "HEAD", folder=folder)


def test_new_data_is_not_sent(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "_MAX_NEW", 1000)
    (folder / "data.csv").write_text("x" * 2000)
    with pytest.raises(RunError, match=r"data\.csv \(2\.0 KiB\) is in neither git nor DVC.*'dvc add' it"):
        take_snapshot(graph_of(folder))


def test_files_that_no_clone_will_have(folder: Path) -> None:
    (folder / "full").mkdir()
    (folder / "full" / "file").write_text("")
    (folder / "empty").mkdir()
    graph = graph_of(folder)
    assert lacking_files(graph, ["raw", "a.sh", "full", "empty", "../elsewhere", "not-there"]) == ["raw", "empty"]


def test_without_git(tmp_path: Path) -> None:
    folder = tmp_path / "plain"
    (folder / ".dvc").mkdir(parents=True)
    (folder / "dvc.yaml").write_text("stages: {}\n")
    with pytest.raises(RunError, match="'git init' makes one"):
        take_snapshot(graph_of(folder))


def test_contents_take_the_place_of_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "a" / "deep").mkdir(parents=True)
    (tmp_path / "a" / "deep" / "file").write_text("new")
    root = os.fspath(tmp_path)
    data = pack(root, "a")
    (tmp_path / "a" / "stale").write_text("old")
    unpack(root, "a", data)
    assert files_below(tmp_path) == {"a/deep/file": "new"}
    one = pack(root, "a/deep/file")
    unpack(root, "a", one)
    assert files_below(tmp_path) == {"a": "new"}
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
