"""What a plan breaches of signed volumes is told in their units, below what is agreed and above a maximum."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from corecar.bridge.agree.signed_volumes import breach_notes, breached
from corecar.bridge.mail.breached_memoranda import of_plan
from corecar.bridge.plan.summary import promise_row
from corecar.network.signed import SignedVolume
from corecar.plan import told
from corecar.plan.tables import PLAN_TABLES
from corecar.report.blocks import Table
from corecar.report.plan import promise_table
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
        "breach: M-1, volume 1 (TEST of OSAT for CARS): 2.5 hours missing, 2027-W03 to 2027-W03.",
        "breach: M-1, volume 1 maximum (TEST of OSAT for CARS): 1.25 hours above it, 2027-W03 to 2027-W03.",
    ]


def test_an_alert_of_a_breach_names_its_unit_and_one_kept_before_there_were_units_counts_pieces() -> None:
    (row,) = rows(above=1.25)
    assert [each["unit"] for each in of_plan(7, {"agreements": [row]})] == ["hour"]
    del row["unit"]
    assert [each["unit"] for each in of_plan(7, {"agreements": [row]})] == ["piece"]


def test_a_page_says_how_many_hours_lie_above_a_maximum_in_both_languages() -> None:
    (row,) = of_plan(7, {"agreements": rows(above=1.25)})
    assert _told(words_of("en"), row) == (
        "M-1, volume 1 maximum, TEST of OSAT for CARS: 1.25 hours above it, 2027-W03 to 2027-W03 (plan 7)."
    )
    assert "第 1 项数量的最大值，OSAT 供应 CARS 的 TEST：超出 1.25 小时" in _told(words_of("zh"), row)


def floors_of(least: float, breach: float, unit: str) -> Any:
    """A plan's table of one promise that is not kept."""
    schema = pa.schema([pa.field(column.name, column.type) for column in PLAN_TABLES["floors"]])
    row = {"clause": "M-1 volume 1, TEST for CARS, for 2027-W03", "from_week": "2027-W03", "until_week": "2027-W03"}
    return pa.Table.from_pylist([row | {"least": least, "breach": breach, "unit": unit}], schema)


@pytest.mark.parametrize(
    ("promised", "missing", "unit", "shown"),
    [
        (20.004, 0.4, "hour", ("20", "0.4", "hour")),
        (1_500.0, 0.0049, "wafer", ("1,500", "0.0049", "wafer")),
        (1_500.4, 499.6, "piece", ("1,500", "500", "piece")),
        (2.0, 0.3, "piece", ("2", "0.3", "piece")),
    ],
)
def test_the_paper_of_a_plan_shows_promises_in_their_units_and_never_0_of_what_is_missing(
    promised: float, missing: float, unit: str, shown: tuple[str, ...]
) -> None:
    (table,) = promise_table([promise_row(row) for row in told.breaches(floors_of(promised, missing, unit))])
    assert isinstance(table, Table)
    assert table.rows[0][-3:] == shown


def test_a_plan_kept_before_promises_had_units_counts_pieces() -> None:
    (row,) = told.breaches(floors_of(900.0, 400.0, "hour").drop_columns(["unit"]))
    assert (row["missing"], row["unit"]) == (400.0, "piece")


def test_what_a_plan_says_of_breaches_is_said_in_chinese_too() -> None:
    (row,) = rows(above=1.25)
    (said,) = breach_notes([row | {"against": "M-2, volume 3"}])
    assert words_of("zh").told(said) == (
        "违约：M-1，volume 1 maximum（OSAT 供应 CARS 的 TEST）：超出 1.25 hours，2027-W03 至 2027-W03。"
        "与 M-2，volume 3 相抵触。"
    )
