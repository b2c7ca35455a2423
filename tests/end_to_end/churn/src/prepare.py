"""The first rows of the data."""

import journal
import yaml

journal.write("prepare")
with open("params.yaml") as file:
    rows = yaml.safe_load(file)["prepare"]["rows"]
with open("data/raw.csv") as raw, open("data/clean.csv", "w") as clean:
    clean.writelines(raw.readlines()[: rows + 1])
