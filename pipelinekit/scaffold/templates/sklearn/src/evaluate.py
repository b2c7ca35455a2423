"""Test the model on data it has not seen."""

import argparse
import json
from pathlib import Path

import joblib
import pandas
from sklearn.metrics import accuracy_score, roc_auc_score, roc_curve


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--test", type=Path, required=True)
    parser.add_argument("--metrics", type=Path, required=True)
    parser.add_argument("--roc", type=Path, required=True)
    arguments = parser.parse_args()

    data = pandas.read_csv(arguments.test)
    model = joblib.load(arguments.model)
    guesses = model.predict_proba(data.drop(columns="target"))[:, 1]

    metrics = {
        "auc": round(float(roc_auc_score(data["target"], guesses)), 4),
        "accuracy": round(float(accuracy_score(data["target"], guesses >= 0.5)), 4),
    }
    arguments.metrics.write_text(json.dumps(metrics, indent=2) + "\n", encoding="utf-8")
    alarms, hits, _ = roc_curve(data["target"], guesses)
    arguments.roc.parent.mkdir(parents=True, exist_ok=True)
    curve = pandas.DataFrame({"false_positive_rate": alarms, "true_positive_rate": hits})
    curve.round(4).to_csv(arguments.roc, index=False)


if __name__ == "__main__":
    main()
