"""Text → `Document`: parsed by libyaml where that is safe, and by ruamel.yaml's own parser where the two differ.

DVC reads YAML with ruamel.yaml, which uses a C parser if one is importable on that machine and its Python
parser otherwise. The Python one is what a plain `pip install dvc` brings, so it decides; libyaml is some
thirty times faster and agrees on all but a few constructs. Where a text has one of those, both are run and
compared, and what they disagree about is reported.
"""

from __future__ import annotations

import gc
import re
import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pipelinekit.yaml.scalars import NOT_A_STRING_STARTS, UnresolvableScalarError, construct, resolve
from pipelinekit.yaml.tree import Document, Mapping, Node, Scalar, Sequence, YamlProblem

try:
    from yaml.cyaml import CParser
except ImportError:  # a build of PyYAML without libyaml: everything is parsed by ruamel.yaml
    CParser = None

#: DVC itself runs out of stack a little above this.
MAX_DEPTH = 300
#: What aliases may blow a document up to. DVC walks every copy.
MAX_EXPANDED_NODES = 1_000_000

_BLOCK_STYLES = frozenset("|>")
#: What is a key like any other, or merges mappings, where a key stands; as a value, YAML reserves it.
_RESERVED = frozenset(("=", "<<"))
_TAG = "tag:yaml.org,2002:"
_NO_OTHER_TAG = (None, "!")
_SCALAR_TAGS = frozenset(_TAG + name for name in ("str", "int", "float", "bool", "null", "binary", "timestamp"))
# Characters and constructs on which libyaml and ruamel.yaml's Python parser have been seen to disagree.
_SUSPICIOUS_CHARACTERS = re.compile("[\t\v\f\x7f-\x9f\u2028\u2029\ufeff]")
_SUSPICIOUS_LINES = re.compile(r"(?:\A|[\n\r])(?:%|\.\.\.)")
_SUSPICIOUS_PAIR = re.compile("[\\[{,][ \t]*[:?]")
_LINE_SEPARATOR = re.compile("[\x85\u2028\u2029\ufeff]")
_ORDINARY_ANCHOR = re.compile(r"[&*][A-Za-z0-9_-]+(?=[\s,\]}]|\Z)")
_ORDINARY_BLOCK_HEADER = re.compile(r"[|>][-+]?[1-9]?[-+]? *(?: #.*)?\r?(?:\n|\Z)")
_PROPERTIES = re.compile(r"(?:[&!]\S*\s+)*")
_TO_DASH = re.compile(r"(?:\s|#[^\r\n]*)*-")
_TO_COLON = re.compile(r"(?:\s|#[^\r\n]*)*:")
_FLOW_COLON = re.compile(r":(?!\s|\Z)")


class _YamlSyntaxError(Exception):
    def __init__(self, message: str, start: int, related: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.start = start
        self.related = related


class _TooDeepError(_YamlSyntaxError):
    """Nested deeper than anybody means it, whatever parser reads it."""


def parse(text: str, name: str) -> Document:
    """Read a YAML text as DVC would. Never raises: what is wrong stands in `Document.problems`."""
    if CParser is None:
        return _read_by_python(text, name)
    by_c = Document(text, name)
    try:
        portable = _build(by_c, _c_events(text), _shift(text))
    except _TooDeepError as error:
        return _failed(text, name, error)
    except _YamlSyntaxError:
        return _arbitrate(None, text, name)
    if portable and not _is_suspicious(text):
        return by_c
    return _arbitrate(by_c, text, name)


def _read_by_python(text: str, name: str) -> Document:
    document = Document(text, name)
    try:
        _build_by_python(document)
    except _YamlSyntaxError as error:
        return _failed(text, name, error)
    return document


def _is_suspicious(text: str) -> bool:
    text = text.removeprefix("\ufeff")
    may_be_odd = not text.isascii() or any(char in text for char in "\t\v\f\x7f")
    if may_be_odd and _SUSPICIOUS_CHARACTERS.search(text):
        return True
    if ("%" in text or "..." in text) and _SUSPICIOUS_LINES.search(text):
        return True
    return _SUSPICIOUS_PAIR.search(text) is not None


def _arbitrate(by_c: Document | None, text: str, name: str) -> Document:
    """Run the Python parser too. Its reading stands; a difference is a problem of its own."""
    by_python = Document(text, name)
    try:
        _build_by_python(by_python)
    except _YamlSyntaxError as error:
        if by_c is None or by_c.is_broken:
            return _failed(text, name, error)
        by_c.problems.append(
            YamlProblem("unportable", error.message, error.start, _end_of_token(text, error.start), refused=True)
        )
        return by_c
    if by_python.is_broken and (by_c is None or by_c.is_broken):
        return by_python
    known = any(problem.kind == "unportable" for problem in by_python.problems)
    if by_c is None:
        start, end = _c_error_span(text)
        if not known:
            by_python.problems.append(YamlProblem("unportable", "", start, end, refused=False))
        return by_python
    difference = _first_difference(by_c.root, by_python.root)
    if difference is not None:
        end = max(difference.end, difference.start + 1)
        refused = by_python.is_broken
        if not known:
            by_python.problems.append(YamlProblem("unportable", "", difference.start, end, refused=refused))
        return by_python
    # libyaml does not count a byte-order mark that is left at the start: its offsets would be off by one
    return by_python if by_python.is_broken or text[1:2] == "\ufeff" else by_c


def _shift(text: str) -> int:
    return 1 if text.startswith("\ufeff") else 0


def _failed(text: str, name: str, error: _YamlSyntaxError) -> Document:
    document = Document(text, name)
    end = _end_of_token(text, error.start)
    document.problems.append(YamlProblem("syntax", error.message, error.start, end, error.related))
    return document


def _end_of_token(text: str, start: int) -> int:
    """Where the run of non-blanks that starts at `start` ends: something to put a marker under."""
    match = re.compile(r"\S+|[ \t]+").match(text, start)
    return match.end() if match else min(start + 1, len(text))


def _c_events(text: str) -> Iterator[Any]:
    from yaml import YAMLError

    assert CParser is not None
    try:
        parser = CParser(text.removeprefix("\ufeff"))
        event = parser.get_event()
        while event is not None:
            yield event
            event = parser.get_event()
    except (YAMLError, UnicodeEncodeError) as error:
        raise _YamlSyntaxError(_message_of(error), _offset_of(error, text, _shift(text))) from None


def _python_events(text: str) -> Iterator[Any]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        yield from YAML(typ="safe", pure=True).parse(text)
    except YAMLError as error:
        mark = getattr(error, "context_mark", None)
        related = mark.index if mark is not None else None
        raise _YamlSyntaxError(_message_of(error), _offset_of(error, text, 0), related) from None
    except (RecursionError, ValueError, IndexError, AttributeError, AssertionError, TypeError) as error:
        # ruamel.yaml's scanner itself trips over a few malformed texts; DVC then dies of the same error
        raise _YamlSyntaxError(f"the YAML parser gave up: {error}", 0) from None


def _c_error_span(text: str) -> tuple[int, int]:
    """What libyaml stumbles over: a line separator if one comes before the place where it notices."""
    try:
        for _ in _c_events(text):
            pass
    except _YamlSyntaxError as error:
        separators = [match.start() for match in _LINE_SEPARATOR.finditer(text, _shift(text), error.start)]
        if separators:
            return separators[-1], separators[-1] + 1
        return error.start, _end_of_token(text, error.start)
    return 0, _end_of_token(text, 0)


def _message_of(error: Any) -> str:
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    context = getattr(error, "context", None)
    return f"{problem} ({context})" if context else str(problem)


def _offset_of(error: Any, text: str, shift: int) -> int:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    position = mark.index if mark is not None else getattr(error, "position", 0)
    return min(int(position or 0) + shift, len(text))


def _build_by_python(document: Document) -> None:
    _build(document, _python_events(document.text), 0, heeds_version=True)  # it counts a byte-order mark
    if (document.has_tags or document.version is not None) and not document.is_broken:
        _construct_by_python(document)


def _construct_by_python(document: Document) -> None:
    """Let ruamel.yaml itself say whether it can make what tags, or a YAML version, ask for."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    text = document.text
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            YAML(typ="safe", pure=True).load(text)
    except YAMLError as error:
        start, message = _offset_of(error, text, 0), _message_of(error)
        unknown = re.match("could not determine a constructor for the tag '(.*)'", message)
        message = f"DVC does not know the tag {_short(unknown[1])}" if unknown is not None else message
    except (RecursionError, ValueError, LookupError, AttributeError, AssertionError, TypeError, OverflowError) as error:
        start, message = _shift(text), f"DVC's YAML loader gives up on a tag: {type(error).__name__} {error}"
    else:
        return
    document.problems.append(YamlProblem("syntax", message, start, _end_of_token(text, start)))


def _build(document: Document, events: Iterable[Any], shift: int, *, heeds_version: bool = False) -> bool:
    """Grow the tree from parse events. Returns whether nothing was met on which parsers may disagree."""
    collecting = gc.isenabled()
    gc.disable()  # tens of thousands of live nodes, no garbage: collections would cost more than parsing
    try:
        return _Builder(document, shift, heeds_version).build(events)
    finally:
        if collecting:
            gc.enable()


class _Builder:
    """Takes parse events one by one and keeps the collection that is open."""

    def __init__(self, document: Document, shift: int, heeds_version: bool) -> None:
        self.document = document
        self.text = document.text
        self.shift = shift
        self.portable = True
        #: libyaml knows one YAML, whatever a file declares
        self.heeds_version = heeds_version
        self.version: tuple[int, int] | None = None
        self.anchors: dict[str, Node] = {}
        #: what PyYAML's libyaml lets pass, and that of ruamel.yaml.clib does not: what it is, and where
        self.refused_by_old_libyaml: list[tuple[str, int, int]] = []
        self.container: Any = None
        #: in a mapping, the key whose value comes next
        self.key: Node | None = None
        self.around: list[tuple[Node, Node | None]] = []
        self.last_end = shift
        self.documents = 0

    def build(self, events: Iterable[Any]) -> bool:
        """Whether nothing was met on which parsers may disagree."""
        handlers: dict[str, Callable[[Any], None]] = {
            "ScalarEvent": self._scalar,
            "MappingStartEvent": self._open,
            "SequenceStartEvent": self._open,
            "MappingEndEvent": self._close,
            "SequenceEndEvent": self._close,
            "AliasEvent": self._alias,
            "DocumentStartEvent": self._begin,
        }
        for event in events:
            handler = handlers.get(event.__class__.__name__)
            if handler is not None:
                handler(event)
        if self.document.aliases:
            self._check_expansion()
        for message, start, end in self.refused_by_old_libyaml:
            self.document.problems.append(YamlProblem("unportable", message, start, end, refused=False))
        return self.portable

    def _begin(self, event: Any) -> None:
        self.documents += 1
        if self.documents > 1:
            message = "a second YAML document starts here; DVC reads files of one document"
            raise _YamlSyntaxError(message, event.start_mark.index + self.shift)
        if event.version:
            self.document.version = (int(event.version[0]), int(event.version[1]))
            self.portable = False
            if self.heeds_version:
                self.version = self.document.version

    def _attach(self, node: Node) -> None:
        """Put a complete node into the collection that is open."""
        container = self.container
        if container is None:
            self.document.root = node
        elif type(container) is not Mapping:
            container.items.append(node)
        elif self.key is None:
            self.key = node
        else:
            container.pairs.append((self.key, node))
            self.key = None

    def _scalar(self, event: Any) -> None:
        start = event.start_mark.index + self.shift
        end = event.end_mark.index + self.shift
        style: Any = event.style or ""
        text = event.value
        node: Scalar
        if event.anchor is not None or event.tag is not None or self.version is not None:
            node = self._decorated_scalar(event, start, end, style)
        elif style in _BLOCK_STYLES:
            self._check_block_scalar(start, text)
            node = Scalar(self.document, start, _content_end(self.text, start, end), text, style, text)
        elif style:
            node = Scalar(self.document, start, end, text, style, text)
        elif text:
            meaning = text if text[0] not in NOT_A_STRING_STARTS else self._meaning(text, start, end)
            node = Scalar(self.document, start, end, text, style, meaning)
            if self.container is not None and self.container.flow:
                self._check_plain_in_flow(text, start, end)
        else:
            start = self._empty_position(start)
            node = Scalar(self.document, start, start, text, style, None)
        self.last_end = node.end
        self._attach(node)

    def _check_block_scalar(self, header: int, text: str) -> None:
        if _ORDINARY_BLOCK_HEADER.match(self.text, header) is None or text[:1] in ("", "\n", " "):
            self.portable = False

    def _check_plain_in_flow(self, text: str, start: int, end: int) -> None:
        if ":" in text or "?" in text:
            self.refused_by_old_libyaml.append(("flow", start, end))

    def _meaning(self, text: str, start: int, end: int) -> Any:
        if text in _RESERVED and self._stands_for_a_key():
            return text
        return self._resolve(text, start, end)

    def _stands_for_a_key(self) -> bool:
        return self.key is None and type(self.container) is Mapping

    def _open(self, event: Any) -> None:
        start = self._start_of_properties(event, event.start_mark.index + self.shift)
        tag = self._tag_of(event)
        kind = Mapping if event.__class__.__name__ == "MappingStartEvent" else Sequence
        node = kind(self.document, start, bool(event.flow_style), event.anchor, tag)
        if event.anchor is not None:
            self._register(event.anchor, node, start)
        self.around.append((self.container, self.key))
        if len(self.around) > MAX_DEPTH:
            raise _TooDeepError(f"nested deeper than {MAX_DEPTH} levels", start)
        self.container, self.key = node, None

    def _close(self, event: Any) -> None:
        node = self.container
        if node.flow:
            end = event.end_mark.index + self.shift
            if type(node) is Sequence or self.text.startswith("}", end - 1):
                self.last_end = end  # else it is a pair without braces: its end mark stands at the next token
            if self.portable and _FLOW_COLON.search(self.text, node.start, self.last_end):
                self.portable = False
        node.end = self.last_end  # a block collection's own end mark stands at the next token
        if type(node) is Mapping:
            self._index(node)
        self.container, self.key = self.around.pop()
        self._attach(node)

    def _alias(self, event: Any) -> None:
        start = event.start_mark.index + self.shift
        self.last_end = event.end_mark.index + self.shift
        node = self._alias_target(event.anchor, start)
        container = self.container
        if container is not None:
            if type(container) is Mapping:
                index = 2 * len(container.pairs) + (self.key is not None)
            else:
                index = len(container.items)
            self.document.aliases[id(container), index] = (start, self.last_end)
            self.document.repeated.append((start, node))
        self._attach(node)

    def _resolve(self, text: str, start: int, end: int) -> Any:
        try:
            return resolve(text)
        except UnresolvableScalarError as error:
            self._report(f"'{text}' looks like a number or a date, but is none: {error}", start, end)
            return text

    def _report(self, message: str, start: int, end: int) -> None:
        self.document.problems.append(YamlProblem("syntax", message, start, max(end, start + 1)))

    def _decorated_scalar(self, event: Any, start: int, end: int, style: Any) -> Scalar:
        """A scalar with an anchor or a tag, or in a document that declares its YAML version."""
        start = self._start_of_properties(event, start)
        tag = self._tag_of(event)
        text = event.value
        if style in _BLOCK_STYLES:
            self._check_block_scalar(_after_properties(self.text, start), text)
            end = _content_end(self.text, start, end)
        elif start == end:
            start = end = self._empty_position(start)
        quoted = not event.implicit[0]  # not the same as having quotes: a lone `!` takes their meaning away
        meaning: Any = text
        try:
            if not quoted and tag in _NO_OTHER_TAG and text in _RESERVED and self._stands_for_a_key():
                pass
            elif tag == _TAG + "merge" and self._stands_for_a_key():
                meaning = "<<"
            elif tag not in _NO_OTHER_TAG and tag not in _SCALAR_TAGS:
                self._report(f"DVC does not know the tag {_short(tag)}", start, end)
            elif tag not in _NO_OTHER_TAG:
                meaning = construct(text, tag, version=self.version)
            elif self.version is not None:
                meaning = construct(text, None, quoted, self.version)
            elif not quoted:
                meaning = resolve(text)
        except UnresolvableScalarError as error:
            self._report(f"'{text}' is no valid {_short(tag or 'value')}: {error}", start, end)
        if not style and self.container is not None and self.container.flow:
            self._check_plain_in_flow(text, _after_properties(self.text, start), end)
        node = Scalar(self.document, start, end, text, style, meaning, event.anchor, tag)
        if event.anchor is not None:
            self._register(event.anchor, node, start)
        return node

    def _start_of_properties(self, event: Any, start: int) -> int:
        """Where a node starts: ruamel.yaml leaves out a tag that stands before its anchor."""
        if event.tag is None or not self.text.startswith("&", start):
            return start
        line_start = max(self.text.rfind("\n", 0, start), self.text.rfind("\r", 0, start)) + 1
        tag = re.compile(r"(?:\A|(?<=[\s\[{,]))!\S*[ \t]+\Z").search(self.text[line_start:start])
        return line_start + tag.start() if tag is not None else start

    def _tag_of(self, event: Any) -> str | None:
        if event.tag is None:
            return None
        self.portable = False
        self.document.has_tags = True
        return str(event.tag)

    def _register(self, anchor: str, node: Node, start: int) -> None:
        text = self.text
        position = text.find("&", start, node.end if node.end > start else start + 200)
        if position < 0 or not _ORDINARY_ANCHOR.match(text, position):
            self.portable = False
        if anchor in self.anchors:
            self.refused_by_old_libyaml.append(("anchor", position, _end_of_token(text, position)))
        self.anchors[anchor] = node

    def _alias_target(self, anchor: str, start: int) -> Node:
        if not _ORDINARY_ANCHOR.match(self.document.text, start):
            self.portable = False
        node = self.anchors.get(anchor)
        if node is None:
            raise _YamlSyntaxError(f"the alias *{anchor} has no anchor &{anchor} before it", start)
        if any(container is node for container in self._opened()):
            raise _YamlSyntaxError(f"the alias *{anchor} stands inside of what it repeats", start, node.start)
        return node

    def _opened(self) -> list[Any]:
        """The collections that are open, the outermost first."""
        return [*(container for container, _ in self.around), self.container]

    def _empty_position(self, start: int) -> int:
        """Just after the `:` or `-` of an absent value: parsers put it there or at the next token."""
        text, container = self.text, self.container
        if type(container) is Mapping and self.key is not None:
            colon = _TO_COLON.match(text, self.last_end, start)
            return colon.end() if colon is not None else self.last_end
        if type(container) is Mapping:
            blanks = re.compile(r"\s*").match(text, self.last_end)
            mark = blanks.end() if blanks is not None else start
            return mark + 1 if mark < start and text[mark] == "?" else start
        if type(container) is Sequence and not container.flow:
            after = self.last_end if container.items else _after_properties(text, container.start)
            dash = _TO_DASH.match(text, after, start)
            return dash.end() if dash is not None else start
        return start

    def _index(self, mapping: Mapping) -> None:
        """Fill `entries`: merge keys applied, duplicates reported, as ruamel.yaml's constructor does."""
        entries = mapping.entries
        merges: list[Node] = []
        duplicates: list[tuple[Any, Node, Node]] = []
        for key, value in mapping.pairs:
            if type(key) is Scalar:
                name = key.value
                if name == "<<" and _merges(key):
                    if any(map(_holds_entries, merges)):
                        duplicates.append((name, key, key))
                    merges.append(value)
                    continue
            else:
                name = self._collection_as_key(key)
            try:
                first = entries.get(name)
            except TypeError:
                self._unhashable(key)
                continue
            if first is not None:
                duplicates.append((name, first[0], key))
            entries[name] = (key, value)
        if merges:
            mapping.entries = self._merged(merges, entries)
            if any(map(_holds_entries, merges)):  # ruamel.yaml looks for duplicates only where nothing is merged
                duplicates = [item for item in duplicates if item[0] == "<<"]
        for name, first_key, second_key in duplicates:
            self.document.problems.append(
                YamlProblem("duplicate-key", str(name), second_key.start, second_key.end, first_key.start)
            )

    def _collection_as_key(self, key: Node) -> Any:
        if isinstance(key, Sequence):
            return tuple(key.data)
        return key.data

    def _unhashable(self, key: Node) -> None:
        self._report("a mapping can't be a key", key.start, key.end)

    def _merged(self, merges: list[Node], own: dict[Any, tuple[Node, Node]]) -> dict[Any, tuple[Node, Node]]:
        entries: dict[Any, tuple[Node, Node]] = {}
        for value in merges:
            sources = list(reversed(value.items)) if isinstance(value, Sequence) else [value]
            for source in sources:
                if isinstance(source, Mapping):
                    entries.update(source.entries)
                else:
                    self._report(
                        "only a mapping, or a list of mappings, can be merged with <<", source.start, source.end
                    )
        entries.update(own)
        return entries

    def _check_expansion(self) -> None:
        """Refuse a document whose aliases multiply into more than DVC could walk."""
        root = self.document.root
        sizes: dict[int, int] = {}
        stack: list[tuple[Node, bool]] = [(root, False)] if root is not None else []
        while stack:
            node, visited = stack.pop()
            if isinstance(node, Scalar) or (not visited and id(node) in sizes):
                continue
            children = (
                [child for pair in node.pairs for child in pair] if isinstance(node, Mapping) else node.items  # type: ignore[attr-defined]
            )
            if visited:
                sizes[id(node)] = 1 + sum(sizes.get(id(child), 1) for child in children)
            else:
                stack.append((node, True))
                stack.extend((child, False) for child in children)
        if root is not None and sizes.get(id(root), 1) > MAX_EXPANDED_NODES:
            start = min(start for start, _ in self.document.aliases.values())
            raise _YamlSyntaxError(f"aliases repeat each other into more than {MAX_EXPANDED_NODES:,} values", start)


def _holds_entries(merged: Node) -> bool:
    """Whether there is something to merge in the value of a `<<`."""
    if isinstance(merged, Sequence):
        return any(map(_holds_entries, merged.items))
    return isinstance(merged, Mapping) and bool(merged.entries)


def _merges(key: Scalar) -> bool:
    """Whether a key that says `<<` merges mappings: quotes and the tag `!!str` make it a key like any other."""
    return key.tag in ("!", _TAG + "merge") if key.tag is not None else not key.style


def _short(tag: str) -> str:
    return "!!" + tag.removeprefix(_TAG) if tag.startswith(_TAG) else tag


def _after_properties(text: str, start: int) -> int:
    """Where the anchor and the tag before a node end."""
    match = _PROPERTIES.match(text, start)
    return match.end() if match else start


def _content_end(text: str, start: int, end: int) -> int:
    """End of a block scalar without the blank lines that trail it."""
    while end > start and text[end - 1] in " \t\r\n":
        end -= 1
    return end


def _first_difference(one: Node | None, other: Node | None) -> Node | None:
    """The first node of `other` whose data differs from `one`'s, going down as far as it can be told."""
    if one is None or other is None:
        return other if one is not other else None
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        for (key, value), (other_key, other_value) in zip(one.pairs, other.pairs, strict=False):
            difference = _first_difference(key, other_key) or _first_difference(value, other_value)
            if difference is not None:
                return difference
        return other if len(one.pairs) != len(other.pairs) else None
    if isinstance(one, Sequence) and isinstance(other, Sequence):
        for item, other_item in zip(one.items, other.items, strict=False):
            difference = _first_difference(item, other_item)
            if difference is not None:
                return difference
        return other if len(one.items) != len(other.items) else None
    if isinstance(one, Scalar) and isinstance(other, Scalar):
        same = type(one.value) is type(other.value) and (one.value == other.value or one.value != one.value)
        return None if same else other
    return other
