"""Files of the lake that a disk has altered, cut or lost."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import select
from tests.faults.houses import House, prove_whole
from tests.faults.works import due

import corecar
from corecar.bridge.workspace import Workspace
from corecar.errors import DamagedSource, SourceMissing
from corecar.store.catalogue.models import LakeFile
from corecar.store.lake import merging, read_rows

Harm = Callable[[bytes], bytes]


def unseen(data: bytes) -> bytes:
    """One bit that Parquet does not miss: the file can be read, and says something else."""
    whole = pq.read_table(pa.BufferReader(data))
    for place in range(4, len(data)):
        altered = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
        with suppress(pa.ArrowException, OSError):
            if not pq.read_table(pa.BufferReader(altered)).equals(whole):
                return altered
    raise AssertionError("Parquet sees each altered bit")


def emptied(data: bytes) -> bytes:
    return data[:4] + bytes(len(data) - 8) + data[-4:]


def cut(data: bytes) -> bytes:
    return data[:-9]


def lake_file(workspace: Workspace, table: str) -> tuple[str, int]:
    """Key and rows of a file of a table that counts."""
    asked = select(LakeFile.key, LakeFile.rows).where(LakeFile.table == table, LakeFile.retired_at.is_(None))
    with workspace.store.catalogue.reading() as session:
        key, rows = session.execute(asked.order_by(LakeFile.id)).first() or ("", 0)
    return key, rows


@pytest.mark.parametrize("harm", [emptied, cut, None])
def test_a_harmed_lake_file_is_named_and_reading_it_is_our_own_error(
    house: House, testers: Path, harm: Harm | None
) -> None:
    task = due("compact", house, testers)
    with corecar.open(task.folder) as workspace:
        key, rows = lake_file(workspace, "results")
        place = task.folder / key
        data = place.read_bytes()
        place.unlink()
        if harm is not None:
            place.write_bytes(harm(data))
        assert [row["where"] for row in workspace.verify()["rows"]] == [key]
        with pytest.raises(SourceMissing if harm is None else DamagedSource):
            read_rows(workspace.store.objects, key, 0, rows)
        place.write_bytes(data)
    prove_whole(task.folder)


@pytest.mark.parametrize("harm", [unseen, emptied, cut])
def test_damage_is_never_merged_into_a_file_with_a_sound_hash(
    house: House, testers: Path, monkeypatch: pytest.MonkeyPatch, harm: Harm
) -> None:
    monkeypatch.setattr(merging, "FAN", 2)
    task = due("compact", house, testers)
    with corecar.open(task.folder) as workspace:
        key, _ = lake_file(workspace, "parts")
        place = task.folder / key
        data = place.read_bytes()
        place.write_bytes(harm(data))
        with pytest.raises(DamagedSource, match=r"parts/.*\.parquet"):
            workspace.compact()
        assert [row["where"] for row in workspace.verify()["rows"]] == [key]
        place.write_bytes(data)
    task.call()
    prove_whole(task.folder)


def test_an_ingest_goes_on_beside_a_damaged_file_and_names_it(
    house: House, testers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merging, "FAN", 2)
    task = due("compact", house, testers)
    corecar.simulate_lot(tmp_path / "lot3.stdf", wafers=1, dies=8, tests=8, seed=3)
    with corecar.open(task.folder) as workspace:
        key, _ = lake_file(workspace, "parts")
        place = task.folder / key
        data = place.read_bytes()
        place.write_bytes(unseen(data))
        told = workspace.ingest([tmp_path / "lot3.stdf"], workers="inline")
        assert (told["new"], [(row["file"], row["became"]) for row in told["rows"]]) == (1, [(key, "not merged")])
        assert [row["where"] for row in workspace.verify()["rows"]] == [key]
        place.write_bytes(data)
        assert workspace.compact()["merged"] > 0
    prove_whole(task.folder, runs=3)
