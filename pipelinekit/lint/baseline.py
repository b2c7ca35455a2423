"""The baseline: findings that were there before somebody began to look, one line each, which only get fewer.

    dvc.yaml: PK101 9f8e3b0a5c7d1e24 'train' runs train.py, which is not among its deps

The rule and the fingerprint say which finding is meant; the rest is for people, and so is the order. A finding
that is there twice has two lines. Files are named from the folder of the baseline.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pipelinekit.project.configuration import ConfigurationError
from pipelinekit.project.disk import UnreadableError, read_text
from pipelinekit.report.escape import printable
from pipelinekit.report.fingerprint import Fingerprints
from pipelinekit.rules.finding import Finding

DEFAULT_NAME = "pipelinekit-baseline.txt"
_HEAD = "# Findings that were there before. Only ever shorter: pipelinekit lint --write-baseline\n"
_LINE = re.compile(
    r"(?P<file>.+?): (?P<code>[A-Z]+[0-9]+) (?P<fingerprint>[0-9a-f]{16})(?: (?P<message>[^\r\n]*))?\r?\Z"
)


class BaselineError(ConfigurationError):
    """The baseline can't be read."""

    def __init__(self, problem: str) -> None:
        super().__init__([problem])


class Entry(NamedTuple):
    """A line of the baseline."""

    file: str
    code: str
    fingerprint: str
    message: str
    #: span of the line in the text
    start: int = 0
    end: int = 0

    def line(self) -> str:
        return f"{self.file}: {self.code} {self.fingerprint} {self.message}".rstrip() + "\n"


class Baseline:
    """The lines of a baseline, by what they know."""

    def __init__(self, path: str, text: str = "", entries: Iterable[Entry] = ()) -> None:
        #: absolute
        self.path = path
        self.text = text
        self.entries = list(entries)

    @property
    def folder(self) -> str:
        return os.path.dirname(self.path)

    def name_of(self, root: str, file: str) -> str:
        """What a file of a project is called in the baseline."""
        return printable(os.path.relpath(os.path.join(root, file), self.folder).replace(os.sep, "/"))

    def matching(self) -> Matching:
        """What a run has to compare its findings with."""
        return Matching(self)


class Matching:
    """The entries that no finding has used up yet."""

    def __init__(self, baseline: Baseline) -> None:
        self.baseline = baseline
        self._fingerprints = Fingerprints()
        self._left: dict[tuple[str, str], list[Entry]] = {}
        for entry in reversed(baseline.entries):
            self._left.setdefault((entry.code, entry.fingerprint), []).append(entry)

    def knows(self, finding: Finding, root: str) -> bool:
        """Whether a finding is in the baseline; uses up its line."""
        fingerprint = self._fingerprints.of(finding, self.baseline.name_of(root, finding.file))
        left = self._left.get((finding.code, fingerprint))
        if left:
            left.pop()
            return True
        return False

    def left(self) -> list[Entry]:
        """The entries that nothing corresponds to, in the order of the file."""
        return sorted((entry for entries in self._left.values() for entry in entries), key=lambda entry: entry.start)


def read_baseline(path: str) -> Baseline:
    """Raises BaselineError."""
    try:
        text = read_text(path)
    except FileNotFoundError:
        raise BaselineError(f"there is no baseline {path}; 'pipelinekit lint --write-baseline' writes one") from None
    except UnreadableError as error:
        raise BaselineError(f"the baseline {path} can't be read: {error}") from None
    return Baseline(os.path.abspath(path), text, _entries(path, text))


def _entries(path: str, text: str) -> Iterator[Entry]:
    start = 0
    for number, line in enumerate(text.split("\n"), start=1):
        end = start + len(line.rstrip("\r"))
        content = line.strip("\ufeff \t\r")
        if content and not content.startswith("#"):
            match = _LINE.match(line.removeprefix("\ufeff"))
            if match is None:
                raise BaselineError(f"{path}:{number}:1: this is no line of a baseline: {printable(content[:60])}")
            yield Entry(match["file"], match["code"], match["fingerprint"], match["message"] or "", start, end)
        start += len(line) + 1


def entries_of(findings: Iterable[tuple[Finding, str]], baseline: Baseline) -> list[Entry]:
    """The entries for findings, each with the root of its project."""
    fingerprints = Fingerprints()
    return [
        Entry(
            name := baseline.name_of(root, finding.file),
            finding.code,
            fingerprints.of(finding, name),
            printable(finding.message),
        )
        for finding, root in findings
    ]


def baseline_text(entries: Iterable[Entry]) -> str:
    """The text of a baseline: sorted, so that two branches change it in the same places."""
    lines = sorted((entry.file, entry.code, entry.message, entry.fingerprint, entry.line()) for entry in entries)
    return _HEAD + "".join(line[-1] for line in lines)
