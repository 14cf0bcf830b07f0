"""Who is reminded of what a signed memorandum waits for: the list of what is due, to-dos, alerts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from tests.agree.memoranda import VALUE
from tests.bridge.negotiators import Table, believe_signatures, negotiators, sign_all, terms_file

from corecar.chain.weeks import week_name
from corecar.words import words_of

M = "M-2027-001"
TODAY = datetime.now(UTC).date()
LAST, NEXT = (week_name(TODAY + timedelta(weeks=weeks)) for weeks in (-2, 5))


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Table]:
    """A signed memorandum on the week before last and one that comes, answers within two days."""
    believe_signatures(monkeypatch)
    with negotiators(tmp_path) as found:
        periods = [{"period": week, "agreed": 1000, "minimum": 0, "maximum": 1200} for week in (LAST, NEXT)]
        volume = {**VALUE["volumes"][0], "periods": periods, "bands": []}
        begin, end = (str(TODAY + timedelta(days=days)) for days in (-60, 300))
        found.chi.agree_new(terms=terms_file(tmp_path, volumes=[volume], valid_from=begin, valid_until=end))
        found.chi.agree_offer(M)
        sign_all(found, M)
        yield found


def called_off(table: Table, week: str, days_ago: int) -> date:
    at = datetime.combine(TODAY - timedelta(days=days_ago), datetime.min.time(), UTC)
    table.car.agree_told(M, "call-off", week, 1000, day=at)
    return at.date()


def test_a_call_off_without_an_answer_is_told_to_the_supplier_and_once_overdue_to_every_party(table: Table) -> None:
    assert table.chi.agree_due()["rows"] == []
    asked = called_off(table, NEXT, 1)
    what = f"answer the call-off of {NEXT} (volume 1)"
    (row,) = table.chi.agree_due()["rows"]
    assert (row["party"], row["what"], row["due"], row["yours"], row["overdue"]) == (
        "DEMO-CHIPS", what, asked + timedelta(days=2), True, False,
    )  # fmt: skip
    assert [each["why"].split(", until")[0] for each in table.chi.todo()["rows"]] == [f"DEMO-CHIPS is to {what}"]
    assert table.car.todo()["rows"] == [], "it is not the customer's to do"
    assert "promise" not in table.chi.alerts_now(kind=["promise"])
    called_off(table, NEXT, 3)
    for who in (table.chi, table.car, table.osa):
        (alert,) = who.alerts_now(kind=["promise"])["promise"]
        assert (alert["number"], alert["party"], alert["what"]) == (M, "DEMO-CHIPS", what)
    assert "promise" not in table.off.alerts_now(kind=["promise"]), "the office is in no memorandum"
    table.chi.agree_told(M, "answer", NEXT, 1000)
    assert table.chi.agree_due()["rows"] == []
    assert "promise" not in table.car.alerts_now(kind=["promise"])


def test_a_delivery_that_is_late_is_told_until_it_came(table: Table) -> None:
    called_off(table, LAST, 30)
    (row,) = table.chi.agree_due()["rows"]
    assert (row["what"], row["overdue"]) == (f"deliver 1,000 pieces of {LAST} (volume 1)", True)
    assert [each["what"] for each in table.car.alerts_now(kind=["promise"])["promise"]] == [row["what"]]
    table.chi.agree_told(M, "delivery", LAST, 600)
    assert [each["what"] for each in table.chi.agree_due()["rows"]] == [f"deliver 400 pieces of {LAST} (volume 1)"]
    table.chi.agree_told(M, "delivery", LAST, 400)
    assert table.chi.agree_due()["rows"] == []


def test_an_ended_memorandum_waits_for_nothing_more(table: Table) -> None:
    called_off(table, LAST, 30)
    table.car.agree_end(M, reason="over")
    assert table.chi.agree_due()["rows"] == []


def test_what_is_waited_for_is_said_in_chinese_too() -> None:
    told = words_of("zh").told
    assert told("answer the call-off of 2027-W05 (volume 1)") == "答复 2027-W05 的要货（第 1 项数量）"
    assert told("deliver 1,000 wafers of 2027-W05 (volume 2)") == "交付 2027-W05 的 1,000 片晶圆（第 2 项数量）"
