"""What a plan breaches of signed volumes is told in their units, below what is agreed and above a maximum."""

from __future__ import annotations

from typing import Any

from corecar.bridge.agree.signed_volumes import breach_notes, breached
from corecar.bridge.mail.breached_memoranda import of_plan
from corecar.network.signed import SignedVolume
from corecar.web.pages.agreement_links import _told
from corecar.words import words_of

MACHINES = SignedVolume(
    "M-1 volume 1", "OSAT", "CARS", "", "TEST", "hour", [["2027-W02", 10.0, 0.0, 12.0], ["2027-W03", 10.0, 0.0, 12.0]]
)


def rows(*, above: float = 0.0, below: float = 0.0) -> list[dict[str, Any]]:
    floors = [
        {"clause": f"{MACHINES.name} for 2027-W03", "until_week": "2027-W03", "least": 20.0, "breach": below},
        {"clause": f"{MACHINES.name} at most, for 2027-W03", "until_week": "2027-W03", "least": 24.0, "breach": above},
    ]
    return breached(floors, [MACHINES.kept()])


def test_hours_that_are_missing_and_hours_above_a_maximum_are_told_apart() -> None:
    missing, above = rows(below=2.504, above=1.25)
    assert (missing["clause"], missing["missing"], missing["unit"]) == ("volume 1", 2.5, "hour")
    assert (above["clause"], above["missing"], above["unit"]) == ("volume 1 maximum", 1.25, "hour")
    assert breach_notes([missing, above]) == [
        "breach: M-1, volume 1 (TEST for CARS): 2.5 hours missing, 2027-W03 to 2027-W03.",
        "breach: M-1, volume 1 maximum (TEST for CARS): 1.25 hours above it, 2027-W03 to 2027-W03.",
    ]


def test_an_alert_of_a_breach_names_its_unit_and_one_kept_before_there_were_units_counts_pieces() -> None:
    (row,) = rows(above=1.25)
    assert [each["unit"] for each in of_plan(7, {"agreements": [row]})] == ["hour"]
    del row["unit"]
    assert [each["unit"] for each in of_plan(7, {"agreements": [row]})] == ["piece"]


def test_a_page_says_how_many_hours_lie_above_a_maximum_in_both_languages() -> None:
    (row,) = of_plan(7, {"agreements": rows(above=1.25)})
    assert _told(words_of("en"), row) == (
        "M-1, volume 1 maximum: 1.25 hours of TEST for CARS above it, 2027-W03 to 2027-W03 (plan 7)."
    )
    assert "第 1 项数量的最大值：CARS 的 TEST 超出 1.25 小时" in _told(words_of("zh"), row)
