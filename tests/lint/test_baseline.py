"""Old findings are silent, new ones fail, mended ones must leave the file, which only gets shorter."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelinekit.lint.baseline import Baseline, BaselineError, Entry, baseline_text, read_baseline
from tests.cli.projects import make as make_project
from tests.command_line import run
from tests.lint.projects import FLAWED, codes, git, lint, make

NAME = "pipelinekit-baseline.txt"


def written(folder: Path) -> str:
    return (folder / NAME).read_text(encoding="utf-8")


def change(folder: Path, old: str, new: str) -> None:
    path = folder / "dvc.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def shown(folder: Path, *arguments: str) -> list[str]:
    result = run("lint", "--output-format", "concise", "--baseline", NAME, *arguments, folder=folder)
    return [line.split(" ")[1] for line in result.stdout.splitlines()]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project whose three findings are in its baseline."""
    make(tmp_path)
    result = run("lint", "--write-baseline", folder=tmp_path)
    assert result.status == 0
    assert result.stdout == ""
    assert result.stderr.startswith(f"Wrote 3 findings to {NAME}. ")
    return tmp_path


def test_file_is_sorted_and_says_what_it_holds(folder: Path) -> None:
    head, *lines = written(folder).splitlines()
    assert head.startswith("# ")
    assert lines == sorted(lines)
    assert [line.split(" ", 3)[::3] for line in lines] == [
        ["dvc.yaml:", "'train' runs train.py, which is not among its deps"],
        ["dvc.yaml:", "nowhere.csv does not exist, and no stage makes it"],
        ["dvc.yaml:", "the metrics file metrics.json is kept in the cache, not in git"],
    ]


def test_old_findings_are_silent(folder: Path) -> None:
    result = run("lint", "--baseline", NAME, folder=folder)
    assert (result.status, result.stdout) == (0, "")
    assert result.stderr == "Nothing new found in 1 dvc.yaml file. 3 old findings in the baseline.\n"


def test_settings_can_name_it(folder: Path) -> None:
    (folder / "pipelinekit.toml").write_text(f'baseline = "{NAME}"\n')
    assert run("lint", folder=folder).status == 0
    assert run("lint", "--isolated", folder=folder).status == 1


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            "stages:\n",
            "# moved\n\nstages:\n  first:\n    cmd: echo x > y\n    outs:\n    - y\n    always_changed: true\n",
        ),
        ("  prepare:", "  preparation_of_data:"),
        ("    - clean.csv\n    outs", "    - prepare.py\n    - clean.csv\n    outs"),
        ("    - nowhere.csv\n    - prepare.py", "    - prepare.py\n    - nowhere.csv"),
        ("    - nowhere.csv", '    - "nowhere.csv"  # quoted'),
        ("cmd: python train.py", "cmd:   python   train.py"),
    ],
)
def test_lines_that_move_and_neighbours_that_change_make_no_finding_new(folder: Path, old: str, new: str) -> None:
    change(folder, old, new)
    renamed = {"PK106"} if "preparation" in new else set()  # the stage itself has another name
    assert set(shown(folder)) == renamed


def test_new_findings_fail(folder: Path) -> None:
    change(folder, "    - clean.csv\n    outs", "    - gone.csv\n    - clean.csv\n    outs")
    assert shown(folder) == ["PK106"]
    assert run("lint", "--baseline", NAME, folder=folder).status == 1


def test_the_same_again_is_new(folder: Path) -> None:
    change(folder, "    - metrics.json", "    - metrics.json\n    - metrics2.json")
    assert shown(folder) == ["PK401"]


def test_mended_ones_must_leave(folder: Path) -> None:
    change(folder, "- metrics.json", "- metrics.json: {cache: false}")
    assert shown(folder) == ["PK904"]
    assert run("lint", "--baseline", NAME, folder=folder).status == 1
    result = run("lint", "--write-baseline", folder=folder)
    assert (result.status, result.stdout) == (0, "")
    assert result.stderr.startswith(f"Took 1 finding out of {NAME}; 2 left.\n")
    assert "PK401" not in written(folder)
    assert shown(folder) == []


def test_a_missing_file_that_is_there_may_be_missing_elsewhere(folder: Path) -> None:
    (folder / "nowhere.csv").write_text("")
    assert shown(folder) == []
    assert run("lint", "--write-baseline", folder=folder).stderr.startswith("Took 1 finding out of")
    assert shown(folder) == []


def test_it_never_gets_longer(folder: Path) -> None:
    before = written(folder)
    change(folder, "    - clean.csv\n    outs", "    - gone.csv\n    - clean.csv\n    outs")
    result = run("lint", "--write-baseline", folder=folder)
    assert result.status == 1
    assert "PK106" in result.stdout
    assert written(folder) == before


def test_what_was_not_looked_at_stays(folder: Path) -> None:
    change(folder, "- metrics.json", "- metrics.json: {cache: false}")
    before = written(folder)
    for arguments in (("--select", "PK1,PK9"), ("prepare.py",)):
        assert shown(folder, *arguments) == []
        run("lint", "--write-baseline", *arguments, folder=folder)
        assert written(folder) == before


def test_a_broken_pipeline_makes_nothing_stale(folder: Path) -> None:
    change(folder, "    cmd: python prepare.py\n", "    cmd: 1\n")
    assert "PK904" not in shown(folder)


def test_fix_leaves_old_findings_alone(folder: Path) -> None:
    before = (folder / "dvc.yaml").read_text()
    run("lint", "--fix", "--baseline", NAME, folder=folder)
    assert (folder / "dvc.yaml").read_text() == before


def test_a_comment_comes_before_the_baseline(folder: Path) -> None:
    change(folder, "    - metrics.json", "    - metrics.json  # pipelinekit: ignore[PK401]")
    assert shown(folder) == ["PK904"]


def test_one_for_several_projects(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    for name in ("one", "two"):
        make(tmp_path / name)
    (tmp_path / "pipelinekit.toml").write_text('baseline = "old.txt"\n')
    assert run("lint", "--write-baseline", folder=tmp_path).stderr.startswith("Wrote 6 findings to old.txt.\n")
    assert run("lint", folder=tmp_path).status == 0
    assert run("lint", folder=tmp_path / "two").status == 0
    change(tmp_path / "one", "- metrics.json", "- metrics.json: {cache: false}")
    assert run("lint", folder=tmp_path / "two").status == 0
    result = run("lint", "--output-format", "concise", folder=tmp_path / "one")
    assert result.stdout.startswith("../old.txt:4:1: PK904 ")
    run("lint", "--write-baseline", folder=tmp_path / "one")
    assert (tmp_path / "old.txt").read_text().count("\n") == 6


def test_repeated_findings_are_counted(tmp_path: Path) -> None:
    text = "stages:\n  a:\n    cmd: cat x\n    deps: [x, x, ./x]\n    outs: [y]\n"
    make(tmp_path, text.replace("./", ""), x="")
    run("lint", "--write-baseline", "--select", "PK108", folder=tmp_path)
    lines = written(tmp_path).splitlines()[1:]
    assert len(lines) == 2
    assert len(set(lines)) == 1
    make(tmp_path, text.replace(", ./x", ""))
    assert shown(tmp_path, "--select", "PK108,PK904") == ["PK904"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nonsense\n", "1:1: this is no line of a baseline: nonsense"),
        ("# x\n\ndvc.yaml: PK101 xyz message\n", "3:1: this is no line of a baseline: dvc.yaml: PK101 xyz message"),
    ],
)
def test_what_is_no_baseline_is_refused(text: str, message: str, tmp_path: Path) -> None:
    folder = make_project(tmp_path / "p")
    (folder / NAME).write_text(text)
    result = run("lint", "--baseline", NAME, folder=folder)
    assert (result.status, result.stderr) == (2, f"pipelinekit: {NAME}:{message}\n")


def test_one_that_is_not_there_is_refused(tmp_path: Path) -> None:
    folder = make_project(tmp_path / "p")
    result = run("lint", "--baseline", "gone.txt", folder=folder)
    assert result.status == 2
    assert "there is no baseline gone.txt" in result.stderr
    (folder / "gone.txt").mkdir()
    assert run("lint", "--baseline", "gone.txt", folder=folder).status == 2
    assert run("lint", "--write-baseline=gone.txt", folder=folder).status == 2


def test_a_file_of_another_name(tmp_path: Path) -> None:
    make(tmp_path)
    result = run("lint", "--write-baseline=sub/old.txt", folder=tmp_path)
    assert result.stderr.startswith("Wrote 3 findings to sub/old.txt. To use it: --baseline sub/old.txt, ")
    assert "../dvc.yaml: PK101 " in (tmp_path / "sub" / "old.txt").read_text()
    assert run("lint", "--baseline", "sub/old.txt", folder=tmp_path).status == 0


ENTRIES = st.builds(
    Entry,
    file=st.text("abc/. ü", min_size=1).filter(lambda name: name == name.strip()),
    code=st.sampled_from(["PK101", "TEAM001"]),
    fingerprint=st.text("0123456789abcdef", min_size=16, max_size=16),
    message=st.text("abc :'ü").map(str.strip),
)


@given(st.lists(ENTRIES))
def test_what_is_written_is_read(entries: list[Entry]) -> None:
    from pipelinekit.lint.baseline import _entries

    text = baseline_text(entries)
    read = list(_entries("b", text))
    assert sorted(entry[:4] for entry in read) == sorted(entry[:4] for entry in entries)
    assert all(text[entry.start : entry.end] == entry.line().rstrip("\n") for entry in read)
    assert baseline_text(reversed(read)) == text
    assert baseline_text(_entries("b", text.replace("\n", "\r\n"))) == text


def test_unreadable_file(tmp_path: Path) -> None:
    (tmp_path / "b").write_bytes(b"\xff")
    with pytest.raises(BaselineError, match="not UTF-8"):
        read_baseline(str(tmp_path / "b"))
    assert Baseline(str(tmp_path / "b")).folder == str(tmp_path)


def test_flawed_has_three(tmp_path: Path) -> None:
    assert codes(lint(make(tmp_path, FLAWED))) == ["PK106", "PK101", "PK401"]
