"""What lint finds about one stage, where it stands: in its definition, its lock, or the code that it runs."""

from __future__ import annotations

from pipelinekit.freshness.records import lock_path
from pipelinekit.graph.graph import Graph
from pipelinekit.impact.explanation import Explanation
from pipelinekit.lint.engine import lint_graph
from pipelinekit.lint.run import Request, prepare
from pipelinekit.rules.finding import Finding


def stage_findings(graph: Graph, explained: Explanation) -> list[Finding]:
    """The findings that `lint` shows with the settings of the project. Raises ConfigurationError, PluginError.

    Code that several stages run is found fault with once: that counts for each of them.
    """
    stage = explained.stage
    definition = stage.definition
    project = graph.index.project
    code = {file.path for file in (*explained.scripts, *explained.modules)}
    own = {stage.file, lock_path(stage.file, project.root)}

    def is_about(finding: Finding) -> bool:
        if finding.file in code:
            return True
        start = finding.place.start
        is_inside = finding.file == stage.file and definition.name_node.start <= start < definition.entry.end
        return is_inside or (finding.file in own and finding.stage == definition.name)

    _, selection, policy = prepare(project, Request((), project.root))
    return [finding for finding in lint_graph(graph, selection, policy).findings if is_about(finding)]
