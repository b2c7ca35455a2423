"""pydantic's errors → sentences that name the stage, the field, and what may have been meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError


class ModelError(ValueError):
    """A model that can't be: each line of the message says one thing that is wrong."""


#: Of a wrong value this much is shown, in characters.
_LONGEST = 60
_TYPES = {
    "string_type": "a string",
    "list_type": "a list",
    "dict_type": "a mapping",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "model_type": "a path, or one with flags",
    "int_type": "a whole number",
}


def describe(error: ValidationError, model: type[BaseModel], fields: dict[str, Any]) -> str:
    """All that is wrong with one object, a line each."""
    owner = _owner(model, fields)
    lines: list[str] = []
    wanted: dict[tuple[Any, ...], list[str]] = {}
    values: dict[tuple[Any, ...], Any] = {}
    for item in error.errors(include_url=False):
        place = _place(item["loc"])
        kind = item["type"]
        if kind in _TYPES:
            wanted.setdefault(place, []).append(_TYPES[kind])
            values[place] = item["input"]
        else:
            lines.append(f"{owner}: {_sentence(kind, place, item, model)}")
    for place, types in wanted.items():
        lines.append(
            f"{owner}: '{_dotted(place)}' must be {' or '.join(dict.fromkeys(types))}, but is {_shown(values[place])}"
        )
    return "\n".join(dict.fromkeys(lines))


def _shown(value: Any) -> str:
    """A value as one would write it, an object of the model by its class and its path."""
    if hasattr(value, "__fspath__"):
        return f"{type(value).__name__}({str(value)!r})"
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _allowed(model: type[BaseModel], field: str) -> str:
    """What the description of a field says of its form."""
    description = model.model_fields[field].description or ""
    return description[:1].lower() + description[1:]


def _owner(model: type[BaseModel], fields: dict[str, Any]) -> str:
    kind = model.__name__.lower()
    name = fields.get("name") or fields.get("path") or fields.get("file")
    return f"{kind} '{name}'" if isinstance(name, str) else f"a {kind}"


def _place(location: tuple[Any, ...]) -> tuple[Any, ...]:
    """Where in the fields, without the branches of a union that pydantic tried."""
    return tuple(
        step
        for step in location
        if isinstance(step, int) or (isinstance(step, str) and step.isidentifier() and step not in _BRANCHES)
    )


_BRANCHES = frozenset(
    {"str", "bool", "dict", "list", "int", "float", "Param", "Out", "Metric", "Plot", "TopLevelPlot", "none"}
)


def _dotted(place: tuple[Any, ...]) -> str:
    text = ""
    for step in place:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else str(step)
    return text


def _sentence(kind: str, place: tuple[Any, ...], item: Any, model: type[BaseModel]) -> str:
    from pipelinekit.model.suggest import did_you_mean

    name = _dotted(place)
    if kind == "extra_forbidden":
        return f"unknown field '{name}'. {did_you_mean(str(place[-1]), model.model_fields)}".rstrip()
    if kind == "missing":
        return f"'{name}' is missing"
    if kind == "string_too_short":
        return f"'{name}' is empty"
    if kind == "string_pattern_mismatch":
        return f"'{name}' can't be '{item['input']}': {_allowed(model, str(place[0]))}"
    message = str(item["msg"]).removeprefix("Value error, ")
    return message if not place or kind == "value_error" else f"'{name}': {message}"
