"""Files of the lake that an earlier release wrote lack columns that came later: they read as nulls, merged or not."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
from tests.bridge.houses import house_in
from tests.formats.test_limits_of_repeats import written

import corecar
from corecar.bridge.lot.run_rows import rows_of_runs


def test_executions_of_limits_are_unknown_in_files_that_lack_them(tmp_path: Path) -> None:
    asked = "SELECT execution, high_limit FROM part_limits ORDER BY high_limit"
    with house_in(tmp_path) as house:
        written(tmp_path / "one.stdf", [[(1, 7, 0, 9.0), (1, 7, 0, 5.0)]], big=False)
        written(tmp_path / "two.stdf", [[(1, 7, 0, 9.0), (1, 7, 0, 4.0)]], big=False)
        house.ingest([tmp_path / "one.stdf"], workers="inline")
        (file,) = (tmp_path / "house" / "lake" / "part_limits").glob("*.parquet")
        lacking = pq.ParquetFile(file).read().drop_columns(["execution"])
        pq.write_table(lacking, file, store_schema=False, write_page_checksum=True)
        assert house.sql(asked)["rows"] == [{"execution": None, "high_limit": 5.0}]
        house.ingest([tmp_path / "two.stdf"], workers="inline")
        expected = [{"execution": 2, "high_limit": 4.0}, {"execution": None, "high_limit": 5.0}]
        assert house.sql(asked)["rows"] == expected
        runs = [row["run"] for row in house.sql("SELECT run FROM runs ORDER BY source")["rows"]]
        with house.store.catalogue.reading() as session:
            rows = rows_of_runs(session, house.store, "part_limits", runs)
            named = rows_of_runs(session, house.store, "part_limits", runs, ["execution", "high_limit"])
        assert rows["execution"].to_pylist() == named["execution"].to_pylist() == [None, 2]


def test_the_lot_itself_is_read_from_its_source(tmp_path: Path) -> None:
    written(tmp_path / "one.stdf", [[(1, 7, 0, 9.0), (1, 7, 0, 5.0)]], big=False)
    assert corecar.read(tmp_path / "one.stdf").part_limits["execution"].to_pylist() == [2]
