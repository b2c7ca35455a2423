"""What rules for old versions would free, by what `dvc gc` keeps. Nothing is removed here.

A commit is read as DVC reads it: the `dvc.yaml` with its templates filled in, and of the lock only the outputs that
it still has.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable
from contextlib import closing
from datetime import date, datetime, timedelta
from typing import NamedTuple

from pipelinekit.freshness.records import lock_path, recorded_outs, recorded_path, unreadable_locks
from pipelinekit.graph.graph import Graph
from pipelinekit.project.collect import is_candidate
from pipelinekit.project.disk import UnreadableError
from pipelinekit.project.git import ask_git, read_git, repository_root
from pipelinekit.project.project import NoProjectError, Project
from pipelinekit.project.revision import WatchedDisk, read_revision
from pipelinekit.resolve.index import Index
from pipelinekit.storage.count import UNCOMMITTED
from pipelinekit.storage.listing import Key, Listing, Listings
from pipelinekit.storage.lock_texts import LockTexts
from pipelinekit.storage.tracked_outs import read_dvc_file

#: Resolutions that a commit is compared with, newest first.
_MOST_KNOWN = 8


class Rule(NamedTuple):
    """Which versions are kept beside those of the files that are here: what any part asks for."""

    #: the newest commits of the branch, or of each branch
    keep: int | None = None
    all_branches: bool = False
    tags: bool = False
    #: commits from this day on, of all branches and tags
    since: date | None = None

    @property
    def is_empty(self) -> bool:
        return self.keep is None and not self.tags and self.since is None


class Kept(NamedTuple):
    """What a rule keeps."""

    keys: frozenset[Key]
    commits: int
    #: commits that can't be loaded, empty for the files here: `dvc gc` stops there
    unreadable: tuple[str, ...]
    #: folders whose list the cache has not got: DVC asks, and then keeps nothing of them
    unlisted: frozenset[Key]


def older_than(days: int, today: date | None = None) -> date:
    """The day from which on commits are kept."""
    return (today or datetime.now().astimezone().date()) - timedelta(days=days)


def gc_command(rule: Rule, remote: str | None = None, *, cloud: bool = False) -> str:
    """The command that does it: in the cache, and with `cloud` in a remote as well."""
    words = ["dvc", "gc", "--workspace"]
    if rule.keep is not None:
        words += ["--all-branches" if rule.all_branches else "--rev HEAD", f"--num {rule.keep}"]
    if rule.tags:
        words.append("--all-tags")
    if rule.since is not None:
        words.append(f"--date {rule.since.isoformat()}")
    if cloud:
        words.append("--cloud" if remote is None else f"--cloud --remote {shlex.quote(remote)}")
    return " ".join(words)


def kept_commits(root: str, rule: Rule) -> list[str]:
    """The commits whose data the rule keeps, as `dvc gc` finds them."""
    found: dict[str, None] = {}
    if rule.keep:
        starts = ["HEAD"]
        if rule.all_branches:
            listed = ask_git(root, ["for-each-ref", "--format=%(refname)", "refs/heads"]) or ""
            starts = listed.split("\n")[:-1]
        for start in starts:
            # DVC goes from each commit to its first parent
            found.update(_commits(root, ["--first-parent", f"--max-count={rule.keep}", start]))
    if rule.tags:
        listed = ask_git(root, ["for-each-ref", "--format=%(objectname) %(*objectname)", "refs/tags"]) or ""
        for line in listed.split("\n")[:-1]:
            found.update(_commits(root, ["--no-walk", line.split()[-1]]))
    if rule.since is not None:
        first = int(datetime(rule.since.year, rule.since.month, rule.since.day).timestamp())
        output = ask_git(root, ["log", "--format=%H %ct", *_ALL]) or ""
        for line in output.split("\n")[:-1]:
            commit, when = line.split()
            if int(when) >= first:
                found[commit] = None
    return list(found)


_ALL = ("HEAD", "--branches", "--remotes", "--tags", "--")


def _commits(root: str, arguments: list[str]) -> Iterable[tuple[str, None]]:
    output = ask_git(root, ["rev-list", *arguments, "--"]) or ""
    return ((commit, None) for commit in output.split())


def kept(
    graph: Graph,
    rule: Rule,
    listings: Listings,
    progress: Callable[[list[str]], Iterable[str]] | None = None,
) -> Kept:
    """What a rule keeps: of a folder its list and each of its files."""
    project = graph.index.project
    commits = kept_commits(project.root, rule)
    keys = _used(graph)
    revisions = _Revisions(project)
    unreadable: list[str] = [] if _is_loadable(graph) else [UNCOMMITTED]
    for commit in progress(commits) if progress is not None else commits:
        used = revisions.used(commit)
        if used is None:
            unreadable.append(commit)
        else:
            keys |= used
    unlisted: set[Key] = set()
    for key in [key for key in keys if key.is_folder]:
        files = listings.files_of(key)
        if files is None:
            unlisted.add(key)
        else:
            keys.update(Key(md5, key.legacy) for md5 in files.values())
    return Kept(frozenset(keys), len(commits), tuple(unreadable), frozenset(unlisted))


class _Named(NamedTuple):
    """What the pipelines and `.dvc` files of a revision name, whatever the locks say."""

    #: lock, stage and path as the lock spells it, of every output that is cached
    outs: tuple[tuple[str, str, str], ...]
    #: every lock of a pipeline with stages
    locks: tuple[str, ...]
    #: of the `.dvc` files
    keys: frozenset[Key]


class _Revisions:
    """Reads the commits of a project. Commits that differ in no file that was looked at are resolved once."""

    def __init__(self, project: Project) -> None:
        self._project = project
        top = repository_root(project.root)
        self._now = read_git(top) if top is not None else None
        self._texts = LockTexts()
        #: what a resolution looked at, which pipelines and `.dvc` files there were, and what it came to
        self._known: list[tuple[dict[str, object], frozenset[str], _Named | None]] = []

    def used(self, commit: str) -> set[Key] | None:
        """What DVC would keep of a commit; None if DVC can't load it."""
        try:
            revision = read_revision(self._project.root, commit, self._now)
        except NoProjectError:
            return None
        with closing(WatchedDisk(self._project.root, revision)) as disk:
            named = self._named(disk)
            return self._of_locks(named, disk) if named is not None else None

    def _named(self, disk: WatchedDisk) -> _Named | None:
        files = disk.revision.files_below(self._project.root)
        candidates = frozenset(filter(is_candidate, files))
        for seen, there, named in reversed(self._known[-_MOST_KNOWN:]):
            if there == candidates and disk.answers(seen) == seen:
                return named
        index = Index(self._project.past(disk, files))
        named = _named(index) if _is_complete(index) else None
        self._known.append((disk.seen(), candidates, named))
        return named

    def _of_locks(self, named: _Named, disk: WatchedDisk) -> set[Key] | None:
        locks = {}
        for lock in named.locks:
            try:
                stages = self._texts.stages(disk.read(lock))
            except FileNotFoundError:
                stages = {}
            except UnreadableError:
                stages = None
            if stages is None:
                return None
            locks[lock] = stages
        found = set(named.keys)
        for lock, name, path in named.outs:
            stage = locks[lock].get(name)
            entry = stage.outs.get(path) if stage is not None else None
            if entry is not None and entry.md5 is not None:
                found.add(Key(entry.md5, entry.legacy))
        return found


def _named(index: Index) -> _Named:
    root = index.project.root
    outs = [
        (lock_path(stage.file, root), stage.name, recorded_path(out, stage))
        for stage in index.stages
        for out in stage.outs
        if out.cache and out.is_local
    ]
    return _Named(
        tuple((lock, stage, path) for lock, stage, path in outs if path is not None),
        tuple(dict.fromkeys(lock_path(stage.file, root) for stage in index.stages)),
        frozenset(_tracked(index)),
    )


def _tracked(index: Index) -> set[Key]:
    """What the `.dvc` files name that the cache keeps."""
    found: set[Key] = set()
    for file in index.tracked_files:
        try:
            tracked = read_dvc_file(index.project.disk.read(file.file))
        except (UnreadableError, FileNotFoundError):
            continue
        if tracked is not None and not tracked.is_import:
            found.update(Key(out.md5, out.legacy) for out in tracked.outs if out.flags.cache and out.md5 is not None)
    return found


def _is_complete(index: Index) -> bool:
    """Whether DVC can load every pipeline and every `.dvc` file."""
    return index.is_complete and not any(checked.document.is_broken for checked in index.dvc_files.values())


def _is_loadable(graph: Graph) -> bool:
    """Whether DVC can load the files that are here."""
    return _is_complete(graph.index) and not unreadable_locks(graph)


def _used(graph: Graph) -> set[Key]:
    """What the files that are here name that the cache keeps."""
    found = {
        Key(entry.md5, entry.legacy)
        for out, entry, _, _ in graph.derived(recorded_outs)
        if out.cache and out.is_local and entry.md5 is not None
    }
    return found | _tracked(graph.index)


def experiments(root: str) -> int:
    """How many experiments of `dvc exp` there are: no rule keeps them, unless `dvc gc` is told to."""
    listed = ask_git(root, ["for-each-ref", "--format=%(refname)", "refs/exps"]) or ""
    return sum(not line.startswith(("refs/exps/exec/", "refs/exps/stash")) for line in listed.split("\n")[:-1])


class Freed(NamedTuple):
    """What `dvc gc` would remove."""

    objects: int
    size: int


def freed_in(listing: Listing, keys: frozenset[Key]) -> Freed:
    """What of a cache or a remote is none of what is kept: also what no commit has."""
    sizes = [size for key, size in listing.sizes.items() if key not in keys]
    return Freed(len(sizes), sum(sizes))
