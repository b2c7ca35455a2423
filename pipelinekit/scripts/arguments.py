"""The arguments of a program: options, their values, and operands, by what is known of its options."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from pipelinekit.scripts.shell_words import Word


class Option(NamedTuple):
    """An option with its values: `--opt value`, `--opt=value`, `-ovalue`; none for a flag."""

    name: str
    values: tuple[Word, ...]


class Arguments(NamedTuple):
    """What a program was given, in order."""

    options: tuple[Option, ...]
    operands: tuple[Word, ...]
    #: where the operands begin, among all words
    first: int

    def has(self, *names: str) -> bool:
        return any(option.name in names for option in self.options)

    def values(self, *names: str) -> list[Word]:
        """The values of options, of each the last."""
        return [option.values[-1] for option in self.options if option.name in names and option.values]

    def value(self, *names: str) -> Word | None:
        """The value that counts: that of the last such option."""
        found = self.values(*names)
        return found[-1] if found else None


def valued(text: str) -> dict[str, int]:
    """A table of options that take a value: `-o --output`; `-p*2` takes two."""
    table: dict[str, int] = {}
    for entry in text.split():
        name, _, count = entry.partition("*")
        table[name] = int(count or 1)
    return table


def read_arguments(words: tuple[Word, ...], options: Mapping[str, int], *, to_operand: bool = False) -> Arguments:
    """Sort the words behind a program; `options` are those that take values, and how many.

    With `to_operand` everything from the first operand on is an operand, as for a program that runs another one.
    """
    found: list[Option] = []
    operands: list[Word] = []
    first = len(words)
    index = 0
    while index < len(words):
        word = words[index]
        text = word.text
        if text == "--":
            first = min(first, index + 1)
            operands += words[index + 1 :]
            break
        if text is None or len(text) < 2 or text[0] != "-":
            first = min(first, index)
            operands.append(word)
            if to_operand:
                operands += words[index + 1 :]
                break
            index += 1
            continue
        index += 1
        for option in _options(word, text, options):
            values = option.values
            count = 0 if values else options.get(option.name, 0)
            values += words[index : index + count]
            index += count
            found.append(Option(option.name, values))
    return Arguments(tuple(found), tuple(operands), first)


def _options(word: Word, text: str, options: Mapping[str, int]) -> Iterator[Option]:
    """The options in one word: `--opt=value`, `-abc`, `-ovalue`."""
    if text.startswith("--") or text in options or "=" in text[2:]:
        name, sign, value = text.partition("=")
        start = word.end - len(value) if sign else word.start
        yield Option(name, (Word(value, max(word.start, start), word.end),) if sign else ())
        return
    for position in range(1, len(text)):
        name = f"-{text[position]}"
        rest = text[position + 1 :]
        if options.get(name) == 1 and rest:
            yield Option(name, (Word(rest, word.start, word.end),))
            return
        yield Option(name, ())
    if len(text) > 2 and text[2].isalpha():
        yield Option(text, ())  # `-type`, as some programs spell their long options
