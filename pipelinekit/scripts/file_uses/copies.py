"""Programs that copy, move and link files, on this machine or from and to another one."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from pipelinekit.project.paths import is_url
from pipelinekit.scripts.arguments import read_arguments, valued
from pipelinekit.scripts.file_uses.use import Reader, Use
from pipelinekit.scripts.shell import Word


def copying(options: str = "", *, moves: bool = False, links: bool = False, after: tuple[str, ...] = ()) -> Reader:
    """`cp a b`: the last is where to, and may be a folder; `after` are subcommands that must come first."""
    table = {**valued(options), **valued("-t --target-directory -S --suffix")}

    def read(words: tuple[Word, ...]) -> Iterator[Use]:
        arguments = read_arguments(words, table)
        operands = arguments.operands
        if after:
            if not operands or operands[0].text not in after:
                return
            operands = operands[1:]
        folder = arguments.value("-t", "--target-directory")
        sources, target = (
            (operands, folder) if folder is not None else (operands[:-1], operands[-1] if operands else None)
        )
        if not sources or target is None:
            return
        for source in sources:
            local = not _is_remote(source.text)
            if local and not links:
                yield Use("read", source)
            if moves and local:
                yield Use("remove", source)
            if not _is_remote(target.text):
                # what `a/` holds goes into the target, as it does where the source isn't known
                name = posixpath.basename((source.text or "").rstrip("/")) or None
                fills = source.text is None or (source.text.endswith("/") and _copies_contents(words))
                yield Use("write", target, None if fills else name, fills or folder is not None or len(sources) > 1)

    return read


def _is_remote(text: str | None) -> bool:
    """`s3://bucket/x`, `host:path`, `remote:path`."""
    return text is not None and (is_url(text) or re.match(r"[\w.@-]{2,}:", text) is not None)


def _copies_contents(words: tuple[Word, ...]) -> bool:
    return any((word.text or "").startswith(("-a", "-r", "--recursive", "--archive")) for word in words)
