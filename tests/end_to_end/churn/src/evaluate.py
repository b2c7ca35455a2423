"""How far the line is from the data."""

import csv
import json

import journal

journal.write("evaluate")
with open("model.json") as model:
    slope = json.load(model)["slope"]
with open("data/clean.csv") as clean:
    rows = [(float(row["tenure"]), float(row["spent"])) for row in csv.DictReader(clean)]
error = sum(abs(slope * x - y) for x, y in rows) / len(rows)
with open("metrics.json", "w") as metrics:
    json.dump({"error": error}, metrics)
