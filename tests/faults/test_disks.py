"""Disks that are full or mounted read-only: it is told, and costs nothing."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.faults.disks import filled, mounted, remount
from tests.faults.houses import House, prove_whole
from tests.faults.works import MIGRATIONS, doing, due

import corecar
from corecar.errors import CorecarError
from corecar.store.catalogue import Catalogue, upgrading
from corecar.store.lake import merging

WRITING = ["ingest", "compact", *MIGRATIONS]


@pytest.fixture(autouse=True)
def soon_due(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let two files of a size be enough to merge."""
    monkeypatch.setattr(merging, "FAN", 2)


@pytest.mark.parametrize("but_for", [0, 48 << 10])
@pytest.mark.parametrize("work", [*WRITING, "vacuum"])
def test_a_full_disk_is_told_and_costs_nothing(
    work: str, but_for: int, house: House, testers: Path, tmp_path: Path
) -> None:
    task = due(work, house, testers)
    with mounted(tmp_path / "disk", "-o", "size=5m") as disk:
        shutil.copytree(task.folder, disk / "house")
        call, told = doing(work, disk / "house", testers), ""
        with filled(disk, but_for=but_for):
            try:
                call()
            except CorecarError as error:
                told = str(error)
        needs_room = house.kind == "sqlite" or work in ("ingest", "compact")
        assert ("full" in told) if needs_room and not but_for else (not told or "full" in told)
        call()
        prove_whole(disk / "house")
    house.remove(task.folder)


@pytest.mark.parametrize("work", [*WRITING, "vacuum"])
def test_a_disk_mounted_read_only_is_told_and_costs_nothing(
    work: str, house: House, testers: Path, tmp_path: Path
) -> None:
    task = due(work, house, testers)
    with mounted(tmp_path / "disk") as disk:
        shutil.copytree(task.folder, disk / "house")
        call = doing(work, disk / "house", testers)
        remount(disk, "ro")
        if house.kind == "sqlite" or work not in MIGRATIONS:
            with pytest.raises(CorecarError):
                call()
        remount(disk, "rw")
        call()
        prove_whole(disk / "house")
    house.remove(task.folder)


def test_a_copy_of_the_catalogue_that_does_not_fit_is_told(tmp_path: Path) -> None:
    with mounted(tmp_path / "disk", "-o", "size=3m") as disk, corecar.init(disk / "house") as workspace:
        catalogue: Catalogue = workspace.store.catalogue
        with filled(disk), pytest.raises(CorecarError, match="full"):
            upgrading.copy_of_sqlite(catalogue, "kept")
        assert upgrading.copy_of_sqlite(catalogue, "kept").is_file()


def test_a_workspace_on_a_disk_that_nobody_can_write_answers_questions(testers: Path, tmp_path: Path) -> None:
    with mounted(tmp_path / "disk") as disk:
        with corecar.init(disk / "house") as house:
            house.ingest([testers], workers="inline")
            lots = house.lots()["rows"]
            said = house.sql("select count(*) as n from results")["rows"]
        remount(disk, "ro")
        with corecar.open(disk / "house") as house:
            assert house.lots()["rows"] == lots
            assert house.sql("select count(*) as n from results")["rows"] == said
            assert house.verify()["sound"]
            with pytest.raises(CorecarError, match="readonly"):
                house.hold(lots[0]["lot"], reason="odd")
        remount(disk, "rw")
