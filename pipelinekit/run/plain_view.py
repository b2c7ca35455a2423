"""A run in plain lines: for CI servers, files and terminals that can do no more."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from pipelinekit.graph.graph import GraphNode
from pipelinekit.report.escape import printable
from pipelinekit.report.formats.github import escape_message, escape_property
from pipelinekit.report.units import readable_time
from pipelinekit.resolve.stage import Stage
from pipelinekit.run.children import without_chatter
from pipelinekit.run.outcome import End
from pipelinekit.run.wording import WORDS, Write, end_line, failure_lines, opening_line, shown_line, shown_name
from pipelinekit.run.work import Work

#: Lines of a stage that stand in its group on GitHub; the log has all of them.
_MAX_GROUP = 2000


class PlainView:
    """A line when a stage starts and when it ends; between them what it says, with its name in front."""

    def __init__(self, write: Write) -> None:
        self._write = write
        #: whether what a stage said stands together, and need not be said again when it fails
        self._is_serial = False

    def run_started(self, work: Work, workers: int) -> None:
        self._is_serial = workers == 1
        if work.expected:
            self._write(opening_line(work, workers))

    def started(self, node: GraphNode, where: str = "") -> None:
        self._write(f"{'started':<9} {shown_name(node)}" + (f" on {printable(where)}" if where else ""))

    def said(self, node: GraphNode, lines: Sequence[str]) -> None:
        for line in without_chatter(lines):
            self._write(shown_line(node, line))

    def finished(self, end: End) -> None:
        self._write(end_line(end))
        if end.outcome == "failed":
            for line in failure_lines(end, with_output=not self._is_serial):
                self._write(line)

    def note(self, text: str) -> None:
        self._write(f"pipelinekit: {text}")

    def tick(self) -> None:
        pass

    def run_finished(self) -> None:
        pass


class GitHubView(PlainView):
    """The output of a stage in a group that can be opened, when the stage has ended; failures as annotations."""

    def __init__(self, write: Write, root: str) -> None:
        super().__init__(write)
        self._root = root

    def said(self, node: GraphNode, lines: Sequence[str]) -> None:
        pass

    def finished(self, end: End) -> None:
        lines = list(self._log_lines(end))
        if lines:
            self._write(f"::group::{escape_message(' '.join(end_line(end).split()))}")
            for line in lines:
                self._write(line)
            self._write("::endgroup::")
        else:
            self._write(end_line(end))
        if end.outcome == "failed":
            for line in failure_lines(end):
                self._write(line)
            self._write(_annotation(end))

    def _log_lines(self, end: End) -> Iterator[str]:
        """What the stage said, from its log."""
        from collections import deque

        try:
            with open(os.path.join(self._root, end.log), encoding="utf-8", errors="replace", newline="\n") as file:
                kept = deque(file, maxlen=_MAX_GROUP + 1)
        except OSError:
            return
        if len(kept) > _MAX_GROUP:
            kept.popleft()
            yield shown_line(end.node, f"… only the last {_MAX_GROUP:,} lines")
        lines = [line.rstrip("\r\n").rpartition("\r")[2] for line in kept]
        yield from (shown_line(end.node, line) for line in without_chatter(lines))


def _annotation(end: End) -> str:
    """A failure, shown at the stage in its `dvc.yaml`."""
    place = ""
    if isinstance(end.node, Stage):
        document = end.node.place.document
        line, _ = document.position(end.node.place.start)
        place = f",file={escape_property(document.name)},line={line}"
    said = without_chatter(end.last_lines)
    message = f"{shown_name(end.node)} failed after {readable_time(end.seconds)}"
    if said:
        message += f": {shown_line(end.node, said[-1]).partition(' | ')[2]}"
    return f"::error title=stage {WORDS['failed']}{place}::{escape_message(message)}"


class QuietView(PlainView):
    """Only what went wrong."""

    def run_started(self, work: Work, workers: int) -> None:
        pass

    def started(self, node: GraphNode, where: str = "") -> None:
        pass

    def said(self, node: GraphNode, lines: Sequence[str]) -> None:
        pass

    def finished(self, end: End) -> None:
        if end.outcome == "failed":
            super().finished(end)

    def note(self, text: str) -> None:
        pass
