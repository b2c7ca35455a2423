from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelinekit.adoption.examine import QUESTIONS
from pipelinekit.adoption.grade import FROM, grade_of
from pipelinekit.adoption.point import GRADES, PARTS, Grade, Point, State, Verdict

STATES: tuple[State, ...] = ("done", "partly", "missing", "not-needed")


def point(state: State, weight: int = 1, at_most: Grade | None = None) -> Point:
    return Point("p", "p", "team", "w", weight, Verdict(state, ("e",)), at_most)


@pytest.mark.parametrize(
    ("states", "percent", "grade"),
    [
        (["done"] * 9 + ["missing"], 90, "A"),
        (["done"] * 8 + ["partly", "missing"], 85, "B"),
        (["done"] * 3 + ["partly", "missing"], 70, "C"),
        (["partly"] * 5, 50, "D"),
        (["missing"] * 2 + ["partly"], 16, "F"),
        (["not-needed"] * 3 + ["done"], 100, "A"),
        (["not-needed"], 100, "A"),
    ],
)
def test_grades(states: list[State], percent: int, grade: Grade) -> None:
    graded = grade_of([point(state) for state in states])
    assert (graded.percent, graded.grade, graded.held_by) == (percent, grade, None)


def test_weights_count() -> None:
    graded = grade_of([point("done", 3), point("partly", 3), point("missing", 2)])
    assert (graded.score, graded.most) == (4.5, 8)


def test_nearly_is_not_rounded_up() -> None:
    assert grade_of([point("done", 899), point("missing", 101)]).grade == "B"


def test_what_is_missing_can_hold_the_grade() -> None:
    others = [point("done", 50)]
    held = point("missing", 1, "D")
    graded = grade_of([*others, point("missing", 1, "C"), held])
    assert (graded.grade, graded.held_by) == ("D", held)
    assert grade_of([*others, point("partly", 1, "D")]).held_by is None
    # one that is worse anyway is held by nothing
    assert grade_of([point("missing", 9), held]).held_by is None


@given(st.lists(st.tuples(st.sampled_from(STATES), st.integers(1, 3)), max_size=20), st.data())
def test_a_step_forward_never_costs_a_grade(given_points: list[tuple[State, int]], data: st.DataObject) -> None:
    points = [point(state, weight) for state, weight in given_points]
    before = grade_of(points)
    assert before.is_at_least(before.grade)
    is_open = [index for index, each in enumerate(points) if each.is_open]
    if is_open:
        index = data.draw(st.sampled_from(is_open))
        points[index] = points[index]._replace(verdict=Verdict("done", ("e",)))
        after = grade_of(points)
        assert after.score > before.score
        assert after.is_at_least(before.grade)


def test_the_questions_are_well_asked() -> None:
    names = [question.name for question in QUESTIONS]
    assert len(set(names)) == len(names)
    assert sum(question.part == "adoption" for question in QUESTIONS) == 5
    for question in QUESTIONS:
        assert question.part in PARTS
        assert question.weight > 0
        assert len(question.why) <= 50, f"{question.name}: half a line"
    assert list(FROM) == list(GRADES)
