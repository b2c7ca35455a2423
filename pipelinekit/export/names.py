"""Names of steps in other systems: as near to those of the stages as their rules allow, and never two the same."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from pipelinekit.export.plan import Plan

_DIGEST = 6


class NameRules(NamedTuple):
    """What a system takes for a name."""

    #: what may not stand in it, as a regular expression of one character
    forbidden: str
    #: what stands in the place of that
    instead: str
    #: characters
    longest: int
    #: what may not begin or end it
    edges: str
    is_lower_case: bool = False
    #: put in front of a name that would begin with a digit, or be nothing
    prefix: str = "stage"


#: Airflow's `task_id`.
AIRFLOW = NameRules(r"[^\w.-]", "_", 200, ".-_")
#: Kubernetes: a DNS label, which Argo and Kubeflow ask for.
DNS = NameRules(r"[^a-z0-9-]", "-", 57, "-", is_lower_case=True)
#: A variable of Python.
PYTHON = NameRules(r"[^A-Za-z0-9_]", "_", 200, "_")


def names_of(plan: Plan, rules: NameRules, reserved: frozenset[str] = frozenset()) -> Mapping[str, str]:
    """A name for each step, by its address.

    Where several stages would have the same, each but one that is called exactly so gets a part of the hash of its
    address, so that a name stays the same whatever stages come and go.
    """
    plain = {step.address: _plain(step.target, rules) for step in plan.steps}
    counts = Counter(plain.values())
    names = {
        step.address: plain[step.address]
        for step in plan.steps
        if plain[step.address] not in reserved
        and (counts[plain[step.address]] == 1 or plain[step.address] == step.target)
    }
    taken = {*names.values(), *reserved}
    for step in plan.steps:
        digits = 0
        while step.address not in names:
            digits += _DIGEST
            name = _distinct(step.address, plain[step.address], rules, digits)
            if name not in taken:
                names[step.address] = name
                taken.add(name)
    return {step.address: names[step.address] for step in plan.steps}


def slug(text: str, rules: NameRules) -> str:
    """One name, of a workflow or whatever there is only one of."""
    return _plain(text, rules)


def _plain(text: str, rules: NameRules) -> str:
    name = re.sub(rules.forbidden, rules.instead, text.lower() if rules.is_lower_case else text, flags=re.ASCII)
    name = name.strip(rules.edges)
    if not name or name[0].isdigit():
        name = f"{rules.prefix}{rules.instead}{name}".strip(rules.edges)
    return name if len(name) <= rules.longest else _distinct(text, name, rules)


def _distinct(address: str, name: str, rules: NameRules, digits: int = _DIGEST) -> str:
    digest = hashlib.sha256(address.encode("utf-8", "surrogatepass")).hexdigest()[:digits]
    return f"{name[: rules.longest - len(digest) - 1].rstrip(rules.edges)}{rules.instead}{digest}"
