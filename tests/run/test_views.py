from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from pipelinekit.graph.graph import Graph
from pipelinekit.resolve.stage import Stage
from pipelinekit.run.children import log_path, without_chatter
from pipelinekit.run.live_view import LiveView
from pipelinekit.run.outcome import End
from pipelinekit.run.plain_view import GitHubView, PlainView, QuietView
from pipelinekit.run.wording import shown_line
from pipelinekit.run.work import Work
from tests.small_projects import graph

EVIL = "evil\x1b[2J\u202e"
STAGES = f"""\
stages:
  prepare: {{cmd: x, outs: [p]}}
  "{EVIL.encode("unicode_escape").decode()}": {{cmd: x, deps: [p], outs: [q]}}
  many:
    foreach: {list(range(300))}
    do: {{cmd: x, deps: [p], outs: ["m/${{item}}"]}}
"""


@pytest.fixture
def project(tmp_path: Path) -> Graph:
    return graph(tmp_path, STAGES)


def stage(project: Graph, name: str) -> Stage:
    return next(found for found in project.index.stages if found.name == name)


def live(project: Graph, running: int, width: int = 80, height: int = 24) -> tuple[LiveView, io.StringIO]:
    out = io.StringIO()
    console = Console(
        file=out, force_terminal=True, width=width, height=height, color_system=None, legacy_windows=False
    )
    view = LiveView(console)
    view.run_started(Work(project, None), running)
    for found in [found for found in project.index.stages if found.name != "prepare"][:running]:
        view.started(found)
        view.said(found, ["a line \x1b[31m that is long " * 9, " \t "])
    return view, out


@pytest.mark.parametrize("running", [0, 1, 5, 250])
@pytest.mark.parametrize(("width", "height"), [(80, 24), (40, 8), (200, 60)])
def test_the_picture_fits_the_terminal(project: Graph, running: int, width: int, height: int) -> None:
    view, _ = live(project, running, width, height)
    lines = [line.plain for line in view._lines(view._started + 75)]
    view.run_finished()
    assert len(lines) <= height - 1
    assert all(len(line) < width for line in lines)
    assert lines[-1].startswith(f"0 done, {running} running, {302 - running} waiting; 1:15"[: width - 2])
    assert not any(char in line for line in lines for char in "\x1b\u202e\t")


def test_what_has_ended_stays_above_the_picture(project: Graph) -> None:
    view, out = live(project, 3)
    view.tick()
    view.finished(End(stage(project, "many@0"), "ran", 3.14))
    view.finished(End(stage(project, "many@1"), "up-to-date", 1.0))
    view.finished(End(stage(project, EVIL), "failed", 2.0, 255, ("Running stage 'x':", "said \x1b]0;t\x07"), "x.log"))
    view.tick()
    view.run_finished()
    text = out.getvalue()
    assert "303 of 303" not in text
    assert "302 of 302 stages are outdated; 3 at a time" in text
    assert "ran       many@0 in 3.1 s" in text
    assert "up to date many@1" not in text
    assert "failed    evil\\x1b[2J\\u202e after 2 s" in text
    assert "| said \\x1b]0;t\\x07" in text
    assert "2 done, 1 failed, 0 running, 299 waiting" in text


def end(project: Graph, folder: Path, text: str, **changes: object) -> End:
    (folder / "a.log").write_text(text)
    return End(stage(project, "prepare"), "ran", 3.0, log="a.log")._replace(**changes)  # type: ignore[arg-type]


def test_plain_lines(project: Graph) -> None:
    lines: list[str] = []
    view = PlainView(lines.append)
    node = stage(project, "prepare")
    view.run_started(Work(project, None), 2)
    view.started(node)
    view.said(node, ["Running stage 'prepare':", "> x", "::error::x", "\ttab", ""])
    view.finished(End(node, "failed", 70.0, -9, ("::error::x",), "a.log"))
    assert lines == [
        "302 of 302 stages are outdated; 2 at a time",
        "started   prepare",
        "prepare | ::error::x",
        "prepare |     tab",
        "failed    prepare after 1 min, ended by SIGKILL",
        "  prepare | ::error::x",
        "  (all of it: a.log)",
    ]


def test_groups_on_github(project: Graph, tmp_path: Path) -> None:
    lines: list[str] = []
    view = GitHubView(lines.append, str(tmp_path))
    text = "Running stage 'prepare':\n::stop-commands::x\n1%\r2%\n::endgroup::\nmore ##[group]\n"
    view.finished(end(project, tmp_path, text))
    assert lines == [
        "::group::ran prepare in 3 s",
        "prepare | ::stop-commands::x",
        "prepare | 2%",
        "prepare | ::endgroup::",
        "prepare | more ## [group]",
        "::endgroup::",
    ]
    lines.clear()
    view.finished(end(project, tmp_path, "", outcome="failed", last_lines=("50%: no\x1b",)))
    assert lines[-1] == "::error title=stage failed,file=dvc.yaml,line=2::prepare failed after 3 s: 50%25: no\\x1b"
    lines.clear()
    view.finished(end(project, tmp_path, "x\n" * 3000))
    assert len(lines) == 2003
    assert lines[1] == "prepare | … only the last 2,000 lines"


def test_quiet_is_quiet_until_something_fails(project: Graph) -> None:
    lines: list[str] = []
    view = QuietView(lines.append)
    node = stage(project, "prepare")
    view.run_started(Work(project, None), 1)
    view.started(node)
    view.said(node, ["x"])
    view.finished(End(node, "ran", 3.0))
    assert not lines
    view.finished(End(node, "failed", 3.0, 255, ("why",), "a.log"))
    assert lines == ["failed    prepare after 3 s", "  prepare | why", "  (all of it: a.log)"]


def test_logs_have_names_that_every_file_system_takes(project: Graph) -> None:
    assert log_path(stage(project, "many@0")) == ".dvc/tmp/pipelinekit/logs/many@0.log"
    assert log_path(stage(project, EVIL)).startswith(".dvc/tmp/pipelinekit/logs/evil-2J-")


def test_what_dvc_says_around_every_command_is_left_out() -> None:
    assert without_chatter(["", "\tgit add a", "> x", "Updating lock file 'dvc.lock'", "text > x"]) == ["text > x"]


def test_a_line_is_no_command_of_a_server(project: Graph) -> None:
    assert shown_line(stage(project, "prepare"), "##vso[x] ##[y] # [z]") == "prepare | ## vso[x] ## [y] # [z]"
