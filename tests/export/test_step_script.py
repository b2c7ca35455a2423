from __future__ import annotations

import re
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelinekit.export.meta import StageMeta
from pipelinekit.export.plan import ExportError, Step
from pipelinekit.export.step_script import FUNCTIONS, is_variable, quoted, read_script, script_of
from tests.export.containers import expanded, placed

MARKS = re.compile(r"\{\{|\}\}|\$\$|\$\(")
HOSTILE = st.text(
    st.sampled_from(list("{}$()'\"\\ \n`#;&!*~-")) | st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
    max_size=40,
)


def step(*commands: str, wdir: str = ".") -> Step:
    return Step("dvc.yaml:a", "a", commands, wdir, (), (), (), StageMeta("image", {}, 0, {}))


def test_no_script_begins_with_a_placeholder() -> None:
    assert MARKS.search(FUNCTIONS) is None


@given(HOSTILE)
def test_a_shell_gets_the_text_and_nobody_finds_a_placeholder(text: str) -> None:
    word = quoted(text)
    assert MARKS.search(word) is None
    filled = expanded(placed(f"printf %s {word}", {}), {"x": "replaced", "date": "replaced"})
    printed = subprocess.run(["/bin/sh", "-c", filled], capture_output=True, check=True).stdout
    assert printed.decode() == text


@given(st.lists(HOSTILE, min_size=1, max_size=3), HOSTILE, HOSTILE)
def test_a_script_is_read_back(commands: list[str], wdir: str, value: str) -> None:
    read = read_script(script_of(step(*commands, wdir=wdir), [], [], {"A": value}))
    assert read == ("dvc.yaml:a", tuple(commands), wdir, {"A": value}, 0)


def test_a_stage_without_commands_still_needs_its_folder() -> None:
    script = script_of(step(wdir="it's"), [], [], {})
    assert read_script(script) == ("dvc.yaml:a", (), "it's", {}, 0)
    assert subprocess.run(["/bin/sh", "-c", FUNCTIONS + script], capture_output=True, check=False).returncode != 0


@pytest.mark.parametrize("shell", ["", "/bin/sh", "/bin/bash"])
def test_commands_run_as_dvc_runs_them(tmp_path: object, shell: str) -> None:
    script = FUNCTIONS + script_of(step("x=1", 'echo "[$x] $DVC_STAGE $0"', "exit 7", "echo never"), [], [], {})
    environment = {"PATH": "/usr/bin:/bin", "BASH_ENV": "", **({"SHELL": shell} if shell else {})}
    ended = subprocess.run(
        ["/bin/sh", "-c", script], env=environment, cwd=str(tmp_path), capture_output=True, text=True, check=False
    )
    assert ended.stdout == f"[] a {shell or '/bin/sh'}\n"
    assert ended.returncode == 7


@pytest.mark.parametrize(
    ("command", "said"),
    [("a\0b", "code 0"), ("\ud800", "none of Unicode"), ("x" * 131072, r"longer than .*128 KiB")],
)
def test_what_no_container_can_be_given_is_said(command: str, said: str) -> None:
    with pytest.raises(ExportError, match=said):
        script_of(step(command), [], [], {})


@pytest.mark.parametrize(
    "script", ["begin a\nrun . x\nrun b y", "begin a\nrun . x\nsudo rm", 'begin a\nrun . x\ncopy ./x "$2"', "begin a"]
)
def test_another_script_is_not_read(script: str) -> None:
    with pytest.raises(ValueError, match="a script"):
        read_script(script)


def test_names_that_shells_pass_on() -> None:
    assert [name for name in ("A", "_a1", "1a", "a.b", "a-b", "", "é") if is_variable(name)] == ["A", "_a1"]
