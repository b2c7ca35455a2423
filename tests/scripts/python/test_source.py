"""Sources: any bytes are read without harm, and every node leads back to its text."""

from __future__ import annotations

import ast
import json
import sysconfig
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelinekit.project.disk import Disk
from pipelinekit.scripts.python.source import Source, read_source

BAD = {
    "python 2": b"print 'hello'\n",
    "null bytes": b"x = 1\0\n",
    "no utf-8": b"x = '\xff\xfe'\n",
    "unknown coding": b"# -*- coding: klingon -*-\nx = 1\n",
    "only a bom": b"\xef\xbb\xbf",
    "brackets": b"(" * 5000,
    "deep": b"x = " + b"[" * 150 + b"]" * 150 + b"\n",
    "indents": b"".join(b" " * depth + b"if x:\n" for depth in range(200)),
    "minus": b"x = " + b"-" * 20000 + b"1\n",
    "sum": b"x = " + b"1 + " * 20000 + b"1\n",
    "open string": b"x = '''",
    "empty": b"",
    "escape": b"x = '\\d'\n",
    "surrogate": b"x = '\\ud800'\n",
}


@pytest.mark.parametrize("name", BAD)
def test_bad_bytes_are_no_reason_to_fail(name: str, tmp_path: Path) -> None:
    (tmp_path / "x.py").write_bytes(BAD[name])
    source = read_source(Disk(str(tmp_path)), "x.py")
    assert source is None or source.tree is None or source.is_complete


def test_a_file_is_parsed_once(tmp_path: Path) -> None:
    (tmp_path / "x.py").write_text("x = 1\n", encoding="utf-8")
    disk = Disk(str(tmp_path))
    assert read_source(disk, "x.py") is read_source(disk.overlaid({}), "x.py")
    assert read_source(disk, "y.py") is None


@pytest.mark.parametrize("coding", ["latin-1", "cp1252", "utf-8"])
def test_coding_line_is_obeyed(coding: str, tmp_path: Path) -> None:
    text = f"# -*- coding: {coding} -*-\nname = 'é' + tail\n"
    (tmp_path / "x.py").write_bytes(text.encode(coding))
    source = read_source(Disk(str(tmp_path)), "x.py")
    assert source is not None
    assert source.tree is not None
    assert shown(source, "tail") == "tail"


def shown(source: Source, name: str) -> str:
    """The text at the place of the node of a name."""
    assert source.tree is not None
    node = next(node for node in ast.walk(source.tree) if isinstance(node, ast.Name) and node.id == name)
    place = source.place(node)
    return place.document.text[place.start : place.end]


@pytest.mark.parametrize(
    "text",
    [
        "x = name\n",
        "\ufeffname = 1\n",
        "\ufeffx = 'ü'; name\n",
        "x = 'äöü😀' + name\n",
        "x = 1\r\ny = 'é', name\r\n",
        "x = 1\ry = name\r",
        "x = '''\n😀\n''' + name",
        "x = 1\f\ny = name",
    ],
)
def test_place_is_where_the_node_stands(text: str) -> None:
    assert shown(Source("x.py", text), "name") == "name"


@given(
    st.lists(st.text(st.sampled_from("aé😀\t '#\u2028"), max_size=6), max_size=6),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.booleans(),
)
def test_places_hold_for_any_text_around(lines: list[str], newline: str, bom: bool) -> None:
    body = [f"x = {line!r}; name" for line in lines] or ["name"]
    source = Source("x.py", ("\ufeff" if bom else "") + newline.join(body))
    assert source.tree is not None
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Name) and node.id == "name":
            place = source.place(node)
            assert place.document.text[place.start : place.end] == "name"


@given(st.text(max_size=80))
def test_any_text_is_a_source(text: str) -> None:
    source = Source("x.py", text)
    for node in ast.walk(source.tree) if source.tree is not None else ():
        place = source.place(node)
        assert 0 <= place.start <= place.end <= len(text)


@given(st.text(max_size=80) | st.recursive(st.none() | st.text() | st.integers(), st.lists).map(json.dumps))
def test_any_text_is_a_notebook(text: str) -> None:
    assert Source("x.ipynb", text).document.text == text


def standard_library() -> list[str]:
    root = Path(sysconfig.get_paths()["stdlib"])
    paths = (path for path in sorted(root.rglob("*.py")) if "site-packages" not in path.parts)
    return [path.relative_to(root).as_posix() for path in paths]


@pytest.mark.slow
def test_no_file_of_the_standard_library_is_too_much() -> None:
    from pipelinekit.project.project import Project
    from pipelinekit.scripts.python.imports import Closures
    from pipelinekit.scripts.python.machine import Loader
    from pipelinekit.scripts.python.runs import follow, setting_of
    from pipelinekit.scripts.runs import Script
    from pipelinekit.scripts.shell import Word

    project = Project(sysconfig.get_paths()["stdlib"])
    # everything beyond the folder that is looked at counts as a library
    for path in standard_library()[::7]:
        loader = Loader(project)
        script = Script(path, Word(path, 0, len(path)), f"python {path}", f"python {path}", False, False)
        (search, observed), _ = follow(loader, script, setting_of(script, project))
        for use in observed.files:
            assert use.place.start <= use.place.end <= len(use.place.document.text)
        Closures(loader).of(script, search)
