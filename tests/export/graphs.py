"""Graphs and plans of small projects."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pipelinekit.export.options import Options
from pipelinekit.export.plan import Plan, plan_of
from pipelinekit.graph.graph import Graph
from pipelinekit.project.project import Project
from pipelinekit.resolve.index import Index
from tests.small_projects import write


def graph_of(folder: Path, files: Mapping[str, str]) -> Graph:
    return Graph(Index(Project(str(write(folder, dict(files))))))


def plan(folder: Path, files: Mapping[str, str], options: Options | None = None) -> Plan:
    return plan_of(graph_of(folder, files), options or Options("pipeline"))
