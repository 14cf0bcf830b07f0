"""The windows of a compressed file hold its content, whole or as far as it can be had."""

from __future__ import annotations

import gzip
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from corecar.formats import windows
from corecar.formats.sources import Member, members

CONTENT = random.Random(1).randbytes(40_000)


def in_windows(member: Member) -> bytes:
    found = b""
    for window in windows.windows(member):
        found += window.data[window.start : window.stop].tobytes()
        window.left_at = window.stop
    return found


def corrupted(packed: bytes) -> bytes:
    return packed[:30_000] + bytes([packed[30_000] ^ 255]) + packed[30_001:]


@pytest.mark.parametrize(
    ("damage", "cut"),
    [
        (lambda packed: packed, ""),
        (lambda packed: packed + b"\0" * 9, ""),
        (lambda packed: packed + packed, ""),
        (lambda packed: packed + b"more", ""),
        (lambda packed: packed[:-9], "cut short"),
        (lambda packed: packed[:25_000], "cut short"),
        (corrupted, "damaged"),
    ],
    ids=["whole", "padded", "two members", "trailing", "no checksum", "cut", "corrupt"],
)
def test_windows_hold_what_the_pieces_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: Callable[[bytes], bytes], cut: str
) -> None:
    monkeypatch.setattr(windows, "ROOM", 3000)
    path = tmp_path / "content.gz"
    path.write_bytes(damage(gzip.compress(CONTENT)))
    by_piece, by_window = members(path)[0], members(path)[0]
    content = b"".join(by_piece.chunks())
    assert len(content) > 20_000
    assert in_windows(by_window) == content
    assert (by_window.cut, by_window.note) == (by_piece.cut, by_piece.note)
    assert cut in by_window.cut
    assert bool(cut) == bool(by_window.cut)
