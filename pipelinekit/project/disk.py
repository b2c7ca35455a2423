"""The project's files as they are on disk, read at most once, with changes that are not written yet on top."""

from __future__ import annotations

import os
import stat
from typing import Literal

Kind = Literal["file", "folder", "other"]
#: A text file larger than this is no pipeline, and reading it would stall the run.
MAX_BYTES = 256 * 1024 * 1024


class UnreadableError(Exception):
    """A file is there and can't be read as text; the message says why, without the path."""


class Disk:
    """Reads below one folder. Paths are relative to it, with `/`; results are cached for the run."""

    #: whether the files are those that lie there, and not those of another time
    is_live = True

    def __init__(self, root: str) -> None:
        self.root = root
        self._kinds: dict[str, Kind | None] = {}
        self._texts: dict[str, str] = {}

    def overlaid(self, texts: dict[str, str]) -> Disk:
        """The same disk, as it would be with these files written."""
        disk = Disk(self.root)
        disk._kinds = {**self._kinds, **dict.fromkeys(texts, "file")}
        disk._texts = {**self._texts, **texts}
        return disk

    def absolute(self, path: str) -> str:
        return os.path.join(self.root, path)

    def kind(self, path: str) -> Kind | None:
        """What is at a path, links followed; None if nothing is there, or nothing that can be looked at."""
        try:
            return self._kinds[path]
        except KeyError:
            kind = self._kinds[path] = _kind(self.absolute(path))
            return kind

    def exists(self, path: str) -> bool:
        return self.kind(path) is not None

    def read(self, path: str) -> str:
        """The text of a file, line endings and byte-order mark included.

        Raises UnreadableError, FileNotFoundError for a file that isn't there.
        """
        text = self._texts.get(path)
        if text is None:
            text = self._texts[path] = read_text(self.absolute(path))
        return text

    def read_bytes(self, path: str, limit: int) -> bytes | None:
        """The content of a file; None if it has more bytes than `limit`. Not kept: whoever asks keeps what matters.

        Raises UnreadableError, FileNotFoundError.
        """
        text = self._texts.get(path)
        if text is not None:
            return text.encode() if len(text) <= limit else None
        try:
            with open(self.absolute(path), "rb") as file:
                return file.read(limit) if os.fstat(file.fileno()).st_size <= limit else None
        except (FileNotFoundError, NotADirectoryError):
            raise FileNotFoundError(path) from None
        except (OSError, ValueError) as error:
            raise UnreadableError(getattr(error, "strerror", None) or str(error)) from None

    @property
    def texts(self) -> dict[str, str]:
        """What has been read so far, by path."""
        return self._texts

    def close(self) -> None:
        """Let go of what reading took; what has been read stays."""

    def names(self, folder: str) -> list[str]:
        """The names in a folder, sorted; none if it can't be listed."""
        try:
            return sorted(os.listdir(self.absolute(folder)))
        except (OSError, ValueError):
            return []


def read_text(path: str) -> str:
    """Decode a file as UTF-8, as DVC does. Raises UnreadableError, FileNotFoundError."""
    try:
        with open(path, "rb") as file:
            if os.fstat(file.fileno()).st_size > MAX_BYTES:
                raise UnreadableError(f"it is larger than {MAX_BYTES // 2**20} MiB")
            data = file.read()
    except (FileNotFoundError, NotADirectoryError):
        raise FileNotFoundError(path) from None
    except IsADirectoryError:
        raise UnreadableError("it is a folder") from None
    except (OSError, ValueError) as error:
        raise UnreadableError(getattr(error, "strerror", None) or str(error)) from None
    return decode(data)


def text_if_any(path: str) -> str | None:
    """The text of a file; None if there is none that can be read."""
    try:
        return read_text(path)
    except (OSError, UnreadableError):
        return None


def decode(data: bytes) -> str:
    """The text of a file's bytes, UTF-8 as DVC reads it. Raises UnreadableError."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UnreadableError(f"it is not UTF-8: byte 0x{data[error.start]:02x} in line {line}") from None


def _kind(path: str) -> Kind | None:
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError):
        return None
    if stat.S_ISREG(mode):
        return "file"
    return "folder" if stat.S_ISDIR(mode) else "other"
