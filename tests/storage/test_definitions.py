"""What a version of a `dvc.yaml` says of where outputs are kept."""

from __future__ import annotations

import pytest

from pipelinekit.storage.definitions import Definitions, OutFlags

TEXT = """\
stages:
  plain:
    wdir: src
    cmd: x
    outs:
    - a.bin:
        push: false
    - b.bin
    metrics:
    - m.json: {cache: false}
    plots:
    - p.csv: {remote: other}
  many:
    foreach: ${names}
    do:
      wdir: ${item}
      cmd: x
      outs:
      - out/${item}/model.pkl: {cache: false}
      - out/${item}: {push: false}
"""


@pytest.mark.parametrize(
    ("stage", "path", "flags"),
    [
        ("plain", "a.bin", OutFlags(push=False)),
        ("plain", "b.bin", OutFlags()),
        ("plain", "m.json", OutFlags(cache=False)),
        ("plain", "p.csv", OutFlags(remote="other")),
        ("plain", "gone.bin", OutFlags()),
        ("many@x", "out/x/model.pkl", OutFlags(cache=False)),
        ("many@x", "out/x", OutFlags(push=False)),
        ("gone", "m.json", OutFlags()),
    ],
)
def test_flags(stage: str, path: str, flags: OutFlags) -> None:
    assert Definitions(TEXT).flags(stage, path) == flags


def test_a_path_that_fits_several_templates_says_nothing() -> None:
    outs = "    - ${a}/${b}: {cache: false}\n    - ${a}/${c}\n    - ${a}/x-${c}: {push: false}\n"
    found = Definitions(f"stages:\n  s:\n    cmd: x\n    outs:\n{outs}")
    assert found.flags("s", "data/y.csv") is None
    assert found.flags("s", "data/x-y.csv") == OutFlags(push=False)


def test_folders() -> None:
    found = Definitions(TEXT)
    assert (found.wdir("plain"), found.wdir("many@x"), found.wdir("gone")) == ("src", None, ".")


@pytest.mark.parametrize(
    "text", ["", "stages: [", "cache", "- cache", "stages: {a: cache}", "stages: {a: {outs: cache}}"]
)
def test_what_can_not_be_read_says_nothing(text: str) -> None:
    assert Definitions(text).flags("a", "b") == OutFlags()
