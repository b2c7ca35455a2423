"""Whatever is in the files: a clear message, the right exit status, never a traceback, nothing lost."""

from __future__ import annotations

import errno
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cli.projects import CLEAN, FLAWED, make
from tests.command_line import Result, run

COMMANDS = [
    ("lint",),
    ("lint", "--level", "advice", "--output-format", "json"),
    ("lint", "--fix", "--unsafe-fixes"),
    ("lint", "--add-ignore"),
    ("lint", "--output-format", "sarif"),
    ("stages",),
    ("graph", "--format", "mermaid"),
    ("status",),
    ("status", "--format", "json", "--all"),
    ("explain", "train"),
    ("explain", "a", "--format", "json"),
    ("graph", "--stages", "train+", "--format", "json"),
    ("affected", "dvc.yaml", "train.py"),
    ("run", "--dry-run"),
    ("run", "--dry-run", "--no-lint", "train+"),
    ("doctor",),
    ("doctor", "--format", "json"),
    ("docs",),
    ("export", "airflow"),
]


def check(result: Result) -> None:
    assert result.status in (0, 1, 2), result
    assert "Traceback" not in result.stderr
    assert "PK009" not in result.stdout, result.stdout
    if result.status == 2:
        assert result.stderr.startswith("pipelinekit: ")


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@given(data=st.binary(max_size=200))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
def test_any_bytes(command: tuple[str, ...], data: bytes, tmp_path: Path) -> None:
    folder = tmp_path / "p"
    if not folder.exists():
        make(folder)
    (folder / "dvc.yaml").write_bytes(data)
    check(run(*command, folder=folder))


@pytest.mark.parametrize("name", ["pipelinekit.toml", "pyproject.toml"])
@given(data=st.one_of(st.binary(max_size=60), st.text("[]{}=\"'.,#\n ab1tool.pipelinekit.rules.PK101", max_size=80)))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_any_settings(name: str, data: bytes | str, tmp_path: Path) -> None:
    folder = tmp_path / "p"
    if not folder.exists():
        make(folder)
    (folder / name).write_bytes(b"[tool.pipelinekit]\n" + (data if isinstance(data, bytes) else data.encode()))
    check(run("lint", folder=folder))
    check(run("lint", "--show-settings", folder=folder))


@given(data=st.one_of(st.binary(max_size=60), st.text("dvc.yaml: PK101 0123456789abcdef\n\r#", max_size=80)))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
def test_any_baseline(data: bytes | str, tmp_path: Path) -> None:
    folder = tmp_path / "p"
    if not folder.exists():
        make(folder)
    (folder / "old.txt").write_bytes(data if isinstance(data, bytes) else data.encode())
    check(run("lint", "--baseline", "old.txt", folder=folder))
    check(run("lint", "--write-baseline=old.txt", folder=folder))


MUTATIONS = [
    "{",
    "}",
    "[",
    "]",
    ":",
    "- ",
    "\n",
    "\t",
    "&a ",
    "*a",
    "!!int ",
    "${",
    "}",
    "'",
    '"',
    "#",
    "|",
    "> ",
    "? ",
    "<<: ",
    "\x00",
    "null",
    "1",
    "yes",
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_broken_pipelines(command: tuple[str, ...], tmp_path: Path) -> None:
    rng = random.Random(command[0])
    text = FLAWED + "  more:\n    foreach: {a: 1}\n    do:\n      cmd: x ${item}\n      params: [a, {b.yaml: [c]}]\n"
    folder = make(tmp_path / "p", text, params_yaml="a: {b: 1}\n")
    for _ in range(60):
        broken = text
        for _ in range(rng.randint(1, 4)):
            place = rng.randrange(len(broken))
            broken = broken[:place] + rng.choice(MUTATIONS) + broken[place + rng.randint(0, 3) :]
        (folder / "dvc.yaml").write_text(broken, encoding="utf-8")
        check(run(*command, folder=folder))


HOSTILE = {
    "nested brackets": "stages: " + "[" * 1100,
    "nested braces": "stages: " + "{a: " * 600,
    "nested blocks": "".join(f"{' ' * depth}a:\n" for depth in range(2000)),
    "alias bomb": "a: &a [x, x]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(20)
    ),
    "alias bomb in a stage": "stages:\n  s:\n    cmd: x\n    meta:\n      a: &a [x, x]\n" + "".join(
        f"      {chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(20)
    ),
    "alias to itself": "stages: &s\n  a: *s\n",
    "huge scalar": "stages:\n  a:\n    cmd: " + "x" * 1_000_000 + "\n",
    "huge key": "x" * 300_000 + ": 1\n",
    "many stages without anything": "stages:\n" + "".join(f"  s{n}:\n" for n in range(3000)),
    "many unknown keys": "stages:\n  a:\n" + "".join(f"    k{n}: 1\n" for n in range(3000)),
    "expressions without end": "stages:\n  a:\n    cmd: " + "${" * 5000 + "\n",
    "a deep expression": "stages:\n  a:\n    cmd: x ${" + "a." * 5000 + "b}\n",
    "a matrix of millions": "stages:\n  a:\n    cmd: x\n    matrix:\n" + "".join(
        f"      k{n}: [{', '.join(map(str, range(10)))}]\n" for n in range(7)
    ),
    "a list": "- a\n",
    "a number": "1\n",
    "nothing": "",
    "two documents": "stages: {}\n---\nstages: {}\n",
    "nulls everywhere": "vars:\nstages:\n  a:\n    cmd:\n    deps:\n    outs:\n    params:\n    foreach:\n    do:\n"
    "    matrix:\nplots:\nartifacts:\n",
    "keys of all types": "stages:\n  1: {}\n  true: {}\n  null: {}\n  1.5: {}\n  2020-01-01: {}\n  [a]: {}\n",
    "empty names": "stages:\n  '':\n    cmd: x\n    deps: ['']\n    outs: ['']\n    params: ['', {'': ['']}]\n"
    "    wdir: ''\n",
    "strange paths": 'stages:\n  a:\n    cmd: x "\n    deps: ["a\\0b", "//", "..", "/", "~", "ds://", "://", "s3://b"]\n'
    '    outs: ["x/../..", ".", "a\\nb"]\n',
    "a path of many folders": "stages:\n  a:\n    cmd: x\n    deps: [" + "a/" * 5000 + "b]\n",
    "shell without end": "stages:\n  a:\n    cmd: " + "( " * 3000 + "\n",
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files(name: str, tmp_path: Path) -> None:
    folder = make(tmp_path / "p", HOSTILE[name])
    for command in COMMANDS:
        check(run(*command, folder=folder))


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        "params.yaml",
        "params.json",
        "params.toml",
        "params.py",
        "dvc.lock",
        "data.dvc",
        ".dvcignore",
        ".dvc/config",
        "pyproject.toml",
    ],
)
def test_any_bytes_in_the_other_files(name: str, tmp_path: Path) -> None:
    text = CLEAN.replace("    outs:", f"    params: [a, {{{name}: [b]}}]\n    outs:").replace(
        "stages:", f"vars: [{name}]\nstages:"
    )
    folder = make(tmp_path / "p", text)
    for data in (
        b"",
        b"\xff\xfe\x00",
        b"[" * 2000,
        b"a: [\n",
        b"= = =",
        b"[parsing\nlist = x",
        b"{}",
        b"- 1\n",
        b"null",
        b"a: 2020-01-01\n",
        b"x" * 100_000,
    ):
        (folder / name).write_bytes(data)
        check(run("lint", folder=folder))
        check(run("stages", "--format", "json", folder=folder))
        check(run("explain", "train", folder=folder))


def test_folder_in_the_place_of_a_file(tmp_path: Path) -> None:
    folder = make(tmp_path / "p", "vars: [params.json]\n" + CLEAN)
    for name in ("params.yaml", "params.json", "dvc.lock", ".dvcignore"):
        (folder / name).mkdir()
    result = run("lint", folder=folder)
    check(result)
    assert "it is a folder" in result.stdout
    (folder / "dvc.yaml").unlink()
    (folder / "dvc.yaml").mkdir()
    assert run("lint", folder=folder).status == 2


def test_links_that_lead_nowhere_or_in_circles(tmp_path: Path) -> None:
    folder = make(tmp_path / "p")
    (folder / "loop").symlink_to("loop")
    (folder / "around").symlink_to(".", target_is_directory=True)
    (folder / "params.yaml").symlink_to("gone.yaml")
    check(run("lint", folder=folder))
    (folder / "dvc.yaml").unlink()
    (folder / "dvc.yaml").symlink_to("dvc.yaml")
    assert run("lint", folder=folder).status == 2


def test_file_that_can_not_be_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make(tmp_path / "p")
    real = open

    def refuse(path: object, *arguments: object, **options: object) -> object:
        if str(path).endswith("dvc.yaml"):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return real(path, *arguments, **options)  # type: ignore[call-overload]

    monkeypatch.setattr("builtins.open", refuse)
    result = run("lint", "--output-format", "concise", folder=folder)
    assert result.stdout == "dvc.yaml:1:1: PK004 unreadable-file: the file can't be read: Permission denied\n"
    assert result.status == 1


def test_file_that_vanishes_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipelinekit.project.disk import Disk

    folder = make(tmp_path / "p")
    monkeypatch.setattr(Disk, "read", lambda self, path: (_ for _ in ()).throw(FileNotFoundError(path)))
    assert run("lint", folder=folder).status in (0, 2)


def test_full_disk_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make(tmp_path / "p", FLAWED)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    result = run("lint", "--fix", folder=folder)
    assert result.status == 2
    assert "No space left on device; nothing was changed" in result.stderr
    assert (folder / "dvc.yaml").read_text(encoding="utf-8") == FLAWED
    assert sorted(entry.name for entry in folder.iterdir()) == [".dvc", "dvc.yaml", "train.py"]


def test_file_that_changed_meanwhile_is_not_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pipelinekit.lint.run as module

    folder = make(tmp_path / "p", FLAWED)
    real = module.fix_project

    def slow(*arguments: object, **options: object) -> object:
        fixed = real(*arguments, **options)  # type: ignore[arg-type]
        (folder / "dvc.yaml").write_text(CLEAN, encoding="utf-8")
        return fixed

    monkeypatch.setattr(module, "fix_project", slow)
    result = run("lint", "--fix", folder=folder)
    assert result.status == 2
    assert "was changed in the meantime; nothing was written" in result.stderr
    assert (folder / "dvc.yaml").read_text(encoding="utf-8") == CLEAN


def pipelinekit(*arguments: str, folder: Path, **options: object) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "pipelinekit", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False, **options)  # type: ignore[call-overload, no-any-return]


def test_closed_pipe_is_no_error(tmp_path: Path) -> None:
    stages = "".join(f"  s{n}:\n    cmd: python gone{n}.py\n" for n in range(2000))
    folder = make(tmp_path / "p", "stages:\n" + stages)
    for arguments in ("lint", "stages", "graph", "rule --all"):
        script = f"{sys.executable} -m pipelinekit {arguments} | head -n 1"
        result = subprocess.run(["bash", "-c", script], cwd=folder, capture_output=True, check=False)
        assert result.stdout.count(b"\n") == 1
        assert b"Traceback" not in result.stderr
        assert b"Broken pipe" not in result.stderr


@pytest.mark.parametrize("arguments", ["rule --all", "stages", "graph", "status", "affected train.py", "explain train"])
@pytest.mark.parametrize(("stream", "said"), [(">/dev/full", b"pipelinekit: can't write: No space left"), (">&-", b"")])
def test_output_that_goes_nowhere_is_no_bug(arguments: str, stream: str, said: bytes, tmp_path: Path) -> None:
    script = f"{sys.executable} -m pipelinekit {arguments} {stream}"
    result = subprocess.run(["bash", "-c", script], cwd=make(tmp_path / "p"), capture_output=True, check=False)
    assert result.returncode in (0, 1, 2)
    assert result.stderr.startswith(said)
    assert b"Traceback" not in result.stderr
    assert b"bug" not in result.stderr


def test_closed_input_and_errors_are_no_bug(tmp_path: Path) -> None:
    for stream in ("<&-", "<&- 2>&-", "<&- >&- 2>&-"):
        script = f"{sys.executable} -m pipelinekit affected - {stream}"
        result = subprocess.run(["bash", "-c", script], cwd=make(tmp_path / stream), capture_output=True, check=False)
        assert (result.returncode, result.stderr) == (0, b"")


def test_without_git_installed(tmp_path: Path) -> None:
    folder = make(tmp_path / "p", FLAWED)
    (folder / ".git").mkdir()
    result = pipelinekit("lint", "--output-format", "concise", folder=folder, env={"PATH": "/nonexistent"})
    assert result.stdout.count(b"\n") == 2
    assert result.returncode == 1


def test_output_that_is_no_unicode(tmp_path: Path) -> None:
    folder = make(tmp_path / "p", CLEAN.replace("train.py", "trän→.py"))
    environment = {"PATH": os.environ["PATH"], "PYTHONIOENCODING": "ascii", "LC_ALL": "C"}
    result = pipelinekit("lint", folder=folder, env=environment)
    assert result.returncode == 1
    assert b"which does not exist" in result.stdout
    assert b"Traceback" not in result.stderr


def test_interrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("pipelinekit.cli.lint_command.run_lint", interrupt)
    assert run("lint", folder=make(tmp_path / "p")).status == 130


def test_bug_of_ours_is_one_line_and_exit_3(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object) -> None:
        raise RuntimeError("two\nlines")

    monkeypatch.setattr("pipelinekit.cli.lint_command.run_lint", crash)
    folder = make(tmp_path / "p")
    result = run("lint", folder=folder)
    assert result.status == 3
    assert result.stderr.count("\n") == 1
    assert "RuntimeError: two lines" in result.stderr
    for arguments in (("--debug", "lint"), ("lint", "--debug")):
        assert "Traceback" in run(*arguments, folder=folder).stderr
