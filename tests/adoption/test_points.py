"""Each point, in a project that it finds right, and in what makes it say otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelinekit.adoption.examine import examine
from pipelinekit.adoption.point import Point
from tests.run.projects import SmallPipeline
from tests.small_projects import graph, write


@pytest.fixture
def project(tmp_path: Path) -> SmallPipeline:
    made = SmallPipeline(tmp_path / "p")
    made.commit()
    return made


def point(project: SmallPipeline, name: str) -> Point:
    return next(each for each in examine(project.graph()).points if each.name == name)


def verdict(project: SmallPipeline, name: str) -> tuple[str, str, str]:
    """State, evidence and next step."""
    found = point(project, name)
    return found.state, " / ".join(found.verdict.evidence), found.verdict.command or found.verdict.step


# --- the remote ------------------------------------------------------------------------------------------------

DEFAULT = "[core]\n    remote = s\n"


def test_a_remote_for_all(project: SmallPipeline) -> None:
    project.write(".dvc/config", f"{DEFAULT}['remote \"s\"']\n    url = s3://b/p\n")
    assert verdict(project, "shared-remote") == ("done", ".dvc/config:4: s3://b/p", "")


@pytest.mark.parametrize(
    ("config", "state", "evidence", "step"),
    [
        ("", "missing", ".dvc/config names no remote", "pipelinekit init --remote s3://BUCKET/FOLDER"),
        (
            "['remote \"s\"']\n    url = s3://b/p\n",
            "partly",
            ".dvc/config: it names remotes, and none is the default",
            "dvc remote default s",
        ),
        (
            "[core]\n    remote = t\n['remote \"s\"']\n    url = s3://b/p\n",
            "partly",
            ".dvc/config:2: the default remote is 't', which has no url",
            "dvc remote default s",
        ),
        (
            f"{DEFAULT}['remote \"s\"']\n    url = /home/anna/dvc\n",
            "partly",
            ".dvc/config:4: /home/anna/dvc is a folder on one machine",
            "pipelinekit init --remote s3://BUCKET/FOLDER --name shared",
        ),
        (f"{DEFAULT}['remote \"s\"']\n    url = /mnt/dvc\n", "done", ".dvc/config:4: /mnt/dvc", ""),
        ("[cache]\n    dir = /data/c\n", "done", ".dvc/config:2: the cache is a folder that several share", ""),
    ],
)
def test_remotes(config: str, state: str, evidence: str, step: str, project: SmallPipeline) -> None:
    project.write(".dvc/config", config)
    assert verdict(project, "shared-remote") == (state, evidence, step)


def test_the_rules_are_asked_where_the_project_is_shared(project: SmallPipeline) -> None:
    project.git("remote", "add", "origin", "git@github.com:team/p.git")
    assert "PK801 git has a remote, and DVC has none" in verdict(project, "shared-remote")[1]
    assert "PK806" in verdict(project, "hook")[1]
    assert "PK807" in verdict(project, "ci")[1]
    project.write(".dvc/config", f"{DEFAULT}['remote \"s\"']\n    url = /home/anna/dvc\n")
    assert "PK803 the only remote is a folder on one machine" in verdict(project, "shared-remote")[1]


def test_a_password_in_an_address_is_not_told(project: SmallPipeline) -> None:
    project.write(".dvc/config", f"{DEFAULT}['remote \"s\"']\n    url = https://u:h4sfd7rL2x@h.example.com/p\n")
    assert verdict(project, "shared-remote")[1] == ".dvc/config:4: https://u:**********@h.example.com/p"


def test_without_data_no_remote_is_needed(tmp_path: Path) -> None:
    text = "stages:\n  a:\n    cmd: python a.py\n    deps: [a.py]\n    metrics:\n    - m.json:\n        cache: false\n"
    points = examine(graph(tmp_path, {"dvc.yaml": text, "a.py": ""})).points
    assert points[0].state == "not-needed"


# --- versions --------------------------------------------------------------------------------------------------


def test_no_dvc_is_pinned(project: SmallPipeline) -> None:
    assert verdict(project, "pinned-dvc")[:2] == ("missing", "no requirements file asks for dvc")
    assert verdict(project, "requirements")[0] == "missing"


def test_dvc_without_a_version(project: SmallPipeline) -> None:
    project.write("requirements.txt", "pandas==2.2.3\ndvc[s3]\n")
    state, evidence, step = verdict(project, "pinned-dvc")
    assert (state, "PK804" in evidence) == ("missing", True)
    assert step == "write the version into requirements.txt: dvc>=3.60,<4"
    state, evidence, step = verdict(project, "requirements")
    assert (state, step) == ("partly", "pip freeze > requirements.txt")


def test_a_pinned_dvc(project: SmallPipeline) -> None:
    project.write("requirements.txt", "pandas==2.2.3\ndvc==3.67.1\n")
    assert verdict(project, "pinned-dvc") == ("done", "requirements.txt:2: dvc==3.67.1", "")
    assert verdict(project, "requirements") == ("done", "requirements.txt pins what is installed", "")


def test_a_dvc_that_is_too_old(project: SmallPipeline) -> None:
    project.write("requirements.txt", "dvc==2.40.0\n")
    assert verdict(project, "pinned-dvc")[0] == "partly"
    assert "'artifacts' needs DVC 2.53" in verdict(project, "pinned-dvc")[1]


# --- what runs by itself ---------------------------------------------------------------------------------------

WORKFLOW = ".github/workflows/a.yml"


def workflow(project: SmallPipeline, *commands: str) -> None:
    (project.folder / ".github/workflows").mkdir(parents=True, exist_ok=True)
    project.write(WORKFLOW, "jobs:\n  a:\n    steps:\n" + "".join(f"    - run: {command}\n" for command in commands))


def test_a_workflow_that_lints_and_reports(project: SmallPipeline) -> None:
    workflow(project, "pipelinekit lint", "pipelinekit report")
    assert verdict(project, "ci") == ("done", f"{WORKFLOW}:4 calls pipelinekit lint", "")
    assert verdict(project, "graph-on-pull-request") == ("done", f"{WORKFLOW}:5 calls pipelinekit report", "")


def test_a_workflow_that_does_a_part(project: SmallPipeline) -> None:
    workflow(project, "dvc dag --md", "dvc repro")
    assert verdict(project, "graph-on-pull-request")[0] == "partly"
    assert verdict(project, "ci") == (
        "partly",
        f"{WORKFLOW}:4 knows DVC, and does not lint",
        "pipelinekit init --ci github",
    )
    workflow(project, "make check")
    assert verdict(project, "ci")[0] == "partly"
    workflow(project, "pytest")
    assert verdict(project, "ci")[0] == "missing"


def test_a_comment_calls_nothing(project: SmallPipeline) -> None:
    workflow(project, "pytest")
    project.write(WORKFLOW, "# pipelinekit lint\n")
    assert verdict(project, "ci")[0] == "missing"


def test_a_workflow_that_runs_the_hooks_lints(project: SmallPipeline) -> None:
    workflow(project, "pre-commit run --all-files")
    assert verdict(project, "ci")[0] == "missing"
    project.write(".pre-commit-config.yaml", "repos:\n- repo: local\n  hooks:\n  - id: pipelinekit-lint\n")
    assert verdict(project, "ci")[:2] == (
        "done",
        f"{WORKFLOW}:4 runs the hooks, of which one is pipelinekit lint",
    )


def test_hooks(project: SmallPipeline) -> None:
    assert verdict(project, "hook")[0::2] == ("missing", "pipelinekit init --hooks")
    project.write(".pre-commit-config.yaml", "repos:\n- repo: local\n  hooks:\n  - id: pipelinekit-lint\n")
    assert verdict(project, "hook")[0] == "partly"
    project.write(".pre-commit-config.yaml", "repos:\n- repo: local\n  hooks:\n  - entry: pipelinekit status\n")
    assert verdict(project, "hook")[:2] == ("done", ".pre-commit-config.yaml:4 warns of what is stale")


def test_a_hook_of_one_clone(project: SmallPipeline) -> None:
    hook = project.folder / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexec dvc git-hook pre-commit $@\n")
    assert verdict(project, "hook")[:2] == ("partly", "git calls dvc before a commit in this clone, and in no other")


@pytest.mark.parametrize(
    ("address", "command"),
    [
        ("git@gitlab.example.com:t/p.git", "pipelinekit init --ci gitlab"),
        ("https://github.com/t/p", "pipelinekit init --ci github"),
        ("https://bitbucket.org/t/p", None),
        ("/srv/git/p.git", "pipelinekit init --ci github"),
    ],
)
def test_the_ci_is_that_of_the_server(address: str, command: str | None, project: SmallPipeline) -> None:
    project.git("remote", "add", "origin", address)
    assert point(project, "ci").verdict.command == command
    assert command or point(project, "ci").verdict.step


@pytest.mark.parametrize(
    ("line", "counts"),
    [
        ("pipelinekit lint --project b", True),
        ("pipelinekit lint --project a", False),
        ("pipelinekit lint --project a/b", False),
        ("cd b && pipelinekit lint", True),
        ("cd bb && pipelinekit lint", False),
        ("pipelinekit lint", True),
    ],
)
def test_a_workflow_of_another_project_in_the_repository(line: str, counts: bool, tmp_path: Path) -> None:
    project = SmallPipeline(tmp_path / "top/b")
    (project.folder / ".git").rename(tmp_path / "top/.git")
    (tmp_path / "top/.github/workflows").mkdir(parents=True)
    (tmp_path / "top" / WORKFLOW).write_text(f"steps:\n- run: {line}\n")
    state, evidence, _ = verdict(project, "ci")
    assert (state == "done") is counts
    assert (evidence == f"../{WORKFLOW}:2 calls pipelinekit lint") is counts


# --- experiments -----------------------------------------------------------------------------------------------

LOGS = "import mlflow\nmlflow.log_metric('a', 1)\n"


def test_nothing_is_logged(project: SmallPipeline) -> None:
    assert verdict(project, "experiments")[:2] == ("missing", "no script logs to MLflow, and no settings say where to")


def test_a_script_that_names_no_experiment(project: SmallPipeline) -> None:
    project.write("train.py", LOGS)
    state, evidence, _ = verdict(project, "experiments")
    assert (state, "train.py:2: PK706" in evidence) == ("missing", True)
    project.write("evaluate.py", "import mlflow\nmlflow.set_experiment('churn')\nmlflow.log_metric('a', 1)\n")
    assert verdict(project, "experiments")[0] == "partly"


def test_scripts_that_name_their_experiment(project: SmallPipeline) -> None:
    project.write("train.py", "import mlflow\nmlflow.set_experiment('churn')\nmlflow.log_metric('a', 1)\n")
    assert verdict(project, "experiments") == ("done", "train log to churn", "")


def test_settings_that_name_the_experiment(project: SmallPipeline) -> None:
    project.write("pyproject.toml", '[tool.pipelinekit.mlflow]\nexperiment = "churn"\n')
    assert verdict(project, "experiments") == ("done", "pyproject.toml:1: all stages log to churn", "")


def test_an_experiment_called_like_the_folder(project: SmallPipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    project.write("pyproject.toml", "[tool.pipelinekit.mlflow]\n")
    # what is set here, others have not
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "mine")
    assert verdict(project, "experiments")[0] == "partly"


# --- the pipeline ----------------------------------------------------------------------------------------------


def test_a_sound_project(project: SmallPipeline) -> None:
    states = {each.name: each.state for each in examine(project.graph()).points}
    sound = {"in-git", "lint", "lock", "fresh", "params", "metrics", "secrets", "models"}
    assert {name for name, state in states.items() if state == "done"} == sound
    assert states["dvcignore"] == "not-needed"


def test_what_git_lacks(project: SmallPipeline) -> None:
    project.git("rm", "-q", "--cached", "dvc.lock", "metrics.json", "dvc.yaml")
    assert verdict(project, "in-git") == ("partly", "git does not have dvc.yaml", "git add --all")
    assert verdict(project, "lock")[0::2] == ("partly", "git add dvc.lock")
    assert verdict(project, "metrics")[:2] == ("partly", "git does not have metrics.json")


def test_a_lock_that_git_ignores(project: SmallPipeline) -> None:
    project.write(".gitignore", "*.lock\n")
    state, evidence, _ = verdict(project, "lock")
    assert (state, ".gitignore:1: PK605" in evidence) == ("missing", True)


def test_a_lock_that_nobody_can_read(project: SmallPipeline) -> None:
    project.write("dvc.lock", "<<<<<<< HEAD\n")
    assert verdict(project, "lock")[0] == "missing"
    assert verdict(project, "fresh")[0] == "missing"


def test_stale_stages(project: SmallPipeline) -> None:
    project.write("evaluate.py", "print('other')\n")
    assert verdict(project, "fresh")[:2] == ("partly", "1 of 3 stages are stale or have never run: evaluate")
    project.write("prepare.py", "print('other')\n")
    assert verdict(project, "fresh")[0] == "missing"


def test_errors_hold_the_grade(project: SmallPipeline) -> None:
    text = (project.folder / "dvc.yaml").read_text()
    project.write("dvc.yaml", text.replace("deps: [evaluate.py", "deps: [gone.csv, evaluate.py"))
    found = examine(project.graph())
    lint = next(each for each in found.points if each.name == "lint")
    assert (lint.state, lint.at_most) == ("missing", "C")
    assert lint.verdict.evidence[0].startswith("1 error")
    assert lint.verdict.evidence[1].startswith("dvc.yaml:")


def test_what_another_point_is_about_counts_once(project: SmallPipeline) -> None:
    project.git("remote", "add", "origin", "git@github.com:team/p.git")
    assert verdict(project, "shared-remote")[0] == "missing"
    assert verdict(project, "lint")[:2] == ("done", "nothing but what other points are about in 1 dvc.yaml file")


def test_a_param_in_a_command(project: SmallPipeline) -> None:
    text = (project.folder / "dvc.yaml").read_text()
    project.write("dvc.yaml", text.replace("cmd: python train.py", "cmd: python train.py --epochs 20 --seed 3"))
    state, evidence, step = verdict(project, "params")
    assert (state, "PK201" in evidence, step) == ("partly", True, "pipelinekit lint --select PK201,PK202")


def test_metrics_in_the_cache(project: SmallPipeline) -> None:
    text = (project.folder / "dvc.yaml").read_text()
    project.write("dvc.yaml", text.replace("    - metrics.json:\n        cache: false\n", "    - metrics.json\n"))
    state, evidence, step = verdict(project, "metrics")
    assert (state, "PK401" in evidence, step) == ("partly", True, "pipelinekit lint --select PK401 --fix")


def test_a_secret_holds_the_grade(project: SmallPipeline) -> None:
    project.write(
        ".dvc/config", "['remote \"s\"']\n    url = s3://b\n    secret_access_key = 8yf3bCq5wz0aRt7LmVd2KpXe9uNs\n"
    )
    found = examine(project.graph())
    secrets = next(each for each in found.points if each.name == "secrets")
    assert (secrets.state, secrets.at_most) == ("missing", "D")
    assert "8yf3bCq5" not in "".join(line for each in found.points for line in each.verdict.evidence)


def test_local_credentials_in_git(project: SmallPipeline) -> None:
    project.write(".dvc/config.local", "")
    project.git("add", "-f", ".dvc/config.local")
    assert verdict(project, "secrets")[0::2] == ("missing", "git rm --cached .dvc/config.local")


def test_run_times(project: SmallPipeline) -> None:
    assert verdict(project, "durations")[0] == "missing"
    place = project.folder / ".dvc/tmp/pipelinekit/durations.jsonl"
    place.parent.mkdir(parents=True)
    place.write_text('{"address": "dvc.yaml:train", "key": "k", "seconds": 3}\n')
    assert verdict(project, "durations")[:2] == ("partly", "1 of 3 stages were timed")


def test_the_page(project: SmallPipeline) -> None:
    from pipelinekit.docs.page import docs_page

    assert verdict(project, "docs-page")[0::2] == ("missing", "pipelinekit docs -o PIPELINE.md")
    (project.folder / "docs").mkdir()
    project.write("docs/my pipeline.md", docs_page(project.graph()))
    assert verdict(project, "docs-page")[:2] == ("done", "docs/my pipeline.md:1")
    project.write("params.yaml", "rows: 4\nlr: 0.1\n")
    assert verdict(project, "docs-page")[0::2] == ("partly", "pipelinekit docs -o 'docs/my pipeline.md'")


def test_without_git_and_dvc(tmp_path: Path) -> None:
    write(tmp_path, {"dvc.yaml": "stages: {}\n"})
    (tmp_path / ".dvc").rmdir()
    from pipelinekit.graph.graph import Graph
    from pipelinekit.project.project import Project
    from pipelinekit.resolve.index import Index

    states = {each.name: each.state for each in examine(Graph(Index(Project(str(tmp_path))))).points}
    assert states["in-git"] == "missing"
    assert {states[name] for name in ("shared-remote", "lock", "fresh", "params", "models", "experiments")} == {
        "not-needed"
    }
