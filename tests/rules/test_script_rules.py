"""PK101 and PK103: scripts that a stage runs through others, from around the project, in odd places."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from pipelinekit.lint.engine import lint_project
from pipelinekit.lint.fixer import fix_project
from pipelinekit.lint.selection import select_rules
from pipelinekit.project.project import Project
from pipelinekit.rules.finding import Finding
from tests.scripts.stages import write_files

STAGE = "stages:\n  a:\n    cmd: {}\n    deps:\n    - data.csv\n    outs:\n    - out.csv\n"


def findings(folder: Path, code: str, text: str, files: dict[str, str]) -> list[Finding]:
    write_files(folder, {"dvc.yaml": text, "data.csv": "", **files})
    return lint_project(Project(str(folder)), select_rules((code,))).findings


def marked(finding: Finding) -> str:
    return finding.place.document.text[finding.place.start : finding.place.end]


def test_what_a_script_runs_is_said_with_it(tmp_path: Path) -> None:
    files = {"run.sh": "python a.py\npython b.py\n", "a.py": "", "b.py": ""}
    (finding,) = findings(tmp_path, "PK101", STAGE.format("bash run.sh"), files)
    assert finding.message == "'a' runs run.sh and, through it, a.py and b.py, which are not among its deps"
    assert marked(finding) == "run.sh"
    assert [related.message for related in finding.related] == ["run.sh runs a.py here", "run.sh runs b.py here"]
    assert [related.place.document.name for related in finding.related] == ["run.sh", "run.sh"]
    fixed = fix_project(Project(str(tmp_path)), select_rules(("PK101",)), unsafe=False)
    assert fixed.texts["dvc.yaml"][1] == STAGE.format("bash run.sh").replace(
        "    - data.csv\n", "    - data.csv\n    - run.sh\n    - a.py\n    - b.py\n"
    )
    assert fixed.linted.findings == []


def test_only_what_is_missing_is_said(tmp_path: Path) -> None:
    text = STAGE.format("bash run.sh").replace("- data.csv", "- data.csv\n    - run.sh")
    (finding,) = findings(tmp_path, "PK101", text, {"run.sh": "python a.py\n", "a.py": ""})
    assert finding.message == "'a' runs a.py through run.sh, which is not among its deps"
    assert marked(finding) == "run.sh"


@pytest.mark.parametrize("deps", ["    deps: []\n", "    deps: [data.csv]\n", ""])
def test_several_files_are_added_in_every_layout(deps: str, tmp_path: Path) -> None:
    text = f"stages:\n  a:\n    cmd: bash run.sh\n{deps}    outs: [out.csv]\n"
    write_files(tmp_path, {"dvc.yaml": text, "data.csv": "", "run.sh": "python a.py", "a.py": ""})
    fixed = fix_project(Project(str(tmp_path)), select_rules(("PK101",)), unsafe=False)
    stage = fixed.linted.graph.index.stages[0]
    assert [dep.path for dep in stage.deps] == [*(["data.csv"] if "csv" in deps else []), "run.sh", "a.py"]
    assert not [finding for finding in fixed.linted.findings if finding.code == "PK009"]


def test_code_of_the_repository_around_the_project(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    files = {"setup.py": "setup()", "pkg/__init__.py": "", "pkg/train.py": "", "shared.py": ""}
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "project").mkdir()
    found = findings(tmp_path / "project", "PK101", STAGE.format("python -m pkg.train && python ../shared.py"), {})
    assert [finding.message.partition(",")[0] for finding in found] == [
        "'a' runs ../pkg/train.py",
        "'a' runs ../shared.py",
    ]
    found = findings(tmp_path / "project", "PK103", STAGE.format("python -m pkg.gone"), {})
    assert [finding.message for finding in found] == ["'a' runs ../pkg/gone.py, which does not exist"]


def test_code_outside_of_any_repository_is_nobodys(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "shared.py").write_text("")
    assert findings(tmp_path / "project", "PK101", STAGE.format("python ../shared.py"), {}) == []


def test_script_is_found_though_a_value_is_not(tmp_path: Path) -> None:
    write_files(tmp_path, {"a.py": ""})
    text = STAGE.format("python a.py --lr ${nothing.defines}")
    found = findings(tmp_path, "PK101", text, {})
    assert [marked(finding) for finding in found if finding.code == "PK101"] == ["a.py"]


@pytest.mark.parametrize(
    ("cmd", "expected"),
    [
        ("python ${dir}/a.py ${dir}", "${dir}/a.py"),
        ("python src/a.py ${dir} src/a.py", "src/a.py"),
        (">-\n      python\n      ${dir}/a.py  \n      --x ${dir}", "${dir}/a.py"),
        ("'python ''src/a.py'' ${dir}'", "src/a.py"),
        ("|\n      echo ${dir}\n      python src/a.py", "src/a.py"),
    ],
)
def test_place_of_a_word_in_a_template(cmd: str, expected: str, tmp_path: Path) -> None:
    (finding,) = findings(tmp_path, "PK101", STAGE.format(cmd), {"params.yaml": "dir: src\n", "src/a.py": ""})
    assert marked(finding) == expected


def test_script_that_is_missing_behind_another(tmp_path: Path) -> None:
    text = STAGE.format("bash run.sh").replace("- data.csv", "- data.csv\n    - run.sh")
    files = {"run.sh": "if [ -f x.py ]; then python x.py; fi\npython gone.py\n"}
    (finding,) = findings(tmp_path, "PK103", text, files)
    assert finding.message == "'a' runs gone.py through run.sh, which does not exist"
    assert finding.level == "warning"
    assert (finding.related[0].place.document.name, finding.related[0].message) == ("run.sh", "run.sh runs it here")
