"""Hide some links, and describe pairs of characters by what is left: the data to learn from, and to test on."""

import argparse
import csv
import math
import random
from collections import defaultdict
from itertools import combinations
from pathlib import Path

COLUMNS = ["source", "target", "common_neighbours", "jaccard", "adamic_adar", "popularity", "linked"]


def read_edges(path: Path) -> list[tuple[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return [(row["source"], row["target"]) for row in csv.DictReader(file)]


def describe(one: str, other: str, neighbours: dict[str, set[str]]) -> list[float]:
    """Four classic features of a pair in a network; the pair's own link doesn't count."""
    left, right = neighbours[one] - {other}, neighbours[other] - {one}
    common = left & right
    adamic_adar = sum(1 / math.log(len(neighbours[name])) for name in common if len(neighbours[name]) > 1)
    return [
        len(common),
        round(len(common) / max(len(left | right), 1), 6),
        round(adamic_adar, 6),
        round(math.log1p(len(left) * len(right)), 6),
    ]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--edges", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--test-fraction", type=float, required=True)
    parser.add_argument("--seed", type=int, required=True)
    arguments = parser.parse_args()

    edges = read_edges(arguments.edges)
    names = sorted({name for edge in edges for name in edge})
    linked = set(edges)
    rng = random.Random(arguments.seed)
    others = rng.sample([pair for pair in combinations(names, 2) if pair not in linked], len(edges))
    rng.shuffle(edges)

    hidden = round(len(edges) * arguments.test_fraction)
    neighbours: dict[str, set[str]] = defaultdict(set)
    for one, other in edges[hidden:]:
        neighbours[one].add(other)
        neighbours[other].add(one)

    arguments.output.mkdir(parents=True, exist_ok=True)
    for name, part in (("test", slice(None, hidden)), ("train", slice(hidden, None))):
        pairs = [(*pair, 1) for pair in edges[part]] + [(*pair, 0) for pair in others[part]]
        with (arguments.output / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            for one, other, label in pairs:
                writer.writerow([one, other, *describe(one, other, neighbours), label])


if __name__ == "__main__":
    main()
