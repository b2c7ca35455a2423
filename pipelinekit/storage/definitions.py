"""Where a version of a `dvc.yaml` says its outputs are kept: whether cached and pushed, and in which folder.

Templates are not filled in: that takes longer than reading all locks, and no flag can be a template.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from pipelinekit.resolve.stage import SECTIONS
from pipelinekit.yaml.reader import parse
from pipelinekit.yaml.tree import Mapping, Node, Scalar, Sequence

#: Without one of these words nothing in a `dvc.yaml` is out of the ordinary.
_WORDS = re.compile(r"\b(?:cache|push|remote|wdir)\b")
_TEMPLATE = re.compile(r"\$\{[^}]*\}")


class OutFlags(NamedTuple):
    """Where an output is kept. `remote` is the one it is pushed to, None for the default one."""

    cache: bool = True
    push: bool = True
    remote: str | None = None


ORDINARY = OutFlags()


class _Definition(NamedTuple):
    #: None where it is a template
    wdir: str | None
    flags: dict[str, OutFlags]
    #: of outputs whose path is a template
    patterns: list[tuple[re.Pattern[str], OutFlags]]


class Definitions:
    """The outputs of the stages in one version of a `dvc.yaml`, as far as they are out of the ordinary."""

    def __init__(self, text: str = "") -> None:
        self._stages: dict[str, _Definition] = {}
        if _WORDS.search(text) is None:
            return
        root = parse(text, "dvc.yaml").root
        stages = root.get("stages") if isinstance(root, Mapping) else None
        for name, (_, node) in stages.entries.items() if isinstance(stages, Mapping) else ():
            body = node.get("do") if isinstance(node, Mapping) and "foreach" in node else node
            if isinstance(name, str) and isinstance(body, Mapping):
                self._stages[name] = _definition(body)

    def flags(self, stage: str, path: str) -> OutFlags | None:
        """The flags of an output, by the name of the concrete stage and the path as the lock spells it.

        None where it may be either of several outputs, whose paths are templates.
        """
        definition = self._stages.get(stage) or self._stages.get(stage.partition("@")[0])
        if definition is None:
            return ORDINARY
        known = definition.flags.get(path)
        if known is not None:
            return known
        fitting = [(pattern, flags) for pattern, flags in definition.patterns if pattern.fullmatch(path)]
        if not fitting:
            return ORDINARY
        # what says more of the path is meant
        most = len(fitting[0][0].pattern)
        closest = {flags for pattern, flags in fitting if len(pattern.pattern) == most}
        return closest.pop() if len(closest) == 1 else None

    def wdir(self, stage: str) -> str | None:
        """The folder that the paths of a stage are relative to; None where it is a template."""
        definition = self._stages.get(stage) or self._stages.get(stage.partition("@")[0])
        return definition.wdir if definition is not None else "."


def _definition(body: Mapping) -> _Definition:
    wdir_node = body.get("wdir")
    wdir = wdir_node.value if isinstance(wdir_node, Scalar) and isinstance(wdir_node.value, str) else "."
    flags: dict[str, OutFlags] = {}
    patterns: list[tuple[re.Pattern[str], OutFlags]] = []
    for section in SECTIONS.values():
        for path, found in _outs(body.get(section)):
            if "${" in path:
                literal = map(re.escape, _TEMPLATE.split(path))
                patterns.append((re.compile(".+".join(literal), re.DOTALL), found))
            else:
                flags[path] = found
    patterns.sort(key=lambda each: -len(each[0].pattern))
    return _Definition(None if "${" in wdir else wdir, flags, patterns)


def _outs(node: Node | None) -> Iterator[tuple[str, OutFlags]]:
    for item in node.items if isinstance(node, Sequence) else ():
        if isinstance(item, Mapping):
            for path, (_, options) in item.entries.items():
                if isinstance(path, str):
                    yield path, flags_of(options) if isinstance(options, Mapping) else ORDINARY
        elif isinstance(item, Scalar) and isinstance(item.value, str):
            yield item.value, ORDINARY


def flags_of(options: Mapping) -> OutFlags:
    """The flags of an output as they stand below it."""
    cache, push, remote = (_value(options.get(key)) for key in ("cache", "push", "remote"))
    return OutFlags(cache is not False, push is not False, remote if isinstance(remote, str) else None)


def _value(node: Node | None) -> object:
    return node.value if isinstance(node, Scalar) else None
