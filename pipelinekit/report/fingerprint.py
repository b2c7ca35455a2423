"""What makes a finding the same one tomorrow, when lines have moved and other stages have other names.

A fingerprint is made of the rule, the file, the stage, where in the data of the file it is (without indexes), and
what stands there. No line, no column, no wording of the message goes into it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from pipelinekit.report.symbolic_path import SymbolicPaths
from pipelinekit.rules.finding import Finding
from pipelinekit.yaml.tree import Document

_INDEX = re.compile(r"\[\d+\]")
_LENGTH = 16


class Fingerprints:
    """Makes fingerprints; one object for all findings of a run, so that places are looked up fast."""

    def __init__(self) -> None:
        self._paths = SymbolicPaths()

    def of(self, finding: Finding, file: str) -> str:
        """The fingerprint of a finding whose file goes by the name `file`: 16 hexadecimal digits."""
        path = self._paths.at(finding.place)
        # a script that several stages run belongs to none of them
        stage = finding.stage if path is not None else None
        parts = (finding.code, file, stage or "", _INDEX.sub("", path or ""), _text_at(finding))
        return _digest("\0".join(parts))


def numbered(fingerprints: Iterable[str]) -> list[str]:
    """The same, each only once: the second of equal ones becomes another one, and so on."""
    seen: dict[str, int] = {}
    found: list[str] = []
    for fingerprint in fingerprints:
        count = seen[fingerprint] = seen.get(fingerprint, 0) + 1
        found.append(fingerprint if count == 1 else _digest(f"{fingerprint}\0{count}"))
    return found


def _text_at(finding: Finding) -> str:
    """What stands at the place, blanks and quotes aside; for an empty place what is said about it."""
    document: Document = finding.place.document
    text = document.text[finding.place.start : finding.place.end].strip()
    words = text.partition("\n")[0].split()
    return " ".join(words).strip("'\"") or " ".join(finding.message.split())


def _digest(text: str) -> str:
    from hashlib import sha256

    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_LENGTH]
