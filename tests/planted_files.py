"""Simulated tester files in which something is changed afterwards: a site's readings, a probe card, a test's time."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import corecar

SHAPE: dict[str, Any] = {"wafers": 2, "dies": 200, "tests": 20}
CARD = b"PC0187"
"""The probe card of every simulated file."""


def simulated(folder: Path, name: str, seed: int, **shape: Any) -> Path:
    """A simulated lot without its truth file; its name is SIM0000<seed>."""
    path = folder / name
    corecar.simulate_lot(path, seed=seed, **{**SHAPE, **shape})
    path.with_name(f"{path.stem}.truth.json").unlink(missing_ok=True)
    return path


def move(path: Path, number: int, by: Callable[[Mapping[str, Any]], float]) -> None:
    """Add to every reading of a test what `by` says of its PTR, in the file itself."""
    content = bytearray(path.read_bytes())
    for row in corecar.records(path, ["PTR"])["PTR"].to_pylist():
        if row["TEST_NUM"] == number:
            struct.pack_into("<f", content, row["offset"] + 12, row["RESULT"] + by(row))
    path.write_bytes(content)


def name_card(path: Path, card: bytes) -> None:
    """Another probe card, of a name that is as long."""
    content = path.read_bytes()
    assert len(card) == len(CARD)
    assert content.count(CARD) == 1
    path.write_bytes(content.replace(CARD, card))


def time_tests(path: Path, seconds: Mapping[int, float]) -> None:
    """Write the mean time of tests into their TSR of all sites, and mark it as valid."""
    content = bytearray(path.read_bytes())
    for row in corecar.records(path, ["TSR"])["TSR"].to_pylist():
        if row["HEAD_NUM"] == 255 and row["TEST_NUM"] in seconds:
            at = row["offset"] + 4 + 19
            for _ in ("TEST_NAM", "SEQ_NAME", "TEST_LBL"):
                at += 1 + content[at]
            content[at] &= ~0b100
            struct.pack_into("<f", content, at + 1, seconds[row["TEST_NUM"]])
    path.write_bytes(content)
