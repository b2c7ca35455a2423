"""One file of metrics for all models."""

import argparse
import json
from pathlib import Path
from statistics import fmean


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--fits", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()

    fits = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(arguments.fits.glob("*.json"))}
    metrics = {name: {**errors, "mean": round(fmean(errors.values()), 4)} for name, errors in fits.items()}
    arguments.output.write_text(json.dumps(metrics, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
