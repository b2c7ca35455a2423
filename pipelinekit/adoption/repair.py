"""`doctor --fix`: what can be done safely by itself, with what `init`, `lint --fix` and `docs` offer.

Nothing is executed but git and `pre-commit install`, nothing that somebody wrote is overwritten, nothing is committed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field

from pipelinekit.adoption.examine import Examined
from pipelinekit.adoption.looked import Looked
from pipelinekit.adoption.points.docs_page import page_file
from pipelinekit.docs.page import DEFAULT_FILE, docs_page, is_generated
from pipelinekit.graph.graph import Graph
from pipelinekit.lint.run import Request, run_lint
from pipelinekit.project.disk import text_if_any
from pipelinekit.project.git import has_repository
from pipelinekit.project.project import Project
from pipelinekit.project.writing import Write, WriteError, write_files
from pipelinekit.report.shown import counted
from pipelinekit.resolve.index import Index
from pipelinekit.scaffold.additions import Additions, ScaffoldError
from pipelinekit.scaffold.requirements import add_dvc_requirement
from pipelinekit.scaffold.scaffold import Around, scaffold, surround
from pipelinekit.scaffold.surroundings import look_around


@dataclass
class Repaired:
    """What was done, and what it left to a person, one sentence each. Paths are absolute."""

    made: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    #: what was mended, in words
    mended: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not (self.made or self.changed or self.mended)


def repair(examined: Examined) -> Repaired:
    """Do what can be done, each thing on its own: what one can't do keeps no other from being done."""
    root = examined.looked.root
    still_open = {point.name for point in examined.points if point.is_open}
    done = Repaired()
    for step in (_start, _mend, _pin, _surround, _describe):
        try:
            step(root, still_open, examined.looked, done)
        except (ScaffoldError, WriteError) as error:  # noqa: PERF203 - the next one can do its part all the same
            done.notes.append(f"{error}.")
    if not done.is_empty:
        done.notes.append("Look at what changed, and commit it.")
    done.notes[:] = dict.fromkeys(done.notes)
    return done


_Step = Callable[[str, Collection[str], Looked, Repaired], None]


def _start(root: str, still_open: Collection[str], looked: Looked, done: Repaired) -> None:
    """Git, `.dvc`, `.dvcignore`: what a DVC project has."""
    lacks_folder = looked.project.git is None or not looked.exists(".dvc")
    if lacks_folder or ("dvcignore" in still_open and not looked.exists(".dvcignore")):
        made = scaffold(root, "plain", with_hooks=False).made
        done.made += [os.path.join(root, path) for path in made]


def _mend(root: str, still_open: Collection[str], looked: Looked, done: Repaired) -> None:
    """What `lint --fix` does."""
    if not any(finding.fix is not None and finding.fix.safe for finding in looked.findings):
        return
    run = run_lint(Request((root,), root, fix=True))
    if run.fixed_count:
        files = [os.path.join(part.project.root, path) for part in run.parts for path in part.changes]
        done.changed += files
        done.mended.append(f"pipelinekit lint --fix mended {counted(run.fixed_count, 'finding')}")


def _pin(root: str, still_open: Collection[str], looked: Looked, done: Repaired) -> None:
    """The DVC that is here, where no file asks for one."""
    if "pinned-dvc" in still_open:
        added = Additions()
        add_dvc_requirement(look_around(root), looked.project, added)
        _take(added, done)


def _surround(root: str, still_open: Collection[str], looked: Looked, done: Repaired) -> None:
    """Hooks and a workflow."""
    wants_ci = bool({"ci", "graph-on-pull-request"}.intersection(still_open)) and looked.service is not None
    ci = (looked.service,) if wants_ci and looked.service is not None else ()
    hooks = "hook" in still_open
    if not (ci or hooks) or not has_repository(root):
        return
    added = surround(root, Around(ci=ci, hooks=hooks))
    _take(added, done)
    done.notes += [
        f"{os.path.relpath(path)} was there already, and is left alone: 'pipelinekit init' shows what it lacks."
        for path in added.differing
    ]


def _describe(root: str, still_open: Collection[str], looked: Looked, done: Repaired) -> None:
    """The page about the pipeline, of what it is by now; last, because all else is told there."""
    graph = Graph(Index(Project(root)))
    path = os.path.join(root, page_file(Looked(graph)) or DEFAULT_FILE)
    before = text_if_any(path)
    after = docs_page(graph)
    if before == after or not graph.index.stages:
        return
    if before is None and os.path.lexists(path):
        done.notes.append(f"{os.path.relpath(path)} can't be read, and is left alone.")
    elif before is not None and not is_generated(before):
        done.notes.append(f"{os.path.relpath(path)} was there already: 'pipelinekit docs -o FILE' takes another name.")
    else:
        write_files([Write(path, after, before)])
        (done.made if before is None else done.changed).append(path)


def _take(added: Additions, done: Repaired) -> None:
    done.made += added.made
    done.changed += added.changed
    done.notes += added.notes


def repair_lines(done: Repaired) -> Iterator[str]:
    """What was done, with paths as seen from the current folder, one line each."""
    yield from (f"wrote {os.path.relpath(path)}" for path in dict.fromkeys(done.made))
    yield from (f"changed {os.path.relpath(path)}" for path in dict.fromkeys(done.changed) if path not in done.made)
    yield from done.mended
