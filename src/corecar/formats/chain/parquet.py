"""One table of a chain from Parquet; cells become texts, so that they are held to the same rules as typed ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from corecar.chain.sheets import Sheet
from corecar.errors import DamagedSource


def parquet_sheet(path: Path) -> Sheet:
    """The table in a Parquet file; the file's name says which. Rows are counted as if a header stood above them.

    Raises  DamagedSource
    """
    try:
        table = pq.read_table(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise DamagedSource(path, f"is no whole Parquet file ({error}).", advice="Write it once more.") from error
    columns = {name: _texts(table[name].combine_chunks()) for name in table.column_names}
    return Sheet(path.stem, str(path), columns, np.arange(2, table.num_rows + 2, dtype=np.int64))


def _texts(column: Any) -> Any:
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_timestamp(column.type):
        return pc.strftime(column, format="%Y-%m-%d %H:%M:%S")
    return pc.cast(column, pa.string())
