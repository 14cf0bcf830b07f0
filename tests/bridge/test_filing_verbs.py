"""A run without a lot waits, and a person sets it right without reading it again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from tests.bridge.houses import house_in, small_lot

from corecar.bridge.workspace import Workspace
from corecar.errors import AccessDenied, ArgumentError, MappingError, NotFound, WrongState
from corecar.store.catalogue.models import Correction

ONLY_KNOWN = """
products = ["OTHER"]
"""


def test_an_unknown_product_waits_and_is_corrected(tmp_path: Path) -> None:
    lot, mapping = small_lot(tmp_path, 1), tmp_path / "mapping.toml"
    mapping.write_text(ONLY_KNOWN)
    with house_in(tmp_path / "w") as house:
        house.mapping_set(mapping)
        assert house.ingest([lot], workers="inline")["unfiled"] == 1
        assert house.lots()["rows"] == []
        waiting = house.todo()["rows"][0]
        assert "is not among" in waiting["why"]
        assert "mapping.toml" in waiting["why"]
        assert "/tmp/" not in waiting["why"].replace(str(tmp_path), "")
        house.correct(waiting["what"], product="OTHER", reason="ask the designer")
        assert house.todo()["rows"] == []
        assert house.lots()["rows"][0]["product"] == "OTHER"
        assert 'products = ["OTHER"]' in house.mapping_show()
        with house.store.catalogue.reading() as session:
            kept = session.scalars(select(Correction)).one()
            assert (kept.fact, kept.old, kept.new, kept.reason) == ("product", "DEMO-HSD4", "OTHER", "ask the designer")


def test_a_mapping_is_drafted_from_the_runs_that_are_there_and_can_be_set(tmp_path: Path) -> None:
    incoming, draft = tmp_path / "in", tmp_path / "draft.toml"
    with house_in(tmp_path / "w") as house:
        with pytest.raises(NotFound, match="no run is there to learn from"):
            house.mapping_propose()
        for seed, name in ((1, "acme"), (2, "borg"), (3, "acme")):
            (incoming / name).mkdir(parents=True, exist_ok=True)
            lot = small_lot(tmp_path, seed)
            lot.rename(incoming / name / f"SIM_{seed}_FT1_HOT.stdf")
        house.ingest([incoming], recursive=True, workers="inline")
        draft.write_text(house.mapping_propose())
        assert "FT" in draft.read_text()
        tried = house.mapping_try(draft)
        assert (tried["runs"], tried["unfiled"]) == (3, 0)
        house.mapping_set(draft)
        assert house.mapping_show() == draft.read_text()


def test_a_correction_needs_a_reason_and_a_fact(tmp_path: Path) -> None:
    with house_in(tmp_path / "w") as house:
        house.ingest([small_lot(tmp_path, 1)], workers="inline")
        with pytest.raises(ArgumentError, match="needs a reason"):
            house.correct("SIM00001", lot="X", reason=" ")
        with pytest.raises(ArgumentError, match="nothing to correct"):
            house.correct("SIM00001", reason="because")


def test_runs_that_are_corrected_into_one_lot_are_one_lot(tmp_path: Path) -> None:
    with house_in(tmp_path / "w") as house:
        house.ingest([small_lot(tmp_path, 1), small_lot(tmp_path, 2)], workers="inline")
        house.correct("SIM00002", lot="SIM00001", reason="mistyped")
        assert [row["lot"] for row in house.lots()["rows"]] == ["SIM00001"]
        assert len(house.lot("SIM00001")["runs"]) == 2
        house.grade("SIM00001")
        assert house.verify()["sound"]


def test_a_mapping_is_tried_before_it_is_set(tmp_path: Path) -> None:
    mapping, bad = tmp_path / "m.toml", tmp_path / "bad.toml"
    mapping.write_text('lot = [{ field = "file", pattern = "^(lot[0-9])" }]\n')
    bad.write_text('lto = "x"\n')
    with house_in(tmp_path / "w") as house:
        house.ingest([small_lot(tmp_path, 1)], workers="inline")
        tried = house.mapping_try(mapping)
        assert (tried["moved"], tried["rows"][0]["lot then"]) == (1, "lot1")
        assert house.lots()["rows"][0]["lot"] == "SIM00001"
        with pytest.raises(MappingError):
            house.mapping_set(bad)
        assert "No mapping was set" in house.mapping_show()


@pytest.fixture
def stopped(tmp_path: Path) -> Iterator[Workspace]:
    """A workspace with accounts: ann and bob of quality, and one lot."""
    with house_in(tmp_path / "w") as house:
        house.ingest([small_lot(tmp_path, 1)], workers="inline")
        for person in ("ann", "bob"):
            house.people_add(person, role="quality")
        yield house


def acting(house: Workspace, person: str) -> Workspace:
    return Workspace(house.store, person)


def history(house: Workspace, lot: str) -> list[tuple[str, str]]:
    return [(event["state"], event["reason"]) for event in house.lot(lot)["history"]]


@pytest.mark.parametrize(("action", "word"), [("quarantine", "out of quarantine first"), ("scrap", "was destroyed")])
def test_runs_stay_with_a_lot_that_is_locked_away_or_scrapped(stopped: Workspace, action: str, word: str) -> None:
    stopped.call(action, "SIM00001", reason="cracked")
    with pytest.raises(WrongState, match=word):
        stopped.correct("SIM00001", lot="NEWLOT", reason="typo")
    assert [row["lot"] for row in stopped.lots()["rows"]] == ["SIM00001"]
    assert stopped.correct("SIM00001", sublot="7", reason="typo")["runs"]


def test_a_hold_goes_with_the_run_and_the_rule_of_two_persons_with_it(stopped: Workspace) -> None:
    ann, bob = acting(stopped, "ann"), acting(stopped, "bob")
    ann.hold("SIM00001", reason="cracked")
    ann.correct("SIM00001", lot="NEWLOT", reason="typo")
    assert [(row["lot"], row["state"]) for row in ann.lots()["rows"]] == [("NEWLOT", "held")]
    told = history(ann, "NEWLOT")
    assert any("came from lot SIM00001: typo" in why for _, why in told)
    assert told[-1][0] == "held"
    ann.grade("NEWLOT")
    with pytest.raises(AccessDenied, match="another person has to release it"):
        ann.release("NEWLOT", reason="fine")
    assert bob.release("NEWLOT", reason="looked at it")["state"] == "released"
    bob.correct("NEWLOT", lot="SIM00001", reason="it was right")
    assert any("was filed to lot NEWLOT: typo" in why for _, why in history(bob, "SIM00001"))
    assert [row["what"] for row in bob.todo()["rows"]] == ["SIM00001"]


def test_a_lot_is_named_by_its_number_also_where_another_has_that_number_for_a_name(tmp_path: Path) -> None:
    with house_in(tmp_path / "w") as house:
        for seed in (1, 2, 3):
            house.ingest([small_lot(tmp_path, seed)], workers="inline")
        house.correct("SIM00001", lot="DUP", product="P1", reason="x")
        house.correct("SIM00002", lot="DUP", product="P2", reason="x")
        numbers = {row["product"]: row["number"] for row in house.lots()["rows"]}
        house.correct("SIM00003", lot=str(numbers["P1"]), reason="x")
        with pytest.raises(NotFound, match=f"number:{numbers['P1']} "):
            house.scrap("DUP", reason="cracked")
        house.scrap(f"number:{numbers['P1']}", reason="cracked")
        states = {row["product"]: row["state"] for row in house.lots()["rows"]}
        assert (states.pop("P1"), set(states.values())) == ("scrapped", {"received"})
        for odd in ("\u00b2", "9" * 30, "number:x"):
            with pytest.raises(NotFound):
                house.lot(odd)
