"""Prints what is found of what is broken: `python -m tests.mutations --repos DIR`."""

from __future__ import annotations

import argparse
import tempfile
from collections import defaultdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.mutations.projects import Source, corpus, own_projects, repositories
from tests.mutations.survey import Trial, survey


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.mutations", description=__doc__)
    parser.add_argument("--corpus", type=Path, help="a folder of real projects without their scripts")
    parser.add_argument("--repos", type=Path, help="a folder of whole repositories")
    parser.add_argument("--most", type=int, default=3, help="mutations of a kind per project (default: 3)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="only kinds whose name, or project whose name, contains this")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        sources: list[Source] = list(own_projects(Path(folder) / "own"))
        if arguments.corpus:
            sources += corpus(arguments.corpus, Path(folder) / "corpus")
        if arguments.repos:
            sources += repositories(arguments.repos)
        trials = list(survey(sources, most=arguments.most, seed=arguments.seed))
    show(trials, len(sources))


def show(trials: list[Trial], projects: int) -> None:
    """The table, then every failure."""
    console = Console()
    by_kind: dict[str, list[Trial]] = defaultdict(list)
    for trial in trials:
        by_kind[f"{'/'.join(sorted(trial.verdict.mutation.codes))} {trial.operator}"].append(trial)
    table = Table("what is broken", "times", "projects", "exactly found", "fixed", "failed")
    for kind, group in sorted(by_kind.items()):
        table.add_row(kind, *_row(group))
    table.add_section()
    table.add_row(f"all, in {projects} projects", *_row(trials))
    console.print(table)
    failures = [trial for trial in trials if trial.verdict.problem]
    for trial in failures:
        verdict = trial.verdict
        what = f"{verdict.mutation.file}: '{verdict.mutation.stage}': {verdict.mutation.what}"
        console.print(f"{trial.operator}  {trial.project}  {what}\n    {verdict.problem}", markup=False, soft_wrap=True)


def _row(trials: list[Trial]) -> list[str]:
    failed = sum(1 for trial in trials if trial.verdict.problem)
    fixed = sum(1 for trial in trials if trial.verdict.fixed)
    ratio = f"{(len(trials) - failed) / len(trials):.1%}" if trials else "–"
    return [str(len(trials)), str(len({trial.project for trial in trials})), ratio, str(fixed), str(failed)]


if __name__ == "__main__":
    main()
