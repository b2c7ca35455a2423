"""Near misses: what somebody may have meant."""

from __future__ import annotations

from collections.abc import Iterable


def closest(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate that a misspelt word most likely stands for, or None."""
    from difflib import get_close_matches

    pool = sorted(set(candidates) - {word})
    lowered = {candidate.lower(): candidate for candidate in pool}
    if word.lower() in lowered:
        return lowered[word.lower()]
    found = get_close_matches(word, pool, n=1, cutoff=0.7)
    return found[0] if found else None


def did_you_mean(word: str, candidates: Iterable[str]) -> str:
    """A sentence for a help text, empty if nothing is close."""
    found = closest(word, candidates)
    return f"Did you mean '{found}'?" if found is not None else ""
