"""Which words of a command are others than they were: one answer for all who tell of it."""

from __future__ import annotations

from typing import Any, NamedTuple

#: Words of two commands that are compared one by one.
MOST_WORDS = 1000
#: What a command is said to differ in if all of its words are the same.
ONLY_BLANKS = "only other blanks or lines"


class WordChange(NamedTuple):
    """A place at which two commands differ; `old` or `new` is empty if words were only added or taken away."""

    #: the word in front, an option most of the time; empty where what has changed says enough
    before: str
    old: str
    new: str

    @property
    def had(self) -> str:
        """What stood there, with the word in front."""
        return f"{self.before} {self.old}".strip()

    @property
    def has(self) -> str:
        """What stands there now, with the word in front."""
        return f"{self.before} {self.new}".strip()

    def told(self, arrow: str = "→") -> str:
        """`--lr 0.1 → 0.2`, `+ --fast`, `- --slow`, `--gpus → --gpus 2`."""
        if self.old and self.new:
            return f"{self.had} {arrow} {self.new}"
        if self.before:
            return f"{self.had} {arrow} {self.has}"
        return f"+ {self.new}" if self.new else f"- {self.old}"


def word_changes(was: str, now: str) -> list[WordChange]:
    """Where two commands differ, word by word; of two very long ones all is one change. None if only blanks differ."""
    old, new = was.split(), now.split()
    if old == new:
        return []
    if len(old) + len(new) > MOST_WORDS:
        return [WordChange("", " ".join(old), ""), WordChange("", "", " ".join(new))]
    from difflib import SequenceMatcher

    found: list[WordChange] = []
    for kind, start, end, new_start, new_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind != "equal":
            gone, come = old[start:end], new[new_start:new_end]
            before = old[start - 1] if start and _needs(old[start - 1], gone, come) else ""
            found.append(WordChange(before, " ".join(gone), " ".join(come)))
    return found


def _needs(before: str, gone: list[str], come: list[str]) -> bool:
    """Whether what has changed is told better with the word in front: not an option, which names itself."""
    if any(words and words[0].startswith("-") for words in (gone, come)):
        return False
    return bool(gone and come) or before.startswith("-")


def command_in_one_line(command: Any) -> str:
    """A command as text, the items of a list one after the other."""
    text = command if isinstance(command, str) else " && ".join(map(str, command)) if command else ""
    return " ".join(text.split())


def told_changes(was: Any, now: Any, room: int) -> str | None:
    """`--lr 0.1 → 0.2, + --fast`; None if that takes more room."""
    changes = word_changes(command_in_one_line(was), command_in_one_line(now))
    text = ", ".join(change.told() for change in changes) or ONLY_BLANKS
    return text if len(text) <= room else None
