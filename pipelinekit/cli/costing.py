"""Gathers what `cost` reports: the history, the cache, the remote, the prices, and what a rule would free."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Collection, Iterable
from typing import NamedTuple, TypeVar

import click

from pipelinekit.cli.options import InputError
from pipelinekit.cli.reading import say_what_is_missing
from pipelinekit.cli.selecting import selected_stages
from pipelinekit.graph.graph import Graph
from pipelinekit.impact.intermediates import intermediates
from pipelinekit.project.cache import cache_folder
from pipelinekit.project.collect import DVC_YAML
from pipelinekit.project.configuration import ConfigurationError
from pipelinekit.project.lock import LOCK
from pipelinekit.project.project import NoProjectError, Project, open_project
from pipelinekit.report.cost.summary import Asked, Cost, RemoteHolds, Retention, summary
from pipelinekit.resolve.index import Index
from pipelinekit.storage.commits import Reach
from pipelinekit.storage.copies import copies
from pipelinekit.storage.count import Count, count
from pipelinekit.storage.listing import Key, Listings, list_folder
from pipelinekit.storage.prices import BY_SCHEME, Provider
from pipelinekit.storage.remote import RemoteAddress, RemoteError, compared, list_remote, remote_of
from pipelinekit.storage.retention import Freed, Rule, experiments, freed_in, gc_command, kept, older_than
from pipelinekit.storage.settings import CostSettings, cost_settings

_AGE = re.compile(r"(\d{1,5})(d|w|y)")
_DAYS = {"d": 1, "w": 7, "y": 365}
#: Longer ago there was no git.
_MOST_DAYS = 50 * 365
#: Smaller results are not worth a line.
_MIN_COPY = 2**20
_Item = TypeVar("_Item")


class Question(NamedTuple):
    """What was asked on the command line."""

    reach: Reach = "head"
    keep: int | None = None
    keep_tags: bool = False
    older_than: str | None = None
    #: the name of a remote, empty for the default one; None where none is asked for
    remote: str | None = None
    prices_of: str | None = None
    stages: tuple[str, ...] = ()


def read_cost(project: str | None, question: Question) -> tuple[Cost, int]:
    """The report, and the exit status: 1 if the remote lacks something, or a part can't be read. Raises InputError."""
    try:
        opened = open_project(project or os.getcwd())
        settings = cost_settings(opened.root)
        rule = _rule(question)
        return _read(opened, question, rule, settings)
    except (NoProjectError, ConfigurationError, RemoteError) as error:
        raise InputError(str(error)) from None


def _read(opened: Project, question: Question, rule: Rule, settings: CostSettings) -> tuple[Cost, int]:
    graph = Graph(Index(opened))
    status = say_what_is_missing(graph, "")
    address = remote_of(opened, question.remote or None)
    if question.remote is not None and address is None:
        raise InputError(
            "there is no default remote to list: 'dvc remote default NAME' sets one, --remote=NAME names one"
        )
    providers = _providers(settings, question.prices_of, address)
    wanted = _wanted(graph, question.stages)
    reach: Reach = "all" if question.remote is not None else question.reach
    found = count(graph, reach, wanted=wanted, progress=_progress("reading the history"))
    if not found.contents and not graph.index.pipelines and not graph.index.tracked_files and not found.commits:
        raise InputError(f"{opened.root} has no dvc.yaml and no .dvc file, and had none: there is nothing to count")
    cache = list_folder(cache_folder(opened))
    local = Listings(cache)
    remote = None
    listings = local
    if question.remote is not None and address is not None:
        listing = list_remote(opened, address, _without_list(found, local))
        listings = Listings(cache, listing)
        found.expand(listings)
        sent = _sent_to(found, address, is_default=not question.remote or _is_default(opened, address))
        remote = RemoteHolds(address, listing, compared(listing, found.stored, sent))
    else:
        found.expand(listings)
    retention = _retention(graph, found, rule, listings, remote, question.remote) if not rule.is_empty else None
    asked = Asked(reach, time.time(), providers, cache, retention, remote, question.stages)
    chosen = [
        copy for copy in copies(graph, _MIN_COPY) if wanted is None or _is_chosen(wanted, copy.found.stage.address)
    ]
    again = [each for each in intermediates(graph) if wanted is None or _is_chosen(wanted, each.stage.address)]
    cost = summary(graph, found, listings, asked, chosen, again)
    return cost, 1 if remote is not None and remote.compared.missing else status


# --- parts ---------------------------------------------------------------------------------------------------------


def _rule(question: Question) -> Rule:
    since = None
    if question.older_than is not None:
        match = _AGE.fullmatch(question.older_than.strip())
        days = int(match[1]) * _DAYS[match[2]] if match is not None else _MOST_DAYS + 1
        if days > _MOST_DAYS:
            raise InputError(f"--older-than: '{question.older_than}' is no age such as 90d, 12w or 1y")
        since = older_than(days)
    return Rule(question.keep, question.reach in ("branches", "all"), question.keep_tags, since)


def _retention(
    graph: Graph, found: Count, rule: Rule, listings: Listings, remote: RemoteHolds | None, name: str | None
) -> Retention:
    if not found.has_history:
        raise InputError("rules for old versions need a git history, and there is none here")
    left = kept(graph, rule, listings, _progress("reading what is kept"))
    gone = [key for key in found.pushed() if key not in left.keys and key in found.stored]
    root = graph.index.project.root
    folder = cache_folder(graph.index.project)
    cache = list_folder(folder)
    is_shared = os.path.relpath(folder, root).startswith(os.pardir)
    return Retention(
        rule,
        left,
        Freed(len(gone), sum(found.stored[key].size for key in gone)),
        freed_in(cache, left.keys) if cache is not None else None,
        freed_in(remote.listing, left.keys) if remote is not None else None,
        gc_command(rule),
        gc_command(rule, name or None, cloud=True),
        experiments(root),
        folder if is_shared else None,
    )


def _wanted(graph: Graph, texts: tuple[str, ...]) -> _Wanted | None:
    stages = selected_stages(graph, texts)
    return _Wanted(stage.address for stage in stages) if stages is not None else None


class _Wanted:
    """Chooses by lock and stage."""

    def __init__(self, addresses: Iterable[str]) -> None:
        self.addresses = frozenset(addresses)

    def __call__(self, file: str, stage: str | None) -> bool:
        return stage is not None and f"{file.removesuffix(LOCK)}{DVC_YAML}:{stage}" in self.addresses


def _is_chosen(wanted: _Wanted, address: str) -> bool:
    return address in wanted.addresses


def _providers(settings: CostSettings, chosen: str | None, address: RemoteAddress | None) -> tuple[Provider, ...]:
    """The price lists to show: the one that is asked for, that of the remote, one's own, or the first class of each."""
    by_name = {provider.name: provider for provider in settings.providers}
    name = chosen or settings.prices_of
    if name is not None and name not in by_name:
        raise InputError(f"--prices-of: there is no price list '{name}', only {', '.join(by_name)}")
    if name is None:
        own = tuple(provider for provider in settings.providers if not provider.classes[0].name)
        if own:
            return own
        name = BY_SCHEME.get(address.scheme) if address is not None else None
    if name is not None:
        return (by_name[name],)
    return tuple(provider._replace(classes=provider.classes[:1]) for provider in settings.providers)


def _without_list(found: Count, listings: Listings) -> Collection[Key]:
    return sorted(key for key in found.contents if key.is_folder and listings.files_of(key) is None)


def _sent_to(found: Count, address: RemoteAddress, *, is_default: bool) -> set[Key]:
    """The objects that 'dvc push' sends to a remote."""
    return found.units_of(
        key
        for key, content in found.contents.items()
        if content.is_pushed and (content.remote.lower() == address.name if content.remote is not None else is_default)
    )


def _is_default(opened: Project, address: RemoteAddress) -> bool:
    default = remote_of(opened)
    return default is not None and default.name == address.name


def _progress(label: str) -> _Progress | None:
    """A bar on stderr, where somebody looks at it."""
    return _Progress(label) if sys.stderr.isatty() else None


class _Progress:
    def __init__(self, label: str) -> None:
        self._label = label

    def __call__(self, items: list[_Item]) -> Iterable[_Item]:
        with click.progressbar(items, label=self._label, file=sys.stderr) as bar:
            yield from bar
