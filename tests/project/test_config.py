"""The configuration is read as ConfigObj reads it, and every value is where it says."""

from __future__ import annotations

from pathlib import Path

import pytest
from configobj import ConfigObj
from hypothesis import given
from hypothesis import strategies as st

from pipelinekit.project.config import Config, is_local_path, read_config, read_shared_config
from pipelinekit.project.project import Project
from pipelinekit.yaml.tree import Document

TEXT = """\
# of everybody
[core]
    remote = Storage   # the default
    analytics = false
['remote "storage"']
    url = s3://bucket/with#hash
    profile = "team one"
    empty =
["remote \\"Other\\""]
    url = '../data, with comma'
[cache]
dir = /shared/cache
"""


def config(text: str) -> Config:
    return Config(Document(text, ".dvc/config"))


def test_values_and_their_places() -> None:
    found = config(TEXT)
    assert [(value.section, value.key, value.value) for value in found.values][:2] == [
        ("core", "remote", "Storage"),
        ("core", "analytics", "false"),
    ]
    for value in found.values:
        assert TEXT[value.place.start : value.place.end] == value.value
    dir_ = found.get("cache", "dir")
    assert dir_ is not None
    assert dir_.value == "/shared/cache"
    assert found.get("cache", "type") is None


def test_remotes() -> None:
    text = "['remote \"one\"']\nurl = s3://a\n['remote \"two\"']\nprofile = x\n[remotes]\nurl = no\n"
    assert {name: value and value.value for name, value in config(text).remotes.items()} == {
        "one": "s3://a",
        "two": None,
    }


NAMES = st.text("abcxyz_", min_size=1, max_size=5)
VALUES = st.text("abc /:.~%@=-_é", max_size=12).map(str.strip)


@given(st.dictionaries(st.one_of(NAMES, NAMES.map('remote "{}"'.format)), st.dictionaries(NAMES, VALUES)))
def test_what_configobj_writes_is_read_as_it_reads_it(data: dict[str, dict[str, str]]) -> None:
    written = ConfigObj(data)
    text = "\n".join(written.write()) + "\n"
    again = ConfigObj(text.splitlines())
    found: dict[str, dict[str, str]] = {section: {} for section in config(text).sections}
    for value in config(text).values:
        found[value.section][value.key] = value.value
    assert found == {name: {key: str(value) for key, value in section.items()} for name, section in again.items()}


@given(st.text("[]'\"=#\n ar\r\t", max_size=40))
def test_no_text_is_too_odd(text: str) -> None:
    for value in config(text).values:
        assert text[value.place.start : value.place.end] == value.value


@pytest.mark.parametrize(
    ("address", "is_local"),
    [
        ("/data", True),
        ("../x", True),
        ("C:\\x", True),
        ("s3://b", False),
        ("remote://a/b", False),
        ("ssh://a@b/c", False),
    ],
)
def test_local_paths(address: str, is_local: bool) -> None:
    assert is_local_path(address) is is_local


def test_files(tmp_path: Path) -> None:
    assert read_config(Project(str(tmp_path))) == []
    assert read_shared_config(Project(str(tmp_path))) is None
    (tmp_path / ".dvc").mkdir()
    (tmp_path / ".dvc" / "config").write_bytes(b"\xff")
    (tmp_path / ".dvc" / "config.local").write_text("[core]\nremote = a\n", encoding="utf-8")
    (found,) = read_config(Project(str(tmp_path)))
    assert found.document.name == ".dvc/config.local"
