from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipelinekit.draw.measure import fitted, text_width
from tests.draw.drawings import names


@given(names, st.integers(60, 300))
def test_what_is_fitted_fits(text: str, width: int) -> None:
    cut = fitted(text, 13, width)
    assert text_width(cut, 13) <= width
    if cut != text:
        head, _, tail = cut.partition("…") if "…" not in text else (cut[: cut.index("…")], "", "")
        assert text.startswith(head)
        assert text.endswith(tail)


def test_the_middle_is_left_out() -> None:
    cut = fitted("features/dvc.yaml:window@pendulum-4", 10, 100)
    assert cut.startswith("features")
    assert cut.endswith("-4")
    assert len(cut) == 16
