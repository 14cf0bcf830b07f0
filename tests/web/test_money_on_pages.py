"""Money and numbers on pages: with their unit, in as many digits as somebody decides by, the same everywhere."""

from __future__ import annotations

from typing import Any

import pytest

from corecar.report.answer_cells import cells_of, form_of
from corecar.web.pages.cells import READ_AS, cells_for
from corecar.web.pages.columns import in_order
from corecar.web.pages.currency import only_one
from corecar.web.pages.money import money, money_scale, with_money
from corecar.web.pages.plan_compare import without_same
from corecar.web.pages.plan_tiles import gap_tile
from corecar.words import words_of

EN, ZH = words_of("en"), words_of("zh")


@pytest.mark.parametrize(
    ("value", "english", "chinese"),
    [
        (5_502_204_959, "5.50 bn CNY", "55.0 亿 CNY"),
        (-110_437_445.0, "−110 M CNY", "−1.10 亿 CNY"),
        (999_600, "1.00 M CNY", "100 万 CNY"),
        (12_040, "12,040 CNY", "1.20 万 CNY"),
        (0, "0 CNY", "0 CNY"),
    ],
)
def test_money_has_three_digits_and_its_currency_in_each_language(value: float, english: str, chinese: str) -> None:
    assert money(EN, value, "CNY") == english
    assert money(ZH, value, "CNY") == chinese


def test_sentences_tell_money_as_tiles_do_and_pieces_in_full() -> None:
    said = "10 lots: 1,852,382 good pieces; 27,279 vehicles, worth 4,810,052,012 CNY, +110,437,445 CNY."
    assert with_money(EN, said) == "10 lots: 1,852,382 good pieces; 27,279 vehicles, worth 4.81 bn CNY, +110 M CNY."
    assert (
        with_money(EN, "Against plan 1: -27,279 vehicles (-3%) of L-3")
        == "Against plan 1: −27,279 vehicles (−3%) of L-3"
    )
    assert with_money(EN, "the worst loses 4,934,499,447 in 8 weeks", "EUR") == "the worst loses 4.93 bn EUR in 8 weeks"


def test_a_column_of_money_has_one_scale_which_its_head_tells() -> None:
    scale = money_scale(EN, [512_371_413, 1_561_721_160, None], "CNY")
    assert (scale.unit, scale.show(512_371_413), scale.show(None)) == ("M CNY", "512", "–")
    assert money_scale(EN, [25_400_000, 1_900_000], "EUR").show(1_900_000) == "1.9"
    assert money_scale(EN, [12.5, 3.0], "EUR").show(3.0) == "3.00"
    assert money_scale(ZH, [5e9], "CNY").unit == "亿 CNY"
    rows: list[dict[str, Any]] = [{"demand": "A", "short": 3, "value": 512_371_413.0, "fill": 0.476}]
    made = cells_for(EN, list(rows[0]), rows, "CNY")
    assert [column["headerName"] for column in made.definitions()] == ["Demand", "Short", "Value [M CNY]", "Fill"]
    (row,) = made.rows(rows)
    assert (row["value"], row[f"{READ_AS}value"], row[f"{READ_AS}fill"]) == (512_371_413.0, "512.4", "47.6%")


def test_money_of_several_currencies_has_that_of_its_row() -> None:
    rows: list[dict[str, Any]] = [
        {"need": "N1", "saves": 1025.0, "currency": "CNY"},
        {"need": "N2", "saves": None, "currency": "EUR"},
    ]
    made = cells_for(EN, ["need", "saves", "currency"], rows)
    assert made.columns == ("need", "saves")
    assert [row.get(f"{READ_AS}saves") for row in made.rows(rows)] == ["1,025 CNY", None]
    assert only_one([{"value": 1.0, "currency": "CNY"}, {"value": 1.0, "currency": "EUR"}]) == ""


def test_pages_and_terminal_write_the_same_number_the_same_way() -> None:
    rows: list[dict[str, Any]] = [
        {"number": 1030, "name": "IDD", "unit": "A", "mean": 0.0124013, "sd": 0.0001, "cpk": 6.4321, "fail_rate": 0.002,
         "high_limit": 0.016, "p": 0.000123, "n": 1200}
    ]  # fmt: skip
    made = cells_for(EN, list(rows[0]), rows)
    (row,) = made.rows(rows)
    terminal = {name: cells[0] for name, cells in cells_of(rows).items()}
    assert {name: row[READ_AS + name] for name in made.numbers} == {name: terminal[name] for name in made.numbers}
    assert (terminal["mean"], terminal["number"], terminal["fail_rate"]) == ("12.40 mA", "1030", "0.2%")
    assert "unit" not in made.columns


def test_what_a_value_is_shows_by_the_columns_beside_it() -> None:
    assert form_of("value", ("demand", "value")) == "money"
    assert form_of("value", ("number", "value", "unit")) == "reading"
    assert form_of("value", ("figure", "value")) == "number"
    assert [form_of(name) for name in ("final_yield", "fill_now", "gap", "job", "cpk")] == [
        "share", "share", "share", "name", "score",
    ]  # fmt: skip


def test_the_name_of_a_row_stays_in_sight_of_a_wide_table() -> None:
    row = {"number": 1, "name": "T", **{f"c{place}": 1.5 for place in range(8)}}
    pinned = [column.get("pinned") for column in cells_for(EN, list(row), [row]).definitions()]
    assert pinned == ["left", "left"] + [None] * 8
    assert not any("pinned" in column for column in cells_for(EN, ["a", "b"], [{"a": 1, "b": 2}]).definitions())


def test_columns_that_matter_stand_first_and_what_is_the_same_is_told_once() -> None:
    assert list(in_order([{"kind": "x", "number": 1, "shift": 2}], ("number", "name", "shift"))[0]) == [
        "number", "shift", "kind",
    ]  # fmt: skip
    rows = [{"demand": "A", "wanted_before": 3, "wanted_now": 3, "short_before": 0, "short_now": 1}]
    assert list(without_same(rows)[0]) == ["demand", "wanted", "short_before", "short_now"]
    assert without_same([]) == []


def test_a_plan_that_costs_nothing_is_not_held_against_the_best() -> None:
    assert gap_tile(EN, 1.0, 1e-7)[:2] == ("–", "nothing in it costs anything")
    assert gap_tile(EN, 0.0123, 1e9)[:2] == ("1.23%", "at most from the best plan")


def test_what_machines_can_do_is_told_in_whole_pieces_and_no_unit_of_a_reading() -> None:
    rows = [{"group": "G", "week": "2027-W01", "asked": 105_516.4, "maximum": 281_750.9, "unit": "piece", "limit": 7.6}]
    told = {name: cells[0] for name, cells in cells_of(rows).items()}
    assert [told[name] for name in ("asked", "maximum", "limit", "unit")] == ["105,516", "281,751", "8", "piece"]
    assert cells_of([{"test": "T", "minimum": 0.001, "maximum": 0.002, "unit": "A"}])["maximum"] == ["2.000 mA"]
