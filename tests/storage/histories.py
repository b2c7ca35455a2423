"""Repositories with a history of locks and `.dvc` files, and a count of what they name that goes the long way."""

from __future__ import annotations

import os
import re
import subprocess
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from pipelinekit.graph.graph import Graph
from pipelinekit.project.project import Project
from pipelinekit.resolve.index import Index

NOBODY = {
    f"GIT_{role}_{what}": value
    for role in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "nobody"), ("EMAIL", "nobody@example.org"))
}


def git(folder: Path, *arguments: str, when: int | None = None, check: bool = True) -> str:
    """What git prints; `when` is the time of a commit, in seconds since 1970."""
    dates = {f"GIT_{role}_DATE": f"@{when} +0000" for role in ("AUTHOR", "COMMITTER")} if when is not None else {}
    environment = {**os.environ, **NOBODY, **dates, "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}
    result = subprocess.run(["git", *arguments], cwd=folder, env=environment, capture_output=True, check=check)
    return result.stdout.decode("utf-8", "replace")


def start(folder: Path) -> Path:
    """An empty repository with a DVC project."""
    (folder / ".dvc").mkdir(parents=True, exist_ok=True)
    git(folder, "init", "-q", "-b", "main")
    (folder / ".dvc" / "config").write_text("")
    (folder / ".dvc" / ".gitignore").write_text("/cache\n/tmp\n/config.local\n")
    return folder


def commit(folder: Path, files: dict[str, str | bytes | None], message: str = "change", when: int | None = None) -> str:
    """Commit files; None takes one away. The id of the commit."""
    for name, text in files.items():
        path = folder / name
        if text is None:
            path.unlink(missing_ok=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", message, when=when)
    return git(folder, "rev-parse", "HEAD").strip()


def read(folder: Path) -> Graph:
    return Graph(Index(Project(str(folder))))


class Found(NamedTuple):
    """Bytes by MD5 (with `legacy`), and MD5s by output."""

    sizes: dict[tuple[str, bool], int]
    outputs: dict[str, set[tuple[str, bool]]]

    @property
    def total(self) -> int:
        return sum(self.sizes.values())


def count_by_checkout(folder: Path, revisions: list[str]) -> Found:
    """Check out every commit of a clone, and add up what all its locks and `.dvc` files name."""
    clone = folder.parent / f"{folder.name}-clone"
    git(folder.parent, "clone", "-q", "--no-hardlinks", str(folder), str(clone))
    found = Found({}, {})
    for revision in revisions:
        git(clone, "checkout", "-q", "-f", "--detach", revision)
        add_all(clone, found)
    add_all(folder, found)
    return found


def add_all(folder: Path, found: Found) -> None:
    """Add what the files in a folder name."""
    for path in folder.rglob("*"):
        inner = path.relative_to(folder).parents
        if ".git" in path.parts or not path.is_file() or any((folder / each / ".dvc").is_dir() for each in inner[:-1]):
            continue
        if path.name == "dvc.lock":
            _add_lock(folder, path, found)
        elif path.name.endswith(".dvc"):
            data = _load(path)
            for out in _list(data, "outs") if "repo" not in str(data.get("deps")) else ():
                if out.get("cache") is not False:
                    _add(found, path.parent.relative_to(folder), data.get("wdir", "."), out)


def _add_lock(folder: Path, path: Path, found: Found) -> None:
    data = _load(path)
    stages = data.get("stages", {}) if "schema" in data else data
    pipeline = _load(path.parent / "dvc.yaml") if (path.parent / "dvc.yaml").exists() else {}
    definitions = pipeline.get("stages", {})
    for name, stage in stages.items() if isinstance(stages, dict) else ():
        if not isinstance(stage, dict) or "cmd" not in stage:
            continue
        body = (definitions or {}).get(name) or (definitions or {}).get(name.partition("@")[0]) or {}
        body = body.get("do", body)
        flags = {
            _filled(key, path.parent, pipeline): value
            for section in ("outs", "metrics", "plots")
            for each in body.get(section) or ()
            if isinstance(each, dict)
            for key, value in each.items()
        }
        for out in _list(stage, "outs"):
            if not any(
                _fits(pattern, out["path"]) and (each or {}).get("cache") is False for pattern, each in flags.items()
            ):
                _add(found, path.parent.relative_to(folder), _filled(body.get("wdir", "."), path.parent, pipeline), out)


def _fits(pattern: str, path: str) -> bool:
    """Whether a path may be what a template came to."""
    return re.fullmatch(".+".join(map(re.escape, re.split(r"\$\{.*?\}", pattern))), path) is not None


def _filled(text: str, folder: Path, pipeline: dict[str, Any]) -> str:
    """A text with those variables replaced that the params file or `vars` have."""
    known = dict(_load(folder / "params.yaml")) if (folder / "params.yaml").exists() else {}
    for each in pipeline.get("vars") or ():
        if isinstance(each, dict):
            known.update(each)
        elif (folder / each).exists():
            known.update(_load(folder / each))

    def value(match: re.Match[str]) -> str:
        found: Any = known
        for step in match[1].strip().split("."):
            found = found.get(step) if isinstance(found, dict) else None
        return str(found) if isinstance(found, (str, int, float)) else match[0]

    return re.sub(r"\$\{([\w.\- ]+)\}", value, text)


def _add(found: Found, folder: Path, wdir: str, out: dict[str, Any]) -> None:
    if "md5" not in out or "://" in out["path"]:
        return
    key = (out["md5"], "hash" not in out)
    found.sizes[key] = max(found.sizes.get(key, 0), out.get("size", 0))
    path = os.path.normpath(folder / wdir / out["path"]).replace(os.sep, "/")
    found.outputs.setdefault(path, set()).add(key)


def _load(path: Path) -> dict[str, Any]:
    return _parsed(path.read_bytes())


@cache
def _parsed(data: bytes) -> dict[str, Any]:
    try:
        found = yaml.load(data, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, UnicodeDecodeError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _list(data: dict[str, Any], key: str) -> list[dict[str, Any]]:
    return [item for item in data.get(key) or () if isinstance(item, dict) and "path" in item]


# --- a project that people could have ------------------------------------------------------------------------------

GIB = 2**30
#: The first commit of it: 2025-01-15; and 18 months later.
BEGAN, NOW = 1_736_942_400, 1_784_203_200
STORY = """\
stages:
  clean:
    cmd: python clean.py
    deps:
    - raw.csv
    outs:
    - clean.parquet
  featurize:
    cmd: python featurize.py
    deps:
    - clean.parquet
    outs:
    - features.parquet
    - tokens
  train:
    cmd: python train.py
    deps:
    - features.parquet
    outs:
    - model.pkl
    - checkpoint.pt:
        push: false
    metrics:
    - metrics.json:
        cache: false
"""


def story(folder: Path) -> Path:
    """A project that ran thirty times in eighteen months; its data is not here."""
    from tests.freshness.projects import lock, md5

    def out(name: str, number: int, size: float, suffix: str = "") -> dict[str, Any]:
        return {"md5": md5(f"{name} {number}") + suffix, "size": int(size)}

    start(folder)
    (folder / ".dvc" / "config").write_text(
        "[core]\n    remote = store\n['remote \"store\"']\n    url = s3://bucket/dvc\n"
    )
    for run in range(30):
        data = run // 6
        raw = {"path": "raw.csv", "hash": "md5", **out("raw", data, (2 + data) * GIB)}
        clean = {"clean.parquet": out("clean", data, (1 + data / 2) * GIB)}
        made = {
            "features.parquet": out("features", run, (3 + run / 10) * GIB),
            "tokens": {**out("tokens", run, GIB / 2, ".dir"), "nfiles": 200},
        }
        model = {
            "model.pkl": out("model", run, 180_000_000),
            "checkpoint.pt": out("checkpoint", run, 540_000_000),
            "metrics.json": out("metrics", run, 120),
        }
        files: dict[str, str | bytes | None] = {
            "dvc.lock": lock(clean={"outs": clean}, featurize={"outs": made}, train={"outs": model}),
            "raw.csv.dvc": yaml.safe_dump({"outs": [raw]}),
        }
        if run == 0:
            files["dvc.yaml"] = STORY
        commit(folder, files, f"Run {run + 1}", BEGAN + run * 18 * 86_400)
        if run % 10 == 9:
            git(folder, "tag", f"v{run // 10 + 1}")
    tmp = folder / ".dvc/tmp/pipelinekit/durations.jsonl"
    tmp.parent.mkdir(parents=True)
    tmp.write_text(
        '{"address": "dvc.yaml:clean", "key": "", "seconds": 95.0}\n'
        '{"address": "dvc.yaml:featurize", "key": "", "seconds": 840.0}\n'
    )
    return folder
