"""Everything DVC would load of a project: the stages of every `dvc.yaml`, the data of every `.dvc` file."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple, TypeVar

from pipelinekit.project.paths import ancestors, folder_of, join
from pipelinekit.project.project import LOCK, Project, Unreadable
from pipelinekit.project.shape import ProblemKind, ShapeProblem, check_shape
from pipelinekit.resolve.pipeline import Pipeline
from pipelinekit.resolve.stage import Definition, Dep, Out, Stage, TrackedFile
from pipelinekit.yaml.tree import Document, Mapping, Scalar, Sequence, at

_Problem = TypeVar("_Problem")


class Swallowed(NamedTuple):
    """A pipeline file inside of a folder that a stage writes: DVC passes it over, or refuses the project."""

    path: str
    out: Out


class CheckedFile(NamedTuple):
    """A file that DVC wrote, and what its schema has against it."""

    document: Document
    problems: list[ShapeProblem]


class Index:
    """The resolved project."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.pipelines: list[Pipeline] = []
        self.tracked_files: list[TrackedFile] = []
        self.swallowed: list[Swallowed] = []
        self.unreadable: list[Unreadable] = []
        #: `.dvc` files by path
        self.dvc_files: dict[str, CheckedFile] = {}
        outs_by_path: dict[str, Out] = {}
        for path in project.dvc_yaml_files + project.dvc_files:
            swallower = next((outs_by_path[folder] for folder in ancestors(path) if folder in outs_by_path), None)
            if swallower is not None:
                self.swallowed.append(Swallowed(path, swallower))
                if _is_above(swallower.stage.file, path):
                    continue
            outs = self._read(path)
            outs_by_path.update((out.path, out) for out in outs if out.is_local)

    def _read(self, path: str) -> list[Out]:
        try:
            document = self.project.document(path)
        except FileNotFoundError:
            return []
        if isinstance(document, Unreadable):
            self.unreadable.append(document)
            return []
        if path.endswith(".dvc"):
            tracked = self._read_dvc_file(path, document)
            self.tracked_files.append(tracked)
            return tracked.outs
        pipeline = Pipeline(self.project, path, document)
        self.pipelines.append(pipeline)
        return [out for stage in pipeline.stages for out in stage.outs]

    def _read_dvc_file(self, path: str, document: Document) -> TrackedFile:
        tracked = TrackedFile(path, document)
        root = document.root
        problems = check_shape(root, "dvc-file") if root is not None and not document.is_broken else []
        self.dvc_files[path] = CheckedFile(document, problems)
        if document.is_broken or not isinstance(root, Mapping):
            return tracked
        wdir_node = root.get("wdir")
        wdir = wdir_node.value if isinstance(wdir_node, Scalar) and isinstance(wdir_node.value, str) else "."
        folder = join(folder_of(path), wdir, self.project.root)
        frozen = root.get("frozen")
        tracked.frozen = isinstance(frozen, Scalar) and frozen.value is True
        imported = False
        for node, text in _paths(root, "deps"):
            holder = at(root, ("deps", 0, "repo")) or at(root, ("deps", 0, "db"))
            imported = imported or holder is not None
            if not imported:
                tracked.deps.append(Dep(join(folder, text, self.project.root), text, node))
        for node, text in _paths(root, "outs"):
            out = Out(join(folder, text, self.project.root), text, "out", node, {}, None)
            out.stage = tracked
            tracked.outs.append(out)
        return tracked

    @cached_property
    def stages(self) -> list[Stage]:
        return [stage for pipeline in self.pipelines for stage in pipeline.stages]

    @cached_property
    def definitions(self) -> list[Definition]:
        return [definition for pipeline in self.pipelines for definition in pipeline.definitions]

    @cached_property
    def documents(self) -> list[Document]:
        """Every YAML file that DVC parses as one of its own: `dvc.yaml`, `dvc.lock`, `.dvc`."""
        documents = [pipeline.document for pipeline in self.pipelines]
        locks = [self.lock(pipeline) for pipeline in self.pipelines]
        documents += [lock for lock in locks if isinstance(lock, Document)]
        return documents + [checked.document for checked in self.dvc_files.values()]

    @cached_property
    def _checked(self) -> list[CheckedFile]:
        checked = [CheckedFile(pipeline.document, pipeline.shape_problems) for pipeline in self.pipelines]
        for pipeline in self.pipelines:
            lock = self.lock(pipeline)
            if isinstance(lock, Document) and lock.root is not None and not lock.is_broken:
                checked.append(CheckedFile(lock, check_shape(lock.root, "dvc.lock")))
        return checked + list(self.dvc_files.values())

    def shape_problems(self, *kinds: ProblemKind) -> Iterator[tuple[Document, ShapeProblem]]:
        """What DVC's schema has against `dvc.yaml`, `dvc.lock` and `.dvc` files."""
        for document, problems in self._checked:
            for problem in problems:
                if problem.kind in kinds:
                    yield document, problem

    def problems_of(self, kind: type[_Problem]) -> Iterator[tuple[Pipeline, _Problem]]:
        """The problems of one kind that templates of the project have, each with its `dvc.yaml`."""
        for pipeline in self.pipelines:
            for problem in pipeline.problems:
                if isinstance(problem, kind):
                    yield pipeline, problem

    @cached_property
    def is_complete(self) -> bool:
        """Whether DVC could load every pipeline: nothing is broken, unknown or undefined."""
        return not self.unreadable and not any(
            pipeline.document.is_broken
            or pipeline.problems
            or pipeline.unreachable
            or any(problem.kind != "retired-key" for problem in pipeline.shape_problems)
            for pipeline in self.pipelines
        )

    @cached_property
    def outs_are_known(self) -> bool:
        """Whether every output of the project could be read: only then can one be said to be missing."""
        if self.unreadable or any(pipeline.document.is_broken for pipeline in self.pipelines):
            return False
        if any(checked.document.is_broken for checked in self.dvc_files.values()):
            return False
        outs = ("outs", "metrics", "plots", "wdir", "foreach", "matrix", "do")
        for pipeline in self.pipelines:
            if any(problem.path[:1] == ("stages",) and len(problem.path) < 2 for problem in pipeline.shape_problems):
                return False
            for definition in pipeline.definitions:
                if not definition.knows(*outs) or not definition.stages:
                    return False
            if any(not stage.knows(*outs) for stage in pipeline.stages):
                return False
        return True

    def lock(self, pipeline: Pipeline) -> Document | Unreadable | None:
        """The `dvc.lock` beside a `dvc.yaml`."""
        try:
            return self.project.document(join(pipeline.folder, LOCK, self.project.root))
        except FileNotFoundError:
            return None


def _is_above(file: str, path: str) -> bool:
    folder = folder_of(file)
    return folder == "." or path.startswith(folder + "/")


def _paths(root: Mapping, section: str) -> list[tuple[Scalar, str]]:
    entries = root.get(section)
    found = []
    for item in entries.items if isinstance(entries, Sequence) else []:
        node = item.get("path") if isinstance(item, Mapping) else None
        if isinstance(node, Scalar) and isinstance(node.value, str):
            found.append((node, node.value))
    return found
