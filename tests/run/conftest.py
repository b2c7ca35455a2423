"""The same tests with a store in memory and with a real server, which is slow to start and started once."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelinekit.run.mlflow_store import open_store
from pipelinekit.run.store import Store
from pipelinekit.run.tracking_settings import TrackingSettings
from tests.run.fake_store import FakeStore
from tests.run.mlflow_server import MlflowServer, why_no_server
from tests.run.projects import SmallPipeline

_names = itertools.count(1)


@pytest.fixture
def project(tmp_path: Path) -> SmallPipeline:
    return SmallPipeline(tmp_path / "project")


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the machine says of MLflow must not change what the tests see."""
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_EXPERIMENT_NAME", "MLFLOW_REGISTRY_URI", "MLFLOW_RUN_ID"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MlflowServer]:
    reason = why_no_server()
    if reason is not None:
        pytest.skip(reason)
    server = MlflowServer(tmp_path_factory.mktemp("mlflow"))
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture(params=["fake", pytest.param("server", marks=pytest.mark.slow)])
def store(request: pytest.FixtureRequest) -> Store:
    """A store; of a server all tests have the same, each with an experiment and a model of its own."""
    if request.param == "fake":
        return FakeStore()
    server: MlflowServer = request.getfixturevalue("server")
    return open_store(server.uri)


@pytest.fixture
def settings(store: Store) -> TrackingSettings:
    return TrackingSettings(store.uri, f"experiment {next(_names)} of {id(store)}")
