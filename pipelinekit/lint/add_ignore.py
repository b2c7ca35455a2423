"""Writes comments into the files that ignore what was found there; nothing else in them changes, and that is proved."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from pipelinekit.graph.graph import Graph
from pipelinekit.lint.engine import lint_project
from pipelinekit.lint.fixer import is_as_declared
from pipelinekit.lint.run import LintRun, Part
from pipelinekit.lint.suppression import Suppressions, comments_of, read_suppressions
from pipelinekit.project.disk import UnreadableError
from pipelinekit.project.project import Project
from pipelinekit.project.writing import Write, write_files
from pipelinekit.report.shown import counted
from pipelinekit.resolve.index import Index
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import Rule
from pipelinekit.yaml.comments import Comments, Span
from pipelinekit.yaml.edit import Edit, apply_edits

#: `dvc.lock` is written by DVC, which drops comments.
_WRITTEN_BY_DVC = ("dvc.lock",)


class _Added(NamedTuple):
    """New texts of files, and the findings that nothing could be written for."""

    texts: dict[str, str]
    ignored: list[Finding]
    left: list[Finding]


def add_ignores(run: LintRun, reason: str) -> tuple[LintRun, str]:
    """Ignore every finding of a run in place. Returns the run with what is left, and a sentence. Raises WriteError."""
    writes: list[Write] = []
    parts: list[Part] = []
    ignored: list[Finding] = []
    for part in run.parts:
        added = _add(part, " ".join(reason.replace("#", "").split()))
        disk = part.project.disk
        writes += [Write(disk.absolute(path), text, disk.read(path)) for path, text in sorted(added.texts.items())]
        parts.append(part._replace(findings=added.left))
        ignored += added.ignored
    write_files(writes)
    message = f"Ignored {counted(len(ignored), 'finding')} by comments in {counted(len(writes), 'file')}."
    left = sum(len(part.findings) for part in parts)
    if left:
        where = "'per-file-ignores' in the settings can ignore the rest"
        message += f" {counted(left, 'finding')} stand{'s' if left == 1 else ''} where no comment can: {where}."
    return LintRun(parts), message


def _add(part: Part, reason: str) -> _Added:
    by_file: dict[str, list[Finding]] = {}
    for finding in part.findings:
        by_file.setdefault(finding.file, []).append(finding)
    about_linter = {rule.code for rule in part.rules if rule.visits == "Outcome"}
    texts: dict[str, str] = {}
    before = Graph(Index(part.project))
    for path, findings in by_file.items():
        chosen = [finding for finding in findings if finding.code not in about_linter and finding.code != "PK009"]
        text = _with_comments(part.project, path, chosen, part.rules, reason)
        if text is not None and is_as_declared(before, Graph(Index(part.project.overlaid({path: text}))), [], [path]):
            texts[path] = text
    # what is still found was not reached; a comment that reaches nothing would be found, too
    relinted = lint_project(part.project.overlaid(texts), part.selection, part.policy).findings
    spoilt = {finding.file for finding in relinted if finding.code in about_linter}
    texts = {path: text for path, text in texts.items() if path not in spoilt}
    still = {_identity(finding) for finding in relinted if finding.file in texts}
    left = [finding for finding in part.findings if finding.file not in texts or _identity(finding) in still]
    return _Added(texts, [finding for finding in part.findings if finding not in left], left)


def _identity(finding: Finding) -> tuple[str, str, str | None, str]:
    return (finding.code, finding.file, finding.stage, finding.message)


def _with_comments(
    project: Project, path: str, findings: Iterable[Finding], rules: tuple[Rule, ...], reason: str
) -> str | None:
    """The text of a file with comments; None if it can have none."""
    if path.endswith(_WRITTEN_BY_DVC):
        return None
    try:
        text = project.disk.read(path)
    except (FileNotFoundError, UnreadableError):
        return None
    comments = comments_of(project, path, text)
    if comments is None or not text:
        return None
    known = Suppressions(
        suppression
        for suppression in read_suppressions(project, {path: text}, rules)
        if suppression.rules and not suppression.mistake and not suppression.is_for_file
    )
    codes_at: dict[tuple[int, int, str, str], set[str]] = {}
    for finding in findings:
        target = _target(comments, known, finding)
        if target is not None:
            codes_at.setdefault(target, set()).add(finding.code)
    edits = [
        Edit(start, end, before + (codes if before.startswith(",") else _comment(codes, reason)) + after)
        for (start, end, before, after), found in codes_at.items()
        for codes in [", ".join(sorted(found))]
    ]
    return apply_edits(text, edits) if edits else None


def _comment(codes: str, reason: str) -> str:
    return f"# pipelinekit: ignore[{codes}]" + (f" {reason}" if reason else "")


def _target(comments: Comments, known: Suppressions, finding: Finding) -> tuple[int, int, str, str] | None:
    """Where to write the code: what to replace, and what stands before and behind the comment."""
    place = finding.place
    for suppression in known.reaching(place):
        end = suppression.rules[-1].place.end
        return end, end, ", ", ""
    text = comments.text
    line_end = comments.line_end(place.start)
    line_start = comments.line_start(place.start)
    if text[line_start:line_end].strip() and comments.can_end_line(place.start):
        end = line_start + len(text[line_start:line_end].rstrip(" \t"))
        return end, line_end, "  ", ""
    entry: Span | None = comments.entry_around(place.start, place.end)
    if entry is None:
        return None
    start = comments.line_start(entry.start)
    newline = "\r\n" if "\r\n" in text else "\n"
    return entry.start, entry.start, "", newline + text[start : entry.start].removeprefix("\ufeff")
