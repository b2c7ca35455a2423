"""Split the data set into a part to train on and a part to test on."""

import argparse
import csv
import random
from pathlib import Path


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--input", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--train-split", type=float, required=True)
    parser.add_argument("--random-seed", type=int, required=True)
    arguments = parser.parse_args()

    with arguments.input.open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    random.Random(arguments.random_seed).shuffle(rows)
    border = round(len(rows) * arguments.train_split)

    arguments.output.mkdir(parents=True, exist_ok=True)
    for name, part in (("train", rows[:border]), ("test", rows[border:])):
        with (arguments.output / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([header, *part])


if __name__ == "__main__":
    main()
