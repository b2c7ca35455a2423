"""Git hooks: pre-commit in the clone of whoever works, post-receive in a bare repository of one's own."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from typing import Any

from pipelinekit.project.disk import UnreadableError, read_text
from pipelinekit.project.git import ask_git
from pipelinekit.scaffold.additions import Additions, ScaffoldError
from pipelinekit.scaffold.fill import filled
from pipelinekit.scaffold.surroundings import Surroundings
from pipelinekit.yaml.edit import CannotEditError, apply_edits, insert_item
from pipelinekit.yaml.reader import parse
from pipelinekit.yaml.tree import Document, Mapping, Sequence

CONFIG = ".pre-commit-config.yaml"
_HEAD = "# `pre-commit install` once; then git calls these before each commit.\n"


def hook_entries(inner: str, *, with_model: bool) -> list[dict[str, Any]]:
    """The hooks of a project at `inner`, from the top of the repository."""
    at = "" if inner == "." else f" --project {shlex.quote(inner)}"
    below = "" if inner == "." else f"{inner}/"
    hooks: list[dict[str, Any]] = [
        {
            "id": "pipelinekit-lint",
            "name": "pipelinekit lint",
            "entry": f"pipelinekit lint{at}",
            "language": "system",
            "always_run": True,
            "pass_filenames": False,
        }
    ]
    if with_model:
        hooks.append(
            {
                "id": "pipelinekit-compile",
                "name": "pipelinekit compile --check",
                "entry": f"pipelinekit compile --check{at}",
                "language": "system",
                "files": rf"^{below}(pipeline\.py|dvc\.yaml)$" if below else r"(^|/)(pipeline\.py|dvc\.yaml)$",
                "pass_filenames": False,
            }
        )
    # a warning: what is stale is no reason to stop a commit, and is shown all the same
    hooks.append(
        {
            "id": "pipelinekit-status",
            "name": "pipelinekit status",
            "entry": f"pipelinekit status --exit-zero{at}",
            "language": "system",
            "always_run": True,
            "pass_filenames": False,
            "verbose": True,
        }
    )
    return hooks


def add_hooks(around: Surroundings, added: Additions, *, with_model: bool) -> None:
    """Have `.pre-commit-config.yaml` list the hooks, and git call pre-commit. Raises WriteError."""
    path = os.path.join(around.top, CONFIG)
    wanted = hook_entries(around.inner, with_model=with_model)
    try:
        text = read_text(path)
    except FileNotFoundError:
        added.add(path, _HEAD + "repos:\n- repo: local\n  hooks:\n" + _lines(wanted))
    except UnreadableError as error:
        added.notes.append(f"{CONFIG} can't be read ({error}); add the hook 'pipelinekit-lint' to it.")
        return
    else:
        after = with_hooks(text, wanted)
        if after is None:
            names = ", ".join(hook["id"] for hook in wanted)
            added.notes.append(f"{CONFIG} is written in a way that can't be added to; add the hooks {names} to it.")
        else:
            added.edit(path, text, after)
    _install(around, added)


def _lines(hooks: list[dict[str, Any]]) -> str:
    from pipelinekit.yaml.write import block_lines, indented

    return "".join(f"{line}\n" for line in indented(block_lines(hooks), "  "))


def with_hooks(text: str, wanted: list[dict[str, Any]]) -> str | None:
    """A configuration with those of the hooks that it lacks, else byte for byte as it was; None if it can't."""
    document = parse(text, CONFIG)
    repos = document.root.get("repos") if isinstance(document.root, Mapping) else None
    if document.is_broken or not isinstance(repos, Sequence):
        return None
    there = {hook.get("entry", hook.get("id")) for hook in _hooks(document)}
    ids = {hook.get("id") for hook in _hooks(document)}
    missing = [hook for hook in wanted if hook["entry"] not in there and hook["id"] not in ids]
    # of two projects in one repository each needs hooks of its own
    missing += [
        hook for hook in wanted if hook["id"] in ids and "--project" in hook["entry"] and hook["entry"] not in there
    ]
    if not missing:
        return text
    entry = {"repo": "local", "hooks": missing}
    try:
        after = apply_edits(text, insert_item(repos, len(repos.items), entry)) if repos.items else None
    except CannotEditError:
        return None
    if after is None:
        after = _filled_empty(text, repos, missing)
    new = parse(after, CONFIG) if after is not None else None
    if new is None or new.is_broken or not isinstance(new.root, Mapping) or not isinstance(document.root, Mapping):
        return None
    expected = {**document.root.data, "repos": [*repos.data, entry]}
    return after if new.root.data == expected else None


def _filled_empty(text: str, repos: Sequence, missing: list[dict[str, Any]]) -> str | None:
    """`repos: []`, of which nothing but the brackets goes."""
    if text[repos.start : repos.end].replace(" ", "") != "[]":
        return None
    ending = "\r\n" if "\r\n" in text else "\n"
    block = f"\n- repo: local\n  hooks:\n{_lines(missing)}".rstrip("\n").replace("\n", ending)
    return text[: repos.start].rstrip(" ") + block + text[repos.end :]


def _hooks(document: Document) -> list[dict[str, Any]]:
    data = document.root.data if isinstance(document.root, Mapping) else {}
    return [
        hook
        for repo in data.get("repos") or []
        if isinstance(repo, dict)
        for hook in (repo.get("hooks") or [])
        if isinstance(hook, dict)
    ]


def _install(around: Surroundings, added: Additions) -> None:
    """Have git call pre-commit, where there is one; a hook of the user's own stays and is called first."""
    folder = (ask_git(around.top, ["rev-parse", "--git-path", "hooks"]) or "").strip()
    hook = os.path.join(around.top, folder, "pre-commit")
    if not folder or _calls_pre_commit(hook):
        return
    beside = os.path.join(os.path.dirname(sys.executable), "pre-commit")
    program = shutil.which("pre-commit") or (beside if os.path.exists(beside) else None)
    if program is None:
        added.notes.append("Run 'pip install pre-commit && pre-commit install' for git to call the hooks.")
        return
    try:
        result = subprocess.run([program, "install"], cwd=around.top, capture_output=True, text=True, check=False)
    except OSError as error:
        added.notes.append(f"'pre-commit install' could not be run: {error.strerror}.")
        return
    if result.returncode:
        said = (result.stdout + result.stderr).strip().splitlines() or ["it failed"]
        added.notes.append(f"git does not call the hooks yet: 'pre-commit install' says: {said[0]}")
    else:
        added.made.append(os.path.normpath(hook))


def _calls_pre_commit(hook: str) -> bool:
    try:
        with open(hook, encoding="utf-8", errors="replace") as file:
            return "pre-commit" in file.read()
    except OSError:
        return False


# --- post-receive -------------------------------------------------------------------------------------------


def add_post_receive(around: Surroundings, repository: str, added: Additions) -> None:
    """A `post-receive` hook in a bare repository on this machine. Raises ScaffoldError, WriteError."""
    bare = os.path.abspath(repository)
    if not os.path.isdir(bare):
        raise ScaffoldError(
            f"{repository} is no folder: 'git init --bare {shlex.quote(repository)}' makes a repository"
        )
    answer = (ask_git(bare, ["rev-parse", "--is-bare-repository", "--git-dir"]) or "").split("\n")
    if answer[0] != "true":
        raise ScaffoldError(f"{repository} is no bare repository: a hook there would run in somebody's work tree")
    folder = (ask_git(bare, ["rev-parse", "--git-path", "hooks"]) or "hooks").strip()
    path = os.path.join(bare, folder, "post-receive")
    here = os.path.dirname(os.path.abspath(sys.executable))
    if added.add(
        path, filled("post-receive", bin=shlex.quote(here), python=shlex.quote(os.path.abspath(sys.executable)))
    ):
        os.chmod(path, os.stat(path).st_mode | 0o111)  # noqa: S103 - git runs it
    if around.inner != "." and not (ask_git(bare, ["config", "pipelinekit.project"]) or "").strip():
        ask_git(bare, ["config", "pipelinekit.project", around.inner])
