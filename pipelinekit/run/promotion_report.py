"""A promotion, and its undoing, as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator

from pipelinekit.report.escape import printable
from pipelinekit.run.promotion import Promotion, Undo


def json_promotion(promotion: Promotion) -> str:
    """Version 1."""
    return json.dumps(
        {
            "version": 1,
            "model": promotion.model,
            "alias": promotion.alias,
            "commit": promotion.commit or None,
            "refused": promotion.refused,
            "done": promotion.is_done,
            "model_version": promotion.version or None,
            "previous_version": promotion.previous or None,
            "checks": [
                {"rule": check.rule, "passed": check.passed, "detail": check.detail} for check in promotion.checks
            ],
        },
        indent=2,
        ensure_ascii=False,
    )


def promotion_lines(promotion: Promotion) -> Iterator[str]:
    """A line for each rule, and what came of it."""
    for check in promotion.checks:
        yield printable(f"{'ok     ' if check.passed else 'refused'}  {check.rule:<10}  {check.detail}")
    model, alias = promotion.model, promotion.alias
    if promotion.refused:
        count = sum(not check.passed for check in promotion.checks)
        yield printable(f"{model} is not promoted: {count} of {len(promotion.checks)} rules refuse it")
    elif not promotion.is_done:
        was = f", in place of version {promotion.previous}" if promotion.previous else ""
        yield printable(f"{model} would become '{alias}'{was}; nothing was changed")
    elif promotion.version == promotion.previous:
        yield printable(f"{model} version {promotion.version} is '{alias}' already")
    else:
        was = f", in place of version {promotion.previous}" if promotion.previous else ""
        yield printable(f"{model} version {promotion.version} is '{alias}' now{was}")


def json_undo(undone: Undo) -> str:
    """Version 1."""
    return json.dumps(
        {
            "version": 1,
            "model": undone.model,
            "alias": undone.alias,
            "was": undone.was,
            "now": undone.now or None,
            "done": undone.is_done,
        },
        indent=2,
        ensure_ascii=False,
    )


def undo_line(undone: Undo) -> str:
    """What has the alias now, or would have."""
    now = f"version {undone.now}" if undone.now else "no version"
    verb = "is" if undone.is_done else "would be"
    end = "" if undone.is_done else "; nothing was changed"
    return printable(f"{now} of {undone.model} {verb} '{undone.alias}', and version {undone.was} no more{end}")
