"""Comments that keep findings back: `# pipelinekit: ignore[PK101] reason`.

Behind something they are about that line, on a line of their own about the node below; at the top of a file, or as
`file-ignore`, about the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from pipelinekit.project.project import Project, Unreadable
from pipelinekit.rules.outcome import SuppressedRule, Suppression
from pipelinekit.rules.rule import Rule
from pipelinekit.scripts.comments import script_comments
from pipelinekit.yaml.comments import Comments, Span, YamlComments
from pipelinekit.yaml.tree import Document, Place

_YAML = (".yaml", ".yml", ".dvc", "dvc.lock")
# What is meant to be a directive: the right word, or any word with brackets behind it.
_DIRECTIVE = re.compile(
    r"#[ \t]?pipelinekit(?P<colon>[ \t]*:|(?=[ \t]+(?:file-)?ignore\[))[ \t]*"
    r"(?:(?P<kind>(?:file-)?ignore)(?![\w-])[ \t]*|(?P<other>[\w-]+)[ \t]*(?=\[))"
    r"(?P<brackets>\[(?P<words>[^\]#]*)(?P<closed>\])?)?(?P<reason>[^#]*)"
)
_FEW_LINES = 30
_WORD = re.compile(r"[^\s,]+")


def read_suppressions(project: Project, texts: dict[str, str], rules: Iterable[Rule]) -> list[Suppression]:
    """The suppressions in the texts of a project's files, by path."""
    by_word = {word: rule for rule in rules for word in (rule.code, rule.name)}
    found: list[Suppression] = []
    for path in sorted(texts):
        if may_suppress(texts[path]):
            found += _suppressions_in(project, path, texts[path], by_word)
    return found


class Suppressions:
    """Finds the suppressions that reach a place; by line, because there may be thousands of both."""

    def __init__(self, suppressions: Iterable[Suppression]) -> None:
        self.all = list(suppressions)
        self._by_line: dict[tuple[str, int], list[Suppression]] = {}
        #: those that reach over many lines
        self._wide: dict[str, list[Suppression]] = {}
        for suppression in self.all:
            if suppression.reach is None:
                continue
            document = suppression.place.document
            first, last = map(document.line_of, suppression.reach)
            if last - first < _FEW_LINES:
                for line in range(first, last + 1):
                    self._by_line.setdefault((document.name, line), []).append(suppression)
            else:
                self._wide.setdefault(document.name, []).append(suppression)

    def reaching(self, place: Place) -> Iterator[Suppression]:
        """The suppressions that cover a place."""
        document = place.document
        if not self.all or not (self._by_line or document.name in self._wide):
            return
        first, last = document.line_of(place.start), document.line_of(max(place.end - 1, place.start))
        candidates = [near for line in range(first, last + 1) for near in self._by_line.get((document.name, line), ())]
        for suppression in dict.fromkeys([*candidates, *self._wide.get(document.name, ())]):
            if suppression.covers(place):
                yield suppression


def may_suppress(text: str) -> bool:
    """Whether it is worth looking for suppressions in a text."""
    return "pipelinekit" in text and _DIRECTIVE.search(text) is not None


def comments_of(project: Project, path: str, text: str) -> Comments | None:
    """The comments of a file; None if it has none, or can't be parsed."""
    if not path.endswith(_YAML):
        return script_comments(path, text)
    document = project.document(path)
    if isinstance(document, Unreadable) or (document.root is None and document.problems):
        return None
    return YamlComments(document)


def _suppressions_in(project: Project, path: str, text: str, by_word: dict[str, Rule]) -> Iterator[Suppression]:
    comments = comments_of(project, path, text)
    if comments is None:
        return
    document = project.document(path) if isinstance(comments, YamlComments) else Document(text, path)
    assert isinstance(document, Document)
    first_code = comments.first_code()
    for comment in comments.spans:
        for match in _DIRECTIVE.finditer(text, comment.start, comment.end):
            yield _suppression(document, comments, comment, match, by_word, first_code)


def _suppression(
    document: Document,
    comments: Comments,
    comment: Span,
    match: re.Match[str],
    by_word: dict[str, Rule],
    first_code: int,
) -> Suppression:
    text = document.text
    end = match.start() + len(match.group().rstrip())
    is_for_file = (match["kind"] or match["other"]).startswith("file")
    alone = comments.stands_alone(comment)
    mistake = _mistake(match)
    reach: Span | None = None
    if is_for_file:
        reach = Span(0, len(text))
        if match.start() > first_code:
            mistake = mistake or "file-ignore belongs at the top of the file, above everything else"
    elif alone and match.start() < first_code:
        reach = Span(0, len(text))  # what stands above everything is meant for the file
    elif alone:
        reach = comments.below(comment)
        if reach is None:
            mistake = mistake or "nothing stands below it"
    else:
        reach = comments.beside(comment)
    return Suppression(
        Place(document, match.start(), end),
        list(_named(document, match, by_word)),
        match["reason"].strip(" \t:-–—"),
        reach=reach if not mistake else None,
        removal=_removal(comments, comment, match.start(), end),
        is_for_file=is_for_file,
        mistake=mistake,
    )


def _mistake(match: re.Match[str]) -> str:
    """Why a comment can't be understood; empty if it can."""
    if match["kind"] is None:
        return f"it says '{match['other']}', where only 'ignore' and 'file-ignore' are understood"
    if not match["colon"]:
        return "there is no colon behind 'pipelinekit'"
    if match["brackets"] is not None and match["closed"] is None:
        return "its bracket is not closed"
    return ""


def _named(document: Document, match: re.Match[str], by_word: dict[str, Rule]) -> Iterator[SuppressedRule]:
    if match["words"] is None:
        return
    for word in _WORD.finditer(document.text, match.start("words"), match.end("words")):
        text = word.group()
        rule = by_word.get(text.upper()) or by_word.get(text.lower())
        yield SuppressedRule(text, Place(document, word.start(), word.end()), rule)


def _removal(comments: Comments, comment: Span, start: int, end: int) -> tuple[int, int]:
    """The whole line of a comment that stands alone; of another one the blanks in front of it as well."""
    text = comments.text
    if text[end : comment.end].strip():  # another comment goes on behind it
        return start, end + len(text[end : comment.end]) - len(text[end : comment.end].lstrip())
    if start > comment.start or comments.is_embedded:
        return len(text[:start].rstrip(" \t")), comment.end
    if comments.stands_alone(comment):
        line_break = re.compile(r"\r\n|\r|\n|\Z").match(text, comment.end)
        assert line_break is not None
        first = comments.line_start(comment.start)
        return first + (1 if text.startswith("\ufeff", first) else 0), line_break.end()
    return len(text[:start].rstrip(" \t")), comment.end
