"""Whether what was written is what was meant: it is read back, and compared with the plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from pipelinekit.export.kubernetes import requests_of
from pipelinekit.export.plan import Plan, Step


class ReadStep(NamedTuple):
    """A step as it stands in what was written."""

    address: str
    commands: tuple[str, ...]
    wdir: str
    #: addresses
    needs: frozenset[str]
    environment: Mapping[str, str]
    #: as Kubernetes counts them
    resources: Mapping[str, str]
    retries: int


class ConformanceError(Exception):
    """What was written is not the pipeline: nobody must get it."""


def check_conformance(plan: Plan, read: Sequence[ReadStep]) -> None:
    """Raises ConformanceError if the steps that were read are not those of the plan."""
    difference = next(_differences(plan, read), None)
    if difference is not None:
        raise ConformanceError(f"the exported pipeline differs from the project's: {difference}")


def _differences(plan: Plan, read: Sequence[ReadStep]) -> Iterator[str]:
    found = {step.address: step for step in read}
    if len(found) != len(read):
        yield "a stage stands there twice"
    for step in plan.steps:
        written = found.pop(step.address, None)
        if written is None:
            yield f"{step.address} is missing"
        else:
            yield from _differences_of(step, written)
    for address in found:
        yield f"{address} is no stage that was exported"


def _differences_of(step: Step, written: ReadStep) -> Iterator[str]:
    pairs: list[tuple[str, object, object]] = [
        ("needs", frozenset(step.needs), written.needs),
        ("commands", step.commands, written.commands),
        ("folder", step.wdir, written.wdir),
        ("environment", dict(step.meta.environment), dict(written.environment)),
        ("resources", requests_of(step.meta.resources), dict(written.resources)),
        ("retries", step.meta.retries, written.retries),
    ]
    for what, meant, is_now in pairs:
        if meant != is_now:
            yield f"{what} of {step.address} are {is_now!r}, not {meant!r}"
