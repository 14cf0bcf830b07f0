"""Files in the numbers of a VAX: the same as in IEEE form, however they come, and never by the CPU_TYPE alone."""

from __future__ import annotations

import gzip
import math
import struct
from pathlib import Path

import numpy as np
import pytest

import corecar
from corecar.errors import DamagedSource
from corecar.formats.stdf.vax import d_floating, f_floating


def as_f_floating(number: float) -> bytes:
    """One number as a VAX keeps it, by the definition: sign, exponent with 128 added, fraction of 0.1f."""
    if number == 0 or math.isnan(number):
        return bytes(4) if number == 0 else b"\x00\x80\x00\x00"
    fraction, exponent = math.frexp(abs(number))  # 0.1f in binary times 2 to the exponent
    kept = round(fraction * 2**24) - 2**23
    head = (number < 0) << 15 | (exponent + 128) << 7 | kept >> 16
    return struct.pack("<HH", head, kept & 0xFFFF)


def on_a_vax(content: bytes) -> bytes:
    """A little-endian file with the numbers of its PTR, WCR and TSR records in F_floating, and CPU_TYPE 0."""
    out = bytearray(content)
    out[4] = 0
    at = 0
    while at < len(out):
        size, kind = struct.unpack_from("<H", out, at)[0], (out[at + 2], out[at + 3])
        body, end = at + 4, at + 4 + size
        places: list[int] = []
        if kind == (15, 10):  # PTR
            places = [body + 8]
            text = body + 12
            text += 1 + out[text] if text < end else 0
            text += 1 + out[text] if text < end else 0
            limits = text + 4
            if limits + 8 <= end:
                units = limits + 8
                places += [limits, limits + 4]
                after = units
                for _ in range(4):
                    after += 1 + out[after] if after < end else 0
                if after + 8 <= end:
                    places += [after, after + 4]
        elif kind == (2, 30):  # WCR
            places = [body, body + 4, body + 8]
        elif kind == (10, 30):  # TSR
            after = body + 19
            for _ in range(3):
                after += 1 + out[after] if after < end else 0
            places = list(range(after + 1, end - 3, 4))
        for place in places:
            out[place : place + 4] = as_f_floating(struct.unpack_from("<f", out, place)[0])
        at = end
    return bytes(out)


@pytest.fixture
def trap(shared: Path) -> bytes:
    return (shared / "traps" / "01_default_limits.stdf").read_bytes()


def test_numbers_of_each_form_are_those_of_the_definition() -> None:
    numbers = [1.0, -2.5, 0.0, 3.3e-7, 1e30, 1.7e38, 2.0**-127]
    words = np.frombuffer(b"".join(as_f_floating(number) for number in numbers), "<u2").reshape(-1, 2)
    assert f_floating(words).tolist() == pytest.approx(numbers, rel=1e-7)
    assert np.isnan(f_floating(np.array([[0x8000, 0], [0, 7]], np.uint16))).all()
    long = np.hstack([words, np.zeros_like(words)])
    assert d_floating(long).tolist() == pytest.approx(numbers, rel=1e-7)
    third = np.array([[0x3FAA, 0xAAAA, 0xAAAA, 0xAAAB]], np.uint16)
    assert d_floating(third).tolist() == [1 / 3]


@pytest.mark.parametrize("packed", [False, True])
def test_a_file_in_the_numbers_of_a_vax_reads_as_its_twin(trap: bytes, packed: bool, tmp_path: Path) -> None:
    path, twin = tmp_path / "vax.stdf", tmp_path / "ieee.stdf"
    path.write_bytes(gzip.compress(on_a_vax(trap)) if packed else on_a_vax(trap))
    twin.write_bytes(trap)
    lot, same = corecar.read(path), corecar.read(twin)
    assert lot.results.equals(same.results)
    assert lot.tests.equals(same.tests)
    told = "CPU_TYPE 0 is a VAX, and the numbers are in its form; they were translated."
    assert sorted(lot.sources[0].warnings) == sorted([told, *same.sources[0].warnings])
    assert lot.sources[0].format == same.sources[0].format
    records, others = corecar.records(path), corecar.records(twin)
    assert set(records) == set(others)
    assert records["PTR"].equals(others["PTR"])


def test_a_real_lot_in_the_numbers_of_a_vax_reads_as_it_was(shared: Path, tmp_path: Path) -> None:
    content = (shared / "stdf" / "lying_cpu_type.std").read_bytes()
    path, twin = tmp_path / "vax.stdf", tmp_path / "ieee.stdf"
    path.write_bytes(on_a_vax(content))
    twin.write_bytes(content)
    lot, same = corecar.read(path), corecar.read(twin)
    assert lot.results.equals(same.results)
    assert lot.tests.equals(same.tests)
    assert lot.wafers.equals(same.wafers)


def test_a_vax_file_that_is_cut_is_read_up_to_there(trap: bytes, tmp_path: Path) -> None:
    path, twin = tmp_path / "vax.stdf", tmp_path / "ieee.stdf"
    path.write_bytes(on_a_vax(trap)[:-7])
    twin.write_bytes(trap[:-7])
    with pytest.raises(DamagedSource):
        corecar.read(path)
    lot = corecar.read(path, on_error="salvage")
    assert lot.results.equals(corecar.read(twin, on_error="salvage").results)


def test_cpu_type_0_over_ieee_numbers_changes_nothing(trap: bytes, tmp_path: Path) -> None:
    path, twin = tmp_path / "vax.stdf", tmp_path / "ieee.stdf"
    path.write_bytes(gzip.compress(trap[:4] + b"\x00" + trap[5:]))
    twin.write_bytes(trap)
    lot = corecar.read(path)
    assert lot.results.equals(corecar.read(twin).results)
    assert lot.sources[0].warnings[0] == "CPU_TYPE 0 is a VAX, but the numbers are in IEEE form and were read so."
