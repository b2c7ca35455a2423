"""What `among` keeps from a rule is nothing that it would report: with and without it the findings are the same."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelinekit.lint.engine import lint_project
from pipelinekit.lint.selection import Selection, select_rules
from pipelinekit.project.project import Project
from pipelinekit.rules.page import example, sections
from pipelinekit.rules.rule import Rule, load_rules
from tests.rules.examples import build
from tests.small_projects import write

RULES = [rule for rule in load_rules() if rule.among is not None]
ALL = select_rules(level="advice")
WITHOUT = Selection(tuple(rule._replace(among=None) for rule in ALL.rules), ALL.level, ALL.named)

WORDS = st.sampled_from(
    [
        *r"""
        python train.py -m src.train /data/x.csv ~/x.csv ../x.csv C:/data/x data\x.csv run.exe x.bat %APPDATA% $HOME
        ${USER} $USERPROFILE curl https://x.org/a.csv wget pip install git clone dvc get hf rm mv gzip xz a.csv --resume
        last.ckpt --restore-from=ckpt --warm-start ; | || && true set +e exit 0 : --lr 0.1 --n=5 -x5 \ # / ' " > <
        ${p.text} ${p.odd} ${p.n} ${ out.txt bash -c xargs find -exec cd sub notebook.ipynb --data=/abs/x.csv
        """.split(),  # noqa: SIM905
        "\n",
        " ",
        "'a b'",
        '"/abs/x.csv"',
        "${p.a b}",
    ]
)
COMMANDS = st.lists(WORDS, min_size=1, max_size=7).map(" ".join)
PATHS = st.sampled_from(
    """
    train.py missing.py a.csv b.csv params.yaml sub/params.yaml other.yaml ../x.csv /abs/x.csv ~/x.csv C:/x.csv s3://b/x
    data\\x.csv logs out/x.log tmp .cache mlruns wandb checkpoints models/ckpt mlflow.db ./a.csv a/../b.csv x.tmp X.LOG
    """.split()  # noqa: SIM905
)
STAGES = st.lists(
    st.fixed_dictionaries(
        {"cmd": st.one_of(COMMANDS, st.lists(COMMANDS, min_size=1, max_size=2))},
        optional={
            "deps": st.lists(PATHS, max_size=4),
            "outs": st.lists(PATHS, max_size=3, unique=True),
            "metrics": st.lists(PATHS, max_size=1),
            "params": st.lists(
                st.sampled_from(["p", "p.n", "p.nothing", "train.yaml", {"other.yaml": ["q"]}, {"../up.yaml": None}])
            ),
            "wdir": st.sampled_from([".", "sub", "..", "/abs"]),
        },
    ),
    min_size=1,
    max_size=4,
)
FILES = {
    "params.yaml": "p:\n  text: plain\n  odd: a b;c\n  'a b': 1\n  n: 3\n",
    "other.yaml": "q: 1\n",
    "train.py": "import sys\nimport helper\nprint(open('b.csv').read(), sys.argv)\n",
    "helper.py": "x = 1\n",
    "a.csv": "",
    "b.csv": "",
    "sub/params.yaml": "p: 1\n",
}


def findings(project: Project, selection: Selection) -> list[tuple[str, int, int, str]]:
    found = lint_project(project, selection).findings
    return [(finding.code, finding.place.start, finding.place.end, finding.message) for finding in found]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_the_example_of_a_page_is_not_passed_over(rule: Rule, tmp_path: Path) -> None:
    project = build(example(sections(rule)["Example"]), tmp_path / "project")
    expected = findings(project, WITHOUT)
    assert rule.code in {code for code, *_ in expected}
    assert findings(Project(project.root), ALL) == expected


@given(STAGES)
@settings(max_examples=60)
def test_no_finding_is_passed_over(stages: list[dict[str, object]]) -> None:
    text = json.dumps({"stages": {f"s{number}": stage for number, stage in enumerate(stages)}})
    with TemporaryDirectory() as folder:
        write(Path(folder), {**FILES, "dvc.yaml": text})
        assert findings(Project(folder), ALL) == findings(Project(folder), WITHOUT)
