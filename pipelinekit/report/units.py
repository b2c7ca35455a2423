"""Times, sizes and money as people read them."""

from __future__ import annotations

from datetime import datetime, timezone

from pipelinekit.rules.sizes import readable_size

__all__ = ["day", "readable_cost", "readable_size", "readable_time"]


def readable_time(seconds: float) -> str:
    """Seconds in the units that tell enough.

    >>> [readable_time(value) for value in (0, 0.04, 1.25, 59.6, 90, 3600, 5400, 90000, 400000)]
    ['0 s', '0.1 s', '1.2 s', '1 min', '2 min', '1 h', '1 h 30 min', '1 d 1 h', '4 d 15 h']
    """
    if seconds <= 0:
        return "0 s"
    if seconds < 9.95:
        value = f"{max(seconds, 0.1):.1f}"
        return f"{value.removesuffix('.0')} s"
    if round(seconds) < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 24 * 60:
        return _two(minutes // 60, "h", minutes % 60, "min")
    hours = round(seconds / 3600)
    return _two(hours // 24, "d", hours % 24, "h")


def _two(large: int, large_unit: str, small: int, small_unit: str) -> str:
    return f"{large} {large_unit} {small} {small_unit}" if small else f"{large} {large_unit}"


def readable_cost(cost: float, currency: str) -> str:
    """Money to the hundredth, and to the thousandth where that is next to nothing.

    >>> readable_cost(0.284, "EUR"), readable_cost(1234.5, "$"), readable_cost(0.004, "")
    ('0.28 EUR', '1,234.50 $', '0.004')
    """
    digits = 2 if cost >= 0.01 or cost == 0 else 3
    return f"{cost:,.{digits}f} {currency}".rstrip()


def day(when: datetime) -> str:
    """The day of a moment in UTC, the same for everybody who looks: `2026-11-25`."""
    return when.astimezone(timezone.utc).date().isoformat()
