from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from tests.cli.projects import CLEAN, FLAWED, make
from tests.command_line import run


def test_clean_project_prints_nothing_and_exits_0(tmp_path: Path) -> None:
    result = run("lint", folder=make(tmp_path / "p"))
    assert (result.status, result.stdout) == (0, "")
    assert result.stderr == "Nothing found in 1 dvc.yaml file.\n"


TEXT_REPORT = """\
error: PK106 missing-dependency at dvc.yaml:5:7
  nowhere.csv does not exist, and no stage makes it
5 |     - nowhere.csv
  |       ^^^^^^^^^^^
  why: dvc repro stops at this stage, after everything before it has run
  fix: Correct the path, add a stage that makes it, or track the file with 'dvc add'.

warning: PK401 cached-metric at dvc.yaml:9:15
  the metrics file metrics.json is kept in the cache, not in git
9 |     metrics: [metrics.json]  # kept
  |               ^^^^^^^^^^^^
  why: its history is not in git, and a clone shows it only after dvc pull
  fix: Write 'cache: false', and let git track it. (--fix)

"""


def test_text_shows_line_marker_reason_and_remedy(tmp_path: Path) -> None:
    result = run("lint", folder=make(tmp_path / "p", FLAWED))
    assert result.stdout == TEXT_REPORT
    assert result.stderr == "Found 1 error, 1 warning; 1 can be fixed with --fix.\n"
    assert result.status == 1


def test_concise_is_one_line_each(tmp_path: Path) -> None:
    result = run("lint", "--output-format", "concise", folder=make(tmp_path / "p", FLAWED))
    assert result.stdout.splitlines() == [
        "dvc.yaml:5:7: PK106 missing-dependency: nowhere.csv does not exist, and no stage makes it",
        "dvc.yaml:9:15: PK401 cached-metric [*]: the metrics file metrics.json is kept in the cache, not in git",
    ]


def test_json_has_every_field_of_the_contract(tmp_path: Path) -> None:
    report = json.loads(run("lint", "--output-format", "json", folder=make(tmp_path / "p", FLAWED)).stdout)
    assert report["version"] == 1
    error, warning = report["findings"]
    assert {key: error[key] for key in ("code", "name", "level", "file", "stage", "path", "url", "related", "fix")} == {
        "code": "PK106",
        "name": "missing-dependency",
        "level": "error",
        "file": "dvc.yaml",
        "stage": "train",
        "path": "stages.train.deps[0]",
        "url": None,
        "related": [],
        "fix": None,
    }
    assert [error[key] for key in ("line", "column", "end_line", "end_column")] == [5, 7, 5, 18]
    fix = warning["fix"]
    start = FLAWED.index("metrics.json")
    assert fix["safe"] is True
    assert fix["edits"] == [
        {"file": "dvc.yaml", "start": start, "end": start + 12, "text": "{metrics.json: {cache: false}}"}
    ]


def test_paths_are_relative_to_the_project_in_json_and_to_here_for_people(tmp_path: Path) -> None:
    make(tmp_path / "p", FLAWED)
    shown = run("lint", "--project", "p", "--output-format", "concise", folder=tmp_path).stdout
    assert shown.startswith("p/dvc.yaml:5:7: ")
    report = json.loads(run("lint", "--project", "p", "--output-format", "json", folder=tmp_path).stdout)
    assert report["findings"][0]["file"] == "dvc.yaml"


def test_select_ignore_and_level(tmp_path: Path) -> None:
    folder = make(tmp_path / "p", FLAWED)

    def codes(*arguments: str) -> list[str]:
        report = json.loads(run("lint", "--output-format", "json", *arguments, folder=folder).stdout)
        return [finding["code"] for finding in report["findings"]]

    assert codes("--select", "PK4") == ["PK401"]
    assert codes("--select", "cached-metric") == ["PK401"]
    assert codes("--ignore", "PK1,cached-metric") == []
    assert codes("--select", "PK1,PK4", "--ignore", "PK401") == ["PK106"]
    assert codes("--level", "error") == ["PK106"]
    assert codes("--select", "PK308") == ["PK308"]  # advice that is asked for by its name
    assert codes("--select", "PK3") == []
    assert "PK308" in codes("--level", "advice")
    assert codes("--select", "PK308", "--level", "error") == []


def test_unknown_selector_is_wrong_usage_with_a_suggestion(tmp_path: Path) -> None:
    result = run("lint", "--select", "cached-metrc", folder=make(tmp_path / "p"))
    assert result.status == 2
    assert result.stderr == "pipelinekit: no rule is called cached-metrc; did you mean cached-metric?\n"


def test_fail_on_moves_the_exit_status(tmp_path: Path) -> None:
    folder = make(tmp_path / "p", FLAWED)
    assert run("lint", "--select", "PK401", folder=folder).status == 1
    assert run("lint", "--select", "PK401", "--fail-on", "error", folder=folder).status == 0
    assert run("lint", "--select", "PK308", folder=folder).status == 0
    assert run("lint", "--select", "PK308", "--fail-on", "advice", folder=folder).status == 1


def test_fix_mends_the_file_in_place_and_shows_the_rest(tmp_path: Path) -> None:
    folder = make(tmp_path / "p", FLAWED)
    path = folder / "dvc.yaml"
    path.chmod(0o640)
    result = run("lint", "--fix", folder=folder)
    assert path.read_text(encoding="utf-8") == FLAWED.replace("[metrics.json]", "[{metrics.json: {cache: false}}]")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert result.stdout == TEXT_REPORT.split("warning:", maxsplit=1)[0]
    assert result.stderr == "Fixed 1 finding. Found 1 error.\n"
    assert result.status == 1
    assert sorted(entry.name for entry in folder.iterdir()) == [".dvc", "dvc.yaml", "train.py"]


def test_diff_changes_nothing(tmp_path: Path) -> None:
    folder = make(tmp_path / "p", FLAWED)
    result = run("lint", "--diff", folder=folder)
    assert (folder / "dvc.yaml").read_text(encoding="utf-8") == FLAWED
    assert (
        "-    metrics: [metrics.json]  # kept\n+    metrics: [{metrics.json: {cache: false}}]  # kept\n"
        in result.stdout
    )
    assert result.status == 1
    assert run("lint", "--diff", folder=make(tmp_path / "q")).status == 0


def test_unsafe_fixes_are_asked_for(tmp_path: Path) -> None:
    text = CLEAN.replace("- model.pkl", "- logs\n    - model.pkl")
    folder = make(tmp_path / "p", text)
    kept = run("lint", "--fix", folder=folder)
    assert kept.stderr == "Found 1 warning; 1 can be fixed with --fix --unsafe-fixes.\n"
    assert (folder / "dvc.yaml").read_text(encoding="utf-8") == text
    assert run("lint", "--fix", "--unsafe-fixes", folder=folder).stderr == (
        "Fixed 1 finding. Nothing found in 1 dvc.yaml file.\n"
    )


def test_line_endings_and_byte_order_mark_survive_a_fix(tmp_path: Path) -> None:
    folder = make(tmp_path / "p")
    data = b"\xef\xbb\xbf" + FLAWED.rstrip().replace("\n", "\r\n").encode()
    (folder / "dvc.yaml").write_bytes(data)
    run("lint", "--fix", folder=folder)
    assert (folder / "dvc.yaml").read_bytes() == data.replace(b"[metrics.json]", b"[{metrics.json: {cache: false}}]")


def test_a_file_shows_what_is_in_it_though_the_whole_graph_is_read(tmp_path: Path) -> None:
    folder = make(tmp_path / "p", FLAWED)
    (folder / "sub").mkdir()
    (folder / "sub" / "dvc.yaml").write_text("stages:\n  b:\n    cmd: cp ../model.pkl x\n    deps: [../model.pkl]\n")
    by_file = run("lint", "--output-format", "concise", "sub/dvc.yaml", folder=folder).stdout
    assert by_file.startswith("sub/dvc.yaml:2:3: PK312")
    assert "PK106" not in by_file
    by_folder = run("lint", "--output-format", "concise", "sub", folder=folder).stdout
    assert by_folder == by_file
    from_inside = run("lint", "--output-format", "concise", "dvc.yaml", folder=folder / "sub").stdout
    assert from_inside == by_file.replace("sub/", "")


def test_a_params_file_shows_the_pipelines_that_use_it(tmp_path: Path) -> None:
    text = CLEAN.replace("    outs:", "    params:\n    - lr\n    outs:")
    folder = make(tmp_path / "p", text, params_yaml="rate: 1\n")
    assert "PK204" in run("lint", "params.yaml", folder=folder).stdout
    assert run("lint", "train.py", "--select", "PK204", folder=folder).status == 1
    (folder / "other.txt").write_text("")
    assert run("lint", "other.txt", folder=folder).status == 0


def test_projects_below_are_linted_from_a_folder_that_is_none(tmp_path: Path) -> None:
    make(tmp_path / "one", FLAWED)
    make(tmp_path / "two")
    result = run("lint", "--output-format", "json", folder=tmp_path)
    assert [finding["file"] for finding in json.loads(result.stdout)["findings"]] == ["one/dvc.yaml"] * 2


def test_without_a_project_it_is_wrong_usage(tmp_path: Path) -> None:
    result = run("lint", folder=tmp_path)
    assert result.status == 2
    assert result.stderr.startswith("pipelinekit: ")
    assert "no DVC project" in result.stderr
    (tmp_path / ".dvc").mkdir()
    result = run("lint", folder=tmp_path)
    assert (result.status, result.stderr) == (2, f"pipelinekit: there is no dvc.yaml in {tmp_path}\n")


def test_path_that_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    result = run("lint", "nothing/dvc.yaml", folder=make(tmp_path / "p"))
    assert (result.status, result.stderr) == (2, "pipelinekit: there is no file or folder nothing/dvc.yaml\n")


def test_output_goes_to_a_file(tmp_path: Path) -> None:
    folder = make(tmp_path / "p", FLAWED)
    result = run("lint", "--output-format", "json", "--output", "report.json", folder=folder)
    assert result.stdout == ""
    assert len(json.loads((folder / "report.json").read_text(encoding="utf-8"))["findings"]) == 2
    assert result.status == 1


def test_colours_only_on_request(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make(tmp_path / "p", FLAWED)
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[1;31merror\x1b[0m" in run("lint", folder=folder).stdout
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in run("lint", folder=folder).stdout


def test_nothing_from_a_file_reaches_the_terminal_unescaped(tmp_path: Path) -> None:
    text = 'stages:\n  "evil\\e[31m\\u202e\\r":\n    cmd: x\n    "a\\nb": 1\n'
    folder = make(tmp_path / "p", text)
    for output_format in ("text", "concise"):
        shown = run("lint", "--output-format", output_format, folder=folder).stdout
        assert not {"\x1b", "\u202e", "\r"} & set(shown)
    assert json.loads(run("lint", "--output-format", "json", folder=folder).stdout)["findings"]


def test_long_lines_are_cut_around_the_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelinekit.cli.lint_command.width", lambda: 80)
    padding = " ".join(f"--option-{number} some-value" for number in range(20))
    text = CLEAN.replace("python train.py", f"python train.py {padding} --lr 0.1 {padding}")
    shown = run("lint", folder=make(tmp_path / "p", text)).stdout.splitlines()
    assert all(len(line) <= 80 for line in shown)
    source = next(index for index, line in enumerate(shown) if line.startswith("3 | "))
    marker = shown[source + 1]
    assert shown[source][marker.index("^") : marker.rindex("^") + 1] == "0.1"
