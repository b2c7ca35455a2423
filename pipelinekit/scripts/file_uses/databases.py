"""Programs that ask a database: which files a statement names."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipelinekit.scripts.arguments import read_arguments, valued
from pipelinekit.scripts.file_uses.use import Reader, Use, read_all, write_all
from pipelinekit.scripts.shell import Word

_CHANGES = re.compile(
    r"\b(?:create|insert|update|delete|drop|alter|replace|vacuum|attach)\b|\.import\b|\.restore\b", re.IGNORECASE
)
_ASKS = re.compile(r"\s*(?:select|with|explain|pragma|\.dump|\.schema|\.tables)\b", re.IGNORECASE)
_SQL_READS = re.compile(
    r"""(?:\bread_(?:csv|csv_auto|parquet|json|json_auto|ndjson)\(\s*|\bfrom\s+|\bjoin\s+|\bcopy\s+\w+\s+from\s+)'([^'*?\[\n]+)'""",
    re.IGNORECASE,
)
_SQL_WRITES = re.compile(r"""\bto\s+'([^'\n]+)'""", re.IGNORECASE)
_DOT_READS = re.compile(r"^\s*\.(?:read|import)\s+(?:-\S+\s+)*'?\"?([^\s'\"|]+)", re.MULTILINE)
_DOT_WRITES = re.compile(r"^\s*\.(?:output|once|save|backup)\s+(?:-\S+\s+)*'?\"?([^\s'\"|]+)", re.MULTILINE)
_COPY_READS = re.compile(r"\\copy\s[^;]*?\bfrom\s+'?([^\s';]+)", re.IGNORECASE)
_COPY_WRITES = re.compile(r"\\copy\s[^;]*?\bto\s+'?([^\s';]+)", re.IGNORECASE)


def database(options: str, *, sql_names_files: bool) -> Reader:
    """`sqlite3 db 'select …'`: whether it reads or writes the database is in the statement."""
    table = valued(options)

    def read(words: tuple[Word, ...]) -> Iterator[Use]:
        arguments = read_arguments(words, table)
        database, statements = arguments.operands[:1], (*arguments.operands[1:], *arguments.values("-c", "-cmd", "-s"))
        known = [word for word in statements if word.text is not None]
        if known and all(_ASKS.match(word.text or "") and not _CHANGES.search(word.text or "") for word in known):
            yield from read_all(database)
        elif any(_CHANGES.search(word.text or "") for word in known):
            yield from write_all(database)
        yield from read_all(arguments.values("-init", "-f"))
        for word in known:
            patterns = [(_DOT_READS, "read"), (_DOT_WRITES, "write")]
            if sql_names_files:
                patterns += [(_SQL_READS, "read"), (_SQL_WRITES, "write")]
            yield from _named_in(word, patterns)

    return read


def _named_in(word: Word, patterns: list[tuple[re.Pattern[str], str]]) -> Iterator[Use]:
    for pattern, mode in patterns:
        for match in pattern.finditer(word.text or ""):
            yield Use("read" if mode == "read" else "write", word._replace(text=match[1]))


def psql(words: tuple[Word, ...]) -> Iterator[Use]:
    """`psql -f x.sql -o out`, and the files that `\\copy` names."""
    arguments = read_arguments(
        words,
        valued(
            "-f --file -o --output -c --command -d --dbname -h --host -p --port -U --username -v --set -L --log-file -F"
        ),
    )
    yield from read_all(arguments.values("-f", "--file"))
    yield from write_all(arguments.values("-o", "--output", "-L", "--log-file"))
    for word in arguments.values("-c", "--command"):
        yield from _named_in(word, [(_COPY_READS, "read"), (_COPY_WRITES, "write")])
