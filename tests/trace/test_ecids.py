"""Identities of chips are decoded by a layout; what a layout or an identity lacks is told."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corecar.errors import MappingError
from corecar.trace import ecids
from corecar.trace.ecids import ChipPlace, decoder_of

LAYOUT: dict[str, Any] = {
    "ecid": {"decoder": "bit-fields", "bits": 64},
    "lot": {"bits": [0, 26], "form": "base36", "prefix": "S", "digits": 5},
    "wafer": {"bits": [26, 6], "form": "number", "prefix": "W", "digits": 2},
    "x": {"bits": [32, 12], "form": "signed"},
    "y": {"bits": [44, 12], "form": "signed"},
}


def encoded(lot: int, wafer: int, x: int, y: int) -> str:
    """An identity of this layout, built bit by bit on its own."""
    bits = f"{lot:026b}{wafer:06b}{x & 0xFFF:012b}{y & 0xFFF:012b}{0:08b}"
    return f"0x{int(bits, 2):016X}"


@given(st.integers(0, 36**5 - 1), st.integers(0, 63), st.integers(-2048, 2047), st.integers(-2048, 2047))
def test_whatever_was_encoded_comes_back(lot: int, wafer: int, x: int, y: int) -> None:
    found = decoder_of(LAYOUT)(encoded(lot, wafer, x, y))
    assert (int(found.lot[1:], 36), found.wafer, found.x, found.y) == (lot, f"W{wafer:02}", x, y)


@pytest.mark.parametrize("written", ["0x0000004A00050FF0", "00 00 00 4A 00 05 0F F0", "0000_004a_0005_0ff0"])
def test_an_identity_is_read_as_people_write_it(written: str) -> None:
    assert decoder_of(LAYOUT)(written).lot == "S00001"


def test_an_identity_may_be_written_to_another_base() -> None:
    decoder = decoder_of(LAYOUT | {"ecid": {"bits": 64, "written": "decimal"}})
    assert decoder(str(int(encoded(1, 3, 2, -4), 16))) == ChipPlace("S00001", "W03", 2, -4)


@pytest.mark.parametrize(("ecid", "why"), [("0xZZ", "no number to base 16"), ("1" + "0" * 16, "more than 64 bits")])
def test_what_is_no_identity_is_told(ecid: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        decoder_of(LAYOUT)(ecid)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"ecid": {}}, "how many bits"),
        ({"ecid": {"decoder": "mine"}}, "there are bit-fields, pattern"),
        ({"ecid": {"bits": 64, "written": "roman"}}, "expected one of hex, decimal, binary"),
        ({"x": None}, r"\[x\] is not there"),
        ({"x": {"bits": [60, 8]}}, "do not lie within the 64 bits"),
        ({"y": {"bits": "all"}}, "first bit and how many"),
        ({"y": {"bits": [0, 4], "form": "base36"}}, "expected one of"),
        ({"ecid": {"decoder": "pattern", "pattern": "("}}, r"\[ecid\] pattern"),
        ({"ecid": {"decoder": "pattern", "pattern": "(?P<lot>.)(?P<x>.)"}}, "no group wafer, y"),
    ],
)
def test_a_layout_that_cannot_be_used_is_refused(change: dict[str, Any], why: str) -> None:
    with pytest.raises(MappingError, match=why):
        decoder_of(LAYOUT | change)


def test_another_package_brings_a_decoder_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    class Entry:
        name = "house"

        def load(self) -> Any:
            return lambda layout: lambda text: ChipPlace(layout["fab"] + text[:2], text[2:4], 1, 2)

    monkeypatch.setattr(ecids, "entry_points", lambda group: [Entry()] if group == "corecar.ecid_decoders" else [])
    assert decoder_of({"ecid": {"decoder": "house"}, "fab": "F"})("L1W2") == ChipPlace("FL1", "W2", 1, 2)
