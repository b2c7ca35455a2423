"""Whose failure matters: commands that do some of a stage's work."""

from __future__ import annotations

from pipelinekit.project.project import Project
from pipelinekit.scripts.invocations import Invocation
from pipelinekit.scripts.runs import running
from pipelinekit.scripts.shell import Word
from pipelinekit.scripts.wrappers import program_of

#: Programs that do work which only they know of.
_WORKERS = frozenset(
    """
    pip pip3 conda mamba poetry uv npm docker make cmake cargo git dvc aws gsutil gcloud psql mysql duckdb sqlite3
    wget curl python python3 Rscript R julia java papermill jupyter quarto dbt snakemake nextflow spark-submit
    torchrun accelerate deepspeed matlab
    """.split()  # noqa: SIM905
)
#: Programs whose failure tells something else than that work wasn't done, or nothing at all.
_HARMLESS = frozenset(
    """
    echo printf true false : test [ date sleep rm rmdir mkdir grep egrep fgrep diff cmp kill pkill which command type
    exit export set unset cd ls cat head
    """.split()  # noqa: SIM905
)


def worker(invocation: Invocation, project: Project) -> Word | None:
    """The word that names the work a command does; None if nothing is lost when it fails."""
    command = running(invocation, project)
    words = command.inner.words
    if not words or program_of(words) in _HARMLESS:
        return None
    if command.scripts:
        return command.scripts[0].word
    from pipelinekit.scripts.file_uses.programs import uses_of

    does_work = (
        program_of(words) in _WORKERS or invocation.parsed.writes or any(use.mode == "write" for use in uses_of(words))
    )
    return words[0] if does_work else None
