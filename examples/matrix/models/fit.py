"""Guess what comes next in each window, and write how far off the guesses are."""

import argparse
import csv
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import fmean

Guess = Callable[[Sequence[float]], float]


def linear(window: Sequence[float]) -> float:
    """The value behind the end of the straight line that fits the window best."""
    middle, mean = (len(window) - 1) / 2, fmean(window)
    spread = sum((position - middle) ** 2 for position in range(len(window)))
    slope = sum((position - middle) * (value - mean) for position, value in enumerate(window)) / spread
    return mean + slope * (len(window) - middle)


MODELS: dict[str, Guess] = {
    "last": lambda window: window[-1],
    "trend": lambda window: 2 * window[-1] - window[-2],
    "linear": linear,
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", choices=sorted(MODELS), required=True)
    parser.add_argument("--tables", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()

    guess = MODELS[arguments.model]
    errors = {}
    for path in sorted(arguments.tables.glob("*.csv")):
        with path.open(newline="", encoding="utf-8") as file:
            rows = [[float(value) for value in row] for row in csv.reader(file)]
        errors[path.stem] = round(fmean(abs(guess(row[:-1]) - row[-1]) for row in rows), 4)
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text(json.dumps(errors, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
