"""Breaks parameters and templates."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial

from pipelinekit.project.params import ParamsFile
from pipelinekit.project.project import Project
from pipelinekit.resolve.stage import Definition, Param
from pipelinekit.scripts.programs import all_invocations, all_scripts
from pipelinekit.yaml.edit import apply_edits, rename_key, replace_item, replace_within
from pipelinekit.yaml.tree import Mapping, Node, Scalar, walk
from tests.mutations.mutation import Mutation, Sound, mutation, stands_alone

_TEMPLATE = re.compile(r"\$\{\s*([A-Za-z_][\w.\-]*)\s*\}")
_OPTION = re.compile(r"(?:--?[A-Za-z][\w-]*(?: +|=)|[A-Za-z][\w.]*=)\Z")
#: An option, and a value that no real project has by chance.
_TYPED = " --smoothing 0.2731"


def type_option(sound: Sound) -> Iterator[Mutation]:
    """A number is typed into a command, behind all that is there."""
    for definition in sound.definitions("PK201"):
        node = definition.field("cmd")
        invocations = [sound.graph.derived(all_invocations)[stage] for stage in definition.stages]
        scripts = [sound.graph.derived(all_scripts)[stage] for stage in definition.stages]
        if not isinstance(node, Scalar) or not stands_alone(node) or not isinstance(node.value, str):
            continue
        if any(len(found) != 1 for found in invocations) or any(len(found) != 1 for found in scripts):
            continue
        if not scripts[0][0].path.endswith(".py") or re.search(r"[|&;<>#`\n]", node.text) or "$(" in node.text:
            continue
        edits = partial(replace_within, node, len(node.text), len(node.text), _TYPED)
        yield mutation("PK201", definition, f"type {_TYPED.strip()} into the command", edits, "commands")


def type_value(sound: Sound) -> Iterator[Mutation]:
    """The value of a parameter is typed into a command, in the place of `${}`."""
    project = sound.graph.index.project
    for definition in sound.definitions("PK201 PK213"):
        node = definition.field("cmd")
        if not isinstance(node, Scalar) or not isinstance(node.value, str) or node.anchor is not None:
            continue
        for match in _TEMPLATE.finditer(node.text):
            value = _value_of(match[1], definition, project)
            before = node.text[: match.start()]
            alone = re.match(r"[\s'\"]|\Z", node.text[match.end() :]) is not None
            if type(value) not in (int, float) or not alone or re.search(r"[#'\"]", before):
                continue
            if _OPTION.search(before) is None or _MACHINE.search(before):
                continue
            listed = any(param.key and _touch(param.key, match[1]) for param in definition.stages[0].params)
            edits = partial(replace_within, node, match.start(), match.end(), str(value))
            what = f"type {value} for {match.group()} into the command"
            yield mutation("PK201 PK213", definition, what, edits, "pipeline" if listed else "commands")


_MACHINE = re.compile(r"(?i)(?:jobs?|workers?|threads?|gpus?|cpus?|cores?|verbos\w*|port|device)[ =]+\Z")


def misspell_listed_param(sound: Sound) -> Iterator[Mutation]:
    """A key under `params` is written wrong."""
    for definition in sound.definitions("PK204"):
        section = definition.section("params")
        for index, item in enumerate(section.items if section is not None else []):
            param = _param_at(item, definition, sound)
            if param is None or not isinstance(item, Scalar):
                continue
            assert section is not None
            edits = partial(replace_item, section, index, _misspelt(item.text))
            yield mutation("PK204", definition, f"list the param {_misspelt(item.text)}", edits, "nothing")


def rename_param(sound: Sound) -> Iterator[Mutation]:
    """A key of a params file, listed by one stage and used in no template, gets another name."""
    index = sound.graph.index
    templates = "\n".join(pipeline.document.text for pipeline in index.pipelines)
    for definition in sound.definitions("PK204"):
        for item in _items(definition, "params"):
            param = _param_at(item, definition, sound)
            if param is None or param.key is None:
                continue
            users = {
                stage.definition
                for stage in index.stages
                for other in stage.params
                if other.file == param.file and (other.key is None or _touch(other.key, param.key))
            }
            last = param.key.rpartition(".")[2]
            if users != {definition} or re.search(rf"\$\{{[^}}]*\b{re.escape(last)}\b", templates):
                continue
            make = _renaming(param, index.project)
            if make is not None:
                what = f"rename {param.key} in {param.file}"
                yield Mutation(frozenset({"PK204"}), definition.file, definition.name, what, make, "nothing")


def break_template(sound: Sound) -> Iterator[Mutation]:
    """`${}` names a variable that nothing defines."""
    for definition in sound.definitions("PK210"):
        for node in _scalars(definition):
            for match in _TEMPLATE.finditer(node.text):
                wrong = f"${{{_misspelt(match[1])}}}"
                edits = partial(replace_within, node, match.start(), match.end(), wrong)
                yield mutation("PK210", definition, f"write {wrong} for {match.group()}", edits, "nothing")


def _misspelt(key: str) -> str:
    head, dot, last = key.rpartition(".")
    return f"{head}{dot}{last}{last[-1]}" if len(last) < 6 else f"{head}{dot}{last[:-2]}{last[-1]}{last[-2]}x"


def _items(definition: Definition, name: str) -> list[Node]:
    section = definition.section(name)
    return list(section.items) if section is not None else []


def _param_at(item: Node, definition: Definition, sound: Sound) -> Param | None:
    """The parameter that a plain entry under `params` lists, if it is there and listed once."""
    if not isinstance(item, Scalar) or not stands_alone(item) or "${" in item.text or "*" in item.text:
        return None
    param = next((param for param in definition.stages[0].params if param.node is item), None)
    params = sound.graph.index.project.params(param.file) if param is not None else None
    if param is None or param.key is None or not isinstance(params, ParamsFile) or sound.graph.made_by(param.file):
        return None
    if any(_touch(other.key, param.key) for other in definition.stages[0].params if other.key and other is not param):
        return None
    try:
        params.find(param.key)
        params.find(_misspelt(param.key))
    except KeyError as error:
        return param if error.args[0] != param.key else None
    except ValueError:
        pass
    return None


def _touch(one: str, other: str) -> bool:
    return one == other or one.startswith(other + ".") or other.startswith(one + ".")


def _renaming(param: Param, project: Project) -> Callable[[], dict[str, str]] | None:
    params = project.params(param.file)
    if not isinstance(params, ParamsFile) or param.key is None or not param.file.endswith((".yaml", ".yml")):
        return None
    node: Node | None = params.document.root
    *folders, last = param.key.split(".")
    for name in folders:
        node = node.get(name) if isinstance(node, Mapping) else None
    if not isinstance(node, Mapping) or last not in node:
        return None
    return partial(_rename, param.file, params.text, node, last)


def _rename(path: str, text: str, node: Mapping, key: str) -> dict[str, str]:
    return {path: apply_edits(text, rename_key(node, key, _misspelt(key)))}


def _value_of(name: str, definition: Definition, project: Project) -> object:
    """The number behind a name in `params.yaml`, if nothing else defines it."""
    folder = definition.file.rpartition("/")[0]
    params = project.params(f"{folder}/params.yaml" if folder else "params.yaml")
    if not isinstance(params, ParamsFile) or name.split(".", maxsplit=1)[0] in ("item", "key"):
        return None
    try:
        return params.find(name)
    except (KeyError, ValueError):
        return None


def _scalars(definition: Definition) -> Iterator[Scalar]:
    if definition.body is None:
        return
    for name in ("cmd", "deps", "outs", "wdir"):
        node = definition.body.get(name)
        for inner in walk(node) if node is not None else ():
            if isinstance(inner, Scalar) and isinstance(inner.value, str) and inner.anchor is None:
                yield inner
