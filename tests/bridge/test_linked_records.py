"""Gauge studies and limit sets as evidence: what they say when they are linked is kept, and goes along."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.bridge.houses import small_lot
from tests.gauge_files import gauge_table

import corecar
from corecar.bridge.files.submissions import verify_submission
from corecar.bridge.workspace import Workspace
from corecar.errors import ArgumentError, NotFound


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder = tmp_path_factory.mktemp("records")
    with corecar.init(folder / "house", owner="Demo House") as made:
        made.gauge_keep([gauge_table(folder / "gauge.csv")], gauge="tester 7", operator="site", test=["vref"])
        made.ingest([small_lot(folder, 1)])
        made.grade("SIM00001")
        made.limits_propose(["SIM00001"], preliminary=True)
        made.qualify_open("DEMO-MCU", grade=1, package="leaded", wire="gold")
        yield made


def test_a_gauge_study_fills_its_element_and_goes_along(house: Workspace, tmp_path: Path) -> None:
    answer = house.qualify_record(1, "measurement-systems", gauge=1)
    assert "Gauge study 1 of tester 7" in answer["said"]
    there = {row["element"]: row["documents"] for row in house.qualify_ppap(1)["rows"]}
    assert there["measurement-systems"] == "gauge-study-1.json"
    house.qualify_pack(1, tmp_path / "pack")
    kept = json.loads((tmp_path / "pack/documents/measurement-systems/gauge-study-1.json").read_text("utf-8"))
    assert kept["rows"][0]["test"] == "vref"
    faults = [row["fault"] for row in verify_submission(tmp_path / "pack")["rows"]]
    assert not [fault for fault in faults if "not in the folder" in fault]


def test_a_limit_set_is_evidence_of_the_screens_with_who_approved_it(house: Workspace) -> None:
    house.qualify_record(1, "F1,F2", limits="1")
    documents = house.qualify_show(1, test="F1")["documents"]
    assert [row["name"] for row in documents] == ["limit-set-1.json"]
    assert {row["test"]: row["state"] for row in house.qualify_show(1)["rows"]}["F1"] in ("passed", "incomplete")


def test_what_is_not_there_is_refused(house: Workspace) -> None:
    with pytest.raises(ArgumentError, match="name a gauge study"):
        house.qualify_record(1, "F1")
    with pytest.raises(NotFound):
        house.qualify_record(1, "F1", gauge=99)
    with pytest.raises(NotFound, match='no test "Z1"'):
        house.qualify_record(1, "Z1", gauge=1)
