"""Which pipelines a `pipeline.py` defines; how its errors read is tested with `compile`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from pipelinekit.model.load import LoadError, load_pipelines

HEAD = "from pipelinekit import Pipeline, Stage\n"


def files(folder: Path, text: str) -> list[str]:
    path = folder / "pipeline.py"
    path.write_text(HEAD + text)
    return [pipeline.file for pipeline in load_pipelines(str(path))]


def test_each_once_in_the_order_of_their_names(tmp_path: Path) -> None:
    text = "b = Pipeline(file='b/dvc.yaml')\na = Pipeline(file='a/dvc.yaml')\nsame = b\nagain = [a, b]\n"
    assert files(tmp_path, text) == ["b/dvc.yaml", "a/dvc.yaml"]


@pytest.mark.parametrize("brackets", ["[]", "()"])
def test_lists_of_pipelines(brackets: str, tmp_path: Path) -> None:
    made = "*(Pipeline(file=f'{name}/dvc.yaml') for name in 'xy'), 1"
    assert files(tmp_path, f"all = {brackets[0]}{made}{brackets[1]}\n") == ["x/dvc.yaml", "y/dvc.yaml"]


def test_what_is_made_and_not_named_is_not_meant(tmp_path: Path) -> None:
    text = "def make():\n    return Pipeline(file='no/dvc.yaml')\nmake()\nd = {'p': make()}\np = Pipeline()\n"
    assert files(tmp_path, text) == ["dvc.yaml"]


def test_modules_beside_it_can_be_imported_and_leave_no_trace_on_the_path(tmp_path: Path) -> None:
    (tmp_path / "stages_beside_it.py").write_text(HEAD + "stages = [Stage(name='a', cmd='x')]\n")
    before = list(sys.path)
    assert files(tmp_path, "from stages_beside_it import stages\np = Pipeline(stages=stages)\n") == ["dvc.yaml"]
    with pytest.raises(LoadError):
        files(tmp_path, "raise ValueError\n")
    assert sys.path == before


def test_it_is_not_run_as_the_main_program_and_where_the_caller_is(tmp_path: Path) -> None:
    text = "import os\nassert __name__ != '__main__'\nassert __file__.endswith('pipeline.py')\n"
    text += f"assert os.getcwd() == {os.getcwd()!r}\np = Pipeline()\n"
    assert files(tmp_path, text) == ["dvc.yaml"]


def test_what_it_prints_does_not_mix_with_results(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files(tmp_path, "print('noise')\np = Pipeline()\n")
    assert capsys.readouterr() == ("", "noise\n")


@pytest.mark.parametrize(
    ("text", "line"),
    [("x = 1\nStage(name='a')\n", 3), ("def f():\n    return 1 / 0\nf()\n", 3), ("import beside_with_error\n", 2)],
)
def test_an_error_is_placed_in_the_innermost_line_of_the_file_itself(text: str, line: int, tmp_path: Path) -> None:
    (tmp_path / "beside_with_error.py").write_text("\n\n\n\n1 / 0\n")
    with pytest.raises(LoadError, match=rf"pipeline\.py:{line}: "):
        files(tmp_path, text)


def test_no_file(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "gone.py"):
        with pytest.raises(LoadError, match="there is no file"):
            load_pipelines(str(path))
