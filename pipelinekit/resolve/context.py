"""The variables that `${}` can name: `params.yaml`, `vars`, and for generated stages `item` and `key`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from pipelinekit.project.params import ParamsFile
from pipelinekit.project.paths import join
from pipelinekit.project.project import Project, Unreadable
from pipelinekit.resolve.expression import parse_template
from pipelinekit.resolve.problems import (
    InvalidExpression,
    MissingVarsFile,
    Problem,
    RedefinedVariable,
    UnusableVars,
)
from pipelinekit.resolve.stage import Definition
from pipelinekit.yaml.tree import Mapping, Node, Place, Scalar, Sequence, at, walk

PARAMS_YAML = "params.yaml"


class UnsupportedTypeError(Exception):
    """A value that DVC can't take as a variable; `path` leads to it."""

    def __init__(self, type_name: str, path: tuple[Any, ...]) -> None:
        super().__init__(type_name)
        self.type_name = type_name
        self.path = path


class UndefinedError(Exception):
    """A name that leads to nothing."""


class Source(NamedTuple):
    """Where variables come from: a file, or a mapping under `vars`."""

    name: str
    file: ParamsFile | None
    node: Mapping | None
    #: the keys that were taken from the file, None for all
    keys: tuple[str, ...] | None


class Context:
    """Variables by name, and where each is defined."""

    def __init__(self) -> None:
        self.data: dict[str, Any] = {}
        self.sources: list[Source] = []
        self.loaded: dict[str, list[str] | None] = {}
        #: something that should have defined variables couldn't be read: a missing one is no news then
        self.incomplete = False
        self._names: tuple[int, list[str]] = (-1, [])

    def copy(self) -> Context:
        context = Context()
        context.data = _copy_mappings(self.data)
        context.sources = list(self.sources)
        context.loaded = {path: list(keys) if keys is not None else None for path, keys in self.loaded.items()}
        context.incomplete = self.incomplete
        return context

    def locate(self, keys: tuple[str, ...]) -> Place | None:
        """Where a variable is defined."""
        for source in self.sources:
            if source.file is not None:
                if source.keys is not None and keys[0] not in source.keys:
                    continue
                span = source.file.locate(keys)
                if span is not None:
                    return Place(source.file.document, *span)
            elif source.node is not None:
                holder = at(source.node, keys[:-1])
                if isinstance(holder, Mapping):
                    key_node = holder.key_node(keys[-1])
                    if key_node is not None:
                        return key_node.place
        return None

    def names(self) -> list[str]:
        """Every name that `${}` can reach, `a` and `a.b`."""
        if self._names[0] == len(self.sources):  # thousands of stages of a group may miss the same name
            return self._names[1]
        found: list[str] = []

        def visit(value: Any, prefix: str) -> None:
            for key, item in value.items():
                found.append(prefix + key)
                if isinstance(item, dict):
                    visit(item, f"{prefix}{key}.")

        visit(self.data, "")
        if self.sources:
            self._names = (len(self.sources), found)
        return found


def lookup(data: dict[str, Any], keys: tuple[str, ...]) -> Any:
    """The value that a name leads to. Raises UndefinedError."""
    value: Any = data
    for key in keys:
        if isinstance(value, dict):
            if key not in value:
                raise UndefinedError(key)
            value = value[key]
        elif isinstance(value, list):
            try:
                value = value[int(key)]
            except (ValueError, IndexError):
                raise UndefinedError(key) from None
        else:
            raise UndefinedError(key)
    return value


def as_variable(value: Any, path: tuple[Any, ...] = ()) -> Any:
    """A value as DVC keeps it: keys that are no strings dropped. Raises UnsupportedTypeError for dates and sets."""
    if isinstance(value, dict):
        return {key: as_variable(item, (*path, key)) for key, item in value.items() if isinstance(key, str)}
    if isinstance(value, list):
        return [as_variable(item, (*path, index)) for index, item in enumerate(value)]
    if value is None or isinstance(value, (str, int, float, bytes)):
        return value
    raise UnsupportedTypeError(type(value).__name__, path)


def _copy_mappings(value: Any) -> Any:
    return {key: _copy_mappings(item) if isinstance(item, dict) else item for key, item in value.items()}


class VarsLoader:
    """Fills a context from `params.yaml` and a `vars` list, collecting every problem on the way."""

    def __init__(
        self,
        project: Project,
        context: Context,
        folder: str,
        definition: Definition | None,
        reserved: Iterable[str] = (),
    ) -> None:
        self.project = project
        self.context = context
        self.folder = folder
        self.definition = definition
        #: names that may not be defined: the `item` and `key` of the stage
        self.reserved = tuple(reserved)
        self.problems: list[Problem] = []

    def load_default(self) -> None:
        """The `params.yaml` of a folder, if there is one."""
        path = join(self.folder, PARAMS_YAML, self.project.root)
        if self.project.disk.exists(path):
            self._load_file(path, PARAMS_YAML, (), None)

    def load(self, vars_node: Node | None) -> None:
        if not isinstance(vars_node, Sequence):
            return
        for scalar in walk(vars_node):
            if isinstance(scalar, Scalar) and isinstance(scalar.value, str) and "${" in scalar.value:
                template = parse_template(scalar.value)
                if template.expressions:
                    text = template.expressions[0].text
                    self._add(InvalidExpression(scalar.place, text, "", True, self.definition))
        for index, item in enumerate(vars_node.items):
            if isinstance(item, Scalar) and isinstance(item.value, str):
                self._load_item(item)
            elif isinstance(item, Mapping):
                self._load_mapping(item, index)

    def _add(self, problem: Problem) -> None:
        self.problems.append(problem)
        self.context.incomplete = True

    def _load_item(self, item: Scalar) -> None:
        file, _, keys_text = item.value.partition(":")
        keys = tuple(key for key in keys_text.split(",") if key)
        path = join(self.folder, file, self.project.root)
        if path in self.context.loaded:
            loaded = self.context.loaded[path]
            if not keys and loaded is None:
                return
            if not keys or loaded is None or set(keys) & set(loaded):
                self._add(RedefinedVariable(item.place, item.value, "vars", file, None, self.definition))
                return
        self._load_file(path, item.value, keys, item)

    def _load_file(self, path: str, name: str, keys: tuple[str, ...], item: Scalar | None) -> None:
        params = self.project.params(path)
        if params is None:
            assert item is not None
            self._add(MissingVarsFile(item.place, path, None, (), self.definition))
            return
        if isinstance(params, Unreadable):
            place = item.place if item is not None else _start_of(path)
            self._add(UnusableVars(place, path, params.reason, False, True, self.definition))
            return
        if params.problem is not None:
            place = _line(params, params.problem.line)
            for problem in params.document.problems:
                if problem.message == params.problem.message:
                    place = Place(params.document, problem.start, problem.end)
                    break
            self._add(UnusableVars(place, path, params.problem.message, True, False, self.definition))
            return
        if not isinstance(params.data, dict):
            reason = f"it holds {_a_type(params.data)}, not a mapping"
            self._add(UnusableVars(_line(params, 1), path, reason, False, False, self.definition))
            return
        missing = [key for key in keys if key not in params.data]
        for key in missing:
            assert item is not None
            names = tuple(str(name) for name in params.data)
            self._add(MissingVarsFile(item.place, path, key, names, self.definition))
        if missing:
            return
        data = {key: params.data[key] for key in keys} if keys else params.data
        try:
            variables = as_variable(data)
        except UnsupportedTypeError as error:
            span = params.locate(error.path)
            place = Place(params.document, *span) if span is not None else _line(params, 1)
            reason = f"'{'.'.join(map(str, error.path))}' is a {error.type_name}, which DVC can't use as a variable"
            self._add(UnusableVars(place, path, reason, False, False, self.definition))
            return
        self._merge(variables, Source(name, params, None, keys or None), item)
        loaded = self.context.loaded.get(path)
        self.context.loaded[path] = [*(loaded or []), *keys] if keys else None

    def _load_mapping(self, item: Mapping, index: int) -> None:
        try:
            variables = as_variable(item.data)
        except UnsupportedTypeError as error:
            node = at(item, error.path) or item
            reason = f"it is a {error.type_name}, which DVC can't use as a variable"
            self._add(UnusableVars(node.place, "vars", reason, False, False, self.definition))
            return
        self._merge(variables, Source(f"vars[{index}]", None, item, None), item)

    def _merge(self, variables: dict[str, Any], source: Source, item: Node | None) -> None:
        conflict = _first_conflict(self.context.data, variables, ())
        if conflict is None:
            conflict = next(((name,) for name in self.reserved if name in variables), None)
        if conflict is not None:
            first = self.context.locate(conflict)
            other = Context()
            other.sources = [source]
            place = other.locate(conflict) or (item.place if item is not None else None)
            assert place is not None
            origin = first.document.name if first is not None else "an earlier source"
            self._add(RedefinedVariable(place, ".".join(conflict), source.name, origin, first, self.definition))
            return
        _merge_into(self.context.data, variables)
        self.context.sources.append(source)


def _first_conflict(into: dict[str, Any], update: dict[str, Any], path: tuple[str, ...]) -> tuple[str, ...] | None:
    for key, value in update.items():
        if key not in into:
            continue
        if isinstance(into[key], dict) and isinstance(value, dict):
            conflict = _first_conflict(into[key], value, (*path, key))
            if conflict is not None:
                return conflict
        else:
            return (*path, key)
    return None


def _merge_into(into: dict[str, Any], update: dict[str, Any]) -> None:
    for key, value in update.items():
        if isinstance(into.get(key), dict) and isinstance(value, dict):
            _merge_into(into[key], value)
        else:
            into[key] = value


def _line(params: ParamsFile, line: int) -> Place:
    line = min(line, len(params.document.line_starts))
    return Place(params.document, *params.document.line_span(line))


def _start_of(path: str) -> Place:
    from pipelinekit.yaml.tree import Document

    return Place(Document("", path), 0, 0)


def _a_type(value: Any) -> str:
    names = {list: "a list", str: "a string", bool: "a boolean", int: "a number", float: "a number"}
    return names.get(type(value), f"a {type(value).__name__}")
