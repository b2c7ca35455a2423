"""What a `.dvc` file recorded of the data that it tracks."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator
from typing import Any

from pipelinekit.project.locked import LockEntry
from pipelinekit.project.paths import is_outside, is_url
from pipelinekit.resolve.stage import Dep, Out, TrackedFile
from pipelinekit.yaml.tree import Mapping, Node, Scalar, Sequence, at

#: What does not count when a `.dvc` file is compared with its own checksum.
_ANNOTATIONS = frozenset(
    {"desc", "type", "labels", "meta", "locked", "frozen", "metric", "persist", "isexec", "size", "nfiles"}
)


def tracked_entry(file: TrackedFile, item: Dep | Out) -> LockEntry | None:
    """The entry of a dependency or an output; None if it has no MD5. Its place is that of the MD5."""
    mapping = _mapping_of(file, item)
    md5 = mapping.get("md5") if mapping is not None else None
    if mapping is None or not isinstance(md5, Scalar) or md5.value is None:
        return None
    size, nfiles = (_number(mapping, key) for key in ("size", "nfiles"))
    return LockEntry(item.text, str(md5.value), "hash" not in mapping, size, nfiles, md5.start, md5.end)


def _number(mapping: Mapping, key: str) -> int | None:
    node = mapping.get(key)
    return node.value if isinstance(node, Scalar) and isinstance(node.value, int) else None


def is_cached(file: TrackedFile, out: Out) -> bool:
    """Whether DVC keeps an output of a `.dvc` file in its cache."""
    mapping = _mapping_of(file, out)
    flag = mapping.get("cache") if mapping is not None else None
    return not (isinstance(flag, Scalar) and flag.value is False)


def is_pushed(file: TrackedFile, out: Out) -> bool:
    """Whether `dvc push` brings an output of a `.dvc` file to the default remote.

    It leaves out what is imported from a repository, which is fetched from there again.
    """
    mapping = _mapping_of(file, out)
    push, remote = (mapping.get(key) if mapping is not None else None for key in ("push", "remote"))
    is_kept_back = isinstance(push, Scalar) and push.value is False
    has_own_remote = isinstance(remote, Scalar) and bool(remote.value)
    return not (is_kept_back or has_own_remote) and at(file.document.root, ("deps", 0, "repo")) is None


def has_changed_by_hand(file: TrackedFile) -> bool:
    """Whether the `.dvc` file of an import says something else than DVC wrote into it."""
    root = file.document.root
    md5 = root.get("md5") if isinstance(root, Mapping) else None
    deps = root.get("deps") if isinstance(root, Mapping) else None
    outs = root.get("outs") if isinstance(root, Mapping) else None
    is_import = isinstance(deps, Sequence) and isinstance(outs, Sequence) and len(deps.items) == len(outs.items) == 1
    recorded = str(md5.value) if isinstance(md5, Scalar) and md5.value is not None else None
    if not is_import or root is None:
        return recorded is not None
    return recorded != _checksum(root.data, _elsewhere(file))


def _elsewhere(file: TrackedFile) -> set[str]:
    """The paths that lead out of the project: DVC 3 says of them how they are hashed, whatever the file says."""
    items: list[Dep | Out] = [*file.deps, *file.outs]
    return {item.text for item in items if not item.is_local or is_outside(item.path)}


def _checksum(data: Any, elsewhere: set[str]) -> str | None:
    import hashlib
    import json

    shown = {key: value for key, value in data.items() if key not in ("md5", "meta", "desc")}
    if shown.get("wdir") == ".":
        del shown["wdir"]
    for section in ("deps", "outs"):
        shown[section] = [
            {**entry, "hash": "md5"} if isinstance(entry, dict) and entry.get("path") in elsewhere else entry
            for entry in shown[section]
        ]
    try:
        text = json.dumps(_without_annotations(shown), sort_keys=True)
    except (TypeError, ValueError):
        return None
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _without_annotations(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_annotations(item) for item in value]
    if isinstance(value, dict):
        return {
            key: posixpath.normpath(item) if key == "path" and _is_inner(item) else _without_annotations(item)
            for key, item in value.items()
            if key not in _ANNOTATIONS
        }
    return value


def _is_inner(path: Any) -> bool:
    """Whether DVC writes a path in its shortest way: all that are relative."""
    return isinstance(path, str) and not os.path.isabs(path) and not is_url(path)


def _mapping_of(file: TrackedFile, item: Dep | Out) -> Mapping | None:
    root = file.document.root
    section: Node | None = root.get("outs" if isinstance(item, Out) else "deps") if isinstance(root, Mapping) else None
    entries: Iterator[Node] = iter(section.items if isinstance(section, Sequence) else ())
    return next((one for one in entries if isinstance(one, Mapping) and one.get("path") is item.node), None)
