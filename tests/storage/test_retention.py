"""What a rule keeps and frees is what the real `dvc gc` keeps and frees."""

from __future__ import annotations

import os
import random
import shlex
import subprocess
import sys
from datetime import date, datetime
from pathlib import Path

import pytest
import yaml

from pipelinekit.storage.listing import Key, Listings, list_folder
from pipelinekit.storage.retention import Freed, Rule, freed_in, gc_command, kept, kept_commits, older_than
from tests.freshness.projects import lock, md5
from tests.storage.histories import commit, git, read, start
from tests.storage.test_count import PIPELINE, folder_version, model

DVC = str(Path(sys.executable).parent / "dvc")
DAY = 86_400
#: noon of the first day, in the zone of the machine, as `dvc gc --date` counts
START = int(datetime(2025, 3, 1, 12).timestamp())


def dvc(folder: Path, *arguments: str) -> str:
    environment = {**os.environ, "DVC_NO_ANALYTICS": "1", "NO_COLOR": "1"}
    result = subprocess.run([DVC, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def store(folder: Path, text: str, *, legacy: bool = False) -> None:
    """A content in the cache."""
    name = md5(text)
    path = folder / ".dvc/cache" / ("" if legacy else "files/md5") / name[:2] / name[2:]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


PARTS = "  split:\n    cmd: x\n    outs:\n    - parts\n"
UNCACHED = PIPELINE.replace("- model.pkl", "- model.pkl: {cache: false}")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two branches and two tags; folders, a renamed stage, what is no longer cached, DVC 2, and rubbish."""
    folder = start(tmp_path_factory.mktemp("retention") / "p")
    for place, text in enumerate(("a", "bb", "cccc", "dddd dddd")):
        store(folder, text)
        commit(folder, {"dvc.yaml": PIPELINE, "dvc.lock": model(text)}, when=START + place * DAY)
    git(folder, "tag", "v1", "HEAD~2")
    git(folder, "switch", "-q", "-c", "side", "HEAD~1")
    store(folder, "on the side")
    commit(folder, {"dvc.lock": model("on the side")}, when=START + 5 * DAY)
    git(folder, "tag", "-a", "-m", "x", "v2")
    store(folder, "further on the side")
    commit(folder, {"dvc.lock": model("further on the side")}, when=START + 6 * DAY)
    git(folder, "switch", "-q", "main")
    git(folder, "merge", "-q", "-s", "ours", "-m", "m", "side", when=START + 7 * DAY)
    for place, files in enumerate(({"a": "1" * 50, "b": "2" * 60}, {"a": "1" * 50, "b": "3" * 70})):
        made = folder_version(folder, files).replace("train:", "split:").split("stages:\n")[1]
        changed = {"dvc.yaml": PIPELINE + PARTS, "dvc.lock": model("dddd dddd") + made}
        commit(folder, changed, when=START + (8 + place) * DAY)
    # the lock still has the stage under its old name, and an output that is no longer cached
    store(folder, "renamed")
    renamed = PIPELINE.replace("train:", "fit:")
    both = model("renamed").replace("train:", "fit:") + model("bb").split("stages:\n")[1]
    commit(folder, {"dvc.yaml": renamed, "dvc.lock": both}, when=START + 11 * DAY)
    commit(folder, {"dvc.yaml": UNCACHED, "dvc.lock": model("cccc")}, when=START + 12 * DAY)
    store(folder, "of DVC 2", legacy=True)
    store(folder, "of DVC 2")
    old = model("of DVC 2").replace("      hash: md5\n", "")
    commit(folder, {"dvc.yaml": PIPELINE, "dvc.lock": old}, when=START + 13 * DAY)
    templated = "stages:\n  train:\n    foreach: ${names}\n    do:\n      cmd: x\n      outs:\n      - ${item}.bin\n"
    for place, names in enumerate(("[a, b]", "[a]")):
        for text in "AB":
            store(folder, text * 30)
        texts = lock(**{f"train__{name}": {"outs": {f"{name}.bin": name.upper() * 30}} for name in "ab"})
        files = {"dvc.yaml": templated, "params.yaml": f"names: {names}\n", "dvc.lock": texts}
        commit(folder, files, when=START + (14 + place) * DAY)
    store(folder, "tracked")
    tracked = {"path": "raw", "md5": md5("tracked"), "size": 7, "hash": "md5"}
    commit(folder, {"raw.dvc": yaml.safe_dump({"outs": [tracked]})}, when=START + 16 * DAY)
    store(folder, "rubbish of a run that nobody committed")
    return folder


RULES = [
    Rule(keep=1),
    Rule(keep=2),
    Rule(keep=4),
    Rule(keep=6),
    Rule(keep=9),
    Rule(keep=100),
    Rule(keep=2, all_branches=True),
    Rule(tags=True),
    Rule(keep=3, tags=True),
    Rule(since=date(2025, 3, 6)),
    Rule(since=date(2025, 3, 8), tags=True),
    Rule(keep=1, since=date(2025, 3, 14), tags=True, all_branches=True),
]


def keys_in(folder: Path) -> set[Key]:
    listing = list_folder(str(folder / ".dvc/cache"))
    assert listing is not None
    return set(listing.sizes)


#: the others are for .ci/run: DVC takes a second for each
QUICK = (Rule(keep=4), Rule(keep=1, since=date(2025, 3, 14), tags=True, all_branches=True))


@pytest.mark.parametrize(
    "rule", [pytest.param(rule, id=gc_command(rule), marks=() if rule in QUICK else pytest.mark.slow) for rule in RULES]
)
def test_dvc_gc_leaves_what_is_said_to_be_kept(rule: Rule, project: Path, tmp_path: Path) -> None:
    folder = tmp_path / "p"
    subprocess.run(["cp", "-a", str(project), str(folder)], check=True)
    cache = list_folder(str(folder / ".dvc/cache"))
    assert cache is not None
    before = cache.total
    found = kept(read(folder), rule, Listings(cache))
    freed = freed_in(cache, found.keys)
    assert not found.unreadable
    said = shlex.split(gc_command(rule))
    dvc(folder, *said[1:], "--force")
    after = list_folder(str(folder / ".dvc/cache"))
    assert after is not None
    assert set(after.sizes) == set(cache.sizes) & found.keys
    assert freed == Freed(len(cache.sizes) - len(after.sizes), before - after.total)
    assert freed.objects > 0


def test_many_random_histories(tmp_path: Path) -> None:
    """The commits that a rule names, however branches and merges lie."""
    from dvc.repo import Repo
    from dvc.scm import iter_revs

    draw = random.Random(7)
    folder = start(tmp_path)
    for place in range(25):
        commit(folder, {"x": str(place)}, when=START + draw.randrange(40) * DAY // 2)
        step = draw.random()
        branches = git(folder, "for-each-ref", "--format=%(refname:short)", "refs/heads").split()
        if step < 0.3:
            git(folder, "switch", "-q", "-c", f"b{place}", f"HEAD~{draw.randrange(3)}", check=False)
        elif step < 0.5:
            git(folder, "merge", "-q", "-X", "ours", "-m", "m", draw.choice(branches), check=False)
        elif step < 0.6:
            git(folder, "tag", f"t{place}")
        elif step < 0.7:
            git(folder, "tag", "-a", "-m", "x", f"t{place}")
    with Repo(str(folder)) as repo:
        for rule in RULES:
            theirs = iter_revs(
                repo.scm,
                ["HEAD"] if rule.keep is not None and not rule.all_branches else [],
                num=rule.keep or 1,
                all_branches=rule.all_branches,
                all_tags=rule.tags,
                commit_date=rule.since.isoformat() if rule.since is not None else None,
            )
            assert set(kept_commits(str(folder), rule)) == set(theirs), rule


def test_a_commit_that_dvc_can_not_read_is_said(tmp_path: Path) -> None:
    start(tmp_path)
    commit(tmp_path, {"dvc.yaml": "stages: ["})
    broken = git(tmp_path, "rev-parse", "HEAD").strip()
    commit(tmp_path, {"dvc.yaml": PIPELINE, "dvc.lock": model("a")})
    found = kept(read(tmp_path), Rule(keep=2), Listings())
    assert found.unreadable == (broken,)


def test_a_folder_whose_list_is_not_here_is_said(tmp_path: Path) -> None:
    start(tmp_path)
    text = folder_version(tmp_path, {"a": "1"}, listed=False)
    commit(tmp_path, {"dvc.yaml": PIPELINE.replace("model.pkl", "parts"), "dvc.lock": text})
    assert len(kept(read(tmp_path), Rule(keep=1), Listings()).unlisted) == 1


def test_the_command_names_a_remote_safely() -> None:
    assert gc_command(Rule(keep=3), "a b; x", cloud=True) == (
        "dvc gc --workspace --rev HEAD --num 3 --cloud --remote 'a b; x'"
    )


def test_ninety_days_back() -> None:
    assert older_than(90, date(2026, 3, 31)) == date(2025, 12, 31)
