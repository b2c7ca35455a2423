"""Fit the model by gradient descent, and write it with a log of the loss."""

import argparse
import csv
import json
import math
import statistics
from pathlib import Path

from logistic import FEATURES, probability, read_pairs, scaled


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--pairs", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--learning-rate", type=float, required=True)
    parser.add_argument("--epochs", type=int, required=True)
    parser.add_argument("--l2", type=float, required=True)
    arguments = parser.parse_args()

    rows, labels = read_pairs(arguments.pairs)
    means = [statistics.fmean(column) for column in zip(*rows, strict=True)]
    deviations = [statistics.pstdev(column) or 1.0 for column in zip(*rows, strict=True)]
    rows = [scaled(row, means, deviations) for row in rows]

    weights, bias = [0.0] * len(FEATURES), 0.0
    history = []
    for epoch in range(1, arguments.epochs + 1):
        guesses = [probability(weights, bias, row) for row in rows]
        errors = [guess - label for guess, label in zip(guesses, labels, strict=True)]
        loss = -statistics.fmean(
            math.log(guess if label else 1 - guess) for guess, label in zip(guesses, labels, strict=True)
        )
        history.append((epoch, round(loss, 6)))
        for index, column in enumerate(zip(*rows, strict=True)):
            slope = statistics.fmean(error * value for error, value in zip(errors, column, strict=True))
            weights[index] -= arguments.learning_rate * (slope + arguments.l2 * weights[index])
        bias -= arguments.learning_rate * statistics.fmean(errors)

    arguments.model.parent.mkdir(parents=True, exist_ok=True)
    model = {"features": FEATURES, "weights": weights, "bias": bias, "means": means, "deviations": deviations}
    arguments.model.write_text(json.dumps(model, indent=2) + "\n", encoding="utf-8")
    arguments.log.parent.mkdir(parents=True, exist_ok=True)
    with arguments.log.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["epoch", "loss"])
        writer.writerows(history)


if __name__ == "__main__":
    main()
