"""What a `dvc.lock` says: for each stage the command, dependencies, parameters and outputs of its last run.

One that is written as DVC writes it is read line by line, stage by stage, in a fraction of the time that
parsing takes; any other is parsed.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from pipelinekit.yaml.reader import parse
from pipelinekit.yaml.scalars import UnresolvableScalarError, resolve
from pipelinekit.yaml.tree import Document, Mapping, Node, Place, Scalar, Sequence


class LockEntry(NamedTuple):
    """A dependency or an output as a run left it. `path` is spelled as in `dvc.yaml`, relative to `wdir`."""

    path: str
    #: None where DVC keeps another checksum; the one of a folder ends in `.dir`
    md5: str | None
    #: written by DVC 2: the MD5 of a text with its line ends made `\\n`
    legacy: bool
    #: bytes; None if not recorded
    size: int | None
    #: files in a folder
    nfiles: int | None
    #: where the path stands, from the start of the stage
    start: int
    end: int

    @property
    def is_folder(self) -> bool:
        return self.md5 is not None and self.md5.endswith(".dir")


class LockedStage(NamedTuple):
    """A stage as it last ran."""

    name: str
    #: str or list of str, as DVC ran it
    cmd: Any
    #: by path
    deps: dict[str, LockEntry]
    outs: dict[str, LockEntry]
    #: values by key, by file as it is spelled in `dvc.yaml`
    params: dict[str, dict[Any, Any]]
    #: where name and command stand, from the start of the stage
    name_span: tuple[int, int]
    cmd_span: tuple[int, int]


class Lock:
    """A `dvc.lock`: its stages by name."""

    def __init__(self, document: Document, stages: dict[str, LockedStage], starts: dict[str, int]) -> None:
        self.document = document
        self.stages = stages
        #: where each stage starts in the text
        self._starts = starts

    def place(self, stage: LockedStage, span: tuple[int, int] | None = None) -> Place:
        """Where something of a stage stands; its name by default."""
        start, end = span or stage.name_span
        offset = self._starts[stage.name]
        return Place(self.document, offset + start, offset + end)

    def place_of(self, stage: LockedStage, entry: LockEntry) -> Place:
        return self.place(stage, (entry.start, entry.end))


# --- as DVC writes it ------------------------------------------------------------------------------------------

# from the line break on: five times as fast as looking at the start of every line
_START = re.compile(r"\n  (?=[^ \n])")
_PARTS = re.compile(
    r"  (?P<name>[^\n]*):\n"
    r"    cmd:(?P<cmd>[^\n]*\n(?:(?: {6}| {4}- )[^\n]*\n)*)"
    r"(?:    deps:\n(?P<deps>(?:(?: {6}| {4}- )[^\n]*\n)*))?"
    r"(?:    params:\n(?P<params>(?: {6}[^\n]*\n)*))?"
    r"(?:    outs:\n(?P<outs>(?:(?: {6}| {4}- )[^\n]*\n)*))?"
)
_ENTRY = re.compile(
    r" {4}- path: ([^\n]*)\n(?: {6}(hash): md5\n)?(?: {6}md5: ([^\n]*)\n)?"
    r"(?: {6}size: ([0-9]+)\n)?(?: {6}nfiles: ([0-9]+)\n)?(?: {6}isexec: true\n)?"
)


def split_stages(text: str, start: int) -> list[tuple[int, str]]:
    """The text of each stage of a lock that is written as DVC does, and where it starts.

    `start` is the line break in front of the first one.
    """
    starts = [match.start() + 1 for match in _START.finditer(text, start)]
    return [(one, text[one:other]) for one, other in zip(starts, [*starts[1:], len(text)], strict=True)]


def read_stage(text: str) -> LockedStage:
    """A stage as DVC writes it, from the text that `split_stages` gives."""
    parts = _PARTS.match(text)
    assert parts is not None
    name = _text(parts["name"])
    cmd_start = parts.start("cmd") - 4
    return LockedStage(
        name,
        _command(parts["cmd"]),
        _entries(text, parts, "deps"),
        _entries(text, parts, "outs"),
        _params(parts["params"] or ""),
        (2, 2 + len(parts["name"])),
        (cmd_start, cmd_start + 3),
    )


def _entries(text: str, parts: re.Match[str], section: str) -> dict[str, LockEntry]:
    start, end = parts.span(section)
    if start < 0:
        return {}
    entries: dict[str, LockEntry] = {}
    for match in _ENTRY.finditer(text, start, end):
        path, hash_, md5, size, nfiles = match.groups()
        plain = _text(path)
        entries[plain] = LockEntry(
            plain,
            md5,
            hash_ is None,
            int(size) if size is not None else None,
            int(nfiles) if nfiles is not None else None,
            *match.span(1),
        )
    return entries


def _text(text: str) -> str:
    return text[1:-1] if text[:1] == "'" else text.rstrip(" ")


def _command(text: str) -> Any:
    if text[:1] == " ":
        return _folded(text)
    return [_folded(item) for item in re.split(r"^ {4}- ", text, flags=re.MULTILINE)[1:]]


def _folded(text: str) -> str:
    return _text(" ".join(line.strip(" ") for line in text.split("\n")[:-1]))


def _params(text: str) -> dict[str, dict[Any, Any]]:
    files: dict[str, dict[Any, Any]] = {}
    keys: dict[Any, Any] = {}
    last: Any = None
    for line in text.split("\n")[:-1]:
        if line.startswith("        - "):
            if not isinstance(keys[last], list):
                keys[last] = []
            keys[last].append(_value(line[10:]))
        elif line.startswith("        "):
            name, _, value = line[8:].partition(":")
            last = _key(name)
            keys[last] = _value(value.strip(" "))
        else:
            keys = files[_text(line[6:-1])] = {}
    return files


def _key(text: str) -> Any:
    try:
        return resolve(text)
    except UnresolvableScalarError:
        return text


def _value(text: str) -> Any:
    return text[1:-1] if text[:1] == "'" else _key(text.rstrip(" "))


def read_ordinary_lock(text: str, name: str) -> Lock:
    """A lock that `is_as_dvc_writes_it`."""
    stages: dict[str, LockedStage] = {}
    starts: dict[str, int] = {}
    for start, part in split_stages(text, text.index("stages:\n") + 7):
        stage = read_stage(part)
        stages[stage.name] = stage
        starts[stage.name] = start
    return Lock(Document(text, name), stages, starts)


# --- as anybody may have written it ----------------------------------------------------------------------------


def lock_from(document: Document) -> Lock | None:
    """The lock in a parsed file; None if DVC couldn't read it. What is of a wrong type is left out."""
    root = document.root
    if document.is_broken or not isinstance(root, Mapping):
        return None
    # before DVC 2 the stages stood at the top
    holder = root.get("stages") if "schema" in root else root
    stages: dict[str, LockedStage] = {}
    for name, (name_node, node) in holder.entries.items() if isinstance(holder, Mapping) else ():
        if isinstance(name, str) and isinstance(node, Mapping) and "cmd" in node:
            stages[name] = _stage_from(name, name_node, node)
    return Lock(document, stages, dict.fromkeys(stages, 0))


def parse_lock(text: str, name: str) -> Lock | None:
    """A lock in whatever way it is written; None if DVC couldn't read it."""
    return lock_from(parse(text, name))


def _stage_from(name: str, name_node: Node, node: Mapping) -> LockedStage:
    cmd, key = node.get("cmd"), node.key_node("cmd")
    assert cmd is not None
    assert key is not None
    params = node.get("params")
    files: dict[str, dict[Any, Any]] = {}
    for file, values in (params.data if isinstance(params, Mapping) else {}).items():
        files[str(file)] = values if isinstance(values, dict) else {}
    return LockedStage(
        name,
        cmd.data,
        _entries_from(node.get("deps")),
        _entries_from(node.get("outs")),
        files,
        (name_node.start, name_node.end),
        (key.start, key.end),
    )


def _entries_from(node: Node | None) -> dict[str, LockEntry]:
    entries: dict[str, LockEntry] = {}
    for item in node.items if isinstance(node, Sequence) else ():
        path = item.get("path") if isinstance(item, Mapping) else None
        if not isinstance(item, Mapping) or not isinstance(path, Scalar) or not isinstance(path.value, str):
            continue
        md5, size, nfiles = (_scalar(item, key) for key in ("md5", "size", "nfiles"))
        entries[path.value] = LockEntry(
            path.value,
            str(md5) if md5 is not None else None,
            "hash" not in item,
            size if isinstance(size, int) else None,
            nfiles if isinstance(nfiles, int) else None,
            path.start,
            path.end,
        )
    return entries


def _scalar(mapping: Mapping, key: str) -> Any:
    node = mapping.get(key)
    return node.value if isinstance(node, Scalar) else None
