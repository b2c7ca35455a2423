"""What makes a function a rule, and finds the rules that there are.

    @rule("PK108", "duplicate-dependency", level="error", since="0.1.0", fix="always")
    def duplicate_dependency(definition: Definition) -> Iterator[Finding]:
        '''Page of the rule, see `page.py`.'''

The annotation of the first argument says what the rule visits: each `Document`, `Pipeline` (a `dvc.yaml`),
`Definition` (a stage as written), `Stage` (as DVC sees it), the `Graph` of the whole project, or, when all other
rules have run, the `Outcome`. A second argument, if there is one, is given the graph. Arguments that can only be
named, each with a default, are the rule's options: a project sets them in `[tool.pipelinekit.rules.PK108]`.

Of thousands of stages a rule often can tell in one look which ones concern it: `among=stages_mentioning("curl")`.
That only saves time: without it the rule must say the same.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Collection, Iterable
from typing import Any, Literal, NamedTuple, TypeVar

from pipelinekit.graph.graph import Graph
from pipelinekit.rules.finding import Finding, Level

Visits = Literal["Document", "Pipeline", "Definition", "Stage", "Graph", "Outcome"]
Fixes = Literal["always", "sometimes", "never"]
Check = Callable[..., Iterable[Finding]]


class Option(NamedTuple):
    """Something about a rule that a project may set; values are of the type of the default.

    A number, a truth value, a string, or (`tuple`) several strings.
    """

    name: str
    default: Any

    @property
    def argument(self) -> str:
        """What the check calls it."""
        return self.name.replace("-", "_")


class Rule(NamedTuple):
    """A rule and what is known of it without running it."""

    code: str
    name: str
    level: Level
    #: the version of pipelinekit that it came with
    since: str
    fix: Fixes
    visits: Visits
    #: the fields of a stage that it looks at: a stage in which one of them is broken is not shown to it
    reads: tuple[str, ...]
    #: whether its second argument is the graph
    takes_graph: bool
    check: Check
    summary: str
    options: tuple[Option, ...] = ()
    #: for `Graph.derived`: those of what it visits that it may have something to say about
    among: Callable[[Graph], Collection[Any]] | None = None

    @property
    def page(self) -> str:
        return self.check.__doc__ or ""


_RULE_ATTRIBUTE = "__pipelinekit_rule__"
_Function = TypeVar("_Function", bound=Check)


def rule(
    code: str,
    name: str,
    *,
    level: Level,
    since: str,
    fix: Fixes = "never",
    reads: Iterable[str] = (),
    among: Callable[[Graph], Collection[Any]] | None = None,
) -> Callable[[_Function], _Function]:
    """Make a generator function a rule."""

    def register(function: _Function) -> _Function:
        subject = next(iter(function.__annotations__.values()))
        visits: Any = subject if isinstance(subject, str) else subject.__name__
        named: dict[str, Any] = getattr(function, "__kwdefaults__", None) or {}
        summary = (function.__doc__ or "").strip().partition("\n")[0]
        made = Rule(
            code,
            name,
            level,
            since,
            fix,
            visits,
            tuple(reads),
            function.__code__.co_argcount > 1,
            function,
            summary,
            tuple(Option(argument.replace("_", "-"), default) for argument, default in named.items()),
            among,
        )
        setattr(function, _RULE_ATTRIBUTE, made)
        return function

    return register


def rules_of(module: Any) -> list[Rule]:
    """The rules that a module defines."""
    return [
        value.__dict__[_RULE_ATTRIBUTE]
        for value in vars(module).values()
        if _RULE_ATTRIBUTE in getattr(value, "__dict__", ())
    ]


def rule_files() -> dict[str, str]:
    """Module names of the rules in this folder, by code."""
    files = sorted(os.listdir(os.path.dirname(__file__)))
    return {
        name[:5].upper(): f"pipelinekit.rules.{name[:-3]}"
        for name in files
        if name.startswith("pk") and name.endswith(".py")
    }


def load_rules(codes: Iterable[str] | None = None) -> list[Rule]:
    """All rules, or those of some codes, in the order of the codes."""
    files = rule_files()
    chosen = files.values() if codes is None else [files[code] for code in codes if code in files]
    return [found for module in chosen for found in rules_of(importlib.import_module(module))]
