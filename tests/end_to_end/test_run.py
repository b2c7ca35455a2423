"""`pipelinekit run` with the real DVC, which has the last word on what is up to date."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.end_to_end.programs import ENVIRONMENT, call, ran_stages
from tests.run.pipelines import FAN_FILES, named, pipelinekit, project, started

pytestmark = pytest.mark.slow

#: One of everything that DVC runs in a way of its own.
MIXED = {
    "dvc.yaml": """\
stages:
  train:
    cmd: cat clean.csv part/a.csv > model.txt; echo "{x}" > metrics.json
    deps: [clean.csv, part]
    params: [train.lr]
    outs: [model.txt]
    metrics:
    - metrics.json:
        cache: false
  prepare:
    cmd:
    - cp data/raw.csv clean.csv
    - mkdir -p part/deep
    - cp clean.csv part/a.csv
    - cp clean.csv part/deep/b.csv
    deps: [data/raw.csv]
    outs: [clean.csv, part]
  grid:
    matrix:
      size: [1, 2]
      kind: [x, y]
    cmd: echo ${item.size} ${item.kind} > grid-${item.size}-${item.kind}.txt
    deps: [model.txt]
    outs: ["grid-${item.size}-${item.kind}.txt"]
  "null":
    cmd: cp model.txt null.txt
    deps: [model.txt]
    outs: [null.txt]
""",
    "sub/dvc.yaml": """\
stages:
  report:
    wdir: ../reports
    cmd: cat ../model.txt limits.json > report.txt
    deps: [../model.txt, limits.json]
    outs: [report.txt]
""",
    "reports/limits.json": "{}\n",
    "data/raw.csv": "a\n",
    "params.yaml": "train:\n  lr: 0.1\n",
}


def locks(folder: Path) -> dict[str, bytes]:
    return {os.fspath(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("dvc.lock")}


def is_clean(folder: Path) -> bool:
    return call("dvc", "status", folder=folder) == "Data and pipelines are up to date.\n"


@pytest.fixture
def fan(tmp_path: Path) -> Path:
    return project(tmp_path / "fan", FAN_FILES)


@pytest.mark.parametrize("jobs", ["1", "4"])
@pytest.mark.parametrize("files", [FAN_FILES, MIXED], ids=["fan", "mixed"])
def test_the_locks_are_those_of_a_serial_dvc_repro(tmp_path: Path, files: dict[str, str], jobs: str) -> None:
    ours, theirs = project(tmp_path / "ours", files), project(tmp_path / "theirs", files)
    if files is MIXED:
        for folder in (ours, theirs):
            call("dvc", "add", "-q", "data/raw.csv", folder=folder)
    ran = named(pipelinekit("run", "-j", jobs, folder=ours), "ran")
    assert sorted(ran) == sorted(ran_stages(call("dvc", "repro", "-P", folder=theirs)))
    assert locks(ours) == locks(theirs)
    assert is_clean(ours)
    assert ran_stages(call("dvc", "repro", "-P", folder=ours)) == []
    again = pipelinekit("run", "-j", jobs, folder=ours)
    assert again == f"{len(ran)} up to date\n"


def test_only_what_a_parameter_is_for_runs_and_what_comes_of_it(fan: Path) -> None:
    assert "5 ran in" in pipelinekit("run", "-j", "2", folder=fan)
    (fan / "params.yaml").write_text("a: 1\nb: 20\nc: 3\nd: 4\n")
    plan = pipelinekit("run", "--dry-run", folder=fan)
    assert "would run  part@b\n" in plan
    assert "may run    merge\n" in plan
    assert "2 of 5 stages are outdated\n" in plan
    output = pipelinekit("run", folder=fan)
    assert named(output, "ran") == ["part@b", "merge"]
    assert output.splitlines()[-1].startswith("2 ran, 3 up to date in ")
    assert is_clean(fan)


def test_what_made_the_same_as_before_makes_nothing_else_run(fan: Path) -> None:
    pipelinekit("run", folder=fan)
    (fan / "work.sh").write_text(FAN_FILES["work.sh"] + "# says nothing new\n")
    output = pipelinekit("run", "-j", "2", folder=fan)
    assert sorted(named(output, "ran")) == ["part@a", "part@b", "part@c", "part@d"]
    assert named(output, "started").count("merge") == 0
    assert is_clean(fan)


def test_what_has_run_before_is_restored(fan: Path) -> None:
    pipelinekit("run", folder=fan)
    (fan / "params.yaml").write_text("a: 1\nb: 20\nc: 3\nd: 4\n")
    pipelinekit("run", folder=fan)
    (fan / "params.yaml").write_text(FAN_FILES["params.yaml"])
    output = pipelinekit("run", folder=fan)
    assert named(output, "restored") == ["part@b", "merge"]
    assert is_clean(fan)
    assert pipelinekit("run", "--force", "part@a", folder=fan).splitlines()[-1].startswith("1 ran in")
    assert "\npart a\n" in (fan / ".dvc/tmp/pipelinekit/logs/part@a.log").read_text()


def test_a_failure_stops_the_run_and_the_next_goes_on_from_there(fan: Path) -> None:
    (fan / "params.yaml").write_text("a: 1\nb: 2\nd: 4\n")  # grep finds no c, but DVC would miss the parameter
    (fan / "dvc.yaml").write_text(FAN_FILES["dvc.yaml"].replace('      params: ["${item}"]\n', ""))
    (fan / "work.sh").write_text('mkdir -p part; echo working; grep "^$1:" params.yaml > part/$1.txt\n')
    output = pipelinekit("run", "--no-lint", folder=fan, status=1)
    assert named(output, "ran") == ["part@a", "part@b"]
    assert named(output, "failed") == ["part@c"]
    assert "part@c | working\n" in output
    assert output.endswith("failed: part@c\nleft: part@d, merge\ncontinue with: pipelinekit run --no-lint\n")
    output = pipelinekit("run", "--no-lint", "--keep-going", "-j", "2", folder=fan, status=1)
    assert named(output, "ran") == ["part@d"]
    assert "failed: part@c\nleft: merge\n" in output
    (fan / "params.yaml").write_text(FAN_FILES["params.yaml"])
    output = pipelinekit("run", "--no-lint", folder=fan)
    assert named(output, "ran") == ["part@c", "merge"]
    assert is_clean(fan)


def test_selected_stages_run_with_what_they_need(fan: Path) -> None:
    assert named(pipelinekit("run", "part@a", folder=fan), "ran") == ["part@a"]
    assert named(pipelinekit("run", "part@b,merge", "--single-item", "--dry-run", folder=fan), "would") == [
        "run",
        "run",
    ]
    assert sorted(named(pipelinekit("run", "-j2", "merge", folder=fan), "ran")) == [
        "merge",
        "part@b",
        "part@c",
        "part@d",
    ]


def test_frozen_stages_and_data_are_treated_as_dvc_repro_does(tmp_path: Path) -> None:
    files = {
        "dvc.yaml": (
            "stages:\n  a:\n    cmd: cp data.txt a.txt\n    deps: [data.txt]\n    outs: [a.txt]\n"
            "  b:\n    cmd: cp a.txt b.txt\n    deps: [a.txt]\n    outs: [b.txt]\n"
            "  c:\n    cmd: cp imported.txt c.txt\n    deps: [imported.txt]\n    outs: [c.txt]\n"
        ),
        "data.txt": "1\n",
        "source.txt": "source\n",
    }
    folder = project(tmp_path / "project", files)
    call("dvc", "add", "-q", "data.txt", folder=folder)
    call("dvc", "import-url", "-q", os.fspath(folder / "source.txt"), "imported.txt", folder=folder)
    assert "3 ran in" in pipelinekit("run", folder=folder)
    text = (folder / "dvc.yaml").read_text()
    (folder / "dvc.yaml").write_text(text.replace("  b:\n", "  b:\n    frozen: true\n"))
    (folder / "data.txt").write_text("2\n")
    (folder / "source.txt").write_text("another\n")
    twin = tmp_path / "twin"
    shutil.copytree(folder, twin)
    output = pipelinekit("run", folder=folder)
    assert named(output, "ran") == ["a"]
    assert named(output, "recorded") == ["data.txt.dvc"]
    assert ran_stages(call("dvc", "repro", "-P", folder=twin)) == ["a"]
    assert locks(folder) == locks(twin)
    assert (folder / "data.txt.dvc").read_bytes() == (twin / "data.txt.dvc").read_bytes()
    assert (folder / "b.txt").read_text() == "1\n"


def test_output_that_pretends_to_be_something_else_is_harmless(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = (
        "printf '::set-output name=x::1\\n::endgroup::\\n  ::add-mask::x\\n##[error]y\\n\\033[2Jz\\n'\n"
        "printf \"Stage 'a' didn't change, skipping\\n\"\nprintf 'old\\r::error::new\\n'\necho 1 > a.txt\n"
    )
    dvc_yaml = "stages:\n  a:\n    cmd: sh a.sh\n    deps: [a.sh]\n    outs: [a.txt]\n"
    folder = project(tmp_path / "project", {"dvc.yaml": dvc_yaml, "a.sh": script})
    monkeypatch.setitem(ENVIRONMENT, "GITHUB_ACTIONS", "true")
    output = pipelinekit("run", folder=folder)
    commands = [line for line in output.splitlines() if line.lstrip().startswith("::")]
    assert [line.partition(" in ")[0] for line in commands] == ["::group::ran a", "::endgroup::"]
    assert "##[" not in output
    assert "\x1b" not in output
    assert "\r" not in output
    assert "a | \\x1b[2Jz\n" in output
    assert "1 ran in" in output
    assert b"\x1b[2Jz" in (folder / ".dvc/tmp/pipelinekit/logs/a.log").read_bytes()


def test_errors_that_lint_finds_are_shown_and_nothing_runs(fan: Path) -> None:
    (fan / "work.sh").unlink()
    output = pipelinekit("run", folder=fan, status=1)
    assert "dvc.yaml:10:23: PK106 missing-dependency" in output
    assert "nothing was run" in output
    assert not (fan / "dvc.lock").exists()


# --- stopped and killed ------------------------------------------------------------------------------------------

SLEEPING = {
    "dvc.yaml": (
        "stages:\n  one:\n    cmd: sh one.sh\n    deps: [one.sh]\n    outs: [one.txt]\n"
        "  two:\n    cmd: sh two.sh\n    deps: [two.sh]\n    outs: [two.txt]\n"
        "  three:\n    cmd: cat one.txt two.txt > three.txt\n    deps: [one.txt, two.txt]\n    outs: [three.txt]\n"
    ),
    "one.sh": "echo 1 > one.txt\n",
    "two.sh": "[ -e go ] || { sleep 981 & sleep 982; }\necho 2 > two.txt\n",
}


@pytest.fixture
def sleeping(tmp_path: Path) -> Path:
    return project(tmp_path / "sleeping", SLEEPING)


def processes_of(folder: Path) -> list[str]:
    """What runs in a folder: the current folders of all processes tell."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                if os.readlink(f"/proc/{entry}/cwd").startswith(os.fspath(folder)):
                    found.append(entry)
            except OSError:
                continue
    return found


def until_two_sleeps(folder: Path) -> None:
    """Wait until the first stage is recorded and the second one is at work."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        log = folder / ".dvc/tmp/pipelinekit/logs/two.log"
        lock = folder / "dvc.lock"
        if (
            log.exists()
            and b"Running stage 'two'" in log.read_bytes()
            and lock.exists()
            and b"one" in lock.read_bytes()
        ):
            time.sleep(0.3)
            return
        time.sleep(0.05)
    raise AssertionError("the second stage did not start")


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="asks /proc what is left")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_leaves_nothing_running_and_the_next_run_goes_on(sleeping: Path, number: int) -> None:
    process = started("run", "-j", "2", folder=sleeping)
    until_two_sleeps(sleeping)
    process.send_signal(number)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "stopped   two after" in output
    assert output.endswith("left: two, three\ncontinue with: pipelinekit run -j 2\n")
    assert processes_of(sleeping) == []
    (sleeping / "go").touch()
    output = pipelinekit("run", "-j", "2", folder=sleeping)
    assert named(output, "ran") == ["two", "three"]
    assert is_clean(sleeping)


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="asks /proc what is left")
def test_a_second_stop_does_not_wait(tmp_path: Path) -> None:
    stubborn = "[ -e go ] || { trap '' INT TERM; sleep 981 & sleep 982; sleep 983; }\necho 2 > two.txt\n"
    folder = project(tmp_path / "stubborn", {**SLEEPING, "two.sh": stubborn})
    process = started("run", "-j", "2", folder=folder)
    until_two_sleeps(folder)
    process.send_signal(signal.SIGINT)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(1.5)
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert time.monotonic() - began < 40
    assert process.returncode == 130
    assert processes_of(folder) == []


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="asks /proc what is left")
def test_after_kill_9_nothing_goes_on_and_the_next_run_works(sleeping: Path) -> None:
    process = started("run", "-j", "2", folder=sleeping)
    until_two_sleeps(sleeping)
    process.kill()
    process.communicate(timeout=60)
    (sleeping / "go").touch()
    output = pipelinekit("run", "-j", "2", folder=sleeping)
    assert named(output, "ran") == ["two", "three"]
    assert processes_of(sleeping) == []
    assert is_clean(sleeping)


def test_kill_9_on_everything_leaves_locks_that_the_next_run_gets_over(sleeping: Path) -> None:
    process = started("run", "-j", "2", folder=sleeping)
    until_two_sleeps(sleeping)
    process.kill()
    for pid in processes_of(sleeping):
        os.kill(int(pid), signal.SIGKILL)
    process.communicate(timeout=60)
    held = sleeping / ".dvc" / "tmp" / "rwlock"
    text = held.read_text()
    assert '"write"' in text or not text  # it may have been written at that very moment
    held.write_text(text[:-20])  # as if it had been
    (sleeping / "go").touch()
    assert named(pipelinekit("run", folder=sleeping), "ran") == ["two", "three"]
    assert is_clean(sleeping)


# --- data that is elsewhere --------------------------------------------------------------------------------------


def test_data_is_fetched_before_and_pushed_after(tmp_path: Path) -> None:
    folder = project(tmp_path / "project", MIXED)
    call("dvc", "remote", "add", "-q", "-d", "store", os.fspath(tmp_path / "store"), folder=folder)
    call("dvc", "add", "-q", "data/raw.csv", folder=folder)
    pipelinekit("run", "--push", "-j", "2", folder=folder)
    call("git", "add", "-A", folder=folder)
    call("git", "commit", "-qm", "results", folder=folder)
    clone = tmp_path / "clone"
    call("git", "clone", "-q", os.fspath(folder), os.fspath(clone), folder=tmp_path)
    assert "up to date" in pipelinekit("run", folder=clone)
    (clone / "params.yaml").write_text("train:\n  lr: 0.2\n")
    output = pipelinekit("run", "--pull", folder=clone)
    assert named(output, "ran") == ["train"]
    assert is_clean(clone)
    fresh = tmp_path / "fresh"
    call("git", "clone", "-q", os.fspath(folder), os.fspath(fresh), folder=tmp_path)
    (fresh / "params.yaml").write_text("train:\n  lr: 0.2\n")
    refused = pipelinekit("run", folder=fresh, status=1)
    assert "data/raw.csv is needed and not here, and data/raw.csv.dvc only says what it was: --pull fetches" in refused


def test_mlflow_gets_a_run_for_each_stage_and_may_be_gone(fan: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = (fan.parent / "mlruns").as_uri()
    monkeypatch.setitem(ENVIRONMENT, "MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.setitem(ENVIRONMENT, "MLFLOW_TRACKING_URI", store)
    assert "pipelinekit: MLflow has the run of 5 stages\n" in pipelinekit("run", "-j", "2", folder=fan)
    assert is_clean(fan)
    monkeypatch.setitem(ENVIRONMENT, "MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    (fan / "params.yaml").write_text("a: 1\nb: 20\nc: 3\nd: 4\n")
    output = pipelinekit("run", folder=fan)
    assert named(output, "ran") == ["part@b", "merge"]
    assert "'pipelinekit run --log-only' logs it" in output
    assert "127.0.0.1:9" in pipelinekit("run", "--log-only", folder=fan, status=1)
    monkeypatch.delitem(ENVIRONMENT, "MLFLOW_TRACKING_URI")
    assert "runs are logged nowhere" in pipelinekit("run", "--log-only", folder=fan, status=2)


# --- how fast ----------------------------------------------------------------------------------------------------


def test_independent_stages_side_by_side_are_faster_than_dvc_repro(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    work = 'mkdir -p part; sleep 3; grep "^$1:" params.yaml > part/$1.txt\n'
    files = {**FAN_FILES, "work.sh": work}
    ours, theirs = project(tmp_path / "ours", files), project(tmp_path / "theirs", files)
    began = time.monotonic()
    call("dvc", "repro", folder=theirs)
    serial = time.monotonic() - began
    began = time.monotonic()
    pipelinekit("run", "-j", "4", folder=ours)
    parallel = time.monotonic() - began
    with capsys.disabled():
        sys.stdout.write(f"\ndvc repro {serial:.1f} s, run -j 4 {parallel:.1f} s: {serial / parallel:.1f} x as fast\n")
    assert serial / parallel >= 1.5
    assert locks(ours) == locks(theirs)
