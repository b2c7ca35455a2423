"""Programs that pack and unpack."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipelinekit.scripts.arguments import read_arguments, valued
from pipelinekit.scripts.file_uses.use import Reader, Use, read_all, with_suffix, within, write_all
from pipelinekit.scripts.shell import Word


def tar(words: tuple[Word, ...]) -> Iterator[Use]:
    """`tar czf x.tgz a b`, `tar -xf x.tgz -C folder`."""
    first = words[0].text if words else None
    if first and re.fullmatch(r"[A-Za-z]+", first):
        # the old way: `tar czf x.tgz a`, where the file follows the whole cluster
        letters = first.replace("f", "") + ("f" if "f" in first else "")
        words = (words[0]._replace(text=f"-{letters}"), *words[1:])
    arguments = read_arguments(
        words, valued("-f --file -C --directory -T -X --exclude --transform -I --strip-components")
    )
    archives = arguments.values("-f", "--file")
    folder = arguments.value("-C", "--directory")
    members = [within(folder, word) for word in arguments.operands]
    if arguments.has("-x", "--extract", "--get"):
        yield from read_all(archives)
        if members and not arguments.has("--strip-components", "--transform"):
            yield from (Use("write", word) for word in members if word is not None)
        elif folder is not None:
            yield Use("write", folder, is_folder=True)
    elif arguments.has("-c", "--create"):
        yield from (Use("read", word) for word in members if word is not None)
        yield from write_all(archives)
    elif arguments.has("-t", "--list"):
        yield from read_all(archives)


def unzip(words: tuple[Word, ...]) -> Iterator[Use]:
    """`unzip x.zip -d folder`."""
    arguments = read_arguments(words, valued("-d -P"))
    operands = arguments.operands
    yield from (Use("read", with_suffix(word, ".zip")) for word in operands[:1])
    folder = arguments.value("-d")
    if arguments.has("-p", "-l", "-t", "-v", "-Z"):
        return
    if folder is not None:
        yield Use("write", folder, is_folder=True)


def zip_files(words: tuple[Word, ...]) -> Iterator[Use]:
    """`zip -r x.zip a b`."""
    operands = read_arguments(words, valued("-x -i -b -P -n -t")).operands
    yield from read_all(operands[1:])
    yield from (Use("write", with_suffix(word, ".zip")) for word in operands[:1])


def compressing(suffix: str, *, expands: bool = False, keeps: bool = False) -> Reader:
    """`gzip x` makes `x.gz` and removes `x`; `gunzip` the other way round."""

    def read(words: tuple[Word, ...]) -> Iterator[Use]:
        arguments = read_arguments(words, valued("-S --suffix -T --threads -o"))
        opens = expands or arguments.has("-d", "--decompress", "--uncompress")
        to_stdout = arguments.has("-c", "--stdout", "--to-stdout", "-t", "--test", "-l", "--list")
        named = arguments.value("-o")
        for word in arguments.operands:
            yield Use("read", word)
            if word.text is None or to_stdout or arguments.has("-r", "--recursive"):
                continue
            text = word.text.removesuffix(suffix) if opens else word.text + suffix
            if named is not None:
                yield Use("write", named)
            elif text != word.text:
                yield Use("write", word._replace(text=text))
            if not keeps and not arguments.has("-k", "--keep"):
                yield Use("remove", word)

    return read


def seven_zip(words: tuple[Word, ...]) -> Iterator[Use]:
    """`7z x x.7z -ofolder`, `7z a x.7z a b`."""
    arguments = read_arguments(words, {})
    operands = arguments.operands
    command = operands[0].text if operands else None
    if command in ("x", "e", "l", "t"):
        yield from read_all(operands[1:2])
        for word in words:
            if command in ("x", "e") and (word.text or "").startswith("-o") and len(word.text or "") > 2:
                yield Use("write", word._replace(text=(word.text or "")[2:]), is_folder=True)
    elif command in ("a", "u"):
        yield from read_all(operands[2:])
        yield from write_all(operands[1:2])
