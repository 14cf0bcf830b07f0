"""Two scanners side by side write what one does, or are not used."""

from __future__ import annotations

import gzip
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import corecar
from corecar.formats.stdf import halves
from corecar.lot import TABLE_NAMES, Lot


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Halves from the first byte on, whatever the machine; holds what each attempt said of agreement."""
    said: list[Any] = []
    agrees = halves._agrees

    def listened(*arguments: Any) -> bool:
        said.append(agrees(*arguments))
        return bool(said[-1])

    monkeypatch.setattr(halves, "pays", lambda size: True)
    monkeypatch.setattr(halves, "LESSON", 4000)
    monkeypatch.setattr(halves, "_agrees", listened)
    return said


def record(typ: int, sub: int, body: bytes) -> bytes:
    return struct.pack("<HBB", len(body), typ, sub) + body


def text(value: str) -> bytes:
    return bytes([len(value)]) + value.encode()


def part(number: int, readings: list[bytes], behind: bytes = b"") -> bytes:
    pir, prr = record(5, 10, b"\1\1"), struct.pack("<BBBHHHhhI", 1, 1, 0, len(readings), 1, 1, number, 0, 9)
    return pir + b"".join(readings) + record(5, 20, prr + text(str(number)) + text(f"U{number}") + behind)


def reading(number: int, value: float, name: str = "", high: float | None = None) -> bytes:
    body = struct.pack("<IBBBBf", number, 1, 1, 0, 0xC0, value) + text(name) + text("")
    if high is not None:
        body += struct.pack("<BbbbffB", 0x0E, 0, 0, 0, 0.0, high, 1) + b"V"
    return record(15, 10, body)


def stdf(parts: list[bytes]) -> bytes:
    return (
        record(0, 10, b"\2\4") + record(50, 30, text("begin")) + b"".join(parts) + record(1, 20, struct.pack("<I", 9))
    )


def ordinary(number: int) -> bytes:
    first = number == 0
    return part(number, [reading(10 + t, number + t / 8, f"T{t}", 99.0 if first else None) for t in range(5)])


def with_new_test(number: int) -> bytes:
    return ordinary(number) + (part(number, [reading(77, 1.0, "LATE", 5.0)]) if number == 350 else b"")


def with_other_limits(number: int) -> bytes:
    return part(number, [reading(10, 1.0, "T", 99.0 if number < 300 else 98.0)])


def with_shared_number(number: int) -> bytes:
    return part(number, [reading(10, 1.0, "A" if number == 0 else ""), reading(10, 2.0, "B" if number == 0 else "")])


def with_longer_parts(number: int) -> bytes:
    first = number == 0
    return part(number, [reading(10, number / 8, "T", 99.0 if first else None)], b"\0own" if number >= 50 else b"")


def with_broken_end(number: int) -> bytes:
    return ordinary(number) if number != 399 else record(5, 10, b"\1\1")


def equal(left: Lot, right: Lot) -> None:
    for name in TABLE_NAMES:
        assert getattr(left, name).equals(getattr(right, name)), name
    assert left.sources == right.sources
    assert left.notes == right.notes


@pytest.mark.parametrize(
    ("maker", "agreed"),
    [
        (ordinary, [True]),
        (with_new_test, [False]),
        (with_other_limits, [True]),
        (with_shared_number, []),
        (with_longer_parts, [True]),
        (with_broken_end, [True]),
    ],
)
def test_two_scanners_write_what_one_does(
    tmp_path: Path, eager: list[Any], monkeypatch: pytest.MonkeyPatch, maker: Callable[[int], bytes], agreed: list[bool]
) -> None:
    path = tmp_path / "lot.stdf"
    path.write_bytes(stdf([maker(number) for number in range(400)]))
    side_by_side = corecar.read(path, on_error="salvage")
    assert eager == agreed
    monkeypatch.setattr(halves, "pays", lambda size: False)
    equal(side_by_side, corecar.read(path, on_error="salvage"))
    if maker is with_longer_parts:
        assert side_by_side.sources[0].warnings[0].startswith("350 PRR longer than its fields")
    if maker is with_other_limits:
        assert side_by_side.part_limits["part"].to_pylist() == list(range(300, 400))


def test_real_lots_are_scanned_in_halves(
    tmp_path: Path, shared: Path, eager: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "lot.stdf"
    path.write_bytes(gzip.decompress((shared / "stdf" / "a530_lot2.stdf.gz").read_bytes()))
    monkeypatch.setattr(halves, "LESSON", 1 << 20)
    side_by_side = corecar.read(path)
    assert eager == [True]
    monkeypatch.setattr(halves, "pays", lambda size: False)
    equal(side_by_side, corecar.read(path))
    assert np.array_equal(side_by_side.matrix(), corecar.read(path).matrix(), equal_nan=True)
