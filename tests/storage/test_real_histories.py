"""Real repositories with their history: what is counted is what a checkout of every commit names.

PIPELINEKIT_HISTORIES names a folder with a clone, or a bare repository, in each subfolder or one below.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipelinekit.storage.count import count
from pipelinekit.storage.listing import Listings
from tests.storage.histories import Found, add_all, git, read

#: A checkout of each commit takes longer than anything else here.
MOST_COMMITS = 700


def repositories() -> list[Path]:
    folder = os.environ.get("PIPELINEKIT_HISTORIES")
    if not folder or not Path(folder).is_dir():
        return []
    candidates = [path for pattern in ("*", "*/*") for path in sorted(Path(folder).glob(pattern))]
    return [path for path in candidates if (path / "HEAD").is_file() or (path / ".git").exists()]


@pytest.mark.corpus
@pytest.mark.slow
@pytest.mark.skipif(not repositories(), reason="PIPELINEKIT_HISTORIES names no folder of repositories")
@pytest.mark.parametrize("repository", repositories(), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_real_history(repository: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--shared", "--no-checkout", str(repository), "clone")
    clone = tmp_path / "clone"
    named = [":(glob)**/dvc.lock", ":(glob)**/*.dvc"]
    revisions = git(clone, "rev-list", "HEAD", "--branches", "--remotes", "--tags", check=False).split()
    if not git(clone, "rev-list", "--max-count=1", "HEAD", "--branches", "--remotes", "--tags", "--", *named):
        pytest.skip("no commit has a lock or a .dvc file")
    if len(revisions) > MOST_COMMITS:
        pytest.skip(f"{len(revisions)} commits take too long to check out")
    git(clone, "config", "core.sparseCheckout", "true")
    (clone / ".git" / "info").mkdir(exist_ok=True)
    (clone / ".git" / "info" / "sparse-checkout").write_text("dvc.lock\n*.dvc\n*.yaml\n.dvc/config\n")
    git(clone, "checkout", "-q", "-f", "--detach", "HEAD", check=False)
    if not (clone / ".dvc").is_dir():
        pytest.skip("there is no project at the top")
    found = count(read(clone), "all")
    found.expand(Listings())
    expected = Found({}, {})
    for revision in revisions:
        git(clone, "checkout", "-q", "-f", "--detach", revision, check=False)
        add_all(clone, expected)
    assert {(key.md5, key.legacy): stored.size for key, stored in found.stored.items()} == expected.sizes
    assert found.total == expected.total
    assert set(found.outputs) == set(expected.outputs)
