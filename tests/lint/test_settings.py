"""What settings choose and keep back, and that everything wrong in them is said at its place."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from pipelinekit.graph.graph import Graph
from pipelinekit.lint import settings as settings_module
from pipelinekit.lint.settings import read_settings, settings_schema
from pipelinekit.project.configuration import Configuration, ConfigurationError, find_configuration
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import Rule, load_rules, rule, rules_of
from pipelinekit.yaml.tree import Document, Place
from tests.command_line import run
from tests.lint.projects import FLAWED, codes, git, lint, make


def configured(folder: Path, toml: str, text: str = FLAWED) -> list[str]:
    return codes(lint(make(folder, text, pipelinekit_toml=toml)))


def test_without_settings_everything_is_found(tmp_path: Path) -> None:
    assert configured(tmp_path, "") == ["PK106", "PK101", "PK401"]


@pytest.mark.parametrize(
    ("toml", "found"),
    [
        ('select = ["PK1"]', ["PK106", "PK101"]),
        ('select = ["missing-dependency", "PK308"]', ["PK106", "PK308"]),
        ("select = []", []),
        ('extend-select = ["unused-output"]', ["PK106", "PK101", "PK308", "PK401"]),
        ('ignore = ["PK1"]', ["PK401"]),
        ('ignore = { PK106 = "it is generated", cached-metric = "small" }', ["PK101"]),
        ('level = "error"', ["PK106"]),
        ('level = "error"\nextend-select = ["PK308"]', ["PK106", "PK308"]),
        ('level = "advice"\nignore = ["PK1", "PK4"]', ["PK308"]),
        ('per-file-ignores = { "*.yaml" = ["PK1"] }', ["PK401"]),
        ('per-file-ignores = { "sub/" = ["PK1"], "dvc.yaml" = { PK4 = "old" } }', ["PK106", "PK101"]),
        ('per-stage-ignores = { "prep*" = ["ALL"] }', ["PK101", "PK401"]),
        ('per-stage-ignores = { "dvc.yaml:train" = ["PK101"], "sub/dvc.yaml:*" = ["ALL"] }', ["PK106", "PK401"]),
    ],
)
def test_what_settings_choose(toml: str, found: list[str], tmp_path: Path) -> None:
    assert configured(tmp_path, toml) == found


def test_pyproject_has_the_same_settings(tmp_path: Path) -> None:
    text = '[project]\nname = "x"\n\n[tool.pipelinekit]\nignore = ["PK1"]\n'
    assert codes(lint(make(tmp_path, pyproject_toml=text))) == ["PK401"]


def test_own_file_comes_first(tmp_path: Path) -> None:
    pyproject = '[tool.pipelinekit]\nignore = ["PK1"]\n'
    assert codes(lint(make(tmp_path, pyproject_toml=pyproject, pipelinekit_toml='ignore = ["PK4"]'))) == [
        "PK106",
        "PK101",
    ]


def test_nearest_file_up_to_the_repository_counts(tmp_path: Path) -> None:
    outside = "[tool.pipelinekit]\nselect = []\n"
    (tmp_path / "pyproject.toml").write_text(outside)
    top = tmp_path / "repository"
    project = make(top / "projects" / "one", pyproject_toml="[tool.black]\n# pipelinekit has no settings here\n")
    git(top, "init", "-q")
    assert codes(lint(project)) == ["PK106", "PK101", "PK401"]
    (top / "pipelinekit.toml").write_text(
        'ignore = ["PK4"]\nper-file-ignores = { "projects/*/dvc.yaml" = ["PK106"] }\n'
    )
    assert codes(lint(project)) == ["PK101"]


def test_without_git_only_the_projects_own_folder_counts(tmp_path: Path) -> None:
    (tmp_path / "pipelinekit.toml").write_text("select = []\n")
    assert codes(lint(make(tmp_path / "p"))) == ["PK106", "PK101", "PK401"]
    run_above = run("lint", "--output-format", "concise", folder=tmp_path)
    assert run_above.stdout == ""


def test_command_line_comes_before_the_settings(tmp_path: Path) -> None:
    project = make(tmp_path, pipelinekit_toml='select = ["PK4"]\nignore = ["PK106"]\nlevel = "error"\n')
    assert codes(lint(project)) == []
    assert codes(lint(project, "PK106")) == ["PK106"]
    assert codes(lint(project, level="warning")) == ["PK401"]
    assert codes(lint(project, ignore=("PK4",), level="warning")) == []
    assert codes(lint(project, isolated=True)) == ["PK106", "PK101", "PK401"]


def problems(toml: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    make(tmp_path, pipelinekit_toml=toml)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigurationError) as refused:
        read_settings(find_configuration(str(tmp_path), str(tmp_path)))
    return refused.value.problems


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ("selct = []", "1:1: unknown setting 'selct'; did you mean 'select'?"),
        ("fail_on = 'error'", "1:1: unknown setting 'fail_on'; did you mean 'fail-on'?"),
        ("level = 'warn'", "1:9: unknown value 'warn'; did you mean 'warning'?"),
        ("level = 1", "1:9: 'level' is the number 1, not one of error, warning, advice"),
        ("select = 'PK1'", "1:10: 'select' is the string 'PK1', not a list of strings"),
        ("select = ['PK1', 2]", "1:18: 'select' is the number 2, not a list of strings"),
        ("select = ['']", "1:11: 'select' is the string '', not a list of strings"),
        ("ignore = true", "1:10: 'ignore' is true, not a list of rules, or a table of rules with reasons"),
        ("[ignore]\nPK101 = 1", "2:9: 'PK101' is the number 1, not a string that says why"),
        ("per-file-ignores = []", "1:20: 'per-file-ignores' is a list, not a table of patterns with lists of rules"),
        (
            "[per-stage-ignores]\n'a*' = 1",
            "2:8: 'a*' is the number 1, not a list of rules, or a table of rules with reasons",
        ),
        (
            "output-format = 'html'",
            "1:17: unknown value 'html'; there are concise, github, gitlab, json, junit, markdown, sarif, text",
        ),
        ("baseline = 2020-01-01", "1:12: 'baseline' is a date, not a string"),
        ("rules = []", "1:9: 'rules' is a list, not a table"),
        ("rules.PK101 = 1", "1:15: 'PK101' is the number 1, not a table of options"),
        ("[rules.PK101]\ndepth = 1", "2:1: unknown option 'depth'; there is none here"),
    ],
)
def test_what_is_wrong_is_said_at_its_place(
    toml: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = problems(toml, tmp_path, monkeypatch)
    assert found == [f"pipelinekit.toml:{message}"]


def test_what_is_no_toml_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert problems("select = []\nlevel = [1", tmp_path, monkeypatch)[0].startswith("pipelinekit.toml:")
    assert "it is no TOML" in problems("select", tmp_path, monkeypatch)[0]


def test_everything_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    text = "[tool.pipelinekit]\nselct = []\nlevel = 1\n\n[tool.pipelinekit.rules.PK101]\nx = 1\n"
    result = run("lint", folder=Path(make(tmp_path, pyproject_toml=text).root))
    assert result.status == 2
    assert result.stderr == (
        "pipelinekit: pyproject.toml:2:1: unknown setting 'selct'; did you mean 'select'?\n"
        "pyproject.toml:3:9: 'level' is the number 1, not one of error, warning, advice\n"
        "pyproject.toml:6:1: unknown option 'x'; there is none here\n"
    )


@pytest.mark.parametrize(
    ("toml", "place", "near"),
    [
        ('select = ["PK1", "PK5O5"]', (1, 18, 25), "PK505"),
        ('[ignore]\nPK5O5 = "why"', (2, 1, 6), "PK505"),
        ("[per-file-ignores]\n'*' = ['cached-metrics']", (2, 8, 24), "cached-metric"),
        ("[rules.cached-metrics]", (1, 8, 22), "cached-metric"),
    ],
)
def test_unknown_rules_are_findings(toml: str, place: tuple[int, int, int], near: str, tmp_path: Path) -> None:
    found = [finding for finding in lint(make(tmp_path, pipelinekit_toml=toml)).findings if finding.code == "PK902"]
    assert len(found) == 1
    document, start, end = found[0].place
    line, column = document.position(start)
    assert (document.name, line, column, document.position(end)[1]) == ("pipelinekit.toml", *place)
    assert found[0].help == f"Did you mean {near}?"


def test_a_misspelt_select_does_not_silence_who_says_so(tmp_path: Path) -> None:
    assert configured(tmp_path, 'select = ["PK5O5"]') == ["PK902"]
    assert configured(tmp_path, 'select = ["PK5O5"]\nignore = ["PK902"]') == []


def test_settings_outside_of_the_project_are_named_from_it(tmp_path: Path) -> None:
    project = make(tmp_path / "sub")
    git(tmp_path, "init", "-q")
    (tmp_path / "pipelinekit.toml").write_text('extend-select = ["PK5O5"]\n')
    result = run("lint", "--output-format", "concise", folder=tmp_path / "sub")
    assert "../pipelinekit.toml:1:18: PK902 unknown-rule: no rule is called PK5O5\n" in result.stdout
    assert Path(project.root).name == "sub"


# --- options of rules ----------------------------------------------------------------------------------------


@pytest.fixture
def optional(monkeypatch: pytest.MonkeyPatch) -> Rule:
    """A rule with an option of each type, which says what they are."""

    @rule("PK890", "says-its-options", level="warning", since="0.1.0")
    def says_its_options(
        graph: Graph,
        *,
        at_most: int = 3,
        ratio: float = 0.5,
        strict: bool = False,
        word: str = "x",
        names: tuple = ("a",),
    ):  # type: ignore[no-untyped-def]
        """Says its options."""
        yield Finding(Place(Document("", "dvc.yaml"), 0, 0), repr((at_most, ratio, strict, word, names)))

    made = rules_of(type("holder", (), {"check": says_its_options}))[0]
    monkeypatch.setattr(settings_module, "all_rules", lambda: [*load_rules(), made])
    return made


def test_options_are_arguments_that_can_only_be_named(optional: Rule) -> None:
    assert [(option.name, option.default) for option in optional.options] == [
        ("at-most", 3),
        ("ratio", 0.5),
        ("strict", False),
        ("word", "x"),
        ("names", ("a",)),
    ]
    assert not optional.takes_graph
    assert optional.visits == "Graph"


OPTIONS = '[rules.says-its-options]\nat-most = 5\nratio = 1\nstrict = true\nword = "y"\nnames = ["b", "c"]\n'


def test_settings_set_them(optional: Rule, tmp_path: Path) -> None:
    project = make(tmp_path, pipelinekit_toml="select = ['PK890']\n" + OPTIONS)
    assert [finding.message for finding in lint(project).findings] == ["(5, 1.0, True, 'y', ('b', 'c'))"]
    project = make(tmp_path, pipelinekit_toml="select = ['PK890']\n[rules.PK890]\nat-most = 4\n")
    assert [finding.message for finding in lint(project).findings] == ["(4, 0.5, False, 'x', ('a',))"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("at-most = 1.5", "2:11: 'at-most' is the number 1.5, not a whole number"),
        ("at-most = true", "2:11: 'at-most' is true, not a whole number"),
        ("ratio = 'x'", "2:9: 'ratio' is the string 'x', not a number"),
        ("strict = 1", "2:10: 'strict' is the number 1, not true or false"),
        ("word = []", "2:8: 'word' is a list, not a string"),
        ("names = 'a'", "2:9: 'names' is the string 'a', not a list of strings"),
        ("at_most = 1", "2:1: unknown option 'at_most'; did you mean 'at-most'?"),
    ],
)
def test_wrong_options_are_refused(
    optional: Rule, line: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert problems(f"[rules.PK890]\n{line}\n", tmp_path, monkeypatch) == [f"pipelinekit.toml:{message}"]


# --- the schema ----------------------------------------------------------------------------------------------


def test_schema_allows_what_is_right_and_refuses_what_is_wrong(optional: Rule) -> None:
    schema = settings_schema([*load_rules(), optional])
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    right = {
        "select": ["PK1"],
        "ignore": {"PK101": "why"},
        "per-file-ignores": {"*": ["PK1"], "x": {"PK1": "why"}},
        "level": "error",
        "rules": {"PK890": {"at-most": 1}, "TEAM001": {"anything": 1}},
    }
    assert list(validator.iter_errors(right)) == []
    for wrong in ({"selct": []}, {"level": "warn"}, {"rules": {"PK890": {"at-mst": 1}}}, {"ignore": {"PK1": 1}}):
        assert list(validator.iter_errors(wrong))


def test_schema_command(tmp_path: Path) -> None:
    schema = json.loads(run("schema", "--config", folder=tmp_path).stdout)
    assert "per-file-ignores" in schema["properties"]


# --- what is shown -------------------------------------------------------------------------------------------

SHOWN = """\
# .: settings of pyproject.toml
# select is not set
extend-select = ["PK308"]  # pyproject.toml:2:1
ignore = { "PK1" = "old" }  # pyproject.toml:3:1
level = "error"
fail-on = "warning"
per-file-ignores = {}
per-stage-ignores = {}
output-format = "text"
# baseline is not set

# 1 rule runs:
# PK308
"""


def test_show_settings(tmp_path: Path) -> None:
    text = '[tool.pipelinekit]\nextend-select = ["PK308"]\nignore = { PK1 = "old" }\n'
    make(tmp_path, pyproject_toml=text)
    shown = run("lint", "--show-settings", "--level", "error", "--ignore", "PK0,PK2,PK3,PK4,PK5", folder=tmp_path)
    assert shown.status == 0
    assert shown.stdout.startswith(SHOWN.partition("level =")[0])
    assert 'fail-on = "warning"\n' in shown.stdout
    isolated = run("lint", "--show-settings", "--isolated", folder=tmp_path)
    assert isolated.stdout.startswith("# .: no settings\n")
    assert "PK308" not in isolated.stdout


def test_configuration_costs_nothing_where_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.ruff]\nline-length = 120\n")

    def refuse(*_: object) -> None:
        raise AssertionError("parsed")

    monkeypatch.setattr("pipelinekit.project.toml.parse_toml", refuse)
    assert find_configuration(str(tmp_path), str(tmp_path)).path == ""


def test_empty_configuration_has_defaults() -> None:
    found: Callable[[], object] = lambda: read_settings(Configuration()).selection()  # noqa: E731
    assert found()


def test_fail_on_and_output_format_come_from_the_settings(tmp_path: Path) -> None:
    make(
        tmp_path,
        FLAWED.replace("nowhere.csv", "train.py"),
        pipelinekit_toml='fail-on = "error"\noutput-format = "concise"\n',
    )
    result = run("lint", folder=tmp_path)
    assert result.status == 0
    assert result.stdout.startswith("dvc.yaml:10:17: PK101 ")
    assert run("lint", "--fail-on", "warning", folder=tmp_path).status == 1
    assert run("lint", "--output-format", "text", folder=tmp_path).stdout.startswith("warning: PK101")
