"""Rules of other packages: found where they are installed, refused with a reason where they can't be used."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelinekit.rules.plugins import EntryPoint, PluginError, entry_points, plugin_rules, rules_of_plugins
from tests.cli.projects import make
from tests.command_line import run

RULE = '''
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import rule

@rule("{code}", "{name}", level="warning", since="1.0.0")
def {function}(definition, *, word: str = "x"):
    """Says a word."""
    yield Finding(definition.name_node, word)
'''.replace("definition,", "definition: 'Definition',")


def module(code: str = "ACME100", name: str = "says-a-word") -> str:
    return RULE.format(code=code, name=name, function=name.replace("-", "_"))


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for packages, on the path; what was imported from it is forgotten again."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    before = set(sys.modules)
    plugin_rules.cache_clear()
    yield folder
    plugin_rules.cache_clear()
    for name in set(sys.modules) - before:
        del sys.modules[name]


def install(site: Path, name: str, lines: str, modules: dict[str, str] | None = None) -> None:
    """What pip leaves behind of a package."""
    metadata = site / f"{name}-1.0.dist-info"
    metadata.mkdir()
    (metadata / "entry_points.txt").write_text(lines)
    for path, text in (modules or {}).items():
        file = site / f"{path}.py"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    importlib.invalidate_caches()  # folders that are looked at twice in one tick of the clock


def test_entry_points_are_read_as_they_are_written(site: Path) -> None:
    lines = "[console_scripts]\nx = y:z\n\n[pipelinekit.rules]\none = a.b\n# two = c\nthree=d : e\n[other]\nf = g\n"
    install(site, "acme", lines)
    install(site, "nothing", "[console_scripts]\npipelinekit.rules = a\n")
    (site / "old-2.0.egg-info").mkdir()
    (site / "old-2.0.egg-info" / "entry_points.txt").write_text("[pipelinekit.rules]\nold = o\n")
    assert entry_points([str(site), str(site / "gone"), ""]) == [
        EntryPoint("old", "o", "old-2.0"),
        EntryPoint("one", "a.b", "acme-1.0"),
        EntryPoint("three", "d : e", "acme-1.0"),
    ]


def test_what_lies_in_the_current_folder_is_no_plugin(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(site, "acme", "[pipelinekit.rules]\nacme = acme_rules\n", {"acme_rules": "raise SystemExit('run')"})
    monkeypatch.chdir(site)
    assert entry_points([str(site), "."]) == []


def test_a_module_and_a_package(site: Path, tmp_path: Path) -> None:
    install(site, "acme", "[pipelinekit.rules]\nacme = acme_rules\n", {"acme_rules": module()})
    install(
        site,
        "team",
        "[pipelinekit.rules]\nteam = squad_rules\n",
        {
            "squad_rules/__init__": "from .one import *\n",
            "squad_rules/one": module("TEAM001", "one-of-two"),
            "squad_rules/two": module("TEAM002", "two-of-two"),
        },
    )
    assert [rule.code for rule in plugin_rules()] == ["ACME100", "TEAM001", "TEAM002"]
    folder = make(tmp_path / "p")
    result = run("lint", "--output-format", "concise", folder=folder)
    assert [line.split(" ")[1] for line in result.stdout.splitlines()] == ["ACME100", "TEAM001", "TEAM002"]
    assert run("lint", "--select", "TEAM", "--output-format", "concise", folder=folder).stdout.count("\n") == 2
    assert run("lint", "--ignore", "TEAM,says-a-word", folder=folder).status == 0
    assert run("rule", "TEAM001", "--format", "markdown", folder=folder).stdout.startswith("# TEAM001 one-of-two\n")
    assert '"options": {\n        "word": "x"' in run("rule", "ACME100", "--format", "json", folder=folder).stdout
    (folder / "pipelinekit.toml").write_text('[rules.ACME100]\nword = "y"\n')
    assert "ACME100 says-a-word: y\n" in run("lint", "--output-format", "concise", folder=folder).stdout
    text = (folder / "dvc.yaml").read_text()
    (folder / "dvc.yaml").write_text(text.replace("  train:", "  train:  # pipelinekit: ignore[ACME100, TEAM001]"))
    assert run("lint", "--ignore", "TEAM002", folder=folder).status == 0


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("import nothing_of_the_sort", "can't be loaded: ModuleNotFoundError: No module named 'nothing_of_the_sort'"),
        ("raise SystemExit", "can't be loaded: SystemExit"),
        ("x = (", "can't be loaded: SyntaxError"),
        ("", "has no rules"),
        (module("PK101"), "a code is letters other than PK and three digits"),
        (module("acme1"), "a code is letters other than PK and three digits"),
        (module(name="sayso"), "a name is words-with-dashes"),
        (module(name="script-not-in-deps"), "as pipelinekit calls a rule of its own"),
        (module() + module(name="says-more"), "a rule ACME100 is in the plugin"),
        ("from pipelinekit.rules.pk101_script_not_in_deps import *", "has no rules"),
    ],
)
def test_one_that_can_not_be_used_stops_the_run(text: str, reason: str, site: Path, tmp_path: Path) -> None:
    install(site, "acme", "[pipelinekit.rules]\nacme = acme_rules\n", {"acme_rules": text})
    folder = make(tmp_path / "p")
    for command in (("lint",), ("rule", "PK101"), ("schema", "--config")):
        result = run(*command, folder=folder)
        assert result.status == 2
        assert result.stdout == ""
        assert result.stderr.startswith("pipelinekit: ")
        assert "'acme = acme_rules' of acme-1.0" in result.stderr
        assert reason in result.stderr


def test_two_plugins_with_the_same_rule(site: Path) -> None:
    for name in ("one", "two"):
        install(site, name, f"[pipelinekit.rules]\n{name} = {name}_rules\n", {f"{name}_rules": module()})
    with pytest.raises(PluginError, match=r"before that in 'one = one_rules' of one-1.0"):
        rules_of_plugins(entry_points([str(site)]))


def test_a_rule_of_a_plugin_that_crashes_is_a_finding(site: Path, tmp_path: Path) -> None:
    text = module().replace("    yield", "    1 / 0\n    yield")
    install(site, "acme", "[pipelinekit.rules]\nacme = acme_rules\n", {"acme_rules": text})
    result = run("lint", "--output-format", "concise", folder=make(tmp_path / "p"))
    assert result.status == 1
    assert "PK009 internal-error: the rule ACME100 says-a-word crashed here: ZeroDivisionError" in result.stdout
