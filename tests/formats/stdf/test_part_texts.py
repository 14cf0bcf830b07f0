"""What PART_ID and PART_TXT say, with and without padding."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

import corecar


def record(typ: int, sub: int, body: bytes) -> bytes:
    return struct.pack("<HBB", len(body), typ, sub) + body


def part(name: bytes, text: bytes) -> bytes:
    body = struct.pack("<BBBHHHhhI", 1, 1, 0, 0, 1, 1, 0, 0, 0) + b"".join(bytes([len(t)]) + t for t in (name, text))
    return record(5, 10, b"\1\1") + record(5, 20, body)


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ([b"1", b"", b"3"], ["1", None, "3"]),
        ([b"1 ", b" ", b"3"], ["1", None, "3"]),
        ([b"1\0\0", b"\0", b"a b"], ["1", None, "a b"]),
        ([b"\xfc ", b"", b"3"], ["ü", None, "3"]),
        ([b"", b"", b""], [None, None, None]),
    ],
    ids=["plain", "spaces", "zeros", "latin-1", "none"],
)
def test_padding_is_no_text(tmp_path: Path, names: list[bytes], told: list[str | None]) -> None:
    path = tmp_path / "lot.stdf"
    path.write_bytes(record(0, 10, b"\2\4") + b"".join(part(name, b"all") for name in names))
    parts = corecar.read([path]).parts
    assert parts["part_id"].to_pylist() == told
    assert parts["part_text"].to_pylist() == ["all"] * 3
