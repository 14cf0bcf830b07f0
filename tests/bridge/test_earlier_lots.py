"""A lot graded with the lots before it at hand, as folders that grading wrote."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.lots import build_lot
from typer.testing import CliRunner

import corecar
from corecar.bridge.files.earlier_lots import earlier_lots
from corecar.cli.app import app
from corecar.cli.summary import figures
from corecar.errors import AccessDenied, SourceError, SourceMissing, WrongState
from corecar.lot import Lot
from corecar.report.blocks import Table, Text
from corecar.report.chapters.yield_limits import yield_limits
from corecar.report.evidence import Evidence


def lot(number: int, failing: int) -> Lot:
    """A lot of 400 parts at final test."""
    passed = [part >= failing for part in range(400)]
    facts: dict[str, Any] = {"lot": [f"L{number}"], "product": ["P"], "stage": ["final test"]}
    return build_lot(
        [float(part % 50) for part in range(400)], passed=passed, runs={**facts, "start": [86_400 * number]}
    )


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a folder of each lot before."""
    folder = tmp_path_factory.mktemp("history")
    for number, failing in enumerate((8, 11, 9, 12, 10, 9), 1):
        (folder / f"L{number}").mkdir()
        summary = corecar.grade(lot(number, failing)).summary()
        (folder / f"L{number}" / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
    return folder


def test_each_summary_holds_the_counts_for_the_lots_after_it(history: Path) -> None:
    found = earlier_lots([history])
    assert [one.lot for one in found] == ["L1", "L2", "L3", "L4", "L5", "L6"]
    assert [one.rows[0].good for one in found] == [392, 389, 391, 388, 390, 391]
    assert earlier_lots([history / "L2"]) == earlier_lots([history / "L2" / "summary.json"]) == found[1:2]


def test_a_lot_far_below_those_before_is_held(history: Path) -> None:
    assert corecar.grade(lot(7, 11), history=[history]).hold == ()
    held = corecar.grade(lot(7, 60), history=[history])
    assert held.hold[0].startswith("assembly lot L7: yield 85.0000% (340 of 400) is below SYL2 96")
    assert held.summary()["yields"]["findings"][0]["records"][0] == "root cause"


def test_summary_and_report_say_what_the_lots_before_say_of_a_lot(history: Path) -> None:
    well, poor = (corecar.grade(lot(7, failing), history=[history]) for failing in (11, 60))
    assert any(line.startswith("yield limits  nothing beyond, of 2 rates against ") for line in figures(well))
    assert any(line.startswith("yield limits  2 beyond, of 2 rates against ") for line in figures(poor))
    note, table = yield_limits(Evidence(poor))
    assert isinstance(note, Text)
    assert note.text.startswith("Of 2 rates 2 are beyond limits.")
    assert isinstance(table, Table)
    first = poor.yields["limits"][0]
    assert table.rows[0][:2] == ("yield", first["scope"])
    assert table.rows[0][4] == f"{first['limit'] * 100:.2f} %"
    assert {row[7] for row in table.rows} == {"level 2"}
    assert yield_limits(Evidence(corecar.grade(lot(7, 11)))) == ()


def test_without_lots_before_nothing_is_said_of_them() -> None:
    found = corecar.grade(lot(7, 60))
    assert not [note for note in found.notes if "yield limits" in note]
    assert found.yields["limits"] == []


def test_the_shipped_recipe_of_both_standards_asks_for_lots_before(history: Path) -> None:
    asked = corecar.grade(lot(7, 10), recipe="aec-q001+q002")
    assert asked.hold[0].startswith("Statistical yield limits were not applied: 0 earlier lots")
    assert corecar.grade(lot(7, 10), recipe="aec-q001+q002", history=[history]).hold == ()


def test_what_is_no_summary_is_told_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(SourceMissing, match=r"there is no summary\.json of a graded lot"):
        earlier_lots([tmp_path])
    wrong = tmp_path / "summary.json"
    wrong.write_text("{}", encoding="utf-8")
    with pytest.raises(SourceError, match=r"is no summary of a graded lot with its yields.*Grade that lot again"):
        earlier_lots([tmp_path])


def test_the_command_takes_the_folder_of_the_lots_before(history: Path, fictional_lot: Path) -> None:
    answer = CliRunner().invoke(app, ["grade", str(fictional_lot), "--history", str(history), "--json"])
    assert answer.exit_code == 0, answer.output
    assert "6 earlier lots made no yield limits" in " ".join(json.loads(answer.stdout)["notes"])


def test_a_workspace_holds_each_lot_against_those_graded_before(tmp_path: Path) -> None:
    with corecar.init(tmp_path / "house") as house:
        for number, failing in enumerate((8, 11, 9, 12, 10, 9, 60), 1):
            path = tmp_path / f"L{number}.stdf"
            corecar.write(lot(number, failing), path)
            house.ingest([path], workers="inline")
        answers = [house.grade(f"L{number}") for number in range(1, 8)]
        again = house.grade("L3")
        events = house.lot("L7")["history"]
        with pytest.raises(WrongState, match="quarantined"):
            house.release("L7", reason="the customer waits")
        assert house.grade("L7")["state"] == "quarantined"
        house.hold("L7", reason="risk assessed: probe card PC2, retested")
        assert house.release("L7", reason="good after the retest")["state"] == "released"
    assert [event["state"] for event in events] == ["received", "screened", "quarantined"]
    assert events[-1]["reason"].startswith("assembly lot L7: yield 85.0000% (340 of 400) is below SYL2 96")
    assert [answer["state"] for answer in answers] == ["screened"] * 6 + ["quarantined"]
    assert answers[6]["hold"][0].startswith("assembly lot L7: yield 85.0000% (340 of 400) is below SYL2 96")
    assert again["details"][0]["yields"]["limits"][0]["lots"] == 2


def test_a_lot_beyond_level_two_leaves_quarantine_by_two_people(tmp_path: Path) -> None:
    with corecar.init(tmp_path / "house") as house:
        house.people_add("boss", role="administrator")
    with corecar.open(tmp_path / "house", actor="boss") as house:
        for name in ("ann", "bob"):
            house.people_add(name, role="quality")
    with corecar.open(tmp_path / "house", actor="ann") as anns:
        for number, failing in enumerate((8, 11, 9, 12, 10, 9, 60), 1):
            path = tmp_path / f"L{number}.stdf"
            corecar.write(lot(number, failing), path)
            anns.ingest([path], workers="inline")
            answer = anns.grade(f"L{number}")
        assert answer["state"] == "quarantined"
        last = anns.lot("L7")["history"][-1]
        assert (last["state"], last["by"]) == ("quarantined", "ann")
        assert last["reason"].startswith("assembly lot L7: yield 85.0000% (340 of 400) is below SYL2 96")
        assert [(row["kind"], row["what"]) for row in anns.todo()["rows"]] == [("lot in quarantine", "L7")]
        with pytest.raises(WrongState, match="Possible now: grade, hold, scrap"):
            anns.release("L7", reason="looks fine")
        assert anns.grade("L7")["state"] == "quarantined"
        assert anns.hold("L7", reason="root cause found: probe needle 12")["state"] == "held"
        with pytest.raises(AccessDenied, match="another person has to release it"):
            anns.release("L7", reason="I looked at it")
    with corecar.open(tmp_path / "house", actor="bob") as bobs:
        answer = bobs.release("L7", reason="risk assessment 12; the customer agreed")
        assert (answer["state"], answer["two_persons"]) == ("released", "Held by ann, released by bob.")
        states = [event["state"] for event in bobs.lot("L7")["history"]]
    assert states == ["received", "screened", *["quarantined"] * 3, "held", "released"]
