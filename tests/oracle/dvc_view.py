"""What DVC itself makes of a project, asked in this process; and what we make of it."""

from __future__ import annotations

import contextlib
import logging
import os
import subprocess
import warnings
from collections.abc import Iterator
from typing import Any
from unittest import mock

from dvc_objects.fs.base import FileSystem

from pipelinekit.graph.graph import Graph
from pipelinekit.project.project import Project
from pipelinekit.resolve.index import Index
from pipelinekit.resolve.stage import Out, Stage
from tests.oracle.view import OutView, ProjectView, Refusal, StageView, TrackedView

_PLOT_PROPERTIES = ("x", "y", "x_label", "y_label", "title", "template", "header")


# --- DVC's --------------------------------------------------------------------------------------------------


def dvc_view(root: str, *, git: bool = False) -> ProjectView:
    """Load every file and build the graph, as `dvc dag` does. Nothing is hashed, checked out or sent."""
    from dvc.repo.index import Index as DvcIndex

    with contextlib.ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")  # those of DVC's own libraries
        try:
            repo = stack.enter_context(opened(root, git=git))
        except Exception as error:
            return _refused("open", error)
        try:
            index = DvcIndex.from_repo(repo)
        except Exception as error:  # whatever it is, DVC's commands stop with it
            return _refused("load", error)
        stages = {_address(stage, root): stage for stage in index.stages}
        view = {address: _stage(stage, address, root) for address, stage in stages.items() if hasattr(stage, "name")}
        tracked = {address: _tracked(stage, address, root) for address, stage in stages.items() if address not in view}
        try:
            graph = index.graph
        except Exception as error:
            return _refused("graph", error, view, tracked)
        edges = frozenset((_address(consumer, root), _address(producer, root)) for consumer, producer in graph.edges)
        return ProjectView(view, tracked, edges)


@contextlib.contextmanager
def opened(root: str, *, git: bool = False) -> Iterator[Any]:
    """A `dvc.repo.Repo`, the project's folder being the current one."""
    from dvc.repo import Repo

    settings = {"core": {"analytics": False, "check_update": False, "no_scm": not git}}
    before = os.getcwd()
    os.chdir(root)
    try:
        with _quiet(), _alone(root), Repo(root, config=settings) as repo:
            _walk_in_order(repo.dvcignore)
            yield repo
    finally:
        os.chdir(before)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    logger = logging.getLogger("dvc")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)


@contextlib.contextmanager
def _alone(root: str) -> Iterator[None]:
    """No settings of this machine, no database of hashes, and stand-ins for what DVC's plugins would bring."""
    from dvc_data.hashfile import state
    from dvc_objects.fs import registry

    own = os.path.join(root, ".dvc", "tmp")
    nowhere = dict.fromkeys(("DVC_GLOBAL_CONFIG_DIR", "DVC_SYSTEM_CONFIG_DIR"), own)
    plugins = {
        scheme: {"class": f"{__name__}.CloudFileSystem"}
        for scheme, entry in registry._registry.items()
        if "err" in entry
    }
    with (
        mock.patch.dict(os.environ, nowhere),
        mock.patch.object(state, "State", return_value=state.StateNoop()),
        mock.patch.dict(registry._registry, plugins),
        mock.patch("dvc.repo.Repo.site_cache_dir", own),
    ):
        yield


class CloudFileSystem(FileSystem):
    """Has addresses, and nothing behind them."""

    protocol = "cloud"
    PARAM_CHECKSUM = "etag"

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return path.partition("://")[2]

    @classmethod
    def _get_kwargs_from_urls(cls, urlpath: str) -> dict[str, Any]:
        return {}


def _walk_in_order(dvcignore: Any) -> None:
    """Folders by name: DVC takes them as the disk has them, which is another order on another machine."""
    walk = dvcignore.walk

    def in_order(*args: Any, **kwargs: Any) -> Iterator[Any]:
        for folder, folders, files in walk(*args, **kwargs):
            folders.sort()
            files.sort()
            yield folder, folders, files

    dvcignore.walk = in_order


def _refused(
    when: str,
    error: Exception,
    stages: dict[str, StageView] | None = None,
    tracked: dict[str, TrackedView] | None = None,
) -> ProjectView:
    return ProjectView(stages or {}, tracked or {}, frozenset(), Refusal(when, type(error).__name__, str(error)))


def _address(stage: Any, root: str) -> str:
    path = _relative(stage.path, root)
    return f"{path}:{stage.name}" if hasattr(stage, "name") else path


def _relative(path: str, root: str) -> str:
    return os.path.relpath(path, root).replace(os.sep, "/")


def _path(dep_or_out: Any, root: str) -> str:
    if dep_or_out.protocol != "local":
        return str(dep_or_out.def_path)
    return _relative(dep_or_out.fs_path, root)


def _stage(stage: Any, address: str, root: str) -> StageView:
    from dvc.dependency import DatasetDependency, ParamsDependency

    deps: list[str] = []
    params: dict[str, list[Any]] = {}
    for dep in stage.deps:
        if isinstance(dep, ParamsDependency):
            keys = params.setdefault(_path(dep, root), [])
            keys += [key for number, key in enumerate(dep.params) if key not in [*keys, *dep.params[:number]]]
        elif isinstance(dep, DatasetDependency):
            deps.append(dep.def_path)
        else:
            deps.append(_path(dep, root))
    return StageView(
        address,
        stage.cmd,
        _relative(stage.wdir, root),
        tuple(deps),
        tuple(sorted((_out(out, root) for out in stage.outs), key=lambda out: (out.path, out.kind))),
        tuple(sorted((file, tuple(sorted(keys, key=str))) for file, keys in params.items())),
        bool(stage.frozen),
        bool(stage.always_changed),
    )


def _out(out: Any, root: str) -> OutView:
    return OutView(
        _path(out, root),
        "metric" if out.metric else "plot" if out.plot else "out",
        out.use_cache,
        out.persist,
        out.can_push,
        out.remote,
        out.annot.desc,
        out.annot.type,
        tuple(out.annot.labels),
        out.annot.meta,
        _in_order(out.plot) if isinstance(out.plot, dict) else {},
    )


def _in_order(properties: dict[str, Any]) -> dict[str, Any]:
    return {name: properties[name] for name in _PLOT_PROPERTIES if name in properties}


def _tracked(stage: Any, address: str, root: str) -> TrackedView:
    deps = () if stage.is_repo_import or stage.is_db_import else tuple(_path(dep, root) for dep in stage.deps)
    return TrackedView(address, deps, tuple(_path(out, root) for out in stage.outs), bool(stage.frozen))


# --- ours ---------------------------------------------------------------------------------------------------


def our_view(root: str) -> ProjectView:
    """The same, as pipelinekit sees it."""
    return view_of(Graph(Index(Project(root))))


def view_of(graph: Graph) -> ProjectView:
    index = graph.index
    stages = {stage.address: _our_stage(stage) for stage in index.stages}
    tracked = {
        file.address: TrackedView(
            file.address, tuple(dep.path for dep in file.deps), tuple(out.path for out in file.outs), file.frozen
        )
        for file in index.tracked_files
    }
    edges = {(edge.consumer.address, edge.producer.address) for edges in graph.edges.values() for edge in edges}
    between = {(edge.consumer.address, edge.producer.address) for edge in graph.between_stages()}
    assert between == {(one, other) for one, other in edges if one in stages and other in stages}
    return ProjectView(stages, tracked, frozenset(edges))


def _our_stage(stage: Stage) -> StageView:
    return StageView(
        stage.address,
        stage.cmd,
        stage.wdir,
        tuple(dep.path for dep in stage.deps),
        tuple(sorted((_our_out(out) for out in stage.outs), key=lambda out: (out.path, out.kind))),
        tuple(sorted((file, tuple(sorted(keys, key=str))) for file, keys in stage.params_by_file().items())),
        stage.frozen,
        stage.always_changed,
    )


def _our_out(out: Out) -> OutView:
    flags = out.flags
    return OutView(
        out.path,
        out.kind,
        out.cache,
        out.persist,
        flags.get("push", True),
        flags.get("remote"),
        flags.get("desc"),
        flags.get("type"),
        tuple(flags.get("labels") or ()),
        flags.get("meta") or {},
        _in_order(flags) if out.kind == "plot" else {},
    )


# --- folders ------------------------------------------------------------------------------------------------


def git_init(folder: str, *, add: bool = True) -> None:
    """A repository with everything in it added, whatever the user's own settings of git are."""
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    commands = [["init", "-q", "-b", "main"], *([["add", "-A"]] if add else [])]
    for command in commands:
        subprocess.run(["git", *command], cwd=folder, check=True, env=environment, capture_output=True)
