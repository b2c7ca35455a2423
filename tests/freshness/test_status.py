"""What is stale without DVC and without its data: clones, chains of hashes, what is passed on, and the words for it.

That it is what `dvc status` says where the data is, `tests/oracle/test_statuses.py` shows.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from pipelinekit.freshness.causes import Cause, name_of
from pipelinekit.freshness.contents import folder_md5
from pipelinekit.freshness.records import unreadable_locks
from pipelinekit.freshness.status import Status, TrackedStatus, statuses, tracked_statuses
from pipelinekit.project.project import Project
from tests.freshness.projects import entry, graph, lock, md5, project

PIPELINE = """\
stages:
  prepare:
    cmd: python prepare.py
    deps: [prepare.py, raw.csv]
    params: [split]
    outs: [clean.csv]
  train:
    cmd: python train.py
    deps: [train.py, clean.csv]
    outs: [model.pkl]
    metrics:
    - metrics.json: {cache: false}
  evaluate:
    cmd: python evaluate.py
    deps: [model.pkl]
    outs: [report]
"""
CODE: dict[str, str | bytes] = {"prepare.py": "prepare\n", "train.py": "train\n", "params.yaml": "split: 0.2\n"}
RAN = {
    "prepare": {
        "deps": {"prepare.py": "prepare\n", "raw.csv": "raw"},
        "params": {"params.yaml": {"split": 0.2}},
        "outs": {"clean.csv": "clean"},
    },
    "train": {
        "deps": {"train.py": "train\n", "clean.csv": "clean"},
        "outs": {"model.pkl": "model", "metrics.json": "{}"},
    },
    "evaluate": {"deps": {"model.pkl": "model"}, "outs": {"report": {"md5": "0" * 32 + ".dir", "nfiles": 2}}},
}
RAW_DVC = f"outs:\n- md5: {md5('raw')}\n  hash: md5\n  size: 3\n  path: raw.csv\n"
#: Everything that git has after a run: what a clone begins with.
CLONE: dict[str, str | bytes] = {
    **CODE, "dvc.yaml": PIPELINE, "dvc.lock": lock(**RAN), "raw.csv.dvc": RAW_DVC, "metrics.json": "{}"
}  # fmt: skip


def verdicts(made: Project) -> dict[str, Status | TrackedStatus]:
    drawn = graph(made)
    found: dict[str, Status | TrackedStatus] = {name_of(one): status for one, status in statuses(drawn).items()}
    return {**found, **{file.file: status for file, status in tracked_statuses(drawn).items()}}


def states(made: Project) -> dict[str, str]:
    return {name: verdict.state for name, verdict in verdicts(made).items() if verdict.state != "fresh"}


def causes(made: Project, name: str) -> list[Cause]:
    return list(verdicts(made)[name].because)


def words(made: Project, name: str) -> list[str]:
    return [cause.words for cause in causes(made, name)]


def without(files: dict[str, str | bytes], *names: str) -> dict[str, str | bytes]:
    return {name: content for name, content in files.items() if name not in names}


def locked(**changes: dict[str, Any]) -> str:
    """The lock, with some sections of some stages changed."""
    return lock(**{name: {**stage, **changes.get(name, {})} for name, stage in RAN.items()})


def put_into_cache(made: Project, content: str, mode: int = 0o444) -> None:
    path = Path(made.root, ".dvc/cache/files/md5", md5(content)[:2], md5(content)[2:])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    path.chmod(mode)


# --- a clone -----------------------------------------------------------------------------------------------------


def test_in_a_clone_nothing_is_stale_and_nothing_unknown(tmp_path: Path) -> None:
    made = project(tmp_path, CLONE)
    assert states(made) == {}
    assert verdicts(made)["train"].absent == ("model.pkl",)
    assert verdicts(made)["raw.csv.dvc"].absent == ("raw.csv",)


def test_code_values_and_commands_are_compared_without_the_data(tmp_path: Path) -> None:
    changed = {**CLONE, "train.py": "learn\n", "params.yaml": "split: 0.3\n"}
    made = project(tmp_path, {**changed, "dvc.yaml": PIPELINE.replace("python evaluate.py", "python -O evaluate.py")})
    assert states(made) == dict.fromkeys(("prepare", "train", "evaluate"), "stale")
    assert words(made, "prepare") == ["split: 0.2 → 0.3"]
    assert words(made, "train") == ["train.py changed", "'prepare', which makes clean.csv, is stale"]
    assert causes(made, "evaluate")[0][:5] == (
        "cmd", "dvc.yaml", "python evaluate.py", "python -O evaluate.py", "changed command"
    )  # fmt: skip


def test_what_a_stage_used_must_be_what_another_has_made(tmp_path: Path) -> None:
    text = locked(prepare={"outs": {"clean.csv": "clean again"}})
    made = project(tmp_path, {**CLONE, "dvc.lock": text})
    assert states(made) == {"train": "stale", "evaluate": "stale"}
    (cause,) = causes(made, "train")
    assert cause.words == "prepare has made another clean.csv since"
    assert (cause.was, cause.now, cause.via) == (md5("clean"), md5("clean again"), "dvc.yaml:prepare")


def test_what_a_stage_used_must_be_what_a_dvc_file_tracks(tmp_path: Path) -> None:
    made = project(tmp_path, {**CLONE, "raw.csv.dvc": RAW_DVC.replace(md5("raw"), md5("raw again"))})
    assert words(made, "prepare") == ["raw.csv.dvc tracks another raw.csv since"]
    assert states(made)["evaluate"] == "stale"


def test_what_nobody_could_bring_is_unknown_and_so_is_what_needs_it(tmp_path: Path) -> None:
    made = project(tmp_path, without(CLONE, "raw.csv.dvc"))
    assert states(made) == dict.fromkeys(("prepare", "train", "evaluate"), "unknown")
    assert words(made, "prepare") == ["raw.csv is not here, and neither git, DVC nor a stage could bring it"]
    assert words(made, "train") == ["'prepare', which makes clean.csv, is unknown"]


def test_what_is_unknown_does_not_hide_what_is_stale(tmp_path: Path) -> None:
    made = project(tmp_path, {**without(CLONE, "raw.csv.dvc"), "prepare.py": "other\n"})
    assert states(made) == dict.fromkeys(("prepare", "train", "evaluate"), "stale")
    assert words(made, "prepare") == ["prepare.py changed"]


def test_it_is_deleted_where_other_data_is_here(tmp_path: Path) -> None:
    made = project(tmp_path, without(CLONE, "raw.csv.dvc"))
    (tmp_path / "model.pkl").write_text("model")
    put_into_cache(made, "model")
    assert words(made, "prepare") == ["raw.csv is gone"]


def test_a_file_that_git_has_was_deleted(tmp_path: Path) -> None:
    made = project(tmp_path, CLONE)
    (tmp_path / "train.py").unlink()
    (tmp_path / "metrics.json").unlink()
    assert [(cause.path, cause.change) for cause in causes(made, "train")] == [
        ("train.py", "deleted"), ("metrics.json", "deleted")
    ]  # fmt: skip


def test_an_output_that_the_cache_has_was_deleted(tmp_path: Path) -> None:
    made = project(tmp_path, CLONE)
    put_into_cache(made, "model")
    words_of_it = "model.pkl is gone; the cache has it: 'dvc checkout' brings it back"
    assert words(made, "train") == [words_of_it]
    assert words(made, "evaluate") == [words_of_it, "'train', which makes model.pkl, is stale"]


def test_an_output_that_no_cache_keeps_is_not_missed_in_a_clone(tmp_path: Path) -> None:
    made = project(tmp_path, without(CLONE, "metrics.json"))
    assert states(made) == {}
    put_into_cache(made, "clean")
    (tmp_path / "clean.csv").write_text("clean")
    assert words(graph_again(made), "train") == ["metrics.json is gone"]


def graph_again(made: Project) -> Project:
    return Project(made.root)


def test_a_folder_with_nothing_but_what_git_keeps_there_was_not_fetched(tmp_path: Path) -> None:
    made = project(tmp_path, {**CLONE, "report/.gitkeep": ""})
    assert states(made) == {}
    assert verdicts(made)["evaluate"].absent == ("report",)
    (tmp_path / "report/page.html").write_text("page")
    assert words(graph_again(made), "evaluate") == ["report is here, but the cache has lost it"]


def test_without_a_dvc_folder_no_cache_is_missed(tmp_path: Path) -> None:
    made = project(tmp_path, {**CLONE, "model.pkl": "model"})
    (tmp_path / ".dvc").rmdir()
    assert states(made) == {}


# --- folders that were not fetched -------------------------------------------------------------------------------

INSIDE = """\
stages:
  make:
    cmd: make
    outs: [parts]
  use:
    cmd: use
    deps: [parts/one, parts/deep]
"""
PARTS = {"one": md5("1"), "deep/two": md5("2"), "deep/three": md5("3")}


def inside(tmp_path: Path, used: dict[str, Any]) -> Project:
    text = lock(make={"cmd": "make", "outs": {"parts": {"md5": folder_md5(PARTS)}}}, use={"cmd": "use", "deps": used})
    return project(tmp_path, {"dvc.yaml": INSIDE, "dvc.lock": text})


def list_in_cache(made: Project) -> None:
    listing = [{"md5": one, "relpath": name} for name, one in sorted(PARTS.items())]
    path = Path(made.root, ".dvc/cache/files/md5", folder_md5(PARTS)[:2], folder_md5(PARTS)[2:])
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(listing))
    path.chmod(0o444)


DEEP = folder_md5({"two": md5("2"), "three": md5("3")})


def test_what_lies_in_a_folder_that_was_not_fetched_is_unknown(tmp_path: Path) -> None:
    assert states(inside(tmp_path, {"parts/one": "1", "parts/deep": {"md5": DEEP}})) == {"use": "unknown"}


def test_unless_the_cache_has_the_list_of_the_folder(tmp_path: Path) -> None:
    made = inside(tmp_path / "same", {"parts/one": "1", "parts/deep": {"md5": DEEP}})
    list_in_cache(made)
    assert states(made) == {}
    made = inside(tmp_path / "other", {"parts/one": "other", "parts/deep": {"md5": "0" * 32 + ".dir"}})
    list_in_cache(made)
    assert words(made, "use") == ["make has made another parts/one since", "make has made another parts/deep since"]


HOLDING = "stages:\n  use:\n    cmd: use\n    deps: [data]\n"


@pytest.mark.parametrize(
    ("recorded", "expected"),
    [
        ({"notes.txt": "notes", "raw.csv": "raw"}, {}),
        ({"notes.txt": "notes", "raw.csv": "raw before"}, {"use": "stale"}),
        ({"notes.txt": "other notes", "raw.csv": "raw"}, {"use": "stale"}),
    ],
    ids=["same", "data", "file"],
)
def test_a_folder_in_which_data_is_missing_is_put_together(
    recorded: dict[str, str], expected: dict[str, str], tmp_path: Path
) -> None:
    """What is there, and for the rest what a `.dvc` file says of it."""
    files = {**recorded, ".gitignore": "/raw.csv\n", "raw.csv.dvc": RAW_DVC}
    used = {"md5": folder_md5({name: md5(content) for name, content in files.items()})}
    text = lock(use={"cmd": "use", "deps": {"data": used}})
    here: dict[str, str | bytes] = {
        "data/.gitignore": "/raw.csv\n",
        "data/raw.csv.dvc": RAW_DVC,
        "data/notes.txt": "notes",
    }
    assert states(project(tmp_path, {"dvc.yaml": HOLDING, "dvc.lock": text, **here})) == expected


# --- what is passed on -------------------------------------------------------------------------------------------


def test_a_frozen_stage_takes_nothing_and_passes_on_its_own(tmp_path: Path) -> None:
    frozen = PIPELINE.replace("  train:\n", "  train:\n    frozen: true\n")
    made = project(tmp_path / "before", {**CLONE, "dvc.yaml": frozen, "prepare.py": "other\n"})
    assert states(made) == {"prepare": "stale"}
    made = project(tmp_path / "itself", {**CLONE, "dvc.yaml": frozen.replace("python train", "python -O train")})
    assert states(made) == {"train": "stale", "evaluate": "stale"}


def test_a_stage_that_runs_every_time_makes_no_other_stale(tmp_path: Path) -> None:
    made = project(
        tmp_path, {**CLONE, "dvc.yaml": PIPELINE.replace("  train:\n", "  train:\n    always_changed: true\n")}
    )
    assert states(made) == {"train": "stale"}
    (tmp_path / "train.py").write_text("learn\n")
    assert states(graph_again(made)) == {"train": "stale", "evaluate": "stale"}


def test_what_never_ran_makes_others_stale(tmp_path: Path) -> None:
    text = lock(**{name: stage for name, stage in RAN.items() if name != "prepare"})
    made = project(tmp_path, {**CLONE, "dvc.lock": text})
    assert states(made) == {"prepare": "never-run", "train": "stale", "evaluate": "stale"}
    assert words(made, "train") == ["'prepare', which makes clean.csv, has never run"]
    assert [cause.kind for cause in causes(made, "prepare")] == ["lock"]


def test_a_stage_with_a_new_name_is_recognised(tmp_path: Path) -> None:
    made = project(tmp_path, {**CLONE, "dvc.yaml": PIPELINE.replace("  train:", "  fit:")})
    assert words(made, "fit") == ["it has never run; 'train' made its outputs"]


def test_stages_in_a_circle_are_told_once(tmp_path: Path) -> None:
    text = "stages:\n  a:\n    cmd: a\n    deps: [y]\n    outs: [x]\n  b:\n    cmd: b\n    deps: [x]\n    outs: [y]\n"
    ran = lock(
        a={"cmd": "a", "deps": {"y": "y"}, "outs": {"x": "x"}},
        b={"cmd": "other", "deps": {"x": "x"}, "outs": {"y": "y"}},
    )
    made = project(tmp_path, {"dvc.yaml": text, "dvc.lock": ran})
    assert states(made) == {"a": "stale", "b": "stale"}


def test_the_verdicts_stand_in_the_order_in_which_the_stages_would_run(tmp_path: Path) -> None:
    lines = PIPELINE.splitlines(keepends=True)[1:]
    parts = ["".join(lines[0:5]), "".join(lines[5:11]), "".join(lines[11:])]
    backwards = "stages:\n" + "".join(reversed(parts))
    names = [stage.name for stage in statuses(graph(project(tmp_path, {**CLONE, "dvc.yaml": backwards})))]
    assert names == ["prepare", "train", "evaluate"]


# --- what DVC does not notice ------------------------------------------------------------------------------------


def test_what_is_listed_no_longer_is_told_and_makes_nothing_stale(tmp_path: Path) -> None:
    text = PIPELINE.replace("deps: [prepare.py, raw.csv]", "deps: [raw.csv]").replace("    params: [split]\n", "")
    made = project(tmp_path, {**CLONE, "dvc.yaml": text})
    assert states(made) == {}
    assert words(made, "prepare") == [
        "prepare.py is no dependency any more; DVC does not notice",
        "split is no parameter any more; DVC does not notice",
    ]
    assert {(cause.kind, cause.is_dvc, cause.is_decisive) for cause in causes(made, "prepare")} == {
        ("definition", False, False)
    }


# --- words -------------------------------------------------------------------------------------------------------


def test_line_ends_are_said_to_be_all_that_changed(tmp_path: Path) -> None:
    made = project(tmp_path, {**CLONE, "train.py": "train\r\n"})
    assert words(made, "train") == ["train.py changed, but only in its line ends"]


def test_a_file_of_git_lfs_that_was_not_fetched_is_no_change(tmp_path: Path) -> None:
    made = project(
        tmp_path, {**CLONE, "train.py": "version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 6\n"}
    )
    assert states(made) == {"train": "unknown", "evaluate": "unknown"}
    assert words(made, "train") == ["train.py was not fetched: 'git lfs pull' brings it"]


def test_values_that_are_long_or_of_odd_types_are_not_shown(tmp_path: Path) -> None:
    made = project(tmp_path, {**CLONE, "params.yaml": f"split: {list(range(40))}\n"})
    assert words(made, "prepare") == ["split changed"]
    made = project(tmp_path / "date", {**CLONE, "params.yaml": "split: 2026-01-01\n"})
    assert words(made, "prepare") == ['split: 0.2 → "2026-01-01"']


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_unknown(tmp_path: Path) -> None:
    made = project(tmp_path, CLONE)
    (tmp_path / "train.py").chmod(0)
    assert states(made)["train"] == "unknown"


def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(tmp_path: Path) -> None:
    made = project(tmp_path, CLONE)
    (tmp_path / "train.py").unlink()
    os.mkfifo(tmp_path / "train.py")
    assert words(made, "train") == ["train.py can't be read: it is neither a file nor a folder"]


def test_values_that_can_not_be_read_are_unknown(tmp_path: Path) -> None:
    made = project(tmp_path, {**CLONE, "params.yaml": "split: [\n"})
    assert states(made)["prepare"] == "unknown"


def test_a_dependency_on_a_server_is_unknown(tmp_path: Path) -> None:
    text = PIPELINE.replace("raw.csv]", "s3://bucket/raw]")
    ran = locked(prepare={"deps": {"prepare.py": "prepare\n", "s3://bucket/raw": {"etag": "x"}}})
    made = project(tmp_path, {**CLONE, "dvc.yaml": text, "dvc.lock": ran})
    assert words(made, "prepare") == ["s3://bucket/raw is not on this machine: only DVC can compare it"]


# --- locks and revisions -----------------------------------------------------------------------------------------


def test_a_lock_that_can_not_be_read_is_named(tmp_path: Path) -> None:
    made = project(tmp_path, {**CLONE, "dvc.lock": "<<<<<<< ours\n"})
    assert unreadable_locks(graph(made)) == ["dvc.lock"]
    assert {status.state for status in statuses(graph(made)).values()} == {"unknown"}, "never run would be a lie"
    assert words(made, "prepare") == ["dvc.lock can't be read"]
    assert unreadable_locks(graph(project(tmp_path / "none", without(CLONE, "dvc.lock")))) == []


def test_a_project_as_it_was_is_judged_by_what_it_was(tmp_path: Path) -> None:
    from tests.end_to_end.programs import call

    made = project(tmp_path, CLONE)
    call("git", "commit", "-qm", "ran", folder=tmp_path)
    (tmp_path / "train.py").write_text("learn\n")
    assert states(made) == {"train": "stale", "evaluate": "stale"}
    was = made.at_revision("HEAD")
    assert states(was) == {}
    was.disk.close()


def test_a_cache_elsewhere_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = project(tmp_path / "p", {**CLONE, ".dvc/config": "[cache]\n    dir = ../../shared\n"})
    put_into_cache(made, "model")
    shutil.move(tmp_path / "p/.dvc/cache", tmp_path / "shared")
    assert states(made)["train"] == "stale"
    (tmp_path / "user").mkdir()
    (tmp_path / "user/config").write_text(f"[cache]\n    dir = {tmp_path}/shared\n")
    monkeypatch.setenv("DVC_GLOBAL_CONFIG_DIR", str(tmp_path / "user"))
    made = project(tmp_path / "q", CLONE)
    assert states(made)["train"] == "stale"


def test_an_entry_of_an_older_dvc_is_compared_as_that_did(tmp_path: Path) -> None:
    text = locked(train={"deps": {"train.py": "train\n", "clean.csv": "clean"}}).replace(
        "    - path: train.py\n      hash: md5\n", "    - path: train.py\n"
    )
    assert entry("train.py", "train\n")["hash"] == "md5"
    made = project(tmp_path, {**CLONE, "dvc.lock": text, "train.py": "train\r\n"})
    assert states(made) == {}
