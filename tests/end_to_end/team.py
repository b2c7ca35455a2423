"""A team that works as GitOps means it: a bare repository whose hook runs the pipeline, the data in S3, MLflow.

All of it is real and on this machine. A stage writes its name into a journal, outside of every clone, when it begins:
what ran, and how often, is not taken from what we say ourselves.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from mlflow import MlflowClient
from mlflow.entities import Run

from tests.end_to_end import swift_server
from tests.end_to_end.programs import ENVIRONMENT, call
from tests.end_to_end.swift_server import SwiftServer
from tests.run import mlflow_server
from tests.run.mlflow_server import MlflowServer

#: An environment with pipelinekit, MLflow's client and a DVC that speaks to S3, as a team would have it.
S3 = os.environ.get("PIPELINEKIT_S3", "")
PROJECT = Path(__file__).parent / "churn"
SETTINGS = """[mlflow]
tracking-uri = "{uri}"

[promote]
metric = "metrics.json:error"
direction = "minimize"
"""
LOCAL = """['remote "storage"']
    access_key_id = {key}
    secret_access_key = {secret}
"""
SECONDS = 120


def why_no_team(folder: Path) -> str | None:
    """What there is not on this machine; None if all is."""
    if not os.path.isdir("/proc/self"):
        return "a server runs Linux"
    if not (Path(S3) / "bin/pipelinekit").exists():
        return "PIPELINEKIT_S3 names no environment with pipelinekit and dvc[s3]"
    return swift_server.why_no_server(folder) or mlflow_server.why_no_server()


class Commit(NamedTuple):
    """The run of a commit in MLflow, and those of stages below it."""

    subject: str
    #: whether it is that of the commit which has the results, and not only of the one that was pushed
    has_results: bool
    status: str
    #: by name; with a status, if it is not FINISHED
    stages: list[str]


class Team:
    """Everything in one folder: `churn.git`, a clone `churn`, the servers, and notes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bare, self.clone, self.notes = folder / "churn.git", folder / "churn", folder / "notes"
        self.swift, self.mlflow = SwiftServer(folder / "swift"), MlflowServer(folder / "mlflow")
        #: without credentials: the worker must not have them from whoever pushes
        self.environment = {
            name: text for name, text in ENVIRONMENT.items() if not name.startswith(("AWS_", "MLFLOW_"))
        }
        self.environment |= {
            "PATH": f"{S3}/bin{os.pathsep}{os.environ['PATH']}",
            "HOME": str(folder),
            "NOTES": str(self.notes),
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        self._read = 0

    @contextlib.contextmanager
    def at_work(self) -> Iterator[Team]:
        """With its servers, and nothing left running in the end."""
        self.notes.mkdir()
        try:
            with ThreadPoolExecutor() as pool:
                list(pool.map(lambda server: server.start(), (self.swift, self.mlflow)))
            self.make_bucket("team")
            yield self
        finally:
            self._end_all()
            self.swift.stop()
            self.mlflow.stop()

    def _end_all(self) -> None:
        """What somebody has started still has our notes in its environment."""
        mark = f"NOTES={self.notes}".encode()
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError):
                    if mark in (entry / "environ").read_bytes().split(b"\0"):
                        os.kill(int(entry.name), signal.SIGKILL)

    # --- programs --------------------------------------------------------------------------------------------

    def call(self, *command: str, at: Path | None = None, status: int = 0, secret: str = swift_server.SECRET) -> str:
        """What a program prints that somebody with credentials runs, by default in the clone."""
        keys = {"AWS_ACCESS_KEY_ID": swift_server.KEY_ID, "AWS_SECRET_ACCESS_KEY": secret}
        return call(*command, folder=at or self.clone, status=status, environment={**self.environment, **keys})

    def git(self, *arguments: str, at: Path | None = None) -> str:
        """What git prints, without credentials of S3."""
        return call("git", *arguments, folder=at or self.clone, environment=self.environment).strip()

    def started(self, *command: str, at: Path) -> subprocess.Popen[bytes]:
        """A program that goes on by itself."""
        with (self.folder / "started.log").open("ab") as log:
            return subprocess.Popen(command, cwd=at, env=self.environment, stdout=log, stderr=log)

    def resumed(self) -> subprocess.Popen[bytes]:
        """A worker, started by hand."""
        return self.started("pipelinekit", "hook", "post-receive", "--resume", str(self.bare), at=self.folder)

    # --- the repository --------------------------------------------------------------------------------------

    def make_project(self) -> None:
        self.git("init", "--quiet", "--bare", "--initial-branch=main", str(self.bare), at=self.folder)
        self.git("init", "--quiet", "--initial-branch=main", str(self.clone), at=self.folder)
        self.git("remote", "add", "origin", str(self.bare))
        shutil.copytree(PROJECT, self.clone, dirs_exist_ok=True)
        (self.clone / "pipelinekit.toml").write_text(SETTINGS.format(uri=self.mlflow.uri))

    def change(self, subject: str, path: str = "", old: str = "", new: str = "") -> None:
        """Commit a change upon the newest state."""
        if path:
            self.git("pull", "--quiet", "--ff-only", "origin", "main")
            text = (self.clone / path).read_text()
            assert old in text
            (self.clone / path).write_text(text.replace(old, new))
        self.git("add", "--all")
        self.git("commit", "--quiet", "-m", subject)

    def push(self) -> str:
        return self.git("push", "origin", "main")

    def tip(self) -> str:
        """Who made the newest commit of main."""
        return self.git("log", "-1", "--format=%an", "main", at=self.bare)

    def settle(self) -> None:
        """Wait until nothing is queued or running."""
        state = self.bare / "pipelinekit"

        def is_idle() -> bool:
            return not any((state / name).is_dir() and os.listdir(state / name) for name in ("queue", "running"))

        self.until(is_idle)

    def until(self, condition: Callable[[], object]) -> None:
        end = time.monotonic() + SECONDS
        while not condition():
            assert time.monotonic() < end, self.logs()
            time.sleep(0.05)

    def logs(self) -> str:
        state = self.bare / "pipelinekit"
        paths = [*sorted(state.glob("logs/*")), state / "worker.log", self.folder / "started.log"]
        return "\n".join(path.read_text(errors="replace") for path in paths if path.exists())

    # --- the journal -----------------------------------------------------------------------------------------

    def ran(self) -> list[str]:
        """The stages that have begun since this was asked before."""
        lines = self._journal()
        new, self._read = lines[self._read :], len(lines)
        return new

    def _journal(self) -> list[str]:
        path = self.notes / "journal"
        return path.read_text().splitlines() if path.exists() else []

    def hold(self, stage: str) -> None:
        """From now on a stage stays at work when it has begun."""
        (self.notes / f"hold-{stage}").touch()

    def until_begun(self, stage: str) -> None:
        """Wait until a stage has begun, after all that `ran` has told of."""
        self.until(lambda: stage in self._journal()[self._read :])

    def let_go(self, stage: str) -> None:
        (self.notes / f"hold-{stage}").unlink()

    # --- S3 --------------------------------------------------------------------------------------------------

    def make_bucket(self, name: str) -> None:
        self._ask_s3(f"client.create_bucket(Bucket='{name}')")

    def objects(self) -> dict[str, str]:
        """What lies in the bucket: the MD5 that the server has computed, by the name."""
        pages = "client.get_paginator('list_objects_v2').paginate(Bucket='team')"
        entries = f"{{entry['Key']: entry['ETag'] for page in {pages} for entry in page.get('Contents', ())}}"
        found = json.loads(self._ask_s3(f"import json; print(json.dumps({entries}))"))
        return {name: tag.strip('"') for name, tag in found.items()}

    def _ask_s3(self, code: str) -> str:
        client = f"client = session.get_session().create_client('s3', endpoint_url='{self.swift.endpoint}')"
        script = f"from botocore import session; {client}; {code}"
        return self.call(f"{S3}/bin/python", "-c", script, at=self.folder)

    # --- MLflow ----------------------------------------------------------------------------------------------

    def client(self) -> MlflowClient:
        return MlflowClient(self.mlflow.uri)

    def runs(self) -> list[Run]:
        """All runs of all experiments, in the order in which they began."""
        client = self.client()
        names = [one.experiment_id for one in client.search_experiments()]
        return list(client.search_runs(names, order_by=["attributes.start_time ASC"]))

    def commits(self) -> list[Commit]:
        """What MLflow shows, by commit."""
        runs = self.runs()
        below: dict[str, list[Run]] = {}
        for run in runs:
            below.setdefault(run.data.tags.get("mlflow.parentRunId", ""), []).append(run)
        return [
            Commit(
                self._subject(run.data.tags.get("pipelinekit.ran-at") or run.data.tags["mlflow.source.git.commit"]),
                run.data.tags.get("dvc.lock.committed") == "true",
                run.info.status,
                sorted(_shown(stage) for stage in below.get(run.info.run_id, ())),
            )
            for run in below.get("", ())
        ]

    def stage_run(self, subject: str, stage: str) -> Run:
        """The only finished run of a stage below that of a commit."""
        (parent,) = [run for run in self.runs() if self._is_of(run, subject) and "dvc.stage" not in run.data.tags]
        (found,) = [
            run
            for run in self.runs()
            if run.data.tags.get("mlflow.parentRunId") == parent.info.run_id
            and (run.info.run_name, run.info.status) == (stage, "FINISHED")
        ]
        return found

    def _is_of(self, run: Run, subject: str) -> bool:
        tags = run.data.tags
        return self._subject(tags.get("pipelinekit.ran-at") or tags["mlflow.source.git.commit"]) == subject

    def _subject(self, commit: str) -> str:
        return self.git("log", "-1", "--format=%s", commit)


def _shown(run: Run) -> str:
    return run.info.run_name if run.info.status == "FINISHED" else f"{run.info.run_name} {run.info.status}"
