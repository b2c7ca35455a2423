"""Sizes as people read them."""

from __future__ import annotations

MIB = 2**20
GIB = 2**30


def readable_size(size: int) -> str:
    """Bytes in the largest unit that makes more than one.

    >>> readable_size(0), readable_size(1536), readable_size(25 * 2**30)
    ('0 B', '1.5 KiB', '25 GiB')
    """
    value = float(size)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if value < 1024:
            return f"{value:.0f} {unit}" if value >= 10 or unit == "B" else f"{value:.1f} {unit}"
        value /= 1024
    return f"{value:.1f} TiB"
