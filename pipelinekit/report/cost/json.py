"""The report of `cost` for programs: bytes, seconds since 1970 as UTC times, amounts in the currency of each list."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timezone
from typing import Any

from pipelinekit.report.cost.summary import Bill, Cost, RemoteHolds, Retention, Row
from pipelinekit.storage.growth import Pace
from pipelinekit.storage.listing import Key
from pipelinekit.storage.retention import Freed


def json_cost(cost: Cost) -> str:
    """Version 1. Everything, in a fixed order."""
    found = cost.counted
    data: dict[str, Any] = {
        "version": 1,
        "history": {
            "reach": cost.reach,
            "commits": found.commits,
            "is_cut": found.is_cut,
            "has_history": found.has_history,
            "unreadable": [{"file": path, "commit": commit or None} for path, commit in found.unreadable],
            "missing": found.missing,
        },
        "stages": list(cost.selected) or None,
        "bytes": cost.total,
        "objects": len(found.stored),
        "pushed_bytes": cost.pushed,
        "pushed_objects": cost.pushed_objects,
        "current_bytes": cost.current,
        "folders": {"expanded": len(found.expanded), "not_expanded": len(found.unexpanded)},
        "contents_of_unknown_size": len(found.unsized),
        "imported": sorted(found.imported),
        "not_cached": sorted(found.uncached),
        "outputs": [_row(row) for row in cost.rows],
        "by_stage": [
            {
                "from": each.address,
                "outputs": each.outputs,
                "versions": each.versions,
                "bytes": each.size,
                "bytes_a_month": round(each.pace.a_month),
            }
            for each in cost.makers
        ],
        "months": [{"month": month.name, "added_bytes": month.added, "bytes": month.total} for month in cost.months],
        "growth": _pace(cost.pace, cost.total),
        "commits": [
            {
                "commit": each.content.commit or None,
                "time": _time(each.content.time),
                "author": each.content.author,
                "subject": each.content.subject,
                "added_bytes": each.size,
                "objects": each.objects,
            }
            for each in cost.additions
        ],
        "same_content": [{"md5": each.key.md5, "bytes": each.size, "paths": list(each.paths)} for each in cost.twins],
        "remakeable": [
            {
                "path": each.found.out.path,
                "stage": each.found.stage.address,
                "bytes": each.size,
                "seconds": round(each.found.took.seconds, 3),
                "runs": each.found.took.runs,
            }
            for each in cost.remakes
        ],
        "prices": [_bill(bill) for bill in cost.bills],
        "cache": {"bytes": cost.cache.total, "objects": len(cost.cache.sizes)} if cost.cache is not None else None,
        "retention": _retention(cost.retention) if cost.retention is not None else None,
        "remote": _remote(cost.remote) if cost.remote is not None else None,
    }
    return json.dumps(data, indent=2)


def _row(row: Row) -> dict[str, Any]:
    return {
        "path": row.output.path,
        "from": row.output.address,
        "versions": row.versions,
        "bytes": row.size,
        "is_upper_bound": row.is_upper_bound,
        "latest_bytes": row.latest,
        "bytes_a_month": round(row.pace.a_month),
        "first": row.first,
        "last": row.last,
        "is_pushed": row.is_pushed,
        "is_rewritten": row.is_rewritten,
        "contents": [
            {"md5": key.md5, "legacy": key.legacy, "bytes": content.size, "commit": content.commit or None}
            for key, content in row.output.contents.items()
        ],
    }


def _pace(pace: Pace, size: int) -> dict[str, Any]:
    return {
        "bytes_a_month": round(pace.a_month),
        "months": round(pace.months, 1),
        "bytes_in_a_year": round(pace.in_a_year(size)),
    }


def _bill(bill: Bill) -> dict[str, Any]:
    provider = bill.provider
    return {
        "provider": provider.name,
        "title": provider.title,
        "region": provider.region or None,
        "date": provider.date or None,
        "source": provider.source,
        "currency": provider.currency,
        "unit_bytes": provider.unit,
        "classes": [
            {
                "class": each.storage_class.name or None,
                "is_instant": each.storage_class.is_instant,
                "minimum_days": each.storage_class.minimum_days,
                "a_month": _money(each.now),
                "a_month_in_a_year": _money(each.in_a_year),
                "next_12_months": _money(each.next_year),
                "one_pull": _money(each.fetch),
                "uploads_a_month": _money(each.upload),
            }
            for each in bill.classes
        ],
    }


def _money(amount: float | None) -> float | None:
    return round(amount, 4) if amount is not None else None


def _retention(retention: Retention) -> dict[str, Any]:
    rule = retention.rule
    return {
        "keep": rule.keep,
        "keep_tags": rule.tags,
        "all_branches": rule.all_branches,
        "since": rule.since.isoformat() if rule.since is not None else None,
        "kept_commits": retention.kept.commits,
        "unreadable_commits": list(retention.kept.unreadable),
        "folders_without_list": _keys(retention.kept.unlisted),
        "of_history": _freed(retention.named),
        "of_cache": _freed(retention.cache),
        "of_remote": _freed(retention.remote),
        "command": retention.command,
        "cloud_command": retention.cloud_command,
    }


def _freed(freed: Freed | None) -> dict[str, int] | None:
    return {"objects": freed.objects, "bytes": freed.size} if freed is not None else None


def _remote(remote: RemoteHolds) -> dict[str, Any]:
    return {
        "name": remote.address.name,
        "url": remote.address.url,
        "bytes": remote.listing.total,
        "objects": len(remote.listing.sizes),
        "run_cache_bytes": remote.listing.run_cache,
        "other_files": remote.listing.foreign,
        "orphans": [
            {"md5": key.md5, "legacy": key.legacy, "bytes": size}
            for key, size in sorted(remote.compared.orphans.items())
        ],
        "missing": _keys(remote.compared.missing),
    }


def _keys(keys: Iterable[Key]) -> list[dict[str, Any]]:
    return [{"md5": key.md5, "legacy": key.legacy} for key in sorted(keys)]


def _time(moment: float) -> str | None:
    try:
        return datetime.fromtimestamp(moment, timezone.utc).isoformat()
    except (ValueError, OverflowError, OSError):
        return None
