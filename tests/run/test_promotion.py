"""Promotions: every rule refuses what it should, nothing changes before all allow it, and all can be undone."""

from __future__ import annotations

import itertools

import pytest

from pipelinekit.run.models import ModelError, find_model
from pipelinekit.run.promote_settings import PromoteSettings
from pipelinekit.run.promotion import METRIC, Promoter, Promotion, PromotionError, undo
from pipelinekit.run.store import Store, TrackingError
from pipelinekit.run.tracking_settings import TrackingSettings
from tests.run.fake_store import FakeStore
from tests.run.projects import SmallPipeline

RULES = PromoteSettings(metric="accuracy")
_numbers = itertools.count(1)


@pytest.fixture
def model(project: SmallPipeline) -> str:
    """A name that no other test has: they share the server."""
    name = f"churn{next(_numbers)}-{id(project)}"
    project.write("dvc.yaml", (project.folder / "dvc.yaml").read_text().replace("  churn:", f"  {name}:"))
    return name


def promote(
    project: SmallPipeline,
    store: Store,
    settings: TrackingSettings,
    rules: PromoteSettings = RULES,
    errors: tuple[str, ...] = (),
    *,
    dry_run: bool = False,
) -> Promotion:
    graph = project.graph()
    promoter = Promoter(graph, find_model(graph, None), rules, store, settings.experiment)
    return promoter.promote("champion", errors, dry_run=dry_run)


def refusals(promotion: Promotion) -> dict[str, str]:
    return {check.rule: check.detail for check in promotion.checks if not check.passed}


def test_a_model_is_promoted_once(project: SmallPipeline, store: Store, settings: TrackingSettings, model: str) -> None:
    commit = project.commit()
    first = promote(project, store, settings)
    assert (first.refused, first.is_done, first.version, first.previous) == (False, True, "1", "")
    again = promote(project, store, settings)
    assert (again.is_done, again.version, again.previous) == (True, "1", "1")
    (version,) = store.versions(model)
    assert (version.tags["git.commit"], version.tags["dvc.path"]) == (commit, "model.pkl")
    assert version.tags[METRIC + "accuracy"] == "0.8"
    champion = store.version_by_alias(model, "champion")
    assert champion is not None
    assert champion.version == "1"


def test_a_better_one_takes_the_alias_and_gives_it_back(
    project: SmallPipeline, store: Store, settings: TrackingSettings, model: str
) -> None:
    project.commit()
    promote(project, store, settings)
    project.run(lr=0.2, accuracy=0.9)
    project.commit()
    planned = promote(project, store, settings, dry_run=True)
    assert (planned.is_done, planned.version, planned.previous) == (False, "", "1")
    assert len(store.versions(model)) == 1
    done = promote(project, store, settings)
    assert (done.version, done.previous) == ("2", "1")
    assert undo(store, model, "champion", dry_run=True).is_done is False
    undone = undo(store, model, "champion")
    assert (undone.was, undone.now) == ("2", "1")
    champion = store.version_by_alias(model, "champion")
    assert champion is not None
    assert champion.version == "1"
    assert undo(store, model, "champion").now == ""
    assert store.version_by_alias(model, "champion") is None
    with pytest.raises(PromotionError, match="there is nothing to undo"):
        undo(store, model, "champion")


@pytest.mark.parametrize(
    ("accuracy", "rules", "refusal"),
    [
        (0.8, RULES, None),
        (0.79, RULES, "accuracy is 0.79, worse than 0.8 of version 1"),
        (
            0.79,
            RULES._replace(metric="metrics.json:accuracy"),
            "metrics.json:accuracy is 0.79, worse than 0.8 of version 1",
        ),
        (0.79, RULES._replace(tolerance=0.02), None),
        (0.7, RULES._replace(tolerance=0.02), "accuracy is 0.7, worse than 0.8 of version 1, tolerance 0.02"),
        (0.81, RULES._replace(maximize=False), "accuracy is 0.81, worse than 0.8 of version 1"),
        (0.79, RULES._replace(maximize=False), None),
        (0.1, RULES._replace(metric=None), None),
        (0.9, RULES._replace(metric="recall"), "no metrics file of the model's stages has 'recall'"),
        (float("nan"), RULES, "accuracy is nan, worse than 0.8 of version 1"),
    ],
)
def test_the_metric_must_be_at_least_as_good(
    accuracy: float, rules: PromoteSettings, refusal: str | None, project: SmallPipeline
) -> None:
    store, settings = FakeStore(), TrackingSettings("http://fake", "experiment")
    project.commit()
    first = rules._replace(metric="accuracy" if rules.metric == "recall" else rules.metric)
    assert promote(project, store, settings, first).is_done
    project.run(lr=0.2, accuracy=accuracy)
    if accuracy != accuracy:
        project.write("metrics.json", '{"accuracy": NaN, "note": "fine"}')
        text = (project.folder / "dvc.lock").read_text()
        from tests.freshness.projects import md5

        old = md5('{"accuracy": nan, "note": "fine"}')
        project.write("dvc.lock", text.replace(old, md5('{"accuracy": NaN, "note": "fine"}')))
    project.commit()
    calls = len(store.runs)
    promotion = promote(project, store, settings, rules)
    assert refusals(promotion) == ({"metric": refusal} if refusal else {})
    assert promotion.is_done == (refusal is None)
    assert (len(store.runs) > calls) == (refusal is None)


def test_what_is_not_committed_is_not_promoted(project: SmallPipeline, model: str) -> None:
    store, settings = FakeStore(), TrackingSettings("http://fake", "experiment")
    project.commit()
    project.write("train.py", "changed")
    promotion = promote(project, store, settings)
    assert refusals(promotion)["clean-tree"] == "not committed: train.py"
    project.git("checkout", "-q", "train.py")
    project.run(lr=0.3)
    detail = refusals(promote(project, store, settings))["clean-tree"]
    assert sorted(detail.removeprefix("not committed: ").split(", ")) == ["dvc.lock", "params.yaml"]
    assert store.registry == {}
    assert store.runs == {}


def test_an_untracked_file_that_nothing_needs_is_no_obstacle(project: SmallPipeline, model: str) -> None:
    store, settings = FakeStore(), TrackingSettings("http://fake", "experiment")
    project.commit()
    project.write("notes.txt", "")
    assert promote(project, store, settings).is_done


def test_what_is_stale_is_not_promoted(project: SmallPipeline, model: str) -> None:
    store, settings = FakeStore(), TrackingSettings("http://fake", "experiment")
    project.write("prepare.py", "changed since the run")
    project.commit()
    promotion = promote(project, store, settings)
    assert list(refusals(promotion)) == ["fresh"]
    assert refusals(promotion)["fresh"].startswith("not fresh: prepare (stale)")
    assert promote(project, store, settings, RULES._replace(fresh=False)).is_done


def test_what_has_errors_is_not_promoted(project: SmallPipeline, model: str) -> None:
    store, settings = FakeStore(), TrackingSettings("http://fake", "experiment")
    project.commit()
    promotion = promote(project, store, settings, errors=("dvc.yaml:3:5: PK103 there is no x.py",))
    assert refusals(promotion) == {"no-errors": "1 found, the first: dvc.yaml:3:5: PK103 there is no x.py"}


def test_all_refusals_are_said_at_once(project: SmallPipeline, model: str) -> None:
    store, settings = FakeStore(), TrackingSettings("http://fake", "experiment")
    project.commit()
    project.write("prepare.py", "changed")
    promotion = promote(project, store, settings, RULES._replace(metric="recall"), errors=("x",))
    assert sorted(refusals(promotion)) == ["clean-tree", "fresh", "metric", "no-errors"]


def test_without_a_metric_on_the_other_side(project: SmallPipeline, model: str) -> None:
    store, settings = FakeStore(), TrackingSettings("http://fake", "experiment")
    project.commit()
    store.create_version(model, "x", "", None, {})
    store.set_alias(model, "champion", "1")
    assert refusals(promote(project, store, settings)) == {
        "metric": f"version 1 ('champion') has no 'accuracy': set its tag {METRIC}accuracy"
    }
    with pytest.raises(PromotionError, match="can't tell what was before"):
        undo(store, model, "champion")
    store.tag_version(model, "1", METRIC + "accuracy", "0.5")
    assert promote(project, store, settings).version == "2"


def test_a_server_that_dies_in_a_promotion_leaves_the_alias_where_it_was(project: SmallPipeline, model: str) -> None:
    project.commit()
    whole, settings = FakeStore(), TrackingSettings("http://fake", "experiment")
    promote(project, whole, settings)
    for calls in range(0, whole.calls, 3):
        store = FakeStore(calls_left=calls)
        with pytest.raises(TrackingError):
            promote(project, store, settings)
        assert store.aliases == {}
        store.calls_left = None
        assert promote(project, store, settings).version == "1"
        assert len(store.registry[model]) == 1
        assert len(store.models) == 1


@pytest.mark.parametrize("alias", ["", "latest", "v1", "V22", "a b", "a/b", "ä!"])
def test_aliases_that_can_not_be(alias: str, project: SmallPipeline) -> None:
    with pytest.raises(PromotionError, match="can't be an alias"):
        undo(FakeStore(), "churn", alias)


# --- which model ---------------------------------------------------------------------------------------------


def test_which_model(project: SmallPipeline) -> None:
    text = (project.folder / "dvc.yaml").read_text()
    project.write("dvc.yaml", text.split("artifacts:")[0])
    with pytest.raises(ModelError, match=r"no dvc\.yaml has an artifact of type model"):
        find_model(project.graph(), None)
    project.write(
        "dvc.yaml",
        text + "  other:\n    path: data/clean.csv\n    type: model\n  set:\n    path: x\n    type: dataset\n",
    )
    with pytest.raises(ModelError, match="several models: churn, other"):
        find_model(project.graph(), None)
    assert find_model(project.graph(), "other").path == "data/clean.csv"
    with pytest.raises(ModelError, match="Did you mean 'churn'"):
        find_model(project.graph(), "chrun")


def test_a_model_in_a_folder_has_its_name(project: SmallPipeline) -> None:
    (project.folder / "sub").mkdir()
    project.write("sub/dvc.yaml", "artifacts:\n  churn:\n    path: ../model.pkl\n    type: model\n")
    graph = project.graph()
    assert find_model(graph, "churn").registered == "churn"
    assert find_model(graph, "sub-churn").stage is project.stage("train", graph)
    project.write("sub/dvc.yaml", "artifacts:\n  m:\n    path: nowhere.pkl\n    type: model\n")
    graph = project.graph()
    promoter = Promoter(graph, find_model(graph, "m"), RULES, FakeStore(), "experiment")
    with pytest.raises(PromotionError, match=r"no stage makes sub/nowhere\.pkl"):
        promoter.promote("champion", ())


def test_a_stage_that_never_ran(project: SmallPipeline) -> None:
    (project.folder / "dvc.lock").unlink()
    project.commit()
    with pytest.raises(PromotionError, match="'train' has not run yet"):
        promote(project, FakeStore(), TrackingSettings("http://fake", "experiment"))
