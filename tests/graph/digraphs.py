"""Graphs in memory, and random ones, for properties."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from hypothesis import strategies as st

from pipelinekit.graph.graph import Graph
from pipelinekit.project.collect import Collected
from pipelinekit.project.ignore import DvcIgnore
from pipelinekit.project.project import Project
from pipelinekit.resolve.index import Index


def in_memory(stages: Mapping[str, tuple[Sequence[str], Sequence[str]]]) -> Graph:
    """The graph of stages with these dependencies and outputs; no file is written."""
    data = {
        "stages": {name: {"cmd": "x", "deps": list(deps), "outs": list(outs)} for name, (deps, outs) in stages.items()}
    }
    project = Project("/nowhere/at/all")
    project._asked_git = True
    project._collected = Collected(["dvc.yaml"], DvcIgnore(project.disk, []), frozenset())
    return Graph(Index(project.overlaid({"dvc.yaml": json.dumps(data)})))


def graph_of(pairs: list[tuple[int, int]]) -> Graph:
    """A stage for each number, in their order; of a pair the first one needs what the second makes."""
    numbers = sorted({number for pair in pairs for number in pair})
    needs: dict[int, list[str]] = {number: [] for number in numbers}
    for consumer, producer in pairs:
        needs[consumer].append(f"o{producer}")
    return in_memory({f"s{number}": (needs[number], [f"o{number}"]) for number in numbers})


def digraphs() -> st.SearchStrategy[list[tuple[int, int]]]:
    """Pairs of small numbers, each once: a graph with or without cycles and loops."""
    number = st.integers(0, 6)
    return st.lists(st.tuples(number, number), max_size=14, unique=True)
