"""Call-offs, answers, deliveries and defects under a signed memorandum of a workspace, and scorecards."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.bridge.negotiators import Table, believe_signatures, negotiators, sign_all, terms_file

from corecar.errors import AccessDenied, ArgumentError, MappingError, NotFound, WrongState

M = "M-2027-001"


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Table]:
    believe_signatures(monkeypatch)
    with negotiators(tmp_path) as found:
        found.chi.agree_new(terms=terms_file(tmp_path))
        found.chi.agree_offer(M)
        yield found


@pytest.fixture
def signed(table: Table) -> Table:
    sign_all(table, M)
    return table


def test_nothing_is_called_off_before_all_have_signed(table: Table) -> None:
    with pytest.raises(WrongState, match="before all have signed"):
        table.car.agree_told(M, "call-off", "2027-W05", 900)


def test_a_call_off_its_answer_and_delivery_are_told_by_whose_they_are(signed: Table) -> None:
    called = signed.car.agree_told(M, "call-off", "2027-W05", 2000.0)
    assert "volume 1, 2027-W05: called off 800 above what was agreed (800 to 1,200)." in called["notes"]
    signed.chi_plans.agree_told(M, "answer", "2027-W05", 1200.0)
    signed.chi.agree_told(M, "delivery", "2027-W05", 700.0)
    signed.car.agree_told(M, "defects", "2027-W05", 7.0)
    for who, kind in ((signed.chi, "call-off"), (signed.car, "delivery"), (signed.osa, "answer")):
        with pytest.raises(AccessDenied, match="to tell"):
            who.agree_told(M, kind, "2027-W05", 1.0)
    row = signed.osa.agree_kept(M)["rows"][0]
    assert (row["called_off"], row["outside_by"], row["answered_days"], row["delivered"]) == (2000, 800, 0, 700)
    (supplier,) = signed.osa.agree_scorecard(of="DEMO-CHIPS")["rows"]
    assert (supplier["answers"], supplier["in_time"], supplier["ppm_agreed"]) == (1, 1, 1)
    assert supplier["worst_ppm"] == pytest.approx(10_000)
    with pytest.raises(NotFound):
        signed.off.agree_kept(M)
    assert signed.off.agree_scorecard()["rows"] == []


def test_many_are_told_by_a_file_all_or_none(signed: Table, tmp_path: Path) -> None:
    file = tmp_path / "calls.csv"
    file.write_text("kind,week,quantity,day\ncall-off,2027-W05,900,2026-12-01\ncall-off,2027-W06,950,\n", "utf-8")
    assert signed.car.agree_told(M, file=file)["said"] == f"{M}: 2 rows told."
    file.write_text("kind,week,quantity\ncall,2027-W60,-1\ncall-off,2027-W06,x\n", "utf-8")
    with pytest.raises(MappingError, match="4 places do not fit") as caught:
        signed.car.agree_told(M, file=file)
    assert "row 2, week" in str(caught.value)
    file.write_text("kind,week,quantity\ncall-off,2027-W05,1\ncall-off,2027-W09,1\n", "utf-8")
    with pytest.raises(ArgumentError, match="nothing was agreed of 2027-W09"):
        signed.car.agree_told(M, file=file)
    assert [row["called_off"] for row in signed.car.agree_kept(M)["rows"]] == [900, 950]
