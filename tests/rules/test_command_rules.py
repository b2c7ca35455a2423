"""Rules that read commands: what each of them marks."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from pipelinekit.lint.engine import lint_project
from pipelinekit.lint.fixer import fix_project
from pipelinekit.lint.selection import select_rules
from pipelinekit.project.project import Project
from pipelinekit.yaml.write import block_lines
from tests.scripts.stages import write_files

FILES = {
    "train.py": "",
    "my data.csv": "",
    "src/a.py": "",
    "run.sh": "",
    "params.yaml": (
        "name: my data.csv\ntitle: it's (new)\nplain: data.csv\nflags: --a 1 --b\nglob: data/*.csv\n"
        "cost: $5\nnumber: 3\nprogram: poetry run python\nlist: a b c\nmix: a;b\n"
    ),
}

#: The rule, the command (or the items of a list), and the text that it marks.
MARKED: list[tuple[str, str | list[str], list[str]]] = [
    # failures that a shell hides
    ("PK506", "python train.py; echo done", [";"]),
    ("PK506", "cp a.csv b.csv ; sort b.csv > c.csv", [";"]),
    ("PK506", "cd src && python a.py; rm -rf tmp", [";"]),
    ("PK506", "python train.py | tee log", ["|"]),
    ("PK506", "python train.py 2>&1 | tee log", ["|"]),
    ("PK506", "curl https://x.org/v1/a.json | jq . > a.json", ["|"]),
    ("PK506", ["python train.py\necho done"], ["train.py"]),
    ("PK506", ["set -e\npython train.py | sort > x\n"], ["|"]),
    ("PK506", "echo a; python train.py", []),
    ("PK506", "mkdir -p x; cd src; python a.py", []),
    ("PK506", "set -e; python train.py; echo done", []),
    ("PK506", ["set -euo pipefail\npython train.py | tee log\necho done"], []),
    ("PK506", "set -o pipefail; python train.py | tee log", []),
    ("PK506", "python train.py; exit $?", []),
    ("PK506", "python train.py; code=$?; rm -rf tmp; exit $code", []),
    ("PK506", "python train.py; true", []),
    ("PK506", "sort a.csv | head -5", []),
    ("PK506", "python train.py | head -5", []),
    ("PK506", "cat a | sort | uniq > b", []),
    ("PK506", "curl https://x.org/v1/a.tgz | tar xz", []),
    ("PK506", "python train.py && echo 'a; b | c'", []),
    ("PK506", "python train.py", []),
    # failures that are ignored
    ("PK509", "python train.py || true", ["|| true"]),
    ("PK509", "python train.py || :", ["|| :"]),
    ("PK509", "bash run.sh || exit 0", ["|| exit 0"]),
    ("PK509", "python train.py || echo 'no luck'", ["|| echo 'no luck'"]),
    ("PK509", "wget https://x.org/a.csv || true", ["|| true"]),
    ("PK509", "python train.py; true", ["; true"]),
    ("PK509", ["set +e\npython train.py\n"], ["set +e"]),
    ("PK509", "rm x || true", []),
    ("PK509", "grep a b > c || true", []),
    ("PK509", "mkdir out || true && python train.py", []),
    ("PK509", "python train.py || exit 1", []),
    ("PK509", "python train.py || python src/a.py", []),
    ("PK509", "echo '|| true'", []),
    # downloads that move
    ("PK505", "wget https://x.org/latest/a.csv", ["https://x.org/latest/a.csv"]),
    ("PK505", "wget https://x.org/a-latest.zip -O a.zip", ["https://x.org/a-latest.zip"]),
    ("PK505", "curl -LO https://github.com/o/r/archive/main.zip", ["https://github.com/o/r/archive/main.zip"]),
    ("PK505", "git clone https://x.org/a.git && python train.py", ["https://x.org/a.git"]),
    ("PK505", "git clone -b main https://x.org/a.git", ["https://x.org/a.git"]),
    ("PK505", "pip install pandas torch && python train.py", ["pandas"]),
    ("PK505", "python -m pip install 'pandas>=2'", ["pandas>=2"]),
    ("PK505", "uv pip install git+https://x.org/a", ["git+https://x.org/a"]),
    ("PK505", "dvc get https://x.org/r data.csv", ["https://x.org/r"]),
    ("PK505", "hf download a/b --local-dir x", ["a/b"]),
    ("PK505", "wget https://x.org/v1.2/a.csv", []),
    ("PK505", "wget https://x.org/a.csv", []),
    ("PK505", "wget https://x.org/latest/a.csv && sha256sum -c sums", []),
    ("PK505", "wget https://x.org/translated/a.csv", []),
    ("PK505", "git clone -b v1.0 https://x.org/a.git", []),
    ("PK505", "git clone https://x.org/a.git && cd a && git checkout 1a2b3c4", []),
    ("PK505", "pip install -r requirements.txt -e . ./lib lib/x.whl pandas==2.0", []),
    ("PK505", "pip install git+https://x.org/a@1a2b3c4", []),
    ("PK505", "pip install -c constraints.txt pandas", []),
    ("PK505", "pip list", []),
    ("PK505", "dvc get --rev v1 https://x.org/r data.csv", []),
    ("PK505", "dvc get . data.csv", []),
    ("PK505", "echo https://x.org/latest/a.csv", []),
    # paths of Windows
    ("PK507", "python train.py data\\\\a.csv", ["data\\\\a.csv"]),
    ("PK507", "python train.py --data=data\\a.csv", ["data\\a.csv"]),
    ("PK507", "python train.py 'data\\a.csv' > out\\x.log", ["data\\a.csv", "out\\x.log"]),
    ("PK507", "python train.py C:/data/a.csv", ["C:/data/a.csv"]),
    ("PK507", "python train.py C:\\data", ["C:\\data"]),
    ("PK507", "tool.exe a && python train.py", ["tool.exe"]),
    ("PK507", "python train.py %USERPROFILE%/x", ["%USERPROFILE%/x"]),
    ("PK507", "python train.py data/a\\ b.csv", []),
    ("PK507", "printf 'a\\tb.csv' && sed 's/a\\.b/c/' train.py", []),
    ("PK507", "python train.py --pattern '.*\\.csv' --url http://x.org", []),
    ("PK507", "python src\\a.py", []),
    # files that are not the stage's to delete
    ("PK511", "python train.py && rm train.py", ["train.py"]),
    ("PK511", "rm -rf src && python train.py", ["src"]),
    ("PK511", "mv run.sh old.sh", ["run.sh"]),
    ("PK511", "rm raw.csv", ["raw.csv"]),
    ("PK511", "rm -f model.pkl && python train.py", []),
    ("PK511", "cp train.py tmp.py && rm tmp.py unknown", []),
    ("PK511", "rm -rf /tmp/x ~/y *.log", []),
    # values that a shell takes apart
    ("PK510", "python train.py ${name}", ["${name}"]),
    ("PK510", "python train.py --title=${title} x", ["${title}"]),
    ("PK510", "python train.py ${mix} > out/${name}.log", ["${mix}", "${name}"]),
    ("PK510", "python train.py --cost ${cost}", ["${cost}"]),
    ("PK510", "python train.py --x=${list}", ["${list}"]),
    ("PK510", ["python train.py\npython train.py ${name}"], ["${name}"]),
    ("PK510", 'python train.py "${name}" \'${name}\' "a ${title} b"', []),
    ("PK510", "${program} train.py ${plain} ${number} ${flags} ${glob} ${list}", []),
    ("PK510", 'echo "$(cat ${name})"', ["${name}"]),
    # variables of a machine
    ("PK508", "python train.py --out $HOME/x", ["$HOME"]),
    ("PK508", 'python train.py --user "$USER"', ["$USER"]),
    ("PK508", "python train.py '$HOME'", []),
    ("PK508", "HOME=. && python train.py $HOMEPAGE $DATA", []),
]


def run_git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True)


def project_with(folder: Path, command: str | list[str], **fields: object) -> Project:
    stage = {"cmd": command, "deps": ["train.py"], "outs": ["model.pkl"], **fields}
    text = "\n".join(block_lines({"stages": {"a": stage}})) + "\n"
    write_files(folder, {**FILES, "dvc.yaml": text, "raw.csv.dvc": "outs:\n- path: raw.csv\n"})
    run_git(folder, "init", "-q")
    run_git(folder, "add", *FILES)
    return Project(str(folder))


def marked(project: Project, code: str) -> list[str]:
    found = lint_project(project, select_rules((code,), (), "advice")).findings
    assert {finding.code for finding in found} <= {code}
    return [finding.place.document.text[finding.place.start : finding.place.end] for finding in found]


@pytest.mark.parametrize(("code", "command", "expected"), MARKED, ids=[f"{row[0]}-{row[1]}" for row in MARKED])
def test_what_a_rule_marks(code: str, command: str | list[str], expected: list[str], tmp_path: Path) -> None:
    assert marked(project_with(tmp_path, command), code) == expected


@pytest.mark.parametrize(
    ("code", "before", "after"),
    [
        ("PK506", "python train.py; echo done", "python train.py && echo done"),
        ("PK506", "python train.py ; echo done; echo", "python train.py && echo done && echo"),
        ("PK506", "'python train.py; echo ''x'''", "'python train.py && echo ''x'''"),
        ("PK510", "python train.py ${name}", 'python train.py "${name}"'),
        ("PK510", "'python train.py a${name}b'", "'python train.py a\"${name}\"b'"),
        ("PK510", '"python train.py ${name}"', "\"python train.py '${name}'\""),
        ("PK510", "python train.py --c=${cost}", "python train.py --c='${cost}'"),
    ],
)
def test_what_a_fix_writes(code: str, before: str, after: str, tmp_path: Path) -> None:
    text = "stages:\n  a:\n    cmd: {}\n    deps:\n    - train.py\n    outs:\n    - model.pkl\n"
    write_files(tmp_path, {**FILES, "dvc.yaml": text.format(before)})
    fixed = fix_project(Project(str(tmp_path)), select_rules((code,), (), "advice"), unsafe=True)
    assert fixed.texts["dvc.yaml"][1] == text.format(after)
