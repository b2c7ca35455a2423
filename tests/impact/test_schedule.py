"""The simulation against what holds for every schedule, against all schedules there are, and on drawn examples."""

from __future__ import annotations

import itertools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelinekit.graph.graph import Graph
from pipelinekit.impact.schedule import Plan, Schedule, critical_path, simulate
from pipelinekit.resolve.stage import Stage
from tests.graph.digraphs import digraphs, graph_of, in_memory
from tests.small_projects import graph

DIAMOND = in_memory(
    {
        "prepare": ([], ["data"]),
        "small": (["data"], ["small"]),
        "large": (["data"], ["large"]),
        "compare": (["small", "large"], ["report"]),
    }
)
TIMES = {"prepare": 60.0, "small": 120.0, "large": 300.0, "compare": 30.0}


def named(made: Graph, times: dict[str, float]) -> dict[Stage, float]:
    return {stage: times[stage.name] for stage in made.index.stages if stage.name in times}


def names(stages: list[Stage]) -> list[str]:
    return [stage.name for stage in stages]


def drawn(schedule: Schedule) -> list[list[tuple[str, float, float]]]:
    return [[(slot.stage.name, slot.start, slot.end) for slot in worker] for worker in schedule.workers]


def test_a_diamond_on_two_workers() -> None:
    schedule = simulate(DIAMOND, DIAMOND.index.stages, named(DIAMOND, TIMES), 2)
    assert drawn(schedule) == [
        [("prepare", 0, 60), ("large", 60, 360), ("compare", 360, 390)],
        [("small", 60, 180)],
    ]
    assert schedule.makespan == 390
    assert schedule.utilisation == pytest.approx(510 / 780)
    assert names(critical_path(DIAMOND, DIAMOND.index.stages, named(DIAMOND, TIMES))) == ["prepare", "large", "compare"]


def test_only_some_of_the_stages_run() -> None:
    chosen = [stage for stage in DIAMOND.index.stages if stage.name in ("prepare", "compare")]
    schedule = simulate(DIAMOND, chosen, named(DIAMOND, TIMES), 2)
    assert drawn(schedule) == [[("prepare", 0, 60), ("compare", 60, 90)], []]


def test_stages_that_were_never_timed_are_counted_and_wait_all_the_same() -> None:
    seconds = named(DIAMOND, {"small": 5.0, "compare": 1.0})
    schedule = simulate(DIAMOND, DIAMOND.index.stages, seconds, 1)
    assert (schedule.makespan, schedule.untimed) == (6, 2)
    assert names([slot.stage for slot in schedule.workers[0]])[-1] == "compare"


def test_nothing_to_do() -> None:
    schedule = simulate(DIAMOND, [], {}, 3)
    assert (schedule.makespan, schedule.workers, schedule.untimed, schedule.utilisation) == (0, ((), (), ()), 0, 1)
    assert critical_path(DIAMOND, [], {}) == []


def test_through_a_dvc_file(tmp_path) -> None:  # type: ignore[no-untyped-def]
    made = graph(
        tmp_path,
        {
            "dvc.yaml": "stages:\n  train: {cmd: x, deps: [copy.csv]}\n  fetch: {cmd: x, outs: [raw.csv]}\n",
            "copy.csv.dvc": "deps:\n- path: raw.csv\nouts:\n- path: copy.csv\n",
        },
    )
    schedule = simulate(made, made.index.stages, named(made, {"train": 1.0, "fetch": 2.0}), 2)
    assert drawn(schedule) == [[("fetch", 0, 2), ("train", 2, 3)], []]


def test_a_frozen_stage_takes_no_time_and_waits_for_nothing(tmp_path) -> None:  # type: ignore[no-untyped-def]
    made = graph(
        tmp_path,
        "stages:\n"
        "  a: {cmd: x, outs: [a]}\n"
        "  b: {cmd: x, deps: [a], outs: [b], frozen: true}\n"
        "  c: {cmd: x, deps: [b]}\n",
    )
    schedule = simulate(made, made.index.stages, named(made, {"a": 1.0, "b": 50.0, "c": 2.0}), 2)
    assert drawn(schedule) == [[("c", 0, 2)], [("a", 0, 1)]]


def test_workers_that_are_worth_it() -> None:
    four = in_memory({f"s{number}": ([], [f"o{number}"]) for number in range(4)})
    equal = dict.fromkeys(four.index.stages, 60.0)
    assert [Plan(four, four.index.stages, equal).makespan(workers) for workers in (1, 2, 3, 4)] == [240, 120, 120, 60]
    assert Plan(four, four.index.stages, equal).worthwhile() == 4
    assert Plan(four, four.index.stages, {}).worthwhile() == 1
    assert Plan(DIAMOND, DIAMOND.index.stages, named(DIAMOND, TIMES)).worthwhile() == 2
    chain = graph_of([(1, 0), (2, 1), (3, 2)])
    assert Plan(chain, chain.index.stages, dict.fromkeys(chain.index.stages, 1.0)).worthwhile() == 1
    many = in_memory({f"s{number}": ([], [f"o{number}"]) for number in range(500)})
    # from 20 on, one more saves less than a twentieth
    assert 19 <= Plan(many, many.index.stages, dict.fromkeys(many.index.stages, 1.0)).worthwhile() <= 25


def test_more_workers_may_take_longer() -> None:
    """Graham's anomaly, which a real run has, too: the third worker starts what then is in the way."""
    needs = [(3, 0), (5, 0), (8, 0), (4, 1), (7, 1), (8, 1), (3, 2), (7, 2), (6, 3), (6, 5), (8, 5), (8, 6)]
    made = graph_of(needs)
    seconds = {f"s{number}": float(each) for number, each in enumerate((6, 5, 1, 5, 6, 4, 4, 6, 9))}
    plan = Plan(made, made.index.stages, named(made, seconds))
    assert [plan.makespan(workers) for workers in range(1, 6)] == [46, 24, 28, 24, 24]
    assert plan.shortest == 24
    assert plan.worthwhile() == 2


@st.composite
def plans(draw: st.DrawFn) -> tuple[Graph, list[Stage], dict[Stage, float]]:
    """Any graph, cycles included, any of its stages, times for most of them."""
    made = graph_of(draw(digraphs()))
    stages = [stage for stage in made.index.stages if draw(st.booleans())]
    times = st.one_of(st.none(), st.integers(0, 20).map(float))
    seconds = {stage: drawn for stage in stages if (drawn := draw(times)) is not None}
    return made, stages, seconds


@given(plans(), st.integers(1, 5))
def test_what_holds_for_every_schedule(made: tuple[Graph, list[Stage], dict[Stage, float]], workers: int) -> None:
    found, stages, seconds = made
    plan = Plan(found, stages, seconds)
    schedule = simulate(found, stages, seconds, workers)
    total = sum(seconds.values())
    path = sum(seconds.get(stage, 0) for stage in critical_path(found, stages, seconds))
    assert path == plan.shortest
    assert max(path, total / workers) <= schedule.makespan <= total
    # Graham: no list schedule is further from the best than this
    assert schedule.makespan <= total / workers + path * (1 - 1 / workers) + 1e-9
    assert simulate(found, stages, seconds, 1).makespan == total == plan.makespan(1)
    assert plan.makespan(workers) == schedule.makespan
    assert schedule == simulate(found, stages, seconds, workers)
    slots = [slot for worker in schedule.workers for slot in worker]
    assert sorted(slot.stage.name for slot in slots) == sorted(stage.name for stage in stages)
    assert all(slot.end - slot.start == seconds.get(slot.stage, 0) for slot in slots)
    for worker in schedule.workers:
        assert all(one.end <= other.start for one, other in itertools.pairwise(worker))
    if found.order is not None:
        ends = {slot.stage: slot for slot in slots}
        for stage in stages:
            for needed in (found.upstream(stage) - {stage}) & set(stages):
                assert isinstance(needed, Stage)
                assert ends[needed].end <= ends[stage].start


@given(plans(), st.integers(2, 3))
def test_no_schedule_is_shorter_than_the_best(
    made: tuple[Graph, list[Stage], dict[Stage, float]], workers: int
) -> None:
    found, stages, seconds = made
    if found.order is None or len(stages) > 5:
        return
    best = min(
        (_makespan(found, order, seconds, workers) for order in itertools.permutations(stages)),
        default=0.0,
    )
    plan = Plan(found, stages, seconds)
    assert max(plan.shortest, plan.total / workers) <= best <= plan.makespan(workers)
    assert _makespan(found, stages, seconds, len(stages) + 1) == plan.shortest == plan.makespan(len(stages) + 1)


def _makespan(found: Graph, order: tuple[Stage, ...] | list[Stage], seconds: dict[Stage, float], workers: int) -> float:
    """By brute force: at each moment the first of the order that can start does."""
    needs = {stage: (found.upstream(stage) - {stage}) & set(order) for stage in order}
    waiting, running, done, now = list(order), [], set(), 0.0
    while waiting or running:
        startable = [stage for stage in waiting if needs[stage] <= done]
        if startable and len(running) < workers:
            waiting.remove(startable[0])
            running.append((now + seconds.get(startable[0], 0), startable[0]))
            continue
        now, ended = min(running, key=lambda pair: pair[0])
        running.remove((now, ended))
        done.add(ended)
    return now


def test_thousands_of_stages_and_every_number_of_workers_take_a_moment() -> None:
    made = in_memory({f"s{number}": ([f"o{number // 3}"] if number else [], [f"o{number}"]) for number in range(3000)})
    seconds = {stage: 1.0 + len(stage.name) for stage in made.index.stages}
    start = time.process_time()
    plan = Plan(made, made.index.stages, seconds)
    spans = [plan.makespan(workers) for workers in range(1, 65)]
    assert spans[0] == plan.total
    assert time.process_time() - start < 5  # 0.3 s where nothing else runs
