"""Remotes: the address taken apart, `.dvc/config` as DVC writes it, the check, and what its failures are called."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest
from configobj import ConfigObj
from hypothesis import given
from hypothesis import strategies as st

from pipelinekit.scaffold.additions import ScaffoldError
from pipelinekit.scaffold.remote import Remote, _explain, check_remote, read_remote, with_remote
from tests.command_line import run
from tests.end_to_end.programs import call
from tests.small_projects import write

# --- the address --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("azur://box", "Did you mean 'azure'"),
        ("ftp://host/x", "no remotes of the type ftp"),
        ("s3://", "a bucket must follow"),
        ("azure:///", "a container must follow"),
        ("ssh://", "a host must follow"),
        ("s3://bucket/a\nb", "control characters"),
        (f"s3://bucket/ghp_{'a1' * 18}", "holds a credential"),
    ],
)
def test_addresses_that_are_none(address: str, message: str) -> None:
    with pytest.raises(ScaffoldError, match=message):
        read_remote(address, "storage", None)


@pytest.mark.parametrize("address", ["ssh://host/x", "azure://box/x", "../store"])
def test_an_endpoint_is_for_buckets(address: str) -> None:
    with pytest.raises(ScaffoldError, match="endpoint"):
        read_remote(address, "storage", "http://localhost:9000")


@pytest.mark.parametrize("name", ["", "a b", 'x"', "ä", "-x", "a\n"])
def test_names_that_are_none(name: str) -> None:
    with pytest.raises(ScaffoldError, match="can't be called"):
        read_remote("s3://bucket", name, None)


def test_a_password_is_taken_out_of_the_address() -> None:
    remote = read_remote("ssh://me:p%40ss@host:22/srv/store", "Store", None)
    assert remote.settings == {"url": "ssh://me@host:22/srv/store"}
    assert (remote.name, remote.secret) == ("store", {"password": "p@ss"})


# --- the configuration --------------------------------------------------------------------------------------

REMOTES = [
    (("s3://bucket/data",), {}),
    (("s3://bucket/data", "--endpoint", "http://127.0.0.1:9000"), {"endpointurl": "http://127.0.0.1:9000"}),
    (("gs://bucket/a/b",), {}),
    (("azure://container/path",), {}),
    (("ssh://me@host:2222/srv/data",), {}),
    (("/srv/data",), {}),
    (("../store",), {}),
    (("store, with a comma",), {}),
]


@pytest.mark.parametrize(("arguments", "settings"), REMOTES)
@pytest.mark.parametrize("before", ["", "[core]\n    autostage = true\n['remote \"old\"']\n    url = s3://old\n"])
def test_it_is_written_as_dvc_does(
    before: str, arguments: tuple[str, ...], settings: dict[str, str], tmp_path: Path
) -> None:
    for name in ("ours", "theirs"):
        write(tmp_path / name, {".dvc/config": before, "dvc.yaml": "stages: {}\n"})
        call("git", "init", "--quiet", folder=tmp_path / name)
    result = run("init", "--remote", *arguments, "--no-check", folder=tmp_path / "ours")
    assert result.status == 0, result.stderr
    call("dvc", "remote", "add", "--default", "storage", arguments[0], folder=tmp_path / "theirs")
    for key, value in settings.items():
        call("dvc", "remote", "modify", "storage", key, value, folder=tmp_path / "theirs")
    ours, theirs = ((tmp_path / name / ".dvc/config").read_text() for name in ("ours", "theirs"))
    assert ConfigObj(ours.splitlines()).dict() == ConfigObj(theirs.splitlines()).dict()
    if not before:
        assert ours == theirs
    assert all(line in ours.splitlines() for line in before.splitlines())


TEXTS = st.lists(
    st.sampled_from(
        [
            "[core]",
            "    remote = old",
            "    autostage = true",
            "['remote \"old\"']",
            "    url = s3://old",
            "",
            "# mine",
            "[cache]",
        ]
    ),
    max_size=8,
)


@given(TEXTS, st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_nothing_that_is_there_is_lost(lines: list[str], ending: str, ends: bool) -> None:
    text = ending.join(lines) + (ending if ends and lines else "")
    try:
        before = ConfigObj(text.splitlines()).dict()
    except Exception:
        return  # DVC can't read it either
    after = with_remote(text, "storage", {"url": "s3://bucket/x"})
    now = ConfigObj(after.splitlines()).dict()
    assert now['remote "storage"'] == {"url": "s3://bucket/x"}
    default = before.get("core", {}).get("remote", "storage") if isinstance(before.get("core"), dict) else "storage"
    assert now["core"]["remote"] == default
    del now['remote "storage"']
    now["core"].pop("remote")
    before.get("core", {}).pop("remote", None)
    assert {**now, "core": now["core"]} == {"core": {}, **before}
    assert with_remote(after, "storage", {"url": "s3://bucket/x"}) == after


def test_a_password_stays_on_this_machine(tmp_path: Path) -> None:
    write(tmp_path, {".dvc/config": "", ".dvc/.gitignore": "/config.local\n", "dvc.yaml": "stages: {}\n"})
    call("git", "init", "--quiet", folder=tmp_path)
    result = run("init", "--remote", "ssh://me:hunter2x@host/data", "--no-check", folder=tmp_path)
    assert result.status == 0
    assert "hunter2x" not in (tmp_path / ".dvc/config").read_text() + result.stdout + result.stderr
    local = tmp_path / ".dvc/config.local"
    assert ConfigObj(str(local)).dict() == {'remote "storage"': {"password": "hunter2x"}}
    assert stat.S_IMODE(local.stat().st_mode) == 0o600
    assert "PK802" not in run("lint", "--select", "PK802", folder=tmp_path).stdout


def test_a_password_that_git_would_take_in_is_refused(tmp_path: Path) -> None:
    write(tmp_path, {".dvc/config": "", "dvc.yaml": "stages: {}\n"})
    call("git", "init", "--quiet", folder=tmp_path)
    result = run("init", "--remote", "ssh://me:hunter2x@host/data", "--no-check", folder=tmp_path)
    assert result.status == 2
    assert "add it to .dvc/.gitignore" in result.stderr
    assert not (tmp_path / ".dvc/config.local").exists()
    assert (tmp_path / ".dvc/config").read_text() == ""


def test_a_name_that_is_taken_is_left_alone(tmp_path: Path) -> None:
    before = "[core]\n    remote = storage\n['remote \"storage\"']\n    url = s3://other\n"
    write(tmp_path, {".dvc/config": before, "dvc.yaml": "stages: {}\n"})
    result = run("init", "--remote", "s3://bucket", "--no-check", folder=tmp_path)
    assert result.status == 2
    assert "'storage' is there, and stands for s3://other" in result.stderr
    assert (tmp_path / ".dvc/config").read_text() == before
    result = run("init", "--remote", "s3://bucket", "--name", "second", "--no-check", folder=tmp_path)
    assert result.status == 0
    assert "The default remote is still 'storage'" in result.stderr


def test_twice_it_changes_nothing(tmp_path: Path) -> None:
    write(tmp_path, {".dvc/config": "", "dvc.yaml": "stages: {}\n"})
    for _ in range(2):
        assert run("init", "--remote", "../store", folder=tmp_path).status == 0
    assert (tmp_path / ".dvc/config").read_text().count("url") == 1


# --- the check ----------------------------------------------------------------------------------------------


def test_a_folder_is_written_to_and_left_as_it_was(tmp_path: Path) -> None:
    write(tmp_path / "project", {".dvc/config": ""})
    check_remote(str(tmp_path / "project"), read_remote(str(tmp_path / "store"), "storage", None))
    assert list((tmp_path / "store").rglob("*")) == []


def test_a_folder_that_can_not_be_used_is_not_configured(tmp_path: Path) -> None:
    write(tmp_path / "project", {".dvc/config": "", "dvc.yaml": "stages: {}\n"})
    (tmp_path / "store").write_text("a file")
    result = run("init", "--remote", "../store", folder=tmp_path / "project")
    assert result.status == 2
    assert str(tmp_path / "store") in result.stderr
    assert (tmp_path / "project/.dvc/config").read_text() == ""


def test_an_extra_that_is_missing_is_named(tmp_path: Path) -> None:
    write(tmp_path, {".dvc/config": ""})
    with pytest.raises(ScaffoldError, match=r"can't talk to azure://\. Run pip install 'dvc\[azure\]' first"):
        check_remote(str(tmp_path), read_remote("azure://box/x", "storage", None))


def test_without_dvc_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {".dvc/config": ""})
    monkeypatch.setattr("sys.executable", "/nowhere")
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(ScaffoldError, match="there is no DVC here"):
        check_remote(str(tmp_path), read_remote("s3://bucket", "storage", None))


def test_options_of_a_remote_need_one(tmp_path: Path) -> None:
    for option in (("--endpoint", "http://x"), ("--no-check",)):
        result = run("init", *option, folder=tmp_path)
        assert result.status == 2
        assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("errors", "said"),
    [
        (
            [{"type": "NoCredentialsError", "code": "", "text": "Unable to locate credentials"}],
            "there are no credentials",
        ),
        ([{"type": "FileNotFoundError", "code": "2", "text": "The specified bucket does not exist"}], "no such bucket"),
        ([{"type": "ClientError", "code": "SignatureDoesNotMatch", "text": "x"}], "refuses the credentials"),
        (
            [
                {"type": "PermissionError", "code": "13", "text": "Forbidden"},
                {"type": "ClientError", "code": "InvalidAccessKeyId", "text": "no"},
            ],
            "refuses the credentials",
        ),
        ([{"type": "PermissionError", "code": "1", "text": "Access Denied"}], "not allowed to write"),
        ([{"type": "EndpointConnectionError", "code": "", "text": "Could not connect"}], "can't be reached"),
        ([{"type": "gaierror", "code": "-2", "text": "Name or service not known"}], "can't be reached"),
        ([{"type": "ValueError", "code": "", "text": ""}], "can't write in s3://bucket: ValueError"),
    ],
)
def test_failures_have_names(errors: list[dict[str, str]], said: str) -> None:
    remote = Remote("storage", "s3", "s3://bucket", None, {})
    assert said in _explain(remote, "write", errors, "pip install x")


# --- S3 -----------------------------------------------------------------------------------------------------

#: Environments that .ci/run makes: DVC with its extra for S3, and a server that speaks S3.
S3, MOTO = os.environ.get("PIPELINEKIT_S3"), os.environ.get("PIPELINEKIT_MOTO")
SERVER = """import sys, time
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print("%s:%d" % server.get_host_and_port(), flush=True)
sys.stdin.read()
"""


def told(*command: str, folder: Path) -> str:
    """What a program prints that has the credentials of this test."""
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout


@pytest.mark.slow
@pytest.mark.skipif(not S3 or not MOTO, reason="PIPELINEKIT_S3 and PIPELINEKIT_MOTO name no environments")
def test_a_bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("ACCESS_KEY_ID", "k"), ("SECRET_ACCESS_KEY", "s"), ("DEFAULT_REGION", "us-east-1")):
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("PATH", f"{S3}/bin{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr("sys.executable", "/nowhere")
    write(tmp_path, {".dvc/config": "", "dvc.yaml": "stages: {}\n", "x.txt": "x"})
    with subprocess.Popen(
        [f"{MOTO}/bin/python", "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        endpoint = f"http://{server.stdout.readline().strip()}"
        python = f"{S3}/bin/python"
        client = f"import botocore.session as b; c = b.get_session().create_client('s3', endpoint_url='{endpoint}')"
        told(python, "-c", f"{client}; c.create_bucket(Bucket='team')", folder=tmp_path)
        with pytest.raises(ScaffoldError, match="no such bucket: s3://nobody/x at http"):
            check_remote(str(tmp_path), read_remote("s3://nobody/x", "storage", endpoint))
        result = run("init", "--remote", "s3://team/project", "--endpoint", endpoint, folder=tmp_path)
        assert result.status == 0, result.stderr
        listed = f"{client}; print(c.list_objects_v2(Bucket='team').get('KeyCount'))"
        assert told(python, "-c", listed, folder=tmp_path) == "0\n"
        call("git", "init", "--quiet", folder=tmp_path)
        told(f"{S3}/bin/dvc", "add", "x.txt", folder=tmp_path)
        told(f"{S3}/bin/dvc", "push", folder=tmp_path)
        assert told(python, "-c", listed, folder=tmp_path) == "1\n"
        server.communicate()
    with pytest.raises(ScaffoldError, match=f"s3://team/x at {endpoint} can't be reached"):
        check_remote(str(tmp_path), read_remote("s3://team/x", "storage", endpoint))
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(ScaffoldError, match="there are no credentials for s3://team/x"):
        check_remote(str(tmp_path), read_remote("s3://team/x", "storage", endpoint))
