"""Sets a flag of an output in the file, in whatever way its entry is written."""

from __future__ import annotations

from typing import Any

from pipelinekit.resolve.stage import SECTIONS, Out, Stage
from pipelinekit.rules.finding import Change, Fix
from pipelinekit.yaml.edit import CannotEditError, Edit, add_flags, insert_entry, replace_value
from pipelinekit.yaml.tree import Mapping


def set_flag(out: Out, flag: str, value: Any, title: str, *, safe: bool = True) -> Fix | None:
    """A fix that writes `flag: value` under an output; None where it stands in a template of unequal stages."""
    if not isinstance(out.stage, Stage):
        return None
    definition = out.stage.definition
    try:
        edits = _edits(out, flag, value)
    except CannotEditError:
        return None
    if edits is None:
        return None
    change = Change(definition.file, (*definition.path, SECTIONS[out.kind]))
    return Fix(title, {definition.file: tuple(edits)}, (change,), frozenset({"outs"}), safe)


def _edits(out: Out, flag: str, value: Any) -> list[Edit] | None:
    if out.flags_node is not None:
        if flag in out.flags_node:
            return replace_value(out.flags_node, flag, value)
        return insert_entry(out.flags_node, len(out.flags_node.pairs), flag, value)
    assert isinstance(out.stage, Stage)
    section = out.stage.definition.section(SECTIONS[out.kind])
    for index, item in enumerate(section.items if section is not None else []):
        if item is out.node:
            assert section is not None
            return add_flags(section, index, {flag: value})
        if isinstance(item, Mapping) and any(key is out.node for key, _ in item.pairs):
            return None  # the path stands over something that is no mapping of flags
    return None
