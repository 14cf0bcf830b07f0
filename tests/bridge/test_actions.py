"""Actions upon findings in a workspace of fictional lots: opened, overdue, confirmed by figures or not, closed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.bridge.houses import small_lot

import corecar
from corecar.bridge.workspace import Workspace
from corecar.errors import ArgumentError, Conflict, NotFound

MAPPING = """
[columns]
step = { text = "wire bond" }
lot = "lot"
characteristic = { text = "wire pull" }
value = "pull"
time = "time"
"""
LATER = datetime(2099, 1, 1, tzinfo=UTC)


@pytest.fixture
def house(tmp_path: Path, catalogue_url: str) -> Iterator[Workspace]:
    """A workspace on SQLite, and one on PostgreSQL."""
    with corecar.init(tmp_path / "house", owner="Demo House", database=catalogue_url) as made:
        yield made


def opened(house: Workspace, **changed: Any) -> int:
    given = {"kind": "assembly", "measure": "assembly", "subject": "wire pull", "expected": 0.5, "responsible": "Lin",
             "due": LATER}  # fmt: skip
    return int(house.action_open("Pull is low on WB-07.", **{**given, **changed})["action"])


def opened_on_yield(house: Workspace, **changed: Any) -> int:
    """An action that needs nothing to be measured yet."""
    return opened(house, **{"kind": "yield", "measure": "yield", "subject": None, "expected": 0.02, **changed})


def put_pulls(house: Workspace, folder: Path, means: dict[str, float]) -> None:
    """Wire pulls [gf], 60 a lot, the lots a day apart."""
    random = np.random.default_rng(3)
    lines = [
        f"{lot},{random.normal(mean, 0.4):.3f},2026-11-{day:02d} 08:{n:02d}\n"
        for day, (lot, mean) in enumerate(means.items(), start=1)
        for n in range(60)
    ]
    (folder / "map.toml").write_text(MAPPING, encoding="utf-8")
    (folder / "pull.csv").write_text("lot,pull,time\n" + "".join(lines), encoding="utf-8")
    house.assembly_ingest(folder / "pull.csv", mapping=folder / "map.toml")


def test_a_gain_that_is_there_is_confirmed_with_its_figures(house: Workspace, tmp_path: Path) -> None:
    put_pulls(house, tmp_path, {"A1": 8.0, "A2": 8.0, "A3": 9.0, "A4": 9.0})
    number = opened(house)
    found = house.action_confirm(number, before=["A1", "A2"], after=["A3", "A4"])
    values = {lot: [row["value"] for row in house.assembly_values(lot)["rows"]] for lot in ("A1", "A2", "A3", "A4")}
    (row,) = found["rows"]
    assert (found["state"], row["n_before"], row["n_after"]) == ("confirmed", 120, 120)
    assert row["before"] == pytest.approx(np.mean(values["A1"] + values["A2"]))
    assert row["after"] == pytest.approx(np.mean(values["A3"] + values["A4"]))
    assert row["change"] == pytest.approx(row["after"] - row["before"])
    assert row["p"] < 1e-6
    shown = house.action_show(number)
    assert shown["comparisons"][0]["change"] == row["change"]
    assert [step["state"] for step in shown["history"]] == ["open", "confirmed"]


@pytest.mark.parametrize(
    ("after", "expected", "why"),
    [
        (8.05, 0.5, "does not reach"),
        (9.0, 2.0, "does not reach"),
        (9.0, -0.5, "does not reach"),
        (8.0, 1e-9, "chance|reach"),
    ],
)
def test_a_gain_that_is_not_there_is_not_confirmed(
    house: Workspace, tmp_path: Path, after: float, expected: float, why: str
) -> None:
    put_pulls(house, tmp_path, {"A1": 8.0, "A2": after})
    found = house.action_confirm(opened(house, expected=expected), before=["A1"], after=["A2"])
    assert found["state"] == "not confirmed"
    assert any(word in found["said"] for word in why.split("|"))


def test_lots_are_told_apart_by_the_moment_of_the_change(house: Workspace, tmp_path: Path) -> None:
    put_pulls(house, tmp_path, {"A1": 8.0, "A2": 8.0, "A3": 9.0})
    number = opened(house)
    house.action_confirm(number, changed=datetime(2026, 11, 3))
    figures = house.action_show(number)["details"]["figures"][0]
    assert (figures["lots_before"], figures["lots_after"]) == (["A1", "A2"], ["A3"])
    with pytest.raises(NotFound, match="no lot began after"):
        house.action_confirm(number, changed=datetime(2027, 1, 1))


def test_a_spread_is_compared_as_a_standard_deviation(house: Workspace, tmp_path: Path) -> None:
    put_pulls(house, tmp_path, {"A1": 8.0, "A2": 9.0, "A3": 9.0})
    number = opened(house, figure="sd", expected=-0.2)
    found = house.action_confirm(number, before=["A1", "A2"], after=["A3"])
    assert found["rows"][0]["after"] == pytest.approx(0.4, rel=0.25)
    assert found["rows"][0]["before"] > 0.55
    assert found["state"] == "confirmed"


@pytest.mark.parametrize("measure", ["yield", "test time", "reading"])
def test_tested_lots_are_compared_by_what_their_files_hold(house: Workspace, tmp_path: Path, measure: str) -> None:
    house.ingest([small_lot(tmp_path, 1), small_lot(tmp_path, 2)], workers="inline")
    subject = "1000" if measure == "reading" else None
    number = opened(house, measure=measure, subject=subject, expected=-1000.0, kind="other")
    found = house.action_confirm(number, before=["SIM00001"], after=["SIM00002"])
    (row,) = found["rows"]
    lots = {row["lot"]: row for row in house.lots()["rows"]}
    if measure == "yield":
        assert row["before"] == pytest.approx(lots["SIM00001"]["final_yield"])
        assert row["after"] == pytest.approx(lots["SIM00002"]["final_yield"])
    else:
        truth = [corecar.read(tmp_path / f"lot{n}.stdf") for n in (1, 2)]
        column = "test_time_ms"
        wanted = ([np.mean(lot.parts[column].to_numpy()) for lot in truth] if measure == "test time" else
                  [np.mean(house.readings(f"SIM0000{n}", "1000")["value"].to_numpy()) for n in (1, 2)])  # fmt: skip
        assert [row["before"], row["after"]] == pytest.approx(wanted)
    assert found["state"] == "not confirmed"


def test_an_action_past_its_day_is_among_what_is_to_do(house: Workspace) -> None:
    late = opened_on_yield(house, due=datetime.now(UTC) - timedelta(days=1))
    opened_on_yield(house)
    (row,) = house.todo()["rows"]
    assert (row["kind"], row["what"]) == ("overdue action", str(late))
    assert "Lin" in row["why"]
    assert [row["action"] for row in house.action_list(overdue=True)["rows"]] == [late]
    house.action_close(late, reason="the machine was sold")
    assert house.todo()["rows"] == []


def test_the_history_is_only_added_to(house: Workspace) -> None:
    number = opened_on_yield(house)
    house.action_note(number, text="New capillary ordered.")
    house.action_close(number, reason="Given up.")
    steps = [(step["step"], step["state"], step["said"]) for step in house.action_show(number)["history"]]
    assert steps == [
        ("open", "open", "Pull is low on WB-07."), ("note", "open", "New capillary ordered."),
        ("close", "closed", "Given up. (was open)"),
    ]  # fmt: skip
    with pytest.raises(Conflict, match="closed"):
        house.action_note(number, text="x")
    with pytest.raises(Conflict, match="closed"):
        house.action_close(number, reason="x")


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"subject": None}, "characteristic"),
        ({"subject": " "}, "characteristic"),
        ({"measure": "yield"}, 'measure "yield" compares whole lots'),
        ({"expected": 0.0}, "other than 0"),
        ({"measure": "yield", "figure": "sd"}, "does not go with"),
        ({"responsible": " "}, "name a person"),
    ],
)
def test_an_action_that_could_not_be_confirmed_is_not_opened(
    house: Workspace, changed: dict[str, Any], told: str
) -> None:
    with pytest.raises(ArgumentError, match=told):
        opened(house, **changed)
    assert house.action_list()["rows"] == []


def test_a_lot_cannot_be_before_and_after(house: Workspace, tmp_path: Path) -> None:
    put_pulls(house, tmp_path, {"A1": 8.0, "A2": 9.0})
    with pytest.raises(ArgumentError, match="A1 is before and after"):
        house.action_confirm(opened(house), before=["A1"], after=["A1", "A2"])


def test_another_party_does_not_see_the_actions(house: Workspace, tmp_path: Path) -> None:
    number = opened_on_yield(house)
    house.parties_add("Chips Ltd")
    house.people_add("boss", role="administrator")
    with corecar.open(tmp_path / "house", actor="boss") as boss:
        boss.people_add("guest", role="engineer", party="Chips Ltd")
        with pytest.raises(NotFound, match="nobody of"):
            opened_on_yield(boss, responsible="guest")
        with pytest.raises(NotFound, match='Did you mean "boss"'):
            opened_on_yield(boss, responsible="Boss")
    with corecar.open(tmp_path / "house", actor="guest") as guest:
        assert guest.action_list()["rows"] == []
        with pytest.raises(NotFound, match=f"no action {number}"):
            guest.action_show(number)


def test_the_same_call_again_opens_nothing_twice(house: Workspace) -> None:
    numbers = {opened_on_yield(house, idempotency_key="one") for _ in range(2)}
    assert len(numbers) == len(house.action_list()["rows"]) == 1


def test_a_subject_that_is_not_there_is_refused_with_the_one_that_was_meant(house: Workspace, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r'no characteristic "wire pull" was measured\. Nothing of the kind'):
        opened(house)
    put_pulls(house, tmp_path, {"A1": 8.0})
    with pytest.raises(NotFound, match=r'no characteristic "wire pul" was measured\. Did you mean "wire pull"\?'):
        opened(house, subject="wire pul")
    house.ingest([small_lot(tmp_path, 1)], workers="inline")
    with pytest.raises(NotFound, match=r"number 100, .*no test fits|number 100: no test fits"):
        opened(house, measure="reading", subject="100")
    with pytest.raises(NotFound, match=r"Close to it: .*1000"):
        opened(house, measure="reading", subject="10000")
    assert house.action_list()["rows"] == []
    assert opened(house, measure="reading", subject="1000") == 1


def test_a_product_that_is_not_there_is_refused_with_the_one_that_was_meant(house: Workspace, tmp_path: Path) -> None:
    house.ingest([small_lot(tmp_path, 1)], workers="inline")
    product = house.lots()["rows"][0]["product"]
    with pytest.raises(NotFound, match=f'Did you mean "{product}"'):
        opened_on_yield(house, product=f"{product}X")
    number = opened(house, measure="reading", subject="1000", product=product)
    assert house.action_show(number)["facts"]["product"] == product


def test_a_comparison_made_twice_is_kept_once(house: Workspace, tmp_path: Path) -> None:
    put_pulls(house, tmp_path, {"A1": 8.0, "A2": 9.0, "A3": 8.0})
    number = opened(house)
    first = house.action_confirm(number, before=["A1"], after=["A2"])
    again = house.action_confirm(number, before=["A1"], after=["A2"])
    assert "was confirmed by just these figures before" in again["said"]
    assert again["rows"] == first["rows"]
    assert len(house.action_show(number)["history"]) == 2
    turned = house.action_confirm(number, before=["A1"], after=["A3"])
    assert turned["state"] == "not confirmed"
    assert turned["notes"] == ["It was confirmed by the comparison before; both stay in its history."]
    assert [step["state"] for step in house.action_show(number)["history"]] == ["open", "confirmed", "not confirmed"]


def test_closing_says_whether_the_gain_was_ever_compared(house: Workspace, tmp_path: Path) -> None:
    put_pulls(house, tmp_path, {"A1": 8.0, "A2": 9.0})
    never, there = opened(house), opened(house)
    assert "never compared" in house.action_close(never, reason="Given up.")["notes"][0]
    house.action_confirm(there, before=["A1"], after=["A2"])
    assert house.action_close(there, reason="Done.")["notes"] == []
    for number in (never, there):
        with pytest.raises(Conflict, match=f"action {number} is closed"):
            house.action_confirm(number, before=["A1"], after=["A2"])


def test_opening_upon_the_same_finding_twice_is_noted(house: Workspace, tmp_path: Path) -> None:
    put_pulls(house, tmp_path, {"A1": 8.0})
    first = opened(house)
    again = house.action_open("Pull is low on WB-07.", kind="assembly", measure="assembly", subject="wire pull",
                              expected=0.5, responsible="Lin", due=LATER)  # fmt: skip
    assert again["action"] != first
    assert again["notes"][0].startswith(f"Action {first} is open upon the same finding (Lin until 2099-01-01).")
    house.action_close(first, reason="Opened twice.")
    house.action_close(again["action"], reason="Opened twice.")
    fresh = house.action_open("Pull is low on WB-07.", kind="assembly", measure="assembly", subject="wire pull",
                              expected=0.5, responsible="Lin", due=LATER)  # fmt: skip
    assert fresh["notes"] == []
