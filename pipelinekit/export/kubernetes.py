"""Resources as Kubernetes counts them, and texts as it passes them to containers."""

from __future__ import annotations

import re
from collections.abc import Mapping

#: What people write for short.
_NAMES = {"cpu": "cpu", "memory": "memory", "gpu": "nvidia.com/gpu", "disk": "ephemeral-storage"}


def requests_of(resources: Mapping[str, int | float | str]) -> dict[str, str]:
    """What a container asks for, by the names of Kubernetes; a name that it has no other word for stays.

    >>> requests_of({"gpu": 1, "memory": "16Gi", "example.com/fpga": 2})
    {'nvidia.com/gpu': '1', 'memory': '16Gi', 'example.com/fpga': '2'}
    """
    return {_NAMES.get(name.lower(), name): str(amount) for name, amount in resources.items()}


def is_variable(name: str) -> bool:
    """Whether Kubernetes takes it for the name of a variable of the environment."""
    return re.fullmatch(r"[-._a-zA-Z][-._a-zA-Z0-9]*", name) is not None


def unexpanded(text: str) -> str:
    """A text that is `text` once Kubernetes has put the values of variables into it.

    In commands, arguments and values of the environment it replaces `$(NAME)`, and makes one `$` of two.

    >>> unexpanded("echo $HOME $(date) $$")
    'echo $HOME $$(date) $$$$'
    """
    return re.sub(r"\$+(?=\()|\${2,}", lambda match: match[0] * 2, text)


def expanded(text: str) -> str:
    """What Kubernetes makes of a text, in which no variable is named: the reverse of `unexpanded`."""
    return re.sub(r"\$(\$|\([^)]*\))", lambda match: "$" if match[1] == "$" else match[0], text)
