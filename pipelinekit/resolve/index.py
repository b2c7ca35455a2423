"""Everything DVC would load of a project: the stages of every `dvc.yaml`, the data of every `.dvc` file."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple, TypeVar

from pipelinekit.project.disk import UnreadableError
from pipelinekit.project.lock import LOCK
from pipelinekit.project.paths import ancestors, folder_of, join
from pipelinekit.project.project import Project, Unreadable
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
        self.unreadable = [Unreadable(path, reason) for path, reason in project.dvcignore.unreadable.items()]
        #: `.dvc` files by path
        self.dvc_files: dict[str, CheckedFile] = {}
        outs_by_path: dict[str, Out] = {}
        for path in project.dvc_yaml_files + project.dvc_files:
            swallowers = [outs_by_path[folder] for folder in ancestors(path) if folder in outs_by_path]
            if swallowers:
                self.swallowed.append(Swallowed(path, swallowers[0]))
                if any(_is_above(out.stage.file, out.path) for out in swallowers):
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
        flags = [root.get("frozen"), root.get("locked")]
        tracked.frozen = any(isinstance(flag, Scalar) and flag.value is True for flag in flags)
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
        """The YAML files of DVC's own that may have something wrong: `dvc.yaml`, `.dvc`, and odd locks."""
        documents = [pipeline.document for pipeline in self.pipelines]
        documents += [lock for lock in self.odd_locks if isinstance(lock, Document)]
        return documents + [checked.document for checked in self.dvc_files.values()]

    @cached_property
    def _checked(self) -> list[CheckedFile]:
        checked = [CheckedFile(pipeline.document, pipeline.shape_problems) for pipeline in self.pipelines]
        for lock in self.odd_locks:
            if isinstance(lock, Document) and not lock.is_broken:
                root = lock.root or Scalar(lock, 0, 0, "", "", None)  # an empty one lacks what every lock must have
                checked.append(CheckedFile(lock, check_shape(root, "dvc.lock")))
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
            if not pipeline.definitions and any(len(problem.path) == 1 for problem in pipeline.shape_problems):
                return False  # a key that DVC doesn't know may be a misspelt `stages`
            for definition in pipeline.definitions:
                if not definition.knows(*outs) or not definition.stages:
                    return False
            if any(not stage.knows(*outs) for stage in pipeline.stages):
                return False
        return True

    @cached_property
    def odd_locks(self) -> list[Document | Unreadable]:
        """Every `dvc.lock` that is not just as DVC writes it; only those can have something against them."""
        paths = dict.fromkeys(join(pipeline.folder, LOCK, self.project.root) for pipeline in self.pipelines)
        return [lock for lock in map(self._odd_lock, paths) if lock is not None]

    def _odd_lock(self, path: str) -> Document | Unreadable | None:
        try:
            if self.project.is_ordinary_lock(path):
                return None
            return self.project.document(path)
        except FileNotFoundError:
            return None
        except UnreadableError as error:
            return Unreadable(path, str(error))


def _is_above(file: str, path: str) -> bool:
    """Whether a file lies in a folder above a path: DVC has read it when it comes to the path."""
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
