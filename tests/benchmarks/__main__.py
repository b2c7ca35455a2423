"""Measures, and prints a table. Nothing is asserted: machines differ, ratios are what counts."""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from tests.benchmarks.projects import add_history, add_lock, make_project, make_project_with_scripts

BIN = Path(sys.executable).parent
OURS, DVC = str(BIN / "pipelinekit"), str(BIN / "dvc")


class Row(NamedTuple):
    what: str
    ours: float
    against: str
    other: float
    target: float

    @property
    def ratio(self) -> float:
        return self.ours / self.other


def cpu_seconds(command: list[str], folder: Path, runs: int) -> float:
    """The least CPU time, of the process and its children, that a command took in some runs after a first one."""
    # bytecode must be kept, as an installed package keeps it
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    environment.update({"DVC_NO_ANALYTICS": "1", "NO_COLOR": "1"})
    times: list[float] = []
    for run in range(runs + 1):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        result = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if result.returncode:
            raise SystemExit(f"{' '.join(command)} failed: {result.stderr.decode()}")
        if run or runs == 0:
            times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(times)


def measure(folder: Path, *, quick: bool) -> list[Row]:
    """The rows of the table. A project's own DVC is asked in the same run."""
    sizes = [4, 500, 1000, 10000] if quick else [4, 500, 1000, 3000, 10000]
    lint: dict[int, float] = {}
    for size in sizes:
        make_project(folder / str(size), size)
        lint[size] = cpu_seconds([OURS, "lint"], folder / str(size), runs=9 if size < 1000 else 5)

    def dvc(size: int, *arguments: str, runs: int) -> float:
        return cpu_seconds([DVC, *arguments], folder / str(size), runs)

    locked = folder / "locked"
    make_project(locked, 500)
    add_lock(locked, 500)
    scripts = folder / "scripts"
    make_project_with_scripts(scripts, 500, 50)
    dvc_dag = dvc(500, "dag", "--mermaid", runs=3)
    rows = [
        Row("4 stages", lint[4], "dvc stage list", dvc(4, "stage", "list", runs=7), 0.50),
        Row("500 stages", lint[500], "dvc dag", dvc_dag, 0.20),
        Row("500 stages and a lock", cpu_seconds([OURS, "lint"], locked, runs=5), "dvc dag", dvc_dag, 0.25),
        Row("500 stages and their scripts", cpu_seconds([OURS, "lint"], scripts, runs=5), "dvc dag", dvc_dag, 0.50),
    ]
    if not quick:
        rows.append(Row("3,000 stages", lint[3000], "dvc dag", dvc(3000, "dag", "--mermaid", runs=0), 0.02))
    rows += _status_rows(locked, folder, quick=quick)
    rows.append(Row("10,000 stages", lint[10000], "1,000 stages", lint[1000], 12))
    history = folder / "history"
    make_project(history, 500)
    add_history(history, 500, 1000)
    cost = cpu_seconds([OURS, "cost"], history, runs=3)
    rows.append(Row("cost, 1,000 commits of 500 stages", cost, "10 s", 10.0, 1.0))
    return rows


def _status_rows(locked: Path, folder: Path, *, quick: bool) -> list[Row]:
    """`status` of projects with a lock and without their data, as in a fresh clone."""
    dvc = cpu_seconds([DVC, "status"], locked, runs=3)
    rows = [Row("status, 500 stages", cpu_seconds([OURS, "status"], locked, runs=5), "dvc status", dvc, 0.10)]
    if not quick:
        large = folder / "large"
        make_project(large, 3000)
        add_lock(large, 3000)
        dvc = cpu_seconds([DVC, "status"], large, runs=0)
        rows.append(Row("status, 3,000 stages", cpu_seconds([OURS, "status"], large, runs=3), "dvc status", dvc, 0.05))
    return rows


def print_table(rows: list[Row], version: float, help_: float) -> None:
    table = Table(title="pipelinekit lint, status and cost where it says so, seconds of CPU")
    for name in ("", "takes", "against", "takes", "ratio", "target", ""):
        table.add_column(name, justify="left" if name in ("", "against") else "right")
    for row in rows:
        verdict = "ok" if row.ratio <= row.target else "over"
        figures = (f"{row.ours:.3f}", row.against, f"{row.other:.3f}", f"{row.ratio:.3f}", f"≤ {row.target:g}", verdict)
        table.add_row(row.what, *figures)
    console = Console()
    console.print(table)
    console.print(f"--version {version:.3f} s, --help {help_:.3f} s")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="leave out 3,000 stages, on which dvc dag takes half a minute"
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        version = cpu_seconds([OURS, "--version"], folder, runs=9)
        help_ = cpu_seconds([OURS, "--help"], folder, runs=9)
        print_table(measure(folder, quick=arguments.quick), version, help_)


if __name__ == "__main__":
    main()
