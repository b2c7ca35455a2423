"""Whether `dvc.lock` already holds the run of a stage with what is here now: then DVC does not run it again."""

from __future__ import annotations

import hashlib

from pipelinekit.freshness.contents import folder_md5
from pipelinekit.freshness.records import recorded_path, records
from pipelinekit.graph.graph import Graph
from pipelinekit.project.cache import Cache
from pipelinekit.project.locked import LockedStage, LockEntry
from pipelinekit.project.params import ParamsFile
from pipelinekit.resolve.stage import Dep, Out, Param, Stage, TrackedFile
from pipelinekit.yaml.tree import Mapping, Scalar, Sequence

_CHUNK = 1024 * 1024


class Recorded:
    """The locks of a project against what is here. Every answer is None where nothing can tell."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._project = graph.index.project
        self._cache = Cache(self._project)
        self._md5s: dict[str, tuple[str, str] | None] = {}

    def run_of(self, stage: Stage) -> LockedStage | None:
        """What the lock has of a stage."""
        record = self._graph.derived(records).get(stage)
        return record.locked if record is not None else None

    def has_all(self, stage: Stage) -> bool:
        """Whether the stage ran just as it is now, with what is here now."""
        return (
            self.has_command(stage) is True
            and all(self.has_dep(stage, dep) for dep in stage.deps)
            and all(self.has_param(stage, param) for param in stage.params)
            and all(self.has_out(stage, out) is not None for out in stage.outs)
        )

    def has_command(self, stage: Stage) -> bool | None:
        """Whether the command is the one that ran."""
        locked = self.run_of(stage)
        return None if locked is None or not stage.knows("cmd") else bool(locked.cmd == stage.cmd)

    def has_dep(self, stage: Stage, dep: Dep) -> bool | None:
        """Whether a dependency is what the stage ran with; False for one that it ran without."""
        locked = self.run_of(stage)
        if locked is None:
            return None
        entry = locked.deps.get(recorded_path(dep, stage) or "")
        if entry is None:
            return None if dep.path.startswith("ds://") else False
        return self._is_now(dep.path, entry)

    def has_out(self, stage: Stage, out: Out) -> bool | None:
        """Whether an output that lies here is what the stage made; None as well where nothing was recorded of it."""
        locked = self.run_of(stage)
        entry = locked.outs.get(recorded_path(out, stage) or "") if locked is not None else None
        if entry is None or entry.md5 is None:
            return None
        if not out.is_local or self._project.disk.kind(out.path) is None:
            return False
        return self._is_content(out.path, entry)

    def can_restore(self, stage: Stage, out: Out) -> bool:
        """Whether the cache has what the stage made."""
        locked = self.run_of(stage)
        entry = locked.outs.get(recorded_path(out, stage) or "") if locked is not None else None
        return entry is not None and entry.md5 is not None and self._cache.has(entry.md5)

    def lists_out(self, stage: Stage, out: Out) -> bool | None:
        """Whether the run made this output, too."""
        locked = self.run_of(stage)
        return None if locked is None else recorded_path(out, stage) in locked.outs

    def has_param(self, stage: Stage, param: Param) -> bool | None:
        """Whether a parameter has the value that the stage ran with."""
        locked = self.run_of(stage)
        if locked is None:
            return None
        values = locked.params.get(param.file_text)
        if values is None:
            return False
        file = self._project.params(param.file)
        if not isinstance(file, ParamsFile) or file.problem is not None:
            return None if file is not None else False
        if param.key is None:
            data = file.data if isinstance(file.data, dict) else {}
            return set(data) == set(values) and all(equal(data[key], values[key]) for key in data)
        if param.key not in values:
            return False
        try:
            return equal(file.find(param.key), values[param.key])
        except (KeyError, ValueError):
            return False

    # --- contents ------------------------------------------------------------------------------------------

    def _is_now(self, path: str, entry: LockEntry) -> bool | None:
        """Whether a path has the content of an entry: by the record of whoever makes it, else by the disk."""
        if entry.md5 is None:
            return None
        makers = self._graph.holding(path)
        if len(makers) == 1:
            made = _made(makers[0], self._graph)
            if made is None or made.legacy != entry.legacy:
                return None
            if makers[0].path == path:
                return None if made.md5 is None else made.md5 == entry.md5
            return self._is_member(path[len(makers[0].path) + 1 :], made, entry)
        if makers or self._graph.inside(path):
            return None
        return self._is_content(path, entry) if self._project.disk.exists(path) else False

    def _is_member(self, name: str, made: LockEntry, entry: LockEntry) -> bool | None:
        """The same for a part of a folder, where the cache has the list of the folder."""
        files = self._cache.files_of(made.md5) if made.md5 is not None and made.is_folder else None
        if files is None:
            return None
        if name in files:
            return files[name] == entry.md5
        below = {path[len(name) + 1 :]: md5 for path, md5 in files.items() if path.startswith(name + "/")}
        return bool(below) and folder_md5(below) == entry.md5

    def _is_content(self, path: str, entry: LockEntry) -> bool | None:
        md5s = self._md5_of(path)
        if md5s is None:
            return None
        return entry.md5 in md5s if entry.legacy else entry.md5 == md5s[0]

    def _md5_of(self, path: str) -> tuple[str, str] | None:
        """The MD5 of a file or a folder as DVC 3 and DVC 2 compute it; None if it can't be read."""
        if path not in self._md5s:
            try:
                self._md5s[path] = self._hashed(path)
            except OSError:
                self._md5s[path] = None
        return self._md5s[path]

    def _hashed(self, path: str) -> tuple[str, str] | None:
        disk = self._project.disk
        if disk.kind(path) == "file":
            return _file_md5s(disk.absolute(path))
        if disk.kind(path) != "folder":
            return None
        members: dict[str, tuple[str, str]] = {}
        waiting = [(path, "")]
        seen: set[str] = set()
        while waiting:
            folder, prefix = waiting.pop()
            if prefix.count("/") > 60 or folder in seen:
                return None
            seen.add(folder)
            for name in disk.names(folder):
                inner = name if folder == "." else f"{folder}/{name}"
                is_folder = disk.kind(inner) == "folder"
                if self._project.dvcignore.hides(inner, is_folder=is_folder):
                    continue
                if is_folder:
                    waiting.append((inner, f"{prefix}{name}/"))
                elif disk.kind(inner) == "file":
                    members[prefix + name] = _file_md5s(disk.absolute(inner))
        names = members.items()
        return folder_md5({name: md5s[0] for name, md5s in names}), folder_md5({name: md5s[1] for name, md5s in names})


def equal(now: object, was: object) -> bool:
    """By the comparison of DVC: `1`, `1.0` and `true` are equal; a tuple is recorded as a list."""
    return bool(now == was) or (isinstance(now, tuple) and list(now) == was)


def recorded(graph: Graph) -> Recorded:
    """For `Graph.derived`."""
    return Recorded(graph)


def _file_md5s(path: str) -> tuple[str, str]:
    """Of the bytes as they are, and with the line ends of a text made `\\n`, as DVC 2 did."""
    raw, text = hashlib.md5(usedforsecurity=False), hashlib.md5(usedforsecurity=False)
    is_text, carried = True, b""
    with open(path, "rb") as file:
        while chunk := file.read(_CHUNK):
            raw.update(chunk)
            is_text = is_text and b"\0" not in chunk
            if is_text:
                chunk = carried + chunk
                carried = chunk[-1:] if chunk.endswith(b"\r") else b""
                text.update(chunk[: len(chunk) - len(carried)].replace(b"\r\n", b"\n"))
    text.update(carried)
    return raw.hexdigest(), text.hexdigest() if is_text else raw.hexdigest()


def _made(out: Out, graph: Graph) -> LockEntry | None:
    """What the record of a stage, or a `.dvc` file, says of an output."""
    maker = out.stage
    if isinstance(maker, TrackedFile):
        return tracked_entries(maker).get(out.path)
    record = graph.derived(records).get(maker)
    return record.locked.outs.get(recorded_path(out, maker) or "") if record is not None else None


def tracked_entries(tracked: TrackedFile) -> dict[str, LockEntry]:
    """What a `.dvc` file says of its data, by path of the project."""
    root = tracked.document.root
    outs = root.get("outs") if isinstance(root, Mapping) else None
    by_node = {id(out.node): out for out in tracked.outs}
    found: dict[str, LockEntry] = {}
    for item in outs.items if isinstance(outs, Sequence) else ():
        out = by_node.get(id(item.get("path"))) if isinstance(item, Mapping) else None
        if out is None or not isinstance(item, Mapping):
            continue
        md5 = item.get("md5")
        value = str(md5.value) if isinstance(md5, Scalar) and md5.value is not None else None
        found[out.path] = LockEntry(out.text, value, "hash" not in item, None, None, item.start, item.end)
    return found
