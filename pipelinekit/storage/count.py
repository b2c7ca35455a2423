"""What the locks and `.dvc` files of a whole history name: each content once, with the commit that brought it.

A lock is read once, whatever number of commits has it, and of its stages only those texts that no other had.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import closing
from typing import NamedTuple

from pipelinekit.freshness.records import lock_path, recorded_path
from pipelinekit.graph.graph import Graph
from pipelinekit.project.collect import DVC_YAML
from pipelinekit.project.disk import MAX_BYTES, UnreadableError
from pipelinekit.project.git import has_repository
from pipelinekit.project.lock import LOCK
from pipelinekit.project.locked import LockedStage
from pipelinekit.project.objects import Objects
from pipelinekit.project.paths import ancestors, folder_of, is_url, join
from pipelinekit.project.project import NoProjectError
from pipelinekit.project.revision import RevisionDisk
from pipelinekit.resolve.index import Index
from pipelinekit.storage.commits import Commit, Reach, commits, ends_of_shallow_clone, inner_projects, is_readable
from pipelinekit.storage.definitions import ORDINARY, Definitions, OutFlags
from pipelinekit.storage.history import MAX_VERSIONS
from pipelinekit.storage.listing import Key, Listings
from pipelinekit.storage.lock_texts import LockTexts
from pipelinekit.storage.tracked_outs import TrackedOuts, read_dvc_file

#: In place of a commit: what the files that are here say, and no commit does.
UNCOMMITTED = ""


class Content:
    """Something that was made once: a file, or a folder with all that is in it."""

    __slots__ = ("author", "commit", "is_cached", "is_pushed", "key", "remote", "size", "subject", "time")

    def __init__(self, key: Key, commit: Commit) -> None:
        self.key = key
        #: bytes; None where no version of DVC wrote them
        self.size: int | None = None
        #: the first commit that has it
        self.commit = commit.id
        self.time = commit.time
        self.author = commit.author
        self.subject = commit.subject
        #: whether it is in the cache, and in a remote, of everybody who runs and pushes
        self.is_cached = False
        self.is_pushed = False
        #: the remote it is pushed to; None for the default one
        self.remote: str | None = None


class Output:
    """An output through time."""

    __slots__ = ("contents", "file", "is_import", "is_kept", "path", "stage")

    def __init__(self, path: str, file: str) -> None:
        #: relative to the project
        self.path = path
        #: the lock or `.dvc` file that named it last
        self.file = file
        #: the stage that made it last; None for a `.dvc` file
        self.stage: str | None = None
        #: its versions in the cache, oldest first
        self.contents: dict[Key, Content] = {}
        self.is_import = False
        #: whether the last version is one that the cache keeps
        self.is_kept = False

    @property
    def address(self) -> str:
        """The stage or the file that it comes from, as it is addressed."""
        return self.file if self.stage is None else f"{self.file.removesuffix(LOCK)}{DVC_YAML}:{self.stage}"


class Stored(NamedTuple):
    """An object in the cache: a file, or as much of a folder as nobody can take apart."""

    size: int
    #: with the commit that brought it
    content: Content


class Count:
    """What was found. Only what is or was cached is counted."""

    def __init__(self) -> None:
        self.contents: dict[Key, Content] = {}
        self.outputs: dict[str, Output] = {}
        #: outputs that are in git or nowhere (`cache: false`), by path
        self.uncached: set[str] = set()
        #: paths of outputs that other projects keep
        self.imported: set[str] = set()
        #: outputs at addresses (`s3://…`), which DVC does not cache here
        self.remote_outputs: set[str] = set()
        self.commits = 0
        self.files = 0
        #: versions of locks and `.dvc` files that nobody could read, with a commit that has each
        self.unreadable: list[tuple[str, str]] = []
        #: versions that git has not got here
        self.missing = 0
        #: the oldest commits of a shallow clone: what came before them is not known
        self.is_cut = False
        self.has_history = True
        #: bytes of all that is or was cached, and when the first of it came
        self.total = 0
        self.began = 0
        self._stored: dict[Key, Stored] | None = None
        self._units: dict[Key, tuple[Key, ...]] = {}
        self.unexpanded: set[Key] = set()
        self.expanded: set[Key] = set()
        #: contents of no known size
        self.unsized: set[Key] = set()

    # --- objects ---------------------------------------------------------------------------------------------

    def expand(self, listings: Listings) -> None:
        """Take folders apart where a cache or remote has their lists; files that several have in common count once.

        Of a folder that can't be taken apart all bytes count: what its versions have in common counts several times.
        """
        stored: dict[Key, Stored] = {}
        self.unexpanded.clear()
        self.expanded.clear()
        self.unsized.clear()
        files = {key: content for key, content in self.contents.items() if not key.is_folder}
        for content in self.contents.values():
            key = content.key
            units = [key]
            listed = listings.files_of(key) if key.is_folder else None
            if listed is not None:
                units += self._taken_apart(content, listed, files, stored, listings)
            else:
                size = content.size if content.size is not None else listings.size_of(key)
                if key.is_folder:
                    self.unexpanded.add(key)
                    size = content.size  # the size of its list says nothing
                if size is None:
                    self.unsized.add(key)
                known = stored.get(key)
                if known is None or (known.size == 0 and size):
                    stored[key] = Stored(size or 0, known.content if known is not None else content)
            self._units[key] = tuple(units)
        self._stored = stored
        self.total = sum(each.size for each in stored.values())
        self.began = min((each.content.time for each in stored.values()), default=0)

    def _taken_apart(
        self,
        content: Content,
        listed: dict[str, str],
        files: dict[Key, Content],
        stored: dict[Key, Stored],
        listings: Listings,
    ) -> list[Key]:
        """The objects of a folder besides its list; they are put where the others are."""
        keys = list(dict.fromkeys(Key(md5, content.key.legacy) for md5 in listed.values()))
        sizes: dict[Key, int | None] = {}
        for key in keys:
            size = listings.size_of(key)
            if size is None:
                size = files[key].size if key in files else stored[key].size if key in stored else None
            sizes[key] = size
        times = Counter(Key(md5, content.key.legacy) for md5 in listed.values())
        unknown = [key for key in keys if sizes[key] is None]
        rest = (content.size or 0) - sum((sizes[key] or 0) * times[key] for key in keys)
        if len(unknown) == 1 and content.size is not None:
            sizes[unknown[0]] = max(rest, 0) // times[unknown[0]]
            unknown, rest = [], 0
        list_size = listings.size_of(content.key) or 0
        if unknown:
            # what of it can't be told apart stays with the folder
            self.unexpanded.add(content.key)
            list_size += max(rest, 0)
            if content.size is None:
                self.unsized.add(content.key)
        else:
            self.expanded.add(content.key)
        stored.setdefault(content.key, Stored(list_size, content))
        for key in keys:
            size = sizes[key]
            if size is not None and key not in stored:
                stored[key] = Stored(size, content)
        return [key for key in keys if sizes[key] is not None]

    @property
    def stored(self) -> dict[Key, Stored]:
        """Every object with its size."""
        assert self._stored is not None
        return self._stored

    def units_of(self, contents: Iterable[Key]) -> set[Key]:
        """The objects that some contents consist of."""
        return {unit for key in contents for unit in self._units.get(key, (key,))}

    def size_of(self, contents: Iterable[Key]) -> int:
        """Bytes of some contents, what they have in common counted once."""
        stored = self.stored
        return sum(stored[unit].size for unit in self.units_of(contents) if unit in stored)

    def pushed(self) -> set[Key]:
        """The objects that a remote has once all is pushed."""
        return self.units_of(key for key, content in self.contents.items() if content.is_pushed)


class _Reader:
    """Goes through the history, oldest commit first."""

    def __init__(self, graph: Graph, count: Count, wanted: Callable[[str, str | None], bool] | None) -> None:
        self._graph = graph
        self._root = graph.index.project.root
        self._count = count
        self._wanted = wanted
        self._texts = LockTexts()
        self._locks: dict[str, dict[str, LockedStage] | None] = {}
        self._definitions: dict[str, Definitions] = {"": Definitions()}
        self._dvc_files: dict[str, TrackedOuts | None] = {}
        self._seen_pairs: set[tuple[str, str, str]] = set()
        self._seen_stages: set[tuple[str, int, int]] = set()
        #: by version of a `dvc.yaml`, for those whose templates were filled in
        self._resolved: dict[int, dict[tuple[str, str, str], tuple[str, OutFlags]]] = {}
        self._resolved_commits: set[str] = set()

    # --- one commit ------------------------------------------------------------------------------------------

    def read(self, commit: Commit, objects: Objects, folders: dict[str, None], inner: frozenset[str]) -> None:
        """What a commit changed. `folders` are those that ever had a lock."""
        touched: dict[str, str | None] = {}
        for path, blob in commit.changes:
            if inner and any(folder in inner for folder in ancestors(path)):
                continue
            name = path.rpartition("/")[2]
            if name == LOCK:
                folders[folder_of(path)] = None
                touched[folder_of(path)] = blob
            elif name == DVC_YAML:
                touched.setdefault(folder_of(path), None)
            elif name.endswith(".dvc") and blob:
                self._dvc_file(commit, path, blob, objects)
        if commit.is_merge:
            for folder in folders:
                touched.setdefault(folder, None)
        for folder, lock_blob in touched.items():
            if folder in folders:
                self._pair(commit, folder, lock_blob, objects)

    def _pair(self, commit: Commit, folder: str, lock_blob: str | None, objects: Objects) -> None:
        """The lock and the `dvc.yaml` of a folder as they are in a commit."""
        prefix = "" if folder == "." else f"{folder}/"
        lock, definition = f"{prefix}{LOCK}", f"{prefix}{DVC_YAML}"
        if "\n" in prefix:
            lock_id, definition_id = lock_blob or "", ""
        else:
            lock_id = lock_blob if lock_blob is not None else objects.id_of(f"{commit.id}:./{lock}") or ""
            definition_id = objects.id_of(f"{commit.id}:./{definition}") or ""
        if not lock_id or (folder, lock_id, definition_id) in self._seen_pairs:
            return
        self._seen_pairs.add((folder, lock_id, definition_id))
        if lock_id not in self._locks:
            text = self._text(objects, lock_id)
            self._locks[lock_id] = self._texts.stages(text) if text is not None else None
            if self._locks[lock_id] is None:
                self._say_unreadable(lock, commit, is_missing=text is None and objects.id_of(lock_id) is None)
        if definition_id not in self._definitions:
            self._definitions[definition_id] = Definitions(self._text(objects, definition_id) or "")
        self.stages(commit, lock, self._locks[lock_id] or {}, self._definitions[definition_id])

    def _say_unreadable(self, path: str, commit: Commit, *, is_missing: bool) -> None:
        if is_missing:
            self._count.missing += 1
        else:
            self._count.unreadable.append((path, commit.id))

    @staticmethod
    def _text(objects: Objects, blob: str) -> str | None:
        try:
            data = objects.content(blob)
            return data.decode() if data is not None and len(data) <= MAX_BYTES else None
        except (OSError, UnicodeDecodeError):
            return None

    def _dvc_file(self, commit: Commit, path: str, blob: str, objects: Objects) -> None:
        if blob not in self._dvc_files:
            text = self._text(objects, blob)
            self._dvc_files[blob] = read_dvc_file(text) if text is not None else None
            if self._dvc_files[blob] is None:
                self._say_unreadable(path, commit, is_missing=text is None and objects.id_of(blob) is None)
        tracked = self._dvc_files[blob]
        if tracked is not None:
            self.tracked(commit, path, tracked)

    # --- what files say --------------------------------------------------------------------------------------

    def stages(self, commit: Commit, lock: str, stages: dict[str, LockedStage], definitions: Definitions) -> None:
        """The outputs that a lock names."""
        seen = self._seen_stages
        for name, stage in stages.items():
            said = (lock, id(stage), id(definitions))
            if said in seen:
                continue
            seen.add(said)
            if self._wanted is not None and not self._wanted(lock, name):
                continue
            self._count.files += 1
            for entry in stage.outs.values():
                if entry.md5 is None:
                    continue
                path, flags = self._place(commit, lock, definitions, name, entry.path)
                if is_url(path):
                    self._count.remote_outputs.add(path)
                    continue
                output = self._output(path, lock)
                output.stage = name
                output.is_kept = flags.cache
                if not flags.cache:
                    self._count.uncached.add(path)
                    continue
                self._add(output, Key(entry.md5, entry.legacy), entry.size, commit, flags.push, flags.remote)

    def _place(
        self, commit: Commit, lock: str, definitions: Definitions, stage: str, path: str
    ) -> tuple[str, OutFlags]:
        """The path of an output in the project, and where it is kept."""
        wdir, flags = definitions.wdir(stage), definitions.flags(stage, path)
        if wdir is not None and flags is not None:
            return join(join(folder_of(lock), wdir, self._root), path, self._root), flags
        # only the templates, filled in, can tell
        known = self._resolved.setdefault(id(definitions), {})
        if (lock, stage, path) not in known:
            known.update(self._resolve(commit))
        found = known.get((lock, stage, path))
        if found is not None:
            return found
        folder = join(folder_of(lock), wdir or ".", self._root)
        return join(folder, path, self._root), flags or ORDINARY

    def _resolve(self, commit: Commit) -> dict[tuple[str, str, str], tuple[str, OutFlags]]:
        """Every output of the project at a commit, by lock, stage and the path as the lock spells it."""
        if commit.id in self._resolved_commits:
            return {}
        self._resolved_commits.add(commit.id)
        if commit.id == UNCOMMITTED:
            return _outs_of(self._graph.index)
        try:
            past = self._graph.index.project.at_revision(commit.id)
        except NoProjectError:
            return {}
        disk = past.disk
        assert isinstance(disk, RevisionDisk)
        with closing(disk):
            return _outs_of(Index(past))

    def tracked(self, commit: Commit, file: str, tracked: TrackedOuts) -> None:
        """The outputs of a `.dvc` file."""
        if self._wanted is not None and not self._wanted(file, None):
            return
        for out in tracked.outs:
            path = join(join(folder_of(file), tracked.wdir, self._root), out.path, self._root)
            if is_url(path):
                self._count.remote_outputs.add(path)
            elif tracked.is_import:
                self._count.imported.add(path)
            elif not out.flags.cache:
                self._count.uncached.add(path)
            elif out.md5 is not None:
                output = self._output(path, file)
                output.stage = None
                output.is_kept = True
                self._add(output, Key(out.md5, out.legacy), out.size, commit, out.flags.push, out.flags.remote)

    def _output(self, path: str, file: str) -> Output:
        output = self._count.outputs.get(path)
        if output is None:
            output = self._count.outputs[path] = Output(path, file)
        output.file = file
        return output

    def _add(
        self, output: Output, key: Key, size: int | None, commit: Commit, is_pushed: bool, remote: str | None
    ) -> None:
        content = self._count.contents.get(key)
        if content is None:
            content = self._count.contents[key] = Content(key, commit)
        if size is not None:
            # of a text that DVC 2 hashed with other line ends there may be several
            content.size = max(content.size or 0, size)
        content.is_cached = True
        if is_pushed and (not content.is_pushed or remote is None):
            content.remote = remote
        content.is_pushed = content.is_pushed or is_pushed
        # a version that comes back is the newest once more
        output.contents.pop(key, None)
        output.contents[key] = content


def _outs_of(index: Index) -> dict[tuple[str, str, str], tuple[str, OutFlags]]:
    found = {}
    for stage in index.stages:
        lock = lock_path(stage.file, index.project.root)
        for out in stage.outs:
            remote = out.flags.get("remote")
            flags = OutFlags(
                out.cache, out.flags.get("push", True) is not False, remote if isinstance(remote, str) else None
            )
            found[lock, stage.name, recorded_path(out, stage) or out.text] = (out.path, flags)
    return found


def count(
    graph: Graph,
    reach: Reach = "head",
    *,
    max_commits: int | None = None,
    wanted: Callable[[str, str | None], bool] | None = None,
    progress: Callable[[list[Commit]], Iterable[Commit]] | None = None,
    now: float | None = None,
) -> Count:
    """Everything that the history names, and the files that are here.

    `wanted` chooses outputs by lock or `.dvc` file and stage. `progress` is given the commits, and hands
    them on. Sizes are known after `expand`.
    """
    project = graph.index.project
    found = Count()
    reader = _Reader(graph, found, wanted)
    listed: list[Commit] = []
    if has_repository(project.root):
        listed = commits(project.root, reach, max_commits=max_commits)
        found.has_history = bool(listed) or is_readable(project.root, reach)
        found.is_cut = bool(ends_of_shallow_clone(project.root)) or (
            max_commits is not None and len(listed) >= max_commits
        )
    else:
        found.has_history = False
    found.commits = len(listed)
    present = project.git.tracked | project.git.untracked if project.git is not None else frozenset()
    inner = inner_projects(listed, present)
    folders: dict[str, None] = {}
    with closing(Objects(project.root)) as objects:
        for commit in progress(listed) if progress is not None and listed else listed:
            reader.read(commit, objects, folders, inner)
    _read_what_is_here(graph, reader, Commit(UNCOMMITTED, int(now or time.time()), "", "", is_merge=False, changes=()))
    found.outputs = {path: output for path, output in found.outputs.items() if output.contents}
    found.uncached -= {path for path, output in found.outputs.items() if output.is_kept}
    return found


def _read_what_is_here(graph: Graph, reader: _Reader, commit: Commit) -> None:
    project = graph.index.project
    for pipeline in graph.index.pipelines:
        path = lock_path(pipeline.path, project.root)
        lock = project.lock(path)
        if lock is not None:
            reader.stages(commit, path, lock.stages, Definitions(pipeline.document.text))
    for file in graph.index.tracked_files:
        try:
            tracked = read_dvc_file(project.disk.read(file.file))
        except (UnreadableError, FileNotFoundError):
            continue
        if tracked is not None:
            reader.tracked(commit, file.file, tracked)


def recent_count(graph: Graph) -> Count:
    """What the newest commits of the branch that is checked out name, folders counted whole.

    The same in every clone, whatever its cache has. Reads the history: for `graph.derived`, and only when needed.
    """
    found = count(graph, max_commits=MAX_VERSIONS)
    found.expand(Listings())
    return found
