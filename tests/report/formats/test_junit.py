from __future__ import annotations

from pathlib import Path

from pipelinekit.report.report import write_report
from tests.lint.projects import make
from tests.report.hostile import run_in

REPORT = """\
<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="pipelinekit" tests="2" failures="1" errors="0">
  <testsuite name="dvc.yaml" tests="1" failures="1" errors="0" skipped="0" package="pipelinekit">
    <testcase name="PK108 duplicate-dependency at 5:12" classname="dvc.yaml">
      <failure type="error" message="'a&amp;b' is listed twice">
dvc.yaml:5:12: error: 'a&amp;b' is listed twice
dvc.yaml:5:10: it is listed here already
why: it says nothing new, and the file that was meant may be missing
fix: Remove it, or name the file that was meant.
      </failure>
    </testcase>
  </testsuite>
  <testsuite name="sub/dvc.yaml" tests="1" failures="0" errors="0" skipped="0" package="pipelinekit">
    <testcase name="pipelinekit lint" classname="sub/dvc.yaml"/>
  </testsuite>
</testsuites>
"""


def test_a_failure_for_each_finding_and_a_pass_for_each_clean_file(tmp_path: Path) -> None:
    make(tmp_path, "stages:\n  a:\n    cmd: x\n    outs: [y]\n    deps: [a&b, a&b]\n", sub__dvc_yaml="stages: {}\n")
    (tmp_path / "a&b").write_text("")
    report = REPORT.replace(":5:12", ":5:17").replace(":5:10", ":5:12").replace("at 5:12", "at 5:17")
    assert write_report(run_in(tmp_path).report("1"), "junit") == report
