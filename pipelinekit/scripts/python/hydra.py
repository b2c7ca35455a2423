"""The configuration that hydra composes from its files and the overrides on the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipelinekit.project.paths import folder_of, join
from pipelinekit.scripts.python.options import mark_of
from pipelinekit.scripts.python.values import UNKNOWN, Function, Instance, Loaded, Module, plain

if TYPE_CHECKING:
    from pipelinekit.scripts.python.calls import Given
    from pipelinekit.scripts.python.machine import Machine


def is_hydra(function: Function) -> bool:
    """Whether hydra passes a configuration to a function."""
    return any(mark_of(value) == "hydra" for value in function.decorators)


def call_hydra(function: Function, given: Given) -> Any:
    """`main()` under `@hydra.main(config_path="conf", config_name="config")`: the file becomes the argument."""
    if given.arguments:
        return given.machine.call(function, given.arguments, given.keywords)
    mark = next(value for value in function.decorators if mark_of(value) == "hydra")
    keywords = dict(mark.attributes["keywords"])
    for name, value in zip(("config_path", "config_name"), mark.attributes["arguments"], strict=False):
        keywords.setdefault(name, value)
    config = composed(given, function.module, plain(keywords.get("config_path")), plain(keywords.get("config_name")))
    return given.machine.call(function, [config], {})


def composed(given: Given, module: Module, folder: Any, name: Any) -> Any:
    """The main file with the files that its `defaults` name, each under its group."""
    machine = given.machine
    if not isinstance(name, str) or not (folder is None or isinstance(folder, str)):
        return UNKNOWN
    words = machine.arguments
    if words is None or any(word is None or word.startswith(("-", "+", "~")) for word in words):
        return UNKNOWN
    base = join(folder_of(module.path), folder or ".", machine.root)
    main = _file(machine, f"{base}/{name}", given)
    if type(main) is not Loaded or not isinstance(main.data, dict):
        return UNKNOWN
    defaults = main.data.get("defaults")
    overrides = dict(word.partition("=")[::2] for word in words if word is not None)
    if not isinstance(defaults, list) and not overrides:
        return main
    values: dict[str, Any] = {str(key): main.at(key) for key in main.data if key != "defaults"}
    for entry in defaults if isinstance(defaults, list) else ():
        _add_default(machine, base, entry, overrides, values, given)
    for key in overrides:
        values[key.partition(".")[0]] = UNKNOWN
    return Instance(None, values)


def _add_default(
    machine: Machine, base: str, entry: Any, overrides: dict[str, str], values: dict[str, Any], given: Given
) -> None:
    if entry == "_self_":
        return
    if isinstance(entry, dict) and len(entry) == 1:
        group, option = next(iter(entry.items()))
        group = str(group)
        if group in overrides:
            option = overrides.pop(group)
        if group.startswith("override ") or "@" in group or not isinstance(option, str):
            return
        loaded = _file(machine, f"{base}/{group}/{option}", given)
        # what the main file says under the same name comes on top: which wins is hydra's to know
        values[group] = UNKNOWN if group in values else loaded
    elif isinstance(entry, str):
        loaded = _file(machine, f"{base}/{entry}", given)
        if type(loaded) is Loaded and isinstance(loaded.data, dict):
            for key in loaded.data:
                values.setdefault(str(key), loaded.at(key))


def _file(machine: Machine, path: str, given: Given) -> Any:
    for suffix in ("", ".yaml", ".yml"):
        file = path + suffix
        if file.endswith((".yaml", ".yml")) and machine.loader.project.disk.kind(file) == "file":
            return machine.load_data(machine.absolute(file))
    return UNKNOWN
