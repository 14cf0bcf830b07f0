"""Publishing a table of the lake as a Delta table: a log over the files where they are, so that others read it whole.

The catalogue stays the one truth; a publication is a picture of it at one moment, which stays as it is until the next.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import pyarrow as pa

from corecar.errors import ArgumentError, OutputError
from corecar.store.delta.log import Action, Commit, Snapshot, put_checkpoint, put_commit, snapshot
from corecar.store.delta.places import FolderPlace, Place, check_sizes
from corecar.store.lake.tables import lake_schema

TRIES = 20
"""Publications of one table that may come first before one gives up."""

CHECKPOINT = 10
"""Versions after which a checkpoint is due, so that no reader replays more than those behind it."""


class Listed(NamedTuple):
    """A file as the catalogue lists it; `modified` is when it was written, with its time zone.

    first_run, last_run  the least and the largest of its runs, where known: by them readers leave the file out
    """

    key: str
    bytes: int
    rows: int
    modified: datetime
    first_run: str | None = None
    last_run: str | None = None


@dataclass(frozen=True)
class Published:
    """What a publication did.

    root     the Delta table: folder or URL
    version  its version now; unchanged when nothing was new
    added, removed  files since the version before
    copied   files that had to be copied, since the other folder takes no hard links
    """

    root: str
    version: int
    added: int
    removed: int
    copied: int


def folder_place(root: Path, table: str, into: Path | None = None) -> FolderPlace:
    """Where a table of a lake in a folder is published.

    root  folder of the workspace, in which the keys of the files stand
    into  folder for the Delta table instead of the lake: `into/<table>`, with hard links to the files
    """
    home = root / "lake" / table
    return FolderPlace(home, home if into is None else into / table)


def publish(place: Place, table: str, files: Iterable[Listed]) -> Published:
    """Make a Delta table out of the files of one table, as one new version with only what changed.

    place   of the table
    files   all files that count now; what an earlier version had besides is no longer in the table, but stays on disk
    Raises  ArgumentError for a file of another table; DamagedSource when a file or the log is not as it should be;
            OutputError when the log can't be written
    """
    wanted = {_name(table, file): file for file in files}
    copied = 0
    for _ in range(TRIES):
        before = snapshot(place)
        new = {name: file for name, file in wanted.items() if name not in before.files}
        gone = {name: action["size"] for name, action in before.files.items() if name not in wanted}
        described = _description(table, before)
        if not (new or gone or described):
            return Published(place.root, before.version, 0, 0, copied)
        check_sizes(place, ((name, file.bytes) for name, file in new.items()))
        copied += place.bring(new)
        if _put(place, before, [*described, *_removed(gone), *_added(new)]):
            return Published(place.root, before.version, len(new), len(gone), copied)
    raise OutputError(f"{place.root}: others published {TRIES} versions meanwhile. Publish again.")


def _put(place: Place, state: Snapshot, actions: list[Action]) -> bool:
    """Put the next version, and a checkpoint when one is due; False when somebody else put that version first.

    state  what the log says before, and afterwards with this version
    """
    if not put_commit(place, Commit(state.version + 1, [_info(), *actions])):
        return False
    for action in actions:
        state.apply(action)
    state.version += 1
    if state.version - max(state.checkpoint, 0) >= CHECKPOINT:
        put_checkpoint(place, state)
    return True


def _name(table: str, file: Listed) -> str:
    head, name = f"lake/{table}/", file.key.rpartition("/")[2]
    if file.key != head + name:
        raise ArgumentError(f"{file.key}: this is no file of {table}; those stand in {head}.")
    return name


def _milliseconds(seconds: float) -> int:
    return int(seconds * 1000)


def _info() -> dict[str, Any]:
    return {"commitInfo": {"timestamp": _milliseconds(time.time()), "operation": "WRITE", "engineInfo": "Corecar"}}


def _added(files: Mapping[str, Listed]) -> list[dict[str, Any]]:
    return [
        {"add": {"path": quote(name), "partitionValues": {}, "size": file.bytes, "dataChange": True,
                 "modificationTime": _milliseconds(file.modified.timestamp()),
                 "stats": json.dumps(_statistics(file))}}
        for name, file in sorted(files.items())
    ]  # fmt: skip


def _statistics(file: Listed) -> dict[str, Any]:
    known: dict[str, Any] = {"numRecords": file.rows}
    if file.first_run is not None:
        known |= {"minValues": {"run": file.first_run}, "maxValues": {"run": file.last_run}, "nullCount": {"run": 0}}
    return known


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
    if before.metadata.get("schemaString") == text:
        return []
    identity = before.metadata.get("id") or str(uuid.uuid4())
    known: dict[str, Any] = {"id": identity, "name": table, "partitionColumns": [], "configuration": {},
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
