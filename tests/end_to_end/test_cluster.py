"""`pipelinekit run --on dask://…` with real workers, and the real DVC, which has the last word."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.end_to_end.programs import ENVIRONMENT, call, ran_stages
from tests.end_to_end.test_run import MIXED, is_clean, locks, processes_of
from tests.run.cluster.dask_cluster import DaskCluster
from tests.run.mlflow_server import MlflowServer, why_no_server
from tests.run.pipelines import FAN_FILES, named, pipelinekit, project, started

pytestmark = pytest.mark.slow

#: What passes between stages in every way that there is, with a journal of all that ever ran.
PASSING = {
    "dvc.yaml": """\
stages:
  limits:
    cmd: echo limits >> $JOURNAL; cp source.yaml limits.yaml
    deps: [source.yaml]
    outs:
    - limits.yaml:
        cache: false
  split:
    cmd: echo split >> $JOURNAL; mkdir -p parts/deep; cp data/raw.csv parts/a; cp data/raw.csv parts/deep/b
    deps: [data]
    outs: [parts]
  one:
    cmd: echo one >> $JOURNAL; cat parts/deep/b limits.yaml > one.txt
    deps: [parts/deep/b]
    params:
    - limits.yaml:
      - most
    outs: [one.txt]
  history:
    cmd: echo history >> $JOURNAL; cat one.txt >> history.txt
    deps: [one.txt]
    outs:
    - history.txt:
        persist: true
  local:
    cmd: echo local >> $JOURNAL; mkdir -p secret; cp one.txt secret/one
    deps: [one.txt]
    outs:
    - secret:
        push: false
  last:
    cmd: echo last >> $JOURNAL; cat secret/one history.txt > last.txt
    deps: [secret, history.txt]
    outs: [last.txt]
""",
    "source.yaml": "most: 1\n",
    "data/raw.csv": "a\n",
}


def shared(folder: Path, files: dict[str, str]) -> Path:
    """A project with a remote, committed."""
    project(folder, files)
    call("dvc", "remote", "add", "-q", "-d", "store", os.fspath(folder.parent / f"{folder.name}-store"), folder=folder)
    if "data/raw.csv" in files:
        call("dvc", "add", "-q", "data/raw.csv" if files is MIXED else "data", folder=folder)
    call("git", "add", "-A", folder=folder)
    call("git", "commit", "-qm", "the project", folder=folder)
    return folder


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskCluster]:
    cluster = DaskCluster(tmp_path_factory.mktemp("dask") / "cluster")
    try:
        for name in ("one", "two"):
            cluster.add_worker(name)
        yield cluster
    finally:
        cluster.close()


@pytest.fixture
def own_cluster(tmp_path: Path) -> Iterator[DaskCluster]:
    """One that may be broken."""
    cluster = DaskCluster(tmp_path / "cluster")
    try:
        yield cluster
    finally:
        cluster.close()


def eventually(condition: Callable[[], object], what: str) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError(what)


# --- the same as here --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("files", [FAN_FILES, MIXED], ids=["fan", "mixed"])
def test_the_locks_are_those_of_a_serial_dvc_repro(tmp_path: Path, cluster: DaskCluster, files: dict[str, str]) -> None:
    ours, theirs = shared(tmp_path / "ours", files), shared(tmp_path / "theirs", files)
    ran = named(pipelinekit("run", "--on", cluster.address, folder=ours), "ran")
    assert sorted(ran) == sorted(ran_stages(call("dvc", "repro", "-P", folder=theirs)))
    assert locks(ours) == locks(theirs)
    for path in theirs.rglob(".gitignore"):
        assert sorted((ours / path.relative_to(theirs)).read_text().split()) == sorted(path.read_text().split())
    assert is_clean(ours)
    assert ran_stages(call("dvc", "repro", "-P", folder=ours)) == []
    assert pipelinekit("run", "--on", cluster.address, folder=ours) == f"{len(ran)} up to date\n"
    assert call("git", "status", "--short", folder=ours) == call("git", "status", "--short", folder=theirs)


def test_whatever_passes_between_stages_passes_between_workers(tmp_path: Path, cluster: DaskCluster) -> None:
    journal = tmp_path / "journal"
    files = {**PASSING, "dvc.yaml": PASSING["dvc.yaml"].replace("$JOURNAL", os.fspath(journal))}
    ours, theirs = shared(tmp_path / "ours", files), shared(tmp_path / "theirs", files)

    def compare(change: Callable[[Path], object]) -> list[str]:
        for folder in (ours, theirs):
            change(folder)
        journal.unlink(missing_ok=True)
        call("dvc", "repro", folder=theirs)
        expected = journal.read_text().split()
        journal.unlink()
        pipelinekit("run", "--on", cluster.address, folder=ours)
        assert sorted(journal.read_text().split()) == sorted(expected)
        assert locks(ours) == locks(theirs)
        assert is_clean(ours)
        for name in ("last.txt", "history.txt", "limits.yaml", "secret/one", "parts/deep/b"):
            assert (ours / name).read_bytes() == (theirs / name).read_bytes()
        return sorted(expected)

    everything = compare(lambda folder: None)
    assert everything == ["history", "last", "limits", "local", "one", "split"]
    assert compare(lambda folder: (folder / "source.yaml").write_text("most: 2\n")) == [
        "history",
        "last",
        "limits",
        "local",
        "one",
    ]
    # data that DVC tracks, changed here: it is recorded here, and handed on
    assert "split" in compare(lambda folder: (folder / "data" / "raw.csv").write_text("b\n"))
    # what is as before for those behind it does not make them run
    assert compare(lambda folder: (folder / "source.yaml").write_text("most: 2 # the same\n")) == ["limits"]
    shutil.rmtree(ours / "parts")
    shutil.rmtree(theirs / "parts")
    assert is_clean(theirs) is False
    call("dvc", "repro", folder=theirs)
    pipelinekit("run", "--on", cluster.address, folder=ours)
    assert (ours / "parts" / "deep" / "b").read_text() == "b\n"
    assert is_clean(ours)


def test_changes_that_are_not_committed_go_along(tmp_path: Path, cluster: DaskCluster) -> None:
    folder = shared(tmp_path / "fan", FAN_FILES)
    pipelinekit("run", "--on", cluster.address, folder=folder)
    head, index = call("git", "rev-parse", "HEAD", folder=folder), (folder / ".git" / "index").read_bytes()
    objects = sorted((folder / ".git" / "objects").rglob("*"))
    (folder / "params.yaml").write_text("a: 1\nb: 20\nc: 3\nd: 4\n")
    (folder / "new.sh").write_text("sh work.sh $1\n")
    (folder / "dvc.yaml").write_text(FAN_FILES["dvc.yaml"].replace("sh work.sh ${item}", "sh new.sh ${item}"))
    output = pipelinekit("run", "--no-lint", "--on", cluster.address, folder=folder)
    assert sorted(named(output, "ran")) == ["merge", "part@a", "part@b", "part@c", "part@d"]
    assert "b: 20\n" in (folder / "all.txt").read_text()
    assert is_clean(folder)
    assert (call("git", "rev-parse", "HEAD", folder=folder), (folder / ".git" / "index").read_bytes()) == (head, index)
    assert sorted((folder / ".git" / "objects").rglob("*")) == objects


def test_stages_see_the_commit_and_the_branch(tmp_path: Path, cluster: DaskCluster) -> None:
    command = "git rev-parse HEAD > seen; git rev-parse --abbrev-ref HEAD >> seen; git status --short >> seen"
    files = {"dvc.yaml": f"stages:\n  see:\n    cmd: {command}\n    outs: [seen]\n"}
    ours, theirs = shared(tmp_path / "ours", files), shared(tmp_path / "theirs", files)
    for folder in (ours, theirs):
        call("git", "checkout", "-q", "-b", "topic/x", folder=folder)
    call("dvc", "repro", folder=theirs)
    pipelinekit("run", "--no-lint", "--on", cluster.address, folder=ours)
    head, *seen = (ours / "seen").read_text().splitlines()
    assert head == call("git", "rev-parse", "HEAD", folder=ours).strip()
    assert seen == (theirs / "seen").read_text().splitlines()[1:]
    assert seen[0] == "topic/x"


def test_data_need_not_be_here(tmp_path: Path, cluster: DaskCluster) -> None:
    folder = shared(tmp_path / "project", MIXED)
    pipelinekit("run", "--push", folder=folder)
    call("git", "add", "-A", folder=folder)
    call("git", "commit", "-qm", "results", folder=folder)
    clone = tmp_path / "clone"
    call("git", "clone", "-q", os.fspath(folder), os.fspath(clone), folder=tmp_path)
    (clone / "params.yaml").write_text("train:\n  lr: 0.2\n")
    output = pipelinekit("run", "--on", cluster.address, folder=clone)
    assert named(output, "ran") == ["train"]
    assert not (clone / "clean.csv").exists()
    assert (clone / "metrics.json").read_text() == "0.2\n" or (clone / "model.txt").exists()
    assert "up to date" in pipelinekit("run", "--on", cluster.address, folder=clone)


def test_a_folder_that_git_does_not_keep_is_there(tmp_path: Path, cluster: DaskCluster) -> None:
    text = "stages:\n  a:\n    wdir: empty\n    cmd: echo 1 > deep/a.txt\n    outs: [deep/a.txt]\n"
    folder = shared(tmp_path / "project", {"dvc.yaml": text})
    (folder / "empty" / "deep").mkdir(parents=True)
    pipelinekit("run", "--on", cluster.address, folder=folder)
    assert (folder / "empty" / "deep" / "a.txt").read_text() == "1\n"
    assert is_clean(folder)


def test_a_project_in_a_folder_of_its_repository(tmp_path: Path, cluster: DaskCluster) -> None:
    top = tmp_path / "top"
    shared(top, {"lib/answer.txt": "42\n"})
    folder = top / "pipelines" / "demo"
    for name, text in {
        "dvc.yaml": "stages:\n  a:\n    cmd: cat ../../lib/answer.txt > a.txt\n    deps: [../../lib/answer.txt]\n"
        "    outs: [a.txt]\n",
        ".dvc/config": "[core]\n    remote = store\n['remote \"store\"']\n    url = ../../../../demo-store\n",
        ".dvc/.gitignore": "/config.local\n/tmp\n/cache\n",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    output = pipelinekit("run", "--on", cluster.address, folder=folder)
    assert named(output, "ran") == ["a"]
    assert (folder / "a.txt").read_text() == "42\n"
    assert (tmp_path / "demo-store" / "files").is_dir()
    assert is_clean(folder)


LOGGING = {
    "dvc.yaml": (
        "stages:\n  prep:\n    cmd: cp raw.txt clean.txt\n    deps: [raw.txt]\n    outs: [clean.txt]\n"
        "  train:\n    cmd: python train.py\n    deps: [train.py, clean.txt]\n    params: [lr]\n    outs: [model.txt]\n"
        "    metrics: [metrics.json]\nartifacts:\n  demo:\n    type: model\n    path: model.txt\n"
    ),
    "raw.txt": "raw\n",
    "params.yaml": "lr: 0.1\n",
    "train.py": (
        "import json\n\nimport mlflow\n\nopen('model.txt', 'w').write('model')\n"
        "json.dump({'accuracy': 0.9}, open('metrics.json', 'w'))\nmlflow.log_metric('loss', 0.5)\n"
    ),
}


@pytest.mark.skipif(why_no_server() is not None, reason=str(why_no_server()))
def test_scripts_log_into_the_runs_of_their_stages(
    tmp_path: Path, cluster: DaskCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlflow import MlflowClient

    folder = shared(tmp_path / "logging", LOGGING)
    server = MlflowServer(tmp_path / "mlflow")
    server.start()
    try:
        monkeypatch.setitem(ENVIRONMENT, "MLFLOW_TRACKING_URI", server.uri)
        for _ in range(2):  # the second time there is nothing to do, and nothing to log
            pipelinekit("run", "--no-lint", "--on", cluster.address, folder=folder)
        client = MlflowClient(server.uri)
        experiment = client.get_experiment_by_name("logging")
        assert experiment is not None
        runs = {run.info.run_name: run for run in client.search_runs([experiment.experiment_id])}
        assert len(runs) == 3
        assert {run.info.status for run in runs.values()} == {"FINISHED"}
        assert runs["train"].data.metrics == {"accuracy": 0.9, "loss": 0.5}
        assert runs["train"].data.params == {"lr": "0.1"}
        assert [model.name for model in client.search_logged_models([experiment.experiment_id])] == ["demo"]
    finally:
        server.stop()


# --- what goes wrong ---------------------------------------------------------------------------------------------

SLEEPING = {
    "dvc.yaml": (
        "stages:\n  one:\n    cmd: echo one >> $JOURNAL; echo 1 > one.txt\n    deps: [seed]\n    outs: [one.txt]\n"
        "  two:\n    cmd: sh two.sh\n    deps: [two.sh, seed]\n    outs: [two.txt]\n"
        "  three:\n    cmd: echo three >> $JOURNAL; cat one.txt two.txt > three.txt\n    deps: [one.txt, two.txt]\n"
        "    outs: [three.txt]\n"
    ),
    "seed": "1\n",
    "two.sh": "echo two >> $JOURNAL\n[ -e $GO ] || { sleep 981 & sleep 982; }\necho 2 > two.txt\n",
}


class Sleeping:
    """A project whose second stage sleeps until it may go on."""

    def __init__(self, folder: Path) -> None:
        self.journal, self.go = folder / "journal", folder / "go"
        replaced = {
            name: text.replace("$JOURNAL", os.fspath(self.journal)).replace("$GO", os.fspath(self.go))
            for name, text in SLEEPING.items()
        }
        self.folder = shared(folder / "project", replaced)

    def ran(self) -> list[str]:
        return self.journal.read_text().split() if self.journal.exists() else []

    def wait(self) -> None:
        """Until the second stage sleeps, and the first one is recorded here."""
        eventually(lambda: "two" in self.ran(), "the second stage did not start")
        lock = self.folder / "dvc.lock"
        eventually(lambda: lock.exists() and "one:" in lock.read_text(), "the first stage was not recorded")


@pytest.fixture
def sleeping(tmp_path: Path) -> Sleeping:
    return Sleeping(tmp_path)


def test_a_worker_that_is_killed_is_replaced_by_another(sleeping: Sleeping, own_cluster: DaskCluster) -> None:
    own_cluster.add_worker("one")
    process = started("run", "--on", own_cluster.address, folder=sleeping.folder)
    sleeping.wait()
    own_cluster.add_worker("two")
    sleeping.go.touch()
    own_cluster.kill("one")
    eventually(lambda: not processes_of(own_cluster.folder / "one"), "what the killed worker ran goes on")
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0, output
    assert sorted(named(output, "ran")) == ["one", "three", "two"]
    assert re.search(r"pipelinekit: 127\.0\.0\.1:\d+ is gone: two starts again on 127\.0\.0\.1:\d+\n", output)
    assert sorted(sleeping.ran()) == ["one", "three", "two", "two"]
    assert is_clean(sleeping.folder)
    assert ran_stages(call("dvc", "repro", folder=sleeping.folder)) == []


def test_after_kill_9_the_next_run_fetches_what_was_made_and_goes_on(sleeping: Sleeping, cluster: DaskCluster) -> None:
    process = started("run", "--on", cluster.address, folder=sleeping.folder)
    sleeping.wait()
    process.kill()
    process.communicate(timeout=60)
    eventually(lambda: not sleeping_processes(cluster), "workers go on with what nobody waits for")
    sleeping.go.touch()
    output = pipelinekit("run", "--on", cluster.address, folder=sleeping.folder)
    assert "fetching the results of 1 stage from the remote" in output
    assert sorted(sleeping.ran()) == ["one", "three", "two", "two"]
    assert is_clean(sleeping.folder)


def sleeping_processes(cluster: DaskCluster) -> list[str]:
    found = []
    for pid in processes_of(cluster.folder):
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            continue
        if b"sleep\0" in command:
            found.append(pid)
    return found


def test_a_stop_leaves_nothing_running_and_the_next_run_goes_on(sleeping: Sleeping, cluster: DaskCluster) -> None:
    process = started("run", "--on", cluster.address, folder=sleeping.folder)
    sleeping.wait()
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 130, output
    assert "stopped   two after" in output
    assert "the results of what has run are in the remote; the next 'pipelinekit run' fetches them" in output
    assert sleeping_processes(cluster) == []
    sleeping.go.touch()
    # here, this time: where it runs is no part of what was made
    output = pipelinekit("run", folder=sleeping.folder)
    assert named(output, "ran") == ["two", "three"]
    assert is_clean(sleeping.folder)


def test_a_failure_stops_the_run_and_shows_what_was_said(tmp_path: Path, cluster: DaskCluster) -> None:
    files = {
        **FAN_FILES,
        "work.sh": 'mkdir -p part; echo "at work on $1"; grep "^$1:" params.yaml > part/$1.txt || exit 7\n',
        "params.yaml": "a: 1\nb: 2\nd: 4\n",
        "dvc.yaml": FAN_FILES["dvc.yaml"].replace('      params: ["${item}"]\n', ""),
    }
    folder = shared(tmp_path / "fan", files)
    output = pipelinekit("run", "--no-lint", "-k", "-j", "1", "--on", cluster.address, folder=folder, status=1)
    assert output.startswith("5 of 5 stages are outdated\n")
    assert sorted(named(output, "ran")) == ["part@a", "part@b", "part@d"]
    assert named(output, "failed") == ["part@c"]
    assert "part@c | at work on c\n" in output
    assert "failed: part@c\nleft: merge\n" in output
    assert "at work on c\n" in (folder / ".dvc/tmp/pipelinekit/logs/part@c.log").read_text()
    (folder / "params.yaml").write_text("a: 1\nb: 2\nc: 3\nd: 4\n")
    output = pipelinekit("run", "--no-lint", "--on", cluster.address, folder=folder)
    assert named(output, "ran") == ["part@c", "merge"]
    assert is_clean(folder)


def test_a_scheduler_that_is_gone_ends_the_run(sleeping: Sleeping, own_cluster: DaskCluster) -> None:
    own_cluster.add_worker("one")
    process = started("run", "--on", own_cluster.address, folder=sleeping.folder)
    sleeping.wait()
    own_cluster.kill("scheduler")
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 1, output
    assert "the scheduler is gone" in output, output
    assert "Traceback" not in output
    sleeping.go.touch()
    output = pipelinekit("run", folder=sleeping.folder)
    assert named(output, "ran") == ["two", "three"]
    assert is_clean(sleeping.folder)


def test_a_worker_that_cannot_is_passed_over(tmp_path: Path, own_cluster: DaskCluster) -> None:
    folder = shared(tmp_path / "fan", FAN_FILES)
    own_cluster.add_worker("poor")
    # where its clones would be lies a file
    for scratch in (own_cluster.folder / "poor").glob("dask-scratch-space/worker-*"):
        if scratch.is_dir():
            (scratch / "pipelinekit").write_text("")
    own_cluster.add_worker("good")
    output = pipelinekit("run", "--on", own_cluster.address, folder=folder)
    assert "another worker does" in output
    assert sorted(named(output, "ran")) == ["merge", "part@a", "part@b", "part@c", "part@d"]
    assert is_clean(folder)


def test_a_stage_waits_for_a_worker_that_has_what_it_needs(tmp_path: Path, own_cluster: DaskCluster) -> None:
    journal = tmp_path / "where"
    text = (
        "stages:\n  plain:\n    cmd: echo 1 > plain.txt\n    outs: [plain.txt]\n"
        f"  train:\n    cmd: pwd > {journal}; echo 1 > model\n    outs: [model]\n"
        "    meta:\n      pipelinekit:\n        resources: {gpu: 1, memory: 2Gi}\n"
    )
    folder = shared(tmp_path / "project", {"dvc.yaml": text})
    own_cluster.add_worker("plain")
    process = started("run", "--no-lint", "--on", own_cluster.address, folder=folder)
    lock = folder / "dvc.lock"
    eventually(lambda: lock.exists() and "plain:" in lock.read_text(), "the stage without wishes did not run")
    assert not journal.exists()
    own_cluster.add_worker("big", "--resources", "GPU=2")
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0, output
    assert "train waits for a worker with gpu=1: none of the 1 has it" in output
    assert "/cluster/big/" in journal.read_text()


# --- what is said before anything runs ---------------------------------------------------------------------------


def test_what_keeps_a_run_from_beginning_is_said(tmp_path: Path, cluster: DaskCluster) -> None:
    def refused(folder: Path, address: str = cluster.address) -> str:
        output = pipelinekit("run", "--no-lint", "--on", address, folder=folder, status=1)
        assert "Traceback" not in output
        return output

    folder = project(tmp_path / "fan", FAN_FILES)
    assert "none: 'pipelinekit init --remote ADDRESS' sets one up" in refused(folder)
    assert "the address of a scheduler is dask://HOST:PORT" in refused(folder, "tcp://127.0.0.1:1")
    assert "there is no dask scheduler at 127.0.0.1:9:" in refused(folder, "dask://127.0.0.1:9")
    folder = shared(tmp_path / "lock", {**FAN_FILES, "dvc.lock": "{schema: '2.0', stages: {}}\n"})
    assert "dvc.lock is not written as DVC writes it" in refused(folder)
    folder = shared(tmp_path / "ignored", {**FAN_FILES, ".gitignore": "raw.txt\n"})
    assert "raw.txt, which part@a reads, is ignored by git and not tracked by DVC" in refused(folder)
    shutil.rmtree(folder / ".git")
    assert "'git init' makes one" in refused(folder)


# --- how fast ----------------------------------------------------------------------------------------------------


def test_four_workers_are_faster_than_dvc_repro(
    tmp_path: Path, own_cluster: DaskCluster, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in "abcd":
        own_cluster.add_worker(name, "--preload", "pipelinekit.run.cluster.worker")
    work = 'mkdir -p part; sleep 3; grep "^$1:" params.yaml > part/$1.txt\n'
    files = {**FAN_FILES, "work.sh": work}
    theirs = shared(tmp_path / "theirs", files)
    began = time.monotonic()
    call("dvc", "repro", folder=theirs)
    serial = time.monotonic() - began
    taken = []
    for name in ("first", "second"):  # which finds DVC loaded
        folder = shared(tmp_path / name, files)
        began = time.monotonic()
        pipelinekit("run", "--on", own_cluster.address, folder=folder)
        taken.append(time.monotonic() - began)
        assert locks(folder) == locks(theirs)
    with capsys.disabled():
        times = ", ".join(f"{one:.1f} s: {serial / one:.1f} x as fast" for one in taken)
        sys.stdout.write(f"\ndvc repro {serial:.1f} s, on four workers {times}\n")
    assert serial / taken[-1] >= 1.5
