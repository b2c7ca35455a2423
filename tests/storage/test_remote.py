"""A remote beside what the history names: as `dvc push` fills it, in a folder and in S3."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelinekit.project.project import Project
from pipelinekit.storage.count import Count, count
from pipelinekit.storage.listing import Key, Listing, Listings, list_folder
from pipelinekit.storage.remote import RemoteAddress, RemoteError, compared, list_remote, remote_of
from tests.command_line import run
from tests.freshness.projects import md5
from tests.scaffold.test_remote import MOTO, S3, SERVER, told
from tests.storage.histories import commit, git, read, start
from tests.storage.test_count import PIPELINE, folder_version, model
from tests.storage.test_retention import PARTS, dvc, store


def project(folder: Path, config: str) -> Path:
    """A file in three versions and a folder in two; two branches."""
    start(folder)
    for place, text in enumerate(("a", "bb")):
        store(folder, text)
        commit(folder, {"dvc.yaml": PIPELINE, "dvc.lock": model(text), ".dvc/config": config}, f"{place}")
    for files in ({"a": "1" * 50, "b": "2" * 60}, {"a": "1" * 50, "b": "3" * 70}):
        made = folder_version(folder, files).replace("train:", "split:").split("stages:\n")[1]
        commit(folder, {"dvc.yaml": PIPELINE + PARTS, "dvc.lock": model("bb") + made})
    git(folder, "switch", "-q", "-c", "side")
    store(folder, "on the side")
    commit(folder, {"dvc.lock": model("on the side")})
    git(folder, "switch", "-q", "main")
    return folder


@pytest.fixture
def pushed(tmp_path: Path) -> Path:
    (tmp_path / "store").mkdir()
    made = project(tmp_path / "p", "[core]\n    remote = store\n['remote \"store\"']\n    url = ../../store\n")
    cache = list_folder(str(made / ".dvc/cache"))
    assert cache is not None
    for key in cache.sizes:
        target = tmp_path / "store" / key.path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((made / ".dvc/cache" / key.path).read_bytes())
    return made


def test_all_is_there_and_nothing_else(pushed: Path) -> None:
    result = run("cost", "--remote", folder=pushed)
    assert result.status == 0
    assert "It has all that the history names, and nothing else." in result.stdout


def test_what_is_missing_and_what_nothing_names(pushed: Path) -> None:
    remote = pushed.parent / "store"
    (remote / Key(md5("bb")).path).unlink()
    orphan = remote / Key(md5("other")).path
    orphan.parent.mkdir(parents=True, exist_ok=True)
    orphan.write_text("other")
    (remote / "runs/ab").mkdir(parents=True)
    (remote / "runs/ab/x").write_text("run")
    (remote / "readme.txt").write_text("x")
    result = run("cost", "--remote=STORE", folder=pushed)
    assert result.status == 1
    said = " ".join(result.stdout.split())
    assert "1 object (5 B) is named by no commit of any branch or tag here" in said
    assert "1 object that the history names and pushes is not there" in said
    assert "Its run cache takes 3 B." in said
    as_json = run("cost", "--remote", "--format", "json", folder=pushed).stdout
    assert f'"missing": [\n      {{\n        "md5": "{md5("bb")}"' in as_json
    assert f'"orphans": [\n      {{\n        "md5": "{md5("other")}"' in as_json


def test_a_clone_without_cache_takes_lists_of_folders_from_the_remote(pushed: Path) -> None:
    here = counted(pushed, Listings(list_folder(str(pushed / ".dvc/cache"))))
    git(pushed.parent, "clone", "-q", str(pushed), "clone")
    git(pushed.parent / "clone", "fetch", "-q", "origin", "side")
    there = counted(pushed.parent / "clone", Listings(list_folder(str(pushed.parent / "store"))))
    assert there.stored.keys() == here.stored.keys()
    assert there.total == here.total


def counted(folder: Path, listings: Listings) -> Count:
    found = count(read(folder), "all")
    found.expand(listings)
    return found


def test_an_output_with_a_remote_of_its_own_is_not_missed_in_another(pushed: Path) -> None:
    own = PIPELINE.replace("- model.pkl", "- model.pkl:\n        remote: other")
    config = (pushed / ".dvc/config").read_text() + "['remote \"other\"']\n    url = ../../other\n"
    commit(pushed, {"dvc.yaml": own, "dvc.lock": model("special"), ".dvc/config": config})
    assert run("cost", "--remote", folder=pushed).status == 0
    (pushed.parent / "other").mkdir()
    result = run("cost", "--remote=other", folder=pushed)
    assert result.status == 1
    assert "1 object that the history names and pushes is not there" in " ".join(result.stdout.split())


def test_it_is_compared_with_what_dvc_pushes(tmp_path: Path) -> None:
    made = project(tmp_path / "p", f"[core]\n    remote = store\n['remote \"store\"']\n    url = {tmp_path}/store\n")
    dvc(made, "push", "--all-commits")
    result = run("cost", "--remote", folder=made)
    assert "It has all that the history names, and nothing else." in result.stdout, result.stdout + result.stderr
    assert result.status == 0


@pytest.mark.slow
@pytest.mark.parametrize("rule", [("--keep", "1"), ("--keep", "2"), ("--branches", "--keep", "1")], ids=" ".join)
def test_dvc_gc_removes_from_a_remote_what_is_said(rule: tuple[str, ...], pushed: Path) -> None:
    (pushed.parent / "store/files/md5/ab").mkdir(exist_ok=True)
    (pushed.parent / "store/files/md5/ab" / ("0" * 30)).write_text("orphan")
    said = json.loads(run("cost", "--remote", "--format", "json", *rule, folder=pushed).stdout)
    before = list_folder(str(pushed.parent / "store"))
    dvc(pushed, *said["retention"]["cloud_command"].split()[1:], "--force")
    after = list_folder(str(pushed.parent / "store"))
    assert before is not None
    assert after is not None
    freed = {"objects": len(before.sizes) - len(after.sizes), "bytes": before.total - after.total}
    assert said["retention"]["of_remote"] == freed
    assert freed["objects"] > 1


@pytest.mark.parametrize(
    ("config", "arguments", "said"),
    [
        ("", ("--remote",), "there is no default remote to list"),
        ("", ("--remote=x",), "no remote is called 'x' in .dvc/config; there is none"),
        ("['remote \"a\"']\n    url = /x\n", ("--remote=b",), "no remote is called 'b' in .dvc/config; there are a"),
        ("['remote \"a\"']\n    url = /nowhere/x\n", ("--remote=a",), "is a folder that is not there: /nowhere/x"),
        (
            "['remote \"a\"']\n    url = s3://x\n    version_aware = true\n",
            ("--remote=a",),
            "is version_aware: it keeps files by their names",
        ),
        ("['remote \"a\"']\n    url = azure://x\n", ("--remote=a",), "DVC here can't talk to azure://"),
    ],
)
def test_remotes_that_can_not_be_listed(config: str, arguments: tuple[str, ...], said: str, tmp_path: Path) -> None:
    start(tmp_path)
    commit(tmp_path, {"dvc.yaml": PIPELINE, ".dvc/config": config})
    result = run("cost", *arguments, folder=tmp_path)
    assert (result.status, result.stdout) == (2, "")
    assert said in result.stderr
    assert result.stderr.count("\n") <= 1


def test_without_dvc_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    start(tmp_path)
    monkeypatch.setattr("sys.executable", "/nowhere")
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(RemoteError, match="there is no DVC here"):
        list_remote(Project(str(tmp_path)), RemoteAddress("a", "s3://bucket"))


def test_a_remote_of_this_machine_overrules_the_shared_one(tmp_path: Path) -> None:
    start(tmp_path)
    (tmp_path / ".dvc/config").write_text("[core]\n    remote = a\n['remote \"a\"']\n    url = s3://x\n")
    (tmp_path / ".dvc/config.local").write_text("['remote \"a\"']\n    url = /y\n")
    assert remote_of(Project(str(tmp_path))) == RemoteAddress("a", "/y")


def test_comparing() -> None:
    listing = Listing()
    listing.add("files/md5/ab/" + "0" * 30, 5)
    listing.add("cd/" + "0" * 30, 7)
    old, new, gone = Key("cd" + "0" * 30, legacy=True), Key("ab" + "0" * 30), Key("ef" + "0" * 30)
    assert compared(listing, [new, gone], [new, gone]) == ({old: 7}, frozenset([gone]), 1)


# --- S3 -----------------------------------------------------------------------------------------------------


@pytest.fixture
def bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The endpoint of a server with a bucket; the project's DVC is one that speaks S3."""
    for name, value in (("ACCESS_KEY_ID", "k"), ("SECRET_ACCESS_KEY", "s"), ("DEFAULT_REGION", "us-east-1")):
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("PATH", f"{S3}/bin{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr("sys.executable", "/nowhere")
    with subprocess.Popen(
        [f"{MOTO}/bin/python", "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        endpoint = f"http://{server.stdout.readline().strip()}"
        client = f"import botocore.session as b; c = b.get_session().create_client('s3', endpoint_url='{endpoint}')"
        told(f"{S3}/bin/python", "-c", f"{client}; c.create_bucket(Bucket='team')", folder=tmp_path)
        yield endpoint
        server.communicate("")


@pytest.mark.slow
@pytest.mark.skipif(not S3 or not MOTO, reason="PIPELINEKIT_S3 and PIPELINEKIT_MOTO name no environments")
def test_a_bucket(tmp_path: Path, bucket: str) -> None:
    config = f"[core]\n    remote = s\n['remote \"s\"']\n    url = s3://team/data\n    endpointurl = {bucket}\n"
    made = project(tmp_path / "p", config)
    empty = run("cost", "--remote", folder=made)
    assert empty.status == 1
    assert "holds 0 B in 0 objects" in empty.stdout
    told(f"{S3}/bin/dvc", "push", "--all-commits", folder=made)
    full = run("cost", "--remote", folder=made)
    assert full.status == 0, full.stdout + full.stderr
    assert "It has all that the history names, and nothing else." in full.stdout
    git(tmp_path, "clone", "-q", str(made), "clone")
    git(tmp_path / "clone", "branch", "side", "origin/side")
    clone = run("cost", "--remote", "--format", "json", folder=tmp_path / "clone")
    assert '"not_expanded": 0' in clone.stdout  # the lists came from the bucket
    missing = run("cost", "--remote=s", folder=made)
    assert missing.status == 0
    (made / ".dvc/config").write_text(config.replace("team", "nobody"))
    gone = run("cost", "--remote", folder=made)
    assert gone.status == 2
    assert "there is no such place: s3://nobody/data" in gone.stderr
