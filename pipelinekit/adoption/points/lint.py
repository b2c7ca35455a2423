"""The linter finds nothing."""

from __future__ import annotations

from pipelinekit.adoption.looked import ASKED, Looked, told
from pipelinekit.adoption.point import Verdict
from pipelinekit.adoption.question import Question
from pipelinekit.report.shown import counted, summary
from pipelinekit.rules.finding import LEVELS, Finding


def look(looked: Looked) -> Verdict:
    """Errors keep it from being done at all, warnings in part; what the project ignores does not count.

    Nor does what another point is about: one cause counts once. Of errors DVC refuses the project, so they do.
    """
    counted_here = [finding for finding in looked.findings if finding.level != "advice"]
    findings = [finding for finding in counted_here if not _is_said_elsewhere(finding)]
    if not findings:
        nothing = "nothing but what other points are about" if counted_here else "nothing found"
        return Verdict("done", (f"{nothing} in {counted(len(looked.project.dvc_yaml_files), 'dvc.yaml file')}",))
    worst = sorted(findings, key=lambda finding: LEVELS.index(finding.level or "error"))
    fixable = any(finding.fix is not None and finding.fix.safe for finding in findings)
    state = "missing" if worst[0].level == "error" else "partly"
    return Verdict(
        state,  # type: ignore[arg-type]
        (summary(findings), *told(worst)),
        "pipelinekit lint --fix" if fixable else "pipelinekit lint",
    )


def _is_said_elsewhere(finding: Finding) -> bool:
    return finding.code == "PK802" or (finding.code in ASKED and finding.level != "error")


QUESTION = Question(
    "lint", "the linter finds nothing", "pipeline", "DVC refuses it, or results will be wrong", 3, look, "C"
)
