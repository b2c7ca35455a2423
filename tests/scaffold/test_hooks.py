"""Hooks added to whatever configuration of pre-commit is there: what is there stays, byte for byte."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipelinekit.scaffold.additions import Additions, ScaffoldError
from pipelinekit.scaffold.hooks import CONFIG, add_hooks, add_post_receive, hook_entries, with_hooks
from pipelinekit.scaffold.surroundings import Surroundings
from tests.end_to_end.programs import call

ALL = hook_entries(".", with_model=True)
IDS = [hook["id"] for hook in ALL]


def hook_ids(text: str) -> list[str]:
    return [hook["id"] for repo in yaml.safe_load(text)["repos"] for hook in repo["hooks"]]


MINE = """# mine
default_stages: [pre-commit]   # odd   blanks
repos:
-   repo: https://example.org/hooks
    rev: v1.0  # pinned
    hooks:
    -   id: trailing-whitespace
        args: ['--markdown']

    -   id: "quoted"
"""


@pytest.mark.parametrize(
    "text",
    [
        MINE,
        MINE.replace("\n", "\r\n"),
        MINE.rstrip("\n"),
        MINE + "exclude: ^old/\n",
        MINE + "\n# the end\n",
        "repos: []\n",
        "repos: [ ]  # none yet\nfail_fast: true\n",
        "repos:\n  - repo: local\n    hooks:\n      - id: a\n        name: a\n        entry: a\n",
        "{repos: [{repo: local, hooks: [{id: a, name: a, entry: a, language: system}]}]}\n",
    ],
)
def test_what_is_there_stays(text: str) -> None:
    after = with_hooks(text, ALL)
    assert after is not None
    was, now = yaml.safe_load(text), yaml.safe_load(after)
    assert now == {**was, "repos": [*was["repos"], {"repo": "local", "hooks": ALL}]}
    lost = [line for line in text.split("\n") if line and line not in after.split("\n")]
    assert len(lost) <= 1  # `[]` becomes a list, a line without an ending gets one
    assert "\r\n" not in text or "\n" not in after.replace("\r\n", "")
    assert with_hooks(after, ALL) == after


@given(st.lists(st.sampled_from(IDS), unique=True))
def test_only_what_is_missing_is_added(present: list[str]) -> None:
    text = "repos:\n- repo: https://example.org/pipelinekit\n  rev: v1\n  hooks:\n"
    text += "".join(f"  - id: {name}\n" for name in present) or "  - id: other\n"
    after = with_hooks(text, ALL)
    assert after is not None
    assert after.startswith(text)
    assert sorted(set(hook_ids(after)) - {"other"}) == sorted(IDS)
    assert (after == text) == (set(present) == set(IDS))


@pytest.mark.parametrize("text", ["", "[]\n", "repos:\n", "repos: all\n", "repos: [\n", "a: 1\n", "repos: &x []\n"])
def test_what_can_not_be_added_to_is_left_alone(text: str) -> None:
    assert with_hooks(text, ALL) is None


def around(folder: Path, inner: str = ".") -> Surroundings:
    return Surroundings(str(folder / inner) if inner != "." else str(folder), str(folder), inner, "main", None)


def test_a_new_configuration_is_what_pre_commit_wants(tmp_path: Path) -> None:
    call("git", "init", "--quiet", folder=tmp_path)
    added = Additions()
    add_hooks(around(tmp_path), added, with_model=False)
    assert hook_ids((tmp_path / CONFIG).read_text()) == ["pipelinekit-lint", "pipelinekit-status"]
    call("pre-commit", "validate-config", folder=tmp_path)
    assert added.made == [str(tmp_path / CONFIG), str(tmp_path / ".git/hooks/pre-commit")]
    again = Additions()
    add_hooks(around(tmp_path), again, with_model=False)
    assert (again.made, again.changed, again.same, again.notes) == ([], [], [str(tmp_path / CONFIG)], [])


def test_a_project_below_the_top_is_named(tmp_path: Path) -> None:
    call("git", "init", "--quiet", folder=tmp_path)
    for inner in ("a b", "ml"):
        add_hooks(around(tmp_path, inner), Additions(), with_model=True)
    call("pre-commit", "validate-config", folder=tmp_path)
    entries = [
        hook["entry"] for repo in yaml.safe_load((tmp_path / CONFIG).read_text())["repos"] for hook in repo["hooks"]
    ]
    assert [entry for entry in entries if " lint" in entry] == [
        "pipelinekit lint --project 'a b'",
        "pipelinekit lint --project ml",
    ]
    assert len(entries) == 6


def test_hooks_of_another_program_stay(tmp_path: Path) -> None:
    call("git", "init", "--quiet", folder=tmp_path)
    call("git", "config", "core.hooksPath", ".husky", folder=tmp_path)
    added = Additions()
    add_hooks(around(tmp_path), added, with_model=False)
    assert added.made == [str(tmp_path / CONFIG)]
    assert len(added.notes) == 1
    assert "'pre-commit install' says:" in added.notes[0]


def test_without_pre_commit_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    call("git", "init", "--quiet", folder=tmp_path)
    monkeypatch.setattr("shutil.which", lambda name: None)
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    added = Additions()
    add_hooks(around(tmp_path), added, with_model=False)
    assert added.notes == ["Run 'pip install pre-commit && pre-commit install' for git to call the hooks."]


# --- post-receive -------------------------------------------------------------------------------------------


def test_a_hook_in_a_bare_repository(tmp_path: Path) -> None:
    call("git", "init", "--quiet", "--bare", "bare.git", folder=tmp_path)
    path = tmp_path / "bare.git/hooks/post-receive"
    added = Additions()
    add_post_receive(around(tmp_path, "ml"), str(tmp_path / "bare.git"), added)
    assert added.made == [str(path)]
    assert os.access(path, os.X_OK)
    assert call("git", "config", "pipelinekit.project", folder=tmp_path / "bare.git") == "ml\n"
    checked = subprocess.run(["sh", "-n", str(path)], capture_output=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, b"")
    path.write_text("#!/bin/sh\n# mine\n")
    again = Additions()
    add_post_receive(around(tmp_path, "ml"), str(tmp_path / "bare.git"), again)
    assert path.read_text() == "#!/bin/sh\n# mine\n"
    assert "-# mine" in again.differing[str(path)]


def test_where_no_hook_belongs(tmp_path: Path) -> None:
    call("git", "init", "--quiet", "work", folder=tmp_path)
    (tmp_path / "file").write_text("")
    (tmp_path / "empty").mkdir()
    for name, message in (("work", "no bare"), ("file", "no folder"), ("empty", "no bare"), ("none", "no folder")):
        with pytest.raises(ScaffoldError, match=message):
            add_post_receive(around(tmp_path), str(tmp_path / name), Additions())
