"""What a cluster is asked before anything runs, of a client that answers as one of dask does."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import cloudpickle
import pytest

from pipelinekit import __version__
from pipelinekit.run.cluster import scheduler
from pipelinekit.run.cluster.scheduler import WorkerInfo, connect, workers_of
from pipelinekit.run.outcome import RunError

PYTHON = sys.version_info[:2]


class Client:
    """Stands for that of dask."""

    def __init__(self, answers: dict[str, Any], workers: int = 1) -> None:
        self.answers = answers
        self.workers = workers
        self.asked: Callable[[], Any] | None = None

    def scheduler_info(self, n_workers: int) -> dict[str, Any]:
        info = {"nthreads": 2, "resources": {"GPU": 1.0}}
        return {"workers": {f"tcp://10.0.0.{number}:1": info for number in range(self.workers)}}

    def wait_for_workers(self, count: int, timeout: float) -> None:
        raise TimeoutError

    def run(self, asked: Callable[[], Any], on_error: str) -> dict[str, Any]:
        self.asked = asked
        return self.answers


def check(client: Client) -> list[str]:
    said: list[str] = []
    scheduler._check_workers(client, said.append)  # type: ignore[arg-type]
    return said


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ((None, PYTHON), f"workers have no pipelinekit: install pipelinekit[dask]=={__version__}"),
        (ModuleNotFoundError("pipelinekit"), "workers have no pipelinekit"),
        (("0.0.1", PYTHON), f"workers have pipelinekit 0.0.1, and this is {__version__}: they must be the same"),
        ((__version__, (3, 1)), f"workers have Python 3.1, and this is {PYTHON[0]}.{PYTHON[1]}: they must be the same"),
    ],
)
def test_workers_that_could_not_run_a_stage_are_refused(answer: Any, message: str) -> None:
    with pytest.raises(RunError) as error:
        check(Client({"tcp://10.0.0.1:1": (__version__, PYTHON), "tcp://10.0.0.2:1": answer}))
    assert message in str(error.value)


def test_workers_that_fit_are_fine() -> None:
    client = Client({"tcp://10.0.0.1:1": (__version__, PYTHON)})
    assert check(client) == []
    assert workers_of(client) == [WorkerInfo("tcp://10.0.0.0:1", 2, {"GPU": 1.0})]  # type: ignore[arg-type]


def test_what_they_are_asked_needs_nothing_that_they_may_not_have() -> None:
    client = Client({"tcp://10.0.0.1:1": (__version__, PYTHON)})
    check(client)
    without = "import sys; sys.modules['pipelinekit'] = None; import cloudpickle; "
    load = "print(cloudpickle.loads(sys.stdin.buffer.read())())"
    data = cloudpickle.dumps(client.asked)
    output = subprocess.run([sys.executable, "-c", without + load], input=data, capture_output=True, check=True).stdout
    assert output.decode() == f"{(__version__, PYTHON)}\n"


def test_without_workers_it_waits_and_says_so() -> None:
    client = Client({}, workers=0)
    said: list[str] = []
    with pytest.raises(RunError, match="no workers: 'dask worker tcp://HOST:PORT' starts one"):
        scheduler._check_workers(client, said.append)  # type: ignore[arg-type]
    assert said == ["the scheduler has no workers yet; waiting 60 s for the first"]


@pytest.mark.parametrize("address", ["", "dask://", "dask://host", "dask://host:1/x", "tcp://host:1", "dask://h o:1"])
def test_addresses_that_are_none(address: str) -> None:
    with pytest.raises(RunError, match="the address of a scheduler is dask://HOST:PORT"), connect(address, print):
        pass
