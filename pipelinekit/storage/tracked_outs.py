"""What a `.dvc` file tracks, in any of its versions."""

from __future__ import annotations

from typing import Any, NamedTuple

from pipelinekit.storage.definitions import OutFlags, flags_of
from pipelinekit.yaml.reader import parse
from pipelinekit.yaml.tree import Mapping, Scalar, Sequence, at


class TrackedOut(NamedTuple):
    """An output of a `.dvc` file. `path` is relative to `wdir`."""

    path: str
    md5: str | None
    #: written by DVC 2
    legacy: bool
    size: int | None
    flags: OutFlags


class TrackedOuts(NamedTuple):
    """What a `.dvc` file says."""

    wdir: str
    outs: tuple[TrackedOut, ...]
    #: from another DVC project, whose remote has it: neither `dvc push` nor `dvc gc` takes it for ours
    is_import: bool


def read_dvc_file(text: str) -> TrackedOuts | None:
    """What it tracks; None if DVC couldn't read it."""
    document = parse(text, "data.dvc")
    root = document.root
    if document.is_broken or (root is not None and not isinstance(root, Mapping)):
        return None
    if root is None:
        return TrackedOuts(".", (), is_import=False)
    wdir = _value(root, "wdir")
    node = root.get("outs")
    is_import = at(root, ("deps", 0, "repo")) is not None or at(root, ("deps", 0, "db")) is not None
    outs = tuple(
        TrackedOut(path, _text(item, "md5"), "hash" not in item, _size(item), flags_of(item))
        for item in (node.items if isinstance(node, Sequence) else ())
        if isinstance(item, Mapping) and (path := _text(item, "path")) is not None
    )
    return TrackedOuts(wdir if isinstance(wdir, str) and wdir else ".", outs, is_import)


def _value(mapping: Mapping, key: str) -> Any:
    node = mapping.get(key)
    return node.value if isinstance(node, Scalar) else None


def _text(mapping: Mapping, key: str) -> str | None:
    value = _value(mapping, key)
    return str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else None


def _size(mapping: Mapping) -> int | None:
    value = _value(mapping, "size")
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
