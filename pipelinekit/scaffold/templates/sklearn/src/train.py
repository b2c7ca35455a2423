"""Fit the model."""

import argparse
from pathlib import Path

import joblib
import pandas
from sklearn.ensemble import GradientBoostingClassifier


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--train", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--learning-rate", type=float, required=True)
    parser.add_argument("--max-depth", type=int, required=True)
    parser.add_argument("--trees", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    arguments = parser.parse_args()

    data = pandas.read_csv(arguments.train)
    model = GradientBoostingClassifier(
        learning_rate=arguments.learning_rate,
        max_depth=arguments.max_depth,
        n_estimators=arguments.trees,
        random_state=arguments.seed,
    )
    model.fit(data.drop(columns="target"), data["target"])
    arguments.model.parent.mkdir(parents=True, exist_ok=True)
    joblib.dump(model, arguments.model)


if __name__ == "__main__":
    main()
