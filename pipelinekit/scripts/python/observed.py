"""What a script was seen to do: files it reads and writes, data it looks up in files, calls of libraries."""

from __future__ import annotations

import ast
from typing import Any, NamedTuple

from pipelinekit.scripts.access import Mode
from pipelinekit.scripts.python.source import Source
from pipelinekit.yaml.tree import Place


class FileUse(NamedTuple):
    """A file or folder that is read or written. `path` is relative to the project; None: it can't be known."""

    path: str | None
    mode: Mode
    node: ast.AST
    source: Source
    #: whether it happens each time: not in a branch that may not be taken
    is_certain: bool
    #: which files of a folder are looked for (`*.csv`); empty for a file or folder that is opened by its name
    pattern: str = ""

    @property
    def place(self) -> Place:
        return self.source.place(self.node)

    @property
    def what(self) -> str:
        return self.source.words(self.node)


class KeyUse(NamedTuple):
    """A value that is looked up in a file of data: `yaml.safe_load(open("params.yaml"))["train"]["lr"]`."""

    #: relative to the project
    file: str
    #: empty: the file as a whole
    keys: tuple[Any, ...]
    node: ast.AST
    source: Source
    is_certain: bool
    #: whether a default is given for the case that there is no such key
    has_default: bool = False

    @property
    def place(self) -> Place:
        return self.source.place(self.node)


class Call(NamedTuple):
    """A call of something that is not of this project: `sklearn.svm.SVC`, `pandas.read_csv().sample`.

    `?.fit` is the method of an object that is not known.
    """

    name: str
    arguments: list[Any]
    keywords: dict[str, Any]
    node: ast.Call
    source: Source
    is_certain: bool

    @property
    def place(self) -> Place:
        return self.source.place(self.node)


class Observed:
    """All that was seen, in the order in which it happens."""

    def __init__(self) -> None:
        self.files: list[FileUse] = []
        self.keys: list[KeyUse] = []
        self.calls: list[Call] = []
        #: what was given up on: too deep, too long, a file that can't be parsed
        self.gaps: list[str] = []
        #: folders (relative to the project) added to the search path; True: at its front
        self.folders: list[tuple[str, bool]] = []
        #: files that it deletes again
        self.removed: set[str] = set()
        #: modules of the project that were imported, by path
        self.imported: dict[str, Observed] = {}

        self._everything: list[Observed] | None = None

    def everything(self) -> list[Observed]:
        """With what the code of the imported modules was seen to do, each once; to be asked at the end only."""
        if self._everything is None:
            found: dict[int, Observed] = {}
            waiting = [self]
            while waiting:
                current = waiting.pop()
                if id(current) not in found:
                    found[id(current)] = current
                    waiting += current.imported.values()
            self._everything = list(found.values())
        return self._everything
