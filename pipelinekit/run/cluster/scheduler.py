"""The scheduler of a dask cluster, and whether its workers can run stages."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from pipelinekit import __version__
from pipelinekit.run.outcome import RunError

if TYPE_CHECKING:
    from distributed import Client

_ADDRESS = re.compile(r"dask://(?P<host>\[[0-9A-Fa-f:.]+\]|[\w.-]+):(?P<port>\d{1,5})/?")
#: Seconds to wait for the scheduler, and for the first worker.
_PATIENCE = 10.0
_PATIENCE_FOR_WORKERS = 60.0


class WorkerInfo(NamedTuple):
    """What a worker says of itself."""

    address: str
    threads: int
    resources: dict[str, float]


@contextmanager
def connect(address: str, say: Callable[[str], None]) -> Iterator[Client]:
    """A connection to `dask://HOST:PORT`, when it has a worker. Raises RunError."""
    match = _ADDRESS.fullmatch(address)
    if match is None:
        raise RunError(f"--on {address}: the address of a scheduler is dask://HOST:PORT")
    try:
        import dask
        from distributed import Client
    except ImportError:
        raise RunError(
            "running on a cluster needs dask.distributed: install it with pip install 'pipelinekit[dask]'"
        ) from None
    # what it logs, such as that it connects again, is said by the run in its own words
    for name in [name for name in logging.root.manager.loggerDict if name.partition(".")[0] == "distributed"]:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    protocol = "tls" if dask.config.get("distributed.comm.require-encryption", False) else "tcp"
    try:
        client = Client(
            f"{protocol}://{match['host']}:{match['port']}",
            timeout=_PATIENCE,
            set_as_default=False,
            name="pipelinekit",
        )
    except (OSError, TimeoutError, ValueError) as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise RunError(
            f"there is no dask scheduler at {match['host']}:{match['port']}: {first} ('dask scheduler' starts one, "
            "'dask worker' its workers)"
        ) from None
    try:
        _check_workers(client, say)
        yield client
    finally:
        client.close(timeout=5)


def _check_workers(client: Client, say: Callable[[str], None]) -> None:
    if not workers_of(client):
        say(f"the scheduler has no workers yet; waiting {_PATIENCE_FOR_WORKERS:.0f} s for the first")
        try:
            client.wait_for_workers(1, timeout=_PATIENCE_FOR_WORKERS)
        except TimeoutError:
            raise RunError("the scheduler has no workers: 'dask worker tcp://HOST:PORT' starts one") from None
    answers = client.run(_asker(), on_error="return")
    found = {_version_at(answer) for answer in answers.values()}
    wanted = (__version__, sys.version_info[:2])
    for version, python in found:
        if version is None:
            raise RunError(
                f"workers have no pipelinekit: install pipelinekit[dask]=={__version__} in their environment as well"
            )
        if version != wanted[0]:
            raise RunError(f"workers have pipelinekit {version}, and this is {wanted[0]}: they must be the same")
        if python != wanted[1]:
            here, there = (".".join(map(str, one)) for one in (wanted[1], python))
            raise RunError(f"workers have Python {there}, and this is {here}: they must be the same")


def _asker() -> Callable[[], Any]:
    """A function that dask sends whole: workers without the package could not find one by its name."""

    def ask() -> Any:
        import sys
        from importlib import metadata

        try:
            return metadata.version("pipelinekit"), sys.version_info[:2]
        except metadata.PackageNotFoundError:
            return None, sys.version_info[:2]

    return ask


def _version_at(answer: Any) -> tuple[str | None, tuple[int, int]]:
    if isinstance(answer, (tuple, list)) and len(answer) == 2:
        return answer[0], (answer[1][0], answer[1][1])
    return None, (sys.version_info[0], sys.version_info[1])  # it could not even be asked


def workers_of(client: Client) -> list[WorkerInfo]:
    """The workers that the cluster has at this moment."""
    known = client.scheduler_info(n_workers=-1)["workers"]
    return [
        WorkerInfo(address, int(info["nthreads"]), dict(info.get("resources") or {})) for address, info in known.items()
    ]
