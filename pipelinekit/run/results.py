"""The commit of what a run gives to git: the locks, what DVC ignores, and outputs that are not in the cache."""

from __future__ import annotations

import os
import subprocess

from pipelinekit.project.git import GIT
from pipelinekit.project.lock import LOCK
from pipelinekit.project.project import open_project
from pipelinekit.resolve.index import Index

#: By this line a commit is known for one of ours: it starts no run, and CI skips it.
TRAILER = "Pipelinekit-Run"
_NAME = "pipelinekit"
_EMAIL = "pipelinekit@localhost"


class GitError(Exception):
    """Something that git refused."""


def commit_results(folder: str) -> str | None:
    """Commit what changed of the results of the project in a folder; the commit, None if nothing changed.

    Raises GitError, NoProjectError.
    """
    root = open_project(folder).root
    _stage(root)
    if _git(root, "diff", "--cached", "--quiet", check=False).returncode == 0:
        return None
    ran = _git(root, "rev-parse", "HEAD").stdout.strip()
    subject = _git(root, "log", "-1", "--format=%s").stdout.strip()
    message = f"Record the results of {ran[:7]} [skip ci]\n\n{subject}\n\n{TRAILER}: {ran}\n"
    _git(root, "commit", "--quiet", "--no-verify", "--no-gpg-sign", "--file", "-", stdin=message)
    return _git(root, "rev-parse", "HEAD").stdout.strip()


def is_own_commit(folder: str, revision: str) -> bool:
    """Whether a commit records the results of a run, and brings nothing else."""
    found = _git(folder, "log", "-1", f"--format=%(trailers:key={TRAILER},valueonly)%x00%ae", revision, check=False)
    trailer, _, author = found.stdout.partition("\0")
    return bool(trailer.strip()) and author.strip() == _EMAIL


def _stage(root: str) -> None:
    """Put into the index what a run writes; nothing that merely lies about."""
    index = Index(open_project(root))
    paths = {out.path for stage in index.stages for out in stage.outs if not out.cache}
    for pipeline in index.pipelines:
        folder = os.path.dirname(pipeline.path)
        paths.add(os.path.join(folder, LOCK))
    for stage in index.stages:
        paths |= {os.path.join(os.path.dirname(out.path), ".gitignore") for out in stage.outs if out.cache}
    inside = [path for path in sorted(paths) if not path.startswith("..") and os.path.exists(os.path.join(root, path))]
    if inside:
        # what git ignores was not meant for it
        _git(root, "--literal-pathspecs", "add", "--ignore-errors", "--", *inside, check=False)


def _git(
    folder: str, *arguments: str, stdin: str | None = None, check: bool = True
) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "GIT_AUTHOR_NAME": _NAME,
        "GIT_AUTHOR_EMAIL": _EMAIL,
        "GIT_COMMITTER_NAME": _NAME,
        "GIT_COMMITTER_EMAIL": _EMAIL,
        "LC_ALL": "C",
    }
    try:
        result = subprocess.run(
            [*GIT, *arguments],
            cwd=folder,
            env=environment,
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            errors="surrogateescape",
            check=False,
        )
    except OSError as error:
        raise GitError(f"can't run git: {error.strerror}") from None
    if check and result.returncode:
        said = (result.stderr.strip().splitlines() or [f"it ended with {result.returncode}"])[-1]
        raise GitError(f"git {arguments[0]}: {said}")
    return result
