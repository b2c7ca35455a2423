"""Whence a model comes, and whither data goes."""

from __future__ import annotations

import itertools

import pytest

from pipelinekit.project.project import Project
from pipelinekit.run import lineage
from pipelinekit.run.lineage import LEFT_OUT, LineageError, whence, whither
from pipelinekit.run.store import Store
from pipelinekit.run.tracking_settings import TrackingSettings
from tests.freshness.projects import md5
from tests.run.fake_store import FakeStore
from tests.run.projects import SmallPipeline
from tests.run.test_promotion import promote

_numbers = itertools.count(1)
SETTINGS = TrackingSettings("http://fake", "experiment")


@pytest.fixture
def model(project: SmallPipeline) -> str:
    name = f"lineage{next(_numbers)}-{id(project)}"
    project.write("dvc.yaml", (project.folder / "dvc.yaml").read_text().replace("  churn:", f"  {name}:"))
    return name


def test_whence(project: SmallPipeline, store: Store, settings: TrackingSettings, model: str) -> None:
    commit = project.commit()
    promote(project, store, settings)
    for uri in (f"models:/{model}@champion", f"models:/{model}/1", f"{model}@champion"):
        origin = whence(store, uri, None)
        assert (origin.name, origin.version, origin.aliases) == (model, "1", ["champion"])
        assert (origin.commit, origin.branch, origin.dirty) == (commit, "main", False)
        assert (origin.path, origin.md5) == ("model.pkl", md5((project.folder / "model.pkl").read_text()))
        assert [stage.address for stage in origin.stages] == ["dvc.yaml:prepare", "dvc.yaml:train"]
        assert origin.stages[1].params == {"lr": "0.1"}
        assert origin.stages[1].run_id == origin.run_id
        assert {source.path: source.digest for source in origin.sources} == {
            path: md5((project.folder / path).read_text()) for path in ("data/raw.csv", "prepare.py", "train.py")
        }


def test_whither(project: SmallPipeline, store: Store, settings: TrackingSettings, model: str) -> None:
    first = project.commit()
    promote(project, store, settings)
    project.write("train.py", "print('another')\n")
    project.run(lr=0.2, accuracy=0.9)
    second = project.commit()
    promote(project, store, settings)
    raw = md5((project.folder / "data/raw.csv").read_text())

    def found(data: str) -> list[tuple[str, str, list[str]]]:
        return [(one.version, one.commit, one.aliases) for one in whither(store, data) if one.name == model]

    both = [("1", first, []), ("2", second, ["champion"])]
    assert found("data/raw.csv") == found(raw) == found("data/clean.csv") == both
    assert found("train.py") == both
    assert found(md5("print('another')\n")) == [("2", second, ["champion"])]
    assert found("evaluate.py") == found("0" * 32) == []


def test_a_folder_and_what_lies_in_it() -> None:
    store = FakeStore()
    store.create_version("m", "x", "", None, {"dvc.input.data/raw": "a" * 32 + ".dir", "git.commit": "c"})
    for data in ("data/raw", "data/raw/x.csv", "data", "a" * 32, "a" * 32 + ".dir"):
        assert [one.version for one in whither(store, data)] == ["1"], data
    assert whither(store, "data/raw2") == []


def test_without_what_the_server_kept_git_tells(project: SmallPipeline) -> None:
    store = FakeStore()
    project.commit()
    promote(project, store, SETTINGS)
    for run in store.runs.values():
        run["files"].pop("stages.json", None)
    with pytest.raises(LineageError, match="neither the server nor git"):
        whence(store, "models:/churn@champion", None)
    origin = whence(store, "models:/churn@champion", Project(project.root))
    assert [stage.address for stage in origin.stages] == ["dvc.yaml:prepare", "dvc.yaml:train"]
    assert [source.path for source in origin.sources] == ["data/raw.csv", "prepare.py", "train.py"]


def test_more_inputs_than_there_is_room_for(project: SmallPipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lineage, "MAX_INPUT_TAGS", 1)
    store = FakeStore()
    project.commit()
    promote(project, store, SETTINGS)
    (version,) = store.versions()
    assert version.tags[LEFT_OUT] == "3"
    assert [one.version for one in whither(store, "train.py")] == ["1"]


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("models:/churn", "names no version of a model"),
        ("models:/churn/abc", "names no version of a model"),
        ("", "names no version"),
        ("models:/nothing@champion", "no model 'nothing' with alias 'champion'"),
        ("models:/nothing/3", "no model 'nothing' with version 3"),
        ("models:/stranger/1", "was not made by a stage that pipelinekit logged"),
    ],
)
def test_what_can_not_be_found(uri: str, message: str) -> None:
    store = FakeStore()
    store.create_version("stranger", "x", "", None, {})
    with pytest.raises(LineageError, match=message):
        whence(store, uri, None)
