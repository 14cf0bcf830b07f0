"""Gauge studies in a workspace: kept with their readings, shown, drawn, retired; refused where they lack."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.gauge_files import drawn, gauge_lot, gauge_table

import corecar
from corecar.assess import gauge_study
from corecar.bridge.workspace import Workspace
from corecar.errors import AccessDenied, ArgumentError, Conflict, CorecarError, NotFound

HOW: dict[str, Any] = {"gauge": "tester 7", "operator": "site"}


@pytest.fixture
def house(tmp_path: Path, catalogue_url: str) -> Iterator[Workspace]:
    """A workspace on SQLite, and one on PostgreSQL."""
    with corecar.init(tmp_path / "house", owner="Demo House", database=catalogue_url) as made:
        yield made


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Workspace]:
    with corecar.init(tmp_path / "small", owner="Demo House") as made:
        yield made


def kept(house: Workspace, folder: Path, **changed: Any) -> dict[str, Any]:
    path = folder / "gauge.csv"
    if not path.exists():
        gauge_table(path)
    answer: dict[str, Any] = house.gauge_keep([path], **{**HOW, "test": ["vref", "idd"], **changed})
    return answer


def test_a_study_is_kept_with_the_figures_that_assess_finds(house: Workspace, tmp_path: Path) -> None:
    answer = kept(house, tmp_path)
    assert answer["said"] == "Study 1 of tester 7 is kept: 2 tests, 1 good, 1 rejected."
    parts, sites, values = zip(*drawn(1), strict=True)
    truth = gauge_study({"part": parts, "operator": sites, "value": values})
    row = next(row for row in answer["rows"] if row["test"] == "vref")
    assert row["grr"] == pytest.approx(truth.percent_grr / 100)
    assert (row["ndc"], row["verdict"]) == (truth.ndc, truth.verdict)
    (listed,) = house.gauge_list()["rows"]
    assert (listed["tests"], listed["worst"], listed["verdict"]) == (2, "idd", "rejected")
    shown = house.gauge_show(1, test="vref", readings=True)
    assert [row["value"] for row in shown["readings"]] == list(values)
    assert [row["trial"] for row in shown["readings"][:4]] == [1, 2, 3, 1]
    assert shown["components"][0]["sd"] == pytest.approx(truth.ev)
    assert [row["test"] for row in shown["rows"]] == ["idd", "vref"]
    assert shown["facts"]["by"] == house.me()["facts"]["person"]


def test_the_same_readings_are_kept_once_until_they_are_retired(house: Workspace, tmp_path: Path) -> None:
    kept(house, tmp_path)
    again = kept(house, tmp_path)
    assert (again["study"], again["new"]) == (1, False)
    assert kept(house, tmp_path, method="range")["study"] == 2
    house.gauge_retire(1, reason="board was replaced")
    assert [row["study"] for row in house.gauge_list()["rows"]] == [2]
    (old,) = [row for row in house.gauge_list(retired=True)["rows"] if row["study"] == 1]
    assert old["why"] == "board was replaced"
    assert house.gauge_show(1)["facts"]["state"] == "retired"
    with pytest.raises(Conflict, match="retired already"):
        house.gauge_retire(1, reason="again")
    assert kept(house, tmp_path)["study"] == 3


def test_limits_come_from_options_or_from_a_table(small: Workspace, tmp_path: Path) -> None:
    one = kept(small, tmp_path, test=["vref"], low=1.15, high=1.25, unit="V")
    width = kept(small, tmp_path, test=["vref"], tolerance=0.1)
    assert one["rows"][0]["grr_of_tolerance"] == pytest.approx(width["rows"][0]["grr_of_tolerance"])
    table = tmp_path / "limits.csv"
    table.write_text("test,unit,low_limit,high_limit\nvref,V,1.15,1.25\nidd,A,,2\n", encoding="utf-8")
    both = {row["test"]: row for row in kept(small, tmp_path, limits=table)["rows"]}
    assert both["vref"]["grr_of_tolerance"] == one["rows"][0]["grr_of_tolerance"]
    assert (both["idd"]["low_limit"], both["idd"]["high_limit"], both["idd"]["unit"]) == (None, 2.0, "A")


def test_a_lot_whose_parts_were_measured_again_and_again_is_a_study(small: Workspace, tmp_path: Path) -> None:
    small.ingest([gauge_lot(tmp_path / "gauge.stdf")], workers="inline")
    answer = small.gauge_keep(["GAUGE"], gauge="tester 7")
    (row,) = answer["rows"]
    parts, sites, values = zip(*drawn(1), strict=True)
    truth = gauge_study({"part": parts, "operator": sites, "value": values}, tolerance=(1.15, 1.25))
    assert row["test"] == "1000 VREF"
    assert row["grr"] == pytest.approx(truth.percent_grr / 100, rel=1e-4)
    assert 100 * row["grr_of_tolerance"] == pytest.approx(truth.percent_tolerance, rel=1e-4)
    facts = small.gauge_show(answer["study"])["facts"]
    assert (facts["part_is"], facts["operator_is"], facts["source"]) == ("part_id", "test site", "GAUGE")
    with pytest.raises(ArgumentError, match='--operator "shift": of lots one of these'):
        small.gauge_keep(["GAUGE"], gauge="tester 7", operator="shift")
    with pytest.raises(ArgumentError, match="36 parts without load_board"):
        small.gauge_keep(["GAUGE"], gauge="tester 7", operator="load_board")


def test_a_study_is_drawn_as_the_command_draws_it(small: Workspace, tmp_path: Path) -> None:
    kept(small, tmp_path, test=["vref"], unit="V")
    small.gauge_show(1, figure=tmp_path / "study.svg")
    drawing = (tmp_path / "study.svg").read_text("utf-8")
    assert "vref · %GRR" in drawing
    assert "readings by part [V]" in drawing
    kept(small, tmp_path)
    with pytest.raises(ArgumentError, match=r"study 2 is of 2 tests\. Name the one to draw with --test"):
        small.gauge_show(2, figure=tmp_path / "study.svg")


def test_a_gauge_that_sees_no_variation_has_no_verdict(small: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "same.csv"
    path.write_text("part,operator,value\n" + "".join(f"{p},{o},5\n" * 2 for p in "12" for o in "AB"), encoding="utf-8")
    answer = small.gauge_keep([path], gauge="stuck")
    assert answer["said"].endswith("1 test, 1 without.")
    assert (answer["rows"][0]["grr"], answer["rows"][0]["ndc"]) == (None, None)
    small.gauge_show(1, figure=tmp_path / "same.svg")
    assert "no variation at all" in (tmp_path / "same.svg").read_text("utf-8")
    assert small.gauge_list()["rows"][0]["verdict"] is None


BAD: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("part,operator,value\n1,A,5\n1,A,6\n2,A,5\n", {}, "part 1 was measured 2 times by operator A, others 1 time"),
    ("part,operator,value\n1,A,5\n1,A,x\n2,A,5\n", {}, 'line 3, column "value"'),
    ("part,operator,value\n1,A,5\n1,A,\n2,A,5\n2,A,5\n", {}, "1 missing reading, the first of part 1, operator A"),
    ("part,operator,value\n1,,5\n", {}, 'line 2, column "operator": a name was expected'),
    ("part,who,value\n1,A,5\n", {}, 'no column "operator". There are: part, who, value'),
    ("part,operator,value\n1,A,5\n", {}, "at least 2 parts"),
    ("part,operator,value\n", {}, "no rows"),
    ("", {}, "the table is empty"),
    ("part,operator,value\n1,A,5\n", {"low": 3.0, "tolerance": 1.0}, "--tolerance is a width"),
    ("part,operator,value\n1,A,5\n", {"low": 3.0, "high": 2.0}, "low limit 3 is not below the high limit 2"),
    ("part,operator,value\n1,A,5\n", {"low": float("nan")}, "--low: a number was expected"),
    ("part,operator,a,b\n1,A,5,6\n", {"test": ["a", "b"], "low": 3.0}, "--low is of one test, and 2 are studied"),
    ("part,operator,value\n1,A,5\n", {"gauge": " "}, "say what is studied"),
    ("part,operator,value\n1,A,5\n", {"limits": "limits.csv"}, 'line 2: test "other" is no column of readings'),
)


@pytest.mark.parametrize(("text", "how", "why"), BAD, ids=[why[:30] for *_, why in BAD])
def test_a_study_that_cannot_be_worked_out_is_refused_with_the_place(
    small: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, how: dict[str, Any], why: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("bad.csv").write_text(text, encoding="utf-8")
    Path("limits.csv").write_text("test,low_limit\nother,1\n", encoding="utf-8")
    with pytest.raises(CorecarError) as refused:
        small.gauge_keep(["bad.csv"], **{"gauge": "tester 7", **how})
    assert why in str(refused.value)
    assert small.gauge_list()["rows"] == []


def test_what_is_not_there_is_named_with_what_may_be_meant(small: Workspace, tmp_path: Path) -> None:
    kept(small, tmp_path)
    with pytest.raises(NotFound, match=r'no test "vreg"\. Did you mean "vref"'):
        small.gauge_show(1, test="vreg")
    with pytest.raises(NotFound, match="no gauge study 9"):
        small.gauge_show(9)
    with pytest.raises(NotFound, match=r'"tester 8" is here\. Did you mean "tester 7"'):
        small.gauge_list(gauge="tester 8")
    with pytest.raises(NotFound, match="NOBODY"):
        small.gauge_keep(["NOBODY"], gauge="tester 7")
    with pytest.raises(ArgumentError, match=r"is a file\. Give one table of readings, or lots"):
        small.gauge_keep([str(tmp_path / "gauge.csv"), "LOT"], gauge="tester 7")
    tester = tmp_path / "lot.stdf"
    tester.write_bytes(b"x")
    with pytest.raises(ArgumentError, match="a table of readings was expected"):
        small.gauge_keep([tester], gauge="tester 7")


def test_a_study_belongs_to_its_party_and_needs_the_permission_to_decide(small: Workspace, tmp_path: Path) -> None:
    kept(small, tmp_path)
    small.parties_add("Demo Cars", kind="carmaker")
    for name, role, party in (("ada", "administrator", "Demo House"), ("eng", "engineer", "Demo House"),
                              ("red", "reader", "Demo House"), ("car", "engineer", "Demo Cars")):  # fmt: skip
        small.people_add(name, role=role, party=party)
    engineer, reader, other = (Workspace(small.store, name) for name in ("eng", "red", "car"))
    assert [row["study"] for row in reader.gauge_list()["rows"]] == [1]
    assert other.gauge_list()["rows"] == []
    with pytest.raises(NotFound, match="no gauge study 1"):
        other.gauge_show(1)
    with pytest.raises(NotFound, match="no gauge study 1"):
        other.gauge_retire(1, reason="x")
    with pytest.raises(AccessDenied):
        kept(reader, tmp_path)
    with pytest.raises(AccessDenied):
        reader.gauge_retire(1, reason="x")
    assert kept(other, tmp_path)["new"] is True
    assert kept(engineer, tmp_path)["new"] is False
    engineer.gauge_retire(1, reason="recalibrated")
