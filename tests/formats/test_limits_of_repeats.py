"""Limits that a repeat within a part gives stand with that repeat: `part_limits` knows executions."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import corecar
from corecar.formats.stdf.encode import encode_record

Reading = tuple[int, int, int, float | None]
"""Site, test number, how many pins (0: a PTR), high limit; None: as in the first record."""


def record(kind: str, big: bool, **fields: Any) -> bytes:
    return encode_record(kind, {"HEAD_NUM": 1, **fields}, big_endian=big)


def reading(one: Reading, value: float, big: bool) -> bytes:
    site, number, pins, high = one
    absent = 0x30 if high is None else 0
    limits = {"OPT_FLAG": absent, "RES_SCAL": 0, "LLM_SCAL": 0, "HLM_SCAL": 0, "LO_LIMIT": 0.0, "HI_LIMIT": high or 0.0}
    named = {"SITE_NUM": site, "TEST_NUM": number, "TEST_TXT": f"T{number}", "ALARM_ID": "", **limits}
    if not pins:
        return record("PTR", big, RESULT=value, **named)
    starts = {"START_IN": 0.0, "INCR_IN": 0.0, "RTN_INDX": list(range(1, pins + 1))}
    return record("MPR", big, RTN_STAT=[0] * pins, RTN_RSLT=[value] * pins, **named, **starts)


def written(path: Path, parts: list[list[Reading]], big: bool) -> list[tuple[Any, ...]]:
    """Write parts, each over sites at once; returns (test, part, execution, high limit) of each reading."""
    pieces = [encode_record("FAR", {"CPU_TYPE": 1 if big else 2, "STDF_VER": 4}, big_endian=big)]
    pieces += [record("PMR", big, PMR_INDX=pin, CHAN_NAM=f"P{pin}", PHY_NAM=f"P{pin}") for pin in (1, 2, 3)]
    told, value, first = [], count(1), 0
    general: dict[int, float | None] = {}
    for readings in parts:
        sites = sorted({one[0] for one in readings} | {1})
        pieces += [record("PIR", big, SITE_NUM=site) for site in sites]
        seen: dict[tuple[int, int, int], int] = {}
        for one in readings:
            site, number, pins, high = one
            pieces.append(reading(one, float(next(value)), big))
            if number not in general:
                general[number] = high
            for pin in range(max(pins, 1)):
                key = site, number, pin
                seen[key] = seen.get(key, 0) + 1
                held = general[number] if high is None else high
                told.append((number, pin, first + sites.index(site), seen[key], held))
        pieces += [record("PRR", big, SITE_NUM=site, PART_FLG=0, NUM_TEST=1, HARD_BIN=1) for site in sites]
        first += len(sites)
    path.write_bytes(b"".join(pieces))
    return [one for one in told if one[4] != general[one[0]]]


def read(lot: corecar.Lot) -> list[tuple[Any, ...]]:
    """What a lot says of single readings: (test number, pin from 0, part, execution, high limit)."""
    tests = lot.tests.to_pylist()
    return sorted(
        (
            tests[row["test"]]["number"], int((tests[row["test"]]["pin"] or "P1")[1:]) - 1, row["part"],
            row["execution"], row["high_limit"],
        )
        for row in lot.part_limits.to_pylist()
    )  # fmt: skip


@pytest.mark.parametrize("big", [False, True], ids=["little", "big"])
@pytest.mark.parametrize("pins", [0, 2], ids=["PTR", "MPR"])
def test_each_execution_has_the_limits_that_its_record_gave(tmp_path: Path, big: bool, pins: int) -> None:
    thrice: list[Reading] = [(1, 7, pins, 9.0), (1, 7, pins, 5.0), (1, 7, pins, None), (1, 7, pins, 4.0)]
    expected = written(tmp_path / "lot.stdf", [thrice, [(1, 7, pins, 3.0), (1, 7, pins, 9.0)]], big)
    lot = corecar.read(tmp_path / "lot.stdf")
    assert read(lot) == sorted(expected)
    assert {row[3]: row[4] for row in read(lot) if row[1:3] == (0, 0)} == {2: 5.0, 4: 4.0}
    assert [note for note in lot.notes if "limits may be" in note] == []


readings = st.lists(
    st.tuples(
        st.sampled_from([1, 2]), st.sampled_from([7, 8]), st.just(0), st.sampled_from([None, 9.0, 5.0])
    ) | st.tuples(st.sampled_from([1, 2]), st.just(9), st.sampled_from([2, 3]), st.sampled_from([None, 9.0, 5.0])),
    max_size=12,
)  # fmt: skip


@given(parts=st.lists(readings, min_size=1, max_size=4), big=st.booleans())
@settings(max_examples=60, deadline=None)
def test_executions_are_those_of_the_record_stream(
    parts: list[list[Reading]], big: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("lot")
    steady = [[one for one in part if one[2] in (0, 3)] for part in parts]  # every MPR of a test has the same pins
    expected = written(folder / "lot.stdf", steady, big)
    lot = corecar.read(folder / "lot.stdf")
    assert read(lot) == sorted(expected)
    corecar.write(lot, folder / "again.stdf")
    again = corecar.read(folder / "again.stdf")
    assert without_first(read(again), lot) == without_first(read(lot), lot)
    corecar.write(lot, folder / "lot.parquet")
    assert corecar.read(folder / "lot.parquet").part_limits.equals(lot.part_limits)


def without_first(rows: list[tuple[Any, ...]], lot: corecar.Lot) -> list[tuple[Any, ...]]:
    """Rows but those of the first reading of each test, whose record tells the limits of the test in a written file."""
    tests = lot.tests["number"].to_numpy()
    firsts = {
        (int(tests[test]), int(lot.measurements.part[start]))
        for test, start in enumerate(lot.measurements.offsets[:-1])
        if start < len(lot.measurements.part)
    }
    return [row for row in rows if not ((row[0], row[2]) in firsts and row[3] == 1)]


def test_what_an_earlier_release_wrote_is_of_any_execution(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    written(tmp_path / "lot.stdf", [[(1, 7, 0, 9.0), (1, 7, 0, 5.0)]], big=False)
    folder = tmp_path / "lot.parquet"
    corecar.write(corecar.read(tmp_path / "lot.stdf"), folder)
    (file,) = folder.glob("part_limits.parquet")
    pq.write_table(pq.read_table(file).drop_columns(["execution"]), file)
    assert corecar.read(folder).part_limits["execution"].to_pylist() == [None]


def test_only_the_reading_with_limits_of_its_own_is_excused(tmp_path: Path) -> None:
    from corecar.screen.verdicts import Beyond, had_own_limits

    written(tmp_path / "lot.stdf", [[(1, 7, 0, 9.0), (1, 7, 0, 5.0)]], big=False)
    lot = corecar.read(tmp_path / "lot.stdf")
    zero = np.zeros(2, np.int64)
    found = Beyond(zero, zero, np.array([1, 2]), np.array([1.0, 2.0]))
    assert had_own_limits(lot, found).tolist() == [False, True]
