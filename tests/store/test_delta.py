"""A table of the lake published as a Delta table: others count the same, now and as of an earlier version."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable
from tests.store.lakes import TOKEN, Folder, put_run, run_id_of, some_run

from corecar.errors import ArgumentError, DamagedSource, OutputError
from corecar.store import delta
from corecar.store.delta import Listed, Published, folder_place
from corecar.store.lake import Written
from corecar.store.lake.merging import Filed, Span, merge
from corecar.store.lake.tables import LAKE_TABLES, lake_schema

NOW = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "workspace")


def put(folder: Folder, table: str, *names: str) -> list[Written]:
    lots = [some_run(place, parts=10 + place, wafers={"wafer": ["W1"], "run": [0], "start": [10**9]})
            for place in range(len(names))]  # fmt: skip
    return [put_run(folder, name, lot)[table] for name, lot in zip(names, lots, strict=True)]


def publish(root: Path, table: str, files: list[Listed], into: Path | None = None) -> Published:
    return delta.publish(folder_place(root, table, into), table, files)


def listed(written: list[Written]) -> list[Listed]:
    return [Listed(one.key, one.bytes, one.rows, NOW) for one in written]


def counts(place: Path, version: int | None = None) -> tuple[int, int]:
    """Rows of a Delta table as deltalake and as Polars count them."""
    by_delta = DeltaTable(str(place), version=version).to_pyarrow_table().num_rows
    return by_delta, polars.scan_delta(str(place), version=version).collect().height


def rows(written: list[Written]) -> tuple[int, int]:
    return (sum(one.rows for one in written),) * 2


@pytest.mark.parametrize("table", ["parts", "tests", "results", "wafers", "measures"])
def test_a_published_table_holds_what_the_files_hold(folder: Folder, table: str) -> None:
    written = put(folder, table, "a", "b")
    place = Path(publish(folder.root, table, listed(written)).root)
    wanted = [row for one in written for row in pq.read_table(folder.root / one.key).to_pylist()]
    assert place == folder.root / "lake" / table
    assert sorted(DeltaTable(str(place)).to_pyarrow_table().to_pylist(), key=str) == sorted(wanted, key=str)
    assert sorted(polars.scan_delta(str(place)).collect().rows(), key=str) == sorted(
        [tuple(row.values()) for row in wanted], key=str
    )


def test_more_runs_are_one_more_version_and_the_earlier_one_counts_as_before(folder: Folder) -> None:
    written = put(folder, "parts", "a", "b", "c", "d")
    first = publish(folder.root, "parts", listed(written[:2]))
    second = publish(folder.root, "parts", listed(written))
    assert [(one.version, one.added, one.removed) for one in (first, second)] == [(0, 2, 0), (1, 2, 0)]
    assert counts(Path(first.root)) == rows(written)
    assert counts(Path(first.root), 0) == rows(written[:2])


def test_after_a_merge_the_table_counts_the_same_and_so_does_its_past(folder: Folder) -> None:
    written = put(folder, "parts", "a", "b", "c")
    place = Path(publish(folder.root, "parts", listed(written)).root)
    files = [Filed(one.key, one.bytes, one.rows, (Span(run_id_of(name), 0, one.rows),))
             for name, one in zip("ab", written, strict=False)]  # fmt: skip
    merged = merge(folder, "parts", files, TOKEN).written
    after = publish(folder.root, "parts", listed([merged, written[2]]))
    assert (after.version, after.added, after.removed) == (1, 1, 2)
    assert counts(place) == counts(place, 0) == rows(written)
    assert len(DeltaTable(str(place)).file_uris()) == 2


def test_publishing_what_is_published_adds_no_version(folder: Folder) -> None:
    files = listed(put(folder, "parts", "a"))
    assert publish(folder.root, "parts", files).version == 0
    assert publish(folder.root, "parts", files) == Published(str(folder.root / "lake" / "parts"), 0, 0, 0, 0)
    assert os.listdir(folder.root / "lake" / "parts" / "_delta_log") == [f"{0:020}.json"]


def test_a_table_without_files_is_an_empty_table_with_its_columns(folder: Folder) -> None:
    place = Path(publish(folder.root, "bins", []).root)
    assert counts(place) == (0, 0)
    assert DeltaTable(str(place)).to_pyarrow_table().column_names == lake_schema("bins").names


@pytest.mark.parametrize("table", LAKE_TABLES)
def test_every_table_has_a_schema_that_delta_knows(folder: Folder, table: str) -> None:
    fields = DeltaTable(str(Path(publish(folder.root, table, []).root))).schema().fields
    assert [field.name for field in fields] == lake_schema(table).names
    assert all(field.metadata["comment"] for field in fields)


def test_another_folder_gets_hard_links_and_no_second_copy(folder: Folder, tmp_path: Path) -> None:
    written = put(folder, "parts", "a", "b")
    done = publish(folder.root, "parts", listed(written[:1]), into=tmp_path / "out")
    done = publish(folder.root, "parts", listed(written), into=tmp_path / "out")
    assert (Path(done.root), done.version, done.copied) == (tmp_path / "out" / "parts", 1, 0)
    assert counts(Path(done.root)) == rows(written)
    for one in written:
        assert (folder.root / one.key).samefile(Path(done.root) / Path(one.key).name)
    assert not (folder.root / "lake" / "parts" / "_delta_log").exists()


def test_a_folder_without_hard_links_gets_copies_and_is_told_so(
    folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise OSError(18, "Invalid cross-device link")

    written = put(folder, "parts", "a", "b")
    monkeypatch.setattr("os.link", refuse)
    done = publish(folder.root, "parts", listed(written), into=tmp_path / "out")
    assert done.copied == 2
    assert counts(Path(done.root)) == rows(written)
    again = publish(folder.root, "parts", listed(written[:1]), into=tmp_path / "out")
    assert (again.version, again.copied) == (1, 0)
    assert counts(Path(done.root)) == rows(written[:1])
    assert not (folder.root / written[0].key).samefile(Path(done.root) / Path(written[0].key).name)


@pytest.mark.parametrize("links", [True, False])
def test_of_many_who_publish_at_once_each_version_is_one_and_all_files_are_there(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    if not links:
        monkeypatch.setattr("os.link", lambda *_: (_ for _ in ()).throw(PermissionError(1, "no links here")))
    written = put(folder, "parts", *"abcdefgh")

    def add(place: int) -> int:
        return publish(folder.root, "parts", listed(written[: place + 1])).version

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(add, range(8)))
    done = publish(folder.root, "parts", listed(written))
    assert counts(Path(done.root)) == rows(written)
    log = sorted(path.name for path in (Path(done.root) / "_delta_log").glob("*.json"))
    assert log == [f"{version:020}.json" for version in range(done.version + 1)]


def test_a_version_that_somebody_else_wrote_first_is_never_overwritten(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = put(folder, "parts", "a", "b")
    monkeypatch.setattr("corecar.store.delta.TRIES", 1)
    from corecar.store.delta.log import snapshot

    stale = snapshot(folder_place(folder.root, "parts"))
    publish(folder.root, "parts", listed(written[:1]))
    monkeypatch.setattr("corecar.store.delta.snapshot", lambda _: stale)
    with pytest.raises(OutputError, match="Publish again"):
        publish(folder.root, "parts", listed(written))
    assert counts(folder.root / "lake" / "parts") == rows(written[:1])


def test_new_columns_are_one_more_version_of_the_same_table(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    files = listed(put(folder, "parts", "a"))
    whole = lake_schema("parts")
    monkeypatch.setattr("corecar.store.delta.lake_schema", lambda _: whole.remove(len(whole) - 1))
    place = Path(publish(folder.root, "parts", files).root)
    monkeypatch.undo()
    assert publish(folder.root, "parts", files).version == 1
    old, new = (DeltaTable(str(place), version=version) for version in (0, 1))
    assert len(new.schema().fields) == len(old.schema().fields) + 1
    assert old.metadata().id == new.metadata().id


def test_files_of_another_table_missing_ones_and_other_sizes_are_refused(folder: Folder) -> None:
    (one,) = put(folder, "parts", "a")
    with pytest.raises(ArgumentError, match="no file of tests"):
        publish(folder.root, "tests", listed([one]))
    with pytest.raises(DamagedSource, match=f"{one.bytes + 1} bytes were expected, it has {one.bytes}"):
        publish(folder.root, "parts", [Listed(one.key, one.bytes + 1, one.rows, NOW)])
    (folder.root / one.key).unlink()
    with pytest.raises(DamagedSource, match="it is missing"):
        publish(folder.root, "parts", listed([one]))
    assert not (folder.root / "lake" / "parts" / "_delta_log").exists()


@pytest.mark.parametrize("damage", ["gap", "text"])
def test_a_damaged_log_is_told_and_left_alone(folder: Folder, damage: str) -> None:
    written = put(folder, "parts", "a", "b")
    log = Path(publish(folder.root, "parts", listed(written[:1])).root) / "_delta_log"
    first = log / f"{0:020}.json"
    first.rename(log / f"{1:020}.json") if damage == "gap" else first.write_text("{", encoding="utf-8")
    before = sorted(path.read_bytes() for path in log.iterdir())
    with pytest.raises(DamagedSource, match="publish anew"):
        publish(folder.root, "parts", listed(written))
    assert sorted(path.read_bytes() for path in log.iterdir()) == before


def test_the_log_tells_rows_and_when_a_file_was_written(folder: Folder) -> None:
    (one,) = put(folder, "parts", "a")
    log = Path(publish(folder.root, "parts", listed([one])).root) / "_delta_log" / f"{0:020}.json"
    actions = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    (added,) = [action["add"] for action in actions if "add" in action]
    assert json.loads(added["stats"]) == {"numRecords": one.rows}
    assert added["modificationTime"] == int(NOW.timestamp() * 1000)
