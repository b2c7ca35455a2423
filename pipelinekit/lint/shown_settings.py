"""The settings that apply, where each comes from, and the rules that run."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

from pipelinekit.lint.run import Request, prepare, read_project_settings, roots_of
from pipelinekit.lint.settings import SETTINGS, Settings, option_setting
from pipelinekit.project.project import Project


def settings_lines(request: Request) -> Iterator[str]:
    """For each project of a run. Raises what reading settings raises."""
    for number, root in enumerate(roots_of(request)):
        if number:
            yield ""
        yield from _lines(root, request)


def _lines(root: str, request: Request) -> Iterator[str]:
    settings = read_project_settings(root, request.start, isolated=request.isolated)
    yield f"# {_from_here(root)}: " + (
        f"settings of {_from_here(settings.configuration.path)}" if settings else "no settings"
    )
    for name, setting in SETTINGS.items():
        if name == "rules":
            continue
        value = settings.configuration.table.get(name) if settings else None
        if settings is not None and value is not None:
            yield f"{name} = {_toml(value)}  # {settings.configuration.where((name,), at_key=True)}"
        elif setting.default is not None:
            yield f"{name} = {_toml(setting.default)}"
        else:
            yield f"# {name} is not set"
    yield from _options(settings)
    _, selection, _ = prepare(Project(root), request._replace(since=None, without_baseline=True))
    rules = [rule.code for rule in selection.rules if rule.code != "PK009"]
    yield ""
    yield f"# {len(rules)} rules run:"
    for start in range(0, len(rules), 12):
        yield f"# {' '.join(rules[start : start + 12])}"


def _options(settings: Settings | None) -> Iterator[str]:
    if settings is None:
        return
    for rule in settings.rules:
        given = settings.options.get(rule.code, {})
        for option in rule.options:
            value = given.get(option.argument, option_setting(option).default)
            where = next((word for word in (rule.code, rule.name) if word in settings.values.get("rules", {})), None)
            note = (
                f"  # {settings.configuration.where(('rules', where, option.name), at_key=True)}"
                if option.argument in given
                else ""
            )
            yield f"rules.{rule.code}.{option.name} = {_toml(value)}{note}"


def _toml(value: Any) -> str:
    """A value as TOML writes it, on one line."""
    if isinstance(value, dict):
        inner = ", ".join(f"{json.dumps(key, ensure_ascii=False)} = {_toml(item)}" for key, item in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value, ensure_ascii=False)


def _from_here(path: str) -> str:
    return os.path.relpath(path).replace(os.sep, "/")
