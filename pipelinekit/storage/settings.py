"""The settings of `cost`: `[tool.pipelinekit.cost]`, with price lists of one's own."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from pipelinekit.project.configuration import (
    Problem,
    Setting,
    find_configuration,
    kind_of,
    read_string,
    read_table,
    refuse_value,
    unknown,
)
from pipelinekit.project.git import repository_root
from pipelinekit.storage.prices import GIB, PROVIDERS, Provider, StorageClass, Tier

TABLE = "cost"
#: The table in it with price lists, by name.
PRICES = "prices"
_UNITS = {"GB": 10**9, "GiB": GIB, "TB": 10**12, "TiB": 2**40}


def _price(value: Any, path: tuple[Any, ...], problems: list[Problem]) -> Any:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value) and value >= 0:
        return float(value)
    return refuse_value(value, path, problems, "a number of 0 or more")


def _unit(value: Any, path: tuple[Any, ...], problems: list[Problem]) -> Any:
    if isinstance(value, str) and value in _UNITS:
        return _UNITS[value]
    if isinstance(value, str):
        problems.append(Problem(path, unknown("unit", value, _UNITS)))
        return None
    return refuse_value(value, path, problems, "one of " + ", ".join(_UNITS))


def _date(value: Any, path: tuple[Any, ...], problems: list[Problem]) -> Any:
    """A day: TOML has a kind of its own for it."""
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    return read_string(value, path, problems)


_PRICE = {"type": "number", "minimum": 0}
SETTINGS: dict[str, Setting] = {
    "prices-of": Setting(
        "The price list that counts: s3, gcs, azure or the name of one's own; by default that of the remote.",
        read_string,
        {"type": "string"},
    ),
}
PRICE_SETTINGS: dict[str, Setting] = {
    "storage": Setting("What a unit costs in a month.", _price, _PRICE),
    "writes": Setting("What a thousand uploads cost.", _price, _PRICE),
    "reads": Setting("What a thousand downloads cost.", _price, _PRICE),
    "retrieval": Setting("What it costs to read a unit.", _price, _PRICE),
    "egress": Setting("What it costs to send a unit to the internet.", _price, _PRICE),
    "unit": Setting("The unit: GB, GiB, TB or TiB.", _unit, {"enum": list(_UNITS)}, "GiB"),
    "currency": Setting("What the prices are counted in, such as EUR.", read_string, {"type": "string"}, "USD"),
    "date": Setting("When the prices were looked up.", _date, {"type": "string"}),
    "source": Setting("Where they come from.", read_string, {"type": "string"}),
    "region": Setting("Where the data lies.", read_string, {"type": "string"}),
}


class CostSettings(NamedTuple):
    """The settings of `cost` for one project."""

    prices_of: str | None = None
    #: one's own lists come first
    providers: tuple[Provider, ...] = PROVIDERS


def cost_settings(root: str) -> CostSettings:
    """What the configuration of the project at `root` says. Raises ConfigurationError."""
    configuration = find_configuration(root, repository_root(root) or root)
    problems: list[Problem] = []
    given = _table(configuration.table.get(TABLE, {}), (TABLE,), problems)
    values = read_table(given, SETTINGS, (TABLE,), problems, (PRICES,))
    own: list[Provider] = []
    for name, prices in _table(given.get(PRICES, {}), (TABLE, PRICES), problems).items():
        path = (TABLE, PRICES, name)
        read = read_table(_table(prices, path, problems), PRICE_SETTINGS, path, problems, kind="price")
        if isinstance(prices, dict) and "storage" not in prices:
            problems.append(Problem(path, f"'{name}' has no 'storage': what does a unit cost in a month?", at_key=True))
        own.append(_provider(name, read))
    providers = (*own, *(each for each in PROVIDERS if each.name not in {one.name for one in own}))
    chosen = values.get("prices-of")
    if chosen is not None and chosen not in {each.name for each in providers}:
        known = [each.name for each in providers]
        problems.append(Problem((TABLE, "prices-of"), unknown("price list", chosen, known)))
    configuration.refuse(problems)
    return CostSettings(chosen, providers)


def _provider(name: str, values: dict[str, Any]) -> Provider:
    storage = StorageClass(
        name,
        "",
        (Tier(None, values.get("storage") or 0.0),),
        values.get("writes"),
        values.get("reads"),
        values.get("retrieval") or 0.0,
        values.get("egress"),
    )
    source = values.get("source") or "[tool.pipelinekit.cost]"
    return Provider(
        name,
        name,
        name,
        values.get("region") or "",
        values.get("date") or "",
        source,
        values.get("currency") or "USD",
        values.get("unit") or GIB,
        (storage,),
    )


def _table(value: Any, path: tuple[Any, ...], problems: list[Problem]) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    problems.append(Problem(path, f"'{path[-1]}' is {kind_of(value)}, not a table"))
    return {}
