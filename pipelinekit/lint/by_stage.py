"""Findings by the stage that they are about."""

from __future__ import annotations

from collections import defaultdict

from pipelinekit.graph.graph import Graph
from pipelinekit.lint.engine import lint_graph
from pipelinekit.lint.run import Request, prepare
from pipelinekit.resolve.stage import Stage
from pipelinekit.rules.finding import Finding


def findings_by_stage(graph: Graph, start: str) -> dict[Stage, list[Finding]]:
    """What the linter, as the project's settings have it, says of each stage; those of a group share theirs.

    Raises ConfigurationError, PluginError, UnknownRuleError.
    """
    project = graph.index.project
    _, selection, policy = prepare(project, Request((), start))
    findings = lint_graph(graph, selection, policy).findings
    by_name: dict[str, list[Stage]] = defaultdict(list)
    in_file: dict[tuple[str, str], list[Stage]] = defaultdict(list)
    for stage in graph.index.stages:
        by_name[stage.definition.name].append(stage)
        in_file[stage.file, stage.definition.name].append(stage)
    found: dict[Stage, list[Finding]] = defaultdict(list)
    for finding in findings:
        if finding.stage is None:
            continue
        # one in a script or a lock names the stage alone: it is told where only one file has such a stage
        named = by_name.get(finding.stage, [])
        stages = in_file.get((finding.file, finding.stage)) or named
        if stages is named and len({stage.file for stage in named}) > 1:
            continue
        for stage in stages:
            found[stage].append(finding)
    return found
