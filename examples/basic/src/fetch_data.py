"""Measure every module of the standard library that is written in Python."""

import argparse
import ast
import csv
import sysconfig
from pathlib import Path

COLUMNS = ["id", "module", "lines", "functions", "classes", "imports", "strings", "feature_count", "runnable"]


def measure(source: str) -> list[int]:
    """Numbers that describe a module, and whether it can be run as a program."""
    counts = dict.fromkeys(("functions", "classes", "imports", "strings"), 0)
    for node in ast.walk(ast.parse(source)):
        counts["functions"] += isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        counts["classes"] += isinstance(node, ast.ClassDef)
        counts["imports"] += isinstance(node, (ast.Import, ast.ImportFrom))
        counts["strings"] += isinstance(node, ast.Constant) and isinstance(node.value, str)
    runnable = '__name__ == "__main__"' in source or "__name__ == '__main__'" in source
    return [source.count("\n"), *counts.values(), sum(counts.values()), int(runnable)]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()

    library = Path(sysconfig.get_path("stdlib"))
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    with arguments.output.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for number, path in enumerate(sorted(library.glob("*.py")), start=1):
            writer.writerow([number, path.stem, *measure(path.read_text(encoding="utf-8"))])


if __name__ == "__main__":
    main()
