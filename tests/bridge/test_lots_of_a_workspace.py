"""A lot of the workspace is what its files say together; its state is what people and screens decided."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.bridge.houses import FEW, house_in, small_lot

import corecar
from corecar.bridge.files.editing import relimit
from corecar.errors import AccessDenied, ArgumentError, Conflict, NotFound, WrongState


def test_yields_are_those_of_the_files_read_together(tmp_path: Path) -> None:
    lot = small_lot(tmp_path, 1)
    with house_in(tmp_path) as house:
        house.ingest([lot], workers="inline")
        shown = house.lot("SIM00001")["insertions"][0]
    read = corecar.read(lot).yield_()
    assert [shown[name] for name in ("first_tested", "first_good", "final_tested", "final_good")] == [
        read.first_tested, read.first_good, read.final_tested, read.final_good
    ]  # fmt: skip


def test_grading_finds_what_grading_the_files_finds_and_the_lot_is_screened(tmp_path: Path) -> None:
    lot = small_lot(tmp_path, 1)
    graded = corecar.grade([lot])
    with house_in(tmp_path) as house:
        house.ingest([lot], workers="inline")
        answer = house.grade("SIM00001", out=tmp_path / "out")
        assert answer["rows"][0]["may_ship"] == graded.shippable
        assert answer["state"] == ("held" if graded.hold else "screened")
        assert (tmp_path / "out" / "report.pdf").exists()
        assert house.lot("SIM00001")["gradings"][0]["shippable"] == graded.shippable


def test_a_lot_that_must_not_ship_before_review_is_held_by_its_screen(shared: Path, tmp_path: Path) -> None:
    with house_in(tmp_path) as house:
        house.ingest([shared / "stdf" / "a530_lot3.stdf.gz"], workers="inline")
        answer = house.grade("GAL-LOT")
        assert (answer["state"], bool(answer["hold"])) == ("held", True)
        assert [row["kind"] for row in house.todo()["rows"]] == ["lot on hold"]


def test_a_lot_with_limits_changed_for_study_is_not_released_until_that_run_is_filed_elsewhere(tmp_path: Path) -> None:
    lot, limits, study = small_lot(tmp_path, 1), tmp_path / "limits.csv", tmp_path / "study.stdf"
    number = corecar.read(lot).tests["number"][0].as_py()
    limits.write_text(f"number,low_limit,high_limit\n{number},none,none\n", encoding="utf-8")
    relimit(lot, limits, study)
    with house_in(tmp_path) as house:
        house.ingest([study], workers="inline")
        answer = house.grade("SIM00001")
        assert answer["state"] == "held"
        assert answer["said"].endswith("would pass, and nothing of it ever ships.")
        with pytest.raises(WrongState, match="lot SIM00001 never ships as it is: NEVER SHIPPABLE"):
            house.release("SIM00001", reason="looks fine")
        (run,) = house.sql("select run from runs")["rows"]
        house.correct(run["run"], lot="STUDY", reason="limits changed for study")
        house.ingest([lot], workers="inline")
        house.grade("SIM00001")
        assert house.release("SIM00001", reason="the tester's own file")["state"] == "released"


def test_who_graded_a_lot_that_its_screen_stopped_may_release_it_and_who_held_it_may_not(tmp_path: Path) -> None:
    corecar.simulate_lot(tmp_path / "few.stdf", wafers=1, dies=8, tests=8, seed=1)
    with house_in(tmp_path) as house:
        house.ingest([tmp_path / "few.stdf"], workers="inline")
        house.people_add("li.wei", role="quality")
    with corecar.open(tmp_path / "house", actor="li.wei") as house:
        assert house.grade("SIM00001")["state"] == "held"
        with pytest.raises(ArgumentError, match='needs "reason"'):
            house.release("SIM00001")
        released = house.release("SIM00001", reason="looked at")
        assert released["two_persons"].startswith("The workspace held it by itself")
        house.hold("SIM00001", reason="odd")
        with pytest.raises(AccessDenied, match=r"li\.wei held lot SIM00001"):
            house.release("SIM00001", reason="fine")


def test_new_test_data_hold_a_released_lot(tmp_path: Path) -> None:
    with house_in(tmp_path) as house:
        house.ingest([small_lot(tmp_path, 1)], workers="inline")
        house.grade("SIM00001")
        house.release("SIM00001", reason="fine")
        later = small_lot(tmp_path, 2)
        house.ingest([later], workers="inline")
        house.correct("SIM00002", lot="SIM00001", reason="the same lot")
        shown = house.lot("SIM00001")
        assert shown["state"] == "held"
        assert "after its release" in shown["history"][-1]["reason"]
        with pytest.raises(Conflict, match="Screen it first: corecar grade SIM00001"):
            house.release("SIM00001", reason="fine")


def test_the_way_of_a_lot_and_what_is_no_way(tmp_path: Path) -> None:
    with house_in(tmp_path) as house:
        house.ingest([small_lot(tmp_path, 1)], workers="inline")
        with pytest.raises(Conflict, match='"ship" is not possible'):
            house.ship("SIM00001")
        with pytest.raises(ArgumentError, match="needs a reason"):
            house.hold("SIM00001", reason="")
        house.grade("SIM00001")
        assert house.release("SIM00001", reason="fine")["state"] == "released"
        assert house.ship("SIM00001")["state"] == "shipped"
        assert house.quarantine("SIM00001", reason="field return")["state"] == "quarantined"
        assert house.scrap("SIM00001", reason="cracked")["state"] == "scrapped"
        with pytest.raises(Conflict, match="Nothing more can be done"):
            house.hold("SIM00001", reason="too late")
        states = [event["state"] for event in house.lot("SIM00001")["history"]]
        assert states == ["received", "screened", "released", "shipped", "quarantined", "scrapped"]


def test_lots_of_one_name_are_told_apart_by_their_number(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    corecar.simulate_lot(other / "lot.stdf", seed=9, **FEW)  # type: ignore[arg-type]
    with house_in(tmp_path) as house:
        house.ingest([small_lot(tmp_path, 1), other / "lot.stdf"], workers="inline")
        house.correct("SIM00009", lot="SIM00001", product="ANOTHER", reason="as labelled")
        with pytest.raises(NotFound, match="2 lots are called"):
            house.lot("SIM00001")
        numbers = [row["number"] for row in house.lots()["rows"]]
        assert {house.lot(str(number))["product"] for number in numbers} == {"ANOTHER", "DEMO-HSD4"}


def test_a_state_that_there_is_none_of_is_refused_and_one_without_lots_says_so(tmp_path: Path) -> None:
    with house_in(tmp_path) as house:
        with pytest.raises(ArgumentError, match='no state is called "nonsense"'):
            house.lots(state="nonsense")
        assert house.lots()["said"].startswith("No lot yet")
        assert house.lots(state="held")["said"] == "No lot is such."


def test_a_lot_says_how_its_wafers_lie(tmp_path: Path) -> None:
    path = corecar.simulate_lot(tmp_path / "turned.stdf", lot="TURNED", wafers=2, dies=30, tests=8)
    stdf = path.read_bytes()
    path.write_bytes(re.sub(b"\x03D(....)RU", b"\x03L\\1LD", stdf, flags=re.S))  # WCR: flat, centre, POS_X, POS_Y
    with house_in(tmp_path) as made:
        made.ingest([path], workers="inline")
        frames = made.lot("TURNED")["details"]["frames"]
    told = {"flat": "L", "notched": True, "x_right": False, "y_down": True, "known_axes": True}
    assert {name: {key: frame[key] for key in told} for name, frame in frames.items()} == {"W01": told, "W02": told}
