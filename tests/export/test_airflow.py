"""A DAG as it is written and read back; tests/end_to_end/test_airflow.py has Airflow run it."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelinekit.export import airflow
from pipelinekit.export.airflow import notes_of, read_airflow, with_dvc, write_airflow
from pipelinekit.export.conformance import check_conformance
from pipelinekit.export.meta import StageMeta
from pipelinekit.export.options import Options
from pipelinekit.export.plan import ExportError, Input, Output, Plan, Step
from pipelinekit.export.remote import Remote
from tests.export.graphs import plan
from tests.export.pipelines import NASTY
from tests.snapshots import check_snapshot

SNAPSHOTS = Path(__file__).parent / "snapshots"
S3 = Remote("s3", "s3", "team", "data/store")
REMOTES = {
    "s3": S3,
    "gs": Remote("gs", "gs", "team", ""),
    "file": Remote("disk", "file", "", '/mnt/it\'s "here"'),
}


@pytest.mark.parametrize("kind", ["s3", "gs", "file", "dvc"])
def test_the_whole_file(tmp_path: Path, kind: str) -> None:
    options = Options("churn model", schedule="0 4 * * *", retries=1, environment={"TZ": "UTC"})
    meant = plan(tmp_path, NASTY, options)
    meant = with_dvc(meant) if kind == "dvc" else meant
    source = write_airflow(meant, REMOTES.get(kind), "..", uses_dvc=kind == "dvc")
    check_conformance(meant, read_airflow(source))
    check_snapshot(SNAPSHOTS / f"airflow_{kind}.txt", source)


@pytest.mark.parametrize("kind", ["s3", "gs", "file", "dvc"])
def test_it_is_formatted_and_uses_all_that_it_imports(tmp_path: Path, kind: str) -> None:
    ruff = [sys.executable, "-m", "ruff"]
    source = (SNAPSHOTS / f"airflow_{kind}.txt").read_text()
    (tmp_path / "dag.py").write_text(source)
    check = [*ruff, "check", "--isolated", "--select", "E,F,I,B,UP,S608", "--ignore", "E501", "dag.py"]
    assert subprocess.run(check, cwd=tmp_path, check=False).returncode == 0
    form = [*ruff, "format", "--isolated", "--line-length", "120", "--check", "dag.py"]
    assert subprocess.run(form, cwd=tmp_path, check=False).returncode == 0


@pytest.mark.parametrize("kind", ["s3", "gs", "file", "dvc"])
def test_no_variable_of_a_stage_hides_a_name_of_the_file(kind: str) -> None:
    tree = ast.parse((SNAPSHOTS / f"airflow_{kind}.txt").read_text())
    own: set[str] = {"dag"}
    for node in tree.body:
        if isinstance(node, (ast.Import, ast.ImportFrom)) and getattr(node, "module", "") != "__future__":
            own |= {one.asname or one.name for one in node.names}
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            own.add(node.name)
        elif isinstance(node, ast.Assign):
            own |= {one.id for one in node.targets if isinstance(one, ast.Name)}
    assert own <= airflow._OWN


def test_a_remote_that_airflow_can_not_reach_is_left_to_dvc(tmp_path: Path) -> None:
    meant = plan(tmp_path, NASTY)
    with pytest.raises(ExportError, match=r"ssh://….*--artifacts dvc"):
        write_airflow(meant, Remote("x", "ssh", "host", "x"), "")
    with pytest.raises(ExportError, match="'pipelinekit init --remote ADDRESS' sets one up"):
        write_airflow(meant, None, "")


def test_what_is_in_no_default_remote_is_taken_as_it_lies_there(tmp_path: Path) -> None:
    imported = f"deps:\n- path: /x\nouts:\n- md5: {'0' * 32}\n  hash: md5\n  path: raw.csv\n  push: false\n"
    text = "stages:\n  a:\n    cmd: cat raw.csv\n    deps: [raw.csv]\n"
    meant = plan(tmp_path, {"dvc.yaml": text, "raw.csv.dvc": imported})
    assert "\n        inputs=" not in write_airflow(meant, S3, "")
    assert notes_of(meant) == ["raw.csv: not in the default remote, so that tasks take what lies in their checkout"]
    with pytest.raises(ExportError, match="keeps versions of files by their names"):
        write_airflow(meant, S3._replace(is_versioned=True), "")


def test_where_the_project_lies(tmp_path: Path) -> None:
    meant = plan(tmp_path, NASTY, Options("1 more-thing", workspace="/srv/it's"))
    for place, line in (
        (
            "../..",
            'PROJECT = Path(os.environ.get("1_MORE_THING_PROJECT") or Path(__file__).resolve().parent / "../..")',
        ),
        ("", 'PROJECT = Path(os.environ.get("1_MORE_THING_PROJECT") or Path("/srv/it\'s"))'),
    ):
        assert f"{line}.resolve()\n" in write_airflow(meant, S3, place)


def test_a_pipeline_without_stages(tmp_path: Path) -> None:
    source = write_airflow(plan(tmp_path, {"dvc.yaml": "stages: {}\n"}), S3, "")
    assert read_airflow(source) == []
    assert source.endswith(") as dag:\n    pass\n")


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Steps with any names and contents, each of which may need some that stand before it."""
    texts = st.text(max_size=30)
    names = draw(st.lists(st.text(min_size=1, max_size=20), unique=True, min_size=1, max_size=6))
    steps: list[Step] = []
    for name in names:
        needs = draw(st.lists(st.sampled_from(steps), unique_by=lambda step: step.address)) if steps else []
        meta = StageMeta(
            draw(texts),
            draw(st.dictionaries(texts, texts, max_size=2)),
            draw(st.integers(0, 3)),
            draw(st.dictionaries(st.sampled_from(["cpu", "gpu", "memory", "x/y"]), st.integers(0, 9) | texts)),
        )
        steps.append(
            Step(
                f"dvc.yaml:{name}",
                name,
                tuple(draw(st.lists(texts, max_size=2))),
                draw(texts),
                tuple(step.address for step in needs),
                tuple(Input(draw(texts), draw(texts), step.address) for step in needs),
                tuple(Output(path, "out", True, True, False) for path in draw(st.lists(texts, max_size=2))),
                meta,
            )
        )
    return Plan(tuple(steps), Options(draw(texts), schedule=draw(texts), retries=draw(st.integers(0, 2))), ())


@given(plans(), st.sampled_from(sorted(REMOTES)), st.text(max_size=10))
def test_whatever_stands_in_a_pipeline_is_read_back(meant: Plan, kind: str, place: str) -> None:
    source = write_airflow(meant, REMOTES[kind], place)
    check_conformance(meant, read_airflow(source))
    assert source == write_airflow(meant, REMOTES[kind], place)
    compile(source, "dag.py", "exec", ast.PyCF_ONLY_AST)
