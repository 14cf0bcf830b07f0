"""A folder as an object store, and lots as the runs that are written to it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from tests.lots import build_lot

from corecar.assess.measuring import measures
from corecar.lot import Lot
from corecar.store.lake import Written, write_run

TOKEN = "0badcafe"


class Folder:
    """The least that the lake needs of an object store: writers, and files opened for reading."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @contextmanager
    def writer(self, key: str) -> Iterator[Any]:
        path = self.root / key
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.with_suffix(".part").open("xb") as sink:
            yield sink
        path.with_suffix(".part").rename(path)

    def open_input(self, key: str) -> Any:
        return pa.OSFile(str(self.root / key))


def run_id_of(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def some_run(seed: int, parts: int = 40, tests: int = 6, **columns: Any) -> Lot:
    """A wafer of parts with a tenth failing, a reading missing here and there."""
    generator = np.random.default_rng(seed)
    values = generator.normal(5.0, 1.0, (tests, parts)).astype(np.float32)
    values[generator.random((tests, parts)) < 0.05] = np.nan
    values[:, 0] = 5.0
    told: dict[str, Any] = {"low": 0.0, "high": 10.0, "wafer": ["W1"] * parts, "x": list(range(parts)), "y": 0,
                            "passed": generator.random(parts) < 0.9}  # fmt: skip
    return build_lot(values, **told | columns)


def put_run(folder: Folder, name: str, lot: Lot) -> dict[str, Written]:
    """Write a run; its files by table."""
    return {one.table: one for one in write_run(folder, run_id_of(name), TOKEN, lot, measures)}
