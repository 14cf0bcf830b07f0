"""The demo's story, smaller: every chapter tells what verbs found, and the workspace holds it afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest

import corecar
from corecar.bridge.loop import story as told
from corecar.errors import OutputError


def test_the_story_leaves_what_it_tells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(told, "SIZE", {"wafers": 1, "dies": 60, "tests": 8})
    monkeypatch.setattr(told, "BAD_LOTS", 3)
    monkeypatch.setattr(told, "OTHER_LOTS", 1)
    monkeypatch.setattr(told, "WEEKS", 6)
    lines: list[str] = []
    house = told.story(tmp_path / "demo", lines.append)
    text = "\n".join(lines)
    for said in ("683 lots in process", "5 genuine STDF files of 3 chips", "may ship by AEC-Q001", "pairs of",
                 "is on", "can be supplied", "3 lots stopped", "Against plan 1"):  # fmt: skip
        assert said in text
    with corecar.open(house) as opened:
        states = [row["state"] for row in opened.lots()["rows"]]
        assert states.count("quarantined") == 3
        plans = opened.plan_list()["rows"]
        assert [row["plan"] for row in plans] == [2, 1]
        assert plans[0]["supplied"] <= plans[1]["supplied"]
        assert len(opened.meeting_list()["rows"]) == 1
    with pytest.raises(OutputError, match="there is a workspace already"):
        told.story(tmp_path / "demo", lines.append)
