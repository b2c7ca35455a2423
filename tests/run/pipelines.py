"""Small projects that are run, with the real DVC or with a program that takes its place."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.end_to_end.programs import ENVIRONMENT, call

#: Four stages that need one file each, and one that needs all four.
FAN = """\
stages:
  merge:
    cmd: cat part/*.txt > all.txt
    deps: [part/a.txt, part/b.txt, part/c.txt, part/d.txt]
    outs: [all.txt]
  part:
    foreach: [a, b, c, d]
    do:
      cmd: echo part ${item}; sh work.sh ${item}
      deps: [raw.txt, work.sh]
      params: ["${item}"]
      outs: ["part/${item}.txt"]
"""
FAN_FILES = {
    "dvc.yaml": FAN,
    "raw.txt": "raw\n",
    "work.sh": 'mkdir -p part; grep "^$1:" params.yaml > part/$1.txt\n',
    "params.yaml": "a: 1\nb: 2\nc: 3\nd: 4\n",
}


def project(folder: Path, files: Mapping[str, str]) -> Path:
    """A DVC project in a git repository."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (folder / ".dvc").mkdir(parents=True, exist_ok=True)
    (folder / ".dvc" / "config").write_text("", encoding="utf-8")
    (folder / ".dvc" / ".gitignore").write_text("/config.local\n/tmp\n/cache\n", encoding="utf-8")
    call("git", "init", "-q", folder=folder)
    return folder


def pipelinekit(*arguments: str, folder: Path, status: int | None = 0) -> str:
    """What `pipelinekit` prints, to either stream."""
    return call(sys.executable, "-m", "pipelinekit", *arguments, folder=folder, status=status)


def started(*arguments: str, folder: Path) -> subprocess.Popen[str]:
    """A `pipelinekit` that goes on by itself."""
    return subprocess.Popen(
        [sys.executable, "-m", "pipelinekit", *arguments],
        cwd=folder,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # tests that run in the background of a shell are born deaf to Ctrl-C
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )


def named(output: str, word: str) -> list[str]:
    """The stages that a run says to have ended in some way, in its order."""
    lines = [line.split() for line in output.splitlines()]
    return [parts[1] for parts in lines if len(parts) > 1 and parts[0] == word]


def replacement(folder: Path, script: str) -> str:
    """A program in the place of `dvc`: a shell script to which `$address` is the stage."""
    path = folder / "bin" / "dvc"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\nfor address; do :; done\n{script}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return os.fspath(path)
