from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from pipelinekit.run.cluster.made_elsewhere import MadeElsewhere
from pipelinekit.run.outcome import RunError
from pipelinekit.run.processes import Process, cold_start
from tests.run.pipelines import replacement


class Dvc:
    """Starts a program in the place of `dvc`, and remembers what it was asked for."""

    def __init__(self, folder: Path, script: str = "") -> None:
        self._start = cold_start(replacement(folder, script), str(folder))
        self.asked: list[str] = []

    def __call__(self, arguments: Sequence[str], environment: Mapping[str, str]) -> Process:
        self.asked.append(" ".join(arguments))
        return self._start(arguments, environment)


def test_what_is_noted_is_fetched_by_whoever_comes_next(tmp_path: Path) -> None:
    MadeElsewhere(str(tmp_path)).add("dvc.yaml:a", ["a.txt", "-odd"], is_to_be_kept=False)
    MadeElsewhere(str(tmp_path)).add("dvc.yaml:b", ["b.txt"], is_to_be_kept=True)
    said: list[str] = []
    dvc = Dvc(tmp_path)
    MadeElsewhere(str(tmp_path)).fetch(dvc, said.append)
    assert dvc.asked == [
        "--wait-for-lock pull --force -- a.txt -odd b.txt",
        "--wait-for-lock commit --force -- dvc.yaml:b",
    ]
    assert said == ["fetching the results of 2 stages from the remote"]
    MadeElsewhere(str(tmp_path)).fetch(dvc, said.append)
    assert len(dvc.asked) == 2


def test_what_can_not_be_fetched_stays_noted(tmp_path: Path) -> None:
    made = MadeElsewhere(str(tmp_path))
    made.add("dvc.yaml:a", ["a.txt"], is_to_be_kept=False)
    with pytest.raises(RunError, match=r"could not be fetched: 'dvc pull --force --' failed\n  no such bucket"):
        made.fetch(Dvc(tmp_path, "echo; echo no such bucket; exit 1"), lambda text: None)
    assert len(MadeElsewhere(str(tmp_path))) == 1


def test_many_are_fetched_in_parts(tmp_path: Path) -> None:
    made = MadeElsewhere(str(tmp_path))
    made.add("dvc.yaml:a", [str(number) for number in range(401)], is_to_be_kept=False)
    dvc = Dvc(tmp_path)
    made.fetch(dvc, lambda text: None)
    assert [len(asked.split()) for asked in dvc.asked] == [204, 204, 5]


@pytest.mark.parametrize("text", ["", "[]", '{"pulls": 1, "commits": []}', '{"pulls": {"a": 1}, "commits": []}'])
def test_a_list_that_can_not_be_read_is_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / ".dvc" / "tmp" / "pipelinekit" / "made-elsewhere.json"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    assert len(MadeElsewhere(str(tmp_path))) == 0
