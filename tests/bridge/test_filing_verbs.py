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


BY_FOLDER = """
required = ["customer"]

[[customer]]
field = "path"
pattern = "(?:^|/)in/([^/]+)/"
table = { acme = "Acme Motors" }
"""


def taken_in(folder: Path, house: Workspace) -> None:
    """Two lots below `in/acme` and one below `in/bert`, taken in by the mapping in force."""
    for seed, name in ((1, "acme"), (2, "acme"), (3, "bert")):
        (folder / "in" / name).mkdir(parents=True, exist_ok=True)
        small_lot(folder, seed).rename(folder / "in" / name / f"lot{seed}.stdf")
    house.ingest([folder / "in"], recursive=True, workers="inline")


def test_runs_that_wait_are_filed_by_a_new_mapping_at_once(tmp_path: Path) -> None:
    nobody, good = tmp_path / "nobody.toml", tmp_path / "good.toml"
    nobody.write_text('required = ["customer"]\n')
    good.write_text(BY_FOLDER)
    with house_in(tmp_path / "w") as house:
        house.mapping_set(nobody)
        taken_in(tmp_path, house)
        assert len(house.todo()["rows"]) == 3
        tried = house.mapping_try(good)
        assert (tried["come_in"], tried["stay_out"], tried["moved"]) == (2, 1, 0)
        assert '"bert" is not in' in tried["rows"][0]["why"]
        assert tried["said"] == "2 of 3 runs that wait would come into a lot."
        assert len(house.todo()["rows"]) == 3, "trying changed something"
        answer = house.mapping_set(good)
        assert (answer["filed"], answer["waiting"]) == (2, 1)
        assert "2 of 3 runs that waited came into a lot" in answer["said"]
        waits = house.todo()["rows"]
        assert [Path(row["file"]).name for row in waits] == ["lot3.stdf"]
        assert "good.toml: rule 1" in waits[0]["why"]
        assert sorted((row["lot"], row["customer"]) for row in house.lots()["rows"]) == [
            ("SIM00001", "Acme Motors"), ("SIM00002", "Acme Motors"),
        ]  # fmt: skip
        with house.store.catalogue.reading() as session:
            kept = session.scalars(select(Correction)).all()
            assert {(one.fact, one.old, one.new, one.reason) for one in kept} == {
                ("customer", None, "Acme Motors", "filed by the mapping good.toml")
            }
            assert len(kept) == 2
            assert all(one.by_id for one in kept)
        assert house.verify()["sound"]
        assert house.mapping_set(good)["filed"] == 0


def test_runs_in_a_lot_stay_there_under_a_new_mapping(tmp_path: Path) -> None:
    good = tmp_path / "good.toml"
    good.write_text(BY_FOLDER)
    with house_in(tmp_path / "w") as house:
        taken_in(tmp_path, house)
        assert house.mapping_try(good)["moved"] == 3
        assert house.mapping_set(good)["said"] == "Runs are filed by good.toml from now on."
        assert {row["customer"] for row in house.lots()["rows"]} <= {None, ""}


def test_what_a_person_corrected_stands_before_a_new_mapping(tmp_path: Path) -> None:
    unknown, good = tmp_path / "unknown.toml", tmp_path / "good.toml"
    unknown.write_text('products = ["OTHER"]\nrequired = ["customer"]\n')
    good.write_text(BY_FOLDER)
    with house_in(tmp_path / "w") as house:
        house.mapping_set(unknown)
        taken_in(tmp_path, house)
        waiting = next(row for row in house.todo()["rows"] if row["file"].endswith("lot1.stdf"))
        house.correct(waiting["what"], customer="Somebody else", reason="it says so on the box")
        house.mapping_set(good)
        found = {row["lot"]: row["customer"] for row in house.lots()["rows"]}
        assert found == {"SIM00001": "Somebody else", "SIM00002": "Acme Motors"}


def test_a_run_that_waits_still_needs_only_what_the_new_mapping_does_not_give(tmp_path: Path) -> None:
    nobody, half = tmp_path / "nobody.toml", tmp_path / "half.toml"
    nobody.write_text('required = ["customer"]\n')
    half.write_text(BY_FOLDER + '\n[[lot]]\nfield = "file"\npattern = "no such name"\n')
    with house_in(tmp_path / "w") as house:
        house.mapping_set(nobody)
        taken_in(tmp_path, house)
        assert house.mapping_set(half)["waiting"] == 3
        waiting = next(row for row in house.todo()["rows"] if row["file"].endswith("lot1.stdf"))
        assert waiting["why"].startswith("No lot (half.toml")
        house.correct(waiting["what"], lot="A530", reason="the traveller")
        assert [(row["lot"], row["customer"]) for row in house.lots()["rows"]] == [("A530", "Acme Motors")]


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
