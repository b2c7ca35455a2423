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

    #: what may not stand in it, as a regular expression
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
#: Kubernetes: a DNS label, which Argo asks for.
DNS = NameRules(r"[^a-z0-9-]", "-", 57, "-", is_lower_case=True)
#: A component of Kubeflow, whose names kfp makes of those of functions: it knows no two hyphens in a row.
KUBEFLOW = NameRules(r"[^a-z0-9]+", "-", 57, "-", is_lower_case=True)
#: An artifact of Kubeflow, which is an argument of a function.
ARTIFACT = NameRules(r"[^a-z0-9]+", "_", 57, "_", is_lower_case=True, prefix="file")
#: A variable of Python.
PYTHON = NameRules(r"[^A-Za-z0-9_]", "_", 200, "_")


def names_of(plan: Plan, rules: NameRules, reserved: frozenset[str] = frozenset()) -> Mapping[str, str]:
    """A name for each step, by its address."""
    return distinct_names({step.address: step.target for step in plan.steps}, rules, reserved)


def distinct_names(
    texts: Mapping[str, str], rules: NameRules, reserved: frozenset[str] = frozenset()
) -> Mapping[str, str]:
    """A name for each text, by the key that tells it from all others.

    Where several would have the same, each but one that is called exactly so gets a part of the hash of its key, so
    that a name stays the same whatever stages come and go.
    """
    plain = {key: _plain(text, rules) for key, text in texts.items()}
    counts = Counter(plain.values())
    names = {
        key: plain[key]
        for key, text in texts.items()
        if plain[key] not in reserved and (counts[plain[key]] == 1 or plain[key] == text)
    }
    taken = {*names.values(), *reserved}
    for key in texts:
        digits = 0
        while key not in names:
            digits += _DIGEST
            name = _distinct(key, plain[key], rules, digits)
            if name not in taken:
                names[key] = name
                taken.add(name)
    return {key: names[key] for key in texts}


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
