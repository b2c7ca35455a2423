"""Whence and whither as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from pipelinekit.report.escape import printable
from pipelinekit.run.commit_record import FileRecord
from pipelinekit.run.lineage import Descendant, Origin

#: Hexadecimal digits of a hash that people are shown.
_SHORT = 12


def json_origin(origin: Origin) -> str:
    """Version 1; paths are relative to the project."""
    return _json(
        {
            "version": 1,
            "model": {
                "name": origin.name,
                "version": origin.version,
                "aliases": origin.aliases,
                "path": origin.path or None,
                "md5": origin.md5 or None,
                "run_id": origin.run_id or None,
            },
            "commit": origin.commit or None,
            "branch": origin.branch or None,
            "dirty": origin.dirty,
            "stages": [
                {
                    "address": stage.address,
                    "cmd": stage.cmd,
                    "run_id": stage.run_id or None,
                    "params": stage.params,
                    "deps": [_file(dep) for dep in stage.deps],
                    "outs": [_file(out) for out in stage.outs],
                }
                for stage in origin.stages
            ],
            "sources": [_file(source) for source in origin.sources],
        }
    )


def origin_lines(origin: Origin) -> Iterator[str]:
    """The commit, then what no stage made, then the stages with their parameters."""
    names = f" ({', '.join(origin.aliases)})" if origin.aliases else ""
    yield printable(f"{origin.name} version {origin.version}{names}")
    branch = f" on {origin.branch}" if origin.branch else ""
    dirty = ", with changes that were not committed" if origin.dirty else ""
    yield printable(f"  commit   {origin.commit[:_SHORT] or 'none'}{branch}{dirty}")
    if origin.path:
        yield printable(f"  model    {origin.path}  {origin.md5[:_SHORT]}")
    if origin.run_id:
        yield printable(f"  run      {origin.run_id}")
    if origin.sources:
        yield "made from"
        width = max(len(source.path) for source in origin.sources)
        for source in origin.sources:
            yield printable(f"  {source.path:<{min(width, 50)}}  {source.digest[:_SHORT]}")
    yield "by"
    for stage in origin.stages:
        yield printable(f"  {stage.address}")
        for line in stage.cmd.splitlines():
            yield printable(f"    $ {line}")
        for name, value in stage.params.items():
            yield printable(f"    {name} = {value}")


def json_descendants(data: str, descendants: Sequence[Descendant]) -> str:
    """Version 1."""
    versions = [
        {
            "model": one.name,
            "version": one.version,
            "aliases": one.aliases,
            "commit": one.commit or None,
            "path": one.path,
            "md5": one.md5,
        }
        for one in descendants
    ]
    return _json({"version": 1, "data": data, "versions": versions})


def descendant_lines(descendants: Sequence[Descendant]) -> Iterator[str]:
    """A line for each version, with what of the data it was made from."""
    for one in descendants:
        names = f" ({', '.join(one.aliases)})" if one.aliases else ""
        yield printable(
            f"{one.name} version {one.version}{names}  commit {one.commit[:_SHORT] or 'none'}  "
            f"{one.path} {one.md5[:_SHORT]}"
        )


def _file(record: FileRecord) -> dict[str, Any]:
    return {"path": record.path, "md5": record.digest or None, "size": record.size}


def _json(data: Any) -> str:
    return json.dumps(data, indent=2, ensure_ascii=False)
