"""Readings chained by test come out as if they had been sorted one by one."""

from __future__ import annotations

import gzip
import random
import struct
from pathlib import Path

import numpy as np
import pytest

import corecar
from corecar.lot import Lot


def record(typ: int, sub: int, body: bytes) -> bytes:
    return struct.pack("<HBB", len(body), typ, sub) + body


def text(value: str) -> bytes:
    return bytes([len(value)]) + value.encode()


def ptr(site: int, name: str, value: float, number: int = 7) -> bytes:
    return record(15, 10, struct.pack("<IBBBBf", number, 1, site, 0, 0, value) + text(name))


def mpr(values: list[float], indexes: list[int] | None = None) -> bytes:
    body = struct.pack("<IBBBBHH", 9, 1, 0, 0, 0, len(values), len(values)) + bytes((len(values) + 1) // 2)
    body += struct.pack(f"<{len(values)}f", *values) + text("M")
    if indexes:
        body += text("") + struct.pack("<B3b4f", 0xCE, 0, 0, 0, 0.0, 0.0, 0.0, 0.0)
        body += struct.pack(f"<{len(indexes)}H", *indexes)
    return record(15, 15, body)


def touchdown(sites: int, readings: list[bytes]) -> bytes:
    begun = b"".join(record(5, 10, bytes([1, site])) for site in range(sites))
    ended = b"".join(
        record(5, 20, struct.pack("<BBBHHHhhI", 1, site, 0, 1, 1, 1, 0, 0, 0) + text("") * 2) for site in range(sites)
    )
    return begun + b"".join(readings) + ended


def lot_of(path: Path, *content: bytes) -> Lot:
    path.write_bytes(record(0, 10, b"\2\4") + b"".join(content))
    return corecar.read(path)


def repeats(lot: Lot) -> list[tuple[int, int, float]]:
    columns = (lot.repeats[name].to_pylist() for name in ("test", "execution", "value"))
    return list(zip(*columns, strict=True))


def test_a_pin_read_in_two_orders_of_pins_keeps_the_order_of_the_file(tmp_path: Path) -> None:
    pins = [record(1, 60, struct.pack("<HH", index, 0) + text(f"P{index}") * 3 + b"\1\1") for index in (1, 2)]
    read = [mpr([1.0, 2.0], [1, 2]), mpr([3.0, 4.0], [2, 1]), mpr([5.0, 6.0], [1, 2])]
    lot = lot_of(tmp_path / "lot.stdf", *pins, touchdown(1, read))
    assert lot.tests["pin"].to_pylist() == ["P1", "P2"]
    assert lot.measurements.value.tolist() == [1.0, 2.0]
    assert repeats(lot) == [(0, 2, 4.0), (0, 3, 5.0), (1, 2, 3.0), (1, 3, 6.0)]


def test_a_part_far_behind_the_last_one_keeps_its_number(tmp_path: Path) -> None:
    both, one = touchdown(1, [ptr(0, "T", 1.0), ptr(0, "RARE", 2.0, 8)]), touchdown(1, [ptr(0, "T", 1.0)])
    lot = lot_of(tmp_path / "lot.stdf", both, one * 40_000, both, one * 32_766, both)
    held = lot.measurements
    assert held.part[held.of(0)].tolist() == list(range(72_769))
    assert held.part[held.of(1)].tolist() == [0, 40_001, 72_768]


@pytest.mark.parametrize("seed", range(4))
def test_readings_stand_by_test_and_part_and_repeats_in_turn(tmp_path: Path, seed: int) -> None:
    drawn = random.Random(seed)
    spelled, sites = ["T", "T ", "U", "U\0"], drawn.choice([1, 3])
    content, told = [], []
    for number in range(300):
        chosen = [
            (drawn.randrange(sites), spelled[drawn.randrange(2 if number < 100 else 4)], drawn.randrange(1000) / 8)
            for _ in range(drawn.randrange(12))
        ]
        content.append(touchdown(sites, [ptr(*reading) for reading in chosen]))
        told += [(number * sites + site, name.strip("\0 "), value) for site, name, value in chosen]
    lot = lot_of(tmp_path / "lot.stdf", *content)
    names = lot.tests["name"].to_pylist()
    first: list[tuple[int, int, int, float]] = []
    later: list[tuple[int, int, int, float]] = []
    before, execution = None, 0
    for part, name, value in sorted(told, key=lambda reading: (names.index(reading[1]), reading[0])):
        execution = execution + 1 if (part, name) == before else 1
        before = part, name
        (first if execution == 1 else later).append((names.index(name), part, execution, value))
    held = lot.measurements
    test = np.repeat(np.arange(len(names)), np.diff(held.offsets))
    found = zip(test.tolist(), held.part.tolist(), [1] * len(held), held.value.tolist(), strict=True)
    assert list(found) == first
    columns = (lot.repeats[name].to_pylist() for name in ("test", "part", "execution", "value"))
    assert list(zip(*columns, strict=True)) == later


def test_the_same_testing_is_known_by_its_readings(tmp_path: Path) -> None:
    contents = [
        record(0, 10, b"\2\4") + b"".join(touchdown(1, [ptr(0, "T", value)]) for value in (1.0, 2.0, last))
        for last in (3.0, 4.0)
    ]
    paths = [tmp_path / name for name in ("a.stdf", "a.stdf.gz", "b.stdf")]
    for path, content in zip(paths, (contents[0], gzip.compress(contents[0]), contents[1]), strict=True):
        path.write_bytes(content)
    assert corecar.read(paths).measurements.value.tolist() == [1.0, 2.0, 3.0, 1.0, 2.0, 4.0]
