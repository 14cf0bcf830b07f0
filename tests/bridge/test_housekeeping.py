"""Merging, publishing, backing up and restoring change no answer."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import deltalake
import pytest
from tests.bridge.houses import house_in, small_lot

import corecar
from corecar.bridge.keep import backup, compaction
from corecar.bridge.keep.restoring import migrate, restore
from corecar.errors import OutputError, WorkspaceError

QUESTION = "select run, wafer, hard_bin, count(*) as n from parts group by all order by all"


def test_merged_files_answer_as_the_small_ones_did(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(1, 35):
        small_lot(tmp_path, seed)
    with house_in(tmp_path) as house:
        with monkeypatch.context() as patched:
            patched.setattr(compaction, "plan_merges", lambda files: [])  # ingest ends by merging what is due
            house.ingest([tmp_path], workers="processes:2")
        before, trend = house.sql(QUESTION), house.trend("1020")["rows"]
        assert house.compact()["merged"] > 0
        assert house.sql(QUESTION) == before
        assert len(trend) == 34
        assert house.trend("1020")["rows"] == trend
        assert house.verify()["sound"]
        assert house.vacuum(keep_days=0)["files"] > 0
        assert house.sql(QUESTION) == before
        assert (house.verify()["sound"], house.verify()["unlisted"]) == (True, [])
        assert len(house.lot("SIM00007")["runs"]) == 1


def test_a_vacuum_that_only_tries_says_what_the_real_one_deletes(tmp_path: Path) -> None:
    for seed in range(1, 19):
        small_lot(tmp_path, seed)
    with house_in(tmp_path) as house:
        house.ingest([tmp_path], workers="inline")
        leftover = tmp_path / "house" / "lake" / "parts" / "0123456789abcdef-8a2b4c6d.parquet"
        leftover.write_bytes(b"of a session that ended")
        assert house.vacuum(try_only=True)["keys"] == [leftover.relative_to(tmp_path / "house").as_posix()]
        tried = house.vacuum(keep_days=0, try_only=True)
        assert leftover.exists()
        assert house.verify()["sound"]
        done = house.vacuum(keep_days=0)
        assert len(tried["keys"]) > 16
        assert (tried["keys"], tried["bytes"]) == (done["keys"], done["bytes"])
        assert not leftover.exists()
        assert house.vacuum(keep_days=0, try_only=True)["keys"] == []


def test_a_vacuum_leaves_the_unfinished_version_of_a_publication_alone(tmp_path: Path) -> None:
    with house_in(tmp_path) as house:
        house.ingest([small_lot(tmp_path, 1)], workers="inline")
        house.publish_delta()
        unfinished = tmp_path / "house" / "lake" / "parts" / "_delta_log" / ".00000000000000000001.json.c8a42509.part"
        unfinished.write_text("{}")
        assert house.vacuum(keep_days=0)["keys"] == []
        assert unfinished.exists()


def test_published_tables_count_what_the_lake_counts(tmp_path: Path) -> None:
    with house_in(tmp_path) as house:
        house.ingest([small_lot(tmp_path, 1)], workers="inline")
        house.publish_delta()
        house.ingest([small_lot(tmp_path, 2)], workers="inline")
        house.publish_delta()
        for table in ("parts", "results", "measures", "runs"):
            place = tmp_path / "house" / "lake" / table
            counted = house.sql(f"select count(*) as n from {table}")["rows"][0]["n"]
            assert deltalake.DeltaTable(place).to_pyarrow_table().num_rows == counted
        elsewhere = house.publish_delta(into=tmp_path / "shared")
        assert all(row["copied"] == 0 for row in elsewhere["rows"])
        assert house.vacuum(keep_days=0)["files"] == 1  # the facts of runs as they were published first
        assert house.verify()["sound"]


def test_a_backup_taken_while_files_come_in_is_of_one_moment(tmp_path: Path) -> None:
    incoming = tmp_path / "in"
    incoming.mkdir()
    for seed in range(1, 9):
        small_lot(incoming, seed)
    with house_in(tmp_path) as house:
        ingest = threading.Thread(target=lambda: house.ingest([incoming], workers="inline"))
        ingest.start()
        for number in range(3):
            house.backup(tmp_path / f"copy{number}")
        ingest.join()
    for number in range(3):
        restore(tmp_path / f"copy{number}", tmp_path / f"again{number}")
        with corecar.open(tmp_path / f"again{number}") as again:
            assert again.verify()["sound"]


def test_a_later_backup_copies_only_what_is_new(tmp_path: Path) -> None:
    with house_in(tmp_path) as house:
        house.ingest([small_lot(tmp_path, 1)], workers="inline")
        first = house.backup(tmp_path / "copy")
        house.ingest([small_lot(tmp_path, 2)], workers="inline")
        second = house.backup(tmp_path / "copy")
        assert (first["copied"], second["copied"]) == (first["files"], second["files"] - first["files"])
        with pytest.raises(OutputError, match="is another workspace"):
            house.backup(tmp_path / "house")
        (tmp_path / "full").mkdir()
        (tmp_path / "full" / "mine.txt").write_text("x")
        with pytest.raises(OutputError, match="something else lies there"):
            house.backup(tmp_path / "full")


def test_restoring_needs_a_backup_and_an_empty_place(tmp_path: Path) -> None:
    with house_in(tmp_path) as house:
        house.ingest([small_lot(tmp_path, 1)], workers="inline")
        house.backup(tmp_path / "copy")
    with pytest.raises(WorkspaceError, match="no finished backup"):
        restore(tmp_path / "nothing", tmp_path / "new")
    with pytest.raises(WorkspaceError, match="something else lies there"):
        restore(tmp_path / "copy", tmp_path)
    assert migrate(tmp_path / "copy")["before"] == migrate(tmp_path / "copy")["revision"]


def test_a_workspace_whose_catalogue_is_missing_gets_no_empty_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with house_in(tmp_path) as house:
        house.ingest([small_lot(tmp_path, 1)], workers="inline")
        with monkeypatch.context() as patch:
            patch.setattr(backup, "copy_files", _full)
            with pytest.raises(OutputError, match="full"):
                house.backup(tmp_path / "copy")
        for opening in (corecar.open, corecar.init, migrate):
            with pytest.raises(WorkspaceError, match=r"corecar\.db: is missing.*repeat `corecar backup`"):
                opening(tmp_path / "copy")
        assert not (tmp_path / "copy" / "corecar.db").exists()
        house.backup(tmp_path / "copy")
    with corecar.open(tmp_path / "copy") as copy:
        assert copy.verify()["sound"]


def _full(*_: Any) -> int:
    raise OutputError("the disk is full.")


def test_a_backup_replaces_its_own_damaged_file_and_never_a_whole_one_by_a_damaged(tmp_path: Path) -> None:
    with house_in(tmp_path) as house:
        house.ingest([small_lot(tmp_path, 1)], workers="inline")
        house.backup(tmp_path / "copy")
        original = next((tmp_path / "house" / "lake").rglob("*.parquet"))
        copy = tmp_path / "copy" / original.relative_to(tmp_path / "house")
        whole = original.read_bytes()
        altered = whole[:100] + bytes([whole[100] ^ 1]) + whole[101:]
        copy.write_bytes(altered)
        assert house.backup(tmp_path / "copy")["copied"] == 1
        assert copy.read_bytes() == whole
        assert house.backup(tmp_path / "copy")["copied"] == 0
        original.write_bytes(altered)
        assert house.backup(tmp_path / "copy")["copied"] == 0
        assert copy.read_bytes() == whole
        copy.unlink()
        with pytest.raises(OutputError, match="its content is not what was written"):
            house.backup(tmp_path / "copy")
        assert not copy.exists()
