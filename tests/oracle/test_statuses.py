"""`pipelinekit status` is what `dvc status` is, in every way in which a project can go stale."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.end_to_end.programs import call
from tests.oracle.dvc_view import opened
from tests.oracle.statuses import assert_equal, cached, copy_of, lose, make, replace, write

pytestmark = pytest.mark.filterwarnings("ignore")  # those of DVC's own libraries

ALWAYS = {"watch", "say"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("statuses") / "made"
    make(folder)
    return folder


class Case(NamedTuple):
    title: str
    change: Callable[[Path], object]
    #: what is stale after it, beside the stages that run every time
    stale: set[str]


def replacing(name: str, old: str, new: str) -> Callable[[Path], None]:
    return lambda folder: replace(folder, name, old, new)


def adding(name: str, text: str = "new\n") -> Callable[[Path], None]:
    return lambda folder: write(folder / name, text)


def removing(*names: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        for name in names:
            path = folder / name
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    return change


def losing(name: str) -> Callable[[Path], None]:
    return lambda folder: lose(cached(folder, name))


def losing_member(folder: Path) -> None:
    listing = cached(folder, "parts")
    md5 = hashlib.md5((folder / "parts/three.csv").read_bytes()).hexdigest()
    assert md5 in listing.read_text()
    lose(folder / ".dvc/cache/files/md5" / md5[:2] / md5[2:])


def corrupting(folder: Path) -> None:
    path = cached(folder, "clean.csv")
    os.chmod(path, 0o644)
    path.write_text("something else")


def unprotecting(folder: Path) -> None:
    os.chmod(cached(folder, "model.txt"), 0o644)


def as_dvc_2(name: str, *, crlf: bool) -> Callable[[Path], None]:
    """The entries of a file as DVC 2 wrote them, the file being the same, or with other line ends."""

    def change(folder: Path) -> None:
        text = (folder / "dvc.lock").read_text(encoding="utf-8")
        text = text.replace(f"    - path: {name}\n      hash: md5\n", f"    - path: {name}\n")
        (folder / "dvc.lock").write_text(text, encoding="utf-8")
        if crlf:
            replace(folder, name, "\n", "\r\n")

    return change


def as_dvc_2_folder(folder: Path) -> None:
    as_dvc_2("src/common", crlf=False)(folder)
    replace(folder, "src/common/a.sh", "\n", "\r\n")


def moving_wdir(folder: Path) -> None:
    replace(folder, "dvc.yaml", "    wdir: reports\n", "    wdir: reports2\n")
    (folder / "reports").rename(folder / "reports2")


def linking(folder: Path) -> None:
    (folder / "elsewhere.sh").write_text("echo train\n")
    (folder / "train.sh").unlink()
    (folder / "train.sh").symlink_to("elsewhere.sh")


CASES = [
    Case("nothing", lambda folder: None, set()),
    Case("touch", lambda folder: (folder / "train.sh").touch(), set()),
    Case("mode", lambda folder: (folder / "train.sh").chmod(0o755), set()),
    Case("content", replacing("train.sh", "train", "learn"), {"train"}),
    Case("line ends", replacing("train.sh", "\n", "\r\n"), {"train"}),
    Case("a link to the same content", linking, set()),
    Case("a dependency is gone", removing("train.sh"), {"train"}),
    Case("a file that nobody uses", adding("README.md"), set()),
    # folders
    Case("a member changed", replacing("src/common/deep/b.sh", "b", "c"), {"prepare"}),
    Case("a new member", adding("src/common/c.sh"), {"prepare"}),
    Case("a member is gone", removing("src/common/deep/b.sh"), {"prepare"}),
    Case("a member that git ignores", adding("src/common/a.pyc"), {"prepare"}),
    Case("a member that DVC ignores", adding("src/common/a.tmp"), set()),
    Case("an empty folder inside", lambda folder: (folder / "src/common/empty").mkdir(), set()),
    Case("a folder is gone", removing("src/common"), {"prepare"}),
    Case("a file in the place of a folder", lambda folder: (removing("src/common")(folder),
         adding("src/common")(folder)), {"prepare"}),
    Case("a project inside of a folder", lambda folder: (adding("src/common/other/x")(folder),
         (folder / "src/common/other/.dvc").mkdir()), set()),
    Case("a link to a folder inside", lambda folder: (folder / "src/common/data").symlink_to("../../data"), set()),
    Case("a link to a file inside", lambda folder: (folder / "src/common/t.sh").symlink_to("../../train.sh"),
         {"prepare"}),
    # values
    Case("a value", replacing("params.yaml", "0.2", "0.3"), {"prepare"}),
    Case("a list", replacing("params.yaml", "[a, b]", "[b, a]"), {"prepare"}),
    Case("a value is gone", replacing("params.yaml", "  split: 0.2\n", ""), {"prepare"}),
    Case("a value nobody uses", replacing("params.yaml", "other: 1", "other: 2"), set()),
    Case("a value as another type that is equal", replacing("reports/limits.toml", "1", "1.0"), set()),
    Case("a value in TOML", replacing("reports/limits.toml", "1", "2"), {"evaluate"}),
    Case("the format", replacing("params.yaml", "columns: [a, b]", "columns:\n  - a\n  - b\n  # why"), set()),
    Case("a parameter more", replacing("dvc.yaml", "- prepare.split\n", "- prepare.split\n    - other\n"), {"prepare"}),
    Case("a parameter more, which is nowhere",
         replacing("dvc.yaml", "- prepare.split\n", "- prepare.split\n    - nowhere\n"), {"prepare"}),
    Case("a parameter less", replacing("dvc.yaml", "    - prepare.columns\n", ""), set()),
    Case("a value of a whole file", replacing("settings.json", "0.1", "0.2"), {"train"}),
    Case("a new key of a whole file", replacing("settings.json", "{", '{"new": 1, '), {"train"}),
    Case("a key less in a whole file", replacing("settings.json", '"lr": 0.1, ', ""), {"train"}),
    Case("the format of a whole file", replacing("settings.json", " ", "\n"), set()),
    Case("a file of parameters is gone", removing("settings.json"), {"train"}),
    Case("a file of parameters more",
         replacing("dvc.yaml", "    - settings.json:\n", "    - settings.json:\n    - params.yaml:\n"), {"train"}),
    Case("a key of a file more",
         replacing("dvc.yaml", "    - settings.json:\n", "    - settings.json:\n    - other\n"), {"train"}),
    # commands
    Case("a command", replacing("dvc.yaml", "> clean.csv", ">> clean.csv"), {"prepare"}),
    Case("a command in a list", replacing("dvc.yaml", "echo three", "echo four"), {"split"}),
    Case("a list instead of a text", replacing("dvc.yaml", "cmd: echo once", "cmd:\n    - echo once"), {"keep"}),
    Case("the folding of a command", replacing("dvc.yaml", "cmd: cat src", "cmd: >-\n      cat src"), set()),
    Case("a line end behind a command",
         replacing("dvc.yaml", "cmd: echo once >> log.txt", "cmd: |\n      echo once >> log.txt"), {"keep"}),
    # what is listed
    Case("a dependency more", replacing("dvc.yaml", "    - train.sh\n    params", "    - train.sh\n    - data/raw.csv"
         "\n    params"), {"train"}),
    Case("a dependency more, which is nowhere", replacing("dvc.yaml", "    - train.sh\n    params",
         "    - train.sh\n    - nowhere.csv\n    params"), {"train"}),
    Case("a dependency less", replacing("dvc.yaml", "    - src/common\n", ""), set()),
    Case("another spelling", replacing("dvc.yaml", "    - src/common\n", "    - src/common/\n"), {"prepare"}),
    Case("an output more",
         replacing("dvc.yaml", "    - clean.csv\n  split", "    - clean.csv\n    - more.csv\n  split"), {"prepare"}),
    Case("an output less", replacing("dvc.yaml", "    - shape.csv\n", ""), set()),
    Case("an output is cached no longer", replacing("dvc.yaml", "    - shape.csv\n",
         "    - shape.csv:\n        cache: false\n"), set()),
    Case("a description", replacing("dvc.yaml", "  prepare:\n", "  prepare:\n    desc: cleans\n"), set()),
    Case("a new name", replacing("dvc.yaml", "  prepare:\n", "  cleanse:\n"), {"cleanse"}),
    Case("one of a group more", replacing("dvc.yaml", "foreach: [1, 2]", "foreach: [1, 2, 3]"), {"grid@3"}),
    Case("another folder to work in", moving_wdir, set()),
    # outputs
    Case("an output changed", adding("clean.csv", "a,b\n"), {"prepare", "split"}),
    Case("an output is gone", removing("model.txt"), {"train", "evaluate", "sub/dvc.yaml:inner"}),
    Case("a folder of outputs is gone", removing("parts"), {"split", "train"}),
    Case("a file of an output is gone", removing("parts/one.csv"), {"split", "train"}),
    Case("a file more in an output", adding("parts/four.csv"), {"split"}),
    Case("a metric changed", adding("reports/metrics.txt"), {"evaluate"}),
    Case("a metric is gone", removing("reports/metrics.txt"), {"evaluate"}),
    Case("a plot that git keeps is gone", removing("curve.csv"), {"train"}),
    Case("a persistent output changed", adding("log.txt", "once\ntwice\n"), {"keep"}),
    Case("the cache lost a file", losing("clean.csv"), {"prepare", "split"}),  # which has it, too
    Case("the cache lost a folder", losing("parts"), {"split"}),
    Case("the cache lost a file of a folder", losing_member, {"split"}),
    Case("the cache lost everything", removing(".dvc/cache"), {
        "prepare", "split", "train", "keep", "hold", "grid@1", "grid@2", "sub/dvc.yaml:inner", "data/raw.csv.dvc",
        "imported.csv.dvc"}),
    Case("the cache has something else", corrupting, {"prepare", "split"}),
    Case("the cache is not protected", unprotecting, set()),
    # locks
    Case("no lock", removing("dvc.lock"),
         {"prepare", "split", "train", "evaluate", "keep", "hold", "grid@1", "grid@2"}),
    Case("no lock of a part", removing("sub/dvc.lock"), {"sub/dvc.yaml:inner"}),
    Case("no entry", lambda folder: (folder / "dvc.lock").write_text(
        (folder / "dvc.lock").read_text().replace("  train:\n", "  trained:\n")), {"train"}),
    Case("an entry of DVC 2", as_dvc_2("train.sh", crlf=False), set()),
    Case("an entry of DVC 2, other line ends", as_dvc_2("train.sh", crlf=True), set()),
    Case("a folder of DVC 2, other line ends", as_dvc_2_folder, set()),
    Case("an output of DVC 2 that its cache has not", as_dvc_2("shape.csv", crlf=False), {"train"}),
    Case("a metric of DVC 2, other line ends", as_dvc_2("curve.csv", crlf=True), set()),
    # stages that are not like others
    Case("a frozen stage", replacing("dvc.yaml", "  train:\n", "  train:\n    frozen: true\n"), set()),
    Case("a frozen stage and its code", lambda folder: (replacing("dvc.yaml", "  train:\n", "  train:\n    frozen: "
         "true\n")(folder), replacing("train.sh", "train", "learn")(folder)), set()),
    Case("a frozen stage and its command", replacing("dvc.yaml", "cp data/raw.csv held", "cp -f data/raw.csv held"),
         {"hold"}),
    Case("a frozen stage and its output", removing("held.csv"), {"hold"}),
    Case("a stage that always runs", replacing("dvc.yaml", "  keep:\n", "  keep:\n    always_changed: true\n"),
         {"keep"}),
    # data
    Case("data changed", adding("data/raw.csv"), {"data/raw.csv.dvc", "prepare", "keep", "grid@1", "grid@2"}),
    Case("data is gone", removing("data/raw.csv"), {"data/raw.csv.dvc", "prepare", "keep", "grid@1", "grid@2"}),
    Case("data beside it", adding("data/extra.txt"), {"keep"}),
    Case("a checksum of an older DVC", replacing("data/raw.csv.dvc", "outs:", f"md5: {'a' * 32}\nouts:"),
         {"data/raw.csv.dvc", "keep"}),
    Case("an import changed here", adding("imported.csv"), {"imported.csv.dvc"}),
    Case("an import changed there", adding("outside/source.csv"), set()),
    Case("a thawed import changed there", lambda folder: (adding("outside/source.csv")(folder),
         replacing("imported.csv.dvc", "frozen: true\n", "")(folder)), {"imported.csv.dvc"}),
    Case("a thawed import", replacing("imported.csv.dvc", "frozen: true\n", ""), set()),
    Case("an import spelled in another way", replacing("imported.csv.dvc", "path: outside/", "path: ./outside/"),
         set()),
    Case("an import edited by hand", replacing("imported.csv.dvc", "deps:\n- md5: ", "deps:\n- md5: f"),
         {"imported.csv.dvc"}),
]  # fmt: skip


def test_data_of_another_repository(tmp_path: Path) -> None:
    """What is new there only a server could say; what was edited here, the file itself."""
    source, folder = tmp_path / "source", tmp_path / "project"
    write(source / "f.csv", "data\n")
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "data"]):
        call("git", *command, folder=source)
    (folder / ".dvc").mkdir(parents=True)
    write(folder / ".dvc/config", "")
    call("git", "init", "-q", folder=folder)
    with opened(str(folder), git=True) as repo:
        repo.imp(str(source), "f.csv", out="g.csv")
    assert assert_equal(folder) == {}
    replace(folder, "g.csv.dvc", "rev_lock: ", "rev_lock: f")
    assert assert_equal(folder) == {"g.csv.dvc": {("", "changed checksum")}}
    write(folder / "g.csv", "other\n")
    assert assert_equal(folder) == {"g.csv.dvc": {("", "changed checksum"), ("g.csv", "modified")}}


@pytest.mark.parametrize(
    "case",
    # asking DVC takes its time: CI asks about all of them
    [pytest.param(case, id=case.title, marks=[pytest.mark.slow] * (number % 2)) for number, case in enumerate(CASES)],
)
def test_what_is_stale(case: Case, made: Path, tmp_path: Path) -> None:
    folder = copy_of(made, tmp_path / "project")
    case.change(folder)
    assert set(assert_equal(folder)) == case.stale | ALWAYS
