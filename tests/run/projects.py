"""A small pipeline in git whose lock is written as DVC would have written it, without running anything."""

from __future__ import annotations

import subprocess
from pathlib import Path

from pipelinekit.graph.graph import Graph
from pipelinekit.project.project import Project
from pipelinekit.resolve.index import Index
from pipelinekit.resolve.stage import Stage
from tests.freshness.projects import lock, md5

PIPELINE = """\
stages:
  prepare:
    cmd: python prepare.py
    deps: [prepare.py, data/raw.csv]
    params: [rows]
    outs: [data/clean.csv]
  train:
    cmd: python train.py
    deps: [data/clean.csv, train.py]
    params: [lr]
    outs: [model.pkl]
  evaluate:
    cmd: python evaluate.py
    deps: [evaluate.py, model.pkl]
    metrics:
    - metrics.json:
        cache: false
    plots:
    - curve.csv:
        cache: false
artifacts:
  churn:
    path: model.pkl
    type: model
"""


class SmallPipeline:
    """Three stages and a model. What a stage makes follows from its inputs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = str(folder)
        (folder / ".dvc").mkdir(parents=True)
        (folder / "data").mkdir()
        self.write(".gitignore", "/data/clean.csv\n/model.pkl\n/.dvc/tmp\n/.dvc/cache\n/data/raw.csv\n")
        self.write(".dvc/config", "")
        self.write("dvc.yaml", PIPELINE)
        self.write("data/raw.csv", "a,b\n1,2\n")
        # the data is tracked: an untracked dependency is a finding
        self.write("data/raw.csv.dvc", _tracked("raw.csv", "a,b\n1,2\n"))
        for name in ("prepare", "train", "evaluate"):
            self.write(f"{name}.py", f"print('{name}')\n")
        self.git("init", "-q", "-b", "main")
        self.run()

    def write(self, path: str, text: str) -> None:
        (self.folder / path).write_text(text)

    def run(self, lr: float = 0.1, accuracy: float = 0.8) -> None:
        """The files and the lock after a run."""
        files = {name: (self.folder / name).read_text() for name in ("prepare.py", "train.py", "evaluate.py")}
        raw = (self.folder / "data/raw.csv").read_text()
        clean, model = raw.upper(), f"model of {raw.upper()!r} and {lr}"
        metrics, curve = f'{{"accuracy": {accuracy}, "note": "fine"}}', "x,y\n1,2\n"
        for path, text in {
            "params.yaml": f"rows: 3\nlr: {lr}\n",
            "data/clean.csv": clean,
            "model.pkl": model,
            "metrics.json": metrics,
            "curve.csv": curve,
        }.items():
            self.write(path, text)
        for text in (raw, clean, model):
            self.cached(text)
        self.write(
            "dvc.lock",
            lock(
                prepare={
                    "deps": {"data/raw.csv": raw, "prepare.py": files["prepare.py"]},
                    "params": {"params.yaml": {"rows": 3}},
                    "outs": {"data/clean.csv": clean},
                },
                train={
                    "deps": {"data/clean.csv": clean, "train.py": files["train.py"]},
                    "params": {"params.yaml": {"lr": lr}},
                    "outs": {"model.pkl": model},
                },
                evaluate={
                    "deps": {"evaluate.py": files["evaluate.py"], "model.pkl": model},
                    "outs": {"curve.csv": curve, "metrics.json": metrics},
                },
            ),
        )

    def cached(self, text: str) -> None:
        """Put a content into the cache, as DVC does with what a stage has made."""
        digest = md5(text)
        place = self.folder / ".dvc/cache/files/md5" / digest[:2] / digest[2:]
        place.parent.mkdir(parents=True, exist_ok=True)
        if not place.exists():
            place.write_text(text)
            place.chmod(0o444)

    def git(self, *arguments: str) -> str:
        command = ["git", "-c", "user.name=a", "-c", "user.email=a@b", *arguments]
        return subprocess.run(command, cwd=self.folder, check=True, capture_output=True, text=True).stdout.strip()

    def commit(self, message: str = "change") -> str:
        """Commit everything; the commit."""
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def graph(self) -> Graph:
        """The project as it is now."""
        return Graph(Index(Project(self.root)))

    def stage(self, name: str, graph: Graph | None = None) -> Stage:
        return next(stage for stage in (graph or self.graph()).index.stages if stage.name == name)


def _tracked(name: str, text: str) -> str:
    return f"outs:\n- md5: {md5(text)}\n  size: {len(text)}\n  hash: md5\n  path: {name}\n"
