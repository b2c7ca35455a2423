from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.rules.finding import Finding, Fix
from pipelinekit.rules.rule import rule
from pipelinekit.yaml.edit import Edit
from pipelinekit.yaml.tree import Document, Place, YamlProblem
from pipelinekit.yaml.write import scalar_text

_NAMES = {
    "\t": "a tab",
    "\u2028": "the line separator U+2028",
    "\u2029": "the paragraph separator U+2029",
    "\x85": "the next-line character U+0085",
    "\ufeff": "a byte-order mark in the middle of the text",
}


@rule("PK003", "unportable-yaml", level="warning", since="0.1.0", fix="sometimes")
def unportable_yaml(document: Document) -> Iterator[Finding]:
    """The file is read differently on machines that have another YAML parser.

    ## What it does
    DVC parses YAML with a C library where `ruamel.yaml.clib` is installed, and in Python elsewhere. The two
    disagree about tabs behind a colon, `:` and `?` inside of unquoted values between brackets, some line
    separators, and a `%YAML` line. This rule runs both readings and compares.

    ## Why it matters
    The same commit works for one colleague and is refused, or means something else, for the next one or in CI.
    Where the parser that `pip install dvc` brings refuses it, the finding is an error.

    ## Example
    ```yaml dvc.yaml
    stages:
      fetch:
        cmd: python fetch.py
        deps: [fetch.py, https://example.com/data.csv]
    #                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        outs:
        - data.csv
    ```

    ## Use instead
    ```yaml dvc.yaml
    stages:
      fetch:
        cmd: python fetch.py
        deps: [fetch.py, 'https://example.com/data.csv']
        outs:
        - data.csv
    ```

    ## Fix safety
    The fix puts quotes around the value, or spaces in the place of tabs; what DVC reads stays the same.
    """
    for problem in document.problems:
        if problem.kind == "unportable":
            yield _explain(document, problem)


def _explain(document: Document, problem: YamlProblem) -> Finding:
    source = document.text[problem.start : problem.end]
    place = Place(document, problem.start, problem.end)
    why = (
        "DVC refuses this file, but where ruamel.yaml.clib is installed"
        if problem.refused
        else ("where ruamel.yaml.clib is installed, DVC reads this differently, or refuses it")
    )
    level = "error" if problem.refused else None
    if problem.message == "flow":
        char = ":" if ":" in source else "?"
        edit = Edit(problem.start, problem.end, scalar_text(source, flow=True, style="'"))
        return Finding(
            place,
            f"an unquoted value between brackets has a '{char}' in it",
            why=why,
            help="Put it in quotes.",
            fix=Fix("Put the value in quotes", {document.name: (edit,)}),
        )
    if source.startswith("\t"):
        tabs = len(source) - len(source.lstrip("\t"))
        edit = Edit(problem.start, problem.start + tabs, " ")
        return Finding(
            Place(document, problem.start, problem.start + tabs),
            "a tab stands where YAML parsers disagree about it",
            why=why,
            help="Replace the tab by a space.",
            fix=Fix("Replace the tab by a space", {document.name: (edit,)}),
            level=level,  # type: ignore[arg-type]
        )
    found = next((name for char, name in _NAMES.items() if char in source), None)
    if document.version is not None:
        message = "a %YAML line makes parsers read words and numbers differently"
        remedy = "Remove the line: DVC reads YAML 1.2 anyway."
    elif found is not None:
        message = f"{found} stands here, and YAML parsers disagree about it"
        remedy = "Remove or replace it."
    else:
        message = "YAML parsers read this differently"
        remedy = "Write it in a plainer way, with quotes around the value."
    return Finding(place, message, why=why, help=remedy, level=level)  # type: ignore[arg-type]
