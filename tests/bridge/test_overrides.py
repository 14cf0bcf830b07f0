"""Overrides of rejected parts, on SQLite and on PostgreSQL: decided by two people, applied in grading."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import select
from tests.bridge.houses import small_lot
from typer.testing import CliRunner

import corecar
from corecar.bridge.workspace import Workspace
from corecar.cli.app import app
from corecar.errors import AccessDenied, ArgumentError, Conflict, MappingError, NotFound, SourceMissing, WrongState
from corecar.formats.maps import read_map
from corecar.screen.overrides import Override, let_through
from corecar.store.catalogue.overriding import OverrideState

LOT, UNIT, SCREENS = "SIM00001", "W01 (2, 2)", ["dynamic-pat"]


@pytest.fixture
def house(tmp_path: Path, catalogue_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """A graded lot in a workspace whose catalogue is a SQLite file, and in one on a PostgreSQL server."""
    monkeypatch.setenv("CORECAR_DATABASE_URL", catalogue_url)
    yield from _graded(tmp_path)


@pytest.fixture
def plain_house(tmp_path: Path) -> Iterator[Workspace]:
    yield from _graded(tmp_path)


def _graded(folder: Path) -> Iterator[Workspace]:
    with corecar.init(folder / "house", owner="Demo House") as opened:
        opened.ingest([small_lot(folder, 1)], workers="inline")
        opened.grade(LOT, out=folder / "before")
        yield opened


def parts_in(folder: Path) -> dict[str, dict[str, str]]:
    with (folder / "parts.csv").open(encoding="utf-8", newline="") as file:
        return {row["unit"]: row for row in csv.DictReader(file)}


def summary_in(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    return found


def propose(house: Workspace, *parts: str, reason: str = "looked at under the microscope") -> int:
    number: int = house.override_propose(LOT, list(parts or (UNIT,)), screens=SCREENS, reason=reason)["rows"][0][
        "number"
    ]
    return number


def failed_unit(folder: Path) -> str:
    return next(unit for unit, row in parts_in(folder).items() if row["shippable"] == "false" and not row["reasons"])


def test_an_approved_override_ships_the_part_and_tells_it_everywhere(house: Workspace, tmp_path: Path) -> None:
    before = summary_in(tmp_path / "before")
    assert parts_in(tmp_path / "before")[UNIT]["shippable"] == "false"
    number = propose(house)
    house.grade(LOT, out=tmp_path / "proposed")
    assert summary_in(tmp_path / "proposed")["overridden"] == 0
    answer = house.override_approve(number, reason="agreed")
    assert answer["two_persons"].startswith("Not enforced: a workspace without accounts")
    graded = house.grade(LOT, out=tmp_path / "after")
    after, row = summary_in(tmp_path / "after"), parts_in(tmp_path / "after")[UNIT]
    assert "1 of them by override" in graded["said"]
    assert (after["overridden"], after["shippable"], after["rejected"]) == (
        1, before["shippable"] + 1, before["rejected"] - 1,
    )  # fmt: skip
    assert (row["shippable"], row["old_hard_bin"], row["new_hard_bin"], row["override"]) == (
        "true", "1", "1", str(number),
    )  # fmt: skip
    assert row["reasons"].startswith("dynamic-pat: ")
    assert f"; override {number}, approved by " in row["reasons"]
    assert row["reasons"].endswith("(rule of two persons not enforced), looked at under the microscope")
    assert after["rejected_by_screen"] == before["rejected_by_screen"]
    page = (tmp_path / "after" / "report.html").read_text(encoding="utf-8")
    assert "Overrides" in page
    assert "looked at under the microscope" in page
    assert "1 of them let through by override" in page


def test_rebinned_files_and_maps_agree_with_the_override(plain_house: Workspace, tmp_path: Path) -> None:
    plain_house.override_approve(propose(plain_house), reason="agreed")
    plain_house.grade(LOT, out=tmp_path / "after")
    for folder, rejected in (("before", 1), ("after", 0)):
        again = corecar.read(next((tmp_path / folder).glob("*.screened.stdf")))
        final = again.parts["hard_bin"].to_numpy()[again.final]
        bins = {str(bin_): count for bin_, count in zip(*np.unique(final, return_counts=True), strict=True)}
        assert bins.get("90", 0) == rejected
        assert bins == {k: v for k, v in summary_in(tmp_path / folder)["hard_bins_after"].items() if k}
        before, after = (read_map(tmp_path / folder / "maps" / f"W01.{when}.xml") for when in ("before", "after"))
        assert int((before.bins != after.bins).sum()) == rejected


def test_who_proposed_does_not_approve(house: Workspace, tmp_path: Path) -> None:
    for name, role in (("ann", "quality"), ("bob", "quality"), ("eve", "reader")):
        house.people_add(name, role=role)
    folder = house.store.folder
    with (
        corecar.open(folder, actor="ann") as anns,
        corecar.open(folder, actor="bob") as bobs,
        corecar.open(folder, actor="eve") as eves,
    ):
        number = propose(anns)
        with pytest.raises(AccessDenied, match=f"ann proposed override {number}, so another person has to approve it"):
            anns.override_approve(number, reason="fine by me")
        for verb in ("override_approve", "override_withdraw"):
            with pytest.raises(AccessDenied):
                eves.call(verb, number, reason="x")
        with pytest.raises(AccessDenied):
            propose(eves)
        answer = bobs.override_approve(number, reason="agreed")
        assert answer["two_persons"] == "Proposed by ann, approved by bob."
        bobs.grade(LOT, out=tmp_path / "after")
        reasons = parts_in(tmp_path / "after")[UNIT]["reasons"]
        assert reasons.endswith(f"override {number}, approved by bob, proposed by ann, looked at under the microscope")
        (row,) = eves.override_list()["rows"]
        assert eves.override_list(lot="number:1")["rows"] == eves.override_list(lot=LOT)["rows"] == [row]
        assert eves.override_list(lot="number:2")["rows"] == []
        assert (row["proposed_by"], row["approved_by"], row["state"]) == ("ann", "bob", "approved")
    audited = [row["verb"] for row in house.audit()["rows"]]
    assert {"override_propose", "override_approve"} <= {verb.replace(" ", "_") for verb in audited}


def test_parts_that_no_override_may_name(plain_house: Workspace, tmp_path: Path) -> None:
    failed = failed_unit(tmp_path / "before")
    good = next(unit for unit, row in parts_in(tmp_path / "before").items() if row["shippable"] == "true")
    with pytest.raises(Conflict, match=r"failed at the tester .* No override lets such a part through"):
        propose(plain_house, UNIT, failed)
    with pytest.raises(Conflict, match="no screen rejected it when the lot was last graded"):
        propose(plain_house, good)
    with pytest.raises(NotFound, match=r'has no part "W01 \(2, 222\)".* Did you mean .*"W01 \(2, 2\)"'):
        propose(plain_house, "W01,2,222")
    with pytest.raises(Conflict, match=r"was rejected by dynamic-pat .* Name these as well: dynamic-pat"):
        plain_house.override_propose(LOT, [UNIT], screens=["gdbn"], reason="x")
    with pytest.raises(ArgumentError, match="needs parts, --screens and a reason"):
        propose(plain_house, reason=" ")
    assert plain_house.override_list()["rows"] == []


def test_parts_are_named_by_place_by_id_and_in_a_table(plain_house: Workspace, tmp_path: Path) -> None:
    part_id = parts_in(tmp_path / "before")[UNIT]["part_id"]
    table, empty = tmp_path / "let.csv", tmp_path / "empty.csv"
    table.write_text("wafer,x,y\nW01,2,2\n", encoding="utf-8")
    empty.write_text("wafer,x,y\nW01,2,\n", encoding="utf-8")
    for named in ("W01,2,2", UNIT, part_id, str(table)):
        row = plain_house.override_propose(LOT, [named], screens=SCREENS, reason="x")["rows"][0]
        assert (row["units"], row["parts"]) == (UNIT, 1)
    with pytest.raises(MappingError, match="line 2: no part is named"):
        propose(plain_house, str(empty))
    with pytest.raises(SourceMissing):
        propose(plain_house, str(tmp_path / "none.csv"))


def test_a_withdrawn_override_lets_nothing_through_and_history_only_grows(house: Workspace, tmp_path: Path) -> None:
    number = propose(house)
    with pytest.raises(ArgumentError, match="needs a reason"):
        house.override_approve(number, reason=" ")
    house.override_approve(number, reason="agreed")
    house.grade(LOT)
    house.override_withdraw(number, reason="the customer said no")
    house.grade(LOT, out=tmp_path / "after")
    assert summary_in(tmp_path / "after")["overridden"] == 0
    assert parts_in(tmp_path / "after")[UNIT]["new_hard_bin"] == "90"
    for verb in ("override_approve", "override_withdraw"):
        with pytest.raises(WrongState, match=r"is withdrawn, so .* Nothing more can be done"):
            house.call(verb, number, reason="x")
    with pytest.raises(NotFound, match="no override 99"):
        house.override_approve(99, reason="x")
    with house.store.catalogue.reading() as session:
        steps = [
            (row.action, row.state, row.reason)
            for row in session.scalars(select(OverrideState).order_by(OverrideState.id))
        ]
    assert steps == [
        ("propose", "proposed", "looked at under the microscope"), ("approve", "approved", "agreed"),
        ("withdraw", "withdrawn", "the customer said no"),
    ]  # fmt: skip


def test_another_recipe_keeps_an_override_only_while_its_screens_reject(plain_house: Workspace, tmp_path: Path) -> None:
    number = propose(plain_house)
    plain_house.override_approve(number, reason="agreed")
    lax = tmp_path / "lax.toml"
    text = (Path(corecar.__file__).parent / "screen" / "recipes" / "aec-q001.toml").read_text(encoding="utf-8")
    assert "width = 6.0" in text
    lax.write_text(text.replace("width = 6.0", "width = 60.0", 1), encoding="utf-8")
    graded = plain_house.grade(LOT, recipe=str(lax), out=tmp_path / "after")
    assert f"Override {number} lets {UNIT} through no more: no screen rejects it." in graded["notes"]
    assert summary_in(tmp_path / "after")["overridden"] == 0


def test_a_part_that_fails_later_or_is_gone_is_told_and_not_let_through(tmp_path: Path) -> None:
    grade = corecar.grade(small_lot(tmp_path, 1), out=tmp_path / "before")
    failed = failed_unit(tmp_path / "before")
    other = Override(1, (failed, "W09 (1, 1)"), ("dynamic-pat",), "ann", "bob", "x")
    found = let_through(grade, [other, Override(2, (UNIT,), ("gdbn",), "ann", "bob", "x")])
    assert found.dispositions.equals(grade.dispositions)
    assert found.notes[len(grade.notes) :] == (
        f"Override 1 lets {failed} through no more: it failed at the tester, and that no override changes.",
        "Override 1 lets W09 (1, 1) through no more: no such part was graded.",
        f"Override 2 lets {UNIT} through no more: dynamic-pat rejects it too, which the override does not name.",
    )


def test_the_command_line_says_what_python_says(plain_house: Workspace) -> None:
    where = ["-w", str(plain_house.store.folder)]
    run = CliRunner().invoke
    wide = {"COLUMNS": "300"}
    asked = ["override", "propose", LOT, "W01,2,2", "--screens", "dynamic-pat", "--reason", "looked at"]
    assert "Proposed: override 1 (1 part of lot SIM00001)" in run(app, [*asked, *where], env=wide).output
    approved = run(app, ["override", "approve", "1", "--reason", "agreed", *where], env=wide)
    assert "is approved (was proposed): agreed" in approved.output
    assert "Not enforced: a workspace without accounts" in approved.output
    assert "W01 (2, 2)" in run(app, ["override", "list", "--state", "approved", *where], env=wide).output
