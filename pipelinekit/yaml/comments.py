"""The comments of a text, and what each of them is about: its line, or what stands below it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

from pipelinekit.yaml.apply import CannotEditError
from pipelinekit.yaml.lines import end_of_line, start_of_line
from pipelinekit.yaml.places import content_start, dash_before, item_span, key_span, value_span
from pipelinekit.yaml.tree import Document, Mapping, Node, Scalar, Sequence, walk


class Span(NamedTuple):
    """A part of a text, in code points, `end` exclusive."""

    start: int
    end: int


class Comments:
    """The comments of one file. What they are about depends on its language: this is for one that has lines only."""

    #: whether the code stands in the strings of another format: its lines are not those of the file
    is_embedded = False

    def __init__(self, text: str, spans: list[Span]) -> None:
        self.text = text
        self.spans = spans

    def first_code(self) -> int:
        """Where the first thing stands that is no comment."""
        return self.next_code(0)

    def line_of(self, span: Span) -> Span:
        """The line that a comment stands in, from its first character to its line break."""
        return Span(start_of_line(self.text, span.start), span.end)

    def stands_alone(self, span: Span) -> bool:
        """Whether nothing but blanks is in front of a comment."""
        return not self.text[start_of_line(self.text, span.start) : span.start].strip(" \t\ufeff")

    def beside(self, span: Span) -> Span:
        """What a comment behind something is about."""
        return self.line_of(span)

    def below(self, span: Span) -> Span | None:
        """What a comment on a line of its own is about; None if nothing follows."""
        start = self.next_code(span.end)
        return self.beginning_at(start) if start < len(self.text) else None

    def beginning_at(self, start: int) -> Span:
        """The whole of what begins at an offset."""
        return Span(start, end_of_line(self.text, start))

    def next_code(self, offset: int) -> int:
        """The first character from an offset on that is neither blank nor in a comment."""
        text = self.text
        index = bisect_right(self.spans, (offset, offset))
        while True:
            blank = _BLANKS.match(text, offset)
            offset = blank.end() if blank is not None else offset
            while index < len(self.spans) and self.spans[index].start < offset:
                index += 1
            if index == len(self.spans) or self.spans[index].start != offset:
                return offset
            offset = self.spans[index].end

    def line_start(self, offset: int) -> int:
        """Where the line of an offset starts."""
        return start_of_line(self.text, offset)

    def line_end(self, offset: int) -> int:
        """Where the line break of an offset's line stands."""
        return end_of_line(self.text, offset)

    def entry_around(self, start: int, end: int) -> Span | None:
        """The smallest thing that starts its line, holds a place, and can have a comment above it."""
        return None

    def code_lines(self) -> list[str]:
        """The lines without the comments, and without those that are left blank."""
        pieces: list[str] = []
        position = 0
        for span in self.spans:
            pieces.append(self.text[position : span.start])
            position = span.end
        pieces.append(self.text[position:])
        return [line.rstrip() for line in "".join(pieces).splitlines() if line.strip()]

    def can_end_line(self, offset: int) -> bool:
        """Whether a comment can be put at the end of the line of an offset."""
        return True


class YamlComments(Comments):
    """The comments of a YAML file that could be parsed."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._quoted: list[Span] = []
        #: the headers of the blocks, and where the blocks end
        self._blocks: list[tuple[Span, int]] = []
        #: plain texts that go on in the next line, where no comment may come between
        self._plain: list[Span] = []
        for node in walk(document.root) if document.root is not None else ():
            if isinstance(node, Scalar):
                self._note(node)
        #: where a `#` is text
        self._texts = sorted([*self._quoted, *(Span(header.end, end) for header, end in self._blocks)])
        super().__init__(document.text, list(self._comments()))

    def _note(self, node: Scalar) -> None:
        text = self.document.text
        if node.style in ("|", ">"):
            start = content_start(node)
            self._blocks.append((Span(start, end_of_line(text, start)), node.end))
        elif node.style:
            self._quoted.append(Span(content_start(node), node.end))
        elif "\n" in text[node.start : node.end] or "\r" in text[node.start : node.end]:
            self._plain.append(Span(node.start, node.end))

    def _comments(self) -> Iterator[Span]:
        text = self.document.text
        place = text.find("#")
        while place >= 0:
            index = bisect_right(self._texts, (place, len(text))) - 1
            if index >= 0 and place < self._texts[index].end:
                place = text.find("#", self._texts[index].end)
                continue
            if place and text[place - 1] not in " \t\r\n\ufeff":
                place = text.find("#", place + 1)
                continue
            end = end_of_line(text, place)
            yield Span(place, end)
            place = text.find("#", end)

    def first_code(self) -> int:
        root = self.document.root
        return root.start if root is not None else len(self.text)

    def beside(self, span: Span) -> Span:
        """The line; behind the `|` or `>` of a block the block as well, in which no comment can stand."""
        line = self.line_of(span)
        ends = [end for header, end in self._blocks if header.start <= span.start < header.end]
        return Span(line.start, max([line.end, *ends]))

    def beginning_at(self, start: int) -> Span:
        """The key with its value, or the list item, that begins at an offset."""
        node: Node | None = self.document.root
        while isinstance(node, (Mapping, Sequence)):
            inner: Node | None = None
            for entry, value in _entries(node):
                if entry.start == start:
                    return entry
                if entry.start <= start < entry.end:
                    inner = value
            node = inner
        return super().beginning_at(start)

    def entry_around(self, start: int, end: int) -> Span | None:
        node: Node | None = self.document.root
        found: Span | None = None
        while isinstance(node, (Mapping, Sequence)):
            inner: Node | None = None
            for entry, value in _entries(node):
                if entry.start <= start and end <= entry.end:
                    inner = value
                    line = self.text[start_of_line(self.text, entry.start) : entry.start]
                    if not line.strip(" \ufeff") and not node.flow:
                        found = entry
            node = inner
        return found

    def can_end_line(self, offset: int) -> bool:
        """Not inside of a text that goes on in the next line; and a block's own lines are all text."""
        end = end_of_line(self.text, offset)
        if any(span.start < end < span.end for span in [*self._quoted, *self._plain]):
            return False
        start = start_of_line(self.text, offset)
        return not any(header.end < end and start <= stop for header, stop in self._blocks)


_BLANKS = re.compile(r"[ \t\r\n\ufeff]*(?:(?:---|\.\.\.)(?=[ \t\r\n]|\Z)[ \t\r\n]*|%[^\r\n]*[ \t\r\n]*)*")


def _entries(node: Mapping | Sequence) -> Iterator[tuple[Span, Node]]:
    """The entries of a collection with their values; a value that stands elsewhere is where its alias is."""
    if isinstance(node, Mapping):
        for index, (_, value) in enumerate(node.pairs):
            start, end = key_span(node, index)
            yield Span(start, max(end, value_span(node, index)[1])), value
        return
    for index, item in enumerate(node.items):
        start, end = item_span(node, index)
        if not node.flow:
            with suppress(CannotEditError):  # a layout in which the dash can't be told from what is around it
                start = dash_before(node, index)
        yield Span(start, end), item
