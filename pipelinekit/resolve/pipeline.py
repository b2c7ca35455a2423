"""One `dvc.yaml` → its concrete stages, with every problem that keeps DVC from reading it."""

from __future__ import annotations

from typing import Any

from pipelinekit.project.paths import folder_of, join
from pipelinekit.project.project import Project
from pipelinekit.project.shape import ShapeProblem, check_shape
from pipelinekit.resolve.context import PARAMS_YAML, Context, VarsLoader
from pipelinekit.resolve.expand import Expansion, Instance
from pipelinekit.resolve.interpolate import UNKNOWN, Interpolator
from pipelinekit.resolve.problems import Problem
from pipelinekit.resolve.stage import SECTIONS, Definition, Dep, Out, OutKind, Param, Stage
from pipelinekit.yaml.tree import Document, Mapping, Node, Scalar, Sequence

_OUT_SECTIONS: dict[str, OutKind] = {section: kind for kind, section in SECTIONS.items()}
#: What a misspelt key of a stage may have been meant to be.
_ALL_FIELDS = ("deps", "params", "outs", "metrics", "plots", "cmd", "wdir")
_TOP_LEVEL = ("artifacts", "datasets", "metrics", "params", "plots")


class Pipeline:
    """A `dvc.yaml` file: its definitions as written, its stages as DVC sees them."""

    def __init__(self, project: Project, path: str, document: Document) -> None:
        self.project = project
        self.path = path
        self.document = document
        self.folder = folder_of(path)
        self.context = Context()
        self.definitions: list[Definition] = []
        self.stages: list[Stage] = []
        self.problems: list[Problem] = []
        self.shape_problems: list[ShapeProblem] = []
        #: plain stages that DVC can't find, because of the '@' in their name
        self.unreachable: list[Definition] = []
        #: names that some `${}` looked up
        self.used: set[tuple[str, ...]] = set()
        self._wrong: set[int] = set()
        self._by_stage: dict[Any, list[ShapeProblem]] | None = None
        self._reported: set[tuple[Any, ...]] = set()
        if not document.is_broken and document.root is not None:
            self.shape_problems = check_shape(document.root, "dvc.yaml")
            self._wrong = {id(problem.node) for problem in self.shape_problems if problem.kind == "wrong-type"}
            if isinstance(document.root, Mapping):
                self._read(document.root)

    def _read(self, root: Mapping) -> None:
        loader = VarsLoader(self.project, self.context, self.folder, None)
        loader.load_default()
        loader.load(self._ok(root.get("vars")))
        self.problems += loader.problems
        stages = self._ok(root.get("stages"))
        if isinstance(stages, Mapping):
            for name, (name_node, entry) in stages.entries.items():
                if isinstance(name, str) and isinstance(entry, Mapping):
                    self.definitions.append(self._define(name, name_node, entry))
        groups = {definition.name: definition for definition in self.definitions if definition.kind != "plain"}
        for definition in self.definitions:
            if definition.body is None:
                continue
            if definition.kind == "plain":
                self._read_plain(definition, groups)
            else:
                self._read_group(definition)
        for key in _TOP_LEVEL:
            node = root.get(key)
            if node is not None and "${" in node.document.text:
                interpolator = self._interpolator(self.context, {}, None)
                interpolator.anything(node, None)
                self._take(interpolator.problems)

    def _define(self, name: str, name_node: Node, entry: Mapping) -> Definition:
        kind = "matrix" if "matrix" in entry else "foreach" if "foreach" in entry or "do" in entry else "plain"
        definition = Definition(self.path, name, name_node, entry, kind)  # type: ignore[arg-type]
        path = definition.path
        for problem in self._shape_problems_of(name):
            if problem.kind != "retired-key" and problem.path[: len(path)] == path:
                field = problem.path[len(path)] if len(problem.path) > len(path) else problem.key
                definition.unknown.add(str(field))
                if problem.kind == "unknown-key" and len(problem.path) == len(path) + 1:
                    definition.unknown.update(_ALL_FIELDS)
        return definition

    def _shape_problems_of(self, name: str) -> list[ShapeProblem]:
        if self._by_stage is None:
            self._by_stage = {}
            for problem in self.shape_problems:
                if len(problem.path) > 1 and problem.path[0] == "stages":
                    self._by_stage.setdefault(problem.path[1], []).append(problem)
        return self._by_stage.get(name, [])

    def _ok(self, node: Node | None) -> Node | None:
        """A node, unless it is of a type that DVC's schema refuses."""
        return None if node is None or id(node) in self._wrong else node

    def _has_wrong(self, mapping: Mapping) -> bool:
        """Whether a name or a value in a mapping is of a type that DVC's schema refuses."""
        return any(id(node) in self._wrong for pair in mapping.entries.values() for node in pair)

    def _interpolator(self, context: Context, variables: dict[str, Any], definition: Definition | None) -> Interpolator:
        return Interpolator(context, variables, definition, self.project.parsing_options, self.used)

    def resolved(self, node: Scalar) -> str | None:
        """A string outside of the stages with its `${}` replaced; None if it can't be, or is none."""
        value = self._interpolator(self.context, {}, None).text(node, None)
        return value if isinstance(value, str) else None

    def _take(self, problems: list[Problem]) -> None:
        """Keep problems, each once: the stages of a group share their template."""
        for problem in problems:
            identity = (type(problem), problem.place.start, problem.place.end, problem.place.document.name)
            if identity not in self._reported:
                self._reported.add(identity)
                self.problems.append(problem)

    # --- stages ---------------------------------------------------------------------------------------------

    def _read_plain(self, definition: Definition, groups: dict[str, Definition]) -> None:
        if "@" in definition.name or not definition.name:
            self.unreachable.append(definition)
            return
        self._add(definition, Instance("", {}), definition.name)

    def _read_group(self, definition: Definition) -> None:
        entry = definition.entry
        interpolator = self._interpolator(self.context, {}, definition)
        expansion = Expansion(definition, interpolator)
        if definition.kind == "matrix":
            node = self._ok(entry.get("matrix"))
            if isinstance(node, Mapping) and not self._has_wrong(node):
                expansion.matrix(node)
        else:
            items = self._ok(entry.get("foreach"))
            if items is not None:
                expansion.foreach(items)
        self._take(interpolator.problems)
        self._take(expansion.problems)
        for instance in expansion.instances:
            self._add(definition, instance, f"{definition.name}@{instance.key}")

    def _add(self, definition: Definition, instance: Instance, name: str) -> None:
        body = definition.body
        assert body is not None
        interpolator = self._interpolator(self.context, instance.variables, definition)
        wdir_node = self._ok(body.get("wdir"))
        wdir = self._wdir(wdir_node, interpolator)
        vars_node = self._ok(body.get("vars"))
        if vars_node is not None and wdir is not None:
            interpolator = self._with_stage_vars(vars_node, wdir, interpolator, definition, instance)
        stage = Stage(definition, name, wdir if wdir is not None else self.folder)
        stage.variables = instance.variables
        if wdir is None:
            stage.unknown = stage.unknown | {"wdir", "deps", "outs", "metrics", "plots", "params"}
        self._fill(stage, body, interpolator)
        self._take(interpolator.problems)
        definition.stages.append(stage)
        self.stages.append(stage)

    def _wdir(self, node: Node | None, interpolator: Interpolator) -> str | None:
        if not isinstance(node, Scalar):
            return self.folder
        value = interpolator.text(node, "wdir")
        if value is UNKNOWN:
            return None
        if not isinstance(value, str):
            if isinstance(node.value, str):
                interpolator.refuse_type(node, value, "a folder")
            return None
        return join(self.folder, value or ".", self.project.root)

    def _with_stage_vars(
        self, vars_node: Node, wdir: str, interpolator: Interpolator, definition: Definition, instance: Instance
    ) -> Interpolator:
        context = self.context.copy()
        loader = VarsLoader(self.project, context, wdir, definition, reserved=instance.variables)
        loader.load(vars_node)
        self._take(loader.problems)
        local = self._interpolator(context, instance.variables, definition)
        local.problems = interpolator.problems
        return local

    def _fill(self, stage: Stage, body: Mapping, interpolator: Interpolator) -> None:
        document = self.document
        templated = "${" in document.text[body.start : body.end] or bool(document.aliases)
        for field, (_, node) in body.entries.items():
            if id(node) in self._wrong:
                continue
            if field == "cmd":
                self._fill_cmd(stage, node, interpolator)
            elif field == "deps":
                if isinstance(node, Sequence):
                    self._fill_deps(stage, node, interpolator)
            elif field in _OUT_SECTIONS:
                if isinstance(node, Sequence):
                    self._fill_outs(stage, field, node, interpolator)
            elif field == "params":
                if isinstance(node, Sequence):
                    self._fill_params(stage, node, interpolator)
            elif field == "frozen":
                stage.frozen = isinstance(node, Scalar) and node.value is True
            elif field == "always_changed":
                stage.always_changed = isinstance(node, Scalar) and node.value is True
            elif field == "meta":
                meta = interpolator.anything(node, field) if templated else node.data
                stage.meta = None if meta is UNKNOWN else meta
            elif field == "desc" and templated:
                interpolator.anything(node, field)

    def _lose(self, stage: Stage, field: str) -> None:
        stage.unknown = stage.unknown | {field}

    def _fill_cmd(self, stage: Stage, node: Node, interpolator: Interpolator) -> None:
        if isinstance(node, Sequence):
            commands = []
            for item in node.items:
                value = interpolator.anything(item, "cmd")
                if value is UNKNOWN:
                    self._lose(stage, "cmd")
                else:
                    commands.append(value)
                    self._check_text(item, value, "a command", interpolator)
            stage.cmd = commands
            return
        if isinstance(node, Scalar):
            value = interpolator.text(node, "cmd", wanted="a command")
            if value is UNKNOWN or not self._check_text(node, value, "a command", interpolator):
                self._lose(stage, "cmd")
            else:
                stage.cmd = value

    def _check_text(self, node: Node, value: Any, wanted: str, interpolator: Interpolator) -> bool:
        """Whether a resolved value is the string that DVC needs; DVC does not check again and crashes."""
        if isinstance(value, str):
            return True
        if isinstance(node, Scalar) and isinstance(node.value, str):
            interpolator.refuse_type(node, value, wanted)
        return False

    def _path(self, stage: Stage, text: str) -> str:
        return join(stage.wdir, text, self.project.root)

    def _fill_deps(self, stage: Stage, node: Sequence, interpolator: Interpolator) -> None:
        root = self.project.root
        wdir = stage.wdir
        for item in node.items:
            if type(item) is not Scalar or id(item) in self._wrong:
                self._lose(stage, "deps")
                continue
            text = item.value
            if "${" in text:
                text = interpolator.text(item, "deps", wanted="a path")
                if text is UNKNOWN or not self._check_text(item, text, "a path", interpolator):
                    self._lose(stage, "deps")
                    continue
            if not text:
                interpolator.refuse_empty(item, "a path")
                self._lose(stage, "deps")
                continue
            stage.deps.append(Dep(join(wdir, text, root), text, item))

    def _fill_outs(self, stage: Stage, section: str, node: Sequence, interpolator: Interpolator) -> None:
        by_text: dict[str, Out] = {}
        kind = _OUT_SECTIONS[section]
        for item in node.items:
            if id(item) in self._wrong:
                self._lose(stage, section)
                continue
            entries: list[tuple[Any, Node | None]] = (
                [(item, None)] if isinstance(item, Scalar) else list(item.entries.values())  # type: ignore[attr-defined]
            )
            for path_node, flags_node in entries:
                text = interpolator.text(path_node, section, wanted="a path") if type(path_node) is Scalar else UNKNOWN
                if text is UNKNOWN or not self._check_text(path_node, text, "a path", interpolator):
                    self._lose(stage, section)
                    continue
                flags: dict[str, Any] = {}
                if isinstance(flags_node, Mapping):
                    flags = interpolator.anything(flags_node, section)
                    if flags is UNKNOWN:
                        self._lose(stage, section)
                        flags = {}
                known = by_text.get(text)
                if known is not None:
                    known.flags = {**known.flags, **flags}
                    continue
                out = Out(
                    self._path(stage, text),
                    text,
                    kind,
                    path_node,
                    flags,
                    flags_node if isinstance(flags_node, Mapping) else None,
                )
                out.stage = stage
                by_text[text] = out
                stage.outs.append(out)

    def _fill_params(self, stage: Stage, node: Sequence, interpolator: Interpolator) -> None:
        for item in node.items:
            if id(item) in self._wrong:
                self._lose(stage, "params")
            elif isinstance(item, Scalar):
                key = interpolator.text(item, "params", wanted="a parameter's name")
                if key is UNKNOWN or not self._check_text(item, key, "a parameter's name", interpolator):
                    self._lose(stage, "params")
                    continue
                stage.params.append(Param(self._path(stage, PARAMS_YAML), PARAMS_YAML, key, item))
            elif isinstance(item, Mapping):
                for file_node, keys_node in item.entries.values():
                    self._fill_params_file(stage, file_node, keys_node, interpolator)

    def _fill_params_file(self, stage: Stage, file_node: Node, keys_node: Node, interpolator: Interpolator) -> None:
        text = interpolator.text(file_node, "params", wanted="a path") if isinstance(file_node, Scalar) else UNKNOWN
        if (
            text is UNKNOWN
            or not isinstance(file_node, Scalar)
            or not self._check_text(file_node, text, "a path", interpolator)
        ):
            self._lose(stage, "params")
            return
        # DVC takes no name at all for the params.yaml of the project
        file = self._path(stage, text) if text else PARAMS_YAML
        keys = keys_node.items if isinstance(keys_node, Sequence) else []
        if not keys:
            stage.params.append(Param(file, text, None, file_node, file_node))
        for key_node in keys:
            wanted = "a parameter's name"
            key = interpolator.text(key_node, "params", wanted=wanted) if isinstance(key_node, Scalar) else UNKNOWN
            if key is UNKNOWN or not self._check_text(key_node, key, wanted, interpolator):
                self._lose(stage, "params")
                continue
            stage.params.append(Param(file, text, key, key_node, file_node))
