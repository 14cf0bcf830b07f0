"""What the limit records of a screen come to as one hash, by which a certificate says under which limits parts went."""

from __future__ import annotations

import hashlib
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv


def limit_hashes(limits: Any) -> dict[str, dict[str, Any]]:
    """Of each screen of a `limits` table: how many records, how many were applied, and the SHA-256 of them all.

    The hash is over the screen's rows as CSV without a header, in their order, the row number left out: numbers in the
    shortest form that gives them back. Equal records, equal hash.
    """
    rows = limits.drop_columns(["limit"])
    return {
        screen: _told(rows.filter(pc.equal(rows["screen"], screen)))
        for screen in sorted(set(rows["screen"].to_pylist()))
    }


def _told(rows: Any) -> dict[str, Any]:
    applied = int(pc.sum(rows["applied"].cast(pa.uint32())).as_py() or 0)
    return {"records": rows.num_rows, "applied": applied, "sha256": hashlib.sha256(_as_csv(rows)).hexdigest()}


def _as_csv(rows: Any) -> bytes:
    into = pa.BufferOutputStream()
    csv.write_csv(rows, into, csv.WriteOptions(include_header=False))
    content: bytes = into.getvalue().to_pybytes()
    return content
