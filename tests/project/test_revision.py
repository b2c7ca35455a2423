"""A project at a revision: what git had then, and what git never has as it lies here."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelinekit.project.disk import UnreadableError
from pipelinekit.project.project import Project
from pipelinekit.project.revision import RevisionError
from tests.lint.projects import commit


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """`sub/project` of a repository: committed, then changed."""
    folder = tmp_path / "sub" / "project"
    for name in ("dvc.yaml", "src/a.py", "old.py", "../../shared.py", "../../lib/b.py"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{name} then\n")
    (folder / "to_src").symlink_to("src")
    (folder / "to_lib").symlink_to("../../lib")
    (folder / "to_itself").symlink_to("to_itself")
    (folder / "binary").write_bytes(b"\xff")
    (folder / ".gitignore").write_text("/data\n")
    commit(tmp_path)
    (folder / "dvc.yaml").write_text("now\n")
    (folder / "old.py").unlink()
    (folder / "new").mkdir()
    (folder / "new" / "c.py").write_text("")
    (folder / "data").mkdir()
    (folder / "data" / "x.csv").write_text("x\n")
    return Project(str(folder))


def test_files_are_as_they_were(project: Project) -> None:
    disk = project.at_revision("HEAD").disk
    assert disk.read("dvc.yaml") == "dvc.yaml then\n"
    assert disk.read("old.py") == "old.py then\n"
    assert disk.read("../../shared.py") == "../../shared.py then\n"
    assert disk.read("to_src/a.py") == "src/a.py then\n"
    assert disk.read("to_lib/b.py") == "../../lib/b.py then\n"
    disk.close()


def test_kinds_are_as_they_were(project: Project) -> None:
    disk = project.at_revision("HEAD").disk
    files = ("dvc.yaml", "old.py", "src/a.py", "to_src/a.py", "data/x.csv", "../../shared.py")
    folders = ("src", "to_src", "to_lib", "data", "..", ".", "../../lib")
    nothing = ("new", "new/c.py", "gone", "src/gone.py", "to_itself", "../../gone.py")
    assert [disk.kind(path) for path in files] == ["file"] * len(files)
    assert [disk.kind(path) for path in folders] == ["folder"] * len(folders)
    assert [disk.kind(path) for path in nothing] == [None] * len(nothing)
    disk.close()


def test_names_are_as_they_were(project: Project) -> None:
    disk = project.at_revision("HEAD").disk
    assert disk.names("src") == ["a.py"]
    assert disk.names("data") == ["x.csv"]
    assert set(disk.names(".")) >= {"dvc.yaml", "old.py", "src", "data"}
    assert "new" not in disk.names(".")
    disk.close()


def test_what_can_not_be_read_says_so(project: Project) -> None:
    disk = project.at_revision("HEAD").disk
    with pytest.raises(UnreadableError, match="not UTF-8"):
        disk.read("binary")
    with pytest.raises(UnreadableError, match="folder"):
        disk.read("src")
    for path in ("new/c.py", "gone"):
        with pytest.raises(FileNotFoundError):
            disk.read(path)
    disk.close()


def test_git_knows_what_was_tracked(project: Project) -> None:
    then = project.at_revision("HEAD")
    assert then.git is not None
    assert "old.py" in then.git.tracked
    assert "new/c.py" not in then.git.tracked
    assert not then.git.untracked


@pytest.mark.parametrize("name", ["nothing", "-x", "HEAD^{tree}"])
def test_no_such_revision(name: str, project: Project) -> None:
    with pytest.raises(RevisionError):
        project.at_revision(name)


def test_what_was_looked_at_tells_revisions_apart(project: Project) -> None:
    from pipelinekit.project.revision import WatchedDisk, read_revision

    first = WatchedDisk(project.root, read_revision(project.root, "HEAD"))
    assert first.read("dvc.yaml") == "dvc.yaml then\n"
    assert first.kind("to_src/a.py") == "file"
    assert first.kind("nowhere") is None
    seen = first.seen()
    (Path(project.root) / "old.py").write_text("another\n")
    (Path(project.root) / "dvc.yaml").write_text("dvc.yaml then\n")
    commit(Path(project.root).parents[1])
    same = WatchedDisk(project.root, read_revision(project.root, "HEAD"))
    assert same.answers(seen) == seen  # nobody had looked at old.py
    (Path(project.root) / "src" / "a.py").write_text("another\n")
    commit(Path(project.root).parents[1])
    other = WatchedDisk(project.root, read_revision(project.root, "HEAD"))
    assert other.answers(seen) != seen
    for disk in (first, same, other):
        disk.close()
