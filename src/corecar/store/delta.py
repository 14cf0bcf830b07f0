"""Publishing a table of the lake as a Delta table: a log over the files where they are, so that others read it whole.

The catalogue stays the one truth; a publication is a picture of it at one moment, which stays as it is until the next.
"""

from __future__ import annotations

import json
import os
import shutil
import time
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import pyarrow as pa

from corecar.atomic import refused, whole_file
from corecar.errors import ArgumentError, DamagedSource, OutputError
from corecar.store.delta_log import Commit, Snapshot, put_commit, snapshot
from corecar.store.lake_tables import lake_schema

TRIES = 20
"""Publications of one table that may come first before one gives up."""


class Listed(NamedTuple):
    """A file as the catalogue lists it; `modified` is when it was written, with its time zone."""

    key: str
    bytes: int
    rows: int
    modified: datetime


@dataclass(frozen=True)
class Published:
    """What a publication did.

    folder   the Delta table
    version  its version now; unchanged when nothing was new
    added, removed  files since the version before
    copied   files that had to be copied, since the other folder takes no hard links
    """

    folder: Path
    version: int
    added: int
    removed: int
    copied: int


def publish(root: Path, table: str, files: Iterable[Listed], *, into: Path | None = None) -> Published:
    """Make a Delta table out of the files of one table, as one new version with only what changed.

    root    folder of the workspace, in which the keys of the files stand
    files   all files that count now; what an earlier version had besides is no longer in the table, but stays on disk
    into    folder for the Delta table instead of the lake: `into/<table>`, with hard links to the files
    Raises  ArgumentError for a file of another table; DamagedSource when a file or the log is not as it should be;
            OutputError when the log can't be written
    """
    wanted = {_name(table, file): file for file in files}
    home = root / "lake" / table
    folder = home if into is None else into / table
    copied = 0
    for _ in range(TRIES):
        before = snapshot(folder)
        new = {name: file for name, file in wanted.items() if name not in before.files}
        gone = {name: size for name, size in before.files.items() if name not in wanted}
        described = _description(table, before)
        if not (new or gone or described):
            return Published(folder, before.version, 0, 0, copied)
        _check(home, new)
        copied += _linked(home, folder, new)
        if put_commit(folder, Commit(before.version + 1, [_info(), *described, *_removed(gone), *_added(new)])):
            return Published(folder, before.version + 1, len(new), len(gone), copied)
    raise OutputError(f"{folder}: others published {TRIES} versions meanwhile. Publish again.")


def _name(table: str, file: Listed) -> str:
    head, name = f"lake/{table}/", file.key.rpartition("/")[2]
    if file.key != head + name:
        raise ArgumentError(f"{file.key}: this is no file of {table}; those stand in {head}.")
    return name


def _check(home: Path, files: Mapping[str, Listed]) -> None:
    """A table that names a missing file can't be read at all, so none is published."""
    for name, file in files.items():
        path = home / name
        held = path.stat().st_size if path.is_file() else None
        if held != file.bytes:
            problem = f"{file.bytes} bytes were expected, {'it is missing' if held is None else f'it has {held}'}."
            raise DamagedSource(path, problem, advice="Restore it from a copy of the workspace.")


def _linked(home: Path, folder: Path, files: Iterable[str]) -> int:
    """Put files into another folder, without using space where it takes hard links; how many were copied."""
    if folder == home:
        return 0
    copied = 0
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise refused(folder, error) from error
    for name in files:
        try:
            os.link(home / name, folder / name)
        except FileExistsError:
            continue
        except OSError:
            copied += 1
            with whole_file(folder / name) as sibling:
                shutil.copyfile(home / name, sibling)
    return copied


def _milliseconds(seconds: float) -> int:
    return int(seconds * 1000)


def _info() -> dict[str, Any]:
    return {"commitInfo": {"timestamp": _milliseconds(time.time()), "operation": "WRITE", "engineInfo": "Corecar"}}


def _added(files: Mapping[str, Listed]) -> list[dict[str, Any]]:
    return [
        {"add": {"path": quote(name), "partitionValues": {}, "size": file.bytes, "dataChange": True,
                 "modificationTime": _milliseconds(file.modified.timestamp()),
                 "stats": json.dumps({"numRecords": file.rows})}}
        for name, file in sorted(files.items())
    ]  # fmt: skip


def _removed(files: Mapping[str, int]) -> list[dict[str, Any]]:
    now = _milliseconds(time.time())
    return [
        {"remove": {"path": quote(name), "deletionTimestamp": now, "dataChange": True, "extendedFileMetadata": True,
                    "partitionValues": {}, "size": size}}
        for name, size in sorted(files.items())
    ]  # fmt: skip


def _description(table: str, before: Snapshot) -> list[dict[str, Any]]:
    """Protocol and columns, when the table is new or its columns are no longer those of the log."""
    columns = lake_schema(table)
    text = json.dumps({"type": "struct", "fields": [_field(field) for field in columns]})
    if before.schema == text:
        return []
    known = {"id": before.id or str(uuid.uuid4()), "name": table, "partitionColumns": [], "configuration": {},
             "format": {"provider": "parquet", "options": {}}, "createdTime": _milliseconds(time.time())}  # fmt: skip
    return [{"protocol": _protocol(columns)}, {"metaData": known | {"schemaString": text}}]


def _protocol(columns: Any) -> dict[str, Any]:
    """The least that a reader must know; times without a zone are a feature of their own."""
    if any(pa.types.is_timestamp(field.type) for field in columns):
        features = ["timestampNtz"]
        return {"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": features, "writerFeatures": features}
    return {"minReaderVersion": 1, "minWriterVersion": 2}


_TYPES = {
    pa.int8(): "byte", pa.int16(): "short", pa.int32(): "integer", pa.int64(): "long",
    pa.float32(): "float", pa.float64(): "double", pa.bool_(): "boolean",
    pa.string(): "string", pa.timestamp("us"): "timestamp_ntz",
    pa.dictionary(pa.int32(), pa.string()): "string",
}  # fmt: skip
"""Types at rest and what Delta calls them (Delta transaction protocol, schema serialization format)."""


def _field(field: Any) -> dict[str, Any]:
    said = {key.decode(): value.decode() for key, value in (field.metadata or {}).items()}
    comment = said.get("meaning", "") + (f" [{said['unit']}]" if said.get("unit") else "")
    return {"name": field.name, "type": _TYPES[field.type], "nullable": True, "metadata": {"comment": comment}}
