"""What has changed since a stage last ran: only what is certain counts."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from pipelinekit.project.project import Project
from tests.freshness.projects import lock, md5, messages, project

TRAIN = "stages:\n  train:\n    cmd: python train.py\n    deps:\n    - train.py\n    outs:\n    - model.pkl\n"
RECORDED = {"deps": {"train.py": "then\n"}, "outs": {"model.pkl": "model"}}
CHAIN = TRAIN.replace("- train.py", "- train.py\n    - clean.csv").replace(
    "  train:", "  clean:\n    cmd: python clean.py\n    outs:\n    - clean.csv\n  train:"
)


def stale(folder: Path, files: dict[str, str | bytes], *, git: bool = True) -> list[str]:
    return messages(project(folder, files, git=git), "PK604", "PK009")


def test_a_script(tmp_path: Path) -> None:
    files = {"dvc.yaml": TRAIN, "dvc.lock": lock(train=RECORDED), "train.py": "now\n"}
    assert stale(tmp_path, files) == ["train.py has changed since 'train' last ran"]
    assert messages(Project(str(tmp_path)).overlaid({"train.py": "then\n"}), "PK604") == []


@pytest.mark.parametrize("git", [True, False])
def test_a_script_that_git_does_not_track(git: bool, tmp_path: Path) -> None:
    made = project(tmp_path, {"dvc.yaml": TRAIN, "dvc.lock": lock(train=RECORDED)}, git=git)
    (tmp_path / "train.py").write_text("now\n", encoding="utf-8")
    # others may have another one, or none; without git there is only this
    assert len(messages(made, "PK604")) == (0 if git else 1)


def test_a_script_outside_of_the_project(tmp_path: Path) -> None:
    pipeline = TRAIN.replace("- train.py", "- ../lib.py")
    recorded = lock(train={"deps": {"../lib.py": "then\n"}, "outs": {"model.pkl": ""}})
    inner = tmp_path / "inner"
    project(inner, {"dvc.yaml": pipeline, "dvc.lock": recorded, "train.py": ""}, git=False)
    (tmp_path / "lib.py").write_text("now\n", encoding="utf-8")
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    assert messages(Project(str(inner)), "PK604") == []
    subprocess.run(["git", "add", "-A"], cwd=tmp_path, check=True)
    assert messages(Project(str(inner)), "PK604") == ["../lib.py has changed since 'train' last ran"]


@pytest.mark.parametrize(
    ("attributes", "said"), [("*.py filter=nbstripout\n", 0), ("*.py filter=lfs\n", 1), ("*.ipynb filter=x\n", 1)]
)
def test_what_git_filters_is_another_on_the_disk_where_it_ran(attributes: str, said: int, tmp_path: Path) -> None:
    made = project(tmp_path, {"dvc.yaml": TRAIN, "dvc.lock": lock(train=RECORDED), "train.py": "now\n"})
    (tmp_path / ".gitattributes").write_text(attributes, encoding="utf-8")
    assert len(messages(made, "PK604", "PK009")) == said


def test_what_another_stage_has_made_since(tmp_path: Path) -> None:
    clean = {"outs": {"clean.csv": "new"}}
    train = {"deps": {"train.py": "", "clean.csv": "old"}, "outs": {"model.pkl": ""}}
    files = {"dvc.yaml": CHAIN, "dvc.lock": lock(clean=clean, train=train), "train.py": "", "clean.py": ""}
    assert stale(tmp_path, files) == ["'clean' has made another clean.csv since 'train' last ran"]


def test_what_an_older_dvc_recorded_otherwise_can_not_be_compared(tmp_path: Path) -> None:
    clean = lock(clean={"outs": {"clean.csv": "new"}}).replace("      hash: md5\n", "")
    train = lock(train={"deps": {"train.py": "", "clean.csv": "old"}, "outs": {"model.pkl": ""}})
    recorded = clean + train.partition("stages:\n")[2]
    assert stale(tmp_path, {"dvc.yaml": CHAIN, "dvc.lock": recorded, "train.py": "", "clean.py": ""}) == []


def test_a_stage_that_never_ran_has_made_nothing(tmp_path: Path) -> None:
    train = {"deps": {"train.py": "", "clean.csv": "old"}, "outs": {"model.pkl": ""}}
    assert stale(tmp_path, {"dvc.yaml": CHAIN, "dvc.lock": lock(train=train), "train.py": "", "clean.py": ""}) == []


def test_data_that_a_dvc_file_tracks(tmp_path: Path) -> None:
    pipeline = TRAIN.replace("- train.py", "- train.py\n    - data/raw.csv")
    train = {"deps": {"train.py": "", "data/raw.csv": "old"}, "outs": {"model.pkl": ""}}
    files = {"dvc.yaml": pipeline, "dvc.lock": lock(train=train), "train.py": ""}
    tracked = f"outs:\n- md5: {md5('new')}\n  size: 3\n  hash: md5\n  path: raw.csv\n"
    assert stale(tmp_path, {**files, "data/raw.csv.dvc": tracked}) == [
        "data/raw.csv.dvc tracks another data/raw.csv since 'train' last ran"
    ]
    same = Project(str(tmp_path)).overlaid({"data/raw.csv.dvc": tracked.replace(md5("new"), md5("old"))})
    assert messages(same, "PK604") == []


def test_a_part_of_what_another_stage_makes_is_unknown(tmp_path: Path) -> None:
    pipeline = CHAIN.replace("    - clean.csv\n  train", "    - clean\n  train").replace("- clean.csv", "- clean/a.csv")
    train = {"deps": {"train.py": "", "clean/a.csv": "old"}, "outs": {"model.pkl": ""}}
    clean = {"outs": {"clean": {"md5": f"{md5('x')}.dir", "size": 1, "nfiles": 1}}}
    files = {"dvc.yaml": pipeline, "dvc.lock": lock(clean=clean, train=train), "clean/a.csv": "new", "clean.py": ""}
    assert stale(tmp_path, {**files, "train.py": ""}) == []


def test_values(tmp_path: Path) -> None:
    pipeline = TRAIN + "    params:\n    - lr\n    - depth\n    - name\n    - gone\n    - other.toml:\n"
    params = {
        "params.yaml": {"lr": 0.1, "depth": 1, "name": "a", "gone": 1},
        "other.toml": {"same": 1, "old": 1, "changed": {"a": 1}},
    }
    files = {
        "dvc.yaml": pipeline,
        "dvc.lock": lock(train={**RECORDED, "params": params}),
        "train.py": "then\n",
        "params.yaml": "lr: 0.2\ndepth: true\nname: a\n",
        "other.toml": "same = 1\nchanged = {a = 2}\n",
    }
    assert stale(tmp_path, files) == ["params.yaml:lr is 0.2, and was 0.1 when 'train' last ran"]
    made = Project(str(tmp_path))
    assert messages(made.overlaid({"params.yaml": "lr: 0.1\ndepth: 1\nname: a\n"}), "PK604") == [
        "other.toml:changed has changed since 'train' last ran"
    ]
    assert messages(
        made.overlaid({"params.yaml": "lr: 0.1\n", "other.toml": "same = 1\nchanged = {a = 1}\nnew = 1\n"}), "PK604"
    ) == ["other.toml:new was not there when 'train' last ran"]


def test_values_that_a_stage_makes_are_not_compared(tmp_path: Path) -> None:
    pipeline = (
        TRAIN
        + "    params:\n    - best.yaml:\n      - lr\n  tune:\n    cmd: python tune.py\n    outs:\n    - best.yaml\n"
    )
    train = {**RECORDED, "params": {"best.yaml": {"lr": 1}}}
    files = {
        "dvc.yaml": pipeline,
        "dvc.lock": lock(train=train),
        "train.py": "then\n",
        "tune.py": "",
        "best.yaml": "lr: 2\n",
    }
    assert stale(tmp_path, files) == []


@pytest.mark.parametrize(("cache", "said"), [("false", 1), ("true", 0)])
def test_an_output_that_git_keeps(cache: str, said: int, tmp_path: Path) -> None:
    pipeline = TRAIN.replace("- model.pkl", f"- model.pkl:\n        cache: {cache}")
    files = {"dvc.yaml": pipeline, "dvc.lock": lock(train=RECORDED), "train.py": "then\n", "model.pkl": "other"}
    assert stale(tmp_path, files) == ["model.pkl is not what 'train' wrote when it last ran"] * said


def test_windows_somewhere_makes_a_folder_doubtful(tmp_path: Path) -> None:
    """A folder that has as many bytes more as one of its files may have `\\r\\n`."""
    pipeline = TRAIN.replace("- train.py", "- train.py\n    - src")
    folder = {"md5": f"{md5('?')}.dir", "size": 11, "nfiles": 1}
    files = {"dvc.yaml": pipeline, "src/a.py": "one\ntwo\nx\n", "train.py": "then\n"}

    def said(inner: str, train: str) -> list[str]:
        recorded = lock(train={"deps": {"train.py": train, "src": folder}, "outs": {"model.pkl": ""}})
        return stale(tmp_path / inner, {**files, "dvc.lock": recorded})

    assert said("unix", "then\n") == ["src has changed since 'train' last ran"]
    assert said("windows", "then\r\n") == []


@pytest.mark.parametrize(("flag", "said"), [("frozen", 0), ("always_changed", 1)])
def test_flags(flag: str, said: int, tmp_path: Path) -> None:
    files = {"dvc.yaml": TRAIN + f"    {flag}: true\n", "dvc.lock": lock(train=RECORDED), "train.py": "now\n"}
    assert len(stale(tmp_path, files)) == said


def test_other_causes_are_pointed_to(tmp_path: Path) -> None:
    from pipelinekit.lint.engine import lint_project
    from pipelinekit.lint.selection import select_rules

    pipeline = TRAIN.replace("- train.py", "- train.py\n    - a.py\n    - b.py")
    recorded = lock(train={"deps": {"train.py": "1", "a.py": "1", "b.py": "1"}, "outs": {"model.pkl": ""}})
    made = project(tmp_path, {"dvc.yaml": pipeline, "dvc.lock": recorded, "train.py": "2", "a.py": "2", "b.py": "2"})
    (finding,) = lint_project(made, select_rules(["PK604"])).findings
    assert [(related.place.document.name, related.message.partition(" ")[0]) for related in finding.related] == [
        ("dvc.lock", "what"),
        ("dvc.yaml", "a.py"),
        ("dvc.yaml", "b.py"),
    ]


@pytest.mark.parametrize("text", ["", "stages: [", "stages: 1\n", "schema: '2.0'\nstages:\n  train: 1\n", "\0"])
def test_a_lock_that_is_none_says_nothing(text: str, tmp_path: Path) -> None:
    assert stale(tmp_path, {"dvc.yaml": TRAIN, "dvc.lock": text, "train.py": ""}) == []
