"""Which parts lie on a wafer: between its WIR and its WRR, for one head or all, and where one of the two is missing."""

from __future__ import annotations

import pytest

from corecar.formats.stdf.wafer_spans import Mark, Span, wafer_spans

CASES = {
    "a wafer reaches from its WIR to its WRR": (["WIR 1", "WRR 1", "WIR 1", "WRR 1"], ["1: 0-1", "1: 2-3"]),
    "wafers of two heads overlap": (["WIR 1", "WIR 2", "WRR 1", "WRR 2"], ["1: 0-2", "2: 1-3"]),
    "a WRR of all heads ends the wafer of one": (["WIR 1", "WRR 255", "WIR 1", "WRR 255"], ["255: 0-1", "255: 2-3"]),
    "a WRR of all heads ends all wafers at once": (["WIR 1", "WIR 2", "WRR 255"], ["255: 0-2"]),
    "a WRR of one head ends the wafer of all heads": (["WIR 255", "WRR 1"], ["1: 0-1"]),
    "a WRR of all heads behind those of each is their sum": (
        ["WIR 1", "WRR 1", "WRR 255", "WIR 1", "WRR 1", "WRR 255"],
        ["1: 0-1", "255: start-2", "1: 3-4", "255: 2-5"],
    ),
    "without WIR a wafer begins behind the WRR before": (
        ["WRR 1", "WRR 2", "WRR 1"],
        ["1: start-0", "2: start-1", "1: 0-2"],
    ),
    "without WIR a WRR of all heads ends what is before": (["WRR 255", "WRR 1"], ["255: start-0", "1: 0-1"]),
    "without WRR a wafer ends at the next WIR of its head": (
        ["WIR 1", "WIR 2", "WIR 1", "WRR 1", "WRR 2"],
        ["1: 0-2 no WRR", "1: 2-3", "2: 1-4"],
    ),
    "without WRR a wafer ends at the next WIR of all heads": (
        ["WIR 1", "WIR 255", "WRR 255"],
        ["1: 0-1 no WRR", "255: 1-2"],
    ),
    "without WRR the last wafer reaches to the end": (["WIR 1", "WRR 1", "WIR 1"], ["1: 0-1", "1: 2-end no WRR"]),
    "the next stream has wafers of its own": (["WIR 1", "FAR", "WRR 1"], ["1: 0-end no WRR", "1: start-2"]),
    "no wafer": ([], []),
}


def _marks(records: list[str]) -> list[Mark]:
    """A mark for each WIR and WRR, placed by its number among the records."""
    return [
        Mark(records[:place].count("FAR"), int(record[4:]), place, record.startswith("WIR"))
        for place, record in enumerate(records)
        if record != "FAR"
    ]


def _said(span: Span) -> str:
    after = "start" if span.after < 0 else span.after
    before = "end" if span.before is None else span.before
    return f"{span.head}: {after}-{before}" + (" no WRR" if span.wrr is None else "")


@pytest.mark.parametrize(("records", "expected"), CASES.values(), ids=CASES.keys())
def test_the_parts_of_a_wafer_lie_between_two_places(records: list[str], expected: list[str]) -> None:
    assert [_said(span) for span in wafer_spans(_marks(records))] == expected


@pytest.mark.parametrize("records", [case[0] for case in CASES.values()], ids=CASES.keys())
def test_every_wir_and_wrr_is_found_again_by_its_row(records: list[str]) -> None:
    marks = _marks(records)
    spans = wafer_spans(marks)
    assert sorted(span.wrr for span in spans if span.wrr is not None) == [
        row for row, mark in enumerate(marks) if not mark.begins
    ]
    for span in spans:
        assert span.wir is None or (marks[span.wir].begins and marks[span.wir].place == span.after)
