"""The linter's settings: what they may be, and what they come to for one project."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pipelinekit.impact.settings import IMPACT_SETTINGS
from pipelinekit.lint.baseline import read_baseline
from pipelinekit.lint.policy import FileIgnore, Policy, StageIgnore
from pipelinekit.lint.selection import (
    Selection,
    all_rules,
    check_selectors,
    matches,
    named_by,
    selection_of,
    suggestion,
)
from pipelinekit.project.configuration import (
    Configuration,
    Problem,
    Setting,
    read_string,
    read_table,
    refuse_value,
    unknown,
)
from pipelinekit.report.report import format_names
from pipelinekit.rules.finding import LEVELS, Level
from pipelinekit.rules.outcome import UnknownName
from pipelinekit.rules.rule import Option, Rule
from pipelinekit.yaml.tree import Document, Place

Path = tuple[Any, ...]


# --- what a setting may be -----------------------------------------------------------------------------------


def _texts(value: Any, path: Path, problems: list[Problem]) -> Any:
    if not isinstance(value, list):
        return refuse_value(value, path, problems, "a list of strings")
    for index, item in enumerate(value):
        if not isinstance(item, str) or not item:
            refuse_value(item, (*path, index), problems, "a list of strings")
    return tuple(item for item in value if isinstance(item, str))


def _reasons(value: Any, path: Path, problems: list[Problem]) -> Any:
    """Rules with the reasons why they are ignored: a table, or a list without reasons."""
    if isinstance(value, dict):
        for key, reason in value.items():
            if not isinstance(reason, str):
                refuse_value(reason, (*path, key), problems, "a string that says why")
        return {key: reason for key, reason in value.items() if isinstance(reason, str)}
    if isinstance(value, list):
        return dict.fromkeys(_texts(value, path, problems) or (), "")
    return refuse_value(value, path, problems, "a list of rules, or a table of rules with reasons")


def _patterns(value: Any, path: Path, problems: list[Problem]) -> Any:
    if not isinstance(value, dict):
        return refuse_value(value, path, problems, "a table of patterns with lists of rules")
    return {key: _reasons(rules, (*path, key), problems) or {} for key, rules in value.items()}


def _word(words: Iterable[str]) -> Any:
    allowed = tuple(words)

    def read(value: Any, path: Path, problems: list[Problem]) -> Any:
        if isinstance(value, str) and value in allowed:
            return value
        if isinstance(value, str):
            problems.append(Problem(path, unknown("value", value, allowed)))
            return None
        return refuse_value(value, path, problems, "one of " + ", ".join(allowed))

    return read


def _tables(value: Any, path: Path, problems: list[Problem]) -> Any:
    if not isinstance(value, dict):
        return refuse_value(value, path, problems, "a table")
    for key, options in value.items():
        if not isinstance(options, dict):
            refuse_value(options, (*path, key), problems, "a table of options")
    return {key: options for key, options in value.items() if isinstance(options, dict)}


_LIST = {"type": "array", "items": {"type": "string"}}
_REASONED = {"anyOf": [_LIST, {"type": "object", "additionalProperties": {"type": "string"}}]}
_BY_PATTERN = {"type": "object", "additionalProperties": _REASONED}

#: Tables of `[tool.pipelinekit]` that belong to other commands, which check them when they read them.
OTHERS: tuple[str, ...] = ("cost", "export", "mlflow", "promote")

SETTINGS: dict[str, Setting] = {
    "select": Setting("The rules to run, in place of all: codes, their beginnings, names, ALL.", _texts, _LIST),
    "extend-select": Setting("Rules to run beside the others, such as advice.", _texts, _LIST, []),
    "ignore": Setting("Rules not to run: a list, or a table with the reason for each.", _reasons, _REASONED, []),
    "level": Setting("Findings below this level are not shown.", _word(LEVELS), {"enum": list(LEVELS)}, "warning"),
    "fail-on": Setting("lint exits 1 from this level upward.", _word(LEVELS), {"enum": list(LEVELS)}, "warning"),
    "per-file-ignores": Setting(
        "Rules that are not asked about some files: by pattern, as in .gitignore.", _patterns, _BY_PATTERN, {}
    ),
    "per-stage-ignores": Setting(
        "Rules that are not asked about some stages: by pattern, 'train*' or 'sub/dvc.yaml:*'.",
        _patterns,
        _BY_PATTERN,
        {},
    ),
    "output-format": Setting(
        "The format of the report.", _word(format_names()), {"enum": list(format_names())}, "text"
    ),
    "baseline": Setting("A file with old findings, which are not shown.", read_string, {"type": "string"}, None),
    **IMPACT_SETTINGS,
    "rules": Setting("Options of rules, by code or name.", _tables, {"type": "object"}, {}),
}


# --- options of rules ----------------------------------------------------------------------------------------


def option_setting(option: Option) -> Setting:
    """What an option may be: what its default is."""
    default = option.default
    wanted, schema = _kind_of_option(default)

    def read(value: Any, path: Path, problems: list[Problem]) -> Any:
        if isinstance(default, tuple):
            return _texts(value, path, problems)
        fits = type(value) is type(default) or (type(default) is float and type(value) is int)
        return type(default)(value) if fits else refuse_value(value, path, problems, wanted)

    return Setting("", read, schema, list(default) if isinstance(default, tuple) else default)


def _kind_of_option(default: Any) -> tuple[str, dict[str, Any]]:
    if isinstance(default, bool):
        return "true or false", {"type": "boolean"}
    if isinstance(default, int):
        return "a whole number", {"type": "integer"}
    if isinstance(default, float):
        return "a number", {"type": "number"}
    return ("a list of strings", _LIST) if isinstance(default, tuple) else ("a string", {"type": "string"})


# --- what they come to ---------------------------------------------------------------------------------------


class Settings(NamedTuple):
    """The linter's settings for one project."""

    configuration: Configuration
    #: as they are in the file, checked; what is not there is missing
    values: Mapping[str, Any]
    rules: tuple[Rule, ...]
    #: values of the options of rules, by code
    options: Mapping[str, dict[str, Any]]

    @property
    def level(self) -> Level:
        level: Level = self.values.get("level") or "warning"
        return level

    @property
    def fail_on(self) -> Level:
        fail_on: Level = self.values.get("fail-on") or "warning"
        return fail_on

    @property
    def baseline_path(self) -> str | None:
        name = self.values.get("baseline")
        return os.path.normpath(os.path.join(self.configuration.folder, name)) if name else None

    def selection(
        self, select: Sequence[str] = (), ignore: Sequence[str] = (), level: Level | None = None
    ) -> Selection:
        """The rules to run: those that the command line selects, or else those that the settings do.

        What the command line ignores comes on top, and its level overrules theirs. Raises UnknownRuleError.
        """
        check_selectors([*select, *ignore], self.rules)
        chosen = select or self.values.get("select")
        more = () if select else self.values.get("extend-select") or ()
        left_out = [*ignore] if select else [*(self.values.get("ignore") or ()), *ignore]
        codes = {
            found.code
            for found in self.rules
            if not any(matches(found, word) for word in left_out)
            and (chosen is None or any(matches(found, word) for word in (*chosen, *more)))
        }
        if not select and any(self.unknown_names()) and not {"PK902", "unknown-rule"} & set(left_out):
            codes.add("PK902")  # a misspelt `select` must not silence the rule that says so
        named = named_by((*(chosen or ()), *more), self.rules) if level is None else frozenset[str]()
        return selection_of(self.rules, codes, level or self.level, named)._replace(options=self.options)

    def policy(self, root: str, *, with_baseline: bool = True) -> Policy:
        """What they keep back in the project at `root`. Raises BaselineError."""
        baseline = None
        if with_baseline and self.baseline_path is not None:
            baseline = read_baseline(self.baseline_path)
        return Policy(
            per_file=tuple(self._per_file()),
            per_stage=tuple(
                StageIgnore(pattern, self._codes(words))
                for pattern, words in (self.values.get("per-stage-ignores") or {}).items()
            ),
            unknown=tuple(self._unknown_in(root)),
            baseline=baseline,
        )

    def _per_file(self) -> Iterator[FileIgnore]:
        for pattern, words in (self.values.get("per-file-ignores") or {}).items():
            from pathspec import GitIgnoreSpec

            spec = GitIgnoreSpec.from_lines([pattern])
            yield FileIgnore(pattern, self.configuration.folder, self._codes(words), spec.match_file)

    def _codes(self, words: Iterable[str]) -> frozenset[str]:
        listed = list(words)
        return frozenset(found.code for found in self.rules if any(matches(found, word) for word in listed))

    def unknown_names(self) -> Iterator[tuple[Path, str]]:
        """The names that no rule has, with their places in the settings."""
        for name in ("select", "extend-select", "ignore", "per-file-ignores", "per-stage-ignores", "rules"):
            for path, word in _words(self.configuration.table.get(name), (name,)):
                if not any(matches(found, word) for found in self.rules):
                    yield path, word

    def _unknown_in(self, root: str) -> Iterator[UnknownName]:
        configuration = self.configuration
        for path, word in self.unknown_names():
            file = os.path.relpath(configuration.path, root).replace(os.sep, "/")
            span = configuration.span(path, at_key=isinstance(path[-1], str))
            place = Place(Document(configuration.text, file), *span)
            yield UnknownName(place, word, str(path[0]), suggestion(word, self.rules))


def _words(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    """The names of rules in a setting: the items of lists, and the keys of tables that hold reasons or options."""
    if isinstance(value, list):
        yield from (((*path, index), word) for index, word in enumerate(value) if isinstance(word, str))
    elif isinstance(value, dict):
        for key, inner in value.items():
            if path[0] in ("per-file-ignores", "per-stage-ignores") and len(path) == 1:
                yield from _words(inner, (*path, key))
            else:
                yield (*path, key), key


def read_settings(configuration: Configuration) -> Settings:
    """Check all of a configuration. Raises ConfigurationError, PluginError."""
    rules = tuple(all_rules())
    problems: list[Problem] = []
    values = read_table(configuration.table, SETTINGS, (), problems, OTHERS)
    options: dict[str, dict[str, Any]] = {}
    for word, table in (values.get("rules") or {}).items():
        rule = next((found for found in rules if word in (found.code, found.name)), None)
        if rule is not None:
            known = {option.name: option_setting(option) for option in rule.options}
            given = read_table(table, known, ("rules", word), problems, kind="option")
            options[rule.code] = {
                option.argument: given[option.name] for option in rule.options if option.name in given
            }
    configuration.refuse(problems)
    return Settings(configuration, values, rules, options)


def settings_schema(rules: Iterable[Rule]) -> dict[str, Any]:
    """JSON Schema of `pipelinekit.toml` and of `[tool.pipelinekit]`, options of rules included."""
    properties = {
        name: {"description": setting.doc, **setting.schema}
        | ({"default": setting.default} if setting.default is not None else {})
        for name, setting in SETTINGS.items()
    }
    options: dict[str, Any] = {}
    for rule in rules:
        if rule.options:
            known = {option.name: option_setting(option) for option in rule.options}
            inner = {name: {**setting.schema, "default": setting.default} for name, setting in known.items()}
            table = {"type": "object", "description": rule.summary, "properties": inner, "additionalProperties": False}
            options |= {rule.code: table, rule.name: table}
    properties["rules"] |= {"properties": options, "additionalProperties": {"type": "object"}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Settings of pipelinekit",
        "type": "object",
        "properties": properties | {name: {"type": "object"} for name in OTHERS},
        "additionalProperties": False,
    }
