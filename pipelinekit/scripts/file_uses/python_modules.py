"""Modules of Python that are programs (`python -m zipfile`), and what builds environments."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from pipelinekit.project.paths import is_url
from pipelinekit.scripts.arguments import read_arguments, valued
from pipelinekit.scripts.file_uses.use import Use, read_all, write_all
from pipelinekit.scripts.shell import Word

_OPTIONS = valued("-W -X -m -c")


def python_module(words: tuple[Word, ...]) -> Iterator[Use]:
    """`python -m zipfile -e x.zip folder`, `python -m json.tool in out`, `python -m pip install -r x`."""
    if not words or not (words[0].text or "").startswith("-"):
        return  # a script
    arguments = read_arguments(words, _OPTIONS, to_operand=True)
    module = arguments.value("-m")
    name = module.text if module is not None else None
    if name in ("zipfile", "tarfile"):
        operands = read_arguments(arguments.operands, {}).operands or arguments.operands
        # the options of the module come before its operands, and are taken for Python's own
        yield from _archive_module(words, operands)
    elif name == "json.tool":
        yield from read_all(arguments.operands[:1])
        yield from write_all(arguments.operands[1:2])
    elif name == "pip":
        yield from pip(arguments.operands)


def _archive_module(words: tuple[Word, ...], operands: tuple[Word, ...]) -> Iterator[Use]:
    flags = {word.text for word in words}
    if flags & {"-e", "--extract"}:
        yield from read_all(operands[:1])
        yield from (Use("write", word, is_folder=True) for word in operands[1:2])
    elif flags & {"-c", "--create"}:
        yield from read_all(operands[1:])
        yield from write_all(operands[:1])
    elif flags & {"-l", "--list", "-t", "--test"}:
        yield from read_all(operands[:1])


def pip(words: tuple[Word, ...]) -> Iterator[Use]:
    """`pip install -r requirements.txt`."""
    operands = read_arguments(words, {}).operands
    if operands and operands[0].text in ("install", "download", "wheel"):
        arguments = read_arguments(
            words, valued("-r --requirement -c --constraint -i --index-url --extra-index-url -t")
        )
        yield from read_all(arguments.values("-r", "--requirement", "-c", "--constraint"))


def docker_build(words: tuple[Word, ...]) -> Iterator[Use]:
    """`docker build -f Dockerfile folder`."""
    arguments = read_arguments(
        words,
        valued("-f --file -t --tag --build-arg --platform --target --progress --network --secret --label -o --output"),
    )
    named = arguments.value("-f", "--file")
    context = arguments.operands[-1] if arguments.operands else None
    if named is not None:
        yield Use("read", named)
    elif context is not None and context.text and not is_url(context.text):
        yield Use("read", context._replace(text=posixpath.join(context.text, "Dockerfile")))
