"""Comments keep back what they name where they reach, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelinekit.graph.graph import Graph
from pipelinekit.lint.fixer import fix_project
from pipelinekit.lint.selection import Selection, select_rules
from pipelinekit.lint.suppression import read_suppressions
from pipelinekit.project.project import Project
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.outcome import DIFFER_BETWEEN_CLONES
from pipelinekit.rules.rule import Rule, load_rules, rule, rules_of
from pipelinekit.yaml.tree import Document, Place
from tests.lint.projects import FLAWED, codes, lint, make


def with_comment(line: str, comment: str) -> str:
    """The flawed pipeline with a comment behind a line."""
    assert f"{line}\n" in FLAWED
    return FLAWED.replace(f"{line}\n", f"{line}  # pipelinekit: {comment}\n", 1)


def above(line: str, comment: str) -> str:
    """The flawed pipeline with a comment above a line, indented as it is."""
    indent = line[: len(line) - len(line.lstrip())]
    return FLAWED.replace(f"{line}\n", f"{indent}# pipelinekit: {comment}\n{line}\n", 1)


def test_without_comments_everything_is_found(tmp_path: Path) -> None:
    assert codes(lint(make(tmp_path))) == ["PK106", "PK101", "PK401"]


@pytest.mark.parametrize(
    "text",
    [
        with_comment("    - nowhere.csv", "ignore[PK106] comes later"),
        with_comment("    - nowhere.csv", "ignore[missing-dependency]"),
        with_comment("    - nowhere.csv", "ignore [pk106] lower case"),
        with_comment("    - nowhere.csv", "Ignore[PK106]").replace("Ignore", "ignore"),
        above("    - nowhere.csv", "ignore[PK106]"),
        above("    deps:", "ignore[PK106]"),
        above("  prepare:", "ignore[PK106]"),
        above("stages:", "ignore[PK106]"),
        "# pipelinekit: ignore[PK106] at the top\nvars: []\n" + FLAWED,
        "# Ours.\n# pipelinekit: ignore[PK106]\n\nvars: []\n" + FLAWED,
        above("stages:", "file-ignore[PK106] generated"),
        above("  prepare:", "ignore[PK106] first\n  # something else"),
        above("  prepare:", "ignore[PK106] first\n\n"),
    ],
)
def test_what_a_comment_reaches_is_kept_back(text: str, tmp_path: Path) -> None:
    linted = lint(make(tmp_path, text))
    assert codes(linted) == ["PK101", "PK401"]
    assert [(kept.finding.code, kept.by) for kept in linted.kept_back] == [("PK106", "comment")]


@pytest.mark.parametrize(
    ("text", "more"),
    [
        (above("  prepare:", "ignore[PK401]"), "PK901"),
        (with_comment("    - model.pkl", "ignore[PK401]"), "PK901"),
        (with_comment("  train:", "ignore[PK401]"), "PK901"),
        (with_comment("    - nowhere.csv", "ignore[PK101]"), "PK901"),
        (with_comment("    - nowhere.csv", "ignore"), "PK903"),
        (with_comment("    - nowhere.csv", "ignore[] all"), "PK903"),
        (with_comment("    - nowhere.csv", "ignore[ALL]"), "PK902"),
        (with_comment("    - nowhere.csv", "ignore[PK1]"), "PK902"),
        (with_comment("    - nowhere.csv", "ignored[PK106]"), "PK901"),
        (with_comment("    - nowhere.csv", "disable[PK106]"), "PK901"),
        (with_comment("    - nowhere.csv", "ignore[PK106"), "PK901"),
        (with_comment("    - nowhere.csv", "ignore[PK106]").replace("pipelinekit:", "pipelinekit"), "PK901"),
        (above("  prepare:", "file-ignore[PK106]"), "PK901"),
        (FLAWED + "# pipelinekit: ignore[PK106] below everything\n", "PK901"),
    ],
)
def test_what_a_comment_does_not_reach_is_found_and_so_is_the_comment(text: str, more: str, tmp_path: Path) -> None:
    linted = lint(make(tmp_path, text))
    assert sorted(codes(linted)) == sorted(["PK106", "PK101", "PK401", more])
    assert linted.kept_back == []


@pytest.mark.parametrize(
    "comment",
    [
        "# pipelinekit: this file is generated",
        "# see pipelinekit: the docs",
        "# pipelinekit ignores this",
        "#pipelinekit",
    ],
)
def test_what_only_mentions_us_is_no_suppression(comment: str, tmp_path: Path) -> None:
    assert codes(lint(make(tmp_path, f"{comment}\n{FLAWED}"))) == ["PK106", "PK101", "PK401"]


def test_several_rules_and_a_comment_in_front(tmp_path: Path) -> None:
    text = FLAWED.replace(
        "train.py\n    deps", "train.py --lr 0.1  # 2024  # pipelinekit: ignore[PK101,PK201] x\n    deps"
    )
    linted = lint(make(tmp_path, text))
    assert codes(linted) == ["PK106", "PK401"]
    assert {kept.reason for kept in linted.kept_back} == {"x"}


def test_a_comment_on_the_head_of_a_block_reaches_into_it(tmp_path: Path) -> None:
    text = FLAWED.replace("cmd: python train.py", "cmd: |  # pipelinekit: ignore[PK101]\n      python train.py")
    assert codes(lint(make(tmp_path, text))) == ["PK106", "PK401"]


@pytest.mark.parametrize(
    "line",
    ['    desc: "# pipelinekit: ignore[PK106]"\n', "    desc: |\n      # pipelinekit: ignore[PK106]\n"],
)
def test_text_is_no_comment(line: str, tmp_path: Path) -> None:
    text = FLAWED.replace("  prepare:\n", f"  prepare:\n{line}")
    assert codes(lint(make(tmp_path, text))) == ["PK106", "PK101", "PK401"]


def test_rules_that_did_not_run_are_not_called_unused(tmp_path: Path) -> None:
    text = with_comment("    - prepare.py", "ignore[PK308, PK401]")
    assert codes(lint(make(tmp_path, text), "PK9")) == []
    found = lint(make(tmp_path, text)).findings
    assert [finding.message for finding in found if finding.code == "PK901"] == [
        "PK401 finds nothing here that could be ignored"
    ]


def test_advice_that_is_not_shown_uses_its_comment_all_the_same(tmp_path: Path) -> None:
    text = FLAWED.replace("- model.pkl", "- model.pkl  # pipelinekit: ignore[PK308]")
    project = make(tmp_path, text)
    assert "PK901" not in codes(lint(project, level="advice"))
    assert "PK308" not in codes(lint(project, level="advice"))


def test_what_misses_files_may_find_something_on_another_machine(tmp_path: Path) -> None:
    text = FLAWED.replace("- nowhere.csv", "- train.py  # pipelinekit: ignore[PK106] data that is not in git")
    assert codes(lint(make(tmp_path, text))) == ["PK101", "PK401"]


def test_nothing_is_called_unused_where_not_everything_could_be_read(tmp_path: Path) -> None:
    broken = with_comment("    - prepare.py", "ignore[PK401]").replace("    cmd: python train.py", "    cmd: 1")
    assert "PK901" not in codes(lint(make(tmp_path, broken)))


def test_unused_comment_is_taken_out_with_its_line(tmp_path: Path) -> None:
    for text in (above("  train:", "ignore[PK201] why"), with_comment("  train:", "ignore[PK201] why")):
        project = make(tmp_path, text)
        assert fix_project(project, select_rules(["PK901", "PK401"]), unsafe=False).applied[0].code == "PK401"
        fixed = fix_project(project, select_rules(["PK901", "PK201"]), unsafe=False)
        assert fixed.texts == {"dvc.yaml": (text, FLAWED)}


def test_only_the_unused_rule_is_taken_out(tmp_path: Path) -> None:
    for words, left in (("PK106, PK101", "PK106"), ("PK101, PK106", "PK106"), ("PK201,PK106 , PK101", "PK106")):
        project = make(tmp_path, with_comment("    - nowhere.csv", f"ignore[{words}] why"))
        fixed = fix_project(project, select_rules(["PK9", "PK1", "PK2"]), unsafe=False)
        assert fixed.texts["dvc.yaml"][1] == with_comment("    - nowhere.csv", f"ignore[{left}] why").replace(
            "    - clean.csv\n    outs:\n    - model", "    - clean.csv\n    - train.py\n    outs:\n    - model"
        )


def test_misspelt_rule_is_corrected_where_it_would_find_something(tmp_path: Path) -> None:
    text = with_comment("    - nowhere.csv", "ignore[missing-dependncy] why")
    fixed = fix_project(make(tmp_path, text), select_rules(["PK902", "PK106"]), unsafe=False)
    assert fixed.texts["dvc.yaml"][1] == text.replace("dependncy", "dependency")
    assert fixed.linted.findings == []


def test_rule_that_may_be_a_plugins_is_left(tmp_path: Path) -> None:
    text = with_comment("    - nowhere.csv", "ignore[ACME100, PK106]")
    linted = lint(make(tmp_path, text))
    unknown = [finding for finding in linted.findings if finding.code == "PK902"]
    assert [finding.fix for finding in unknown] == [None]


def test_other_yaml_files_have_comments_of_their_own(tmp_path: Path) -> None:
    text = FLAWED.replace("- nowhere.csv", "- train.py")
    dvc_file = (
        "outs:\n# pipelinekit: ignore[unknown-key]\n- md5: d3b07384d113edec49eaa6238ad5ff00\n  path: a.csv\n  sice: 1\n"
    )
    with_key = lint(make(tmp_path, text, a_csv_dvc=dvc_file.replace("pipelinekit", "x")), "PK0")
    assert codes(with_key) == ["PK010"]
    assert codes(lint(make(tmp_path, text, a_csv_dvc=dvc_file), "PK0")) == []


# --- scripts -------------------------------------------------------------------------------------------------


def script_rule() -> Rule:
    """A rule that finds each `bad` in the scripts of a project."""

    @rule("PK899", "bad-word", level="warning", since="0.1.0")
    def bad_word(graph: Graph):  # type: ignore[no-untyped-def]
        """Finds bad words."""
        for path in ("train.py", "run.sh", "train.ipynb"):
            try:
                text = graph.index.project.disk.read(path)
            except FileNotFoundError:
                continue
            start = text.find("bad")
            while start >= 0:
                yield Finding(Place(Document(text, path), start, start + 3), "a bad word")
                start = text.find("bad", start + 1)

    holder = type("holder", (), {})
    holder.bad_word = bad_word  # type: ignore[attr-defined]
    return rules_of(holder)[0]


def lint_script(project: Project, monkeypatch: pytest.MonkeyPatch) -> tuple[list[int], list[str]]:
    """The lines of the bad words that are found, and the other findings."""
    from pipelinekit.lint import engine, review

    bad = script_rule()
    monkeypatch.setattr(review, "all_rules", lambda: [*load_rules(), bad])
    linted = engine.lint_project(project, Selection((*select_rules(["PK9"]).rules, bad), "warning", frozenset()))
    lines = [
        finding.place.document.line_of(finding.place.start) for finding in linted.findings if finding.code == "PK899"
    ]
    return lines, [finding.code for finding in linted.findings if finding.code != "PK899"]


SCRIPT = """\
bad = 1  # pipelinekit: ignore[PK899] it is not that bad


# pipelinekit: ignore[bad-word] all of the function
def f():
    bad = 2
    return bad


bad = "# pipelinekit: ignore[PK899]"
"""


def test_comments_in_scripts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = make(tmp_path, run_sh="bad x\n# pipelinekit: ignore[PK899]\nbad y\n")
    (tmp_path / "train.py").write_text(SCRIPT)
    assert lint_script(project, monkeypatch) == ([1, 4, 10], [])  # in line 4 the comment itself is bad


def notebook(*cells: str) -> str:
    """A notebook with cells of code, and text in between."""
    made: list[dict[str, object]] = []
    for cell in cells:
        made.append({"cell_type": "markdown", "metadata": {}, "source": ["# pipelinekit: ignore[PK899] is no code"]})
        lines = cell.splitlines(keepends=True)
        made.append({"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": lines})
    return json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1) + "\n"


CELLS = (
    '%matplotlib inline\nbad = 1  # pipelinekit: ignore[PK899] it is "not" that bad\nbad = 2',
    "# pipelinekit: ignore[bad-word] all of it\ndef f():\n    bad = 3\n    return bad",
    "bad = 4",
)


def test_comments_in_notebooks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = make(tmp_path)
    text = notebook(*CELLS)
    (tmp_path / "train.ipynb").write_text(text)
    lines, others = lint_script(project, monkeypatch)
    found = [text.splitlines()[line - 1].strip() for line in lines]
    assert found == ['"bad = 2"', '"# pipelinekit: ignore[bad-word] all of it\\n",', '"bad = 4"']
    assert others == []


def test_comment_at_the_top_of_a_notebook_is_for_all_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = make(tmp_path)
    (tmp_path / "train.ipynb").write_text(notebook("# pipelinekit: file-ignore[PK899]\n", *CELLS))
    assert lint_script(project, monkeypatch) == ([], [])


@pytest.mark.parametrize(
    ("cell", "left"),
    [
        ("x = 1  # pipelinekit: ignore[PK899]\ny = 2", "x = 1\ny = 2"),
        ("# pipelinekit: ignore[PK899]\ny = 2", "\ny = 2"),
    ],
)
def test_unused_comment_in_a_notebook_is_taken_out(
    cell: str, left: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipelinekit.lint import review

    project = make(tmp_path)
    (tmp_path / "train.ipynb").write_text(notebook(cell))
    bad = script_rule()
    monkeypatch.setattr(review, "all_rules", lambda: [*load_rules(), bad])
    selection = Selection((*select_rules(["PK9"]).rules, bad), "warning", frozenset())
    assert fix_project(project, selection, unsafe=False).texts == {"train.ipynb": (notebook(cell), notebook(left))}


def test_file_comment_in_a_script_and_its_fix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = make(tmp_path)
    (tmp_path / "train.py").write_text('"""Doc."""\n# pipelinekit: file-ignore[PK899]\nbad = 1\n')
    assert lint_script(project, monkeypatch) == ([], [])


def test_unused_comment_in_a_script_is_taken_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipelinekit.lint import review

    project = make(tmp_path)
    (tmp_path / "train.py").write_text("x = 1  # pipelinekit: ignore[PK899]\n")
    bad = script_rule()
    monkeypatch.setattr(review, "all_rules", lambda: [*load_rules(), bad])
    selection = Selection((*select_rules(["PK9"]).rules, bad), "warning", frozenset())
    assert fix_project(project, selection, unsafe=False).texts == {
        "train.py": ("x = 1  # pipelinekit: ignore[PK899]\n", "x = 1\n")
    }


@given(st.text("# pipelinekit:ignore[PK106]file-\n\"'|x ", max_size=60))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_comment(tmp_path: Path, text: str) -> None:
    project = make(tmp_path, f"stages: {{}} # pipelinekit: {text}\n")
    for suppression in read_suppressions(project, {"dvc.yaml": project.disk.read("dvc.yaml")}, load_rules()):
        source = suppression.place.document.text[suppression.place.start : suppression.place.end]
        assert source.startswith("#")
        assert all(named.word in source for named in suppression.rules)
    lint(project)


def test_a_fix_that_changes_code_is_refused(tmp_path: Path) -> None:
    from pipelinekit.lint.fixer import is_as_declared
    from pipelinekit.resolve.index import Index

    before = make(tmp_path)
    (tmp_path / "train.py").write_text("x = 1  # one\n")
    for text, same in (("x = 1\n", True), ("# two\n\nx = 1\n", True), ("x = 2\n", False), ("x = (\n", False)):
        after = before.overlaid({"train.py": text})
        assert is_as_declared(Graph(Index(before)), Graph(Index(after)), [], ["train.py"]) is same


def test_a_rule_about_the_outcome_that_crashes_is_a_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipelinekit.rules.outcome import Suppression

    monkeypatch.delattr(Suppression, "without")
    text = with_comment("  train:", "ignore[PK201]")
    found = lint(make(tmp_path, text)).findings
    assert "PK009" in {finding.code for finding in found}


def test_the_rules_that_differ_between_clones_are_rules() -> None:
    assert {rule.code for rule in load_rules()} >= DIFFER_BETWEEN_CLONES
