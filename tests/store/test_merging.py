"""Compaction: many small files of a table become one that holds the same rows in a better order."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.store.lakes import TOKEN, Folder, put_run, run_id_of, some_run

from corecar.assess.measuring import measures
from corecar.errors import ArgumentError, SourceMissing
from corecar.store.lake import read_rows, read_test, write_run
from corecar.store.lake.merging import FAN, FULL, LARGEST, MOST, Filed, Merged, Span, merge, plan_merges
from corecar.store.lake.tables import LAKE_TABLES, MEASURE_ORDER
from corecar.store.objects import open_objects

few = settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])


def filed_runs(folder: Folder, table: str, names: list[str], **columns: Any) -> list[Filed]:
    """One file per run, each run of another size and with other values."""
    files = []
    for name in names:
        seed = sum(name.encode())
        lot = some_run(seed, parts=3 + seed % 20, names=["c", "a", "b", "a", "d", "a"], **columns)
        one = put_run(folder, name, lot)[table]
        files.append(Filed(one.key, one.bytes, one.rows, (Span(run_id_of(name), 0, one.rows),)))
    return files


def as_filed(merged: Merged) -> Filed:
    return Filed(merged.written.key, merged.written.bytes, merged.written.rows, merged.spans)


def rows_of(folder: Folder, key: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(folder.root / key).to_pylist()
    return found


def in_groups_of(monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    monkeypatch.setattr("corecar.store.lake.merging.ROW_GROUP", rows)
    monkeypatch.setattr("corecar.store.lake.merging.MEASURE_GROUP", rows)


names = st.lists(st.text("abcdef", min_size=1, max_size=3), min_size=2, max_size=7, unique=True)


@given(
    names=names,
    group=st.sampled_from([5, 64, 4096]),
    cut=st.integers(1, 6),
    table=st.sampled_from(["parts", "results"]),
)
@few
def test_a_run_lies_together_in_a_merged_file_and_reads_as_before(
    tmp_path_factory: pytest.TempPathFactory, names: list[str], group: int, cut: int, table: str
) -> None:
    folder = Folder(tmp_path_factory.mktemp("lake"))
    files = filed_runs(folder, table, names)
    before = {file.spans[0].run: read_rows(folder, file.key, 0, file.rows).to_pylist() for file in files}
    with pytest.MonkeyPatch.context() as monkeypatch:
        in_groups_of(monkeypatch, group)
        once = [as_filed(merge(folder, table, files[:cut], TOKEN))]
        merged = (
            merge(folder, table, [*once, *files[cut:]], TOKEN) if files[cut:] else merge(folder, table, once, TOKEN)
        )
    assert [span.run for span in merged.spans] == sorted(before)
    assert merged.written.rows == sum(len(rows) for rows in before.values())
    for span in merged.spans:
        assert span.first_row is not None
        assert read_rows(folder, merged.written.key, span.first_row, span.rows).to_pylist() == before[span.run]


@given(names=names, group=st.sampled_from([5, 64, 4096]), cut=st.integers(1, 6))
@few
def test_merged_measures_are_the_same_rows_sorted_so_that_a_test_of_all_runs_lies_together(
    tmp_path_factory: pytest.TempPathFactory, names: list[str], group: int, cut: int
) -> None:
    folder = Folder(tmp_path_factory.mktemp("lake"))
    files = filed_runs(folder, "measures", names)
    wanted = [row for file in files for row in rows_of(folder, file.key)]
    with pytest.MonkeyPatch.context() as monkeypatch:
        in_groups_of(monkeypatch, group)
        once = as_filed(merge(folder, "measures", files[:cut], TOKEN))
        merged = merge(folder, "measures", [once, *files[cut:]], TOKEN)
    found = rows_of(folder, merged.written.key)
    key = lambda row: tuple((row[name] is None, row[name]) for name in MEASURE_ORDER)  # noqa: E731
    assert found == sorted(wanted, key=key)
    assert set(merged.spans) == {Span(file.spans[0].run, None, file.rows) for file in files}


def test_one_test_over_all_runs_takes_one_row_group_of_many(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    in_groups_of(monkeypatch, 20)
    merged = merge(folder, "measures", filed_runs(folder, "measures", [f"r{i}" for i in range(10)]), TOKEN)
    metadata = pq.read_metadata(folder.root / merged.written.key)
    names = [metadata.schema.column(i).name for i in range(metadata.num_columns)]
    ranges = [
        [metadata.row_group(g).column(names.index(c)).statistics for c in ("scope", "number")]
        for g in range(metadata.num_row_groups)
    ]
    hits = [all(s.min <= value <= s.max for s, value in zip(pair, ("lot", 1002), strict=True)) for pair in ranges]
    assert len(hits) >= 9
    assert 1 <= sum(hits) <= 2


def test_one_test_of_a_run_is_read_from_merged_results(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    in_groups_of(monkeypatch, 50)
    files = filed_runs(folder, "results", ["a", "b", "c"])
    before = {file.spans[0].run: read_test(folder, file.key, 0, file.rows, 3).to_pylist() for file in files}
    merged = merge(folder, "results", files, TOKEN)
    for span in merged.spans:
        assert span.first_row is not None
        found = read_test(folder, merged.written.key, span.first_row, span.rows, 3)
        assert found.to_pylist() == before[span.run] != []


@pytest.mark.parametrize("table", ["parts", "measures"])
def test_runs_that_no_longer_count_are_left_behind(folder: Folder, table: str) -> None:
    files = filed_runs(folder, table, ["a", "b", "c"])
    merged = as_filed(merge(folder, table, files, TOKEN))
    kept = [span for span in merged.spans if span.run != run_id_of("b")]
    again = merge(folder, table, [Filed(merged.key, merged.bytes, merged.rows, tuple(kept))], TOKEN)
    assert {row["run"] for row in rows_of(folder, again.written.key)} == {run_id_of("a"), run_id_of("c")}
    assert again.written.rows == sum(span.rows for span in kept)


@pytest.mark.parametrize("table", LAKE_TABLES)
def test_the_files_of_every_table_merge_and_tools_read_them(folder: Folder, table: str) -> None:
    files = filed_runs(
        folder, table, ["a", "b"],
        repeats={"test": [0], "part": [1], "execution": [2], "value": [1.0], "flags": [0]},
        part_limits={"test": [0], "part": [1], "low_limit": [1.0]},
        bins={"kind": ["hard"], "bin": [1], "first": [3], "final": [3]},
        wafers={"wafer": ["W1"], "run": [0], "start": [10**9]},
        texts={"run": [0], "sequence": [1], "offset": [9], "kind": ["DTR"], "text": ["a"]},
    )  # fmt: skip
    merged = merge(folder, table, files, TOKEN)
    assert merged.written.key.startswith(f"lake/{table}/m-")
    together = duckdb.sql(f"from read_parquet({[str(folder.root / file.key) for file in files]})").fetchall()
    assert sorted(duckdb.sql(f"from '{folder.root / merged.written.key}'").fetchall(), key=str) == sorted(
        together, key=str
    )


def test_files_of_an_earlier_release_merge_with_those_of_this_one(folder: Folder) -> None:
    limits = {"test": [0], "part": [1], "execution": [2], "low_limit": [1.0]}
    files = filed_runs(folder, "part_limits", ["a", "b"], part_limits=limits)
    lacking = pq.ParquetFile(folder.root / files[0].key).read().drop_columns(["execution"])
    pq.write_table(lacking, folder.root / files[0].key, store_schema=False)
    merged = merge(folder, "part_limits", files, TOKEN)
    found = {row["run"]: row["execution"] for row in rows_of(folder, merged.written.key)}
    assert found == {run_id_of("a"): None, run_id_of("b"): 2}


@pytest.mark.parametrize("table", ["parts", "measures"])
def test_the_objects_of_a_workspace_take_runs_and_merged_files(tmp_path: Path, table: str) -> None:
    objects = open_objects(tmp_path / "workspace")
    files, wanted = [], []
    for name in ("a", "b"):
        lot = some_run(3)
        (one,) = [one for one in write_run(objects, run_id_of(name), TOKEN, lot, measures) if one.table == table]
        files.append(Filed(one.key, one.bytes, one.rows, (Span(run_id_of(name), 0, one.rows),)))
        wanted += read_rows(objects, one.key, 0, one.rows).to_pylist()
    merged = merge(objects, table, files, TOKEN).written
    found = read_rows(objects, merged.key, 0, merged.rows).to_pylist()
    assert sorted(found, key=str) == sorted(wanted, key=str)
    with pytest.raises(SourceMissing):
        read_rows(objects, f"lake/{table}/none.parquet", 0, 1)


def test_a_run_in_two_files_is_refused(folder: Folder) -> None:
    (file,) = filed_runs(folder, "parts", ["a"])
    with pytest.raises(ArgumentError, match=f"{run_id_of('a')} stands in several"):
        merge(folder, "parts", [file, file], TOKEN)


def invented(number: int, rows: int, bytes: int | None = None) -> Filed:
    return Filed(f"{number:08}", rows * 10 if bytes is None else bytes, rows, (Span(str(number), 0, rows),))


@given(sizes=st.lists(st.integers(1, 10**7), min_size=1, max_size=400))
@settings(max_examples=60)
def test_files_stay_few_and_rows_are_rewritten_seldom_however_runs_come(sizes: list[int]) -> None:
    files: list[Filed] = []
    rewritten = 0
    for number, rows in enumerate(sizes):
        files.append(invented(number, rows))
        while groups := plan_merges(files):
            for group in groups:
                assert 2 <= len(group) <= MOST
                gone = {file.key for file in group}
                assert len(gone) == len(group)
                files = [file for file in files if file.key not in gone]
                rewritten += sum(file.rows for file in group)
                files.append(Filed("m" + group[0].key, sum(f.bytes for f in group), sum(f.rows for f in group),
                                   tuple(span for f in group for span in f.spans)))  # fmt: skip
    small = [file for file in files if file.bytes < FULL]
    assert len(small) < FAN * (1 + math.log(FULL / 10, FAN))
    assert rewritten <= sum(sizes) * (2 + math.log(FULL / 10, FAN))
    assert sorted(span.run for file in files for span in file.spans) == sorted(map(str, range(len(sizes))))


def test_a_backlog_is_merged_in_groups_that_can_be_opened_at_once() -> None:
    groups = plan_merges([invented(number, 100) for number in range(1000)])
    assert [len(group) for group in groups] == [MOST] * 31
    assert sum(map(len, groups)) == 992


def test_large_files_are_left_and_nearly_large_ones_make_no_giant() -> None:
    assert plan_merges([invented(number, 10**6, FULL) for number in range(100)]) == []
    for group in plan_merges([invented(number, 10**6, FULL - 1) for number in range(100)]):
        assert sum(file.bytes for file in group) < LARGEST + FULL


def test_few_files_wait() -> None:
    assert plan_merges([invented(number, 100) for number in range(FAN - 1)]) == []


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)
