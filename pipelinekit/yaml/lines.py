"""Lines and blanks of a text, whatever its line breaks are; positions are offsets in code points."""

from __future__ import annotations

import re

LINE_BREAK = re.compile(r"\r\n|\r|\n")


def start_of_line(text: str, position: int) -> int:
    """Where the line of a position starts."""
    return max(text.rfind("\n", 0, position), text.rfind("\r", 0, position)) + 1


def end_of_line(text: str, position: int) -> int:
    """Where the line of a position ends, its line break excluded."""
    match = LINE_BREAK.search(text, position)
    return match.start() if match else len(text)


def after_line_break(text: str, position: int) -> int:
    """Behind the line break at a position, if there is one."""
    match = LINE_BREAK.match(text, position)
    return match.end() if match else position


def after_breaks(text: str, position: int, count: int) -> int:
    """Behind the end of the line and some line breaks."""
    position = end_of_line(text, position)
    for _ in range(count):
        position = after_line_break(text, position)
    return position


def skip_blanks(text: str, position: int) -> int:
    """Behind the blanks at a position."""
    while text[position : position + 1] in (" ", "\t"):
        position += 1
    return position


def skip_spaces(text: str, position: int, count: int) -> int:
    """Behind the spaces at a position, at most `count` of them."""
    while count and text[position : position + 1] == " ":
        position += 1
        count -= 1
    return position


def skip_break_and_indent(text: str, position: int) -> int:
    """Behind the blank lines at a position and the indentation of the next."""
    match = re.compile(r"(?:[ \t]*(?:\r\n|\r|\n))*[ ]*").match(text, position)
    return match.end() if match else position


def above_blank_lines(text: str, line_start: int) -> int:
    """Start of the blank lines, if any, above a line."""
    while line_start > 0:
        previous = start_of_line(text, before_line_break(text, line_start))
        if text[previous:line_start].strip(" \t\r\n\ufeff"):
            break
        line_start = previous
    return line_start


def below_blank_lines(text: str, position: int) -> int:
    """Start of the first line, from the one that starts at `position`, that is not blank."""
    blank = re.compile(r"(?:[ \t]*(?:\r\n|\r|\n))*").match(text, position)
    return blank.end() if blank is not None else position


def before_line_break(text: str, line_start: int) -> int:
    """Where the line above the one that starts here ends."""
    if text.startswith("\r\n", line_start - 2):
        return line_start - 2
    return max(line_start - 1, 0)
