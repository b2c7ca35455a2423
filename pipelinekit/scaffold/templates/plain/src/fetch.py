"""Write the links between the characters of Les Misérables: who meets whom, and how often."""

import argparse
import csv
from pathlib import Path

import networkx


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()

    graph = networkx.les_miserables_graph()
    edges = sorted((*sorted((one, other)), weight) for one, other, weight in graph.edges(data="weight"))

    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    with arguments.output.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["source", "target", "meetings"])
        writer.writerows(edges)


if __name__ == "__main__":
    main()
