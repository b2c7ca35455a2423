"""The project and its team: only what is shared is judged, and no secret is ever shown."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.command_line import run
from tests.freshness.projects import lock, md5, messages, project

PIPELINE = "stages:\n  train:\n    cmd: python train.py\n    deps:\n    - train.py\n    outs:\n    - model.pkl\n"
LOCK = lock(train={"deps": {"train.py": ""}, "outs": {"model.pkl": "model"}})
RUN = {"dvc.yaml": PIPELINE, "dvc.lock": LOCK, "train.py": ""}
REMOTE = "['remote \"storage\"']\n    url = "
SHARING = ("PK801", "PK803", "PK806", "PK807")


def said(folder: Path, files: dict[str, str], *codes: str, remote: bool = True) -> list[str]:
    made = project(folder, files)
    if remote:
        subprocess.run(["git", "remote", "add", "origin", "git@example.org:a/b"], cwd=folder, check=True)
    return messages(made, *codes, "PK009")


def test_a_shared_project_without_a_remote(tmp_path: Path) -> None:
    assert said(tmp_path, RUN, "PK801") == ["git has a remote, and DVC has none"]


@pytest.mark.parametrize(
    "files",
    [
        {"dvc.yaml": PIPELINE, "train.py": ""},
        {**RUN, "dvc.yaml": PIPELINE.replace("model.pkl", "model.pkl:\n        cache: false")},
        {**RUN, "dvc.yaml": PIPELINE.replace("model.pkl", "model.pkl:\n        push: false")},
        {**RUN, ".dvc/config": REMOTE + "s3://bucket\n"},
        {**RUN, ".dvc/config": "[cache]\n    dir = /shared/cache\n"},
        {"a.csv.dvc": f"deps:\n- path: https://example.org/a.csv\nouts:\n- md5: {md5('')}\n  path: a.csv\n"},
        {"a.csv.dvc": f"outs:\n- md5: {md5('')}\n  path: a.csv\n  push: false\n"},
    ],
)
def test_nothing_to_share_or_a_way_to_share_it(files: dict[str, str], tmp_path: Path) -> None:
    assert said(tmp_path, files, "PK801") == []


def test_a_project_that_nobody_shares(tmp_path: Path) -> None:
    assert said(tmp_path, RUN, *SHARING, remote=False) == []


def test_data_that_no_stage_makes(tmp_path: Path) -> None:
    files = {"dvc.yaml": PIPELINE, "train.py": "", "a.csv.dvc": f"outs:\n- md5: {md5('')}\n  path: a.csv\n"}
    assert said(tmp_path, files, "PK801") == ["git has a remote, and DVC has none"]


def test_a_remote_that_only_this_machine_has(tmp_path: Path) -> None:
    files = {**RUN, ".dvc/config.local": REMOTE + "s3://bucket\n"}
    assert said(tmp_path, files, "PK801") == [
        "git has a remote, and DVC has none, but for the one in .dvc/config.local"
    ]


@pytest.mark.parametrize(
    ("address", "is_said"),
    [
        ("/home/anna/data", True),
        ("../../storage", True),
        ("/tmp/dvc", True),
        ("C:\\Users\\anna", True),
        ("/mnt/share/dvc", False),
        ("D:\\data", False),
        ("\\\\server\\share", False),
        ("s3://bucket/x", False),
        ("ssh://host/x", False),
    ],
)
def test_local_remotes(address: str, is_said: bool, tmp_path: Path) -> None:
    assert len(said(tmp_path, {**RUN, ".dvc/config": REMOTE + address + "\n"}, "PK803")) == is_said


def test_one_remote_that_others_reach_is_enough(tmp_path: Path) -> None:
    config = REMOTE + "/home/anna\n" + REMOTE.replace("storage", "other") + "s3://bucket\n"
    assert said(tmp_path, {**RUN, ".dvc/config": config}, "PK803") == []


@pytest.mark.parametrize(
    ("file", "text", "codes"),
    [
        ("README.md", "dvc", ["PK806", "PK807"]),
        (".pre-commit-config.yaml", "repos:\n- repo: https://github.com/iterative/dvc\n", ["PK807"]),
        (".pre-commit-config.yaml", "repos: []\n", ["PK806", "PK807"]),
        (".github/workflows/a.yml", "run: pipelinekit lint\n", ["PK806"]),
        (".github/workflows/a.yml", "run: make all\n", ["PK806"]),
        (".github/workflows/a.yml", "run: pytest\n", ["PK806", "PK807"]),
        (".gitlab-ci.yml", "script: dvc repro\n", ["PK806"]),
    ],
)
def test_hooks_and_ci(file: str, text: str, codes: list[str], tmp_path: Path) -> None:
    made = project(tmp_path, {**RUN, file: text})
    subprocess.run(["git", "remote", "add", "origin", "git@example.org:a/b"], cwd=tmp_path, check=True)
    assert [code for code in ("PK806", "PK807") if messages(made, code)] == codes


def test_hooks_and_ci_at_the_top_of_the_repository(tmp_path: Path) -> None:
    from pipelinekit.project.project import Project

    inner = {f"inner/{name}": text for name, text in RUN.items()}
    files = {**inner, ".github/workflows/a.yml": "dvc", ".pre-commit-config.yaml": "dvc"}
    project(tmp_path, files)
    (tmp_path / ".dvc").rmdir()
    subprocess.run(["git", "remote", "add", "origin", "git@example.org:a/b"], cwd=tmp_path, check=True)
    assert messages(Project(str(tmp_path / "inner")), *SHARING[2:]) == []
    assert len(messages(Project(str(tmp_path / "inner")), "PK801")) == 1


# --- the version of DVC ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "is_said"),
    [
        ({}, False),
        ({"requirements.txt": "pandas\n"}, False),
        ({"requirements.txt": "dvc\n"}, True),
        ({"requirements.txt": "dvc>=3\n"}, False),
        ({"requirements.in": "dvc\n", "requirements.txt": "dvc==3.1\n"}, False),
        ({"requirements.txt": "dvc\n", "poetry.lock": 'name = "dvc"\nversion = "3.1"\n'}, False),
    ],
)
def test_pins(files: dict[str, str], is_said: bool, tmp_path: Path) -> None:
    made = project(tmp_path, {"dvc.yaml": PIPELINE, "train.py": "", **files}, git=False)
    assert len(messages(made, "PK804", "PK009")) == is_said


@pytest.mark.parametrize(
    ("pipeline", "pin", "needed"),
    [
        ("artifacts:\n  a:\n    path: model.pkl\n", "dvc==2.50.0", "2.53"),
        ("artifacts:\n  a:\n    path: model.pkl\n", "dvc==2.53.0", None),
        ("artifacts:\n  a:\n    path: model.pkl\n", "dvc>=2.50", None),
        ("datasets: []\nartifacts: {}\n", "dvc<3", "3.43"),
        ("metrics:\n- a.json\n", "dvc~=2.30", None),
        ("metrics:\n- a.json\n", "dvc~=2.30.0", "2.36"),
    ],
)
def test_what_a_pinned_version_lacks(pipeline: str, pin: str, needed: str | None, tmp_path: Path) -> None:
    made = project(tmp_path, {"dvc.yaml": PIPELINE + pipeline, "train.py": "", "requirements.txt": pin}, git=False)
    found = messages(made, "PK805", "PK009")
    assert [message.partition(" needs DVC ")[2].partition(",")[0] for message in found] == ([needed] if needed else [])


# --- secrets ---------------------------------------------------------------------------------------------------

SECRET = "Zt7pLq2wYd8Hc3Gf6JpSa5"
LEAKS = {
    ".dvc/config": f"{REMOTE}s3://bucket\n    secret_access_key = {SECRET}\n",
    "dvc.yaml": PIPELINE.replace("python train.py", f"WANDB_API_KEY={SECRET} python train.py"),
    "params.yaml": f"database: postgresql://anna:{SECRET}@db.example.org/x\n",
}


@pytest.mark.parametrize("leak", LEAKS)
def test_secrets(leak: str, tmp_path: Path) -> None:
    files = {"dvc.yaml": PIPELINE, "train.py": "", leak: LEAKS[leak]}
    (message,) = said(tmp_path, files, "PK802")
    assert message.endswith(f"stands in {leak}, which git tracks")


@pytest.mark.parametrize("format_", ["text", "concise", "json"])
def test_a_secret_is_never_shown(format_: str, tmp_path: Path) -> None:
    project(tmp_path, {"dvc.yaml": PIPELINE, "train.py": "", **LEAKS})
    shown = run("lint", "--select", "PK802", "--output-format", format_, "--project", str(tmp_path))
    assert shown.stdout.count("PK802") == 3
    assert SECRET not in shown.stdout + shown.stderr


@pytest.mark.parametrize(
    "line",
    [
        "secret_access_key = ${KEY}",
        "secret_access_key =",
        "access_key_id = team",
        "password = <yours>",
        "ask_password = true",
        "credentialpath = /home/anna/.aws/credentials",
        "url = https://example.org/x",
    ],
)
def test_settings_that_are_no_secrets(line: str, tmp_path: Path) -> None:
    assert said(tmp_path, {**RUN, ".dvc/config": REMOTE + f"s3://bucket\n    {line}\n"}, "PK802") == []


def test_what_git_does_not_track_is_no_leak(tmp_path: Path) -> None:
    made = project(tmp_path, {"dvc.yaml": PIPELINE, "train.py": ""})
    (tmp_path / ".dvc" / "config").write_text(LEAKS[".dvc/config"], encoding="utf-8")
    assert messages(made, "PK802") == []
