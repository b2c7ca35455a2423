from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from pipelinekit.docs.page import docs_page, is_generated
from tests.report.hostile import NAMES, make_hostile
from tests.run.projects import SmallPipeline
from tests.small_projects import graph
from tests.snapshots import check_snapshot

SNAPSHOTS = Path(__file__).parent / "snapshots"


@pytest.fixture
def project(tmp_path: Path) -> SmallPipeline:
    made = SmallPipeline(tmp_path / "p")
    made.write("train.py", "import mlflow\nmlflow.set_experiment('trees')\nmlflow.log_metric('a', 1)\n")
    made.write(
        "pyproject.toml",
        '[tool.pipelinekit]\ndurations = "times.jsonl"\n[tool.pipelinekit.mlflow]\nexperiment = "churn"\n',
    )
    made.write("times.jsonl", '{"address": "dvc.yaml:train", "key": "k", "seconds": 75}\n')
    made.run()
    made.commit()
    return made


def rows(page: str) -> list[str]:
    return [line for line in page.splitlines() if line.startswith("| ")]


def test_a_project_whole(project: SmallPipeline) -> None:
    page = docs_page(project.graph())
    assert is_generated(page)
    check_snapshot(SNAPSHOTS / "project.md", page)


def test_a_clone_gives_the_same_bytes(project: SmallPipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = docs_page(project.graph())
    # nothing of this machine: data, times of runs here, the name of the folder, the environment
    place = project.folder / ".dvc/tmp/pipelinekit/durations.jsonl"
    place.parent.mkdir(parents=True)
    place.write_text('{"address": "dvc.yaml:prepare", "key": "k", "seconds": 9}\n')
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "mine")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://mine:5000")
    clone = tmp_path / "another name"
    subprocess.run(["git", "clone", "-q", str(project.folder), str(clone)], check=True)
    assert not (clone / "model.pkl").exists()
    other = SmallPipeline.__new__(SmallPipeline)
    other.folder, other.root = clone, str(clone)
    assert docs_page(other.graph()) == page == docs_page(project.graph())


def test_an_experiment_called_like_the_folder_is_not_named(project: SmallPipeline) -> None:
    project.write("pyproject.toml", "[tool.pipelinekit.mlflow]\n")
    assert "*called like the project's folder*" in docs_page(project.graph())


def test_without_settings(project: SmallPipeline) -> None:
    project.write("pyproject.toml", "")
    page = docs_page(project.graph())
    assert "No settings say where runs are logged" in page
    assert "| train | trees (its scripts say so) | *its scripts name it* | churn (model.pkl) |" in page
    assert "| prepare | " not in page.partition("## MLflow")[2]


def test_the_address_of_a_server_without_its_password(project: SmallPipeline) -> None:
    project.write("pyproject.toml", '[tool.pipelinekit.mlflow]\ntracking-uri = "https://u:h4sfd7rL2x@m.example.com"\n')
    page = docs_page(project.graph())
    assert "m.example.com" in page
    assert "h4sfd7rL2x" not in page


def test_a_secret_in_a_value_is_not_repeated(tmp_path: Path) -> None:
    token = "ghp_" + "a1B2" * 9
    text = "stages:\n  a:\n    cmd: python a.py --token " + token + "\n    params: [token]\n    outs: [x]\n"
    page = docs_page(graph(tmp_path, {"dvc.yaml": text, "params.yaml": f"token: {token}\n"}))
    assert "token = \\*" in page
    assert token not in page


def test_hostile_names(tmp_path: Path) -> None:
    from pipelinekit.graph.graph import Graph
    from pipelinekit.project.project import Project
    from pipelinekit.resolve.index import Index

    page = docs_page(Graph(Index(Project(str(make_hostile(tmp_path / "h"))))))
    assert len(rows(page)) >= len(NAMES)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e\u2028]", page)
    outside = re.sub(r"```mermaid.*?```", "", page.partition("\n")[2], flags=re.DOTALL)
    assert not re.search(r"(?<!\\)<(?!br>)", outside)
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows(outside)} == {5}
    assert page.count("```") == 2


def test_multi_line_and_long_cells(tmp_path: Path) -> None:
    deps = "".join(f"    - d{index}\n" for index in range(20))
    commands = "    cmd:\n    - echo 1 | cat\n    - echo 2\n    wdir: sub\n"
    text = f"stages:\n  a:\n    desc: |\n      One\n      two\n{commands}    deps:\n{deps}    frozen: true\n"
    page = docs_page(graph(tmp_path, {"dvc.yaml": text, "sub/x": ""}))
    row = rows(page)[1]
    assert row.startswith("| **a**<br>One two<br>frozen | echo 1 \\| cat<br>echo 2<br>in sub | sub/d0<br>")
    assert row.endswith("sub/d10<br>and 9 more |  |")


def test_metrics_in_the_cache_are_not_told(project: SmallPipeline) -> None:
    assert "accuracy = 0.8" in docs_page(project.graph())
    text = (project.folder / "dvc.yaml").read_text()
    project.write("dvc.yaml", text.replace("    - metrics.json:\n        cache: false\n", "    - metrics.json\n"))
    assert "accuracy" not in docs_page(project.graph())


def test_no_stages(tmp_path: Path) -> None:
    page = docs_page(graph(tmp_path, "stages: {}\n"))
    assert page.endswith("# The pipeline\n\n0 stages in 1 dvc.yaml file.\n")


def test_more_stages_than_a_page_shows(tmp_path: Path) -> None:
    stages = "".join(f"  s{index}:\n    cmd: echo {index}\n    outs: [o{index}]\n" for index in range(620))
    page = docs_page(graph(tmp_path, f"stages:\n{stages}"))
    assert "… and 120 more: `pipelinekit stages` shows them." in page
    assert len(rows(page)) == 501


def test_another_folder_says_the_same(project: SmallPipeline, tmp_path: Path) -> None:
    page = docs_page(project.graph())
    shutil.copytree(project.folder, tmp_path / "copy")
    other = SmallPipeline.__new__(SmallPipeline)
    other.folder, other.root = tmp_path / "copy", str(tmp_path / "copy")
    assert docs_page(other.graph()) == page
