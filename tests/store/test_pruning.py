"""Who asks for one run reads nothing of another: here the others' rows are noise, and no engine notices."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import polars
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from tests.store.drawn_lake import Folder as Visible
from tests.store.lakes import TOKEN, Folder, put_run, run_id_of, some_run

from corecar.store.lake import Written
from corecar.store.lake.listing import LakeFile, Listing
from corecar.store.lake.merging import Filed, Span, merge
from corecar.store.questions import open_sql, test_results

NAMES = ("a", "b", "c", "d")
WANTED = "b"
PARTS, TESTS = 1500, 60
"""Together 86,000 results of a run: a row group of a merged file begins in one run and ends in the next."""


def _put(folder: Folder, name: str) -> dict[str, Written]:
    return put_run(folder, name, some_run(NAMES.index(name), parts=PARTS, tests=TESTS))


def _noise(path: Path, wanted: str) -> int:
    """Overwrite every row group that holds no row of the wanted run; how many those are."""
    metadata, spoilt = pq.read_metadata(path), 0
    runs = [pq.ParquetFile(path).read_row_group(group, ["run"])["run"].unique().to_pylist()
            for group in range(metadata.num_row_groups)]  # fmt: skip
    with path.open("r+b") as file:
        for group, held in enumerate(runs):
            columns = [metadata.row_group(group).column(place) for place in range(metadata.num_columns)]
            if wanted in held:
                continue
            first = min(column.dictionary_page_offset or column.data_page_offset for column in columns)
            file.seek(first)
            file.write(b"\xee" * sum(column.total_compressed_size for column in columns))
            spoilt += 1
    return spoilt


@pytest.fixture(params=[False, True], ids=["as ingested", "merged"])
def listing(request: pytest.FixtureRequest, tmp_path: Path) -> Listing:
    """Four runs; what is not of the wanted one is noise."""
    folder = Folder(tmp_path)
    put = {name: _put(folder, name) for name in NAMES}
    tests = [_listed(put[name]["tests"], name) for name in NAMES]
    results = [_listed(put[name]["results"], name) for name in NAMES]
    if request.param:
        files = [Filed(one.key, one.bytes, one.rows, (Span(str(one.run), 0, one.rows),)) for one in results]
        whole = merge(folder, "results", files, TOKEN).written
        results = [LakeFile(whole.key, whole.bytes, whole.rows)]
    assert sum(_noise(tmp_path / one.key, run_id_of(WANTED)) for one in results) >= 1
    runs = pa.table({"run": [run_id_of(name) for name in NAMES], "lot": [name.upper() for name in NAMES],
                     "start": pa.nulls(len(NAMES), pa.timestamp("us"))})  # fmt: skip
    return Listing(Visible(tmp_path, False), {"tests": tests, "results": results}, {"runs": runs})


def _listed(written: Written, name: str) -> LakeFile:
    return LakeFile(written.key, written.bytes, written.rows, run_id_of(name))


def _paths(listing: Listing) -> list[str]:
    return [listing.objects.path(file.key) for file in listing.files["results"]]


def _by_duckdb(paths: list[str], run: str) -> int:
    (found,) = duckdb.execute("select sum(test) from read_parquet(?) where run = ?", [paths, run]).fetchone() or (0,)
    return int(found)


def _by_polars(paths: list[str], run: str) -> int:
    chosen = polars.scan_parquet(paths).filter(polars.col("run") == run)
    return int(chosen.select(polars.col("test").cast(polars.Int64).sum()).collect().item())


def _by_arrow(paths: list[str], run: str) -> int:
    rows = ds.dataset(paths).to_table(columns=["test"], filter=pc.field("run") == run)
    return int(pc.sum(rows["test"]).as_py())


@pytest.mark.parametrize("ask", [_by_duckdb, _by_polars, _by_arrow])
def test_a_filter_by_run_leaves_the_other_runs_unread(listing: Listing, ask: Callable[[list[str], str], int]) -> None:
    lot = some_run(NAMES.index(WANTED), parts=PARTS, tests=TESTS)
    assert ask(_paths(listing), run_id_of(WANTED)) == pc.sum(lot.results["test"]).as_py()
    assert any(_is_noise(ask, listing, name) for name in NAMES if name != WANTED)


def _is_noise(ask: Callable[[list[str], str], int], listing: Listing, name: str) -> bool:
    try:
        ask(_paths(listing), run_id_of(name))
    except (duckdb.Error, polars.exceptions.PolarsError, pa.ArrowException, OSError):
        return True
    return False


@pytest.mark.parametrize("where", ["run = '{run}'", "run in (select run from runs where lot = 'B')"])
def test_sql_by_run_or_lot_leaves_the_other_runs_unread(listing: Listing, where: str) -> None:
    answer = open_sql(listing).ask(f"select count(*) as n from results where {where.format(run=run_id_of(WANTED))}")
    assert answer.table["n"].to_pylist() == [len(some_run(1, parts=PARTS, tests=TESTS).measurements)]


def test_readings_of_one_test_of_one_lot_leave_the_other_runs_unread(listing: Listing) -> None:
    found = test_results(listing, [run_id_of(WANTED)], 1007)
    rows = some_run(1, parts=PARTS, tests=TESTS).results
    assert found["value"].to_pylist() == rows.filter(pc.equal(rows["test"], 7))["value"].to_pylist()


def test_row_groups_of_results_tell_their_runs_and_tests_and_nothing_else(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    one, other = (_put(folder, name)["results"] for name in "ab")
    assert _told(tmp_path / one.key) == {"run": (run_id_of("a"),) * 2, "test": (0, TESTS - 1)}
    files = [Filed(file.key, file.bytes, file.rows, (Span(run_id_of(name), 0, file.rows),))
             for name, file in zip("ab", (one, other), strict=True)]  # fmt: skip
    merged = _told(tmp_path / merge(folder, "results", files, TOKEN).written.key)
    assert merged == {"run": (min(map(run_id_of, "ab")), max(map(run_id_of, "ab"))), "test": (0, TESTS - 1)}


def _told(path: Path) -> dict[str, tuple[object, object]]:
    """Least and largest value of each column of the first row group that tells them."""
    group = pq.read_metadata(path).row_group(0)
    columns = [group.column(place) for place in range(group.num_columns)]
    return {one.path_in_schema: (one.statistics.min, one.statistics.max) for one in columns
            if one.statistics is not None and one.statistics.has_min_max}  # fmt: skip
