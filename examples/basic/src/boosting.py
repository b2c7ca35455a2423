"""Gradient-boosted trees for a yes or no, small enough to read."""

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean

FEATURES = ["lines", "functions", "classes", "imports", "strings"]
Row = Sequence[float]


@dataclass
class Tree:
    """A leaf with a value, or a question with two trees below it."""

    value: float = 0.0
    feature: int = -1
    threshold: float = 0.0
    below: "Tree | None" = None
    above: "Tree | None" = None

    def __call__(self, row: Row) -> float:
        if self.below is None or self.above is None:
            return self.value
        return self.below(row) if row[self.feature] <= self.threshold else self.above(row)


@dataclass
class Model:
    """The sum of many trees, as the odds of a yes."""

    start: float
    learning_rate: float
    trees: list[Tree] = field(default_factory=list)

    def probability(self, row: Row) -> float:
        odds = self.start + self.learning_rate * sum(tree(row) for tree in self.trees)
        return 1 / (1 + math.exp(-odds))


def read_rows(path: Path) -> tuple[list[Row], list[int]]:
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [[float(row[name]) for name in FEATURES] for row in rows], [int(row["runnable"]) for row in rows]


def fit(rows: list[Row], labels: list[int], learning_rate: float, max_depth: int, rounds: int = 40) -> Model:
    share = fmean(labels)
    model = Model(math.log(share / (1 - share)), learning_rate)
    for _ in range(rounds):
        errors = [label - model.probability(row) for row, label in zip(rows, labels, strict=True)]
        model.trees.append(_grow(rows, errors, max_depth))
    return model


def _grow(rows: list[Row], errors: list[float], depth: int) -> Tree:
    best = _best_question(rows, errors) if depth and len(rows) >= 10 else None
    if best is None:
        return Tree(value=4 * fmean(errors))
    feature, threshold = best
    sides: tuple[list[int], list[int]] = ([], [])
    for index, row in enumerate(rows):
        sides[row[feature] > threshold].append(index)
    below, above = (_grow([rows[i] for i in side], [errors[i] for i in side], depth - 1) for side in sides)
    return Tree(feature=feature, threshold=threshold, below=below, above=above)


def _best_question(rows: list[Row], errors: list[float]) -> tuple[int, float] | None:
    """The split that leaves the smallest squared error; None if none helps."""
    total, count = sum(errors), len(errors)
    best, question = total * total / count + 1e-9, None
    for feature in range(len(FEATURES)):
        order = sorted(range(count), key=lambda index: rows[index][feature])
        left = 0.0
        for position, index in enumerate(order[:-1], start=1):
            left += errors[index]
            value, following = rows[index][feature], rows[order[position]][feature]
            if value == following or position < 5 or count - position < 5:
                continue
            gain = left * left / position + (total - left) ** 2 / (count - position)
            if gain > best:
                best, question = gain, (feature, (value + following) / 2)
    return question
