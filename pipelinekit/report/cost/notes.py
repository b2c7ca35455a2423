"""What the numbers leave out, and what a rule of the linter would say of them: a sentence each."""

from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.report.cost.summary import Cost
from pipelinekit.report.units import readable_size
from pipelinekit.storage.bloat import bloat


def notes(cost: Cost) -> Iterator[str]:
    """The sentences, those that change the numbers most first."""
    found = cost.counted
    if found.is_cut:
        yield (
            "note: the clone is shallow: what older commits made is not counted, and what the oldest ones here have "
            "looks as if they had made it ('git fetch --unshallow' gets the rest)."
        )
    if found.missing:
        yield f"note: git has not got {many(found.missing, 'version')} of the files here, as in a partial clone."
    if found.unexpanded:
        size = found.size_of(found.unexpanded)
        yield (
            f"note: of {many(len(found.unexpanded), 'version')} of folders the cache has no list or not all files, "
            f"so their recorded size counts ({readable_size(size)}): files that they have in common count more than "
            "once, and it may be less ('dvc fetch --all-commits' brings them, --remote asks the remote)."
        )
    if found.unsized:
        yield f"note: DVC did not note the size of {many(len(found.unsized), 'content')}: counted as nothing."
    twice = [key for key in found.stored if key.legacy and key._replace(legacy=False) in found.stored]
    if twice:
        yield (
            f"note: {many(len(twice), 'object')} lie there twice ({readable_size(found.size_of(twice))}): where DVC 2 "
            "kept them, and where DVC 3 does."
        )
    if found.unreadable:
        path, commit = found.unreadable[0]
        more = f" and {len(found.unreadable) - 1:,} more" if len(found.unreadable) > 1 else ""
        at = f" in {commit[:8]}" if commit else ""
        yield f"note: {path}{at}{more} can't be read, nor could DVC: left out."
    if found.imported:
        yield f"note: {many(len(found.imported), 'import')} from other DVC projects: their remotes keep them."
    if found.remote_outputs:
        outside = many(len(found.remote_outputs), "output")
        yield f"note: {outside} outside of the cache (s3://… and its like): left out."
    if cost.retention is not None:
        yield from _of_retention(cost)
    for row in cost.rows:
        fills = bloat(found, row.output)
        if fills is not None:
            yield (
                f"{row.output.path} fills the cache: {fills.versions} versions take {readable_size(fills.size)}, "
                f"{fills.share:.0%} of all (rule PK404)."
            )
        if row.is_rewritten:
            yield f"{row.output.path}: no version of it has a file in common with the one before (rule PK406)."
    for copy in cost.copies[:3]:
        yield f"{copy.found.out.path} has the same content as {copy.of} (rule PK405)."


def _of_retention(cost: Cost) -> Iterator[str]:
    assert cost.retention is not None
    kept = cost.retention.kept
    if kept.unreadable:
        first = f"commit {kept.unreadable[0][:8]}" if kept.unreadable[0] else "the files here"
        yield (
            f"note: {many(len(kept.unreadable), 'revision')} that the rule keeps can't be loaded ({first} for one): "
            "dvc gc stops there; --skip-failed passes them over and frees what they name."
        )
    if cost.retention.experiments:
        yield (
            f"note: {many(cost.retention.experiments, 'experiment')} of dvc exp: what only they name would be freed, "
            "too (--all-experiments keeps it, and is not counted here)."
        )
    if cost.retention.shared_cache is not None:
        yield (
            f"note: the cache lies outside of the project, in {cost.retention.shared_cache}: if other projects share "
            "it, dvc gc removes what is theirs, unless --projects names them."
        )
    if kept.unlisted:
        yield (
            f"note: of {many(len(kept.unlisted), 'folder')} that the rule keeps the cache has no list: dvc gc looks "
            "for it in the remote, and without it asks whether their files may go."
        )


def many(number: int, noun: str) -> str:
    """`1 object`, `20,480 objects`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
