"""Logistic regression in a page: what training and evaluation share."""

import csv
import math
from pathlib import Path

FEATURES = ["common_neighbours", "jaccard", "adamic_adar", "popularity"]


def read_pairs(path: Path) -> tuple[list[list[float]], list[int]]:
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [[float(row[name]) for name in FEATURES] for row in rows], [int(row["linked"]) for row in rows]


def probability(weights: list[float], bias: float, features: list[float]) -> float:
    score = bias + sum(weight * value for weight, value in zip(weights, features, strict=True))
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, score))))


def scaled(features: list[float], means: list[float], deviations: list[float]) -> list[float]:
    return [(value - mean) / spread for value, mean, spread in zip(features, means, deviations, strict=True)]
