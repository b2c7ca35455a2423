"""Writes the baseline: once with everything that is found, from then on only ever with less."""

from __future__ import annotations

import os

from pipelinekit.lint.baseline import (
    DEFAULT_NAME,
    Baseline,
    BaselineError,
    baseline_text,
    entries_of,
    read_baseline,
)
from pipelinekit.lint.run import LintRun, Request, read_project_settings, roots_of
from pipelinekit.project.writing import replace_file
from pipelinekit.report.shown import counted


def chosen_baseline(request: Request, name: str | None, written: str | None) -> Baseline:
    """The baseline of a run: the file that is named, or the settings name, or else the usual one.

    One that is to be written (`written` is not None) need not be there, and then has no text. Raises BaselineError.
    """
    path = written or name or _usual(request)
    if written is not None and not os.path.exists(path):
        return Baseline(os.path.abspath(path))
    return read_baseline(path)


def _usual(request: Request) -> str:
    """Where the settings want it; without settings in the folder that holds all projects of the run."""
    roots = roots_of(request)
    for root in roots:
        settings = read_project_settings(root, request.start, isolated=request.isolated)
        if settings is not None:
            return settings.baseline_path or os.path.join(settings.configuration.folder, DEFAULT_NAME)
    return os.path.join(os.path.commonpath(roots), DEFAULT_NAME)


def write_baseline(run: LintRun, baseline: Baseline) -> tuple[LintRun, str]:
    """Write what was found to a new baseline, or take out of an old one what is gone.

    Returns the run without the findings that this settles, and a sentence. Raises WriteError.
    """
    shown = _shown(baseline.path)
    if baseline.text:
        gone = {entry.place.start for part in run.parts for entry in part.stale}
        kept = [entry for entry in baseline.entries if entry.start not in gone]
        if gone:
            replace_file(baseline.path, baseline_text(kept))
        parts = [
            part._replace(findings=[finding for finding in part.findings if finding.code != "PK904"])
            for part in run.parts
        ]
        took = f"Took {counted(len(gone), 'finding')} out of" if gone else "Nothing to take out of"
        return LintRun(parts), f"{took} {shown}; {len(kept)} left."
    if os.path.exists(baseline.path) and not os.path.isfile(baseline.path):
        raise BaselineError(f"{shown} is no file")
    found = [(finding, part.project.root) for part in run.parts for finding in part.findings]
    replace_file(baseline.path, baseline_text(entries_of(found, baseline)))
    parts = [part._replace(findings=[]) for part in run.parts]
    hint = (
        ""
        if any(part.settings and part.settings.baseline_path == baseline.path for part in run.parts)
        else (f' To use it: --baseline {shown}, or baseline = "{os.path.basename(shown)}" under [tool.pipelinekit].')
    )
    return LintRun(parts), f"Wrote {counted(len(found), 'finding')} to {shown}.{hint}"


def _shown(path: str) -> str:
    return os.path.relpath(path).replace(os.sep, "/")
