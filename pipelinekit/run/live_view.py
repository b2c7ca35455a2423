"""A run in a terminal: what has ended scrolls by, what runs and what waits stands below it and is kept up to date."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipelinekit.graph.graph import GraphNode
from pipelinekit.run.outcome import End, Outcome
from pipelinekit.run.wording import end_line, failure_lines, listed, opening_line, shown_line, shown_name
from pipelinekit.run.work import Work

if TYPE_CHECKING:
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

_STYLES: dict[Outcome, str] = {
    "ran": "green",
    "restored": "cyan",
    "recorded": "cyan",
    "up-to-date": "dim",
    "failed": "bold red",
    "interrupted": "yellow",
}
#: Seconds between two pictures.
_PAUSE = 0.2
_MAX_NAME = 30


class LiveView:
    """Shows a run on a console."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live: Live | None = None
        self._since: dict[GraphNode, float] = {}
        self._last: dict[GraphNode, str] = {}
        self._waiting: dict[GraphNode, None] = {}
        self._counts: dict[Outcome, int] = {}
        self._started = time.monotonic()
        self._drawn = 0.0

    def run_started(self, work: Work, workers: int) -> None:
        from rich.live import Live
        from rich.text import Text

        self._started = time.monotonic()
        self._waiting = dict.fromkeys(work.in_order(work.expected))
        if self._waiting:
            self._console.print(Text(opening_line(work, workers)))
            self._live = Live(
                console=self._console, auto_refresh=False, transient=True, redirect_stdout=False, redirect_stderr=False
            )
            self._live.start()

    def started(self, node: GraphNode, where: str = "") -> None:
        self._waiting.pop(node, None)
        self._since[node] = time.monotonic()
        self._last[node] = f"on {where}" if where else ""

    def said(self, node: GraphNode, lines: Sequence[str]) -> None:
        said = [line for line in lines if line.strip()]
        if said:
            self._last[node] = said[-1]

    def finished(self, end: End) -> None:
        self._since.pop(end.node, None)
        self._last.pop(end.node, None)
        self._counts[end.outcome] = self._counts.get(end.outcome, 0) + 1
        if end.outcome != "up-to-date":
            self._print(end_line(end), _STYLES[end.outcome])
        if end.outcome == "failed":
            for line in failure_lines(end):
                self._print(line, "")
        self._drawn = 0.0

    def _print(self, line: str, style: str) -> None:
        from rich.text import Text

        word, rest = line[:9], line[9:]
        text = Text(word, style=style) if style else Text(word)
        text.append(rest)
        self._console.print(text)

    def note(self, text: str) -> None:
        self._print(f"pipelinekit: {text}", "")

    def tick(self) -> None:
        now = time.monotonic()
        if self._live is not None and now - self._drawn >= _PAUSE:
            from rich.console import Group

            self._drawn = now
            self._live.update(Group(*self._lines(now)), refresh=True)

    def run_finished(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _lines(self, now: float) -> list[Text]:
        """No more lines than the terminal has, and none longer."""
        from rich.text import Text

        room = max(1, self._console.height - 4)
        shown = list(self._since)[:room]
        width = min(_MAX_NAME, max((len(shown_name(node)) for node in shown), default=0))
        lines: list[Text] = []
        for node in shown:
            name = shown_name(node)
            name = name if len(name) <= width else name[: width - 1] + "…"
            line = Text("running   ", style="bold blue")
            line.append(f"{name:<{width}} {clock(now - self._since[node]):>7}  ", style="none")
            line.append(shown_line(node, self._last[node]).partition(" |")[2].strip(), style="dim")
            lines.append(line)
        if len(self._since) > len(shown):
            lines.append(Text(f"          and {len(self._since) - len(shown):,} more running"))
        if self._waiting:
            lines.append(Text(f"waiting   {listed(list(self._waiting), 4)}", style="dim"))
        lines.append(Text(self._counted(now)))
        for line in lines:
            line.no_wrap = True
            line.overflow = "ellipsis"
            line.truncate(self._console.width - 1, overflow="ellipsis")
        return lines

    def _counted(self, now: float) -> str:
        done = sum(count for outcome, count in self._counts.items() if outcome not in ("failed", "interrupted"))
        failed = self._counts.get("failed", 0)
        parts = [f"{done:,} done", f"{len(self._since):,} running", f"{len(self._waiting):,} waiting"]
        if failed:
            parts.insert(1, f"{failed:,} failed")
        return f"{', '.join(parts)}; {clock(now - self._started)}"


def clock(seconds: float) -> str:
    """Time that runs, as it is counted: `12 s`, `1:05`, `2:03:04`.

    >>> clock(12.7), clock(65), clock(7384)
    ('12 s', '1:05', '2:03:04')
    """
    minutes, rest = divmod(int(seconds), 60)
    if not minutes:
        return f"{rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
