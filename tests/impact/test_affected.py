"""What re-runs if files change, and since a revision: each kind of cause, and what is none."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from pipelinekit.graph.graph import Graph
from pipelinekit.impact.affected import (
    Impact,
    changed_stages,
    impact_of_files,
    impact_since,
    run_order,
)
from pipelinekit.project.project import Project
from pipelinekit.project.revision import RevisionError
from pipelinekit.resolve.index import Index
from tests.impact.pipelines import commit, git
from tests.small_projects import write

PIPELINE = """\
vars: [vars.yaml]
stages:
  report:
    cmd: sh report.sh
    deps: [model.pkl, clean.csv]
    outs: [report.html]
  prepare:
    cmd: python src/prepare.py ${size}
    deps: [raw.csv, src/prepare.py]
    params: [split, settings.json:]
    outs: [clean.csv]
  train:
    cmd: python src/train.py
    deps: [clean.csv, src/train.py, lib]
    params: [train]
    outs: [model.pkl]
  publish:
    cmd: cp model.pkl published.pkl
    deps: [model.pkl]
    outs: [published.pkl]
    frozen: true
  after:
    cmd: cp published.pkl again.pkl
    deps: [published.pkl]
    outs: [again.pkl]
  clock:
    cmd: date
"""
FILES = {
    "dvc.yaml": PIPELINE.replace("settings.json:]", "{settings.json: }]"),
    "vars.yaml": "size: 1\nother: 2\n",
    "params.yaml": "split: 0.2\ntrain: {lr: 0.1, depth: 3}\nunused: 1\nsecret: 5\n",
    "settings.json": '{"a": 1, "b": 2}\n',
    "raw.csv.dvc": "outs:\n- md5: 0123456789abcdef0123456789abcdef\n  size: 1\n  hash: md5\n  path: raw.csv\n",
    "src/prepare.py": "import helper\n",
    "src/helper.py": "import yaml\nprint(yaml.safe_load(open('params.yaml'))['secret'])\n",
    "src/train.py": "",
    "report.sh": ". common.sh\n",
    "common.sh": "true\n",
    "lib/a.txt": "a\n",
    "lib/deep/b.txt": "b\n",
    "lib/c.tmp": "c\n",
    ".dvcignore": "*.tmp\n",
    ".gitignore": "raw.csv\n",
    "nobody.txt": "",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A repository with a commit."""
    write(tmp_path / "p", FILES)
    git(tmp_path / "p", "init", "-q")
    commit(tmp_path / "p")
    return tmp_path / "p"


def graph_of(folder: Path) -> Graph:
    return Graph(Index(Project(str(folder))))


def shown(impact: Impact) -> list[str]:
    """`train: dep src/train.py, upstream clean.csv from prepare`; in brackets what DVC does not see."""
    lines = []
    for stage, because, is_seen in impact.affected:
        causes = [f"{one.kind} {one.path}" + (f" from {one.via.name}" if one.via else "") for one in because]
        line = f"{stage.name}: {', '.join(causes)}"
        lines.append(line if is_seen else f"({line})")
    return lines


def of(folder: Path, *paths: str) -> list[str]:
    return shown(impact_of_files(graph_of(folder), paths))


def since(folder: Path, revision: str = "HEAD") -> list[str]:
    return shown(impact_since(graph_of(folder), revision))


def change(folder: Path, name: str, old: str, new: str) -> None:
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


TRAIN = ["train: dep {}", "report: upstream model.pkl from train"]
BEHIND = [
    "train: upstream clean.csv from prepare",
    "report: upstream model.pkl from train, upstream clean.csv from prepare",
]


# --- if files change -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["src/train.py", "lib/a.txt", "lib/deep/b.txt", "lib/new.txt", "lib/deep", "lib"])
def test_a_dependency_and_all_that_comes_after_it(path: str, folder: Path) -> None:
    assert of(folder, path) == [line.format(path) for line in TRAIN]


@pytest.mark.parametrize("path", ["nobody.txt", "lib/c.tmp", "dvc.lock", "gone.txt", ".gitignore", "../outside.txt"])
def test_what_nobody_uses(path: str, folder: Path) -> None:
    assert of(folder, path) == []


def test_data_and_the_file_that_tracks_it(folder: Path) -> None:
    assert of(folder, "raw.csv") == ["prepare: dep raw.csv", *BEHIND]
    assert of(folder, "raw.csv.dvc") == ["prepare: dep raw.csv", *BEHIND]


def test_stages_come_in_the_order_of_their_runs(folder: Path) -> None:
    addresses = [found.stage.name for found in impact_of_files(graph_of(folder), ["raw.csv"]).affected]
    assert addresses == ["prepare", "train", "report"]
    assert [node.address for node in run_order(graph_of(folder))][:2] == ["raw.csv.dvc", "dvc.yaml:prepare"]


def test_a_frozen_stage_and_what_comes_after_it_stay(folder: Path) -> None:
    impact = impact_of_files(graph_of(folder), ["src/train.py"])
    assert [found.stage.name for found in impact.frozen] == ["publish"]
    assert "after" not in {found.stage.name for found in impact.affected}


def test_an_output_that_is_edited_is_put_back(folder: Path) -> None:
    impact = impact_of_files(graph_of(folder), ["clean.csv"])
    assert [out.path for out in impact.made] == ["clean.csv"]
    assert shown(impact)[0] == "train: dep clean.csv"


def test_stages_that_always_run_are_no_consequence(folder: Path) -> None:
    impact = impact_of_files(graph_of(folder), ["src/train.py"])
    assert [stage.name for stage in impact.always] == ["clock"]


def test_what_is_imported_or_sourced_and_not_declared(folder: Path) -> None:
    found = impact_of_files(graph_of(folder), ["src/helper.py"]).affected
    assert [one.is_seen for one in found] == [False, False, False]
    assert found[0].because[0][:5] == ("import", "src/helper.py", None, "", ("src/prepare.py", "src/helper.py"))
    assert of(folder, "common.sh") == ["(report: import common.sh)"]
    assert of(folder, "report.sh") == ["(report: import report.sh)"]


def test_what_dvc_sees_and_what_not_together(folder: Path) -> None:
    assert of(folder, "src/helper.py", "src/train.py") == [
        "(prepare: import src/helper.py)",
        "train: dep src/train.py, upstream clean.csv from prepare",
        "report: upstream model.pkl from train, upstream clean.csv from prepare",
    ]


def test_any_value_of_a_params_file_that_has_not_changed(folder: Path) -> None:
    assert of(folder, "params.yaml") == [
        "prepare: param params.yaml:split, import params.yaml:secret",
        "train: param params.yaml:train, upstream clean.csv from prepare",
        BEHIND[1],
    ]
    assert of(folder, "settings.json") == ["prepare: param settings.json", *BEHIND]
    assert of(folder, "vars.yaml") == ["prepare: cmd vars.yaml:size", *BEHIND]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("split: 0.2", "split: 0.3", ["prepare: param params.yaml:split", *BEHIND]),
        ("lr: 0.1", "lr: 0.2", ["train: param params.yaml:train", TRAIN[1]]),
        ("unused: 1", "unused: 2", []),
        ("split: 0.2", "split:   0.20  # the same", []),
        ("depth: 3", "depth: 3.0", []),
        ("secret: 5", "secret: 6", ["(prepare: import params.yaml:secret)", *(f"({line})" for line in BEHIND)]),
    ],
)
def test_only_the_keys_that_changed(old: str, new: str, expected: list[str], folder: Path) -> None:
    change(folder, "params.yaml", old, new)
    assert of(folder, "params.yaml") == expected
    assert since(folder) == expected


def test_all_stages_of_a_dvc_yaml_or_those_that_changed(folder: Path) -> None:
    assert len(of(folder, "dvc.yaml")) == 5  # all but the frozen one
    change(folder, "dvc.yaml", "cmd: sh report.sh", "cmd: bash report.sh")
    assert of(folder, "dvc.yaml") == ["report: cmd dvc.yaml"]


def test_a_folder_is_all_that_lies_in_it(folder: Path) -> None:
    assert of(folder, "src") == [
        "prepare: dep src/prepare.py, import src/helper.py",
        "train: dep src/train.py, upstream clean.csv from prepare",
        "report: upstream model.pkl from train, upstream clean.csv from prepare",
    ]
    assert len(of(folder, ".")) == 5


def test_a_cycle_comes_to_an_end(tmp_path: Path) -> None:
    text = "stages:\n  a: {cmd: x, deps: [b, x], outs: [a]}\n  b: {cmd: x, deps: [a], outs: [b]}\n"
    write(tmp_path, {"dvc.yaml": text})
    assert sorted(found.stage.name for found in impact_of_files(graph_of(tmp_path), ["x"]).affected) == ["a", "b"]


# --- since a revision ----------------------------------------------------------------------------------------


def test_nothing_has_changed(folder: Path) -> None:
    assert since(folder) == []
    (folder / "src" / "train.py").touch()
    (folder / "src" / "train.py").chmod(0o755)
    assert since(folder) == []


def test_files_that_changed_were_added_or_are_gone(folder: Path) -> None:
    (folder / "src" / "train.py").write_text("more\n")
    (folder / "lib" / "new.txt").write_text("new\n")
    (folder / "lib" / "a.txt").unlink()
    (folder / "raw.csv").write_text("git ignores it\n")
    (folder / "lib" / "d.tmp").write_text("DVC ignores it\n")
    impact = impact_since(graph_of(folder), "HEAD")
    assert shown(impact) == ["train: dep lib/a.txt, dep lib/new.txt, dep src/train.py", TRAIN[1]]
    assert [one.note for one in impact.affected[0].because] == ["removed", "added", ""]
    assert impact.changed == ("lib/a.txt", "lib/d.tmp", "lib/new.txt", "src/train.py")


def test_what_was_committed_counts_as_well(folder: Path) -> None:
    (folder / "src" / "train.py").write_text("more\n")
    commit(folder)
    assert since(folder) == []
    assert since(folder, "HEAD~1") == [line.format("src/train.py") for line in TRAIN]


def test_a_dvc_file_with_another_checksum(folder: Path) -> None:
    change(folder, "raw.csv.dvc", "outs:", "desc: data\nouts:")
    assert since(folder) == []
    change(folder, "raw.csv.dvc", "0123", "3210")
    assert since(folder) == ["prepare: dep raw.csv", *BEHIND]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("cmd: sh report.sh", "cmd: sh report.sh more", "cmd dvc.yaml"),
        ("cmd: sh report.sh", "cmd: [sh report.sh]", "cmd dvc.yaml"),
        ("[model.pkl, clean.csv]", "[model.pkl, clean.csv, nobody.txt]", "definition nobody.txt"),
        ("[model.pkl, clean.csv]", "[model.pkl, ./clean.csv]", "definition clean.csv"),
        ("[report.html]", "[report.html, more.html]", "definition more.html"),
        ("[report.html]", "[report.html]\n    params: [split]", "definition params.yaml:split"),
        ("  report:", "  new:", "definition dvc.yaml"),
        ("[report.html]", "[report.html]\n    always_changed: true", "definition dvc.yaml"),
        ("[model.pkl, clean.csv]", "[clean.csv]", ""),
        ("[report.html]", "[{report.html: {cache: false, persist: true}}]", ""),
        ("[report.html]", "[report.html]\n    desc: words\n    meta: {a: 1}", ""),
        ("[report.html]", "[report.html]\n    frozen: true", ""),
        ("cmd: sh report.sh", "cmd: >-\n      sh\n      report.sh", ""),
    ],
)
def test_what_of_a_definition_makes_a_stage_run(old: str, new: str, expected: str, folder: Path) -> None:
    change(folder, "dvc.yaml", old, new)
    name = "new" if "new:" in new else "report"
    assert since(folder) == ([f"{name}: {expected}"] if expected else [])
    assert of(folder, "dvc.yaml") == since(folder)


def test_a_command_through_a_variable(folder: Path) -> None:
    change(folder, "vars.yaml", "size: 1", "size: 2")
    impact = impact_since(graph_of(folder), "HEAD")
    assert shown(impact)[0] == "prepare: cmd vars.yaml:size"
    assert impact.affected[0].because[0].note == "1 → 2"
    change(folder, "vars.yaml", "size: 2", "size: 1")
    change(folder, "vars.yaml", "other: 2", "other: 3")
    assert since(folder) == []


def test_a_file_of_variables_of_one_stage(folder: Path) -> None:
    change(folder, "dvc.yaml", "cmd: sh report.sh", "vars: [own.yaml]\n    cmd: sh report.sh ${own}")
    (folder / "own.yaml").write_text("own: 1\n")
    commit(folder)
    assert of(folder, "own.yaml") == ["report: cmd own.yaml"]
    change(folder, "own.yaml", "1", "2")
    assert of(folder, "own.yaml") == ["report: cmd own.yaml"]
    assert since(folder) == ["report: cmd dvc.yaml"]


def test_a_stage_that_got_another_name(folder: Path) -> None:
    change(folder, "dvc.yaml", "  report:", "  summary:")
    found = impact_since(graph_of(folder), "HEAD").affected
    assert found[0].because[0].note == "renamed from report"


def test_the_stages_that_changed_themselves(folder: Path) -> None:
    change(folder, "dvc.yaml", "cmd: sh report.sh", "cmd: bash report.sh")
    (folder / "raw.csv.dvc").write_text(FILES["raw.csv.dvc"].replace("0123", "3210"))
    assert {stage.name for stage in changed_stages(graph_of(folder), "HEAD")} == {"report", "prepare"}


def test_a_project_below_the_top_of_its_repository(tmp_path: Path) -> None:
    text = "stages:\n  a:\n    cmd: cat ../shared/x\n    deps: [../shared/x]\n    outs: [o]\n"
    write(tmp_path / "sub", {"dvc.yaml": text})
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "x").write_text("1")
    (tmp_path / "README").write_text("1")
    git(tmp_path, "init", "-q")
    commit(tmp_path)
    (tmp_path / "shared" / "x").write_text("2")
    (tmp_path / "README").write_text("2")
    impact = impact_since(graph_of(tmp_path / "sub"), "HEAD")
    assert shown(impact) == ["a: dep ../shared/x"]
    assert impact.changed == ("../shared/x",)


def test_a_filter_of_the_configuration_is_not_run(folder: Path) -> None:
    (folder / ".gitattributes").write_text("*.py filter=mine\n")
    commit(folder)
    for name in ("clean", "process"):
        git(folder, "config", f"filter.mine.{name}", f"touch {folder}/ran; cat")
    git(folder, "config", "filter.mine.required", "true")
    (folder / "src" / "train.py").write_text("more\n")
    assert since(folder) == [line.format("src/train.py") for line in TRAIN]
    assert not (folder / "ran").exists()


def test_a_file_that_git_lfs_keeps(folder: Path) -> None:
    import hashlib

    def pointer(data: str) -> str:
        digest = hashlib.sha256(data.encode()).hexdigest()
        return f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize {len(data)}\n"

    (folder / "src" / "train.py").write_text(pointer("content\n"))
    commit(folder)
    (folder / "src" / "train.py").write_text("content\n")
    assert since(folder) == []
    (folder / "src" / "train.py").write_text("other content\n")
    assert since(folder) != []


def test_git_and_its_index_stay_as_they_are(folder: Path) -> None:
    (folder / "src" / "train.py").touch()
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}
    since(folder)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()} == before


def test_no_such_revision_and_no_git(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(RevisionError):
        impact_since(graph_of(folder), "nothing")
    write(tmp_path / "other", FILES)
    with pytest.raises(RevisionError):
        impact_since(graph_of(tmp_path / "other"), "HEAD")
    assert of(tmp_path / "other", "src/train.py") == [line.format("src/train.py") for line in TRAIN]


def test_nothing_of_the_users_is_run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs: list[str] = []
    start = subprocess.Popen.__init__

    def noted(self: object, args: list[str], **options: object) -> None:
        programs.append(args[0])
        start(self, args, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(subprocess.Popen, "__init__", noted)
    change(folder, "dvc.yaml", "cmd: sh report.sh", "cmd: bash report.sh")
    since(folder)
    of(folder, "dvc.yaml", "src")
    assert set(programs) == {"git"}
