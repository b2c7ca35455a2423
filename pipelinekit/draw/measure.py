"""How wide a text is in a font that may be any of several: never wider than said here."""

from __future__ import annotations

import unicodedata

#: Monospaced, because the width of such a text is known without the font: a character is at most this wide.
FONTS = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', monospace"
EM_PER_CHARACTER = 0.61
#: Of a character that these fonts may not have, and that comes from another one.
EM_OF_ANOTHER_FONT = 1.3
# the last character that all of them have at the width of the others
_LAST_OF_LATIN = "\u024f"
_KNOWN = frozenset("…×·–—→↑↓−")


def text_width(text: str, size: float) -> float:
    """Pixels that a text takes at most, in a font of so many pixels."""
    return size * sum(map(_em, text))


def fitted(text: str, size: float, width: float) -> str:
    """A text that may be this wide, without its middle if it is wider."""
    if text_width(text, size) <= width:
        return text
    room = width - text_width("…", size)
    head, tail, start, end = 0.0, 0.0, 0, len(text)
    while start < end:
        if head <= tail:
            head += size * _em(text[start])
            start += 1
        else:
            end -= 1
            tail += size * _em(text[end])
        if head + tail > room:
            start, end = (start - 1, end) if head > tail else (start, end + 1)
            break
    while end < len(text) and unicodedata.combining(text[end]):
        end += 1
    return text[: max(start, 0)] + "…" + text[end:]


def _em(char: str) -> float:
    if char <= _LAST_OF_LATIN or char in _KNOWN:
        return EM_PER_CHARACTER
    return 0.0 if unicodedata.combining(char) else EM_OF_ANOTHER_FONT
