"""Dies that another run of the lot tests again: every answer counts them as `lot` does, or says that it does not.

The lots are built record by record, so that each figure can be counted by hand: ten dies of which 0, 1 and 2 fail at
first and pass in a second run, told as a retest (RC) or not (RT).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.bridge.houses import house_in

from corecar.bridge.workspace import Workspace
from corecar.formats.stdf.encode import encode_record

FAILED = 8
"""Bit 3 of PART_FLG."""
START = 1_700_000_000


def write_run(
    path: Path,
    lot: str,
    readings: dict[int, float],
    *,
    start: int = START,
    again: str = " ",
    wafer: str | None = "W1",
    temperature: str = "25",
) -> Path:
    """A run of one test with limits 0 to 10 and a die per reading, at X of its number; bin 2 where it fails, else 1."""
    mir = {"LOT_ID": lot, "PART_TYP": "P", "TEST_COD": "WS1", "TST_TEMP": temperature, "RTST_COD": again,
           "SETUP_T": start, "START_T": start}  # fmt: skip
    records: list[tuple[str, dict[str, Any]]] = [("FAR", {"CPU_TYPE": 2, "STDF_VER": 4}), ("MIR", mir)]
    if wafer is not None:
        records.append(("WIR", {"HEAD_NUM": 1, "WAFER_ID": wafer, "START_T": start}))
    for x, value in readings.items():
        good = 0 <= value <= 10
        place = {"X_COORD": x, "Y_COORD": 0} if wafer is not None else {"X_COORD": -32768, "Y_COORD": -32768}
        records += [
            ("PIR", {"HEAD_NUM": 1, "SITE_NUM": 1}),
            ("PTR", {"TEST_NUM": 100, "HEAD_NUM": 1, "SITE_NUM": 1, "TEST_FLG": 0 if good else 128, "PARM_FLG": 192,
                     "RESULT": value, "TEST_TXT": "VDD", "OPT_FLAG": 0, "LO_LIMIT": 0.0, "HI_LIMIT": 10.0,
                     "UNITS": "V"}),
            ("PRR", {"HEAD_NUM": 1, "SITE_NUM": 1, "PART_FLG": 0 if good else FAILED, "NUM_TEST": 1,
                     "HARD_BIN": 1 if good else 2, "SOFT_BIN": 1 if good else 20, "PART_ID": str(x + 1), **place}),
        ]  # fmt: skip
    if wafer is not None:
        records.append(("WRR", {"HEAD_NUM": 1, "FINISH_T": start + 9, "PART_CNT": len(readings), "WAFER_ID": wafer}))
    records.append(("MRR", {"FINISH_T": start + 10}))
    path.write_bytes(b"".join(encode_record(name, values, big_endian=False) for name, values in records))
    return path


def first_of(path: Path, lot: str, **more: Any) -> Path:
    """Ten dies, of which the first three read 20 V and fail."""
    return write_run(path, lot, {die: 20.0 if die < 3 else 5 + die / 10 for die in range(10)}, **more)


def second_of(path: Path, lot: str, **more: Any) -> Path:
    """The three dies again: they read 5 to 5.2 V and pass."""
    return write_run(path, lot, {die: 5 + die / 10 for die in range(3)}, start=START + 1000, **more)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder = tmp_path_factory.mktemp("retests")
    files = [
        second_of(folder / "b.stdf", "RT"), first_of(folder / "a.stdf", "RT"),
        first_of(folder / "c.stdf", "RC"), second_of(folder / "d.stdf", "RC", again="1"),
        write_run(folder / "f.stdf", "CONST", dict.fromkeys(range(10), 5.0)),
        write_run(folder / "g.stdf", "CONST2", dict.fromkeys(range(10), 6.0)),
        first_of(folder / "h.stdf", "FT", wafer=None), second_of(folder / "i.stdf", "FT", wafer=None, again="1"),
    ]  # fmt: skip
    with house_in(folder) as made:
        for path in files:
            made.ingest([path], workers="inline")
        yield made


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """A lot of one run, one of which die 0 fails again, and one in which nothing tells what is one unit."""
    folder = tmp_path_factory.mktemp("mixed")
    files = [
        write_run(folder / "f.stdf", "CONST", dict.fromkeys(range(10), 5.0)),
        first_of(folder / "j.stdf", "BAD"),
        write_run(folder / "k.stdf", "BAD", {0: 20.0, 1: 5.1, 2: 5.2}, start=START + 1000),
        first_of(folder / "h.stdf", "FT", wafer=None),
        second_of(folder / "i.stdf", "FT", wafer=None, again="1"),
    ]
    with house_in(folder) as made:
        for path in files:
            made.ingest([path], workers="inline")
        yield made


@pytest.mark.parametrize("lot", ["RT", "RC"])
def test_the_list_shows_the_yields_of_the_lot(house: Workspace, lot: str) -> None:
    (row,) = [row for row in house.lots()["rows"] if row["lot"] == lot]
    assert (row["first_yield"], row["final_yield"]) == (0.7, 1.0)
    (shown,) = house.lot(lot)["insertions"]
    assert (shown["first_yield"], shown["final_yield"]) == (0.7, 1.0)


@pytest.mark.parametrize("lot", ["RT", "RC"])
@pytest.mark.parametrize("what", ["bin", "soft_bin"])
def test_a_pareto_of_bins_counts_final_attempts_over_all_runs(house: Workspace, lot: str, what: str) -> None:
    assert house.pareto(lot=lot, what=what)["rows"] == []
    (row,) = house.pareto(lot=lot, what=what, retests=True)["rows"]
    assert (row["bin"], row["failed"], row["of"]) == (2 if what == "bin" else 20, 3, 13)


def test_a_pareto_says_how_many_failed_parts_no_bin_has(tmp_path: Path) -> None:
    first = first_of(tmp_path / "h.stdf", "FT", wafer=None)
    second = write_run(tmp_path / "i.stdf", "FT", {0: 5.0}, start=START + 1000, wafer=None, again="1")
    with house_in(tmp_path) as house:
        for path in (first, second):
            house.ingest([path], workers="inline")
        told = "the last pass did not test them again, and nothing tells which of the earlier fails they are."
        assert f"2 failed parts of lot FT are in no bin here: {told}" in house.pareto()["notes"]
        assert any("2 failed parts are in no final bin" in note for note in house.lot("FT")["notes"])
        (shown,) = house.lot("FT")["insertions"]
        assert (shown["final_tested"], shown["final_good"]) == (10, 8)
        assert house.pareto()["rows"] == []


def test_a_pareto_of_all_lots_adds_up_the_bins_that_each_lot_shows(mixed: Workspace) -> None:
    lots = [mixed.lot(row["lot"])["by_bin"] for row in mixed.lots()["rows"]]
    bins = [row for lot in lots for rows in lot.values() for row in rows]
    failing = sum(row["final"] for row in bins if not row["passed"])
    answer = mixed.pareto()
    (row,) = answer["rows"]
    assert answer["notes"] == [
        "Nothing tells which parts of the runs of lot FT are one unit: what passed counts in every pass, what failed "
        "in the last, as `corecar lot` counts."
    ]
    assert mixed.pareto(lot="BAD")["notes"] == []
    assert (row["bin"], row["failed"], row["of"]) == (2, failing, sum(row["final"] for row in bins))
    assert (failing, row["of"]) == (1, 3 * 10)
    (row,) = mixed.pareto(retests=True)["rows"]
    assert (row["bin"], row["failed"], row["of"]) == (2, 3 + 3 + 1, 10 + 2 * 13)


def test_a_lot_counts_whole_when_its_first_run_lies_in_the_time_asked_about(mixed: Workspace) -> None:
    from datetime import UTC, datetime, timedelta

    between = datetime.fromtimestamp(START, UTC) + timedelta(seconds=500)
    before, after = mixed.pareto(until=between)["rows"], mixed.sql("select count(*) as n from runs")["rows"]
    assert (before[0]["failed"], before[0]["of"], after[0]["n"]) == (1, 30, 5)
    assert mixed.pareto(since=between)["rows"] == []


@pytest.mark.parametrize("lot", ["RT", "RC"])
def test_a_wafer_shows_each_die_once_unless_all_attempts_are_asked_for(house: Workspace, lot: str) -> None:
    dies = house.wafer(lot, "W1", test="100").to_pylist()
    assert sorted((die["x"], die["hard_bin"]) for die in dies) == [(x, 1) for x in range(10)]
    assert {die["x"]: round(die["value"], 3) for die in dies} == {x: round(5 + x / 10, 3) for x in range(10)}
    assert {die["x"]: die["attempt"] for die in dies} == {x: 2 if x < 3 else 1 for x in range(10)}
    every = house.wafer(lot, "W1", retests=True).to_pylist()
    assert sorted((die["x"], die["attempt"], die["superseded"]) for die in every) == sorted(
        [(x, 1, x < 3) for x in range(10)] + [(x, 2, False) for x in range(3)]
    )


def notes_on(answer: dict[str, Any], lot: str) -> list[str]:
    return [note for note in answer["notes"] if f"lot {lot}" in note or "lots" in note]


def test_a_trend_says_what_it_covers_and_how_many_parts_count_twice(house: Workspace) -> None:
    answer = house.trend("100", product="P")
    rows = {row["lot"]: row for row in answer["rows"]}
    assert (rows["RT"]["n"], rows["RT"]["failed"], rows["RT"]["passing_n"]) == (13, 3, 10)
    assert (rows["RC"]["n"], rows["RC"]["failed"], rows["RC"]["passing_n"]) == (10, 3, 7)
    assert answer["notes"][0].startswith("n and failed are of the final attempts of each run by itself; mean, sd")
    assert (
        "3 parts of lot RT were tested again in another run that counts here too: each attempt counts."
        in (answer["notes"])
    )
    (left,) = [note for note in answer["notes"] if "lot RC" in note]
    assert left.startswith("3 parts of lot RC were tested again in a run left out here: the earlier attempt counts.")
    assert "1 run of lot FT is left out here." in answer["notes"]


def test_with_retest_passes_they_count_too_and_it_is_told(house: Workspace) -> None:
    answer = house.trend("100", retests=True)
    rows = {row["lot"]: row for row in answer["rows"]}
    assert (rows["RC"]["n"], rows["RC"]["failed"]) == (13, 3)
    assert (
        "6 parts of lots RT, RC were tested again in another run that counts here too: each attempt counts."
        in (answer["notes"])
    )
    assert "Nothing tells which parts of the runs of lot FT are one unit: each attempt counts." in answer["notes"]


def test_a_comparison_and_a_pareto_of_tests_tell_it_of_their_lots_only(house: Workspace) -> None:
    compared = house.compare("RT", "CONST")
    assert (compared["rows"][0]["n_a"], compared["rows"][0]["n_b"]) == (13, 10)
    assert (
        "3 parts of lot RT were tested again in another run that counts here too: each attempt counts."
        in (compared["notes"])
    )
    ranked = house.pareto(what="test", lot="RT")
    assert (ranked["rows"][0]["failed"], ranked["rows"][0]["of"]) == (3, 13)
    assert any("3 parts of lot RT were" in note for note in ranked["notes"])
    for answer in (compared, ranked, house.compare("CONST", "CONST2")):
        assert not any("lot RC" in note or "lot FT" in note for note in answer["notes"])


def test_a_mean_that_moved_without_spread_is_an_infinite_shift_and_stands_first(house: Workspace) -> None:
    answer = house.compare("CONST", "CONST2")
    assert answer["rows"][0]["shift"] == float("inf")
    assert house.compare("CONST2", "CONST")["rows"][0]["shift"] == -float("inf")
    assert house.compare("CONST", "CONST")["rows"][0]["shift"] is None
    assert any("1 mean moved without any spread" in note for note in answer["notes"])


def test_a_corrected_run_takes_its_counts_along(tmp_path: Path) -> None:
    with house_in(tmp_path) as house:
        house.ingest([first_of(tmp_path / "a.stdf", "A"), second_of(tmp_path / "b.stdf", "B")], workers="inline")
        assert listed(house) == {"A": (0.7, 0.7), "B": (1.0, 1.0)}
        house.correct("B", lot="A", reason="mistyped")
        assert listed(house)["A"] == (0.7, 1.0)
        assert house.pareto(lot="A")["rows"] == []
        later = house.sql("select run from runs order by start desc limit 1")["rows"][0]["run"]
        house.correct(later, lot="B", reason="it was right")
        assert listed(house) == {"A": (0.7, 0.7), "B": (1.0, 1.0)}
        assert house.pareto(lot="A")["rows"][0]["failed"] == 3


def listed(house: Workspace) -> dict[str, tuple[float | None, float | None]]:
    return {row["lot"]: (row["first_yield"], row["final_yield"]) for row in house.lots()["rows"]}


def test_a_lot_that_waits_is_resolved_when_it_is_asked_for_and_kept_by_the_next_ingest(tmp_path: Path) -> None:
    from sqlalchemy import func, select, update

    from corecar.store.catalogue.models import Lot, ResolvedInsertion

    with house_in(tmp_path) as house:
        house.ingest([first_of(tmp_path / "a.stdf", "RT"), second_of(tmp_path / "b.stdf", "RT")], workers="inline")
        catalogue = house.store.catalogue
        catalogue.write(lambda session: session.execute(ResolvedInsertion.__table__.delete()))  # type: ignore[attr-defined]
        catalogue.write(lambda session: session.execute(update(Lot).values(unresolved=True)))
        assert listed(house) == {"RT": (0.7, 1.0)}
        assert house.pareto(lot="RT")["rows"] == []
        house.ingest([first_of(tmp_path / "c.stdf", "OTHER")], workers="inline")
        assert catalogue.read(lambda session: session.scalar(select(func.count()).select_from(ResolvedInsertion))) == 1
        assert not catalogue.read(lambda session: session.scalar(select(Lot.unresolved).where(Lot.name == "RT")))


def test_lists_and_trends_read_no_part_of_a_lot_that_is_kept(house: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(*_: Any, **__: Any) -> Any:
        raise AssertionError("parts were read")

    monkeypatch.setattr("corecar.bridge.lot.resolved_lots.rows_of_runs", read)
    assert listed(house)["RT"] == (0.7, 1.0)
    assert house.pareto(lot="RT")["rows"] == []
    assert house.trend("100")["rows"]
    with pytest.raises(AssertionError, match="parts were read"):
        house.lot("RT")


def test_insertions_are_resolved_each_by_itself(tmp_path: Path) -> None:
    with house_in(tmp_path) as house:
        files = [
            first_of(tmp_path / "a.stdf", "L"), second_of(tmp_path / "b.stdf", "L"),
            first_of(tmp_path / "c.stdf", "L", temperature="125", start=START + 5000),
        ]  # fmt: skip
        house.ingest(files, workers="inline")
        assert listed(house) == {"L": (14 / 20, 17 / 20)}
        (row,) = house.pareto()["rows"]
        assert (row["failed"], row["of"]) == (3, 20)
        assert house.pareto(temperature="25")["rows"] == []
        assert house.wafer("L", "W1").num_rows == 20


def test_a_copy_of_a_run_counts_for_nothing_in_the_list_the_bins_and_the_wafer(tmp_path: Path) -> None:
    with house_in(tmp_path) as house:
        copy = first_of(tmp_path / "copy.stdf", "L", temperature="25.0")
        files = [first_of(tmp_path / "a.stdf", "L"), second_of(tmp_path / "b.stdf", "L"), copy]
        house.ingest(files, workers="inline")
        assert house.lot("L")["insertions"][0]["final_tested"] == 10
        assert listed(house) == {"L": (0.7, 1.0)}
        answer = house.pareto()
        assert (answer["rows"], len(answer["notes"])) == ([], 1)
        assert answer["notes"][0].startswith("1 run left out")
        assert house.pareto(retests=True)["rows"][0]["of"] == 13
        assert house.wafer("L", "W1").num_rows == 10


def test_a_lot_whose_parts_cannot_be_read_is_listed_without_yields_and_it_is_told(tmp_path: Path) -> None:
    from sqlalchemy import select, update

    from corecar.store.catalogue.models import LakeFile, Lot

    with house_in(tmp_path) as house:
        house.ingest([first_of(tmp_path / "a.stdf", "RT"), second_of(tmp_path / "b.stdf", "RT")], workers="inline")
        catalogue = house.store.catalogue
        catalogue.write(lambda session: session.execute(update(Lot).values(unresolved=True)))
        for key in catalogue.read(lambda s: list(s.scalars(select(LakeFile.key).where(LakeFile.table == "parts")))):
            house.store.objects.delete(key)
        answer = house.lots()
        assert (answer["rows"][0]["first_yield"], answer["rows"][0]["final_yield"]) == (None, None)
        assert answer["notes"] == [
            "Lot RT: its parts cannot be read, so it has no yields. `corecar verify` says what is damaged."
        ]
