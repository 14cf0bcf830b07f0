"""Fields picked from a few records are what the general decoder gives of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corecar.formats.stdf.cold import FIELDS
from corecar.formats.stdf.columns import decode
from corecar.formats.stdf.naming import _DESCRIBING
from corecar.formats.stdf.picks import FEW, pick
from corecar.formats.stdf.rows import RECORDS
from corecar.formats.stdf.scanner import KEPT_ASIDE

PICKED = {**{name: fields for name, fields in FIELDS.items() if fields}, "PTR": _DESCRIBING, "MPR": _DESCRIBING}


@pytest.mark.parametrize("encoding", [None, "utf-8", "latin-1", "gbk"])
@pytest.mark.parametrize("record", PICKED)
@given(
    bodies=st.lists(st.binary(max_size=70), max_size=4),
    words=st.lists(st.sampled_from([b"\x03abc", b"\x04M\xc3\xbcl", b"\x02\xfc\xe9", b"\x00", b"\xff"]), max_size=9),
    big_endian=st.booleans(),
    times=st.sampled_from([1, FEW]),
)
def test_picked_fields_are_those_of_the_general_decoder(
    record: str, encoding: str | None, bodies: list[bytes], words: list[bytes], big_endian: bool, times: int
) -> None:
    bodies = [*bodies, b"\x01\x00\x02\x00" * 4 + b"".join(words), *([b"\x01" * 12] * 2)] * times
    content = np.frombuffer(b"".join(bodies) or b"\0", np.uint8)
    lengths = np.array([len(body) for body in bodies])
    offsets = np.cumsum(lengths) - lengths
    fields = PICKED[record]
    general = decode(content, offsets, lengths, RECORDS[record], big_endian=big_endian, encoding=encoding)
    found = pick(content, offsets, lengths, RECORDS[record], fields, big_endian=big_endian, encoding=encoding)
    assert set(found) == set(fields)
    if general.schema.metadata[b"encoding"] == b"latin-1" and encoding is None:
        found |= pick(content, offsets, lengths, RECORDS[record], fields, big_endian=big_endian, encoding="latin-1")
    assert {name: repr(found[name]) for name in fields} == {name: repr(general[name].to_pylist()) for name in fields}


def test_every_record_kept_aside_says_which_of_its_fields_are_needed() -> None:
    assert {*FIELDS, "DTR", "GDR"} == set(KEPT_ASIDE)
    for record, fields in FIELDS.items():
        assert set(fields) <= {field.name for field in RECORDS[record].fields}
