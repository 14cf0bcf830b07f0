"""The checkpoint of a Delta log: all that holds at one version, as one Parquet file with a row per action.

Source  Delta transaction protocol, checkpoints: classic, in one part, statistics as JSON.
"""

from __future__ import annotations

import io
import time
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from corecar.store.delta.log import Snapshot

KEPT_MS = 7 * 24 * 3600 * 1000
"""How long a checkpoint names a file that was removed, so that who cleans up spares readers of the past [ms]; what the
protocol has by default."""

_TEXTS, _PAIRS = pa.list_(pa.string()), pa.map_(pa.string(), pa.string())
SCHEMA = pa.schema(
    {
        "txn": pa.struct({"appId": pa.string(), "version": pa.int64(), "lastUpdated": pa.int64()}),
        "add": pa.struct(
            {"path": pa.string(), "partitionValues": _PAIRS, "size": pa.int64(), "modificationTime": pa.int64(),
             "dataChange": pa.bool_(), "stats": pa.string()}
        ),
        "remove": pa.struct(
            {"path": pa.string(), "deletionTimestamp": pa.int64(), "dataChange": pa.bool_(),
             "extendedFileMetadata": pa.bool_(), "partitionValues": _PAIRS, "size": pa.int64()}
        ),
        "metaData": pa.struct(
            {"id": pa.string(), "name": pa.string(), "description": pa.string(),
             "format": pa.struct({"provider": pa.string(), "options": _PAIRS}), "schemaString": pa.string(),
             "partitionColumns": _TEXTS, "configuration": _PAIRS, "createdTime": pa.int64()}
        ),
        "protocol": pa.struct(
            {"minReaderVersion": pa.int32(), "minWriterVersion": pa.int32(), "readerFeatures": _TEXTS,
             "writerFeatures": _TEXTS}
        ),
    }.items()
)  # fmt: skip


def name_of(version: int) -> str:
    """The name of a checkpoint in the log.

    >>> name_of(10)
    '00000000000000000010.checkpoint.parquet'
    """
    return f"{version:020}.checkpoint.parquet"


def actions_of(state: Snapshot) -> list[dict[str, Any]]:
    """What holds at a version; files removed long ago are no longer named, and nothing counts as a change."""
    since = int(time.time() * 1000) - KEPT_MS
    gone = [action for action in state.gone.values() if action.get("deletionTimestamp", 0) > since]
    return [
        {"protocol": state.protocol},
        {"metaData": state.metadata},
        *({"add": action | {"dataChange": False}} for action in state.files.values()),
        *({"remove": action | {"dataChange": False}} for action in gone),
    ]


def encoded(actions: list[dict[str, Any]]) -> bytes:
    """Actions as the bytes of a checkpoint."""
    columns = [pa.array([action.get(field.name) for action in actions], field.type) for field in SCHEMA]
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(columns, schema=SCHEMA), sink, compression="zstd")
    return sink.getvalue()


def decoded(content: bytes) -> list[dict[str, Any]]:
    """The actions of a checkpoint, also of one that another program wrote. Raises ArrowException."""
    table = pq.read_table(pa.BufferReader(content))
    rows = table.select([name for name in SCHEMA.names if name in table.column_names]).to_pylist(
        maps_as_pydicts="strict"
    )
    return [{kind: _said(action) for kind, action in row.items() if action is not None} for row in rows]


def _said(action: dict[str, Any]) -> dict[str, Any]:
    """An action without what it leaves open, as it stands in a commit."""
    return {name: value for name, value in action.items() if value is not None}
