"""What a push to a bare repository starts: the branch is queued, and one worker at a time runs what is queued.

All of it lies in the folder `pipelinekit` of the repository:

    queue/BRANCH     a branch that waits; a newer push of it replaces the older one
    running/BRANCH   the branch that the worker has taken; left over if the worker is killed
    seen/BRANCH      the commit of a branch that a worker has taken last, or that was there before the hook was
    lock             held by the worker as long as it lives
    worktree/        the one checkout, used again and again
    cache/           the cache of DVC, unless the project's own configuration names another place
    unlogged         the commit with results of which MLflow was not told yet
    config.local     if it is there, the start of `.dvc/config.local`: credentials of this machine
    logs/            one file per run

A job is taken by renaming its file, and its file goes when the job is done: whenever the worker is killed, the next
one finds the job, in one of the two folders. The pusher only writes a file and starts a process of its own; if the
hook is killed before it does, the next worker sees that the branch is at a commit that nobody has run.
"""

from __future__ import annotations

import contextlib
import fnmatch
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Iterable, Iterator
from typing import IO, NamedTuple

from pipelinekit.project.config import LOCAL, Config
from pipelinekit.project.configuration import ConfigurationError
from pipelinekit.project.disk import UnreadableError, read_text
from pipelinekit.project.git import GIT
from pipelinekit.project.writing import replace_file
from pipelinekit.run.results import GitError, commit_results, is_own_commit
from pipelinekit.run.tracking_settings import tracking_settings
from pipelinekit.yaml.tree import Document

FOLDER = "pipelinekit"
_HEADS = "refs/heads/"
#: How often a job is tried whose worker or run was killed, or whose results could not be pushed.
_TRIES = 3
_LOGS = 100
_CACHE_LIMIT = 20 * 2**30
#: Set for all that a worker starts, by which what a killed one left running is found.
_MARK = "PIPELINEKIT_RECEIVE"
_RUN = (sys.executable, "-m", "pipelinekit", "run")


class ReceiveError(Exception):
    """A repository in which nothing can be received, or run."""


class Job(NamedTuple):
    """A branch to run, and how often that was tried before."""

    branch: str
    pushed: str
    tries: int = 0


class Settings(NamedTuple):
    """What `git config pipelinekit.…` of the repository says."""

    branches: tuple[str, ...]
    project: str
    cache_limit: int


class Repository:
    """A bare repository and the folder in which its runs live."""

    def __init__(self, path: str) -> None:
        self.path = os.path.abspath(path)
        self.folder = os.path.join(self.path, FOLDER)

    def at(self, *names: str) -> str:
        return os.path.join(self.folder, *names)

    def settings(self) -> Settings:
        """Raises ReceiveError."""
        head = self.git("symbolic-ref", "--short", "HEAD", check=False)
        branches = self.git("config", "--get-all", "pipelinekit.branch", check=False).split("\n")
        project = self.git("config", "pipelinekit.project", check=False) or "."
        limit = self.git("config", "--type=int", "pipelinekit.cachelimit", check=False)
        if os.path.isabs(project) or ".." in project.split("/"):
            raise ReceiveError(f"pipelinekit.project is '{project}', which is not in the repository")
        found = tuple(filter(None, branches)) or ((head,) if head else ())
        return Settings(found, project, int(limit) if limit else _CACHE_LIMIT)

    def git(self, *arguments: str, check: bool = True) -> str:
        """What git prints, without the last line break. Raises ReceiveError."""
        result = subprocess.run([*GIT, *arguments], cwd=self.path, env=_environment(), capture_output=True, check=False)
        if check and result.returncode:
            said = result.stderr.decode("utf-8", "replace").strip().splitlines() or ["it failed"]
            raise ReceiveError(f"git {arguments[0]}: {said[-1]}")
        return result.stdout.decode("utf-8", "surrogateescape").rstrip("\n") if not result.returncode else ""


def _environment() -> dict[str, str]:
    """The environment without what git tells its hooks, which would lead git elsewhere."""
    kept = {name: value for name, value in os.environ.items() if not _is_gits_own(name)}
    return {**kept, "DVC_NO_ANALYTICS": "1"}


def _is_gits_own(name: str) -> bool:
    return name.startswith("GIT_") and not name.startswith(("GIT_SSH", "GIT_CONFIG", "GIT_TRACE"))


# --- the push -----------------------------------------------------------------------------------------------


def receive(repository: Repository, lines: Iterable[str]) -> list[str]:
    """Queue the branches of a push (`old new ref`, as git tells the hook) and start a worker; what to tell the pusher.

    Raises ReceiveError.
    """
    patterns = repository.settings().branches
    told: list[str] = []
    pushes = [([*line.split(), "", "", ""])[:3] for line in lines]
    _note_what_was_there(repository, {reference: old for old, _, reference in pushes})
    for _, new, reference in pushes:
        branch = reference.removeprefix(_HEADS)
        if not reference.startswith(_HEADS) or not new.strip("0"):
            continue
        if not _is_meant(branch, patterns):
            continue
        if is_own_commit(repository.path, new):
            told.append(f"{branch} is at the results of a run: nothing to do")
            continue
        _put(repository, "queue", Job(branch, new))
        told.append(f"{branch} at {new[:7]} is queued; its log will be in {repository.at('logs')}")
    if _waiting(repository):
        start_worker(repository)
    return told


def _note_what_was_there(repository: Repository, before: dict[str, str]) -> None:
    """At the first push: what lay in the repository before, when there was no hook, is nothing that was missed."""
    if os.path.isdir(repository.at("seen")):
        return
    for reference, commit in {**_tips(repository), **before}.items():
        if reference.startswith(_HEADS) and commit.strip("0"):
            _note_seen(repository, reference.removeprefix(_HEADS), commit)
    os.makedirs(repository.at("seen"), exist_ok=True)


def _tips(repository: Repository) -> dict[str, str]:
    """The commits of all branches, by `refs/heads/BRANCH`."""
    output = repository.git("for-each-ref", "--format=%(objectname) %(refname)", _HEADS)
    return {reference: commit for commit, _, reference in (line.partition(" ") for line in output.split("\n") if line)}


def _note_seen(repository: Repository, branch: str, commit: str) -> None:
    os.makedirs(repository.at("seen"), exist_ok=True)
    replace_file(repository.at("seen", _file_name(branch)), commit + "\n")


def start_worker(repository: Repository) -> None:
    """A process of its own, that holds nothing which the pusher waits for."""
    os.makedirs(repository.at("logs"), exist_ok=True)
    with open(repository.at("worker.log"), "ab") as log:
        subprocess.Popen(
            [sys.executable, "-m", "pipelinekit", "hook", "post-receive", "--resume", repository.path],
            cwd=repository.path,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def _put(repository: Repository, folder: str, job: Job) -> None:
    os.makedirs(repository.at(folder), exist_ok=True)
    replace_file(repository.at(folder, _file_name(job.branch)), json.dumps(job._asdict()) + "\n")


def _file_name(branch: str) -> str:
    return urllib.parse.quote(branch, safe="")


def _waiting(repository: Repository) -> list[str]:
    """The files of jobs that wait or were left over, the one that has waited longest first."""
    found: list[tuple[float, str]] = []
    for folder in ("running", "queue"):
        with contextlib.suppress(FileNotFoundError), os.scandir(repository.at(folder)) as entries:
            found += [(entry.stat().st_mtime, entry.name) for entry in entries if not entry.name.startswith(".")]
    return [name for _, name in sorted(found)]


def _read(path: str) -> Job | None:
    try:
        data = json.loads(read_text(path))
        return Job(str(data["branch"]), str(data["pushed"]), int(data["tries"]))
    except (OSError, UnreadableError, ValueError, KeyError, TypeError):
        return None


# --- the worker ---------------------------------------------------------------------------------------------


def work(repository: Repository, *, can_run: bool) -> int:
    """Run what is queued, until nothing is; how many jobs were run.

    `can_run` says whether `pipelinekit run` is there; `dvc repro` else. Another worker that is at it takes all over.
    Raises ReceiveError.
    """
    done, later = 0, set[tuple[str, str]]()
    while True:
        with _locked(repository) as is_mine:
            if not is_mine:
                return done
            _take_up_what_was_left(repository)
            _queue_what_was_missed(repository)
            while (job := _take(repository, later)) is not None:
                if _run(repository, job, can_run=can_run):
                    later.add((job.branch, job.pushed))
                done += 1
        # whoever queued something while the lock was still held has seen it held, and left
        if not any(_is_new(repository, name, later) for name in _waiting(repository)):
            return done


def _is_new(repository: Repository, name: str, later: set[tuple[str, str]]) -> bool:
    job = _read(repository.at("queue", name))
    return job is not None and (job.branch, job.pushed) not in later


@contextlib.contextmanager
def _locked(repository: Repository) -> Iterator[bool]:
    """Whether this process is the worker; the system lets go of the lock if it is killed."""
    import fcntl

    os.makedirs(repository.folder, exist_ok=True)
    with open(repository.at("lock"), "a+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        file.truncate(0)
        file.write(f"{os.getpid()}\n".encode())
        file.flush()
        yield True


def _take_up_what_was_left(repository: Repository) -> None:
    """Put back what a killed worker was at, unless a newer push of the branch waits, and end what it left running."""
    _end_what_is_running(repository)
    folder = repository.at("running")
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else ():
        path, queued = os.path.join(folder, name), repository.at("queue", name)
        job = _read(path)
        if job is not None and not os.path.exists(queued) and job.tries < _TRIES:
            _put(repository, "queue", job)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)


def _queue_what_was_missed(repository: Repository) -> None:
    """Queue the branches that were pushed while the hook was killed, or the machine went down."""
    patterns = repository.settings().branches
    for reference, commit in _tips(repository).items():
        branch = reference.removeprefix(_HEADS)
        if not _is_meant(branch, patterns) or os.path.exists(repository.at("queue", _file_name(branch))):
            continue
        with contextlib.suppress(OSError, UnreadableError):
            if read_text(repository.at("seen", _file_name(branch))).strip() == commit:
                continue
        if not is_own_commit(repository.path, commit):
            _put(repository, "queue", Job(branch, commit))


def _is_meant(branch: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch.fnmatchcase(branch, pattern) for pattern in patterns)


def _end_what_is_running(repository: Repository) -> None:
    """Kill processes that a killed worker started, which would still write into the work tree. Linux only."""
    mark = f"{_MARK}={repository.path}".encode()
    for name in os.listdir("/proc") if os.path.isdir("/proc") else ():
        if not name.isdigit() or int(name) == os.getpid():
            continue
        try:
            with open(f"/proc/{name}/environ", "rb") as file:
                is_ours = mark in file.read().split(b"\0")
            if is_ours:
                os.kill(int(name), signal.SIGKILL)
        except OSError:
            continue


def _take(repository: Repository, later: set[tuple[str, str]]) -> Job | None:
    """The next job, now among the running ones; those of `later` are for the next worker."""
    for name in _waiting(repository):
        queued, running = repository.at("queue", name), repository.at("running", name)
        os.makedirs(os.path.dirname(running), exist_ok=True)
        job = _read(queued)
        if job is not None and (job.branch, job.pushed) in later:
            continue
        try:
            os.rename(queued, running)
        except FileNotFoundError:
            continue
        job = _read(running)  # a push may have replaced it a moment ago
        if job is None:
            os.unlink(running)  # whatever it was, it names no branch
            continue
        job = job._replace(tries=job.tries + 1)
        _put(repository, "running", job)
        return job
    return None


def _run(repository: Repository, job: Job, *, can_run: bool) -> bool:
    """Run one job to its end, good or bad; what it says goes to its log. Whether it is queued once more, for later."""
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
    path = repository.at("logs", f"{stamp}-{_file_name(job.branch)[:60]}-{job.pushed[:7]}.log")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    again = False
    with open(path, "ab") as log:
        try:
            again = not _Run(repository, job, log, can_run=can_run).go()
        except (ReceiveError, GitError, OSError) as error:
            _say(log, f"stopped: {error}")
        except Exception as error:  # the branches behind it must run all the same
            _say(log, f"stopped by a bug in pipelinekit: {type(error).__name__}: {error}")
    name = _file_name(job.branch)
    again = again and job.tries < _TRIES and not os.path.exists(repository.at("queue", name))
    if again:
        _put(repository, "queue", job)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(repository.at("running", name))
    for old in sorted(os.listdir(repository.at("logs")))[:-_LOGS]:
        os.unlink(repository.at("logs", old))
    return again


def _say(log: IO[bytes], text: str) -> None:
    log.write(f"{time.strftime('%H:%M:%S', time.gmtime())} pipelinekit: {text}\n".encode("utf-8", "backslashreplace"))
    log.flush()


class _Run:
    """One job at work."""

    def __init__(self, repository: Repository, job: Job, log: IO[bytes], *, can_run: bool) -> None:
        self.repository = repository
        self.job = job
        self.log = log
        self.settings = repository.settings()
        self.tree = repository.at("worktree")
        self.project = os.path.normpath(os.path.join(self.tree, self.settings.project))
        self.can_run = can_run

    def go(self) -> bool:
        """False if it should be tried again: the run was killed, or the results could not be pushed."""
        commit = self.repository.git("rev-parse", "--verify", "--quiet", f"{_HEADS}{self.job.branch}", check=False)
        if not commit:
            self.say(f"{self.job.branch} is gone")
            return True
        _note_seen(self.repository, self.job.branch, commit)
        self._log_results()  # of the run before, if need be
        if is_own_commit(self.repository.path, commit):
            self.say(f"{self.job.branch} is at the results of a run")
            return True
        self.say(f"{self.job.branch} at {commit}")
        self._check_out(commit)
        if not os.path.isdir(os.path.join(self.project, ".dvc")):
            raise ReceiveError(f"there is no DVC project in {self.settings.project}")
        self._configure()
        has_remote = bool(self._ask("dvc", "config", "core.remote"))
        if has_remote:
            # what the remote does not have is run; that it can't be reached shows again when it is pushed to
            self.call("dvc", "pull", "--quiet", "--run-cache", "--allow-missing", "--force")
        else:
            self.call("dvc", "checkout", "--quiet", "--force", "--allow-missing")
        status = self.call(*_RUN if self.can_run else ("dvc", "repro"))
        if status:
            if status < 0:
                _end_what_is_running(self.repository)
            what = "was killed; the next worker goes on with it" if status < 0 else "failed"
            self.say(f"{what}; what has run is in the cache, and is not run again")
            if has_remote:
                self.call("dvc", "push", "--quiet", "--run-cache")
            return status > 0
        # a lock must not be in git before its data is where others can have it
        if has_remote and self.call("dvc", "push", "--quiet", "--run-cache"):
            self.say("the results could not be pushed: dvc.lock is not committed; the next push tries again")
            return False
        self._record(commit)
        self._log_results()
        self._bound_cache(has_remote=has_remote)
        return True

    def say(self, text: str) -> None:
        _say(self.log, text)

    def call(self, *command: str) -> int:
        """Run a program in the project, its output in the log; its exit status, 127 if there is none."""
        self.say("$ " + " ".join(command))
        try:
            return subprocess.run(
                command,
                cwd=self.project,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=self.log,
                stderr=self.log,
                check=False,
            ).returncode
        except OSError as error:
            self.say(f"can't run {command[0]}: {error.strerror}")
            return 127

    def _ask(self, *command: str) -> str:
        try:
            return subprocess.run(
                command,
                cwd=self.project,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                check=False,
            ).stdout.strip()
        except OSError:
            return ""

    def _environment(self) -> dict[str, str]:
        # the programs beside this Python come first: dvc, and the python that the stages call
        path = os.pathsep.join([os.path.dirname(sys.executable), os.environ.get("PATH", os.defpath)])
        return {**_environment(), "PATH": path, _MARK: self.repository.path}

    def _check_out(self, commit: str) -> None:
        """The work tree at a commit; what git ignores stays, and with it the outputs that are still right."""
        git = self.repository.git
        git("worktree", "prune")
        state = git("rev-parse", "--git-common-dir", check=False)  # the bare repository itself
        for lock in ("index.lock", "HEAD.lock"):  # left by a git that was killed; no other is at work here
            with contextlib.suppress(FileNotFoundError):
                os.unlink(os.path.join(self.repository.path, state, "worktrees", "worktree", lock))
        if os.path.exists(os.path.join(self.tree, ".git")):
            with contextlib.suppress(ReceiveError):
                git("-C", self.tree, "checkout", "--quiet", "--force", "--detach", commit)
                git("-C", self.tree, "clean", "--quiet", "-d", "--force", "--force")
                return
        shutil.rmtree(self.tree, ignore_errors=True)
        git("worktree", "prune")
        git("worktree", "add", "--quiet", "--force", "--detach", self.tree, commit)

    def _configure(self) -> None:
        """`.dvc/config.local` of the work tree: that of this machine, and a cache that outlives the work tree."""
        try:
            own = read_text(self.repository.at("config.local"))
        except (OSError, UnreadableError):
            own = ""
        shared = ""
        with contextlib.suppress(OSError, UnreadableError):
            shared = read_text(os.path.join(self.project, ".dvc", "config"))
        has_cache = any(Config(Document(text, LOCAL)).get("cache", "dir") is not None for text in (own, shared))
        text = own if not own or own.endswith("\n") else own + "\n"
        if not has_cache:
            text += f"[cache]\n    dir = {self.repository.at('cache')}\n"
        replace_file(os.path.join(self.project, *LOCAL.split("/")), text)

    def _is_logged(self) -> bool:
        """Whether MLflow hears of runs."""
        try:
            return self.can_run and tracking_settings(self.project) is not None
        except ConfigurationError:
            return False

    def _log_results(self) -> None:
        """Tell MLflow of the commit with results that is checked out: else the next one would pass for it."""
        note = self.repository.at("unlogged")
        with contextlib.suppress(OSError, UnreadableError, ReceiveError):
            is_here = read_text(note).strip() == self.repository.git("-C", self.tree, "rev-parse", "HEAD")
            if not is_here or self.call(*_RUN, "--log-only") == 0:
                os.unlink(note)

    def _record(self, commit: str) -> None:
        """Commit the results and move the branch, unless somebody else has moved it meanwhile."""
        made = commit_results(self.project)
        if made is None:
            self.say("nothing has changed")
            return
        reference = f"{_HEADS}{self.job.branch}"
        try:
            self.repository.git("update-ref", "-m", "pipelinekit: results", reference, made, commit)
        except ReceiveError:
            self.say(f"{self.job.branch} has moved on: its newer state is run, and finds these results in the cache")
            return
        self.say(f"recorded in {made}")
        if self._is_logged():
            replace_file(self.repository.at("unlogged"), made + "\n")

    def _bound_cache(self, *, has_remote: bool) -> None:
        """Drop from the cache what this state does not need, once it is too large and the remote has it."""
        folder = self.repository.at("cache")
        if not has_remote or not os.path.isdir(folder) or _size(folder) <= self.settings.cache_limit:
            return
        self.say("the cache is larger than pipelinekit.cachelimit: only what this state uses is kept")
        self.call("dvc", "gc", "--quiet", "--workspace", "--force")


def _size(folder: str) -> int:
    total = 0
    for at, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(at, name)).st_size
    return total
