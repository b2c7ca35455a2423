"""What is run, when, and what comes of it; a program in the place of `dvc` does what its script says."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from pipelinekit.graph.graph import Graph, GraphNode
from pipelinekit.impact.durations import DURATIONS, read_runs
from pipelinekit.project.project import Project
from pipelinekit.resolve.index import Index
from pipelinekit.resolve.stage import Stage
from pipelinekit.run.outcome import End, Outcome, RunResult
from pipelinekit.run.reproduce import Options, reproduce
from pipelinekit.run.work import Work
from tests.run.pipelines import replacement
from tests.small_projects import write

RUN = """\
name=${address#dvc.yaml:}
echo "Running stage '$name':"
"""
CHAIN = """\
stages:
  c: {cmd: x, deps: [b.txt], outs: [c.txt]}
  b: {cmd: x, deps: [a.txt], outs: [b.txt]}
  a: {cmd: x, outs: [a.txt]}
  other: {cmd: x, outs: [other.txt]}
"""


class Seen:
    """A view and an observer that remember what they were told."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        self.events: list[str] = []
        self.lines: list[str] = []
        self.notes: list[str] = []
        self.most_at_once = 0
        self._now = 0
        self._environment = environment or {}

    def run_started(self, work: Work, workers: int = 0) -> None:
        pass

    def started(self, node: GraphNode, where: str = "") -> None:
        self.events.append(f"+{node.address.partition(':')[2]}")
        self._now += 1
        self.most_at_once = max(self.most_at_once, self._now)

    def said(self, node: GraphNode, lines: Sequence[str]) -> None:
        self.lines += lines

    def finished(self, end: End) -> None:
        self.events.append(f"{end.outcome} {end.node.address.partition(':')[2]}")
        self._now -= 1

    def note(self, text: str) -> None:
        self.notes.append(text)

    def tick(self) -> None:
        pass

    def stage_started(self, stage: Stage) -> Mapping[str, str]:
        return self._environment

    def stage_finished(self, stage: Stage, outcome: Outcome, seconds: float) -> None:
        self.events.append(f"observed {outcome} {stage.name}")

    def run_finished(self, result: RunResult | None = None) -> None:
        pass


def run(
    folder: Path, files: Mapping[str, str] | str, script: str, seen: Seen | None = None, **options: object
) -> tuple[RunResult, list[str]]:
    """The result and what has happened."""
    graph = Graph(Index(Project(str(write(folder, {"dvc.yaml": files} if isinstance(files, str) else files)))))
    seen = seen or Seen()
    dvc = replacement(folder, script)
    result = reproduce(Work(graph, None), Options(dvc, **options), seen)  # type: ignore[arg-type]
    return result, seen.events


def test_each_stage_runs_when_what_it_needs_is_done(tmp_path: Path) -> None:
    result, events = run(tmp_path, CHAIN, RUN)
    assert events == ["+a", "ran a", "+b", "ran b", "+c", "ran c", "+other", "ran other"]
    assert (result.status, result.count("ran"), result.left) == (0, 4, [])


def test_several_run_side_by_side_those_with_the_longest_chain_first(tmp_path: Path) -> None:
    seen = Seen()
    _, events = run(tmp_path, CHAIN, RUN + "sleep 0.3", seen, workers=2)
    assert events[:2] == ["+a", "+other"]
    assert seen.most_at_once == 2
    assert events.index("ran a") < events.index("+b") < events.index("ran b") < events.index("+c")


def test_no_more_run_than_there_are_workers(tmp_path: Path) -> None:
    stages = "stages:\n  x:\n    foreach: [1, 2, 3, 4, 5, 6, 7]\n    do: {cmd: x, outs: ['${item}.txt']}\n"
    seen = Seen()
    result, _ = run(tmp_path, stages, RUN + "sleep 0.1", seen, workers=3)
    assert seen.most_at_once == 3
    assert result.count("ran") == 7


FAIL_B = RUN + "echo working on $name; [ $name != b ] || { echo no >&2; exit 3; }"


def test_a_failure_ends_the_run(tmp_path: Path) -> None:
    result, events = run(tmp_path, CHAIN, FAIL_B)
    assert events == ["+a", "ran a", "+b", "failed b"]
    assert result.status == 1
    assert [node.address for node in result.left] == ["dvc.yaml:b", "dvc.yaml:c", "dvc.yaml:other"]
    (end,) = result.failed
    assert (end.status, end.last_lines[1:]) == (3, ("working on b", "no"))
    assert (tmp_path / end.log).read_text() == "Running stage 'b':\nworking on b\nno\n"


def test_what_does_not_depend_on_it_may_go_on(tmp_path: Path) -> None:
    result, events = run(tmp_path, CHAIN, FAIL_B, keep_going=True)
    assert events[-2:] == ["+other", "ran other"]
    assert "+c" not in events
    assert [node.address for node in result.left] == ["dvc.yaml:b", "dvc.yaml:c"]


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        ("Running stage 'x':", "ran"),
        ("WARNING: something\nRunning stage 'x':\nStage 'x' is cached - skipping run, checking out outputs", "ran"),
        ("Stage 'x' is cached - skipping run, checking out outputs", "restored"),
        ("Stage 'x' didn't change, skipping\nData and pipelines are up to date.", "up-to-date"),
        ("Verifying outputs in frozen stage: 'x'", "recorded"),
        ("", "up-to-date"),
    ],
)
def test_what_dvc_says_first_is_what_it_did(tmp_path: Path, said: str, outcome: str) -> None:
    (tmp_path / "said").write_text(said)
    result, _ = run(tmp_path, "stages:\n  x: {cmd: x, outs: [x]}\n", "cat said")
    assert [end.outcome for end in result.ends.values()] == [outcome]


def test_the_environment_is_what_observers_add_to(tmp_path: Path) -> None:
    graph = Graph(Index(Project(str(write(tmp_path, {"dvc.yaml": "stages:\n  x: {cmd: x, outs: [x]}\n"})))))
    dvc = replacement(tmp_path, RUN + 'echo "$MLFLOW_RUN_ID $PYTHONUNBUFFERED"; read line; echo "[$line]"')
    seen = Seen({"MLFLOW_RUN_ID": "17"})
    reproduce(Work(graph, None), Options(dvc), seen, [seen])
    assert seen.lines[1:] == ["17 1", "[]"]  # nor does it wait for somebody to type
    assert "observed ran x" in seen.events


def test_lines_of_any_kind_come_whole_and_bars_come_as_they_stand(tmp_path: Path) -> None:
    script = RUN + "printf 'one\\n\\n10%%\\r20%%\\r'; sleep 0.2; printf '30%%\\nlast \\377'"
    seen = Seen()
    run(tmp_path, "stages:\n  x: {cmd: x, outs: [x]}\n", script, seen)
    assert seen.lines[1:] == ["one", "20%", "30%", "last \N{REPLACEMENT CHARACTER}"]


def test_what_stays_behind_does_not_keep_the_run(tmp_path: Path) -> None:
    began = time.monotonic()
    result, _ = run(tmp_path, "stages:\n  x: {cmd: x, outs: [x]}\n", RUN + "sleep 30 & echo $! > pid")
    assert time.monotonic() - began < 10
    assert result.count("ran") == 1
    os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)


def test_much_output_is_no_burden(tmp_path: Path) -> None:
    seen = Seen()
    result, _ = run(tmp_path, "stages:\n  x: {cmd: x, outs: [x]}\n", RUN + "yes 0123456789 | head -n 500000", seen)
    assert len(seen.lines) == 500001
    (end,) = result.ends.values()
    assert len(end.last_lines) == 20


GRACE = ((signal.SIGINT, 0.5), (signal.SIGTERM, 0.5), (signal.SIGKILL, 2.0))


@pytest.fixture
def hears_interrupts() -> Iterator[None]:
    """Tests that run in the background of a shell are born deaf to Ctrl-C."""
    earlier = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, earlier)


@pytest.mark.usefixtures("hears_interrupts")
@pytest.mark.parametrize("trapped", ["", "trap '' INT", "trap '' INT TERM"])
def test_a_stop_gets_ever_less_kind(tmp_path: Path, trapped: str) -> None:
    script = f"{trapped}\n{RUN}sleep 60 & echo $! > pid; wait; sleep 60"
    seen = Seen()
    timer = threading.Timer(0.7, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    began = time.monotonic()
    result, events = run(tmp_path, CHAIN, script, seen, grace=GRACE)
    assert time.monotonic() - began < 40
    assert (result.status, events) == (130, ["+a", "interrupted a"])
    assert [node.name for node in result.left if isinstance(node, Stage)] == ["a", "b", "c", "other"]
    assert not os.path.isdir(f"/proc/{(tmp_path / 'pid').read_text().strip()}/fd")


def test_the_time_is_kept_for_those_that_ran(tmp_path: Path) -> None:
    lock = "schema: '2.0'\nstages:\n" + "".join(
        f"  {name}:\n    cmd: y\n    outs:\n    - path: {name}.txt\n      hash: md5\n"
        f"      md5: {'0' * 32}\n      size: 7\n"
        for name in "ab"
    )
    script = RUN + "sleep 0.2; [ $name != c ] || exit 1"
    run(tmp_path, {"dvc.yaml": CHAIN, "dvc.lock": lock}, script, keep_going=True)
    runs = read_runs(str(tmp_path / DURATIONS))
    assert [one.address for one in runs] == ["dvc.yaml:a", "dvc.yaml:b"]
    assert all(0.1 <= one.seconds < 5 and one.bytes_out == 7 for one in runs)
