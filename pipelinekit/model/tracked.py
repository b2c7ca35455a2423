"""The shape of what DVC writes itself: `.dvc` files and `dvc.lock`.

Source: the schema of DVC 3.67, `dvc/schema.py`, compared with it by the tests.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from pipelinekit.model.shape import Annotations, AnyMapping, Shape

# DVC accepts null here, which elsewhere in its files it does not.
_NULLABLE: Any = Field(default=None, json_schema_extra={"nullable": True})


class Hashes(Shape):
    """What DVC knows of a content."""

    md5: str | int | None = _NULLABLE
    """The MD5 of a file, or of the list of a folder's files."""
    checksum: str | int | None = _NULLABLE
    """The checksum that HDFS gives it."""
    etag: str | int | None = _NULLABLE
    """The ETag that an object store gives it."""
    size: int = 0
    """Bytes."""
    nfiles: int = 0
    """The number of files in a folder."""
    isexec: bool = False
    """Whether the file may be executed."""
    version_id: str = ""
    """The version that an object store gave it."""


class CloudVersioned(Hashes):
    """A content that a version-aware remote holds."""

    cloud: dict[str, Hashes] = Field(default={})
    """What it is called there, by remote."""


class FolderFile(CloudVersioned):
    """A file of a tracked folder."""

    relpath: str
    """Its path inside of the folder."""


class LockData(CloudVersioned):
    """A dependency or an output, as it was when its stage last ran."""

    path: str
    """The path, as `dvc.yaml` spells it."""
    hash: str = ""
    """The kind of hash: `md5`."""
    files: list[FolderFile] = Field(default=[])
    """The files of a folder."""
    dataset: AnyMapping = Field(default={})
    """The data set behind a `ds://` dependency."""


class LockStage(Shape):
    """A stage, as it was when it last ran."""

    cmd: str | list[Any]
    """The command."""
    deps: list[LockData] = Field(default=[])
    """What it read."""
    params: dict[str, dict[str, Any]] = Field(default={})
    """The parameters by file."""
    outs: list[LockData] = Field(default=[])
    """What it wrote."""


class LockFile(Shape):
    """A whole `dvc.lock`."""

    lock_schema: Literal["2.0"] = Field(alias="schema")
    """The version of this format."""
    stages: dict[str, LockStage] = Field(default={})
    """The stages by name."""
    datasets: Any = None
    """The data sets by name."""


class TrackedPath(CloudVersioned):
    """What the dependencies and the outputs of a `.dvc` file have in common."""

    path: str
    """The file or folder, or the address it is imported from."""
    persist: bool = False
    """Whether it survives until it is imported again."""
    hash: str = ""
    """The kind of hash: `md5`."""
    files: list[FolderFile] = Field(default=[])
    """The files of a folder."""
    fs_config: AnyMapping = Field(default={})
    """How to reach the file system it lies in."""


class TrackedOutput(TrackedPath, Annotations):
    """Data that a `.dvc` file tracks."""

    cache: bool = True
    """Whether DVC keeps it in its cache."""
    remote: str = ""
    """The name of the remote it is pushed to."""
    push: bool = True
    """Whether `dvc push` uploads it."""


class ImportedRepository(Shape):
    """The repository that data is imported from."""

    url: str
    """Its address."""
    rev: str = ""
    """The revision that was asked for."""
    rev_lock: str = ""
    """The commit that was imported."""
    config: str | AnyMapping = ""
    """The DVC configuration to read it with."""
    remote: str | AnyMapping = ""
    """The remote to read it from."""


class ImportedQuery(Shape):
    """The database query that data is imported from."""

    query: str = ""
    """The SQL query."""
    connection: str = ""
    """The name of the connection in DVC's configuration."""
    file_format: str = ""
    """`csv` or `json`."""
    table: str = ""
    """The table that is imported as a whole."""


class TrackedDependency(TrackedPath):
    """What the data of a `.dvc` file is imported from."""

    repo: ImportedRepository = Field(default={})  # type: ignore[assignment]
    """The repository it is imported from, at this path."""


class TrackedQuery(TrackedDependency):
    """A query that the data of a `.dvc` file is imported from."""

    path: str = ""
    """Not used."""
    db: ImportedQuery
    """The query."""


class DvcFile(Shape):
    """A whole `.dvc` file."""

    md5: str | int | None = _NULLABLE
    """The hash of this file's own content."""
    wdir: str | None = _NULLABLE
    """The folder that its paths are relative to; by default its own."""
    deps: list[TrackedQuery | TrackedDependency] | None = _NULLABLE
    """What the data is imported from."""
    outs: list[TrackedOutput] | None = _NULLABLE
    """The data."""
    frozen: bool = False
    """Whether `dvc repro` leaves an import as it is."""
    locked: bool = Field(default=False, deprecated=True)
    """Retired: now called `frozen`."""
    always_changed: bool = False
    """Whether DVC imports it anew each time."""
    desc: str = ""
    """A description for people."""
    meta: Any = None
    """Anything; DVC keeps it and never looks inside."""
