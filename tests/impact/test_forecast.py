"""What running stages will take: bytes and money, and the lines that say so."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelinekit.freshness.records import records
from pipelinekit.graph.graph import Graph
from pipelinekit.impact.durations import record_run
from pipelinekit.impact.forecast import Forecast, forecast
from pipelinekit.impact.settings import IMPACT_SETTINGS, impact_settings
from pipelinekit.impact.sizes import Size, added_at_most, sizes
from pipelinekit.lint.settings import SETTINGS
from pipelinekit.project.configuration import ConfigurationError
from pipelinekit.resolve.index import Index
from tests.command_line import run
from tests.freshness.projects import lock, project

PIPELINE = """\
stages:
  prepare:
    cmd: python prepare.py
    outs: [data, log: {cache: false}]
  small:
    cmd: python small.py
    deps: [data]
    outs: [small]
  large:
    cmd: python large.py
    deps: [data]
    outs: [large, s3://bucket/copy]
    metrics: [never]
  report:
    cmd: python report.py
    deps: [small, large]
    frozen: true
"""
LOCK = lock(
    prepare={"outs": {"data": "12345", "log": "123"}},
    small={"outs": {"small": "1"}},
    large={"outs": {"large": {"md5": "a" * 32}, "s3://bucket/copy": {"size": 7}}},
)


def made(folder: Path, toml: str = "") -> Graph:
    files = {"dvc.yaml": PIPELINE, "dvc.lock": LOCK, "pipelinekit.toml": toml}
    return Graph(Index(project(folder, files, git=False)))


def timed(graph: Graph, **seconds: float) -> Graph:
    for stage, record in graph.derived(records).items():
        if stage.name in seconds:
            record_run(graph.index.project, stage.address, record.locked, seconds[stage.name])
    return graph


def test_sizes_from_the_lock(tmp_path: Path) -> None:
    graph = made(tmp_path)
    found = {stage.name: each for stage, each in graph.derived(sizes).items()}
    assert found["prepare"] == (Size(8, 0), Size(5, 0))
    assert found["large"] == (Size(7, 2), Size(0, 2))
    assert found["report"] == (Size(0, 0), Size(0, 0))
    assert added_at_most(graph, graph.index.stages) == Size(6, 2)


def test_time_workers_and_money(tmp_path: Path) -> None:
    graph = timed(made(tmp_path, 'price-per-hour = 2\ncurrency = "EUR"'), prepare=600, small=1200, large=1800)
    found = forecast(graph, graph.index.stages)
    assert [stage.name for stage in found.critical_path] == ["prepare", "large"]
    expected = Forecast(3, 0, 3600, 2400, found.critical_path, 2, 2400, 2.0, "EUR", Size(6, 2))
    assert found == expected


def test_nothing_is_known(tmp_path: Path) -> None:
    graph = made(tmp_path)
    found = forecast(graph, graph.index.stages)
    assert (found.stages, found.untimed, found.total, found.workers, found.cost) == (3, 3, 0, 1, None)


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ('price-per-hour = "1"', "1:18: 'price-per-hour' is the string '1', not a number of 0 or more"),
        ("price-per-hour = -1", "1:18: 'price-per-hour' is the number -1, not a number of 0 or more"),
        ("price-per-hour = nan", "1:18: 'price-per-hour' is the number nan, not a number of 0 or more"),
        ("price-per-hour = true", "1:18: 'price-per-hour' is true, not a number of 0 or more"),
        ("price_per_hour = 1", "1:1: unknown setting 'price_per_hour'; did you mean 'price-per-hour'?"),
        ("duration = 'x'", "1:1: unknown setting 'duration'; did you mean 'durations'?"),
        ("durations = 3", "1:13: 'durations' is the number 3, not a string"),
        ("currency = ''", "1:12: 'currency' is the string '', not a string"),
    ],
)
def test_settings_that_are_wrong_are_said_at_their_place_by_lint_too(toml: str, message: str, tmp_path: Path) -> None:
    graph = made(tmp_path, toml)
    with pytest.raises(ConfigurationError) as refused:
        graph.derived(impact_settings)
    assert str(refused.value).endswith(f"pipelinekit.toml:{message}")
    result = run("lint", folder=tmp_path)
    assert (result.status, result.stderr.strip()) == (2, f"pipelinekit: pipelinekit.toml:{message}")


@pytest.mark.parametrize("name", ["selct", *SETTINGS])
def test_settings_of_the_linter_are_left_to_it(name: str, tmp_path: Path) -> None:
    if name not in IMPACT_SETTINGS:
        graph = made(tmp_path, f"{name} = {{}}\nprice-per-hour = 1")
        assert graph.derived(impact_settings).price_per_hour == 1


def test_show_settings_names_them(tmp_path: Path) -> None:
    made(tmp_path, "price-per-hour = 1.5\n")
    shown = run("lint", "--show-settings", folder=tmp_path).stdout
    assert "price-per-hour = 1.5  # pipelinekit.toml:1:1\n" in shown
    assert "# durations is not set\n" in shown
    assert "# currency is not set\n" in shown
