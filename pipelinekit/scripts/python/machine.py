"""Follows a script in the order in which Python would run it, with values where they are known.

Nothing is executed. Branches whose condition is known are taken or left, others are both followed; functions and
modules of the project are entered, libraries are not. All of it is bounded, and what is beyond is not known.
"""

from __future__ import annotations

import ast
import posixpath
from typing import Any, NamedTuple

from pipelinekit.project.disk import UnreadableError
from pipelinekit.project.paths import folder_of, is_url, join
from pipelinekit.project.project import Project
from pipelinekit.scripts.access import Mode
from pipelinekit.scripts.python import expressions, statements
from pipelinekit.scripts.python.expressions import MAX_STEPS
from pipelinekit.scripts.python.handing import lose
from pipelinekit.scripts.python.observed import FileUse, KeyUse, Observed
from pipelinekit.scripts.python.search import Finder, Located, SearchPath
from pipelinekit.scripts.python.source import Source, read_source
from pipelinekit.scripts.python.values import (
    UNKNOWN,
    Class,
    External,
    Function,
    Instance,
    Loaded,
    Module,
    identity,
    library,
    merged,
    text_of,
)

TOO_MUCH = "there is too much of it"
MAX_DEPTH = 14
#: Values of a loop that are gone through one by one.
MAX_ROUNDS = 20
#: A file of parameters that is larger holds data, not settings.
MAX_DATA = 256 * 1024


class Setting(NamedTuple):
    """How a script is started."""

    #: the folder it runs in, relative to the project
    cwd: str
    search: SearchPath
    #: the words that it is given; None for one that only a shell knows; no tuple: nobody knows
    arguments: tuple[str | None, ...] | None = None
    environment: tuple[tuple[str, str | None], ...] = ()
    #: names that papermill sets in a notebook, with their values
    parameters: tuple[tuple[str, Any], ...] = ()
    #: whether papermill may set more of them
    has_more_parameters: bool = False


class Frame:
    """The local names of a piece of code that is being followed."""

    __slots__ = ("is_module", "module", "names", "outer", "returned", "shared", "yielded")

    def __init__(
        self, module: Module, names: dict[str, Any], outer: dict[str, Any] | None, *, is_module: bool = False
    ) -> None:
        self.module = module
        self.names = names
        self.outer = outer
        self.is_module = is_module
        self.returned: list[Any] = []
        #: what is yielded, and the folder that the script was in then
        self.yielded: list[tuple[Any, str | None]] = []
        #: names that are declared `global` or `nonlocal`
        self.shared: set[str] | None = None


class Loader:
    """The modules of a project, each followed once for each way to find its imports, whoever imports it."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.finder = Finder(project.disk)
        self._modules: dict[tuple[str, str, SearchPath], tuple[Module, Observed]] = {}

    def source(self, path: str) -> Source | None:
        return read_source(self.project.disk, path)

    def module(self, path: str, name: str, setting: Setting) -> tuple[Module, Observed]:
        """A module after its code was followed (or, in a circle of imports, as far as it is)."""
        key = (path, setting.cwd, setting.search)
        found = self._modules.get(key)
        if found is None:
            module, observed = Module(path, name, self.source(path)), Observed()
            found = self._modules[key] = (module, observed)
            Machine(self, Setting(setting.cwd, setting.search), observed).run(module)
        return found


class Machine:
    """Follows one script, or one module."""

    def __init__(self, loader: Loader, setting: Setting, observed: Observed) -> None:
        self.loader = loader
        self.setting = setting
        self.observed = observed
        self.search = setting.search
        #: the folder that relative paths are meant from; None: the script went to one that isn't known
        self.cwd: str | None = setting.cwd
        #: the folder that a context manager has just gone to; None: there was none
        self.entered: tuple[str | None] | None = None
        self.root = loader.project.root
        #: how many branches that may not be taken the code at hand lies in
        self.doubts = 0
        #: variables of the environment that the command or the script itself sets
        self.environment: dict[str, Any] = {
            name: UNKNOWN if value is None else value for name, value in setting.environment
        }
        self.steps = 0
        self.depth = 0
        #: modules that this machine may change, by path: the others belong to everybody
        self.own: dict[str, Module] = {}
        self._calls: dict[Any, tuple[Any, Any]] = {}
        self._running: list[Any] = []

    # --- entry points ----------------------------------------------------------------------------------------

    def run(self, module: Module) -> None:
        """Follow the code of a file from top to bottom."""
        self.own[module.path] = module
        names = module.names
        names["__name__"] = module.name
        names["__file__"] = posixpath.join(self.root, module.path)
        tree = module.source.tree if module.source is not None else None
        if tree is None:
            self.observed.gaps.append(f"{module.path} can't be parsed")
        else:
            if module.source is not None and not module.source.is_complete:
                self.observed.gaps.append(f"{module.path} has cells that are no Python")
            if module.source is not None and module.source.notebook is not None and module.source.notebook.moves:
                self.cwd = None
            names["__doc__"] = ast.get_docstring(tree, clean=False)
            self._run_cells(tree.body, Frame(module, names, None, is_module=True))
        module.is_done = True

    def _run_cells(self, body: list[ast.stmt], frame: Frame) -> None:
        """Follow the code of a file; a notebook's parameters are set behind the cell that is tagged for them."""
        setting, source = self.setting, frame.module.source
        if not setting.parameters and not setting.has_more_parameters:
            self.execute(body, frame)
            return
        lines = source.notebook.parameter_lines if source is not None and source.notebook is not None else range(0)
        first = [statement for statement in body if statement.lineno < lines.stop]
        self.execute(first, frame)
        if setting.has_more_parameters:
            cell = {statement for statement in first if statement.lineno in lines}
            for node in (node for statement in cell for node in ast.walk(statement)):
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                    frame.names[node.id] = UNKNOWN
        frame.names.update(setting.parameters)
        self.execute(body[len(first) :], frame)

    def execute(self, body: list[ast.stmt], frame: Frame) -> int:
        """Follow statements. Returns how they end: see `statements`."""
        return statements.execute(self, body, frame)

    def evaluate(self, node: ast.expr, frame: Frame) -> Any:
        """What an expression is worth."""
        return expressions.evaluate(self, node, frame)

    def step(self) -> bool:
        """Whether there is still effort to spend."""
        self.steps += 1
        if self.steps >= MAX_STEPS:
            self.stop()
        return self.steps < MAX_STEPS

    def stop(self) -> None:
        """Give up on the rest of the code."""
        if TOO_MUCH not in self.observed.gaps:
            self.observed.gaps.append(TOO_MUCH)

    # --- modules ---------------------------------------------------------------------------------------------

    def module_at(self, module: Module) -> Module:
        """A module as this script sees it: what it changes in there, no other script may see."""
        own = self.own.get(module.path)
        if own is None:
            own = Module(module.path, module.name, module.source)
            own.names = dict(module.names)
            known: dict[int, Any] = {}
            for name in module.changeable():
                own.names[name] = _own_copy(own.names[name], known)
            own.is_done = module.is_done
            if not module.is_done:
                return module
            self.own[module.path] = own
        return own

    def import_name(self, name: str) -> Any:
        """What `import a.b.c` loads: the module `a.b.c`."""
        located = self.loader.finder.locate(name, self.search)
        return self.import_located(located, name)

    def import_located(self, located: Located, name: str) -> Any:
        """The module that was found; something of a library if none was, UNKNOWN if only its package is here."""
        for file in located.files:
            self._load(file, name if file == located.module else name.rpartition(".")[0])
        if not located.is_found:
            return UNKNOWN if located.files else library(name)
        if located.module is None:
            return Module(f"{located.folder}/", name, None)
        return self._load(located.module, name)

    def _load(self, path: str, name: str) -> Module:
        own = self.own.get(path)
        if own is not None:
            return own
        setting = self.setting._replace(search=self.search, arguments=None)
        module, observed = self.loader.module(path, name, setting)
        self.observed.imported[path] = observed
        for folder, front in observed.folders:
            self._search_in(folder, front=front)
        return self.module_at(module)

    def submodule(self, module: Module, name: str) -> Any:
        """A module inside of a package, where it was not imported by name: `from package import module`."""
        if module.path.endswith("/"):
            package = Located((), None, module.path[:-1], True)
        elif posixpath.basename(module.path) == "__init__.py":
            package = Located((), module.path, folder_of(module.path), True)
        else:
            return UNKNOWN
        located = self.loader.finder.inside(package, name)
        return self.import_located(located, f"{module.name}.{name}") if located.is_found else UNKNOWN

    # --- functions -------------------------------------------------------------------------------------------

    def call(self, function: Function, arguments: list[Any], keywords: dict[str, Any]) -> Any:
        """Follow a function of the project; what it returns if that is the same whichever way it ends."""
        key = (
            id(function.node),
            id(function.owner),
            identity(arguments),
            identity(keywords),
            self.doubts > 0,
            self.cwd,
        )
        known = self._calls.get(key)
        if known is not None:
            return known[0]
        node = function.node
        if self.depth >= MAX_DEPTH or self._running.count(node) > 1 or not self.step():
            return UNKNOWN
        module = self.module_at(function.module)
        names = expressions.bind(self, function, arguments, keywords, module)
        frame = Frame(module, names, function.outer)
        here = self.cwd
        self.depth += 1
        self._running.append(node)
        try:
            if isinstance(node, ast.Lambda):
                result = self.evaluate(node.body, frame)
            else:
                ended = self.execute(node.body, frame)
                if ended != statements.LEAVES:
                    frame.returned.append(None)
                result = lose(self, frame.returned, merged(frame.returned), frame)
        finally:
            self.depth -= 1
            self._running.pop()
        if frame.yielded:
            return self._generated(function, frame)
        if self.cwd == here:
            self._calls[key] = (result, (function, arguments, keywords))  # what ids stand for must stay alive
        return result

    def _generated(self, function: Function, frame: Frame) -> Any:
        """What a function with `yield` returns; one that is a context manager hands out what it yields."""
        for decorator in function.decorators:
            if type(decorator) is External and decorator.name.startswith("contextlib."):
                self.entered = (frame.yielded[0][1],)
                return merged(value for value, _ in frame.yielded)
        return UNKNOWN

    @property
    def running(self) -> ast.AST | None:
        """The function that is being followed."""
        return self._running[-1] if self._running else None

    def take_entered(self) -> tuple[str | None] | None:
        """The folder that a context manager has gone to since this was asked last; None: there was none."""
        entered, self.entered = self.entered, None
        return entered

    def call_blindly(self, function: Function) -> None:
        """Follow a function that a library was handed, and may call with whatever it likes."""
        self.doubts += 1
        try:
            self.call(function, [], {"**": UNKNOWN})
        finally:
            self.doubts -= 1

    # --- observations ----------------------------------------------------------------------------------------

    def absolute(self, path: str) -> str:
        """A path of the project as the script would see it."""
        return posixpath.normpath(posixpath.join(self.root, path))

    @property
    def here(self) -> str | None:
        """The folder that the script is in, as an absolute path; None if that isn't known."""
        return None if self.cwd is None else self.absolute(self.cwd)

    def path(self, value: Any) -> str | None:
        """The path in the project that a value names; None if that is not known, or it is no path of a file."""
        text = text_of(value)
        if text is None or not text or "\0" in text or len(text) > 1000 or "\n" in text:
            return None
        if text.startswith("~") or text[1:3] in (":/", ":\\"):
            return None
        text = text.replace("\\", "/")  # who writes `data\\raw.csv` works on Windows
        if self.cwd is None and not text.startswith("/"):
            return None
        return join(self.cwd or ".", text, self.root)

    def use_file(self, value: Any, mode: Mode, node: ast.AST, frame: Frame, *, pattern: str = "") -> None:
        """A file is read or written, or (with a pattern) the files of a folder are looked for."""
        source = frame.module.source
        if source is not None:
            self.observed.files.append(FileUse(self.path(value), mode, node, source, self.doubts == 0, pattern))

    def exists(self, value: Any, what: str) -> Any:
        """Whether a path is there: True for what git tracks, since every clone has it; else nobody knows."""
        path = self.path(value)
        git = self.loader.project.git
        if path is None or git is None:
            return UNKNOWN
        if path in git.tracked:
            return what != "is_dir"
        return what != "is_file" if git.tracked_below(path) is not None else UNKNOWN

    def use_key(self, loaded: Loaded, node: ast.AST, frame: Frame, *, has_default: bool = False) -> None:
        """A value from a file of data is used."""
        source = frame.module.source
        if source is not None:
            self.observed.keys.append(KeyUse(loaded.file, loaded.keys, node, source, self.doubts == 0, has_default))

    def load_data(self, value: Any) -> Any:
        """What a file of data holds, for a script that reads it; UNKNOWN if the path is."""
        path = self.path(value)
        if path is None or is_url(path) or not self.loader.finder.is_here(path):
            return UNKNOWN
        return Loaded(path, (), self._data(path))

    def _data(self, path: str) -> Any:
        from pipelinekit.project.params import ParamsFile

        disk = self.loader.project.disk
        if disk.kind(path) != "file" or self._is_large(path):
            return UNKNOWN
        params = self.loader.project.params(path)
        if not isinstance(params, ParamsFile) or params.problem is not None:
            return UNKNOWN
        return params.data

    def _is_large(self, path: str) -> bool:
        try:
            return len(self.loader.project.disk.read(path)) > MAX_DATA
        except (FileNotFoundError, UnreadableError):
            return True

    def add_folder(self, value: Any, *, front: bool) -> None:
        """`sys.path.insert(0, folder)`, `sys.path.append(folder)`."""
        path = self.path(value)
        if path is None:
            self.observed.gaps.append("a folder is added to sys.path that is not known")
        elif self.loader.finder.is_here(path):
            self._search_in(path, front=front)

    def _search_in(self, folder: str, *, front: bool) -> None:
        self.search = self.search.adding(folder, front=front)
        if (folder, front) not in self.observed.folders:
            self.observed.folders.append((folder, front))


def _own_copy(value: Any, known: dict[int, Any]) -> Any:
    """A value that can be changed without changing the original; functions and modules are their own copies."""
    kind = type(value)
    if kind not in (list, dict, Instance):
        return value
    copy = known.get(id(value))
    if copy is not None:
        return copy
    if kind is list:
        items: list[Any] = []
        known[id(value)] = items
        items += [_own_copy(item, known) for item in value]
        return items
    if kind is dict:
        mapping: dict[Any, Any] = {}
        known[id(value)] = mapping
        mapping.update((key, _own_copy(item, known)) for key, item in value.items())
        return mapping
    instance = Instance(value.cls, is_closed=value.is_closed)
    known[id(value)] = instance
    instance.attributes = {key: _own_copy(item, known) for key, item in value.attributes.items()}
    return instance


__all__ = ["Class", "Frame", "Loader", "Machine", "Setting"]
