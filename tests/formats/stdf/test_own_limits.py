"""Limits belong to the records that gave them: per pin group, per file, per part; nameless repeats to their site."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest

import corecar
from corecar.formats.stdf import halves
from corecar.lot import TABLE_NAMES


def record(typ: int, sub: int, body: bytes) -> bytes:
    return struct.pack("<HBB", len(body), typ, sub) + body


def text(value: str) -> bytes:
    return bytes([len(value)]) + value.encode()


def head(start: int = 1) -> bytes:
    return record(0, 10, b"\2\4") + record(1, 10, struct.pack("<IIB", 1, start, 1) + b"   \xff\xff " + text("LOT"))


def pir(site: int = 1) -> bytes:
    return record(5, 10, bytes([1, site]))


def prr(number: int, site: int = 1) -> bytes:
    return record(5, 20, struct.pack("<BBBHHHhhI", 1, site, 0, 1, 1, 1, number, 0, 9) + text(str(number)) + text(""))


def ptr(
    number: int, value: float, name: str = "", *, site: int = 1, limits: tuple[float, float] | None = None
) -> bytes:
    body = struct.pack("<IBBBBf", number, 1, site, 0, 0xC0, value) + text(name) + text("")
    if limits is not None:
        body += struct.pack("<Bbbbff", 0x0E, 0, 0, 0, *limits)
    return record(15, 10, body)


def mpr(values: list[float], pins: list[int], limits: tuple[float, float]) -> bytes:
    body = struct.pack("<IBBBBHH", 7, 1, 1, 0, 0xC0, len(pins), len(values)) + bytes((len(pins) + 1) // 2)
    body += struct.pack(f"<{len(values)}f", *values) + text("M") + text("")
    body += struct.pack("<Bbbbffff", 0x0E, 0, 0, 0, *limits, 0, 0) + struct.pack(f"<{len(pins)}H", *pins)
    return record(15, 15, body)


def read(tmp_path: Path, *contents: bytes, **options: Any) -> corecar.Lot:
    paths = []
    for place, content in enumerate(contents):
        paths.append(tmp_path / f"{place}.stdf")
        paths[-1].write_bytes(content)
    return corecar.read(paths, **options)


def test_each_group_of_pins_has_the_limits_of_its_own_records(tmp_path: Path) -> None:
    both = mpr([1, 2, 3], [1, 2, 3], (0, 5)) + mpr([45, 46], [4, 5], (30, 60))
    lot = read(tmp_path, head() + pir() + both + prr(1) + pir() + both + prr(2))
    assert [(t["pin"], t["low_limit"], t["high_limit"]) for t in lot.tests.to_pylist()] == [
        ("1", 0, 5), ("2", 0, 5), ("3", 0, 5), ("4", 30, 60), ("5", 30, 60),
    ]  # fmt: skip
    assert lot.part_limits.num_rows == 0


def test_a_pin_met_in_two_groups_keeps_the_other_limits_of_the_second(tmp_path: Path) -> None:
    parts = pir() + mpr([1, 2, 3], [1, 2, 3], (0, 5)) + prr(1) + pir() + mpr([2, 1], [2, 1], (0, 4)) + prr(2)
    lot = read(tmp_path, head() + parts)
    assert [(r["test"], r["part"], r["high_limit"]) for r in lot.part_limits.to_pylist()] == [(0, 1, 4), (1, 1, 4)]


def test_other_limits_of_a_later_file_stand_with_its_parts(tmp_path: Path) -> None:
    first = head(1) + pir() + ptr(1, 5.0, "V", limits=(0, 10)) + prr(1)
    second = head(2) + pir() + ptr(1, 100.0, "V", limits=(90, 110)) + prr(1) + pir() + ptr(1, 101.0, "V") + prr(2)
    lot = read(tmp_path, first, second)
    assert (lot.tests["low_limit"].to_pylist(), lot.tests["high_limit"].to_pylist()) == ([0], [10])
    rows = [(r["part"], r["low_limit"], r["high_limit"]) for r in lot.part_limits.to_pylist()]
    assert rows == [(1, 90, 110), (2, 90, 110)]
    assert any("described with other limits" in note for note in lot.notes)


def test_a_nameless_repeat_belongs_to_what_its_own_site_ran(tmp_path: Path) -> None:
    parts = pir(1) + pir(2) + ptr(1, 1.0, "a", site=1) + ptr(1, 2.0, "b", site=2)
    parts += ptr(1, 1.5, site=1) + ptr(1, 2.5, site=2) + prr(1, 1) + prr(2, 2)
    lot = read(tmp_path, head() + parts)
    assert [(r["test"], r["part"], r["value"]) for r in lot.results.to_pylist()] == [(0, 0, 1.0), (1, 1, 2.0)]
    assert [(r["test"], r["part"], r["value"]) for r in lot.repeats.to_pylist()] == [(0, 0, 1.5), (1, 1, 2.5)]


def test_pins_named_late_are_the_same_for_two_scanners(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bare = record(15, 15, struct.pack("<IBBBBHH3f", 7, 1, 1, 0, 0xC0, 0, 3, 1, 2, 3) + text("M") + text(""))
    parts = [pir() + (mpr([4, 5, 6], [4, 5, 6], (0, 9)) if n == 300 else bare) + prr(n) for n in range(400)]
    content = head() + b"".join(parts)
    monkeypatch.setattr(halves, "LESSON", 4000)
    monkeypatch.setattr(halves, "pays", lambda size: True)
    side_by_side = read(tmp_path, content)
    monkeypatch.setattr(halves, "pays", lambda size: False)
    alone = read(tmp_path, content)
    for name in TABLE_NAMES:
        assert getattr(side_by_side, name).equals(getattr(alone, name)), name
