"""Split the data, with as many malignant cases on both sides."""

import argparse
from pathlib import Path

import pandas
from sklearn.model_selection import train_test_split


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--input", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--test-size", type=float, required=True)
    parser.add_argument("--seed", type=int, required=True)
    arguments = parser.parse_args()

    data = pandas.read_csv(arguments.input)
    train, test = train_test_split(
        data, test_size=arguments.test_size, random_state=arguments.seed, stratify=data["target"]
    )
    arguments.output.mkdir(parents=True, exist_ok=True)
    train.to_csv(arguments.output / "train.csv", index=False)
    test.to_csv(arguments.output / "test.csv", index=False)


if __name__ == "__main__":
    main()
