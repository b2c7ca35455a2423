"""A bare repository with the hook: what is queued, by whom it is run, and what is left when a worker is killed."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelinekit.run import receive as module
from pipelinekit.run.receive import Job, ReceiveError, Repository, receive, work
from pipelinekit.run.results import TRAILER
from tests.end_to_end.programs import call
from tests.small_projects import write


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone with one commit on main, pushed to `bare.git` beside it."""
    call("git", "init", "--quiet", "--bare", "--initial-branch=main", "bare.git", folder=tmp_path)
    call("git", "init", "--quiet", "--initial-branch=main", "clone", folder=tmp_path)
    folder = tmp_path / "clone"
    (folder / "README.md").write_text("first\n")
    commit(folder)
    call("git", "push", "--quiet", "../bare.git", "main", folder=folder)
    return folder


@pytest.fixture
def repository(clone: Path) -> Repository:
    """One whose hook has received something before."""
    found = Repository(str(clone.parent / "bare.git"))
    module._note_what_was_there(found, {})
    return found


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Repository]:
    """The repositories for which a worker was started: none really is."""
    found: list[Repository] = []
    monkeypatch.setattr(module, "start_worker", found.append)
    return found


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[Job]:
    """The jobs that were run, of which each only counts."""
    found: list[Job] = []

    def run(repository: Repository, job: Job, *, can_run: bool) -> bool:
        found.append(job)
        os.unlink(repository.at("running", module._file_name(job.branch)))
        return False

    monkeypatch.setattr(module, "_run", run)
    return found


def commit(folder: Path, message: str = "mine") -> str:
    call("git", "add", "--all", folder=folder)
    call("git", "commit", "--quiet", "--allow-empty", "-m", message, folder=folder)
    return head(folder)


def head(folder: Path, revision: str = "HEAD") -> str:
    return call("git", "rev-parse", revision, folder=folder).strip()


def line(new: str, branch: str = "main", old: str = "0" * 40) -> str:
    return f"{old} {new} refs/heads/{branch}\n"


def queued(repository: Repository, folder: str = "queue") -> dict[str, str]:
    path = Path(repository.at(folder))
    jobs = [json.loads(file.read_text()) for file in path.iterdir()] if path.is_dir() else []
    return {job["branch"]: job["pushed"] for job in jobs}


# --- the push -----------------------------------------------------------------------------------------------


def test_a_push_is_queued_and_a_worker_started(clone: Path, repository: Repository, started: list[Repository]) -> None:
    told = receive(repository, [line(head(clone))])
    assert queued(repository) == {"main": head(clone)}
    assert started == [repository]
    assert told == [f"main at {head(clone)[:7]} is queued; its log will be in {repository.at('logs')}"]


def test_the_newest_push_of_a_branch_wins(clone: Path, repository: Repository, started: list[Repository]) -> None:
    first = head(clone)
    second = commit(clone)
    call("git", "push", "--quiet", "../bare.git", "main", folder=clone)
    receive(repository, [line(first)])
    receive(repository, [line(second)])
    assert queued(repository) == {"main": second}


def test_what_is_no_branch_to_run_is_not_queued(clone: Path, repository: Repository, started: list[Repository]) -> None:
    new = head(clone)
    deleted = f"{new} {'0' * 40} refs/heads/main\n"
    assert receive(repository, [deleted, f"{'0' * 40} {new} refs/tags/v1\n", line(new, "wip"), "\n"]) == []
    assert queued(repository) == {}
    assert started == []


def test_the_branches_are_a_setting(clone: Path, repository: Repository, started: list[Repository]) -> None:
    for pattern in ("feature/*", "dev"):
        call("git", "config", "--add", "pipelinekit.branch", pattern, folder=Path(repository.path))
    new = head(clone)
    receive(repository, [line(new, name) for name in ("main", "dev", "feature/a", "feature/b%", "fix/feature/a")])
    assert set(queued(repository)) == {"dev", "feature/a", "feature/b%"}


def test_its_own_commit_starts_nothing(clone: Path, repository: Repository, started: list[Repository]) -> None:
    message = f"Record the results [skip ci]\n\n{TRAILER}: {head(clone)}"
    own = ("-c", "user.name=pipelinekit", "-c", "user.email=pipelinekit@localhost")
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    subprocess.run(
        ["git", *own, "commit", "-q", "--allow-empty", "-m", message], cwd=clone, env=environment, check=True
    )
    call("git", "push", "--quiet", "../bare.git", "main", folder=clone)
    assert receive(repository, [line(head(clone))]) == ["main is at the results of a run: nothing to do"]
    assert (queued(repository), started) == ({}, [])
    # somebody who quotes the line has written a commit of their own
    quoted = commit(clone, f"Revert\n\n{TRAILER}: x")
    call("git", "push", "--quiet", "../bare.git", "main", folder=clone)
    receive(repository, [line(quoted)])
    assert queued(repository) == {"main": quoted}


@pytest.mark.parametrize("project", ["/elsewhere", "../elsewhere"])
def test_a_project_outside_of_the_repository_is_refused(project: str, clone: Path, repository: Repository) -> None:
    call("git", "config", "pipelinekit.project", project, folder=Path(repository.path))
    with pytest.raises(ReceiveError, match="not in the repository"):
        receive(repository, [line(head(clone))])


# --- the worker ---------------------------------------------------------------------------------------------


def put(repository: Repository, folder: str, branch: str, pushed: str = "a" * 40, tries: int = 0) -> None:
    module._put(repository, folder, Job(branch, pushed, tries))


def test_all_that_waits_is_run_the_longest_waiting_first(repository: Repository, ran: list[Job]) -> None:
    for age, branch in enumerate(("new", "middle", "old")):
        put(repository, "queue", branch)
        os.utime(repository.at("queue", branch), (1000 - age, 1000 - age))
    assert work(repository, can_run=False) == 3
    assert [job.branch for job in ran] == ["old", "middle", "new"]
    assert (queued(repository), queued(repository, "running")) == ({}, {})


def test_while_one_works_another_leaves_it_to_it(repository: Repository, ran: list[Job]) -> None:
    put(repository, "queue", "main")
    with open(repository.at("lock"), "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert work(repository, can_run=False) == 0
    assert queued(repository) == {"main": "a" * 40}
    assert work(repository, can_run=False) == 1


def test_what_is_queued_while_the_last_job_runs_is_run_too(
    repository: Repository, ran: list[Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    put(repository, "queue", "main")
    take = module._take

    def take_late(*arguments: object) -> Job | None:
        job = take(*arguments)  # type: ignore[arg-type]
        if job is None and len(ran) == 1:
            put(repository, "queue", "late")  # after the worker has looked, before it lets go of the lock
        return job

    monkeypatch.setattr(module, "_take", take_late)
    work(repository, can_run=False)
    assert [job.branch for job in ran] == ["main", "late"]


def test_a_state_that_is_pushed_once_more_is_run_once_more(
    repository: Repository, ran: list[Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    pushes = iter(["b" * 40, "a" * 40])
    run = module._run

    def run_and_push(*arguments: object, **options: bool) -> bool:
        if (pushed := next(pushes, None)) is not None:
            put(repository, "queue", "main", pushed)
        return run(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "_run", run_and_push)
    put(repository, "queue", "main", "a" * 40)
    work(repository, can_run=False)
    assert [job.pushed[0] for job in ran] == ["a", "b", "a"]


def test_what_could_not_be_pushed_waits_for_the_next_worker(
    repository: Repository, ran: list[Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = module._run

    def run_in_vain(repository: Repository, job: Job, *, can_run: bool) -> bool:
        run(repository, job, can_run=can_run)
        put(repository, "queue", job.branch, job.pushed, job.tries)
        return True

    monkeypatch.setattr(module, "_run", run_in_vain)
    put(repository, "queue", "main")
    for worker in range(1, 4):
        assert work(repository, can_run=False) == 1
        assert [job.tries for job in ran] == list(range(1, worker + 1))


def test_what_a_killed_worker_left_is_taken_up(repository: Repository, ran: list[Job]) -> None:
    put(repository, "running", "main", tries=1)
    work(repository, can_run=False)
    assert ran == [Job("main", "a" * 40, 2)]


def test_a_push_whose_hook_was_killed_is_run_by_the_next_worker(
    clone: Path, repository: Repository, ran: list[Job]
) -> None:
    for branch in ("main", "wip"):
        call("git", "push", "--quiet", "../bare.git", f"{commit(clone)}:refs/heads/{branch}", folder=clone)
    lost = head(Path(repository.path), "main")
    work(repository, can_run=False)
    assert ran == [Job("main", lost, 1)]
    # once it has been taken, it is missed no more: 'ran' only counts, so it is noted here
    module._note_seen(repository, "main", lost)
    work(repository, can_run=False)
    assert len(ran) == 1
    # a branch that is missed does not get in the way of its newer push
    newer = commit(clone)
    call("git", "push", "--quiet", "../bare.git", "main", folder=clone)
    put(repository, "queue", "main", newer)
    work(repository, can_run=False)
    assert ran[1:] == [Job("main", newer, 1)]


@pytest.mark.parametrize("is_first", [True, False])
def test_what_was_there_before_the_hook_was_not_missed(
    is_first: bool, clone: Path, ran: list[Job], started: list[Repository]
) -> None:
    repository = Repository(str(clone.parent / "bare.git"))
    call("git", "config", "pipelinekit.branch", "*", folder=clone.parent / "bare.git")
    call("git", "push", "--quiet", "../bare.git", "main:refs/heads/old", folder=clone)
    if is_first:  # it is killed before it has noted anything: then nobody knows what was there
        work(repository, can_run=False)
        assert sorted(job.branch for job in ran) == ["main", "old"]
        return
    old, new = head(clone), commit(clone)
    call("git", "push", "--quiet", "../bare.git", "main", folder=clone)
    receive(repository, [line(new, "main", old)])
    call("git", "push", "--quiet", "../bare.git", "main:refs/heads/later", folder=clone)
    work(repository, can_run=False)
    assert sorted(job.branch for job in ran) == ["later", "main"]


def test_a_worker_notes_what_it_takes(clone: Path, repository: Repository) -> None:
    commit(clone)
    call("git", "push", "--quiet", "../bare.git", "main", folder=clone)
    assert [work(repository, can_run=False) for _ in range(3)] == [1, 0, 0]
    assert Path(repository.at("seen", "main")).read_text() == head(clone) + "\n"


def test_a_newer_push_replaces_what_was_left(repository: Repository, ran: list[Job]) -> None:
    put(repository, "running", "main", "a" * 40, tries=2)
    put(repository, "queue", "main", "b" * 40)
    work(repository, can_run=False)
    assert ran == [Job("main", "b" * 40, 1)]


def test_what_kills_every_worker_is_given_up(repository: Repository, ran: list[Job]) -> None:
    put(repository, "running", "main", tries=3)
    work(repository, can_run=False)
    assert ran == []
    assert queued(repository, "running") == {}


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"branch": "x"}', "\x00"])
def test_a_file_that_is_no_job_is_no_obstacle(text: str, repository: Repository, ran: list[Job]) -> None:
    put(repository, "queue", "main")
    for folder in ("queue", "running"):
        Path(repository.at(folder)).mkdir(exist_ok=True)
        Path(repository.at(folder, "broken")).write_text(text)
    work(repository, can_run=False)
    assert [job.branch for job in ran] == ["main"]


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="what runs is found through /proc")
def test_what_a_killed_worker_started_is_ended(repository: Repository, ran: list[Job]) -> None:
    sleep = [sys.executable, "-c", "import time; time.sleep(60)"]
    ours = subprocess.Popen(sleep, env={**os.environ, module._MARK: repository.path}, start_new_session=True)
    other = subprocess.Popen(sleep, env={**os.environ, module._MARK: repository.path + "x"})
    try:
        # its environment is there to see once the program has begun
        while module._MARK.encode() not in Path(f"/proc/{ours.pid}/environ").read_bytes():
            pass
        work(repository, can_run=False)
        assert ours.wait(timeout=10) < 0
        assert other.poll() is None
    finally:
        for process in (ours, other):
            process.kill()
            process.wait()


def test_a_branch_without_a_project_is_told_in_the_log(clone: Path, repository: Repository) -> None:
    put(repository, "queue", "main", head(clone))
    put(repository, "queue", "gone")
    assert work(repository, can_run=False) == 2
    logs = sorted(path.read_text() for path in Path(repository.at("logs")).iterdir())
    assert any("stopped: there is no DVC project in ." in text for text in logs)
    assert any("gone is gone" in text for text in logs)
    assert queued(repository) == {}


@pytest.mark.parametrize(
    ("settings", "can_run", "moves", "is_logged"),
    [
        ('[mlflow]\ntracking-uri = "http://127.0.0.1:9"\n', True, False, True),
        ("", True, False, False),
        ("[mlflow]\nenabled = 3\n", True, False, False),
        ('[mlflow]\ntracking-uri = "http://127.0.0.1:9"\n', False, False, False),
        ('[mlflow]\ntracking-uri = "http://127.0.0.1:9"\n', True, True, False),
    ],
    ids=["logged", "nobody asked", "not readable", "dvc repro", "the branch has moved on"],
)
def test_the_commit_of_the_results_is_logged(
    settings: str,
    can_run: bool,
    moves: bool,
    is_logged: bool,
    clone: Path,
    repository: Repository,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bare, called = Path(repository.path), programs(monkeypatch)
    push_project(clone, settings)
    if moves:
        called.then = lambda: call("git", "update-ref", "refs/heads/main", head(clone, "HEAD^"), folder=bare)
    put(repository, "queue", "main", head(clone))
    work(repository, can_run=can_run)
    assert called.logged() == ([head(bare, "main")] if is_logged else [])


@pytest.mark.parametrize("next_branch", ["main", "other"])
def test_results_that_could_not_be_logged_are_logged_before_the_next_run(
    next_branch: str, clone: Path, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    called = programs(monkeypatch)
    called.logs = False
    push_project(clone, '[mlflow]\ntracking-uri = "http://127.0.0.1:9"\n')
    put(repository, "queue", "main", head(clone))
    work(repository, can_run=True)
    results = head(Path(repository.path), "main")
    called.logs = True
    # where nothing is to be run any more, and where something is
    if next_branch == "other":
        call("git", "push", "--quiet", "../bare.git", "main:other", folder=clone)
    put(repository, "queue", next_branch, results)
    work(repository, can_run=True)
    assert called.logged()[:2] == [results, results]
    assert len(called.logged()) == (2 if next_branch == "main" else 3)
    assert not os.path.exists(repository.at("unlogged"))


@pytest.mark.parametrize(("status", "waits"), [(0, False), (1, False), (130, False), (-9, True)])
def test_a_run_that_was_killed_is_for_the_next_worker(
    status: int, waits: bool, clone: Path, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    called = programs(monkeypatch)
    called.status = status
    push_project(clone, "")
    put(repository, "queue", "main", head(clone))
    assert work(repository, can_run=True) == 1
    assert queued(repository) == ({"main": head(clone)} if waits else {})
    called.status = 0
    assert work(repository, can_run=True) == waits
    assert queued(repository) == {}


class Programs:
    """What the worker calls: none really runs, and a run leaves a lock."""

    def __init__(self) -> None:
        self.commands: list[tuple[str, ...]] = []
        self.heads: list[str] = []
        self.logs = True
        #: that of a run
        self.status = 0
        self.then: Callable[[], object] = lambda: None

    def logged(self) -> list[str]:
        """The commits that were checked out when MLflow was to be told."""
        return [at for command, at in zip(self.commands, self.heads, strict=True) if command == ("run", "--log-only")]


def programs(monkeypatch: pytest.MonkeyPatch) -> Programs:
    called = Programs()

    def program(self: module._Run, *command: str) -> int:
        tree = Path(self.tree)
        called.commands.append(command[-2:])
        called.heads.append(head(tree))
        if command[-1] in ("run", "repro"):
            (tree / "dvc.lock").write_text("schema: '2.0'\nstages: {}\n")
            called.then()
            return called.status
        return int(command[-1] == "--log-only" and not called.logs)

    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setattr(module._Run, "call", program)
    monkeypatch.setattr(module._Run, "_ask", lambda self, *command: "")
    return called


def push_project(clone: Path, settings: str) -> None:
    write(clone, {".dvc/config": "", "dvc.yaml": "stages:\n  a:\n    cmd: x\n", "pipelinekit.toml": settings})
    commit(clone)
    call("git", "push", "--quiet", "../bare.git", "main", folder=clone)


def test_logs_are_bounded(repository: Repository, clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LOGS", 3)
    for number in range(6):
        put(repository, "queue", f"gone{number}")
    work(repository, can_run=False)
    assert len(os.listdir(repository.at("logs"))) == 3
