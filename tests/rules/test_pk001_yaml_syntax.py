from __future__ import annotations

from pathlib import Path

import pytest

from pipelinekit.rules.pk001_yaml_syntax import yaml_syntax
from pipelinekit.rules.pk002_duplicate_key import duplicate_key
from tests.small_projects import at, graph

BROKEN = {
    "m.json": ('{"a": 1,\n "b" 2}', 'm.json:2:1  "b" 2}', "the file is broken: Expecting ':' delimiter"),
    "m.toml": ("a = 1\nb = = 2\n", "m.toml:2:1 b = = 2", "the file is broken: Invalid value"),
    "m.py": ("a = 1\nb = (\n", "m.py:2:1 b = (", "the file is broken: '(' was never closed"),
    "m.yaml": ("a: b: c\n", "m.yaml:1:5 :", "': ' inside of an unquoted value is read as a key"),
}


@pytest.mark.parametrize("file", BROKEN)
def test_a_file_of_variables_is_explained_in_the_words_of_its_format(file: str, tmp_path: Path) -> None:
    text, place, message = BROKEN[file]
    project = graph(tmp_path, {"dvc.yaml": f"vars: [{file}]\n", file: text})
    (finding,) = yaml_syntax(project)
    assert (at(finding.place), finding.message) == (place, message)
    assert list(duplicate_key(project)) == []


def test_a_variable_that_stands_twice_is_no_matter_of_syntax(tmp_path: Path) -> None:
    text = "stages:\n  a:\n    cmd: x ${a}\n"
    files = {"dvc.yaml": text, "sub/dvc.yaml": "vars: [../params.yaml]\n" + text, "params.yaml": "a: 1\nb: 2\na: 3\n"}
    project = graph(tmp_path, files)
    assert list(yaml_syntax(project)) == []
    (finding,) = duplicate_key(project)  # though two pipelines read the file
    assert (at(finding.place), finding.message) == ("params.yaml:3:1 a", "the key 'a' stands twice in one mapping")


def test_a_merge_conflict_is_seen_in_any_format(tmp_path: Path) -> None:
    text = '{\n<<<<<<< HEAD\n"a": 1\n=======\n"a": 2\n>>>>>>> other\n}\n'
    (finding,) = yaml_syntax(graph(tmp_path, {"dvc.yaml": "vars: [m.json]\n", "m.json": text}))
    assert finding.message == "a merge conflict is not resolved"
