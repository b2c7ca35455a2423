"""The concrete stages as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from pipelinekit.report.escape import printable
from pipelinekit.resolve.stage import Out, Stage


def json_stages(stages: Iterable[Stage]) -> str:
    """The stages as JSON, version 1; paths are relative to the project and normalised."""
    return json.dumps({"version": 1, "stages": [_stage(stage) for stage in stages]}, indent=2, ensure_ascii=False)


def _stage(stage: Stage) -> dict[str, Any]:
    return {
        "address": stage.address,
        "file": stage.file,
        "line": stage.name_node.line,
        "cmd": stage.cmd,
        "wdir": stage.wdir,
        "deps": [dep.path for dep in stage.deps],
        "outs": [_out(out) for out in stage.outs],
        "params": stage.params_by_file(),
        "frozen": stage.frozen,
        "always_changed": stage.always_changed,
    }


def _out(out: Out) -> dict[str, Any]:
    return {"path": out.path, "kind": out.kind, "cache": out.cache, "persist": out.persist}


def stage_lines(stages: Iterable[Stage], *, width: int, colour: bool) -> Iterator[str]:
    """For each stage its name and what it runs, needs and makes, a line each."""
    for stage in stages:
        address = printable(stage.address)
        flags = [
            flag for flag, is_set in (("frozen", stage.frozen), ("always changed", stage.always_changed)) if is_set
        ]
        note = f"  ({', '.join(flags)})" if flags else ""
        yield (f"\x1b[1m{address}\x1b[0m" if colour else address) + note
        for command in stage.commands:
            for line in command.splitlines():
                yield from _field("cmd", [line], width)
        if stage.wdir != ".":
            yield from _field("wdir", [stage.wdir], width)
        yield from _field("deps", [dep.path for dep in stage.deps], width)
        yield from _field("params", _params(stage), width)
        for kind, label in (("out", "outs"), ("metric", "metrics"), ("plot", "plots")):
            yield from _field(label, [out.path for out in stage.outs if out.kind == kind], width)


def _params(stage: Stage) -> list[str]:
    shown: list[str] = []
    for file, keys in stage.params_by_file().items():
        shown += [f"{file}:{key}" for key in keys] or [f"{file} (whole)"]
    return shown


def _field(label: str, values: list[str], width: int) -> Iterator[str]:
    """`  deps     a, b`, over as many lines as it takes."""
    if not values:
        return
    line = f"  {label:<8} "
    is_first = True
    for value in values:
        text = printable(value)
        if not is_first and len(line) + len(text) + 2 > width:
            yield line + ","
            line = " " * 11 + text
        else:
            line += text if is_first else f", {text}"
        is_first = False
    yield line
