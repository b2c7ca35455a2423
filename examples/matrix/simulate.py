"""Swing: the place of a damped oscillator over time."""

import argparse
import csv
import math
from pathlib import Path


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--frequency", type=float, required=True)
    parser.add_argument("--damping", type=float, required=True)
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()

    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    with arguments.output.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["time", "place"])
        for step in range(400):
            time = step / 20
            place = math.exp(-arguments.damping * time) * math.cos(2 * math.pi * arguments.frequency * time)
            writer.writerow([time, round(place, 6)])


if __name__ == "__main__":
    main()
