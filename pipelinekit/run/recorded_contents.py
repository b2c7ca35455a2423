"""What a lock recorded, found again by its checksum: here, in the cache, or in git. Nothing else will do."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from pipelinekit.freshness.contents import folder_md5
from pipelinekit.impact.metrics import flat_values
from pipelinekit.project.cache import Cache
from pipelinekit.project.disk import UnreadableError, decode
from pipelinekit.project.params import ParamsFile
from pipelinekit.project.paths import is_outside, is_url
from pipelinekit.project.project import Project
from pipelinekit.run.commit_record import FileRecord, StageRecord

#: A metrics file is small; anything larger is none.
MAX_METRICS_BYTES = 16 * 1024 * 1024
#: Files of one folder that are looked at.
MAX_FILES = 1000
_CHUNK = 1024 * 1024


class Content(NamedTuple):
    """A file with recorded content: where it lies, or what it holds."""

    #: relative to the project
    path: str
    #: absolute; empty if only `data` is there
    place: str
    data: bytes = b""

    def read(self, limit: int) -> bytes | None:
        """The bytes; None if they are more than `limit`, or gone."""
        if not self.place:
            return self.data
        try:
            with open(self.place, "rb") as file:
                return file.read() if os.fstat(file.fileno()).st_size <= limit else None
        except OSError:
            return None


class RecordedContents:
    """Finds what was recorded. A project at a revision also looks into git."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._cache = Cache(project)

    def of(self, record: FileRecord) -> list[Content]:
        """The files with the content of an output; none if it is not to be had as it was recorded."""
        if is_url(record.path) or is_outside(record.path) or not record.digest or record.legacy:
            return []
        if record.digest.endswith(".dir"):
            return self._of_folder(record)
        found = self._of_file(record.path, record.digest)
        return [found] if found is not None else []

    def _of_file(self, path: str, md5: str) -> Content | None:
        place = os.path.join(self._project.root, path)
        if _md5(place) == md5:
            return Content(path, place)
        cached = self._cache.path_of(md5, legacy=False)
        if os.path.isfile(cached):
            return Content(path, cached)
        if self._project.is_past:
            try:
                data = self._project.disk.read_bytes(path, MAX_METRICS_BYTES)
            except (UnreadableError, FileNotFoundError):
                return None
            if data is not None and hashlib.md5(data, usedforsecurity=False).hexdigest() == md5:
                return Content(path, "", data)
        return None

    def _of_folder(self, record: FileRecord) -> list[Content]:
        listed = self._cache.files_of(record.digest)
        if listed is None:
            listed = self._files_here(record)
        if listed is None or len(listed) > MAX_FILES:
            return []
        found = [self._of_file(f"{record.path}/{name}", md5) for name, md5 in listed.items()]
        return [content for content in found if content is not None] if all(found) else []

    def _files_here(self, record: FileRecord) -> dict[str, str] | None:
        """MD5 by name of the files in a folder, if they are those that were recorded."""
        top = os.path.join(self._project.root, record.path)
        names: list[str] = []
        for folder, _, files in os.walk(top):
            names += [os.path.relpath(os.path.join(folder, file), top).replace(os.sep, "/") for file in files]
            if len(names) > MAX_FILES:
                return None
        seen = [name for name in names if not self._project.dvcignore.hides(f"{record.path}/{name}")]
        listed = {name: _md5(os.path.join(top, name)) or "" for name in seen}
        return listed if folder_md5(listed) == record.digest else None


def with_metrics(stage: StageRecord, contents: RecordedContents) -> StageRecord:
    """The stage with the numbers of its metrics files."""
    if stage.metrics is not None:
        return stage
    files = {record.path: dict(_numbers(record, contents)) for record in stage.outs if record.kind == "metric"}
    counted = Counter(key for values in files.values() for key in values)
    metrics: dict[str, float] = {}
    for file, values in files.items():
        for key, value in values.items():
            metrics[key if counted[key] == 1 else f"{file}:{key}"] = value
    return stage._replace(metrics=metrics)


def _numbers(record: FileRecord, contents: RecordedContents) -> Iterator[tuple[str, float]]:
    for content in contents.of(record):
        data = content.read(MAX_METRICS_BYTES)
        if data is None:
            continue
        try:
            file = ParamsFile(content.path, decode(data))
        except UnreadableError:
            continue
        if file.problem is None and isinstance(file.data, dict):
            for key, value in flat_values(file.data):
                if isinstance(value, (int, float)):
                    try:
                        yield key, float(value)
                    except OverflowError:
                        continue


def _md5(place: str) -> str | None:
    digest = hashlib.md5(usedforsecurity=False)
    try:
        with open(place, "rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    except (OSError, ValueError):
        return None
    return digest.hexdigest()
