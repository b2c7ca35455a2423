"""What the README shows is what happens."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipelinekit.report.rule_pages import rule_table
from pipelinekit.rules.rule import load_rules
from pipelinekit.run.promote_settings import promote_settings
from pipelinekit.run.tracking_settings import tracking_settings
from pipelinekit.storage.settings import cost_settings
from tests.command_line import run
from tests.storage.histories import NOW, story

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)(?: ([^\n]+))?\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def block(language: str, name: str = "") -> str:
    found: list[str] = [body for kind, title, body in BLOCKS if (kind, title) == (language, name)]
    assert len(found) == 1, f"{len(found)} blocks {language} {name}"
    return found[0]


def sessions(name: str = "") -> list[tuple[list[str], str]]:
    """The commands of the console blocks, each with what it printed."""
    found = []
    for kind, title, body in BLOCKS:
        if kind == "console" and title == name:
            for part in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
                command, _, output = part.partition("\n")
                found.append((command.split()[1:], output))
    return found


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / ".dvc").mkdir()
    for name in ("src/train.py", "src/evaluate.py", "data/train.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    (tmp_path / "params.yaml").write_text("train:\n  learning_rate: 0.1\n")
    (tmp_path / "dvc.yaml").write_text(block("yaml", "dvc.yaml"), encoding="utf-8")
    return tmp_path


def test_lint_prints_what_is_shown(project: Path) -> None:
    command, output = sessions()[0]
    result = run(*command, folder=project)
    assert result.stdout + result.stderr == output
    assert result.status == 1


def test_fix_leaves_what_is_shown(project: Path) -> None:
    run("lint", "--fix", folder=project)
    assert (project / "dvc.yaml").read_text(encoding="utf-8") == block("yaml", "dvc.yaml after --fix")
    assert (project / "params.yaml").read_text() == "train:\n  learning_rate: 0.1\n  epochs: 20\n"


def test_compile_prints_what_is_shown(tmp_path: Path) -> None:
    (tmp_path / "pipeline.py").write_text(block("python", "pipeline.py"), encoding="utf-8")
    command, output = sessions()[1]
    result = run(*command, folder=tmp_path)
    assert result.stdout == output
    assert result.status == 1


@pytest.mark.parametrize(("command", "output"), sessions("examples/basic"), ids=lambda value: " ".join(value)[:40])
def test_graph_prints_what_is_shown(command: list[str], output: str) -> None:
    assert run(*command, folder=ROOT / "examples" / "basic").stdout == output


def test_cost_begins_as_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelinekit.cli.costing.time.time", lambda: float(NOW))
    monkeypatch.setattr("pipelinekit.cli.terminal.WIDTH_OF_A_FILE", 80)
    ((command, output),) = sessions("churn")
    assert run(*command, folder=story(tmp_path / "churn")).stdout.startswith(output)


def test_settings_are_settings(tmp_path: Path) -> None:
    (tmp_path / "dvc.yaml").write_text("stages: {}\n")
    (tmp_path / "pyproject.toml").write_text(block("toml"), encoding="utf-8")
    shown = run("lint", "--show-settings", folder=tmp_path)
    assert shown.status == 0
    assert all(f"{line.split(' = ')[0]} = " in shown.stdout for line in block("toml").splitlines()[1:])


def test_settings_of_mlflow_are_settings(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(block("toml", "mlflow"), encoding="utf-8")
    settings = tracking_settings(str(tmp_path), {})
    assert settings is not None
    assert (settings.uri, settings.experiment) == ("http://mlflow.example:5000", "churn")
    rules = promote_settings(str(tmp_path), "churn")
    assert (rules.metric, rules.maximize, rules.tolerance) == ("accuracy", True, 0.0)


def test_prices_of_ones_own_are_settings(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(block("toml", "cost"), encoding="utf-8")
    settings = cost_settings(str(tmp_path))
    (own, *_) = settings.providers
    assert (settings.prices_of, own.currency, own.unit, own.classes[0].egress) == ("cellar", "EUR", 10**12, 0.5)


def test_rules_are_all_in_the_table() -> None:
    table = re.search(r"<!-- rules -->\n(.*?)<!-- end of rules -->", README, re.DOTALL)
    assert table is not None
    assert table[1] == rule_table(load_rules()), "write it anew: python -m pipelinekit.report.rule_pages"
