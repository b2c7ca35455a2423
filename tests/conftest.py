from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

from tests.corpus import why_no_corpus

# `dev` and `ci` try the same examples each time, so that what has passed passes; `deep` looks for new ones, for long.
_QUIET = {"deadline": None, "database": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("dev", max_examples=30, derandomize=True, **_QUIET)
settings.register_profile("ci", max_examples=120, derandomize=True, **_QUIET)
settings.register_profile("deep", max_examples=3000, print_blob=True, **_QUIET)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))


# what a CI tells its programs must not change what the tests see
for _name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"):
    os.environ.pop(_name, None)


def pytest_runtest_setup(item: pytest.Item) -> None:
    reason = why_no_corpus()
    if reason is not None and item.get_closest_marker("corpus") is not None:
        pytest.skip(reason)
