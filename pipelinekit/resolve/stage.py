"""Concrete stages: what DVC sees after `vars`, `${}`, `foreach` and `matrix`, each part with its place."""

from __future__ import annotations

from typing import Any, Literal

from pipelinekit.project.paths import is_outside, is_url
from pipelinekit.yaml.tree import Document, Mapping, Node, Place, Scalar, Sequence

OutKind = Literal["out", "metric", "plot"]
DefinitionKind = Literal["plain", "foreach", "matrix"]
#: The key of the section that outputs of a kind stand in.
SECTIONS: dict[OutKind, str] = {"out": "outs", "metric": "metrics", "plot": "plots"}


class Dep:
    """A dependency: `text` as written (`${}` replaced), `path` relative to the project."""

    __slots__ = ("node", "path", "text")

    def __init__(self, path: str, text: str, node: Scalar) -> None:
        self.path = path
        self.text = text
        self.node = node

    @property
    def is_local(self) -> bool:
        return not is_url(self.path)


class Out:
    """An output, metric or plot. `node` is its path, `flags_node` what stands below it."""

    __slots__ = ("flags", "flags_node", "kind", "node", "path", "stage", "text")

    def __init__(
        self, path: str, text: str, kind: OutKind, node: Scalar, flags: dict[str, Any], flags_node: Mapping | None
    ) -> None:
        self.path = path
        self.text = text
        self.kind = kind
        self.node = node
        self.flags = flags
        self.flags_node = flags_node
        self.stage: Stage | TrackedFile

    @property
    def cache(self) -> bool:
        return self.flags.get("cache", True) is not False

    @property
    def persist(self) -> bool:
        return self.flags.get("persist", False) is True

    @property
    def is_local(self) -> bool:
        return not is_url(self.path)

    @property
    def is_outside(self) -> bool:
        return is_outside(self.path)


class Param:
    """A parameter that a stage declares: a key of a params file, or (`key` None) the whole file."""

    __slots__ = ("file", "file_node", "file_text", "key", "node")

    def __init__(self, file: str, file_text: str, key: str | None, node: Node, file_node: Node | None = None) -> None:
        self.file = file
        self.file_text = file_text
        self.key = key
        self.node = node
        #: what names the file; None where it goes without saying
        self.file_node = file_node


class Definition:
    """An entry under `stages:` as it is written: one stage, or a template of many."""

    __slots__ = ("body", "entry", "file", "kind", "name", "name_node", "stages", "unknown")

    def __init__(self, file: str, name: str, name_node: Node, entry: Mapping, kind: DefinitionKind) -> None:
        self.file = file
        self.name = name
        self.name_node = name_node
        #: the mapping under the name
        self.entry = entry
        self.kind: DefinitionKind = kind
        do = entry.get("do") if kind == "foreach" else entry
        #: the mapping that holds `cmd`, `deps`…: the entry itself, or what stands under `do`
        self.body = do if isinstance(do, Mapping) else None
        #: fields that can't be read, because of a problem that is reported on its own
        self.unknown: set[str] = set()
        self.stages: list[Stage] = []

    @property
    def document(self) -> Document:
        return self.entry.document

    @property
    def path(self) -> tuple[str, ...]:
        """Where the fields stand in the data of the file."""
        return ("stages", self.name, "do") if self.kind == "foreach" else ("stages", self.name)

    def section(self, key: str) -> Sequence | None:
        """The list under `deps`, `params`, `outs` and so on."""
        node = self.body.get(key) if self.body is not None else None
        return node if isinstance(node, Sequence) else None

    def field(self, key: str) -> Node | None:
        return self.body.get(key) if self.body is not None else None

    def knows(self, *fields: str) -> bool:
        """Whether all of the fields could be read."""
        return not self.unknown.intersection(fields)


class Stage:
    """A concrete stage of a `dvc.yaml`."""

    __slots__ = (
        "always_changed",
        "cmd",
        "definition",
        "deps",
        "file",
        "frozen",
        "meta",
        "name",
        "outs",
        "params",
        "unknown",
        "variables",
        "wdir",
    )

    def __init__(self, definition: Definition, name: str, wdir: str) -> None:
        self.definition = definition
        self.file = definition.file
        self.name = name
        self.wdir = wdir
        self.cmd: Any = ""
        self.deps: list[Dep] = []
        self.outs: list[Out] = []
        self.params: list[Param] = []
        self.frozen = False
        self.always_changed = False
        #: what stands under `meta`, of any shape; None without it, or where it can't be read
        self.meta: Any = None
        #: fields that can't be known, because something in them is wrong
        self.unknown: set[str] = definition.unknown
        #: `item` and `key` of a generated stage
        self.variables: dict[str, Any] = {}

    @property
    def address(self) -> str:
        return f"{self.file}:{self.name}"

    @property
    def name_node(self) -> Node:
        return self.definition.name_node

    @property
    def place(self) -> Place:
        return self.definition.name_node.place

    @property
    def commands(self) -> list[str]:
        """The commands in order; each still may have several lines."""
        commands = self.cmd if isinstance(self.cmd, list) else [self.cmd]
        return [command for command in commands if isinstance(command, str)]

    def knows(self, *fields: str) -> bool:
        """Whether all of the fields could be read and resolved."""
        return not self.unknown.intersection(fields)

    @property
    def runs_always(self) -> bool:
        """Whether DVC runs it each time, whatever has changed: it is told to, or it lists nothing to compare."""
        is_bare = self.knows("params", "outs", "metrics", "plots") and not (self.deps or self.params or self.outs)
        return self.always_changed or is_bare

    def params_by_file(self) -> dict[str, list[str]]:
        """Keys by params file; no keys for a file that is tracked as a whole."""
        files: dict[str, list[str]] = {}
        whole: set[str] = {param.file_text for param in self.params if param.key is None}
        for param in self.params:
            keys = files.setdefault(param.file, [])
            if param.file_text not in whole and param.key is not None and param.key not in keys:
                keys.append(param.key)
        return files

    def __repr__(self) -> str:
        return f"<Stage {self.address}>"


class TrackedFile:
    """A `.dvc` file: data that is tracked without a command."""

    __slots__ = ("deps", "document", "file", "frozen", "outs")

    def __init__(self, file: str, document: Document) -> None:
        self.file = file
        self.document = document
        self.deps: list[Dep] = []
        self.outs: list[Out] = []
        self.frozen = False

    @property
    def address(self) -> str:
        return self.file
