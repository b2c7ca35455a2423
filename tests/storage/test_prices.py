"""Prices: the sum of the brief, tiers, units, and tables of one's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelinekit.project.configuration import ConfigurationError
from pipelinekit.storage.prices import GIB, PROVIDERS, StorageClass, Tier, of_download, of_upload, per_month
from pipelinekit.storage.settings import cost_settings
from tests.command_line import run
from tests.freshness.projects import lock, md5
from tests.storage.histories import commit, start
from tests.storage.test_count import PIPELINE

S3, GCS, AZURE = PROVIDERS
STANDARD = S3.classes[0]


def test_the_sum_of_the_brief(tmp_path: Path) -> None:
    """1 GB × 100 versions = 100 GB, about 2.30 USD a month on S3 Standard."""
    start(tmp_path)
    for version in range(100):
        out = {"md5": md5(str(version)), "size": GIB}
        commit(tmp_path, {"dvc.yaml": PIPELINE, "dvc.lock": lock(train={"outs": {"model.pkl": out}})})
    result = run("cost", "--prices-of", "s3", folder=tmp_path)
    assert result.stdout.startswith("100 GiB in 100 objects, named by 100 commits of the branch that is checked out")
    (line,) = (line for line in result.stdout.splitlines() if line.startswith("  S3 Standard  "))
    assert line.split()[2] == "2.30"
    (row,) = (line for line in result.stdout.splitlines() if line.startswith("  model.pkl"))
    assert row.split()[:5] == ["model.pkl", "train", "100", "100", "GiB"]


def test_gigabytes_of_a_thousand_are_a_little_less() -> None:
    assert per_month(100 * GIB, STANDARD) == pytest.approx(2.30)
    assert per_month(100 * 10**9, STANDARD) == pytest.approx(2.14, abs=0.005)


def test_what_lies_above_a_tier_is_cheaper() -> None:
    tib = 1024 * GIB
    assert per_month(50 * tib, STANDARD) == pytest.approx(50 * 1024 * 0.023)
    assert per_month(60 * tib, STANDARD) == pytest.approx(1024 * (50 * 0.023 + 10 * 0.022))
    assert per_month(600 * tib, STANDARD) == pytest.approx(1024 * (50 * 0.023 + 450 * 0.022 + 100 * 0.021))
    assert per_month(0, STANDARD) == 0


def test_requests_retrieval_and_egress() -> None:
    rare = S3.classes[1]
    assert of_download(10 * GIB, 2000, STANDARD) == pytest.approx(10 * 0.09 + 2 * 0.0004)
    assert of_download(10 * GIB, 2000, rare) == pytest.approx(10 * (0.09 + 0.01) + 2 * 0.001)
    assert of_upload(3000, STANDARD) == pytest.approx(0.015)
    unknown = StorageClass("x", "", (Tier(None, 1.0),))
    assert (of_download(1, 1, unknown), of_upload(1, unknown)) == (None, None)


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.name)
def test_each_list_says_where_it_comes_from(provider: object) -> None:
    assert provider in PROVIDERS
    for each in (S3, GCS, AZURE):
        assert len(each.date) == 7
        assert each.region
        assert "/" in each.source
        prices = [one.storage[0].price for one in each.classes]
        assert prices == sorted(prices, reverse=True)
        assert all(one.storage[-1].up_to is None for one in each.classes)


OWN = """\
[tool.pipelinekit.cost]
prices-of = "cellar"

[tool.pipelinekit.cost.prices.cellar]
storage = 4.0
unit = "TB"
egress = 0
currency = "EUR"
date = 2026-01-31
source = "the invoice of January"
region = "Frankfurt"
"""


def test_a_table_of_ones_own(tmp_path: Path) -> None:
    start(tmp_path)
    out = {"md5": md5("x"), "size": 10**12}
    files: dict[str, str | bytes | None] = {"pyproject.toml": OWN, "dvc.yaml": PIPELINE}
    commit(tmp_path, {**files, "dvc.lock": lock(train={"outs": {"model.pkl": out}})})
    result = run("cost", folder=tmp_path)
    assert result.status == 0, result.stderr
    (line,) = (line for line in result.stdout.splitlines() if line.startswith("  cellar  "))
    assert line.split()[:2] == ["cellar", "4.00"]
    assert "cellar, Frankfurt: list prices by the invoice of January, as of 2026-01-31" in result.stdout
    assert "  EUR " in result.stdout
    assert run("lint", folder=tmp_path).status in (0, 1)  # the linter leaves the table to us


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[tool.pipelinekit]\ncost = 1\n", "pyproject.toml:2:8: 'cost' is the number 1, not a table"),
        ("[tool.pipelinekit.cost]\nprice-of = 's3'\n", "unknown setting 'price-of'; did you mean 'prices-of'?"),
        ("[tool.pipelinekit.cost]\nprices-of = 's4'\n", "unknown price list 's4'; there are azure, gcs, s3"),
        ("[tool.pipelinekit.cost.prices.x]\nunit = 'GB'\n", "'x' has no 'storage'"),
        ("[tool.pipelinekit.cost.prices.x]\nstorage = -1\n", "'storage' is the number -1, not a number of 0 or more"),
        ("[tool.pipelinekit.cost.prices.x]\nstorage = nan\n", "'storage' is the number nan"),
        ("[tool.pipelinekit.cost.prices.x]\nstorage = 1\nunit = 'MB'\n", "unknown unit 'MB'"),
        ("[tool.pipelinekit.cost.prices.x]\nstorage = 1\nstorag = 1\n", "unknown price 'storag'"),
        ("[tool.pipelinekit.cost.prices]\nx = 1\n", "'x' is the number 1, not a table"),
    ],
)
def test_settings_that_are_wrong(text: str, said: str, tmp_path: Path) -> None:
    start(tmp_path)
    commit(tmp_path, {"pyproject.toml": text, "dvc.yaml": PIPELINE})
    with pytest.raises(ConfigurationError):
        cost_settings(str(tmp_path))
    result = run("cost", folder=tmp_path)
    assert (result.status, result.stdout) == (2, "")
    assert said in result.stderr


def test_a_list_that_is_none(tmp_path: Path) -> None:
    start(tmp_path)
    commit(tmp_path, {"dvc.yaml": PIPELINE})
    result = run("cost", "--prices-of", "s4", folder=tmp_path)
    assert result.status == 2
    assert "there is no price list 's4', only s3, gcs, azure" in result.stderr
