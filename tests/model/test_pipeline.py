from __future__ import annotations

import pytest

from pipelinekit import Artifact, Metric, Out, Param, Pipeline, Plot, Stage
from pipelinekit.model.errors import ModelError


def test_paths_stand_for_outputs_of_their_section() -> None:
    stage = Stage(name="a", cmd="x", outs=["o"], metrics=["m.json"], plots=["p.csv"], params=["k"])
    assert stage.outs == [Out("o")]
    assert stage.metrics == [Metric("m.json")]
    assert stage.plots == [Plot("p.csv")]
    assert stage.params == [Param("k")]


def test_outputs_of_another_stage_are_dependencies() -> None:
    prepare = Stage(name="prepare", cmd="x", outs=["train.csv", Out("test.csv", cache=False)])
    train = Stage(name="train", cmd="x", deps=["train.py", *prepare.outs])
    assert train.deps == ["train.py", "train.csv", "test.csv"]


def test_outputs_are_seen_from_the_folder_of_the_stage_that_needs_them() -> None:
    prepare = Stage(name="prepare", cmd="x", wdir="data", outs=["train.csv"])
    train = Stage(name="train", cmd="x", wdir="models/a", deps=[*prepare.outs])
    assert train.deps == ["../../data/train.csv"]
    assert Stage(name="here", cmd="x", deps=[*prepare.outs]).deps == ["data/train.csv"]
    assert Artifact(name="data", path=prepare.outs[0]).path == "data/train.csv"


def test_folder_of_a_template_is_not_guessed() -> None:
    prepare = Stage(name="prepare", cmd="x", wdir="${where}", outs=["train.csv"])
    with pytest.raises(ModelError, match=r"write the path of 'train.csv'"):
        Stage(name="train", cmd="x", deps=[*prepare.outs])


WRONG = {
    "a misspelt field": (
        lambda: Stage(name="train", cmd="x", dep=["y"]),
        "stage 'train': unknown field 'dep'. Did you mean 'deps'?",
    ),
    "a misspelt flag": (
        lambda: Out("model.pkl", cahce=False),
        "out 'model.pkl': unknown field 'cahce'. Did you mean 'cache'?",
    ),
    "no command": (lambda: Stage(name="train"), "stage 'train': 'cmd' is missing"),
    "no name": (lambda: Stage(cmd="x"), "a stage: 'name' is missing"),
    "a name with @": (
        lambda: Stage(name="a@b", cmd="x"),
        "stage 'a@b': 'name' can't be 'a@b': letters, digits, `_` and `-`; DVC keeps `@` and `:` for itself.",
    ),
    "an empty name": (lambda: Stage(name="", cmd="x"), "a stage: 'name' is empty"),
    "a number as command": (
        lambda: Stage(name="train", cmd=3),
        "stage 'train': 'cmd' must be a string or a list, but is 3",
    ),
    "text where a list belongs": (
        lambda: Stage(name="train", cmd="x", deps="train.py"),
        "stage 'train': 'deps' must be a list, but is 'train.py'",
    ),
    "a number in a list": (
        lambda: Stage(name="train", cmd="x", deps=["a", 3]),
        "stage 'train': 'deps[1]' must be a string, but is 3",
    ),
    "a metric among the plots": (
        lambda: Stage(name="train", cmd="x", plots=[Metric("m.json")]),
        "stage 'train': 'plots[0]' must be a path, or one with flags, but is Metric('m.json')",
    ),
    "foreach and matrix": (
        lambda: Stage(name="train", cmd="x", foreach=[1], matrix={"a": [1]}),
        "stage 'train': a stage has foreach or matrix, not both: matrix takes several lists",
    ),
    "two stages of one name": (
        lambda: Pipeline(stages=[Stage(name="a", cmd="x"), Stage(name="a", cmd="y")]),
        "a pipeline: two stages are called 'a'",
    ),
    "two artifacts of one name": (
        lambda: Pipeline(artifacts=[Artifact(name="a", path="x"), Artifact(name="a", path="y")]),
        "a pipeline: two artifacts are called 'a'",
    ),
    "a file that DVC does not read": (
        lambda: Pipeline(file="pipeline.yaml"),
        (
            "pipeline 'pipeline.yaml': 'file' can't be 'pipeline.yaml': the file to write, relative to the folder of "
            "`pipeline.py`; DVC reads only files of this name."
        ),
    ),
    "an artifact's name": (
        lambda: Artifact(name="a b", path="x"),
        "artifact 'a b': 'name' can't be 'a b': letters, digits, `-`, `_` and `/`.",
    ),
    "several things at once": (
        lambda: Stage(name="train", cmd="x", dep=[], outs=3),
        "stage 'train': unknown field 'dep'. Did you mean 'deps'?\nstage 'train': 'outs' must be a list, but is 3",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_model_is_explained(name: str) -> None:
    make, message = WRONG[name]
    with pytest.raises(ModelError) as raised:
        make()
    assert str(raised.value) == message


def test_assignment_is_checked_too() -> None:
    stage = Stage(name="a", cmd="x")
    with pytest.raises(ValueError, match="valid string"):
        stage.wdir = 3  # type: ignore[assignment]
