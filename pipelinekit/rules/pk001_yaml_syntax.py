from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.graph.graph import Graph
from pipelinekit.resolve.problems import UnusableVars
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import rule
from pipelinekit.yaml.conflict import CONFLICT_MARKER
from pipelinekit.yaml.tree import Document, Place, YamlProblem


@rule("PK001", "yaml-syntax", level="error", since="0.1.0")
def yaml_syntax(graph: Graph) -> Iterator[Finding]:
    """The file is not valid YAML.

    ## What it does
    Parses every `dvc.yaml`, `dvc.lock`, `.dvc` file, and the params files that `${}` needs, with the parser
    that DVC uses, and says what in the line is the matter.

    ## Why it matters
    DVC reads no stage of a broken file. One broken `dvc.yaml` stops `dvc repro`, `dvc dag` and `dvc status`
    for the whole project, while `dvc stage list --all` leaves its stages out and exits 0.

    ## Example
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py --note lr: 0.1
    #                                 ^
        deps:
        - train.py
        outs:
        - model.pkl
    ```

    ## Use instead
    ```yaml dvc.yaml
    stages:
      train:
        cmd: "python train.py --note 'lr: 0.1'"
        deps:
        - train.py
        outs:
        - model.pkl
    ```
    """
    locks = {id(document) for document in graph.index.odd_locks}
    for document in graph.index.documents:
        if id(document) in locks and CONFLICT_MARKER.search(document.text):
            continue  # it is resolved in another way than one in a file that people write: a rule of its own says so
        for problem in document.problems:
            if problem.kind == "syntax":
                yield _explain(document, problem)
    for _, unusable in graph.index.problems_of(UnusableVars):
        if unusable.syntax:
            document = unusable.place.document
            syntax = [problem for problem in document.problems if problem.kind == "syntax"]
            if syntax:
                yield _explain(document, syntax[0])
            else:
                yield Finding(
                    unusable.place,
                    f"the file is broken: {unusable.reason}",
                    why="DVC takes variables from it, and stops",
                    help="Correct the file.",
                )


def _explain(document: Document, problem: YamlProblem) -> Finding:
    conflict = CONFLICT_MARKER.search(document.text)
    if conflict is not None:
        return Finding(
            Place(document, conflict.start(), conflict.end()),
            "a merge conflict is not resolved",
            why="DVC can't read the file while its markers are in it",
            help="Keep one of the two sides, and remove the lines with <<<<<<<, ======= and >>>>>>>.",
        )
    cause, remedy = _cause(document, problem)
    related = []
    if problem.related is not None and document.line_of(problem.related) != document.line_of(problem.start):
        related.append((Place(document, problem.related, problem.related + 1), "what is being read begins here"))
    return Finding(
        Place(document, problem.start, problem.end),
        cause,
        why="DVC can't read any of this file",
        help=remedy,
        related=related,
    )


def _cause(document: Document, problem: YamlProblem) -> tuple[str, str]:
    """What the parser's words mean for somebody who wrote a pipeline, and what to do."""
    text, start, message = document.text, problem.start, problem.message
    line = document.line_text(document.line_of(start))
    before = text[max(text.rfind("\n", 0, start), 0) : start]
    if "$" in before and text.startswith("{", start) and ("[" in before or "{" in before or "flow" in message):
        return (
            "in a list or mapping on one line, ${…} needs quotes",
            'Write "${…}", or put each item on a line of its own behind a dash.',
        )
    if "mapping values are not allowed" in message:
        return (
            "': ' inside of an unquoted value is read as a key",
            "Put the value in quotes, or drop the space behind the colon.",
        )
    if "\\t" in message or text.startswith("\t", start):
        return "a tab stands where YAML allows only spaces", "Replace the tab by spaces."
    if "quoted scalar" in message:
        return "a quote is opened and never closed", "Close the quote, or put a quote inside of quotes twice ('')."
    if "could not find expected ':'" in message:
        return (
            "a key without a ':' behind it",
            "Write 'key: value'; if the line continues the one above, indent it deeper.",
        )
    if "expected <block end>" in message or "did not find expected key" in message:
        if line.lstrip().startswith("- "):
            return "this list item does not line up with the ones above", "Indent all dashes of a list alike."
        return "the indentation of this line fits no line above", "Indent the keys of one mapping alike."
    if "control characters" in message or "special characters" in message or "unacceptable character" in message:
        return "a control character, which YAML does not allow", "Remove it."
    if "cannot start any token" in message:
        char = text[start : start + 1]
        return f"an unquoted value can't start with '{char}'", "Put the value in quotes."
    if "alias" in message or "tag" in message or "document" in message or "levels" in message:
        return message, "Correct the file."
    return f"this is not valid YAML: {message}", "Correct the file."
