"""The stages that `--stages` means, for every command that has the option."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import click

from pipelinekit.cli.options import InputError
from pipelinekit.graph.graph import Graph
from pipelinekit.graph.selection_grammar import SelectorError
from pipelinekit.graph.selectors import Source
from pipelinekit.resolve.stage import Stage


def selected_stages(graph: Graph, texts: Sequence[str], option: str = "--stages") -> list[Stage] | None:
    """The stages that any of some selectors means, in the order of the files; None without a selector.

    Says on stderr if there is none. `option` is where the selectors stand. Raises InputError.
    """
    if not texts:
        return None
    from pipelinekit.graph.selectors import select

    try:
        chosen = {stage for text in texts for stage in select(graph, text, SOURCES)}
    except SelectorError as error:
        raise InputError(marked(error, option)) from None
    if not chosen:
        say_nothing_selected(texts)
    return [stage for stage in graph.index.stages if stage in chosen]


def selected_then_and_now(old: Graph, new: Graph, texts: Sequence[str]) -> frozenset[str] | None:
    """The addresses of the stages that any of some selectors means, of those that are gone as it was then.

    None without a selector. Raises InputError for a selector that is wrong on both sides.
    """
    if not texts:
        return None
    from pipelinekit.graph.selectors import select

    gone = {stage.address for stage in old.index.stages} - {stage.address for stage in new.index.stages}
    try:
        chosen = {stage.address for text in texts for stage in select(new, text, SOURCES, elsewhere=old)}
        if gone:
            then = {stage.address for text in texts for stage in select(old, text, SOURCES, elsewhere=new)}
            chosen |= then & gone
    except SelectorError as error:
        raise InputError(marked(error)) from None
    if not chosen:
        say_nothing_selected(texts)
    return frozenset(chosen)


def say_nothing_selected(texts: Sequence[str]) -> None:
    """A selection that is empty is no error, and may still be a surprise."""
    from pipelinekit.report.escape import printable

    click.echo(f"pipelinekit: no stage is selected by {printable(' or '.join(texts))}", err=True)


def marked(error: SelectorError, option: str = "--stages") -> str:
    """What is wrong with a selector, and the selector with a mark below the place that is meant."""
    from pipelinekit.report.escape import printable

    start = error.column - 1
    before = printable(error.text[:start])
    meant = printable(error.text[start : start + error.length])
    mark = " " * len(before) + "^" * max(len(meant), 1)
    return f"{option}: {error.message}\n  {printable(error.text)}\n  {mark}"


# --- what the graph alone can't answer; the rooms that can are imported when they are asked ---------------------


def _in_state(graph: Graph, state: str) -> Iterable[Stage]:
    from pipelinekit.cli.reading import say_unreadable_locks
    from pipelinekit.freshness.status import statuses

    say_unreadable_locks(graph)
    return [stage for stage, status in graph.derived(statuses).items() if status.state == state]


def _changed_since(graph: Graph, revision: str) -> Iterable[Stage]:
    from pipelinekit.impact.affected import changed_stages

    return changed_stages(graph, revision)


SOURCES: dict[str, Source] = {"state": _in_state, "changed": _changed_since}
