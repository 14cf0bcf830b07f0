"""A run without a lot waits, and a person sets it right without reading it again."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select
from tests.bridge.houses import house_in, small_lot

from corecar.errors import ArgumentError, MappingError, NotFound
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
