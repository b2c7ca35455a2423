"""Which findings are about some stages."""

from __future__ import annotations

from collections.abc import Iterable

from pipelinekit.resolve.stage import Stage
from pipelinekit.rules.finding import Finding
from pipelinekit.yaml.tree import Document, Mapping, Place

#: A rule that crashed: nobody knows what it would have found, about whichever stage.
_ALWAYS = frozenset({"PK009"})


class StageScope:
    """Some stages, as they are written: a finding in the template of a group is about each of its stages."""

    def __init__(self, stages: Iterable[Stage]) -> None:
        self._definitions = {(stage.file, stage.definition.name) for stage in stages}
        self._names = {name for _, name in self._definitions}
        self._spans: dict[int, tuple[Document, list[tuple[int, int]]]] = {}

    def covers(self, finding: Finding) -> bool:
        """Whether a finding is about one of the stages: it names it, or it or what is related lies in its entry."""
        if finding.code in _ALWAYS or self._holds(finding.place):
            return True
        if finding.stage is not None and not _is_pipeline(finding.place):
            return finding.stage in self._names  # in a script or a params file
        if (finding.file, finding.stage) in self._definitions:
            return True
        return any(self._holds(related.place) for related in finding.related)

    def _holds(self, place: Place) -> bool:
        """Whether a place lies in the entry of one of the stages."""
        document = place.document
        if not _is_pipeline(place):
            return False
        if id(document) not in self._spans:
            self._spans[id(document)] = (document, list(self._entries(document)))
        return any(start <= place.start and place.end <= end for start, end in self._spans[id(document)][1])

    def _entries(self, document: Document) -> Iterable[tuple[int, int]]:
        stages = document.root.get("stages") if isinstance(document.root, Mapping) else None
        if isinstance(stages, Mapping):
            for name, (name_node, entry) in stages.entries.items():
                if (document.name, name) in self._definitions:
                    yield name_node.start, entry.end


def _is_pipeline(place: Place) -> bool:
    return place.document.name.rpartition("/")[2] == "dvc.yaml"
