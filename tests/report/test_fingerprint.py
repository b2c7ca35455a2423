"""A finding is the same one while what it is about is the same."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipelinekit.report.fingerprint import Fingerprints, numbered
from pipelinekit.resolve.stage import Definition
from pipelinekit.rules.finding import Finding
from pipelinekit.yaml.reader import parse
from pipelinekit.yaml.tree import Document, Mapping, Place, at

TEXT = "stages:\n  a:\n    cmd: x\n    deps:\n    - one\n    - two\n"


def mark(text: str = TEXT, word: str = "two", code: str = "PK106", stage: str = "a", message: str = "m") -> str:
    document = parse(text, "dvc.yaml")
    entry = at(document.root, ("stages", stage))
    assert isinstance(entry, Mapping)
    start = text.index(word)
    definition = Definition("dvc.yaml", stage, entry, entry, "plain")
    finding = Finding(Place(document, start, start + len(word)), message, stage=definition)
    finding.code = code
    return Fingerprints().of(finding, "dvc.yaml")


def test_what_does_not_matter() -> None:
    same = {
        mark(),
        mark("# moved\n\n" + TEXT),
        mark(TEXT.replace("one\n    - two", "zero\n    - one\n    - two")),
        mark(TEXT.replace("    - one\n", "")),
        mark(TEXT.replace("two", "'two'"), "'two'"),
        mark(TEXT.replace("  a:", "  b:\n    cmd: y\n  a:")),
        mark(message="said in other words"),
    }
    assert len(same) == 1


def test_what_matters() -> None:
    different = [
        mark(),
        mark(word="one"),
        mark(code="PK108"),
        mark(TEXT.replace("  a:", "  b:"), stage="b"),
        mark(TEXT.replace("deps", "outs")),
    ]
    assert len(set(different)) == len(different)


def test_a_script_belongs_to_no_stage() -> None:
    def in_script(stage: str) -> str:
        entry = parse("a: {b: {cmd: x}, c: {cmd: x}}", "dvc.yaml").root
        assert isinstance(entry, Mapping)
        definition = Definition("dvc.yaml", stage, entry, entry, "plain")
        finding = Finding(Place(Document("import x\n", "a.py"), 7, 8), "m", stage=definition)
        finding.code = "PK102"
        return Fingerprints().of(finding, "a.py")

    assert in_script("b") == in_script("c")


@given(st.lists(st.sampled_from(["a", "b", "c"])))
def test_numbered_ones_differ_and_keep_the_first(marks: list[str]) -> None:
    found = numbered(marks)
    assert len(set(found)) == len(found) == len(marks)
    assert {one for one, other in zip(found, marks, strict=True) if one == other} == set(marks)
    assert numbered([*marks, "d"])[: len(marks)] == found
