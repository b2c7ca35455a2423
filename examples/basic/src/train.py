"""Fit the model, and write how well it knows the data it was trained on."""

import argparse
import json
import pickle
from pathlib import Path

from boosting import fit, read_rows


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--train", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--metrics", type=Path, required=True)
    parser.add_argument("--learning-rate", type=float, required=True)
    parser.add_argument("--max-depth", type=int, required=True)
    arguments = parser.parse_args()

    rows, labels = read_rows(arguments.train)
    model = fit(rows, labels, arguments.learning_rate, arguments.max_depth)
    arguments.model.parent.mkdir(parents=True, exist_ok=True)
    arguments.model.write_bytes(pickle.dumps(model))
    right = sum((model.probability(row) >= 0.5) == bool(label) for row, label in zip(rows, labels, strict=True))
    arguments.metrics.write_text(json.dumps({"train_accuracy": round(right / len(rows), 4)}) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
