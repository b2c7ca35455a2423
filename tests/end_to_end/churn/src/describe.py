"""What the data looks like: a folder of notes."""

import csv
from pathlib import Path

import journal

journal.write("describe")
with open("data/clean.csv") as clean:
    rows = list(csv.DictReader(clean))
summary = Path("summary")
summary.mkdir(exist_ok=True)
for column in ("tenure", "spent"):
    values = [float(row[column]) for row in rows]
    (summary / f"{column}.txt").write_text(f"{len(values)} rows, {min(values):g} to {max(values):g}\n")
