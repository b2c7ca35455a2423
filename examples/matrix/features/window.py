"""Cut a series into windows: what was, and what came next."""

import argparse
import csv
from pathlib import Path


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--input", type=Path, required=True)
    parser.add_argument("--size", type=int, required=True)
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()

    with arguments.input.open(newline="", encoding="utf-8") as file:
        places = [row["place"] for row in csv.DictReader(file)]
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    with arguments.output.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        for start in range(len(places) - arguments.size):
            writer.writerow(places[start : start + arguments.size + 1])


if __name__ == "__main__":
    main()
