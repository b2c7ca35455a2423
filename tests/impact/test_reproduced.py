"""What `affected` says is what the real `dvc repro` runs, after every kind of change, in made-up pipelines."""

from __future__ import annotations

import random
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from pipelinekit.graph.graph import Graph
from pipelinekit.impact.affected import Impact, impact_of_files, impact_since
from pipelinekit.project.project import Project
from pipelinekit.resolve.index import Index
from tests.impact.mutations import MUTATIONS, Mutation, replace
from tests.impact.pipelines import commit, copy_of, git, load, reproduce, reproduced_pipeline

pytestmark = pytest.mark.filterwarnings("ignore")  # those of DVC's own libraries

#: A new pipeline for so many of the mutations each.
_PIPELINES = 1
#: The few of a plain pytest.
_QUICK = (
    "script",
    "data_added",
    "value",
    "command",
    "dependency_more",
    "somebody_ran_one_stage_and_committed_the_lock",
)


class Case(NamedTuple):
    """A change, what was said of it and what DVC ran."""

    name: str
    ran: list[str]
    said: dict[str, list[str]]

    @property
    def problems(self) -> list[str]:
        return [
            f"{self.name}, by {way}: said {said}, ran {self.ran}" for way, said in self.said.items() if said != self.ran
        ]


def try_mutation(base: Path, folder: Path, mutation: Mutation, rng: random.Random) -> Case | None:
    copy_of(base, folder)
    changed = mutation.make(folder, rng)
    if changed is None:
        shutil.rmtree(folder)
        return None
    said: dict[str, list[str]] = {}
    if mutation.by_git:
        graph = _graph(folder)
        said["--since"] = _said(graph, impact_since(graph, mutation.since))
    if mutation.by_files and mutation.since == "HEAD":
        graph = _graph(folder)
        said["FILES"] = _said(graph, impact_of_files(graph, changed))
    ran = sorted(reproduce(folder))
    shutil.rmtree(folder)
    return Case(mutation.name, ran, said)


def _graph(folder: Path) -> Graph:
    return Graph(Index(Project(str(folder))))


def _said(graph: Graph, impact: Impact) -> list[str]:
    """What DVC must run: what it sees, and what it runs each time."""
    seen = {found.stage.address for found in impact.affected if found.is_seen}
    return sorted(seen | {stage.address for stage in graph.index.stages if stage.runs_always and not stage.frozen})


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return reproduced_pipeline(tmp_path_factory.mktemp("base") / "project", 0)


@pytest.mark.parametrize("mutation", [one for one in MUTATIONS if one.name in _QUICK], ids=lambda one: one.name)
def test_it_says_what_dvc_runs(mutation: Mutation, base: Path, tmp_path: Path) -> None:
    case = try_mutation(base, tmp_path / "project", mutation, random.Random(1))
    assert case is not None
    assert case.problems == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(_PIPELINES))
def test_every_kind_of_change_in_many_pipelines(seed: int, tmp_path: Path) -> None:
    base = reproduced_pipeline(tmp_path / "base", seed)
    cases = [
        try_mutation(base, tmp_path / mutation.name, mutation, random.Random(f"{mutation.name} {seed}"))
        for mutation in MUTATIONS
    ]
    tried = [case for case in cases if case is not None]
    assert [problem for case in tried for problem in case.problems] == []
    assert len(tried) >= 48


EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("example", "name", "old", "new", "expected"),
    [
        ("basic", "params.yaml", "random_seed: 42", "random_seed: 43", "preprocess train evaluate"),
        ("basic", "params.yaml", "learning_rate: 0.1", "learning_rate: 0.3", "train evaluate"),
        ("basic", "params.yaml", "max_depth: 3", "max_depth:   3  # the same", ""),
        ("basic", "src/evaluate.py", "import argparse\n", "import argparse\n\n", "evaluate"),
        ("basic", "src/boosting.py", "\n\n\n", "\n\n\n\n", "train evaluate"),
        (
            "basic",
            "src/fetch_data.py",
            'source.count("\\n")',
            '2 * source.count("\\n")',
            "fetch_data preprocess train evaluate",
        ),
        ("basic", "dvc.yaml", "--output eval.json", "--output  eval.json", "evaluate"),
    ],
)
def test_the_examples(example: str, name: str, old: str, new: str, expected: str, tmp_path: Path) -> None:
    folder = tmp_path / example
    shutil.copytree(EXAMPLES / example, folder, ignore=shutil.ignore_patterns("cache", "tmp", "dvc.lock"))
    git(folder, "init", "-q")
    reproduce(folder)
    commit(folder)
    replace(folder, name, old, new)
    since = [found.stage.name for found in impact_since(_graph(folder), "HEAD").affected]
    files = [found.stage.name for found in impact_of_files(_graph(folder), [name]).affected]
    before = _records(folder)
    reproduce(folder)
    ran = [stage for stage, record in _records(folder).items() if before.get(stage) != record]
    assert since == files == expected.split()
    assert ran == expected.split()


def _records(folder: Path) -> dict[str, object]:
    """The runs in the lock, in the order in which DVC runs the stages."""
    records: dict[str, object] = load(folder / "dvc.lock")["stages"]
    return records
