"""The linter finds nothing."""

from __future__ import annotations

from pipelinekit.adoption.looked import Looked, told
from pipelinekit.adoption.point import Verdict
from pipelinekit.adoption.question import Question
from pipelinekit.report.shown import counted, summary
from pipelinekit.rules.finding import LEVELS


def look(looked: Looked) -> Verdict:
    """Errors keep it from being done at all, warnings in part; what the project ignores does not count."""
    findings = [finding for finding in looked.findings if finding.level != "advice"]
    if not findings:
        return Verdict("done", (f"nothing found in {counted(len(looked.project.dvc_yaml_files), 'dvc.yaml file')}",))
    worst = sorted(findings, key=lambda finding: LEVELS.index(finding.level or "error"))
    fixable = any(finding.fix is not None and finding.fix.safe for finding in findings)
    state = "missing" if worst[0].level == "error" else "partly"
    return Verdict(
        state,  # type: ignore[arg-type]
        (summary(findings), *told(worst)),
        "pipelinekit lint --fix" if fixable else "pipelinekit lint",
    )


QUESTION = Question(
    "lint", "the linter finds nothing", "pipeline", "DVC refuses it, or results will be wrong", 3, look, "C"
)
