"""Keys of params files: which are read, which cover which."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipelinekit.scripts.python.parameters import KeySet, overlaps

NAMES = st.sampled_from("abc")
KEYS = st.lists(NAMES, min_size=1, max_size=4).map(tuple)


def test_one_key_holds_the_other() -> None:
    assert overlaps("train", ("train", "lr"))
    assert overlaps("train.lr", ("train",))
    assert overlaps("train.*", ("train", "lr"))
    assert not overlaps("train.lr", ("train", "epochs"))
    assert not overlaps("tra", ("train",))


@given(st.sets(KEYS, max_size=6), KEYS)
def test_set_of_keys_agrees_with_asking_one_by_one(used: set[tuple[str, ...]], keys: tuple[str, ...]) -> None:
    keyset = KeySet()
    for name in used:
        keyset.add(name)
    assert keyset.touches(keys) == any(overlaps(".".join(name), keys) for name in used)
    assert keyset.covers(keys) == any(keys[: len(name)] == name for name in used)


@given(st.sets(st.lists(st.sampled_from(["a", "b", "*"]), min_size=1, max_size=3).map(tuple), max_size=4), KEYS)
def test_patterns_cover_what_they_match(used: set[tuple[str, ...]], keys: tuple[str, ...]) -> None:
    keyset = KeySet()
    for name in used:
        keyset.add(name)
    if any(overlaps(".".join(name), keys) for name in used):
        assert keyset.touches(keys)
