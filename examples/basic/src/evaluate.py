"""Test the model on modules that it has not seen."""

import argparse
import json
import pickle
from pathlib import Path

from boosting import read_rows


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--test", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()

    model = pickle.loads(arguments.model.read_bytes())
    rows, labels = read_rows(arguments.test)
    guesses = [model.probability(row) >= 0.5 for row in rows]
    right = sum(guess == bool(label) for guess, label in zip(guesses, labels, strict=True))
    found = sum(guess and label for guess, label in zip(guesses, labels, strict=True))
    metrics = {"accuracy": round(right / len(rows), 4), "recall": round(found / max(sum(labels), 1), 4)}
    arguments.output.write_text(json.dumps(metrics) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
