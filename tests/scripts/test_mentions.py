"""Where else than in followed scripts the keys of a params file turn up."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelinekit.graph.graph import Graph
from pipelinekit.resolve.index import Index
from pipelinekit.scripts.mentions import AllMentions, is_followed
from tests.rules.linting import project_of

PIPELINE = "stages:\n  train:\n    cmd: {}\n    params:\n    - lr\n"
SCRIPT = "import yaml\nparams = yaml.safe_load(open('params.yaml'))\nprint(params['lr'])\n"


def graph_of(folder: Path, cmd: str = "python train.py", **files: str) -> Graph:
    named = {name.replace("_dot_", "."): text for name, text in files.items()}
    project = {"dvc.yaml": PIPELINE.format(cmd), "params.yaml": "lr: 1\nold: 2\n", "train.py": SCRIPT, **named}
    return Graph(Index(project_of(folder, project)))


@pytest.mark.parametrize(
    ("name", "text", "may_use"),
    [
        ("app_dot_py", "print('params.yaml', old)\n", True),
        ("app_dot_py", "x = config['old']\n", True),
        ("app_dot_py", "x = config.old\n", True),
        ("app_dot_py", "old = 3\n", False),
        ("app_dot_py", "# config['old']\n", False),
        ("run_dot_sh", "yq .old params.yaml\n", True),
        ("plot_dot_R", 'p <- yaml::read_yaml("params.yaml")\nplot(p$old)\n', True),
        ("notes_dot_md", "params.yaml has 'old'\n", False),
        ("other_dot_yaml", "key: 'older'\n", False),
    ],
)
def test_code_that_no_stage_runs(tmp_path: Path, name: str, text: str, may_use: bool) -> None:
    mentions = graph_of(tmp_path, **{name: text}).derived(AllMentions).of("params.yaml")
    assert mentions.may_use("old") is may_use


def test_lookup_that_is_followed_is_no_mention(tmp_path: Path) -> None:
    assert not graph_of(tmp_path).derived(AllMentions).of("params.yaml").may_use("lr")


@pytest.mark.parametrize(
    ("cmd", "is_opaque"),
    [
        ("python train.py", False),
        ("cd . && python train.py", False),
        ("./train", True),
        ("python train.py && ./report", True),
        ("curl -o x $URL && python train.py", False),
        ("python train.py && yq .lr params.yaml", True),
    ],
)
def test_programs_that_get_the_file(tmp_path: Path, cmd: str, is_opaque: bool) -> None:
    graph = graph_of(tmp_path, cmd)
    assert graph.derived(AllMentions).of("params.yaml").is_opaque is is_opaque


@pytest.mark.parametrize(
    ("cmd", "followed"), [("python train.py", True), ("bash run.sh", False), ("python train.py && make", False)]
)
def test_stage_that_is_seen_through(tmp_path: Path, cmd: str, followed: bool) -> None:
    graph = graph_of(tmp_path, cmd, run_dot_sh="python train.py\n")
    assert is_followed(graph.index.stages[0], graph) is followed
