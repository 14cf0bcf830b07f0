"""Tester files come in once each, whatever they are called, and bad ones wait with a copy."""

from __future__ import annotations

import bz2
import contextlib
import lzma
import os
import signal
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
import zstandard
from tests.bridge.houses import cut_copy, house_in, lake_hashes, packed_copy, small_lot

import corecar
from corecar.bridge.calls import IDLE
from corecar.bridge.ingest import intake
from corecar.errors import ArgumentError, Cancelled, NotFound, SourceMissing


def test_one_content_is_one_run_however_it_is_packed_and_called(tmp_path: Path) -> None:
    lot = small_lot(tmp_path, 1)
    content = lot.read_bytes()
    packed_copy(lot)
    (tmp_path / "other name.stdf.bz2").write_bytes(bz2.compress(content))
    (tmp_path / "a.stdf.xz").write_bytes(lzma.compress(content))
    (tmp_path / "b.zst").write_bytes(zstandard.compress(content))
    with zipfile.ZipFile(tmp_path / "c.zip", "w") as archive:
        archive.writestr("inside.stdf", content)
    with house_in(tmp_path / "w") as house:
        taken = house.ingest([tmp_path], workers="inline")
        assert (taken["new"], taken["known"], taken["runs"]) == (1, 5, 1)
        assert house.verify()["sound"]
        assert house.vacuum(keep_days=0)["files"] == 0
        assert house.lot("SIM00001")["insertions"][0]["first_tested"] == 60


def test_the_same_command_again_reads_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small_lot(tmp_path, 1)
    with house_in(tmp_path / "w") as house:
        house.ingest([tmp_path], workers="inline")
        monkeypatch.setattr("corecar.bridge.ingest.ingestion.take_in", None)
        again = house.ingest([tmp_path], workers="inline")
        assert (again["new"], again["known"], again["bytes"]) == (0, 1, 0)


def test_two_runs_in_one_file_are_two_runs_and_one_of_them_alone_is_known(tmp_path: Path) -> None:
    first, second = small_lot(tmp_path, 1), small_lot(tmp_path, 2)
    both = tmp_path / "both.stdf"
    both.write_bytes(first.read_bytes() + second.read_bytes())
    with house_in(tmp_path / "w") as house:
        assert house.ingest([both], workers="inline")["runs"] == 2
        alone = house.ingest([second], workers="inline")
        assert (alone["runs"], alone["known"]) == (0, 1)
        assert sorted(row["lot"] for row in house.lots()["rows"]) == ["SIM00001", "SIM00002"]
        assert house.grade("SIM00002")["rows"][0]["tested"] == 60
        assert house.verify()["sound"]


def test_runs_that_repeat_in_a_file_or_are_known_from_another_are_told(tmp_path: Path) -> None:
    first, second = small_lot(tmp_path, 1).read_bytes(), small_lot(tmp_path, 2).read_bytes()
    folder = tmp_path / "in"
    folder.mkdir()
    with house_in(tmp_path) as house:
        (folder / "twice.stdf").write_bytes(first + first)
        taken = house.ingest([folder], workers="inline")
        assert (taken["new"], taken["runs"], taken["known_runs"], taken["known"]) == (1, 1, 1, 0)
        assert "; 1 run read and known already." in taken["said"]
        (folder / "both.stdf").write_bytes(first + second)
        taken = house.ingest([folder], workers="inline")
        assert (taken["new"], taken["runs"], taken["known_runs"], taken["known"]) == (1, 1, 1, 1)
        assert "1 file known already; 1 run read and known already." in taken["said"]
        (folder / "again.stdf").write_bytes(second)
        taken = house.ingest([folder / "again.stdf"], workers="inline")
        assert (taken["new"], taken["runs"], taken["known_runs"], taken["known"]) == (0, 0, 1, 1)
        assert house.verify()["sound"]


def test_a_bad_file_waits_with_its_error_and_the_others_go_on(tmp_path: Path) -> None:
    cut = cut_copy(small_lot(tmp_path, 1))
    small_lot(tmp_path, 2)
    with house_in(tmp_path / "w") as house:
        taken = house.ingest([tmp_path], workers="inline")
        assert (taken["new"], taken["quarantined"]) == (2, 1)
        waiting = [row for row in house.todo()["rows"] if row["kind"] == "quarantined file"]
        assert [row["file"] for row in waiting] == [str(cut)]
        assert "at byte" in waiting[0]["why"]
        assert house.ingest([tmp_path], workers="inline")["still_quarantined"] == 1


def test_a_quarantined_file_is_tried_again_from_its_copy_when_its_folder_was_cleaned(tmp_path: Path) -> None:
    cut = cut_copy(small_lot(tmp_path, 1))
    with house_in(tmp_path / "w") as house:
        house.ingest([cut], workers="inline")
        cut.unlink()
        assert house.retry(workers="inline")["quarantined"] == 1
        assert house.retry(salvage=True, workers="inline")["new"] == 1
        assert house.todo()["rows"] == []
        assert house.verify()["sound"]
        with pytest.raises(NotFound, match="no file 1 lies in quarantine"):
            house.retry(["1"])


def test_a_file_that_was_copied_whole_later_is_taken(tmp_path: Path) -> None:
    lot = small_lot(tmp_path, 1)
    whole, place = lot.read_bytes(), tmp_path / "arriving.stdf"
    place.write_bytes(whole[: len(whole) // 2])
    with house_in(tmp_path / "w") as house:
        assert house.ingest([place], workers="inline")["quarantined"] == 1
        place.write_bytes(whole)
        assert house.ingest([place], workers="inline")["new"] == 1
        assert house.todo()["rows"] == []


def test_a_bad_file_of_two_parties_waits_for_each_and_neither_sees_or_tries_that_of_the_other(tmp_path: Path) -> None:
    lot = small_lot(tmp_path, 1)
    whole, cut = lot.read_bytes(), cut_copy(lot)
    lot.unlink()
    with house_in(tmp_path / "w") as house:
        house.people_add("ann", role="administrator")
        house.parties_add("Demo Foundry")
        house.people_add("dora", role="engineer", party="Demo Foundry")
    with (
        corecar.open(tmp_path / "w" / "house", actor="ann") as anns,
        corecar.open(tmp_path / "w" / "house", actor="dora") as doras,
    ):
        assert anns.ingest([cut], workers="inline")["quarantined"] == 1
        assert doras.todo()["rows"] == []
        with pytest.raises(NotFound, match="no file 1 lies in quarantine"):
            doras.retry(["1"], workers="inline")
        taken = doras.ingest([cut], workers="inline")
        assert (taken["quarantined"], taken["still_quarantined"]) == (1, 0)
        (annas,), (doras_own,) = anns.todo()["rows"], doras.todo()["rows"]
        assert (annas["file"], doras_own["file"]) == (str(cut), str(cut))
        assert annas["what"] != doras_own["what"]
        assert doras.retry(workers="inline")["quarantined"] == 1
        assert "Tried 2 times" in doras.todo()["rows"][0]["why"]
        assert "Tried 1 time;" in anns.todo()["rows"][0]["why"]
        cut.write_bytes(whole)
        assert doras.ingest([cut], workers="inline")["new"] == 1
        assert doras.todo()["rows"] == []
        assert [row["what"] for row in anns.todo()["rows"]] == [annas["what"]]
        assert anns.verify()["sound"]


def test_folders_are_walked_as_told_and_what_is_no_tester_file_is_passed_over(tmp_path: Path) -> None:
    incoming = tmp_path / "in"
    (incoming / "deep").mkdir(parents=True)
    small_lot(incoming, 1)
    small_lot(incoming / "deep", 2)
    (incoming / "notes.txt").write_text("call me")
    (incoming / ".hidden.stdf").write_bytes(b"x")
    (incoming / "copying.stdf.part").write_bytes(b"x")
    with house_in(tmp_path / "w") as house:
        flat = house.ingest([incoming], workers="inline")
        assert (flat["new"], flat["other"], flat["quarantined"]) == (1, 1, 0)
        assert house.ingest([incoming], recursive=True, workers="inline")["new"] == 1
        named = house.ingest([incoming / "notes.txt"], workers="inline")
        assert named["quarantined"] == 1
        with pytest.raises(SourceMissing, match="there is nothing"):
            house.ingest([incoming / "gone"])
        with pytest.raises(ArgumentError, match="a path is empty"):
            house.ingest([""])
        with pytest.raises(ArgumentError, match="no file was named"):
            house.ingest([])


def test_a_csv_datalog_is_kept_with_its_mapping(tmp_path: Path) -> None:
    csv = tmp_path / "log.csv"
    corecar.write(corecar.read(small_lot(tmp_path, 1)), csv)
    assert csv.with_name("log.csv.toml").exists()
    with house_in(tmp_path / "w") as house:
        assert house.ingest([csv], workers="inline")["new"] == 1
        csv.unlink()
        csv.with_name("log.csv.toml").unlink()
        assert house.grade("SIM00001")["rows"][0]["tested"] == 60


def test_a_real_lot_comes_in_whole(real_lot: Path, tmp_path: Path) -> None:
    with house_in(tmp_path / "w") as house:
        house.ingest([real_lot], workers="inline")
        shown = house.lot("GAL-LOT")["insertions"][0]
        read = corecar.read(real_lot).yield_()
        assert (shown["first_tested"], shown["final_good"]) == (read.first_tested, read.final_good)
        assert house.verify()["sound"]


def test_workers_change_nothing_in_the_lake(tmp_path: Path) -> None:
    for seed in (1, 2, 3):
        small_lot(tmp_path, seed)
    with house_in(tmp_path / "a") as one, house_in(tmp_path / "b") as two:
        one.ingest([tmp_path], workers="inline")
        two.ingest([tmp_path], workers="processes:2")
        assert lake_hashes(one) == lake_hashes(two)


def test_a_watched_file_is_taken_when_it_has_stopped_growing(tmp_path: Path) -> None:
    incoming, lot = tmp_path / "in", small_lot(tmp_path, 1)
    incoming.mkdir()
    content, growing, over = lot.read_bytes(), incoming / "growing.stdf", threading.Event()
    told: list[tuple[int, int, str]] = []
    answers: list[dict[str, Any]] = []
    with house_in(tmp_path / "w") as house:

        def watching() -> None:
            with contextlib.suppress(Cancelled):  # when it is stopped amid a look
                about = {"report": lambda *report: told.append(report), "stopped": over.is_set}
                answers.append(house.ingest([incoming], watch=True, every=2.0, workers="inline", **about))

        watch = threading.Thread(target=watching)
        watch.start()
        with growing.open("wb") as target:
            for start in range(0, len(content), len(content) // 5):
                target.write(content[start : start + len(content) // 5])
                target.flush()
                time.sleep(0.9)
                assert house.lots()["rows"] == []
        until = time.monotonic() + 30
        while not house.lots()["rows"] and time.monotonic() < until:
            time.sleep(0.2)
        time.sleep(2.5)  # one more look, which takes nothing
        over.set()
        watch.join(30)
        assert [row["lot"] for row in house.lots()["rows"]] == ["SIM00001"]
        assert house.todo()["rows"] == []
    (look,) = [what for _, total, what in told if total == IDLE]
    assert look.endswith(" UTC: 1 new"), "a log has a line for each look that took something, and for no other"
    assert [answer["known"] for answer in answers] in ([0], []), "what was taken is not counted again at each look"


def test_after_ctrl_c_the_same_command_goes_on(tmp_path: Path) -> None:
    incoming = tmp_path / "in"
    incoming.mkdir()
    for seed in range(1, 13):
        small_lot(incoming, seed)
    house_in(tmp_path).close()
    words = [
        sys.executable,
        "-m",
        "corecar",
        "ingest",
        str(incoming),
        "-w",
        str(tmp_path / "house"),
        "--workers",
        "inline",
    ]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    with corecar.open(tmp_path / "house") as house:
        while process.poll() is None and not house.lots()["rows"]:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
        assert process.returncode == 130, said
        assert "the same command goes on from there" in said
        assert 1 <= len(house.lots()["rows"]) < 12
        assert house.verify()["sound"]
        house.ingest([incoming], workers="inline")
        assert len(house.lots()["rows"]) == 12
        assert house.verify()["sound"]
        assert os.path.exists(tmp_path / "house" / "corecar.db")


@pytest.mark.skipif(sys.platform != "linux", reason="only here may a file's name be any bytes")
def test_a_name_that_is_no_unicode_stops_nothing(tmp_path: Path) -> None:
    incoming = tmp_path / "in"
    incoming.mkdir()
    small_lot(tmp_path, 1).rename(os.fsdecode(os.fsencode(incoming) + b"/bad\xff\xfename.stdf.gz"))
    small_lot(incoming, 2)
    with house_in(tmp_path / "w") as house:
        told = house.ingest([incoming], workers="inline")
        assert (told["new"], told["quarantined"]) == (2, 0)
        assert any("bad\\udcff\\udcfename" in row["source"] for row in house.sql("select source from runs")["rows"])
        assert house.ingest([incoming], workers="inline")["known"] == 2
        assert house.verify()["sound"]


def test_a_file_that_does_not_fit_into_memory_costs_the_others_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seed in (1, 2):
        small_lot(tmp_path, seed)

    def greedy(task: Any, identity: str, number: int, stream: Any, size: int) -> Any:
        if "SIM00001" in stream.lot.runs["lot"].to_pylist():
            raise MemoryError
        return laid_out(task, identity, number, stream, size)

    laid_out = intake._laid_out
    monkeypatch.setattr(intake, "_laid_out", greedy)
    with house_in(tmp_path / "w") as house:
        told = house.ingest([tmp_path], workers="inline")
        assert (told["new"], told["quarantined"]) == (1, 1)
        assert "does not fit into" in house.todo()["rows"][0]["why"]
        monkeypatch.undo()
        assert house.retry(workers="inline")["new"] == 1
        assert house.verify()["sound"]
