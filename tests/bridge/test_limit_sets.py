"""The life of limit sets in a workspace, on SQLite and on PostgreSQL: from a proposal to its retirement."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select, update
from tests.bridge.houses import small_lot
from tests.lots import build_lot
from typer.testing import CliRunner

import corecar
from corecar.bridge.limits.static_limits import make_static_limits
from corecar.bridge.workspace import Workspace
from corecar.cli.app import app
from corecar.errors import AccessDenied, ArgumentError, CatalogueError, MappingError, NotFound, TooFewParts, WrongState
from corecar.formats.stdf.new_limits import read_limits
from corecar.store.catalogue.limiting import LimitSet

runner = CliRunner()
START = date.today() - timedelta(days=100)


def write_lot(folder: Path, number: int, *, spread: float = 1.0, outlier: float | None = None, day: int = 0) -> Path:
    """A file of one lot of 60 parts and two tests, tested on day `number` after START, or on day `day`."""
    values = spread * np.random.default_rng(number).normal(size=(2, 60))
    if outlier is not None:
        values[1, 7] = outlier
    seconds = ((START - date(1970, 1, 1)).days + (day or number)) * 86_400
    runs: dict[str, Any] = {"lot": [f"L{number}"], "product": ["P"], "stage": ["final test"], "start": [seconds]}
    path = folder / f"L{number}.stdf"
    corecar.write(build_lot(values, low=[-30.0, -30.0], high=30.0, names=["VREF", "IDD"], runs=runs), path)
    return path


@pytest.fixture(scope="module")
def static(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("static")
    make_static_limits([write_lot(folder, number) for number in range(1, 7)], folder / "static.json")
    return folder / "static.json"


@pytest.fixture
def house(tmp_path: Path, catalogue_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """A workspace whose catalogue is a SQLite file, and one on a PostgreSQL server."""
    monkeypatch.setenv("CORECAR_DATABASE_URL", catalogue_url)
    with corecar.init(tmp_path / "house", owner="Demo House") as opened:
        yield opened


@pytest.fixture
def plain_house(tmp_path: Path) -> Iterator[Workspace]:
    with corecar.init(tmp_path / "house", owner="Demo House") as opened:
        yield opened


def states(house: Workspace, named: str = "1") -> list[tuple[str, str]]:
    return [(row["action"], row["state"]) for row in house.limits_show(named)["history"]]


def test_a_set_lives_from_its_proposal_to_its_retirement(house: Workspace, static: Path, tmp_path: Path) -> None:
    proposed = house.limits_propose([str(static)], reason="first limits")
    assert [(row["name"], row["state"], row["tests"]) for row in proposed["rows"]] == [
        ("P final test v1", "proposed", 2)
    ]
    house.limits_review("1", reason="VREF looks right")
    approved = house.limits_approve("P final test v1", reason="agreed")
    assert approved["two_persons"].startswith("Not enforced: a workspace without accounts")
    released = house.limits_release("1", out=tmp_path / "tester", reason="program 7")
    assert [Path(path).name for path in released["written"]] == ["P-final-test-v1.csv", "P-final-test-v1.xlsx"]
    house.limits_release("1", out=tmp_path / "again")
    house.limits_retire("1", reason="new mask")
    assert states(house) == [
        ("propose", "proposed"), ("review", "proposed"), ("approve", "approved"), ("release", "released"),
        ("release", "released"), ("retire", "retired"),
    ]  # fmt: skip
    history = house.limits_show("1")["history"]
    assert [row["reason"] for row in history] == [
        "first limits", "VREF looks right", "agreed", "program 7", "written for the tester again", "new mask",
    ]  # fmt: skip
    assert all(row["by"] and row["at"] for row in history)
    with pytest.raises(WrongState, match=r"is retired, so .release. is not possible. Nothing more can be done"):
        house.limits_release("1", out=tmp_path / "tester")


def test_no_step_is_skipped_and_reasons_are_asked_for(plain_house: Workspace, static: Path, tmp_path: Path) -> None:
    plain_house.limits_propose([str(static)])
    with pytest.raises(WrongState, match=r"is proposed, so .release. .* Possible now: review, approve, retire"):
        plain_house.limits_release("1", out=tmp_path / "tester")
    assert not (tmp_path / "tester").exists()
    for verb in ("limits_review", "limits_approve", "limits_retire"):
        with pytest.raises(ArgumentError, match="needs a reason"):
            plain_house.call(verb, "1", reason=" ")
    with pytest.raises(NotFound, match='no limit set is called "P v9"'):
        plain_house.limits_show("P v9")
    assert states(plain_house) == [("propose", "proposed")]


def test_who_proposed_does_not_approve(house: Workspace, static: Path) -> None:
    house.people_add("ann", role="quality")
    house.people_add("bob", role="quality")
    folder = house.store.folder
    with corecar.open(folder, actor="ann") as anns, corecar.open(folder, actor="bob") as bobs:
        anns.limits_propose([str(static)])
        with pytest.raises(AccessDenied, match=r"ann proposed P final test v1, so another person has to approve it"):
            anns.limits_approve("1", reason="fine by me")
        assert bobs.limits_approve("1", reason="agreed")["two_persons"] == "Proposed by ann, approved by bob."
        assert [row["by"] for row in bobs.limits_show("1")["history"]] == ["ann", "bob"]


def test_the_same_limits_are_proposed_once_and_a_set_never_changes(plain_house: Workspace, static: Path) -> None:
    first = plain_house.limits_propose([str(static)])["rows"]
    assert plain_house.limits_propose([str(static)])["rows"] == first
    before = plain_house.limits_show("1")["limits"]
    static_again = static.with_name("again.json")
    make_static_limits([static.with_name(f"L{number}.stdf") for number in range(1, 7)], static_again)
    assert plain_house.limits_propose([str(static_again)])["rows"][0]["number"] == 1
    assert plain_house.limits_show("1")["limits"] == before
    with plain_house.store.catalogue.writing() as session:
        content = session.scalars(select(LimitSet.content)).one()
        session.execute(update(LimitSet).values(content=content.replace('"n": 360', '"n": 361', 1)))
    (fault,) = plain_house.verify()["rows"]
    assert (fault["where"], fault["problem"]) == (
        "limit set 1 (P final test v1)", "its content is not the one that was proposed",
    )  # fmt: skip
    for verb, given in (("limits_show", {}), ("limits_approve", {"reason": "x"})):
        with pytest.raises(CatalogueError, match="its content was changed in the database"):
            plain_house.call(verb, "1", **given)


def test_a_later_set_takes_the_place_of_the_one_in_force(plain_house: Workspace, static: Path, tmp_path: Path) -> None:
    wider = tmp_path / "wider.json"
    make_static_limits([write_lot(tmp_path, number, spread=2.0) for number in range(1, 7)], wider)
    for number, source in enumerate((static, wider), 1):
        plain_house.limits_propose([str(source)])
        plain_house.limits_approve(str(number), reason="agreed")
        answer = plain_house.limits_release(str(number), out=tmp_path / "tester")
    assert answer["notes"][-1] == "P final test v1 (number 1) is retired: this one took its place."
    assert states(plain_house)[-1] == ("supersede", "retired")
    rows = plain_house.limits_list()["rows"]
    assert [(row["name"], row["state"]) for row in rows] == [
        ("P final test v2", "released"), ("P final test v1", "retired"),
    ]  # fmt: skip
    assert [row["number"] for row in plain_house.limits_list(state="retired")["rows"]] == [1]


def test_two_sets_are_never_in_force_at_once(house: Workspace, static: Path, tmp_path: Path) -> None:
    house.limits_propose([str(static)])
    with house.store.catalogue.writing() as session:
        one = session.scalars(select(LimitSet)).one()
        columns = {c.name: getattr(one, c.name) for c in LimitSet.__table__.columns if c.name not in ("id", "version")}
        session.add(LimitSet(**columns, version=2))
    with house.store.catalogue.writing() as session:
        session.execute(update(LimitSet).where(LimitSet.id == 1).values(state="released"))
    with pytest.raises(CatalogueError) as caught, house.store.catalogue.writing() as session:
        session.execute(update(LimitSet).where(LimitSet.id == 2).values(state="released"))
    assert caught.value.conflict


def test_a_lot_is_graded_with_the_set_in_force(house: Workspace, static: Path, tmp_path: Path) -> None:
    house.ingest([write_lot(tmp_path, 7, outlier=15.0)], workers="inline")
    none = house.grade("L7", static="in-force")
    assert none["hold"] == ["static-pat: not applied: no static limits were given."]
    assert "No limit set is in force for P final test." in " ".join(none["details"][0]["notes"])
    house.limits_propose([str(static)])
    house.limits_approve("1", reason="agreed")
    assert house.grade("L7", static="in-force")["hold"]
    house.limits_release("1", out=tmp_path / "tester")
    graded = house.grade("L7", static="in-force")
    assert graded["hold"] == []
    assert graded["details"][0]["rejected_by_screen"]["static-pat"] == 1
    assert "Static limits: limit set 1 (P final test v1), in force for P final test." in graded["details"][0]["notes"]
    by_file = house.grade("L7", static=static)
    assert by_file["details"][0]["rejected_by_screen"]["static-pat"] == 1


def test_a_temperature_is_the_same_however_it_is_spelled(plain_house: Workspace, tmp_path: Path) -> None:
    lots = [small_lot(tmp_path, number) for number in range(1, 8)]
    make_static_limits(lots[:6], tmp_path / "static.json")
    plain_house.ingest([lots[6]], workers="inline")
    assert plain_house.lot("SIM00007")["runs"][0]["temperature"] == "25"
    assert {corecar.read(lots[0]).runs["temperature"][0].as_py()} == {"25C"}
    plain_house.limits_propose([str(tmp_path / "static.json")])
    plain_house.limits_approve("1", reason="agreed")
    plain_house.limits_release("1", out=tmp_path / "tester")
    for static in ("in-force", tmp_path / "static.json"):
        graded = plain_house.grade("SIM00007", static=static)
        assert not [why for why in graded["hold"] if "static-pat" in why]
        assert graded["details"][0]["rejected_by_screen"].get("static-pat", 0) > 0


def test_limits_come_from_lots_as_they_were_graded(plain_house: Workspace, tmp_path: Path) -> None:
    plain_house.ingest([write_lot(tmp_path, number) for number in range(1, 7)], workers="inline")
    with pytest.raises(NotFound, match=r"L1 was not graded yet. Grade it first: corecar grade L1"):
        plain_house.limits_propose(["L1"])
    recipe = tmp_path / "ours.toml"
    recipe.write_text('[recipe]\nname = "ours"\n[dynamic-pat]\nwidth = 5.0\ninclude = ["IDD"]\n', encoding="utf-8")
    for number in range(1, 7):
        plain_house.grade(f"L{number}", recipe=recipe)
    with pytest.raises(TooFewParts, match="1 lot of 30 parts or more: static limits need 6"):
        plain_house.limits_propose(["L1"])
    early = plain_house.limits_propose(["L1"], preliminary=True)
    assert early["notes"] == ["preliminary: 1 lot, fewer than 6"]
    assert early["said"].endswith("corecar limits approve NUMBER --reason WHY")
    assert "preliminary: 1 lot, fewer than 6" in plain_house.limits_approve("1", reason="to begin with")["notes"]
    released = plain_house.limits_release("1", out=tmp_path / "tester")
    assert released["notes"][0] == "preliminary: 1 lot, fewer than 6"
    assert "(1 test, preliminary) is released" in released["said"]
    whole = plain_house.limits_propose([f"L{number}" for number in range(1, 7)])
    assert whole["notes"] == []
    shown = plain_house.limits_show("2")
    assert shown["facts"]["from"] == "lots L1, L2, L3, L4, L5, L6 by ours 1"
    values = np.concatenate([corecar.read(tmp_path / f"L{number}.stdf").matrix()[1] for number in range(1, 7)])
    formula = corecar.screen.dynamic_limits(values, width=5.0, low_limit=-30.0, high_limit=30.0)
    assert [(row["name"], row["low"], row["high"]) for row in shown["limits"]] == [("IDD", formula.low, formula.high)]
    plain_house.grade("L2")
    with pytest.raises(ArgumentError, match="lots L1 and L2 were graded by different recipes"):
        plain_house.limits_propose(["L1", "L2"], preliminary=True)


def test_a_lot_of_wafers_gives_limits_too(plain_house: Workspace, tmp_path: Path) -> None:
    plain_house.ingest([small_lot(tmp_path, 1)], workers="inline")
    plain_house.grade("SIM00001")
    rows = plain_house.limits_propose(["SIM00001"], preliminary=True)["rows"]
    assert [row["tests"] > 0 for row in rows] == [True]


def test_the_tester_gets_what_the_layout_says(plain_house: Workspace, static: Path, tmp_path: Path) -> None:
    plain_house.limits_propose([str(static)])
    plain_house.limits_approve("1", reason="agreed")
    layout = tmp_path / "layout.toml"
    layout.write_text('[file]\nseparater = ";"\n', encoding="utf-8")
    with pytest.raises(MappingError, match=r"there is no key separater. Did you mean separator"):
        plain_house.limits_release("1", out=tmp_path / "tester", layout=layout)
    assert plain_house.limits_show("1")["facts"]["state"] == "approved"
    layout.write_text(
        '[file]\nseparator = ";"\ndecimal = ","\nabove = ["LIMITS {set}"]\ndigits = 3\norder = ["name"]\n'
        '[[column]]\ntitle = "Test"\nfield = "name"\n[[column]]\ntitle = "Mode"\ntext = "PAT"\n'
        '[[column]]\ntitle = "Hi"\nfield = "high"\n[[column]]\ntitle = "Lo"\nfield = "low"\n', encoding="utf-8",
    )  # fmt: skip
    sheet, book = plain_house.limits_release("1", out=tmp_path / "tester", layout=layout)["written"]
    exact = {row["name"]: (row["low"], row["high"]) for row in plain_house.limits_show("1")["limits"]}
    lines = Path(sheet).read_text(encoding="utf-8").splitlines()
    assert lines[:2] == ["LIMITS P final test v1", "Test;Mode;Hi;Lo"]
    assert [line.split(";")[:2] for line in lines[2:]] == [["IDD", "PAT"], ["VREF", "PAT"]]
    for line in lines[2:]:
        name, _, high, low = line.replace(",", ".").split(";")
        assert exact[name][0] <= float(low) <= exact[name][0] + 0.01
        assert exact[name][1] - 0.01 <= float(high) <= exact[name][1]
    cells = CalamineWorkbook.from_path(book).get_sheet_by_name("Limits").to_python()
    assert cells[1] == ["Test", "Mode", "Hi", "Lo"]
    assert [row[:2] for row in cells[2:]] == [["IDD", "PAT"], ["VREF", "PAT"]]
    assert cells[2][2] == float(lines[2].replace(",", ".").split(";")[2])


def test_what_the_shipped_layout_writes_can_be_tried_with_relimit(
    plain_house: Workspace, static: Path, tmp_path: Path
) -> None:
    plain_house.limits_propose([str(static)])
    plain_house.limits_approve("1", reason="agreed")
    sheet = plain_house.limits_release("1", out=tmp_path / "tester")["written"][0]
    shown = {row["number"]: (row["low"], row["high"]) for row in plain_house.limits_show("1")["limits"]}
    assert {limit.number: (limit.low, limit.high) for limit in read_limits(sheet)} == shown
    with Path(sheet).open(encoding="utf-8", newline="") as lines:
        assert [row["name"] for row in csv.DictReader(lines)] == ["VREF", "IDD"]


def test_what_waits_for_a_person_stands_in_the_to_do_list(house: Workspace, static: Path, tmp_path: Path) -> None:
    house.limits_propose([str(static)])
    assert [row["kind"] for row in house.todo()["rows"]] == ["limits to approve"]
    house.limits_approve("1", reason="agreed")
    assert [row["kind"] for row in house.todo()["rows"]] == ["limits to release"]
    house.limits_release("1", out=tmp_path / "tester")
    assert house.todo()["rows"] == []
    house.ingest([write_lot(tmp_path, number, day=10 + number) for number in range(11, 18)], workers="inline")
    assert house.todo()["rows"] == []
    house.ingest([write_lot(tmp_path, 18, day=40)], workers="inline")
    due = house.todo()["rows"]
    assert [(row["kind"], row["what"]) for row in due] == [("limits to review", "P final test v1")]
    assert "AEC-Q001 asks for a review: 8 lots since the limits were set" in due[0]["why"]
    house.limits_review("1", reason="looked at the last eight lots: they stand")
    assert house.todo()["rows"] == []


def test_limits_of_some_age_are_due_for_a_review(plain_house: Workspace, static: Path, tmp_path: Path) -> None:
    plain_house.limits_propose([str(static)])
    plain_house.limits_approve("1", reason="agreed")
    plain_house.limits_release("1", out=tmp_path / "tester")
    assert plain_house.limits_list()["rows"][0]["review_by"] == (START + timedelta(days=6 + 182)).isoformat()
    with plain_house.store.catalogue.writing() as session:
        session.execute(update(LimitSet).values(set_on=date(2025, 1, 6)))
    (due,) = plain_house.todo()["rows"]
    assert re.search(r"AEC-Q001 asks for a review: set \d+ days ago\.", due["why"])
    assert due["since"].date() == date(2025, 7, 7)


def test_the_commands_say_the_same(static: Path, tmp_path: Path) -> None:
    house = str(tmp_path / "house")
    assert runner.invoke(app, ["init", house]).exit_code == 0
    here = ["-w", house]
    assert "P final test v1" in runner.invoke(app, ["limits", "propose", str(static), *here]).output
    assert runner.invoke(app, ["limits", "approve", "1", "--reason", "agreed", *here]).exit_code == 0
    out = runner.invoke(app, ["limits", "release", "1", "--out", str(tmp_path / "tester"), *here])
    assert "wrote: " in out.output
    listed = runner.invoke(app, ["limits", "list", "--csv", *here]).output
    assert "P final test v1" in listed
    lot = write_lot(tmp_path, 7, outlier=15.0)
    assert runner.invoke(app, ["ingest", str(lot), *here]).exit_code == 0
    graded = runner.invoke(app, ["grade", "L7", "--static", "in-force", *here])
    assert "limit set 1 (P final test v1)" in " ".join(graded.output.split())
