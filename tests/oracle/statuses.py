"""A small pipeline with one of everything that `dvc status` looks at, and what the two say of it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

from pipelinekit.freshness.causes import Cause, name_of
from pipelinekit.freshness.status import Status, TrackedStatus, statuses, tracked_statuses
from pipelinekit.graph.graph import Graph
from pipelinekit.project.project import Project
from pipelinekit.resolve.index import Index
from tests.oracle.dvc_view import opened

PIPELINE = """\
stages:
  prepare:
    cmd: cat src/prepare.sh src/common/a.sh data/raw.csv > clean.csv
    deps:
    - src/prepare.sh
    - src/common
    - data/raw.csv
    params:
    - prepare.split
    - prepare.columns
    outs:
    - clean.csv
  split:
    cmd:
    - mkdir -p parts/deep
    - cp clean.csv parts/one.csv
    - cp clean.csv parts/deep/two.csv
    - echo three > parts/three.csv
    deps:
    - clean.csv
    outs:
    - parts
  train:
    cmd: cat parts/one.csv train.sh settings.json > model.txt
    deps:
    - parts/one.csv
    - parts/deep
    - train.sh
    params:
    - settings.json:
    outs:
    - model.txt
    plots:
    - curve.csv:
        cache: false
    - shape.csv
  evaluate:
    wdir: reports
    cmd: cp ../model.txt metrics.txt
    deps:
    - ../model.txt
    params:
    - limits.toml:
      - low.x
    metrics:
    - metrics.txt:
        cache: false
  keep:
    cmd: echo once >> log.txt
    deps:
    - data
    outs:
    - log.txt:
        persist: true
  hold:
    frozen: true
    cmd: cp data/raw.csv held.csv
    deps:
    - data/raw.csv
    outs:
    - held.csv
  watch:
    cmd: cp train.sh watched.txt
    always_changed: true
    deps:
    - train.sh
    outs:
    - watched.txt
  say:
    cmd: echo hello
  grid:
    foreach: [1, 2]
    do:
      cmd: cp data/raw.csv grid${item}.csv
      deps:
      - data/raw.csv
      outs:
      - grid${item}.csv
"""
FILES = {
    "dvc.yaml": PIPELINE.replace("> model.txt", "> model.txt && cp train.sh curve.csv && cp train.sh shape.csv"),
    "sub/dvc.yaml": (
        "stages:\n  inner:\n    cmd: cp ../model.txt inner.txt\n    deps: [../model.txt]\n    outs: [inner.txt]\n"
    ),
    ".dvcignore": "*.tmp\n",
    "src/prepare.sh": "echo prepare\necho more\n",
    "src/common/a.sh": "echo a\n",
    "src/common/deep/b.sh": "echo b\n",
    "train.sh": "echo train\n",
    "data/raw.csv": "a,b\n1,2\n",
    "data/extra.txt": "extra\n",
    "outside/source.csv": "imported\n",
    "params.yaml": "prepare:\n  split: 0.2\n  columns: [a, b]\nother: 1\n",
    "settings.json": '{"lr": 0.1, "layers": [1, 2]}\n',
    "reports/limits.toml": "[low]\nx = 1\n",
    ".gitignore": "*.pyc\n/outside\n",
}
FROZEN = "    frozen: true\n"


def make(folder: Path) -> None:
    """The project after `dvc add` and `dvc repro`, in git."""
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace(FROZEN, ""), encoding="utf-8")  # else it would not run once
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    (folder / ".dvc").mkdir()
    (folder / ".dvc" / "config").write_text("", encoding="utf-8")
    (folder / ".dvc" / ".gitignore").write_text("/config.local\n/tmp\n/cache\n", encoding="utf-8")
    with opened(str(folder), git=True) as repo:
        repo.add(["data/raw.csv"])
        repo.imp_url("outside/source.csv", out="imported.csv")
        repo.reproduce(all_pipelines=True)
    write(folder / "dvc.yaml", FILES["dvc.yaml"])
    subprocess.run(["git", "add", "-A"], cwd=folder, check=True)


Said = dict[str, set[tuple[str, str]]]


def theirs(folder: Path) -> Said:
    """What `dvc status` says: per stage what has changed, and how."""
    with opened(str(folder), git=(folder / ".git").exists()) as repo:
        found = repo.status(check_updates=False)  # nothing is asked of a server
    return {address: set(_flat(entries)) for address, entries in found.items()}


def _flat(entries: list[Any]) -> Any:
    for entry in entries:
        if isinstance(entry, str):
            yield "", entry
            continue
        for changed in entry.values():
            for path, word in changed.items():
                if isinstance(word, str):
                    yield path, word
                else:
                    yield from ((f"{path}:{key}", one) for key, one in word.items())


def verdicts(folder: Path) -> dict[str, Status | TrackedStatus]:
    """Ours, by the name that DVC has for a stage."""
    graph = Graph(Index(Project(str(folder))))
    found: dict[str, Status | TrackedStatus] = {}
    for stage, status in graph.derived(statuses).items():
        found[name_of(stage)] = status
    for file, tracked in graph.derived(tracked_statuses).items():
        found[file.file] = tracked
    return found


def ours(folder: Path) -> Said:
    """The same in our words, as far as DVC says so, too. A stage that has never run has nothing but that."""
    said: Said = {}
    for name, verdict in verdicts(folder).items():
        causes = [cause for cause in verdict.because if cause.is_dvc]
        if causes:
            said[name] = set() if verdict.state == "never-run" else {_said(cause, folder) for cause in causes}
        elif verdict.state == "stale":
            assert all(cause.kind in ("upstream", "definition") for cause in verdict.because)
    return said


def _said(cause: Cause, folder: Path) -> tuple[str, str]:
    path = cause.path if cause.kind in ("dep", "out", "param") else ""
    return (str((folder / path).resolve()) if path.startswith("../") else path), str(cause.change)


def assert_equal(folder: Path) -> Said:
    """Both say the same; what they said."""
    kit = ours(folder)  # first: DVC removes from its cache what it finds to be broken
    dvc = theirs(folder)
    assert set(kit) == set(dvc), f"stale for one of the two: {set(kit) ^ set(dvc)}\ndvc: {dvc}\nkit: {kit}"
    for name, said in kit.items():
        if said:
            new_files = {path for path, word in dvc[name] if word == "new"}
            here = {(path.partition(":")[0], word) if path.partition(":")[0] in new_files else (path, word)
                    for path, word in said}  # fmt: skip
            assert here == dvc[name], f"{name}: dvc says {dvc[name]}, pipelinekit {said}"
    return dvc


def copy_of(made: Path, folder: Path) -> Path:
    """The project somewhere else, times and modes kept, cache included."""
    subprocess.run(["cp", "-a", str(made), str(folder)], check=True)
    return folder


def replace(folder: Path, name: str, old: str, new: str) -> None:
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    write(path, text.replace(old, new))


def write(path: Path, text: str) -> None:
    """Write a file anew, whatever it was linked to."""
    if path.exists():
        path.unlink()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="")


def cached(folder: Path, name: str) -> Path:
    """Where the cache has the content of an output, by the lock."""
    import yaml

    for lock in folder.rglob("dvc.lock"):
        for stage in yaml.safe_load(lock.read_text(encoding="utf-8"))["stages"].values():
            for out in stage.get("outs", ()):
                if out["path"] == name:
                    return folder / ".dvc/cache/files/md5" / out["md5"][:2] / out["md5"][2:]
    raise KeyError(name)


def lose(path: Path) -> None:
    """Remove a file from the cache, which is protected."""
    os.chmod(path.parent, 0o755)
    path.unlink()
