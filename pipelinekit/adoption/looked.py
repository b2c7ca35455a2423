"""What the points look at: the project, what rules say of it, and what is around it. Nothing of the user's runs."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cached_property

from pipelinekit.graph.graph import Graph
from pipelinekit.lint.engine import lint_graph
from pipelinekit.lint.run import Request, prepare
from pipelinekit.lint.selection import select_rules
from pipelinekit.project.git import ask_git, repository_root
from pipelinekit.report.shown import position
from pipelinekit.rules.finding import Finding
from pipelinekit.scaffold.surroundings import Surroundings, look_around
from pipelinekit.yaml.tree import Place

#: The rules that points of their own ask, whatever the project's settings say of them.
_OF_STAGES = ("PK201", "PK202", "PK401", "PK412", "PK605", "PK706", "PK708")
ASKED = (*_OF_STAGES, "PK801", "PK802", "PK803", "PK804", "PK805", "PK806", "PK807")


class Looked:
    """A project as the points see it."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.project = graph.index.project
        self.root = self.project.root

    @cached_property
    def findings(self) -> list[Finding]:
        """What `pipelinekit lint` finds, by the settings of the project. Raises ConfigurationError, PluginError."""
        _, selection, policy = prepare(self.project, Request((), self.root))
        return lint_graph(self.graph, selection, policy).findings

    @cached_property
    def _asked(self) -> list[Finding]:
        return lint_graph(self.graph, select_rules(ASKED)).findings

    def found(self, *codes: str) -> list[Finding]:
        """What some rules find, whether or not the project selects them."""
        return [finding for finding in self._asked if finding.code in codes]

    @cached_property
    def around(self) -> Surroundings:
        """The repository around the project."""
        return look_around(self.root)

    @cached_property
    def service(self) -> str | None:
        """The CI that `init` can write for where the project is kept: `github`, `gitlab`; None for another one.

        GitHub where nothing tells.
        """
        top = repository_root(os.path.abspath(self.root)) or self.root
        address = (ask_git(top, ["config", "--get", "remote.origin.url"]) or "").strip().lower()
        if "gitlab" in address or os.path.exists(os.path.join(top, ".gitlab-ci.yml")):
            return "gitlab"
        if "github" in address or os.path.isdir(os.path.join(top, ".github")):
            return "github"
        others = (
            "bitbucket",
            "dev.azure.com",
            "visualstudio.com",
            "gitea",
            "codeberg",
            "forgejo",
            "sourcehut",
            "sr.ht",
        )
        return None if any(name in address for name in others) else "github"

    def is_tracked(self, path: str) -> bool:
        """Whether git has a file of the project."""
        return self.project.git is not None and path in self.project.git.tracked

    def exists(self, path: str) -> bool:
        return self.project.disk.kind(path) is not None


def where(place: Place) -> str:
    """`dvc.yaml:12`."""
    return f"{place.document.name}:{position(place).line}"


def told(findings: Iterable[Finding], most: int = 3) -> tuple[str, ...]:
    """Findings as evidence, the first few of them."""
    every = list(findings)
    lines = [f"{where(finding.place)}: {finding.code} {finding.message}" for finding in every[:most]]
    if len(every) > most:
        lines.append(f"and {len(every) - most} more")
    return tuple(lines)


def listed(names: Iterable[str], most: int = 4) -> str:
    """`a, b, c, d and 3 more`."""
    every = list(names)
    shown = ", ".join(every[:most])
    return f"{shown} and {len(every) - most} more" if len(every) > most else shown
