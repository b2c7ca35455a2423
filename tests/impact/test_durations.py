"""Run times: what is written is read, by many at once, and whatever else is in the file does no harm."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelinekit.freshness.records import records
from pipelinekit.graph.graph import Graph
from pipelinekit.impact import durations as durations_module
from pipelinekit.impact.durations import DURATIONS, Duration, durations, read_runs, record_run, run_key
from pipelinekit.project.configuration import ConfigurationError
from pipelinekit.project.locked import LockedStage
from pipelinekit.project.project import Project
from pipelinekit.resolve.index import Index
from tests.freshness.projects import lock, project

NOON = datetime(2026, 11, 25, 12, tzinfo=timezone.utc)
PIPELINE = "stages:\n  train:\n    cmd: python train.py\n    deps: [train.py]\n    outs: [model.pkl]\n"


def locked_as(code: str) -> str:
    return lock(train={"deps": {"train.py": code}, "outs": {"model.pkl": "12345"}})


def made(folder: Path, code: str = "a", pipeline: str = PIPELINE, **files: str) -> Graph:
    named = {name.replace("_", "."): text for name, text in files.items()}
    return Graph(Index(project(folder, {"dvc.yaml": pipeline, "dvc.lock": locked_as(code), **named}, git=False)))


def locked_of(graph: Graph) -> LockedStage:
    return next(iter(graph.derived(records).values())).locked


def ran(graph: Graph, *seconds: float, address: str = "dvc.yaml:train", first: datetime = NOON) -> None:
    for number, each in enumerate(seconds):
        finished = first + timedelta(hours=number)
        record_run(graph.index.project, address, locked_of(graph), each, finished=finished)


def known(graph: Graph) -> dict[str, Duration]:
    return {stage.name: found for stage, found in graph.derived(durations).items()}


def test_the_median_of_the_newest(tmp_path: Path) -> None:
    graph = made(tmp_path)
    assert known(graph) == {}
    graph = made(tmp_path)
    ran(graph, 1000, 1000, 1000, 1, 2, 3, 4, 60)
    assert known(graph) == {"train": Duration(3, 5, NOON + timedelta(hours=7), True)}


def test_what_is_written_of_a_run(tmp_path: Path) -> None:
    graph = made(tmp_path)
    record_run(graph.index.project, "dvc.yaml:train", locked_of(graph), 1.5, cpu_seconds=4, finished=NOON)
    assert json.loads((tmp_path / DURATIONS).read_text()) == {
        "address": "dvc.yaml:train",
        "key": run_key(locked_of(graph)),
        "seconds": 1.5,
        "cpu_seconds": 4,
        "finished": "2026-11-25T12:00:00+00:00",
        "bytes_out": 5,
    }


def test_git_does_not_see_it(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    dvc = [sys.executable, "-m", "dvc", "init", "-q"]
    subprocess.run(dvc, cwd=tmp_path, check=True, env={**os.environ, "DVC_NO_ANALYTICS": "1"})
    ran(made(tmp_path), 1)
    listed = subprocess.run(
        ["git", "status", "--porcelain", "-uall"], cwd=tmp_path, check=True, capture_output=True, text=True
    ).stdout
    assert "durations" not in listed


def test_runs_on_other_inputs_count_only_where_there_are_none_on_these(tmp_path: Path) -> None:
    ran(made(tmp_path, "a"), 10)
    graph = made(tmp_path, "b")
    assert known(graph)["train"] == Duration(10, 1, NOON, False)
    ran(graph, 30, first=NOON - timedelta(days=9))
    assert known(made(tmp_path, "b"))["train"] == Duration(30, 1, NOON - timedelta(days=9), True)
    assert known(made(tmp_path, "a"))["train"] == Duration(10, 1, NOON, True)


def test_a_renamed_stage_and_a_moved_file_are_known_by_their_inputs(tmp_path: Path) -> None:
    ran(made(tmp_path), 10)
    # renamed in dvc.yaml, not run since
    renamed = made(tmp_path, pipeline=PIPELINE.replace("train:", "fit:"))
    assert known(renamed) == {"fit": Duration(10, 1, NOON, True)}
    moved = {"models/dvc.yaml": PIPELINE, "models/dvc.lock": locked_as("a"), "dvc.yaml": "stages: {}\n"}
    assert known(Graph(Index(project(tmp_path, moved, git=False)))) == {"train": Duration(10, 1, NOON, True)}


def test_the_key_does_not_depend_on_order_or_results(tmp_path: Path) -> None:
    entries = {"a": "1", "b": "2"}
    params = {"params.yaml": {"x": 1, 2: [1, {"z": 1, "y": 2}]}}
    other = {"params.yaml": {2: [1, {"y": 2, "z": 1}], "x": 1}}
    texts = [
        lock(train={"deps": entries, "params": params, "outs": {"m": "1"}}),
        lock(train={"deps": dict(reversed(entries.items())), "params": other, "outs": {"m": "2"}}),
        lock(train={"deps": {**entries, "b": "3"}, "params": params}),
        lock(train={"deps": entries, "params": {"params.yaml": {"x": 2}}}),
        lock(train={"cmd": "y", "deps": entries, "params": params}),
    ]
    keys = []
    for number, text in enumerate(texts):
        found = project(tmp_path / str(number), {"dvc.lock": text}, git=False).lock("dvc.lock")
        assert found is not None
        keys.append(run_key(found.stages["train"]))
    assert keys[0] == keys[1]
    assert len(set(keys)) == 4


def test_a_shared_file_is_read_beside_it(tmp_path: Path) -> None:
    ran(made(tmp_path), 10)
    text = (tmp_path / DURATIONS).read_text()
    shared = text + text.replace('"seconds": 10', '"seconds": 30')
    graph = made(tmp_path, pipelinekit_toml='durations = "ci/times.jsonl"')
    assert known(graph)["train"].runs == 1  # it may be missing: a CI server has none the first time
    (tmp_path / "ci").mkdir()
    (tmp_path / "ci" / "times.jsonl").write_text(shared)
    assert known(made(tmp_path))["train"] == Duration(20, 2, NOON, True)  # what is in both counts once


def test_a_folder_is_no_file_of_run_times(tmp_path: Path) -> None:
    graph = made(tmp_path, pipelinekit_toml='durations = ".dvc"')
    with pytest.raises(ConfigurationError, match=r"pipelinekit.toml:1:13: 'durations' is .dvc, which is a folder"):
        graph.derived(durations)


@pytest.mark.parametrize(
    "garbage",
    [
        b'{"address": "dvc.yaml:train", "key": "x", "seco',
        b"<<<<<<< HEAD\n\xff\xfe\x00\n[]\nnull\n{}\n3\n",
        b'{"address": "dvc.yaml:train", "key": "x", "seconds": -1}\n',
        b'{"address": "dvc.yaml:train", "key": "x", "seconds": true}\n',
        b'{"address": "dvc.yaml:train", "key": "x", "seconds": NaN}\n{"address": 1, "key": "x", "seconds": 1}\n',
        b'{"address": "dvc.yaml:train", "key": "x", "seconds": 1e999}\n',
        b'{"address": "dvc.yaml:train", "key": "x", "seconds": 1, "finished": "yesterday"}\n',
        b'{"address": "dvc.yaml:train", "key": "x", "seconds": 1, "finished": 7}\n',
        b'{"a":' * 2000 + b"\n",
        b'{"address": "' + b"x" * 100_000 + b'"}\n',
    ],
)
def test_what_is_no_run_is_passed_over_and_a_torn_line_spoils_no_other(garbage: bytes, tmp_path: Path) -> None:
    graph = made(tmp_path)
    ran(graph, 10)
    with open(tmp_path / DURATIONS, "ab") as file:
        file.write(garbage)
    ran(graph, 20)
    assert known(made(tmp_path))["train"][:2] == (15, 2)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200))
def test_any_bytes_are_read(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x").write_bytes(data + b'\n{"address": "a", "key": "k", "seconds": 1}\n' + data)
    assert [run.seconds for run in read_runs(str(tmp_path / "x")) if run.key == "k"] == [1]


def test_times_of_other_time_zones_and_of_none(tmp_path: Path) -> None:
    lines = [
        '{"address": "a", "key": "k", "seconds": 1, "finished": "2026-11-25T13:00:00+01:00"}',
        '{"address": "a", "key": "k", "seconds": 1, "finished": "2026-11-25T12:00:00Z"}',
        '{"address": "a", "key": "k", "seconds": 1, "finished": "2026-11-25T12:00:00"}',
        '{"address": "a", "key": "k", "seconds": 1}',
    ]
    (tmp_path / "x").write_text("\n".join(lines))
    assert [run.finished for run in read_runs(str(tmp_path / "x"))] == [NOON, NOON, NOON, None]


_WRITER = """
import sys
from pipelinekit.impact import durations
from pipelinekit.project.locked import LockedStage
from pipelinekit.project.project import Project
durations.MAX_BYTES = int(sys.argv[3])
stage = LockedStage("s", "x" * 100, {}, {}, {}, (0, 0), (0, 0))
for number in range(300):
    durations.record_run(Project(sys.argv[1]), f"{sys.argv[2]}-{number % 10}", stage, number)
"""


@pytest.mark.parametrize("limit", [10**9, 200_000])
def test_several_programs_may_write_at_once(limit: int, tmp_path: Path) -> None:
    """Without a loss and without a broken line, also while one of them tidies up."""
    (tmp_path / ".dvc").mkdir()
    writers = [
        subprocess.Popen([sys.executable, "-c", _WRITER, str(tmp_path), name, str(limit)]) for name in ("a", "b", "c")
    ]
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    text = (tmp_path / DURATIONS).read_text()
    runs = read_runs(str(tmp_path / DURATIONS))
    assert len(runs) == len(text.splitlines())
    assert len(runs) == 900 if limit == 10**9 else len(text) < 110_000
    for address in (f"{name}-{number}" for name in "abc" for number in range(10)):
        newest = [run.seconds for run in runs if run.address == address][-5:]
        assert newest == [float(number) for number in range(300) if f"-{number % 10}" == address[1:]][-5:]
    assert [path.name for path in (tmp_path / DURATIONS).parent.iterdir()] == ["durations.jsonl"]


def test_a_long_file_keeps_the_newest_runs_of_each_stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    graph = made(tmp_path)
    ran(graph, 1, address="rare")
    ran(graph, *range(100), address="often")
    monkeypatch.setattr(durations_module, "MAX_BYTES", 20_000)
    ran(graph, 100, address="often")
    assert [run.seconds for run in read_runs(str(tmp_path / DURATIONS))] == [1, 96, 97, 98, 99, 100]


def test_only_the_end_of_a_long_file_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran(made(tmp_path), *range(100))
    monkeypatch.setattr(durations_module, "MAX_BYTES", 1000)
    runs = read_runs(str(tmp_path / DURATIONS))
    assert 3 <= len(runs) <= 10
    assert runs[-1].seconds == 99


def test_without_a_dvc_folder_nothing_is_written(tmp_path: Path) -> None:
    record_run(Project(str(tmp_path)), "a", LockedStage("s", "x", {}, {}, {}, (0, 0), (0, 0)), 1)
    assert list(tmp_path.iterdir()) == []
