"""A lot as a folder of Parquet files, one per table, and back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from corecar.atomic import whole_folder
from corecar.columns_at_rest import ROW_GROUP, with_newer_columns, writer_options
from corecar.errors import DamagedSource, SourceMissing
from corecar.formats.prepared import MANIFEST
from corecar.lot import TABLE_NAMES, Lot, Results, Retests, Source
from corecar.tables import schema

VERSION = 1
SHARDS = 2
SHARD_LEAST = 2_000_000

_SMALL = tuple(name for name in TABLE_NAMES if name != "results")
_RESULT_SCHEMA = pa.schema([field.with_nullable(field.name == "passed") for field in schema("results")])


def write_parquet(lot: Lot, path: str | Path) -> tuple[str, ...]:
    """Write a lot as a folder of Parquet files named for their tables, zstd throughout; nothing is left out.

    Results beyond two million rows stand in `results-0.parquet`, `results-1.parquet`, sorted by (test, part) across
    both, because two threads then write them; `results*.parquet` names them all. `lot.json` holds what is no table.
    Raises  OutputError when the folder cannot be written.
    """
    with whole_folder(path, owned=MANIFEST) as folder:
        for name in _SMALL:
            _write_table(getattr(lot, name), folder / f"{name}.parquet")
        shards = _shards(lot.measurements)
        with ThreadPoolExecutor(max_workers=SHARDS) as threads:
            list(threads.map(lambda shard: _write_results(lot.measurements, folder / shard[0], *shard[1:]), shards))
        (folder / MANIFEST).write_text(json.dumps(_manifest(lot), indent=1) + "\n", encoding="utf-8")
    return ()


def read_parquet(path: str | Path) -> Lot:
    """Read back a lot that `write_parquet` wrote: all tables equal.

    Raises  SourceMissing without `lot.json`; DamagedSource when a table is missing, cut or out of order.
    """
    folder = Path(path)
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        tables = {name: _read_table(folder / f"{name}.parquet", name) for name in _SMALL}
        measurements = _read_results(folder, tables["tests"].num_rows)
    except (FileNotFoundError, NotADirectoryError) as error:
        advice = "Name a folder that Corecar wrote as .parquet."
        raise SourceMissing(folder, f"{Path(error.filename or folder).name} is missing.", advice=advice) from error
    except (pa.ArrowInvalid, OSError, ValueError, KeyError) as error:
        raise DamagedSource(folder, f"{error}.", advice="Write the lot again from its source.") from error
    sources = tuple(Source(**{**row, "warnings": tuple(row["warnings"])}) for row in manifest["sources"])
    return Lot(
        **tables,
        measurements=measurements,
        sources=sources,
        retests=Retests(**manifest["retests"]),
        notes=tuple(manifest["notes"]),
    )


def _manifest(lot: Lot) -> dict[str, Any]:
    return {
        "corecar_lot": VERSION,
        "sources": [asdict(source) for source in lot.sources],
        "retests": asdict(lot.retests),
        "notes": list(lot.notes),
    }


def _write_table(table: Any, path: Path) -> None:
    with pq.ParquetWriter(path, table.schema, **writer_options(table.schema)) as writer:
        writer.write_table(table, row_group_size=ROW_GROUP)


def _shards(results: Results) -> list[tuple[str, int, int]]:
    """File name, first and last row of each file of results."""
    rows = len(results)
    if rows < SHARD_LEAST:
        return [("results.parquet", 0, rows)]
    edges = [rows * shard // SHARDS for shard in range(SHARDS + 1)]
    return [(f"results-{shard}.parquet", edges[shard], edges[shard + 1]) for shard in range(SHARDS)]


def _write_results(results: Results, path: Path, first: int, last: int) -> None:
    options = writer_options(_RESULT_SCHEMA, statistics=["test"])
    with pq.ParquetWriter(path, _RESULT_SCHEMA, **options) as writer:
        for start in range(first, last, ROW_GROUP):
            writer.write_table(results.rows(start, min(start + ROW_GROUP, last)).cast(_RESULT_SCHEMA))


def _read_table(path: Path, name: str) -> Any:
    if not path.is_file():
        raise FileNotFoundError(2, "missing", str(path))
    return with_newer_columns(pq.read_table(path), name, schema(name)).cast(schema(name))


def _result_files(folder: Path) -> Iterator[Path]:
    whole = folder / "results.parquet"
    if whole.exists():
        yield whole
        return
    shards = sorted(folder.glob("results-*.parquet"))
    if len(shards) != SHARDS:
        raise FileNotFoundError(2, "missing", f"results-{len(shards)}.parquet")
    yield from shards


def _read_results(folder: Path, tests: int) -> Results:
    columns = ["test", "part", "value", "flags"]
    found = pa.concat_tables([pq.read_table(path, columns=columns) for path in _result_files(folder)])
    test, part, value, flags = (found[name].to_numpy() for name in columns)
    if len(test) and (np.any(test[1:] < test[:-1]) or test[-1] >= tests):
        raise ValueError("results are not sorted by test, or name a test that is not there")
    offsets = np.searchsorted(test, np.arange(tests + 1, dtype=np.uint32)).astype(np.int64)
    return Results(offsets, part, value, flags)
