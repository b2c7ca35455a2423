"""How a program uses files, and the ways in which many programs do it."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple

from pipelinekit.scripts.arguments import read_arguments, valued
from pipelinekit.scripts.shell import Word

UseMode = Literal["read", "write", "remove"]


class Use(NamedTuple):
    """A file, or a folder, that a program uses."""

    mode: UseMode
    word: Word
    #: the name that a file gets if the path turns out to be a folder (`cp a/x.csv data`)
    inside: str | None = None
    #: whether the path is a folder that the program fills
    is_folder: bool = False


Reader = Callable[[tuple[Word, ...]], Iterator[Use]]


def read_all(words: tuple[Word, ...] | list[Word]) -> Iterator[Use]:
    """Files that are read."""
    return (Use("read", word) for word in words)


def write_all(words: tuple[Word, ...] | list[Word]) -> Iterator[Use]:
    """Files that are written."""
    return (Use("write", word) for word in words)


def plain(
    options: str = "", *, reads: str = "", writes: str = "", operands: UseMode | None = "read", skip: int = 0
) -> Reader:
    """Operands are all used alike, but for the first ones; some options name files."""
    table = {**valued(options), **valued(reads), **valued(writes)}
    read_names, write_names = tuple(valued(reads)), tuple(valued(writes))

    def read(words: tuple[Word, ...]) -> Iterator[Use]:
        arguments = read_arguments(words, table)
        yield from read_all(arguments.values(*read_names))
        if operands is not None:
            yield from (Use(operands, word) for word in arguments.operands[skip:])
        yield from write_all(arguments.values(*write_names))

    return read


def filtering(
    options: str, *, script: str = "", files: str = "", in_place: str = "", skip: tuple[str, ...] = ()
) -> Reader:
    """The first operand says what to do, unless an option does: `grep PATTERN file`, `sed -e SCRIPT file`.

    `script` are the options that do, `files` those that name files, `in_place` those that write the operands back.
    """
    table = {**valued(options), **valued(script), **valued(files)}
    replacing = tuple(valued(script))

    def read(words: tuple[Word, ...]) -> Iterator[Use]:
        arguments = read_arguments(words, table)
        operands = [word for word in arguments.operands if word.text]
        while operands and operands[0].text in skip:
            operands.pop(0)
        yield from read_all(arguments.values(*valued(files)))
        used = operands if arguments.has(*replacing) else operands[1:]
        used = [word for word in used if "=" not in (word.text or "") or "/" in (word.text or "").partition("=")[0]]
        yield from read_all(used)
        if any(
            option.name == name or option.name.startswith(name + ".")
            for option in arguments.options
            for name in in_place.split()
        ):
            yield from write_all(used)

    return read


def in_and_out(options: str = "", *, count: int = 1) -> Reader:
    """`program in out`: so many are read, the next is written."""
    table = valued(options)

    def read(words: tuple[Word, ...]) -> Iterator[Use]:
        operands = read_arguments(words, table).operands
        yield from read_all(operands[:count])
        yield from write_all(operands[count : count + 1])

    return read


def subcommands(**readers: Reader) -> Reader:
    """Programs whose first operand says what they do: `aws s3 cp a b`; `_` joins several words."""

    def read(words: tuple[Word, ...]) -> Iterator[Use]:
        names: list[str] = []
        for index, word in enumerate(words):
            if word.text is not None and word.text.startswith("-"):
                continue
            names.append((word.text or "").replace("-", "_"))
            reader = readers.get("_".join(names))
            if reader is not None:
                yield from reader(words[index + 1 :])
                return
            if len(names) == 2:
                return

    return read


def within(folder: Word | None, word: Word) -> Word | None:
    """A word that is relative to a folder that another one names."""
    if folder is None:
        return word
    if folder.text is None or word.text is None:
        return None
    return word._replace(text=posixpath.join(folder.text, word.text))


def with_suffix(word: Word, suffix: str) -> Word:
    """A name as a program completes it that was given none with a suffix."""
    text = word.text
    return word if not text or posixpath.splitext(text)[1] else word._replace(text=text + suffix)
