"""How stages are selected in one line of text: the grammar, and a parser that says where it stops to understand.

    union         what follows, with `,` or `or` between          train,evaluate
    intersection  what follows, with `and` between                stale and tag:gpu
    term          `not` term, or a part with steps around it      not +train
    steps         [N]`+` before it: N steps upstream, or all;     2+evaluate
                  `+`[N] behind it: N steps downstream, or all    prepare+
    part          `(` union `)`, a name, METHOD:VALUE, METHOD(VALUE)

Quotes, of either kind, around a name or a value make it literal: no wildcard, no operator, no method in it.
"""

from __future__ import annotations

import re
from typing import NamedTuple

#: Deeper than anybody nests parentheses, and far from where Python gives up.
MAX_DEPTH = 100
#: Steps beyond any graph.
ALL_STEPS = 10**9

_END_OF_WORD = r"[\s,()]|$"
_STEPS_BEFORE = re.compile(r"([0-9]*)\+(?![\s,)]|$)")
_STEPS_BEHIND = re.compile(rf"\+([0-9]*)(?={_END_OF_WORD})")
#: A word ends where the steps behind it begin, so that a `+` may stand in its middle.
_WORD = re.compile(rf"""(?:(?!\+[0-9]*(?:{_END_OF_WORD}))[^\s,()'"&|])+""")
_METHOD = re.compile(r"[A-Za-z][A-Za-z_-]*")
_KEYWORDS = frozenset({"and", "or", "not"})
#: What other languages have for the same, and how it is written here.
_ELSEWHERE = {"&": "and", "|": "or", "!": "not"}
_A_PART = "a stage, such as train, or a method, such as tag:gpu,"


class SelectorError(Exception):
    """What is wrong with a selector, and where: `column` counts code points from 1, `length` those that are meant."""

    def __init__(self, message: str, column: int, length: int = 1, text: str = "") -> None:
        self.message = message
        self.column = column
        self.length = max(length, 1)
        self.text = text
        super().__init__(message)


class Span(NamedTuple):
    """Where a part stands in the text: offsets in code points, `end` exclusive."""

    start: int
    end: int

    def error(self, message: str) -> SelectorError:
        """An error about the part."""
        return SelectorError(message, self.start + 1, self.end - self.start)


class Name(NamedTuple):
    """A stage, a group, an address, an output, or a wildcard for names; or a word with a meaning of its own."""

    text: str
    is_literal: bool
    span: Span


class Method(NamedTuple):
    """`name:value`, or `name(value)`."""

    name: str
    value: str
    is_literal: bool
    name_span: Span
    span: Span


class Steps(NamedTuple):
    """A part with what is around it, so many steps away; 0: none."""

    part: Selector
    upstream: int
    downstream: int


class Negation(NamedTuple):
    """Every stage but these."""

    part: Selector


class Union(NamedTuple):
    """The stages of any part."""

    parts: tuple[Selector, ...]


class Intersection(NamedTuple):
    """The stages of all parts."""

    parts: tuple[Selector, ...]


Selector = Name | Method | Steps | Negation | Union | Intersection


def parse_selector(text: str) -> Selector:
    """The selector that a text is. Raises SelectorError."""
    return _Parser(text).whole()


def quoted(name: str) -> str:
    """A name as it is written in a selector: in quotes only if it has to be."""
    try:
        if isinstance(parse_selector(name), Name):
            return name
    except SelectorError:
        pass
    return f"'{name}'" if "'" not in name else f'"{name}"'


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.depth = 0

    def whole(self) -> Selector:
        found = self.union()
        if self.position < len(self.text):
            raise self.unexpected_behind()
        return found

    def union(self) -> Selector:
        parts = [self.intersection()]
        while self.takes_comma() or self.takes_keyword("or"):
            parts.append(self.intersection())
        return parts[0] if len(parts) == 1 else Union(tuple(parts))

    def intersection(self) -> Selector:
        parts = [self.term()]
        while self.takes_keyword("and"):
            parts.append(self.term())
        return parts[0] if len(parts) == 1 else Intersection(tuple(parts))

    def term(self) -> Selector:
        self.skip_blanks()
        if not self.takes_keyword("not"):
            return self.steps()
        self.go_deeper()
        found = Negation(self.term())
        self.depth -= 1
        return found

    def steps(self) -> Selector:
        before = _STEPS_BEFORE.match(self.text, self.position)
        if before is not None:
            self.position = before.end()
        part = self.part()
        behind = _STEPS_BEHIND.match(self.text, self.position)
        if behind is not None:
            self.position = behind.end()
        if before is None and behind is None:
            return part
        return Steps(part, _number(before), _number(behind))

    def part(self) -> Selector:
        start = self.position
        char = self.text[start : start + 1]
        if char == "(":
            return self.in_parentheses()
        if char in ("'", '"'):
            value = self.in_quotes()
            return Name(value, True, Span(start, self.position))
        word = _WORD.match(self.text, start)
        if word is None or char in _ELSEWHERE or char == "+":
            raise self.no_part(start, char)
        if word[0] in _KEYWORDS:
            hint = "; put 'not …' in parentheses" if word[0] == "not" else f"; a stage of this name is '\"{word[0]}\"'"
            raise Span(start, word.end()).error(f"{_A_PART} is expected instead of '{word[0]}'{hint}")
        self.position = word.end()
        return self.word(Span(start, word.end()))

    def no_part(self, start: int, char: str) -> SelectorError:
        if not char:
            return Span(start, start).error(f"{_A_PART} is expected at the end")
        if char in _ELSEWHERE:
            return Span(start, start + 1).error(f"'{char}' is written '{_ELSEWHERE[char]}' here")
        if char == "+":
            return Span(start, start + 1).error("a stage is expected at this '+': +train, train+, 2+train")
        return Span(start, start + 1).error(f"{_A_PART} is expected instead of '{char}'")

    def in_parentheses(self) -> Selector:
        opened = self.position
        self.position += 1
        self.go_deeper()
        found = self.union()
        if self.text[self.position : self.position + 1] != ")":
            if self.position < len(self.text):
                raise self.unexpected_behind()
            raise Span(opened, opened + 1).error("this '(' is not closed")
        self.position += 1
        self.depth -= 1
        return found

    def in_quotes(self) -> str:
        start = self.position
        end = self.text.find(self.text[start], start + 1)
        if end < 0:
            raise Span(start, len(self.text)).error("these quotes are not closed")
        self.position = end + 1
        if end == start + 1:
            raise Span(start, end + 1).error("there is nothing between these quotes")
        return self.text[start + 1 : end]

    def word(self, span: Span) -> Selector:
        """A name, or a method with what belongs to it."""
        text = self.text[span.start : span.end]
        following = self.text[span.end : span.end + 1]
        name, colon, value = text.partition(":")
        if _METHOD.fullmatch(name) is None:
            return Name(text, False, span)
        name_span = Span(span.start, span.start + len(name))
        if not colon:
            if following != "(":
                return Name(text, False, span)
            value = self.until_closed()
            return Method(name, value, False, name_span, Span(span.start, self.position))
        if not value and following in ("'", '"'):
            value = self.in_quotes()
            return Method(name, value, True, name_span, Span(span.start, self.position))
        if not value:
            raise Span(span.end, span.end).error(f"a value is expected behind '{name}:'")
        return Method(name, value, False, name_span, span)

    def until_closed(self) -> str:
        """The text between two parentheses, blanks around it left out; those inside of it are its own."""
        start = self.position
        depth = 0
        for offset in range(start, len(self.text)):
            depth += {"(": 1, ")": -1}.get(self.text[offset], 0)
            if not depth:
                self.position = offset + 1
                value = self.text[start + 1 : offset].strip()
                if not value:
                    raise Span(start, offset + 1).error("a value is expected between these parentheses")
                return value
        raise Span(start, start + 1).error("this '(' is not closed")

    # --- between the parts ----------------------------------------------------------------------------------

    def skip_blanks(self) -> None:
        while self.text[self.position : self.position + 1].isspace():
            self.position += 1

    def takes_comma(self) -> bool:
        self.skip_blanks()
        if self.text[self.position : self.position + 1] != ",":
            return False
        self.position += 1
        return True

    def takes_keyword(self, keyword: str) -> bool:
        self.skip_blanks()
        word = _WORD.match(self.text, self.position)
        if word is None or word[0] != keyword:
            return False
        self.position = word.end()
        return True

    def go_deeper(self) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise Span(self.position - 1, self.position).error(f"this is nested deeper than {MAX_DEPTH} levels")

    def unexpected_behind(self) -> SelectorError:
        start = self.position
        char = self.text[start]
        if char in "&|":
            return Span(start, start + 1).error(f"'{char}' is written '{_ELSEWHERE[char]}' here")
        if char == ")":
            return Span(start, start + 1).error("this ')' closes nothing")
        word = _WORD.match(self.text, start)
        end = word.end() if word is not None else start + 1
        return Span(start, end).error("',', 'or', 'and' or the end is expected here")


def _number(steps: re.Match[str] | None) -> int:
    if steps is None:
        return 0
    digits = steps[1]
    return int(digits) if digits and len(digits) < len(str(ALL_STEPS)) else ALL_STEPS
