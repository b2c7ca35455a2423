"""Rank the hidden pairs by the model, and write how well the linked ones come first."""

import argparse
import csv
import json
from pathlib import Path

from logistic import probability, read_pairs, scaled


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--pairs", type=Path, required=True)
    parser.add_argument("--metrics", type=Path, required=True)
    parser.add_argument("--roc", type=Path, required=True)
    arguments = parser.parse_args()

    model = json.loads(arguments.model.read_text(encoding="utf-8"))
    rows, labels = read_pairs(arguments.pairs)
    rows = [scaled(row, model["means"], model["deviations"]) for row in rows]
    guesses = [probability(model["weights"], model["bias"], row) for row in rows]

    positives, negatives = sum(labels), len(labels) - sum(labels)
    points, hits, alarms, area = [(0.0, 0.0)], 0, 0, 0.0
    for _, label in sorted(zip(guesses, labels, strict=True), reverse=True):
        hits += label
        alarms += 1 - label
        area += (1 - label) * hits
        points.append((alarms / negatives, hits / positives))
    right = sum((guess >= 0.5) == bool(label) for guess, label in zip(guesses, labels, strict=True))

    metrics = {"auc": round(area / (positives * negatives), 4), "accuracy": round(right / len(labels), 4)}
    arguments.metrics.write_text(json.dumps(metrics, indent=2) + "\n", encoding="utf-8")
    arguments.roc.parent.mkdir(parents=True, exist_ok=True)
    with arguments.roc.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["false_positive_rate", "true_positive_rate"])
        writer.writerows((round(alarm, 4), round(hit, 4)) for alarm, hit in points)


if __name__ == "__main__":
    main()
