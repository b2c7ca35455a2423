"""The whole loop, all parts together and real: git, the hook, DVC, S3, MLflow; and any of them killed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.end_to_end.programs import ran_stages
from tests.end_to_end.swift_server import KEY_ID, SECRET
from tests.end_to_end.team import LOCAL, SECONDS, Commit, Team, why_no_team

pytestmark = pytest.mark.slow

ALL = ["prepare", "describe", "train", "evaluate"]
#: All that DVC keeps.
DATA = ["data/clean.csv", "data/raw.csv", "model.json", "summary/spent.txt", "summary/tenure.txt"]


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    reason = why_no_team(tmp_path)
    if reason is not None:
        pytest.skip(reason)
    with Team(tmp_path).at_work() as team:
        yield team


def test_the_loop(team: Team) -> None:
    a_project_is_begun(team)
    the_first_push_runs_everything(team)
    a_param_runs_its_own_stages(team)
    a_comment_runs_nothing(team)
    mlflow_has_everything_once(team)
    a_fresh_clone_has_everything(team)
    mlflow_is_killed_during_a_run(team)
    the_hook_is_killed_and_the_worker_in_the_midst_of_a_stage(team)
    somebody_kills_a_run_in_a_clone(team)


# --- what the three pushes do ------------------------------------------------------------------------------------


def a_project_is_begun(team: Team) -> None:
    team.make_project()
    init = ["pipelinekit", "init", "--post-receive", str(team.bare)]
    init += ["--remote", "s3://team/churn", "--endpoint", team.swift.endpoint]
    refused = team.call(*init, status=2, secret="wrong")
    place = f"s3://team/churn at {team.swift.endpoint}"
    assert f"{place} refuses the credentials (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY)" in refused
    assert "SignatureDoesNotMatch" in refused
    assert (team.clone / ".dvc/config").read_text() == ""
    team.call(*init)
    assert team.objects() == {}  # what was tried is gone again
    team.call("dvc", "add", "--quiet", "data/raw.csv")
    team.call("dvc", "push", "--quiet")
    # of the machine with the repository alone
    local = team.bare / "pipelinekit/config.local"
    local.parent.mkdir()
    local.write_text(LOCAL.format(key=KEY_ID, secret=SECRET))


def the_first_push_runs_everything(team: Team) -> None:
    team.change("a project")
    assert "pipelinekit: main at" in team.push()
    team.settle()
    assert team.ran() == ALL, team.logs()
    assert team.tip() == "pipelinekit", team.logs()
    assert promoted(team) == ("1", None)


def a_param_runs_its_own_stages(team: Team) -> None:
    team.change("another rate", "params.yaml", "rate: 0.001", "rate: 0.003")
    team.push()
    team.settle()
    assert team.ran() == ["train", "evaluate"], team.logs()
    assert team.tip() == "pipelinekit"
    assert promoted(team) == ("2", "1")


def a_comment_runs_nothing(team: Team) -> None:
    team.change("a word more", "README.md", "# Churn\n", "# Churn\n\nWho leaves?\n")
    team.push()
    team.settle()
    assert team.ran() == []
    assert team.tip() == "test"


def promoted(team: Team) -> tuple[str, str | None]:
    """The version that is champion now, and the one that was before."""
    team.git("pull", "--quiet", "--ff-only", "origin", "main")
    done = json.loads(team.call("pipelinekit", "promote", "--format", "json"))
    return done["model_version"], done["previous_version"]


def mlflow_has_everything_once(team: Team) -> None:
    assert team.commits() == [
        Commit("a project", True, "FINISHED", sorted(ALL)),
        Commit("another rate", True, "FINISHED", ["evaluate", "train"]),
        Commit("a word more", True, "FINISHED", []),
    ]
    client = team.client()
    assert [one.name for one in client.search_experiments()] == ["churn", "Default"]
    inputs_are_those_of_the_lock(team)
    train, evaluate = (team.stage_run("another rate", stage) for stage in ("train", "evaluate"))
    assert train.data.params == {"train.rate": "0.003"}
    assert [point.step for point in client.get_metric_history(train.info.run_id, "loss")] == [0, 1, 2]
    assert evaluate.data.metrics == json.loads(team.git("show", "origin/main:metrics.json"))
    assert versions(team) == {"1": team.stage_run("a project", "train").info.run_id, "2": train.info.run_id}
    assert client.get_registered_model("churn").aliases == {"champion": "2"}


def versions(team: Team) -> dict[str, str | None]:
    """The runs that the versions of the model come from."""
    return {str(one.version): one.run_id for one in team.client().search_model_versions("name='churn'")}


def inputs_are_those_of_the_lock(team: Team) -> None:
    """Of all stages that came to their end."""
    for run in team.runs():
        if "dvc.stage" in run.data.tags and run.info.status == "FINISHED":
            assert inputs(run) == locked(team, run), run.info.run_name
            assert run.data.tags["mlflow.source.git.branch"] == "main"


def inputs(run: Any) -> set[tuple[str, str, str]]:
    """What MLflow shows as the inputs of a run; each is there once."""
    found = [(one.dataset.name, one.dataset.digest, one.tags[0].value) for one in run.inputs.dataset_inputs]
    assert len(found) == len(set(found))
    return set(found)


def locked(team: Team, run: Any) -> set[tuple[str, str, str]]:
    """What DVC has recorded of a stage, in the commit that the run is of."""
    lock = yaml.safe_load(team.git("show", f"{run.data.tags['mlflow.source.git.commit']}:dvc.lock"))
    entry = lock["stages"][run.info.run_name]
    return {(one["path"], one["md5"], f"dvc.{kind[:-1]}") for kind in ("deps", "outs") for one in entry[kind]}


def a_fresh_clone_has_everything(team: Team) -> None:
    fresh = team.folder / "fresh"
    team.git("clone", "--quiet", str(team.bare), str(fresh), at=team.folder)
    team.call("dvc", "pull", "--quiet", at=fresh)
    assert team.call("dvc", "status", at=fresh) == "Data and pipelines are up to date.\n"
    assert team.call("dvc", "status", "-c", at=fresh) == "Cache and remote 'storage' are in sync.\n"
    assert team.call("pipelinekit", "status", at=fresh) == "4 stages: 4 fresh\n"
    assert ran_stages(team.call("dvc", "repro", at=fresh)) == []
    assert team.git("status", "--short", at=fresh) == ""
    made = team.bare / "pipelinekit/worktree"
    assert {path: (fresh / path).read_bytes() for path in DATA} == {path: (made / path).read_bytes() for path in DATA}
    # the store has computed the MD5 of what it was given, DVC before that of what the stages made
    kept = "churn/files/md5/"
    stored = {name.removeprefix(kept).replace("/", ""): tag for name, tag in team.objects().items() if kept in name}
    assert all(digest.removesuffix(".dir") == tag for digest, tag in stored.items())
    assert digests(team, fresh) <= set(stored)
    download = ("mlflow", "artifacts", "download", "-u", "models:/churn@champion", "-d", str(team.folder / "champion"))
    team.call("env", f"MLFLOW_TRACKING_URI={team.mlflow.uri}", *download)
    assert (team.folder / "champion/model.json").read_bytes() == (fresh / "model.json").read_bytes()
    the_champion_comes_from_what_was_pushed(team, fresh)


def digests(team: Team, clone: Path) -> set[str]:
    """What the lock and the `.dvc` file of a clone name of DVC's own."""
    lock, tracked = (yaml.safe_load((clone / name).read_text()) for name in ("dvc.lock", "data/raw.csv.dvc"))
    outs = [out for stage in lock["stages"].values() for out in stage["outs"] if out["path"] != "metrics.json"]
    return {out["md5"] for out in [*outs, *tracked["outs"]]}


def the_champion_comes_from_what_was_pushed(team: Team, clone: Path) -> None:
    results = team.git("rev-list", "-1", "main", "--", "dvc.lock", at=clone)
    origin = json.loads(team.call("pipelinekit", "whence", "models:/churn@champion", "--format", "json", at=clone))
    assert (origin["commit"], origin["branch"], origin["dirty"]) == (results, "main", False)
    assert (origin["model"]["version"], origin["model"]["aliases"]) == ("2", ["champion"])
    assert [stage["address"] for stage in origin["stages"]] == ["dvc.yaml:prepare", "dvc.yaml:train"]
    assert origin["stages"][0]["run_id"] == team.stage_run("a project", "prepare").info.run_id
    assert origin["stages"][1]["params"] == {"train.rate": "0.003"}
    raw = yaml.safe_load((clone / "data/raw.csv.dvc").read_text())["outs"][0]["md5"]
    assert {source["path"]: source["md5"] for source in origin["sources"]}["data/raw.csv"] == raw
    there = json.loads(team.call("pipelinekit", "whither", "data/raw.csv", "--format", "json", at=clone))
    assert [(one["version"], one["aliases"], one["md5"]) for one in there["versions"]] == [
        ("1", [], raw),
        ("2", ["champion"], raw),
    ]


# --- what is killed ----------------------------------------------------------------------------------------------


def mlflow_is_killed_during_a_run(team: Team) -> None:
    before = team.commits()
    team.hold("prepare")
    team.change("fewer rows", "params.yaml", "rows: 40", "rows: 30")
    team.push()
    team.until_begun("prepare")
    team.mlflow.stop()
    team.let_go("prepare")
    team.settle()
    assert team.ran() == ALL, team.logs()
    assert team.tip() == "pipelinekit", team.logs()
    team.mlflow.start()
    begun = Commit("fewer rows", False, "RUNNING", ["prepare RUNNING"])
    assert team.commits() == [*before, begun]
    # the next worker logs what waits
    team.change("one word more", "README.md", "Who leaves?", "Who leaves, and why?")
    team.push()
    team.settle()
    assert team.ran() == []
    logged = Commit("fewer rows", True, "FINISHED", sorted(ALL))
    assert team.commits() == [*before, logged, Commit("one word more", True, "FINISHED", [])]
    train = team.stage_run("fewer rows", "train")
    assert [point.step for point in team.client().get_metric_history(train.info.run_id, "loss")] == [0, 1, 2]


def the_hook_is_killed_and_the_worker_in_the_midst_of_a_stage(team: Team) -> None:
    before = team.commits()
    hook = team.bare / "hooks/post-receive"
    text = hook.read_text()
    hook.write_text("#!/bin/sh\nkill -9 $$\n")
    team.change("fewer still", "params.yaml", "rows: 30\ntrain:\n  rate: 0.003", "rows: 20\ntrain:\n  rate: 0.004")
    assert "queued" not in team.push()
    hook.write_text(text)
    team.hold("train")
    worker = team.resumed()
    team.until_begun("train")
    assert team.ran() == ["prepare", "describe", "train"], team.logs()
    worker.kill()
    worker.wait(SECONDS)
    worker = team.resumed()
    team.until_begun("train")
    team.let_go("train")
    assert worker.wait(SECONDS) == 0
    assert team.ran() == ["train", "evaluate"], team.logs()
    assert team.tip() == "pipelinekit"
    killed = Commit("fewer still", True, "FINISHED", sorted([*ALL, "train KILLED"]))
    assert team.commits() == [*before, killed]


def somebody_kills_a_run_in_a_clone(team: Team) -> None:
    before = team.commits()
    pushed = "rows: 20\ntrain:\n  rate: 0.004"
    team.change("a rate of one's own", "params.yaml", pushed, "rows: 25\ntrain:\n  rate: 0.005")
    team.call("dvc", "pull", "--quiet", "--allow-missing")
    twin = team.folder / "twin"
    team.git("clone", "--quiet", str(team.clone), str(twin), at=team.folder)
    team.call("dvc", "pull", "--quiet", "--allow-missing", at=twin)
    # what its scripts log goes elsewhere
    elsewhere = (f"MLFLOW_TRACKING_URI={(team.folder / 'elsewhere').as_uri()}", "MLFLOW_ALLOW_FILE_STORE=true")
    team.call("env", *elsewhere, "dvc", "repro", "--quiet", at=twin)
    assert team.ran() == ALL
    team.hold("train")
    run = team.started("pipelinekit", "run", at=team.clone)
    team.until_begun("train")
    assert team.ran() == ["prepare", "describe", "train"]
    run.kill()
    run.wait(SECONDS)
    run = team.started("pipelinekit", "run", at=team.clone)
    team.until_begun("train")
    team.let_go("train")
    assert run.wait(SECONDS) == 0, team.logs()
    assert team.ran() == ["train", "evaluate"]
    for path in ("dvc.lock", "metrics.json", *DATA):
        assert (team.clone / path).read_bytes() == (twin / path).read_bytes(), path
    # what one has run oneself and pushed is not run again
    team.call("dvc", "push", "--quiet")
    team.change("its results")
    team.push()
    team.settle()
    assert team.ran() == []
    assert team.tip() == "test"
    killed = Commit("a rate of one's own", True, "FINISHED", sorted([*ALL, "train KILLED"]))
    assert team.commits() == [*before, killed]
    inputs_are_those_of_the_lock(team)
    assert set(versions(team)) == {"1", "2"}
