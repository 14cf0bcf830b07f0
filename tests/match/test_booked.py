"""What is booked of an offer is not there for a need in its weeks, and is there in every other."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from tests.match.markets import DAY, chain_of

from corecar.match.booked import Booked
from corecar.match.matching import Ways, match
from corecar.match.telling import pair_rows, refusal_rows

OFFER = {
    "offer": "O1", "party": "OSAT", "kind": "reliability", "title": "Ovens", "quantity": "336", "unit": "hour",
    "from_week": "2027-W05",
}  # fmt: skip
NEED = {"need": "N1", "party": "CHIPS", "kind": "reliability", "title": "Oven", "quantity": "168", "unit": "hour"}
W10, W11, W12 = (date.fromisocalendar(2027, week, 1) for week in (10, 11, 12))


def covered(booked: Booked, offer: dict[str, str] | None = None, **need: str) -> Any:
    """How much of the need the offer covers; nothing where it is refused."""
    found = match(chain_of([NEED | need], [OFFER | (offer or {})]), day=DAY, booked=booked)
    rows = pair_rows(found, found.taken)
    return rows[0]["covers"] if rows else None


@pytest.mark.parametrize(
    ("booked", "weeks", "covers"),
    [
        ({}, ("2027-W10", "2027-W12"), 1.0),
        ({W11: 252.0}, ("2027-W10", "2027-W12"), 0.5),
        ({W11: 336.0}, ("2027-W10", "2027-W12"), None),
        ({W11: 336.0}, ("2027-W12", "2027-W14"), 1.0),
        ({W11: 336.0}, ("2027-W10", ""), 1.0),
        ({W10: 168.0, W11: 168.0}, ("2027-W10", "2027-W11"), 1.0),
    ],
)  # fmt: skip
def test_of_the_weeks_of_a_need_the_fullest_counts(
    booked: dict[date, float], weeks: tuple[str, str], covers: float | None
) -> None:
    assert covered({"O1": booked}, from_week=weeks[0], until_week=weeks[1]) == covers


def test_a_need_that_names_no_week_takes_one_that_is_free_and_finds_none_where_all_are_full() -> None:
    full = dict.fromkeys((W10, W11, W12), 336.0)
    assert covered({"O1": full}) == 1.0
    short = {"from_week": "2027-W10", "until_week": "2027-W12"}
    assert covered({"O1": full}, short) is None
    assert covered({"O1": full | {W11: 100.0}}, short) == 1.0


def test_the_reason_and_the_row_say_what_is_booked() -> None:
    chain = chain_of([NEED | {"from_week": "2027-W11"}], [OFFER])
    found = match(chain, day=DAY, booked={"O1": {W11: 336.0}})
    (row,) = refusal_rows(found, 0)
    assert "336 hours a week (336 of them booked by then) offered, 168 hours a week (" in row["why"]
    found = match(chain, day=DAY, booked={"O1": {W11: 100.0}})
    assert pair_rows(found, found.taken)[0]["booked"] == 100.0


def test_a_quantity_is_shared_out_without_what_is_booked() -> None:
    needs = [NEED | {"need": f"N{number}", "from_week": "2027-W11"} for number in (1, 2)]
    ways = Ways(by="quantity")
    free = match(chain_of(needs, [OFFER]), day=DAY, ways=ways)
    assert free.amount.sum() == 336
    taken = match(chain_of(needs, [OFFER]), day=DAY, ways=ways, booked={"O1": {W11: 168.0}})
    assert taken.amount.sum() == 168
