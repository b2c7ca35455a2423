"""Whether results are of a commit, and whether the commit has them."""

from __future__ import annotations

import pytest

from pipelinekit.run.provenance import current_provenance, provenance_of
from tests.run.projects import SmallPipeline


@pytest.mark.parametrize(
    ("path", "text", "changed", "results"),
    [
        ("README.md", None, (), ()),
        ("train.py", "changed", ("train.py",), ()),
        ("params.yaml", "lr: 9", ("params.yaml",), ()),
        ("dvc.lock", "schema: '2.0'", (), ("dvc.lock",)),
        # what a run writes is not what it was made from
        ("metrics.json", "{}", (), ("metrics.json",)),
        (".gitignore", "/data/clean.csv\n/model.pkl\n/.dvc/tmp\n/.dvc/cache\n/data/raw.csv\n/x\n", (), (".gitignore",)),
        # untracked, and nothing needs it
        ("notes.txt", "", (), ()),
    ],
)
def test_what_differs_from_the_commit(
    path: str, text: str | None, changed: tuple[str, ...], results: tuple[str, ...], project: SmallPipeline
) -> None:
    commit = project.commit()
    if text is not None:
        project.write(path, text)
    state = current_provenance(project.graph())
    assert (state.commit, state.branch, state.changed, state.results) == (commit, "main", changed, results)
    assert state.is_committed == (not changed and not results)
    assert state.dirty == bool(changed)


def test_an_untracked_file_that_a_stage_needs(project: SmallPipeline) -> None:
    project.commit()
    project.git("rm", "-q", "--cached", "train.py")
    project.git("commit", "-q", "-m", "without it")
    assert current_provenance(project.graph()).changed == ("train.py",)


def test_a_branch_that_is_not_checked_out(project: SmallPipeline) -> None:
    commit = project.commit()
    project.git("checkout", "-q", "-b", "other")
    project.write("train.py", "other")
    other = project.commit()
    project.git("checkout", "-q", "main")
    found = provenance_of(project.root, "other")
    assert found is not None
    assert (found.commit, found.branch, found.is_committed) == (other, "other", True)
    found = provenance_of(project.root, commit[:8])
    assert found is not None
    assert (found.commit, found.branch) == (commit, "main")
    assert provenance_of(project.root, "--all") is None


def test_a_commit_that_is_checked_out_without_its_branch(project: SmallPipeline) -> None:
    first = project.commit()
    project.git("branch", "abandoned")
    second = project.commit()
    project.git("checkout", "-q", "--detach")
    assert current_provenance(project.graph()).branch == "main"
    # the branch has moved on; none is at the commit any more, but for one
    project.git("checkout", "-q", "--detach", first)
    assert current_provenance(project.graph()).branch == "abandoned"
    project.git("branch", "-q", "-D", "abandoned")
    assert current_provenance(project.graph()).branch == "main"
    # CI has only what it fetched
    project.git("update-ref", "refs/remotes/origin/feature/x", second)
    project.git("branch", "-q", "-D", "main")
    assert current_provenance(project.graph()).branch == "feature/x"
    project.git("update-ref", "-d", "refs/remotes/origin/feature/x")
    assert current_provenance(project.graph()).branch == ""


def test_without_a_commit(project: SmallPipeline) -> None:
    state = current_provenance(project.graph())
    assert (state.commit, state.is_committed) == ("", False)
