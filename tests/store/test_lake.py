"""One run's tables in the lake: written once, read back in parts, by every tool that reads Parquet."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, write_deltalake
from hypothesis import HealthCheck, given, settings
from tests.drawn_lots import drawn_lots
from tests.lots import build_lot
from tests.store.lakes import TOKEN, Folder, put_run, run_id_of, some_run

import corecar
from corecar.assess.measuring import measures
from corecar.errors import ArgumentError, DamagedSource, SourceMissing
from corecar.lot import Lot
from corecar.store.lake import read_rows, read_test, write_run
from corecar.store.lake.tables import LAKE_TABLES, MEASURE_ORDER, lake_schema
from corecar.tables import schema


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def plain(table: Any) -> Any:
    """Dictionaries as text, to compare with."""
    return table.cast(
        pa.schema([f.with_type(pa.string()) if pa.types.is_dictionary(f.type) else f for f in table.schema])
    )


def test_every_table_with_rows_is_one_file_named_for_run_and_session(folder: Folder) -> None:
    written = put_run(folder, "a", some_run(1))
    assert set(written) == {"parts", "tests", "results", "measures"}
    for table, one in written.items():
        assert one.key == f"lake/{table}/{run_id_of('a')[:16]}-{TOKEN}.parquet"
    stored = {path.relative_to(folder.root).as_posix() for path in folder.root.rglob("*") if path.is_file()}
    assert stored == {one.key for one in written.values()}


def test_what_is_told_of_a_file_is_true_of_its_bytes(folder: Folder) -> None:
    for one in put_run(folder, "a", some_run(1)).values():
        content = (folder.root / one.key).read_bytes()
        assert (one.bytes, one.sha256) == (len(content), hashlib.sha256(content).hexdigest())
        assert one.rows == pq.read_metadata(folder.root / one.key).num_rows


def assert_round_trip(folder: Folder, lot: Lot, name: str) -> None:
    for table, one in put_run(folder, name, lot).items():
        if table == "measures":
            continue
        found = read_rows(folder, one.key, 0, one.rows)
        assert found.column_names == ["run", *(column for column in schema(table).names if column != "run")]
        assert set(found["run"].to_pylist()) == {run_id_of(name)}
        wanted = getattr(lot, table)
        for column in found.column_names[1:]:
            back = found[column].cast(wanted[column].type)
            assert back.is_null().equals(wanted[column].is_null())
            if pa.types.is_floating(back.type):
                assert np.array_equal(back.to_numpy(), wanted[column].to_numpy(), equal_nan=True)
            else:
                assert back.to_pylist() == wanted[column].to_pylist()


@given(lot=drawn_lots())
@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_whatever_a_file_can_say_comes_back_from_the_lake(tmp_path_factory: pytest.TempPathFactory, lot: Lot) -> None:
    assert_round_trip(Folder(tmp_path_factory.mktemp("lake")), lot, "drawn")


def test_a_real_lot_comes_back_from_the_lake(folder: Folder, real_lot: Path) -> None:
    assert_round_trip(folder, corecar.read(real_lot), "real")


def test_measures_carry_their_test_and_limits_and_are_sorted(folder: Folder) -> None:
    lot = some_run(3, names=["b", "a", "c", "a", None, "b"], numbers=[7, 7, 3, 3, 1, 2])
    one = put_run(folder, "a", lot)["measures"]
    found = read_rows(folder, one.key, 0, one.rows)
    assert one.rows == measures(lot).num_rows
    keys = [tuple((value is None, value) for value in row.values()) for row in found.select(MEASURE_ORDER).to_pylist()]
    assert keys == sorted(keys)
    tests = lot.tests.to_pylist()
    for row in found.to_pylist():
        assert all(row[name] == tests[row["test"]][name] for name in ("number", "name", "pin", "low_limit"))


@pytest.mark.parametrize("rows", [3, 10, 50, 1000])
def test_one_test_of_a_run_is_read_whatever_the_row_groups(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    monkeypatch.setattr("corecar.store.lake.ROW_GROUP", rows)
    lot = some_run(4)
    one = put_run(folder, "a", lot)["results"]
    for test in range(lot.tests.num_rows):
        span = lot.measurements.of(test)
        found = read_test(folder, one.key, 0, one.rows, test)
        assert found.column_names == ["part", "value", "flags", "passed"]
        assert found["part"].to_pylist() == lot.measurements.part[span].tolist()
        assert np.array_equal(found["value"].to_numpy(), lot.measurements.value[span])
    assert read_test(folder, one.key, 0, one.rows, 99).num_rows == 0
    assert read_test(folder, one.key, 0, one.rows, 1, columns=["test"])["test"].unique().to_pylist() == [1]


@pytest.mark.parametrize(("first", "rows"), [(0, 0), (0, 1), (5, 37), (100, 60), (9, 1)])
def test_rows_are_read_from_the_row_groups_that_hold_them(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, first: int, rows: int
) -> None:
    monkeypatch.setattr("corecar.store.lake.ROW_GROUP", 10)
    lot = some_run(5)
    one = put_run(folder, "a", lot)["results"]
    found = read_rows(folder, one.key, first, rows, columns=["test", "part"])
    wanted = lot.results.select(["test", "part"]).slice(first, rows)
    assert found.cast(wanted.schema).to_pylist() == wanted.to_pylist()


class Counting(Folder):
    """Counts the bytes read."""

    read = 0

    def open_input(self, key: str) -> Any:
        return pa.PythonFile(_Counted(self, (self.root / key).open("rb")), mode="r")


class _Counted:
    closed = False

    def __init__(self, counting: Counting, file: Any) -> None:
        self.counting, self.file = counting, file

    def read(self, size: int = -1) -> bytes:
        found: bytes = self.file.read(size)
        self.counting.read += len(found)
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)


def test_one_test_costs_a_small_part_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("corecar.store.lake.ROW_GROUP", 5000)
    folder = Counting(tmp_path)
    one = put_run(folder, "a", some_run(6, parts=5000, tests=100))["results"]
    assert read_test(folder, one.key, 0, one.rows, 20).num_rows > 4000
    assert folder.read < one.bytes / 5


def test_a_lot_of_several_runs_is_refused(folder: Folder) -> None:
    lot = build_lot([[1.0, 2.0]], run=[0, 1], runs={"lot": ["A", "A"], "stage": ["final test"] * 2})
    with pytest.raises(ArgumentError, match="2 runs"):
        write_run(folder, run_id_of("a"), TOKEN, lot, measures)


def test_a_file_shorter_than_its_spans_or_cut_is_told(folder: Folder) -> None:
    one = put_run(folder, "a", some_run(7))["parts"]
    with pytest.raises(DamagedSource, match="40 rows; rows 0 to 41"):
        read_rows(folder, one.key, 0, 41)
    path = folder.root / one.key
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(DamagedSource, match="no whole Parquet"):
        read_rows(folder, one.key, 0, 40)
    path.unlink()
    with pytest.raises(SourceMissing, match="not in the lake"):
        read_rows(folder, one.key, 0, 40)


@pytest.fixture
def all_tables(folder: Folder) -> dict[str, Path]:
    """A run in which every table has rows."""
    lot = some_run(
        8, parts=3,
        repeats={"test": [0], "part": [1], "execution": [2], "value": [1.0], "flags": [0x80], "passed": [False]},
        part_limits={"test": [0], "part": [1], "low_limit": [1.0], "high_limit": [None]},
        bins={"kind": ["hard"], "bin": [65535], "passed": [True], "first": [3], "final": [3], "reported": [2**32 - 2]},
        wafers={"wafer": ["W1"], "run": [0], "head": [255], "start": [2**31], "center_x": [-5]},
        texts={"run": [0], "sequence": [2**33], "offset": [2**40], "part": [None], "kind": ["DTR"], "text": ["µ"]},
    )  # fmt: skip
    return {table: folder.root / one.key for table, one in put_run(folder, "all", lot).items()}


@pytest.mark.parametrize("table", LAKE_TABLES)
def test_arrow_duckdb_polars_and_delta_read_every_table_alike(
    all_tables: dict[str, Path], tmp_path: Path, table: str
) -> None:
    path = all_tables[table]
    wanted = pq.read_table(path)
    assert wanted.schema.equals(plain(lake_schema(table).empty_table()).schema, check_metadata=False)
    assert duckdb.sql(f"from '{path}'").fetchall() == [tuple(row.values()) for row in wanted.to_pylist()]
    assert polars.read_parquet(path).rows() == [tuple(row.values()) for row in wanted.to_pylist()]
    write_deltalake(str(tmp_path / "delta"), wanted)
    assert DeltaTable(str(tmp_path / "delta")).to_pyarrow_table().to_pylist() == wanted.to_pylist()


def test_an_altered_value_is_refused_when_it_is_read(folder: Folder) -> None:
    one = put_run(folder, "a", some_run(8))["results"]
    place = folder.root / one.key
    value = pq.ParquetFile(place).metadata.row_group(0).column(3)
    assert value.path_in_schema == "value"
    data = bytearray(place.read_bytes())
    data[value.data_page_offset + value.total_compressed_size - 9] ^= 1
    place.write_bytes(data)
    with pytest.raises(DamagedSource):
        read_rows(folder, one.key, 0, one.rows)
