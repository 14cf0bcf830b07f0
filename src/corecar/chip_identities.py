"""A chip's own identity, such as an ECID, as generic data (GDR) of the tester tells it."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

CHIP_FIELD = r"(?i)^[^|]*(ecid|chip[ _]?id|die[ _]?id|\buid\b)[^|]*\|."
"""A GDR whose first field announces a chip's own identity; the fields behind it are the identity."""


def chip_identities(remarks: Any, parts: int) -> Any:
    """The identity that a GDR tells of the part before it, as Arrow text by part; None when no GDR does."""
    if not remarks.num_rows:
        return None
    said = remarks.filter(
        pc.and_(
            pc.and_(pc.equal(remarks["kind"], "GDR"), pc.is_valid(remarks["part"])),
            pc.fill_null(pc.match_substring_regex(remarks["text"], CHIP_FIELD), False),
        )
    )
    if not said.num_rows:
        return None
    found: list[str | None] = [None] * parts
    for part, text in zip(said["part"].to_pylist(), said["text"].to_pylist(), strict=True):
        found[part] = text.partition("|")[2]
    return pa.array(found, pa.string())
