"""Lots drawn by Hypothesis: everything that one STDF file can say of a run, in the order in which it says it."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from tests.lots import table

from corecar.formats.bins import Told, bin_table
from corecar.lot import Lot, Results, Retests
from corecar.tables import schema

words = st.text("ABCdef012 _-µ°", max_size=12).map(str.strip).filter(lambda text: set(text) != {"-"})
"""Texts without blanks at their ends, which STDF pads with, and without lone dashes, which mean nothing in a CSV."""

some_words = words.map(lambda text: text or None)
floats = st.floats(width=32, allow_nan=False)
times = st.none() | st.integers(1, 2**31)


def _maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


@st.composite
def drawn_lots(draw: st.DrawFn, reported: bool | None = None) -> Lot:
    """One run with a few parts, tests of every kind, repeats, limits of single parts, bins, wafers and texts.

    reported  whether the tester told its own counts; drawn by default
    """
    on_wafers = draw(st.booleans())
    parts = draw(_parts(on_wafers))
    tests, readings = draw(_tests(parts.num_rows))
    told = draw(st.booleans()) if reported is None else reported
    return Lot(
        runs=draw(_runs(on_wafers)),
        parts=parts,
        tests=table("tests", len(tests), **_columns(tests)),
        measurements=_results(readings, len(tests)),
        repeats=_extra("repeats", [row for row in readings if row["execution"] > 1]),
        part_limits=draw(_part_limits(tests, readings)),
        bins=draw(_bins(parts, told)),
        wafers=draw(_wafers(parts, told)),
        texts=draw(_texts(parts.num_rows)),
        sources=(),
        retests=Retests("none", "last", "drawn", 0, 0),
    )


def _columns(rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    return {name: [row[name] for row in rows] for name in (rows[0] if rows else {})}


def _extra(name: str, rows: list[dict[str, Any]]) -> Any:
    columns = {key: values for key, values in _columns(rows).items() if key in schema(name).names}
    return table(name, len(rows), **columns)


@st.composite
def _runs(draw: st.DrawFn, on_wafers: bool) -> Any:
    texts = ("lot", "sublot", "product", "test_program", "revision", "test_code", "temperature", "tester",
             "tester_type", "operator", "handler", "load_board", "probe_card")  # fmt: skip
    row: dict[str, Any] = {name: [draw(some_words)] for name in texts}
    row |= {"mode_code": [draw(st.sampled_from([None, "P", "E"]))], "retest_code": [draw(st.sampled_from([None, "N"]))]}
    row |= {"start": [draw(times)], "finish": [draw(times)]}
    return table("runs", 1, run=0, test_pass=1, stage="wafer sort" if on_wafers else "final test", source="x", **row)


@st.composite
def _parts(draw: st.DrawFn, on_wafers: bool) -> Any:
    count = draw(st.integers(1, 7))
    wafer = [f"W{number}" for number in sorted(draw(st.lists(st.integers(1, 3), min_size=count, max_size=count)))]
    verdicts = draw(st.lists(st.sampled_from([True, False, None]), min_size=count, max_size=count))
    abnormal = draw(st.lists(st.booleans(), min_size=count, max_size=count))

    def column(strategy: st.SearchStrategy[Any]) -> list[Any]:
        return draw(st.lists(strategy, min_size=count, max_size=count))

    texts = [text and f"{text}.{part}" for part, text in enumerate(column(some_words))]  # never the same unit twice
    return table(
        "parts", count, part=range(count), run=0, wafer=wafer if on_wafers else None,
        x=list(range(count)) if on_wafers else None, y=[-3] * count if on_wafers else None,
        part_id=column(some_words), part_text=texts, head=1, site=column(st.integers(0, 3)),
        hard_bin=column(st.integers(0, 3)), soft_bin=column(_maybe(st.integers(0, 65534))), passed=verdicts, attempt=1,
        superseded=False, incomplete=abnormal, test_time_ms=column(_maybe(st.integers(1, 2**32 - 1))),
        test_count=column(st.integers(0, 65535)),
        flags=[{True: 0, False: 8, None: 16}[passed] | 4 * odd for passed, odd in zip(verdicts, abnormal, strict=True)],
    )  # fmt: skip


@st.composite
def _tests(draw: st.DrawFn, parts: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Tests in the order in which their first readings come, and all readings by (test, part, execution)."""
    drawn = []
    for number in range(draw(st.integers(0, 5))):
        kind = draw(st.sampled_from(["parametric", "functional", "multiple"]))
        on = draw(st.lists(st.integers(0, parts - 1), min_size=1, max_size=parts, unique=True).map(sorted))
        drawn.append((on, draw(st.integers(0, 2)), number, kind))
    tests: list[dict[str, Any]] = []
    readings: list[dict[str, Any]] = []
    for on, base, number, kind in sorted(drawn, key=lambda one: one[0][0]):
        pins = [f"P{number}.{pin}" for pin in range(draw(st.integers(1, 3)))] if kind == "multiple" else [None]
        executions = {part: draw(st.integers(1, 3)) for part in on}
        flags = {part: [draw(st.integers(0, 2**16 - 1)) & (0xFF if kind == "functional" else 0xFFFF)
                        for _ in range(executions[part])] for part in on}  # fmt: skip
        shared = draw(_described(kind, flags[on[0]][0]))
        for pin in pins:
            tests.append({"test": len(tests), "number": base, "name": f"t{number}", "pin": pin, "kind": kind, **shared})
            for part in on:
                for execution in range(executions[part]):
                    bits = flags[part][execution]
                    value = float("nan") if kind == "functional" else draw(floats)
                    readings.append({"test": len(tests) - 1, "part": part, "execution": execution + 1, "value": value,
                                     "flags": bits, "passed": None if bits & 0x40 else not bits & 0x80})  # fmt: skip
    return tests, readings


@st.composite
def _described(draw: st.DrawFn, kind: str, flags: int) -> dict[str, Any]:
    """What the first record of a test says; nothing of a functional test."""
    limits = {side: draw(_maybe(floats)) for side in ("low", "high")}
    scales = st.integers(-128, 127)
    told = kind != "functional"
    facts: dict[str, Any] = {"unit": draw(words), "result_scale": draw(_maybe(scales))}
    for side, bit in (("low", 0x4000), ("high", 0x8000)):
        facts[f"{side}_limit"] = limits[side]
        facts[f"{side}_scale"] = None if limits[side] is None else draw(scales)
        facts[f"{side}_spec"] = draw(_maybe(floats))
        facts[f"{side}_format"] = draw(some_words)
        facts[f"{side}_equal_passes"] = bool(flags & bit)
    facts["result_format"] = draw(some_words)
    return facts if told else dict.fromkeys(facts)


def _results(readings: list[dict[str, Any]], tests: int) -> Results:
    first = [row for row in readings if row["execution"] == 1]
    test = np.array([row["test"] for row in first], np.int64)
    return Results(
        np.searchsorted(test, np.arange(tests + 1)).astype(np.int64),
        np.array([row["part"] for row in first], np.uint32),
        np.array([row["value"] for row in first], np.float32),
        np.array([row["flags"] for row in first], np.uint16),
    )


@st.composite
def _part_limits(draw: st.DrawFn, tests: list[dict[str, Any]], readings: list[dict[str, Any]]) -> Any:
    """Limits of their own for some later readings of parametric tests."""
    begun: dict[int, int] = {}
    rows = []
    for row in readings:
        test = row["test"]
        begun.setdefault(test, row["part"])
        if tests[test]["kind"] != "parametric" or (row["execution"] == 1 and row["part"] == begun[test]):
            continue
        limits = {side: draw(_maybe(floats)) for side in ("low_limit", "high_limit")}
        if draw(st.booleans()) and any(limits[side] != tests[test][side] for side in limits):
            rows.append({"test": test, "part": row["part"], "execution": row["execution"], **limits})
    return _extra("part_limits", rows)


@st.composite
def _bins(draw: st.DrawFn, parts: Any, reported: bool) -> Any:
    keys = [(kind, number) for kind in ("hard", "soft") for number in parts[f"{kind}_bin"].to_pylist()]
    verdicts = _maybe(st.booleans())
    counts = st.integers(0, 2**32 - 2)
    told = {
        key: Told(draw(some_words), draw(verdicts), draw(counts) if reported else None)
        for key in keys if key[1] is not None
    }  # fmt: skip
    return bin_table(parts, "none", told)


@st.composite
def _wafers(draw: st.DrawFn, parts: Any, reported: bool) -> Any:
    names = [name for name in dict.fromkeys(parts["wafer"].to_pylist()) if name is not None]
    counts = _maybe(st.integers(0, 2**32 - 2)) if reported else st.none()
    shared = {"wafer_units": draw(st.sampled_from([None, "in", "cm", "mm", "mil"])),
              "flat": draw(st.sampled_from([None, "U", "D", "L", "R"])), "center_x": draw(_maybe(st.integers(-99, 99))),
              "positive_x": draw(st.sampled_from([None, "L", "R"])),
              "wafer_size": draw(_maybe(st.just(200.0)))}  # fmt: skip
    rows = [
        {"wafer": name, "run": 0, "head": 1, "start": draw(times), "finish": draw(times),
         "reported_parts": draw(counts), "reported_good": draw(counts), **shared}
        for name in names
    ]  # fmt: skip
    return _extra("wafers", rows)


@st.composite
def _texts(draw: st.DrawFn, parts: int) -> Any:
    """Texts in the order of the file: before the first part, then behind the parts they follow."""
    places = draw(st.lists(_maybe(st.integers(0, parts - 1)), max_size=4))
    places.sort(key=lambda part: -1 if part is None else part)
    rows = [
        {"run": 0, "sequence": at, "offset": at, "part": part, "kind": draw(st.sampled_from(["DTR", "GDR"])),
         "text": draw(words)}
        for at, part in enumerate(places)
    ]  # fmt: skip
    return _extra("texts", rows)
