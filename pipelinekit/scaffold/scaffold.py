"""Starts a project from a template, or gives one that is there what it lacks. Nothing is ever overwritten."""

from __future__ import annotations

import os
import subprocess
from typing import Literal, NamedTuple

from pipelinekit.generate.generate import generate_files
from pipelinekit.project.collect import DVC_FOLDER, DVC_YAML
from pipelinekit.project.disk import UnreadableError, read_text
from pipelinekit.project.git import has_repository
from pipelinekit.project.project import find_root
from pipelinekit.project.writing import Write, write_files
from pipelinekit.scaffold.additions import Additions, ScaffoldError
from pipelinekit.scaffold.ci import add_github_workflow, add_gitlab_pipeline
from pipelinekit.scaffold.docker import add_image
from pipelinekit.scaffold.hooks import add_hooks, add_post_receive
from pipelinekit.scaffold.remote import Remote, add_remote
from pipelinekit.scaffold.surroundings import look_around

Template = Literal["plain", "sklearn"]
TEMPLATES: tuple[Template, ...] = ("plain", "sklearn")
_FOLDER = os.path.join(os.path.dirname(__file__), "templates")
_HOOKS = ".pre-commit-config.yaml"
# What may be in a folder that still counts as empty.
_NOTHING = frozenset(
    {".git", ".gitignore", ".gitattributes", "LICENSE", ".venv", "venv", ".idea", ".vscode", ".DS_Store"}
)
# What `dvc init` writes; DVC itself is not needed to start a project.
_DVC_FILES = {
    f"{DVC_FOLDER}/config": "",
    f"{DVC_FOLDER}/.gitignore": "/config.local\n/tmp\n/cache\n",
}


class Around(NamedTuple):
    """What is to be written around a project."""

    #: `github`, `gitlab`
    ci: tuple[str, ...] = ()
    hooks: bool = False
    #: a bare repository on this machine that gets a post-receive hook
    post_receive: str | None = None
    docker: bool = False
    remote: Remote | None = None
    #: whether the remote is tried before it is configured
    check: bool = True


class Scaffolded(NamedTuple):
    """What was done: files that were made, files that were there, and whether a template was used.

    `scripts` are those of a folder that has no pipeline yet; `lacks_hook` says that its own hooks don't lint.
    """

    folder: str
    made: list[str]
    kept: list[str]
    from_template: bool
    scripts: list[str]
    lacks_hook: bool


def scaffold(folder: str, template: Template, *, with_hooks: bool = True) -> Scaffolded:
    """A whole project in an empty folder; in any other one, what a DVC project needs and it lacks.

    Without `with_hooks` the configuration of pre-commit is left to somebody else. Raises ScaffoldError, WriteError.
    """
    folder = os.path.abspath(folder)
    try:
        os.makedirs(folder, exist_ok=True)
        content = sorted(os.listdir(folder))
    except OSError as error:
        raise ScaffoldError(f"can't use {folder}: {error.strerror}") from None
    is_empty = not set(content) - _NOTHING
    had_git = has_repository(folder)
    has_git = had_git or _init_git(folder)
    files = _template_files(template, os.path.basename(folder)) if is_empty else {}
    for path, text in {
        **_shared_files(with_model=is_empty or "pipeline.py" in content),
        **_dvc_files(folder, has_git),
    }.items():
        files.setdefault(path, text)
    if not with_hooks:
        files.pop(_HOOKS, None)
    made, kept = _write_missing(folder, files)
    if is_empty:
        generate_files(os.path.join(folder, "pipeline.py"), write=True)
        made.append(DVC_YAML)
    scripts = (
        []
        if DVC_YAML in [*content, *made]
        else [name for name in content if name.endswith((".py", ".ipynb", ".R", ".sh"))]
    )
    if has_git and not had_git:
        made.append(".git")
    return Scaffolded(folder, sorted(made), sorted(kept), is_empty, scripts, _HOOKS in kept and _lacks_hook(folder))


def surround(folder: str, wanted: Around) -> Additions:
    """Add what is wanted around a project that is there. Raises ScaffoldError, WriteError.

    What needs nothing from outside comes last, so that nothing is half done because a remote can't be reached.
    """
    added = Additions()
    root = find_root(os.path.abspath(folder))
    if root is None:
        raise ScaffoldError(f"there is no DVC project in {folder}")
    if wanted.remote is not None:
        add_remote(root, wanted.remote, added, check=wanted.check)
    around = look_around(root)
    if wanted.post_receive is not None:
        add_post_receive(around, wanted.post_receive, added)
    if wanted.hooks:
        add_hooks(around, added, with_model=os.path.exists(os.path.join(root, "pipeline.py")))
    if wanted.docker:
        add_image(around, added)
    for service in wanted.ci:
        add = add_github_workflow if service == "github" else add_gitlab_pipeline
        add(around, added, with_image=wanted.docker)
    added.notes[:] = dict.fromkeys(added.notes)
    return added


def _lacks_hook(folder: str) -> bool:
    try:
        return "pipelinekit" not in read_text(os.path.join(folder, _HOOKS))
    except (OSError, UnreadableError):
        return True


def _init_git(folder: str) -> bool:
    try:
        result = subprocess.run(["git", "init", "--quiet"], cwd=folder, capture_output=True, check=False)
    except OSError:
        return False
    return result.returncode == 0


def _dvc_files(folder: str, has_git: bool) -> dict[str, str]:
    """The files of `dvc init`, unless the folder is in a DVC project already."""
    if find_root(folder) is not None:
        return {}
    files = dict(_DVC_FILES)
    if not has_git:
        files[f"{DVC_FOLDER}/config"] = "[core]\n    no_scm = True\n"
    return files


def _shared_files(*, with_model: bool) -> dict[str, str]:
    files = _read_folder("shared")
    compile_hook = files.pop("compile-hook.yaml")
    if with_model:
        files[_HOOKS] += compile_hook
    return files


def _template_files(template: Template, name: str) -> dict[str, str]:
    files = _read_folder(template)
    files["README.md"] = files["README.md"].replace("{name}", name)
    return files


def _read_folder(name: str) -> dict[str, str]:
    """The files of a template, by their path in the project."""
    root = os.path.join(_FOLDER, name)
    files: dict[str, str] = {}
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        for file in sorted(names):
            path = os.path.join(folder, file)
            with open(path, encoding="utf-8") as stream:
                files[os.path.relpath(path, root).replace(os.sep, "/")] = stream.read()
    return files


def _write_missing(folder: str, files: dict[str, str]) -> tuple[list[str], list[str]]:
    missing = {path: text for path, text in files.items() if not os.path.lexists(os.path.join(folder, path))}
    write_files([Write(os.path.join(folder, path), text, None) for path, text in missing.items()])
    return list(missing), [path for path in files if path not in missing]
