"""Resources as Kubernetes counts them."""

from __future__ import annotations

from collections.abc import Mapping

#: What people write for short.
_NAMES = {"cpu": "cpu", "memory": "memory", "gpu": "nvidia.com/gpu", "disk": "ephemeral-storage"}


def requests_of(resources: Mapping[str, int | float | str]) -> dict[str, str]:
    """What a container asks for, by the names of Kubernetes; a name that it has no other word for stays.

    >>> requests_of({"gpu": 1, "memory": "16Gi", "example.com/fpga": 2})
    {'nvidia.com/gpu': '1', 'memory': '16Gi', 'example.com/fpga': '2'}
    """
    return {_NAMES.get(name.lower(), name): str(amount) for name, amount in resources.items()}
