"""When the versions of one output fill the cache: out of proportion to everything else."""

from __future__ import annotations

from typing import NamedTuple

from pipelinekit.storage.count import Count, Output

#: What the rule PK404 asks for unless a project says otherwise: versions, GiB, and the share of all.
MIN_VERSIONS, MIN_GIB, MIN_SHARE = 5, 10.0, 0.5
_GIB = 2**30


class Bloat(NamedTuple):
    """An output that fills the cache."""

    versions: int
    size: int
    #: of all that the pipeline has made: at least this, because of folders at most what counts is kept
    share: float


def bloat(
    count: Count,
    output: Output,
    min_versions: int = MIN_VERSIONS,
    min_gib: float = MIN_GIB,
    min_share: float = MIN_SHARE,
) -> Bloat | None:
    """How much of the cache the versions of a file fill; None if that is in proportion.

    What is not pushed is left alone, and so are folders: what their versions have in common is kept once.
    """
    newest = output.contents[next(reversed(output.contents))]
    if newest.key.is_folder or not newest.is_pushed or len(output.contents) < min_versions:
        return None
    size = count.size_of(output.contents)
    share = size / max(count.total, 1)
    return Bloat(len(output.contents), size, share) if size >= min_gib * _GIB and share >= min_share else None
