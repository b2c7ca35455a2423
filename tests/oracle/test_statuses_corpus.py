"""What DVC says of real projects with their locks, of which nearly no data and no code is here."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest

from tests.corpus import corpus_projects
from tests.oracle.statuses import ours, theirs, verdicts
from tests.oracle.test_corpus import RECORDS

pytestmark = [pytest.mark.corpus, pytest.mark.filterwarnings("ignore")]

LOADED = [
    pytest.param((folder, record["root"]), id=f"{folder.name}/{record['root']}")
    for folder, record in RECORDS
    if not (record.get("error") or record.get("graph_error")) and any((folder / record["root"]).rglob("dvc.lock"))
]


@pytest.fixture
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A project where DVC may write; it can use files of the folders around it."""
    folder, root = request.param
    copy = tmp_path / folder.name
    shutil.copytree(folder, copy, copy_function=shutil.copyfile)
    for path in [copy, *copy.rglob("*/")]:
        path.chmod(0o755)
    (copy / root / ".dvc").mkdir(exist_ok=True)
    return copy / root


@pytest.mark.slow
@pytest.mark.parametrize("project", LOADED, indirect=True)
def test_what_can_be_decided_is_what_dvc_says(project: Path) -> None:
    """All but what is not here: DVC calls it deleted, or not in the cache."""
    mine = ours(project)
    try:
        dvc = theirs(project)
    except NotImplementedError:
        pytest.skip("DVC would ask a server")
    found = verdicts(project)
    assert set(mine) <= set(dvc)
    for name, verdict in found.items():
        if verdict.state == "never-run":
            assert name in dvc
            continue
        said, expected = mine.get(name, set()), dvc.get(name, set())
        of_chain = {
            cause.path for cause in verdict.because if cause.kind == "dep" and not (project / cause.path).is_file()
        }
        more = {(path, word) for path, word in said - expected if path not in of_chain}
        assert not more, f"{name}: only pipelinekit says {more}"
        less = {(path, word) for path, word in expected - said if word not in ("deleted", "not in cache")}
        assert not [path for path, _ in less if not path or not (project / path).is_dir()], f"{name}: {less}"


def test_every_project_gets_a_verdict() -> None:
    """Also those of which DVC says nothing, because something in them is broken."""
    states = Counter(
        verdict.state for folder in corpus_projects() for verdict in verdicts(folder).values()
    )  # fmt: skip
    assert states["fresh"] + states["unknown"] + states["stale"] + states["never-run"] == sum(states.values())
    assert min(states["fresh"], states["unknown"], states["stale"], states["never-run"]) > 0
