"""Rules of other packages, found through the entry-point group `pipelinekit.rules`.

    [project.entry-points."pipelinekit.rules"]
    team = "team_rules"

An entry point names a module with rules, or a package whose modules have them. Only packages that somebody
installed beside pipelinekit are looked at, never what lies in the current folder.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from types import ModuleType
from typing import NamedTuple

from pipelinekit.rules.rule import Rule, rules_of

GROUP = "pipelinekit.rules"
_LARGEST = 1 << 20


class PluginError(Exception):
    """A plugin can't be used; the message names it and says why."""


class EntryPoint(NamedTuple):
    """A line of the group: `name = module`."""

    name: str
    module: str
    #: the installed package that has it: `team_rules-1.0`
    package: str

    def __str__(self) -> str:
        return f"'{self.name} = {self.module}' of {self.package}"


@cache
def plugin_rules() -> tuple[Rule, ...]:
    """The rules of all installed plugins, in the order of their codes. Raises PluginError."""
    return tuple(rules_of_plugins(entry_points(sys.path)))


def entry_points(folders: Iterable[str]) -> list[EntryPoint]:
    """The entry points of the group in the packages that are installed in some folders.

    Read straight from their `entry_points.txt`: `importlib.metadata` takes twenty times as long, each time,
    to say that there are none.
    """
    here = os.getcwd()
    found: dict[EntryPoint, None] = {}
    for folder in folders:
        if not folder or os.path.abspath(folder) == here:
            continue
        try:
            names = os.listdir(folder)
        except OSError:
            continue
        for name in names:
            if name.endswith((".dist-info", ".egg-info")):
                data = _read(f"{folder}/{name}/entry_points.txt")
                if GROUP.encode() in data:
                    found.update(dict.fromkeys(_parse(data.decode("utf-8", "replace"), name.rpartition(".")[0])))
    return sorted(found)


def _read(path: str) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return b""
    try:
        return os.read(descriptor, _LARGEST)
    except OSError:
        return b""
    finally:
        os.close(descriptor)


def _parse(text: str, package: str) -> Iterable[EntryPoint]:
    inside = False
    for line in text.splitlines():
        content = line.partition("#")[0].strip()
        if content.startswith("["):
            inside = content[1:].rstrip("]").strip() == GROUP
        elif inside and "=" in content:
            name, _, module = content.partition("=")
            yield EntryPoint(name.strip(), module.strip(), package)


def rules_of_plugins(plugins: Iterable[EntryPoint]) -> list[Rule]:
    """Import the plugins and collect their rules. Raises PluginError."""
    owners: dict[str, EntryPoint] = {}
    found: list[Rule] = []
    for plugin in plugins:
        rules = _rules_in(plugin)
        if not rules:
            raise PluginError(f"the plugin {plugin} has no rules")
        for rule in rules:
            _check(rule, plugin)
            for word in (rule.code, rule.name):
                if word in owners:
                    raise PluginError(f"a rule {word} is in the plugin {plugin}, and before that in {owners[word]}")
                owners[word] = plugin
        found += rules
    return sorted(found, key=lambda rule: rule.code)


def _rules_in(plugin: EntryPoint) -> list[Rule]:
    try:
        modules = _modules(plugin.module.partition(":")[0].strip())
    except (Exception, SystemExit) as error:  # whatever the code of others may raise
        text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        raise PluginError(f"the plugin {plugin} can't be loaded: {text}") from error
    # what a module imports from another one is a rule of that other one
    return [rule for module in modules for rule in rules_of(module) if rule.check.__module__ == module.__name__]


def _modules(name: str) -> list[ModuleType]:
    """A module, and those in it if it is a package."""
    from importlib import import_module

    module = import_module(name)
    inner = sorted({found for folder in getattr(module, "__path__", []) for found in _modules_in(folder)})
    return [module, *(import_module(f"{name}.{found}") for found in inner)]


def _modules_in(folder: str) -> Iterator[str]:
    """The names of the modules and packages in a folder, as the disk has them."""
    for name in os.listdir(folder):
        stem, suffix = os.path.splitext(name)
        is_package = not suffix and os.path.isfile(os.path.join(folder, name, "__init__.py"))
        if stem.isidentifier() and stem != "__init__" and (suffix == ".py" or is_package):
            yield stem


def _check(rule: Rule, plugin: EntryPoint) -> None:
    from pipelinekit.rules.rule import load_rules

    if not re.fullmatch("[A-Z]{2,}[0-9]{3,}", rule.code) or rule.code.startswith("PK"):
        wanted = "letters other than PK and three digits, such as TEAM001"
        raise PluginError(f"the plugin {plugin} has a rule with the code {rule.code}: a code is {wanted}")
    if not re.fullmatch("[a-z][a-z0-9]*(?:-[a-z0-9]+)+", rule.name):
        raise PluginError(f"the plugin {plugin} calls {rule.code} '{rule.name}': a name is words-with-dashes")
    if any(rule.name == known.name for known in load_rules()):
        raise PluginError(
            f"the plugin {plugin} calls {rule.code} '{rule.name}', as pipelinekit calls a rule of its own"
        )
