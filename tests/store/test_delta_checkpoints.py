"""A log that grew gets checkpoints: others open it at them and count the same, also where the commits are gone."""

from __future__ import annotations

import json
from pathlib import Path

import polars
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable
from tests.store.lakes import TOKEN, Folder, put_run, run_id_of, some_run
from tests.store.test_delta import NOW, counts, rows

from corecar.errors import DamagedSource
from corecar.store.delta import CHECKPOINT, Listed, checkpoint, folder_place, publish
from corecar.store.delta.log import snapshot
from corecar.store.lake import Written
from corecar.store.lake.merging import Filed, Span, merge

NAMES = "abcdefghijklmnopqrstuvwxyz"


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "workspace")


def _listed(written: list[Written]) -> list[Listed]:
    return [Listed(one.key, one.bytes, one.rows, NOW) for one in written]


def _put(folder: Folder, count: int, table: str = "parts") -> list[Written]:
    return [put_run(folder, name, some_run(place, parts=10 + place))[table] for place, name in enumerate(NAMES[:count])]


def _publish_each(folder: Folder, written: list[Written], table: str = "parts") -> Path:
    """One version per file; the log."""
    for count in range(1, len(written) + 1):
        done = publish(folder_place(folder.root, table), table, _listed(written[:count]))
    return Path(done.root) / "_delta_log"


def _forget_commits(log: Path, before: int) -> None:
    """Delete commits, as log clean-up does; only a checkpoint can then say what they said."""
    for commit in log.glob("*.json"):
        if int(commit.stem) < before:
            commit.unlink()


@pytest.mark.parametrize("table", ["parts", "measures", "wafers"])
def test_a_table_is_read_from_its_checkpoint_alone(folder: Folder, table: str) -> None:
    lots = [some_run(place, parts=10, wafers={"wafer": ["W1"], "run": [0], "start": [10**9]}) for place in range(23)]
    written = [put_run(folder, name, lot)[table] for name, lot in zip(NAMES, lots, strict=False)]
    log = _publish_each(folder, written, table)
    assert sorted(path.name for path in log.glob("*.parquet")) == [
        checkpoint.name_of(version) for version in (CHECKPOINT, 2 * CHECKPOINT)
    ]
    assert json.loads((log / "_last_checkpoint").read_text())["version"] == 2 * CHECKPOINT
    before = DeltaTable(str(log.parent)).to_pyarrow_table()
    _forget_commits(log, 2 * CHECKPOINT + 1)
    after = DeltaTable(str(log.parent))
    assert (after.version(), after.metadata().name) == (22, table)
    assert sorted(after.to_pyarrow_table().to_pylist(), key=str) == sorted(before.to_pylist(), key=str)
    assert counts(log.parent) == rows(written)


def test_publishing_goes_on_from_a_checkpoint_through_merges_and_deletions(folder: Folder) -> None:
    written = _put(folder, 14)
    log = _publish_each(folder, written)
    files = [Filed(one.key, one.bytes, one.rows, (Span(run_id_of(name), 0, one.rows),))
             for name, one in zip(NAMES, written[:12], strict=False)]  # fmt: skip
    merged = merge(folder, "parts", files, TOKEN).written
    _forget_commits(log, CHECKPOINT + 1)
    done = publish(folder_place(folder.root, "parts"), "parts", _listed([merged, *written[12:]]))
    assert (done.version, done.added, done.removed) == (14, 1, 12)
    for one in written[:12]:
        (folder.root / one.key).unlink()
    assert counts(log.parent) == rows(written)
    for count in range(7):
        keep = written[12:] if count % 2 else written[13:]
        last = [merged, *keep]
        publish(folder_place(folder.root, "parts"), "parts", _listed(last))
    assert (log / checkpoint.name_of(20)).is_file()
    _forget_commits(log, 21)
    assert counts(log.parent) == rows(last)
    assert len(snapshot(folder_place(folder.root, "parts")).gone) == 13


def test_a_checkpoint_names_removed_files_only_as_long_as_the_protocol_asks(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = _put(folder, 2)
    place = folder_place(folder.root, "parts")
    publish(place, "parts", _listed(written))
    publish(place, "parts", _listed(written[:1]))
    state = snapshot(place)
    assert [next(iter(action)) for action in checkpoint.actions_of(state)] == [
        "protocol", "metaData", "add", "remove"
    ]  # fmt: skip
    monkeypatch.setattr("corecar.store.delta.checkpoint.KEPT_MS", -60_000)
    assert [next(iter(action)) for action in checkpoint.actions_of(state)] == ["protocol", "metaData", "add"]


def test_a_checkpoint_says_again_what_the_commits_said(folder: Folder) -> None:
    log = _publish_each(folder, _put(folder, CHECKPOINT + 1))
    place = folder_place(folder.root, "parts")
    by_checkpoint = snapshot(place)
    (log / checkpoint.name_of(CHECKPOINT)).unlink()
    by_commits = snapshot(place)
    assert (by_checkpoint.checkpoint, by_commits.checkpoint) == (CHECKPOINT, -1)
    assert by_checkpoint.metadata == by_commits.metadata
    assert by_checkpoint.protocol == by_commits.protocol
    assert {path: action | {"dataChange": True} for path, action in by_checkpoint.files.items()} == by_commits.files


def test_a_checkpoint_that_another_program_wrote_is_read(folder: Folder) -> None:
    written = _put(folder, 4)
    log = _publish_each(folder, written[:3])
    DeltaTable(str(log.parent)).create_checkpoint()
    assert (log / checkpoint.name_of(2)).is_file()
    _forget_commits(log, 3)
    assert snapshot(folder_place(folder.root, "parts")).checkpoint == 2
    assert publish(folder_place(folder.root, "parts"), "parts", _listed(written)).version == 3
    assert counts(log.parent) == rows(written)


def test_a_damaged_checkpoint_is_told(folder: Folder) -> None:
    log = _publish_each(folder, _put(folder, CHECKPOINT + 1))
    (log / checkpoint.name_of(CHECKPOINT)).write_bytes(b"PAR1")
    with pytest.raises(DamagedSource, match=r"no checkpoint of a Delta table .* publish anew"):
        publish(folder_place(folder.root, "parts"), "parts", [])


def test_files_of_other_runs_are_left_out_by_what_the_log_says(folder: Folder) -> None:
    names = NAMES[: CHECKPOINT + 2]
    written = _put(folder, len(names), "results")
    for count in range(1, len(names) + 1):
        files = [Listed(one.key, one.bytes, one.rows, NOW, run_id_of(name), run_id_of(name))
                 for name, one in zip(names[:count], written, strict=False)]  # fmt: skip
        place = Path(publish(folder_place(folder.root, "results"), "results", files).root)
    _forget_commits(place / "_delta_log", CHECKPOINT + 1)
    for one, name in zip(written, names, strict=True):
        if name != "c":
            (folder.root / one.key).unlink()
    chosen = polars.scan_delta(str(place)).filter(polars.col("run") == run_id_of("c")).collect()
    assert chosen.height == pq.read_metadata(folder.root / written[2].key).num_rows
