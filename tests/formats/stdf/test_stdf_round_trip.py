"""What is written comes back, for records of every type; what was read is written back byte for byte."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corecar.formats.stdf.codes import CODES
from corecar.formats.stdf.encode import encode_record
from corecar.formats.stdf.records import read_records
from corecar.formats.stdf.rows import RECORDS, Field
from corecar.formats.stdf.writer import write_records

_texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=12)


def _integers(code: str) -> st.SearchStrategy[int]:
    bits = 8 * CODES[code].size
    if code[0] == "I":
        return st.integers(-(1 << bits - 1), (1 << bits - 1) - 1)
    return st.integers(0, (1 << bits) - 1)


def _bits() -> st.SearchStrategy[dict[str, Any]]:
    def of(count: int) -> st.SearchStrategy[dict[str, Any]]:
        size = (count + 7) // 8
        return st.binary(min_size=size, max_size=size).map(lambda data: {"bits": count, "data": data})

    return st.integers(0, 40).flatmap(of)


_reals: dict[str, st.SearchStrategy[float]] = {
    "R4": st.floats(width=32, allow_nan=False),
    "R8": st.floats(allow_nan=False),
}


def _variant(code: str) -> st.SearchStrategy[dict[str, str]]:
    shapes: dict[str, st.SearchStrategy[str]] = {
        "B0": st.just(""),
        "Cn": _texts,
        "Bn": st.binary(max_size=9).map(bytes.hex),
        "Dn": _bits().map(lambda value: f"{value['bits']}:{value['data'].hex()}"),
        "N1": st.integers(0, 15).map(str),
        "R4": st.integers(-1000, 1000).map(lambda number: str(float(number) / 8)),
        "R8": _reals["R8"].map(str),
    }
    values = shapes[code] if code in shapes else _integers(code).map(str)
    return values.map(lambda value: {"code": code, "value": value})


def _always(strategy: st.SearchStrategy[Any]) -> Callable[[int], st.SearchStrategy[Any]]:
    return lambda width: strategy


_VARIANT_CODES = ("B0", "U1", "U2", "U4", "I1", "I2", "I4", "R4", "R8", "Cn", "Bn", "Dn", "N1")
_VALUES: dict[str, Callable[[int], st.SearchStrategy[Any]]] = {
    **{code: _always(_integers(code)) for code in ("U1", "U2", "U4", "U8", "I1", "I2", "I4", "B1")},
    **{code: _always(_reals[code]) for code in ("R4", "R8")},
    "C1": lambda width: st.characters(max_codepoint=127),
    "Cf": lambda width: st.text(st.characters(max_codepoint=127), min_size=width, max_size=width),
    "Cn": lambda width: _texts,
    "Sn": lambda width: _texts,
    "Bn": lambda width: st.binary(max_size=20),
    "Dn": lambda width: _bits(),
    "N1": lambda width: st.integers(0, 15),
    "Uf": lambda width: st.integers(0, (1 << 8 * width) - 1),
    "Vn": lambda width: st.sampled_from(_VARIANT_CODES).flatmap(_variant),
}


def _bounded(field: Field, layout: tuple[Field, ...]) -> st.SearchStrategy[Any] | None:
    if any(other.count == field.name for other in layout):
        return st.integers(0, 4)
    if any(other.width == field.name for other in layout):
        return st.sampled_from([0, 1, 2, 4, 8])
    return None


@st.composite
def drawn_record(draw: st.DrawFn, names: tuple[str, ...] = tuple(RECORDS), layouts: int = 1) -> tuple[str, Any]:
    """(name, values): a record of one of these types in one of its first `layouts` layouts, cut after some field."""
    name = draw(st.sampled_from(names))
    choices = RECORDS[name].layouts[:layouts]
    layout = draw(st.sampled_from(choices))
    length = draw(st.integers(0, len(layout)) if layout is RECORDS[name].layouts[0] else st.just(len(layout)))
    values: dict[str, Any] = {}
    for index, field in enumerate(layout):
        count = values.get(field.count) if isinstance(field.count, str) else field.count
        width = values.get(field.width, 0) if field.width else 0
        nothing = field.is_array and (count == 0 or (field.width is not None and width == 0))
        if index >= length and not (nothing and len(values) == index):
            break
        gate = field.when
        if gate is not None and (values[gate.flags] & gate.mask) != gate.value:
            values[field.name] = None
            continue
        bounded = _bounded(field, layout)
        element = _VALUES[field.type_code.code](width) if bounded is None else bounded
        if not field.is_array:
            values[field.name] = draw(element)
        else:
            size = 0 if nothing else int(count or 0)
            values[field.name] = draw(st.lists(element, min_size=size, max_size=size))
    return name, values


PLACES = ("sequence", "offset", "_big_endian", "_extra", "_raw")
calm = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def far(big_endian: bool) -> bytes:
    return encode_record("FAR", {"CPU_TYPE": 1 if big_endian else 2, "STDF_VER": 4}, big_endian=big_endian)


def read(content: bytes, **arguments: Any) -> Any:
    return read_records(np.frombuffer(content, np.uint8), path="drawn.stdf", **arguments)


def fields(row: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key not in PLACES and value is not None}


def rows_in_order(tables: Any) -> list[tuple[str, dict[str, Any]]]:
    found = [(row["sequence"], name, fields(row)) for name, table in tables.items() for row in table.to_pylist()]
    return [(name, row) for _, name, row in sorted(found, key=lambda entry: entry[0])]


@pytest.mark.parametrize("name", [name for name in RECORDS if name != "FAR"])
@given(data=st.data(), big_endian=st.booleans())
@settings(calm, max_examples=25)
def test_a_drawn_record_is_read_as_it_was_written(name: str, data: st.DataObject, big_endian: bool) -> None:
    drawn = data.draw(st.lists(drawn_record((name,)), max_size=4))
    content = far(big_endian) + b"".join(encode_record(n, v, big_endian=big_endian) for n, v in drawn)
    tables = read(content)
    assert rows_in_order(tables)[1:] == [(n, fields(v)) for n, v in drawn]
    assert write_records(tables) == content


@given(drawn=st.lists(drawn_record(), max_size=12), big_endian=st.booleans())
@settings(calm, max_examples=100)
def test_a_drawn_file_changes_byte_order_and_back(drawn: list[tuple[str, Any]], big_endian: bool) -> None:
    drawn = [(name, values) for name, values in drawn if name != "FAR"]
    content = far(big_endian) + b"".join(encode_record(n, v, big_endian=big_endian) for n, v in drawn)
    other = write_records(read(content), big_endian=not big_endian)
    assert rows_in_order(read(other))[1:] == rows_in_order(read(content))[1:]
    assert write_records(read(other), big_endian=big_endian) == content


@given(drawn=st.lists(drawn_record(("VUR", "PSR", "STR"), layouts=9), min_size=1, max_size=3), big_endian=st.booleans())
@settings(calm, max_examples=100)
def test_a_record_of_any_edition_of_v4_2007_survives_byte_for_byte(drawn: Any, big_endian: bool) -> None:
    content = far(big_endian) + b"".join(encode_record(n, v, big_endian=big_endian) for n, v in drawn)
    assert write_records(read(content)) == content


@given(bodies=st.lists(st.tuples(st.sampled_from(sorted(RECORDS)), st.binary(max_size=40)), max_size=8))
@settings(calm, max_examples=300)
def test_records_with_any_body_survive_byte_for_byte_when_salvaged(bodies: list[tuple[str, bytes]]) -> None:
    content = far(False)
    for name, body in bodies:
        kind = RECORDS[name if name != "FAR" else "ATR"]
        content += len(body).to_bytes(2, "little") + bytes([kind.typ, kind.sub]) + body
    tables = read(content, on_error="salvage")
    assert write_records(tables) == content
    other = read(write_records(tables, big_endian=True))
    assert {name: table.num_rows for name, table in other.items()} == {n: t.num_rows for n, t in tables.items()}


CANONICAL = (
    "stdf/a530_lot2.stdf.gz",
    "stdf/a530_lot3.stdf.gz",
    "stdf/libstdf_all_records_2007.stdf",
    "stdf/lying_cpu_type.std",
    "stdf/stdfoo_small.stdf.gz",
)
UNREADABLE = {
    "08_truncated_mid_record.stdf": "cut in a record",
    "09_truncated_header.stdf": "cut in a header",
    "32_v3_far.stdf": "STDF V3",
    "37_gz_truncated.stdf.gz": "cut gzip",
}


def content_of(path: Path) -> bytes:
    raw = path.read_bytes()
    return gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw


@pytest.mark.parametrize("name", CANONICAL)
def test_a_real_file_survives_byte_for_byte(shared: Path, name: str) -> None:
    content = content_of(shared / name)
    assert write_records(read(content)) == content


def test_every_whole_trap_survives_byte_for_byte(shared: Path) -> None:
    traps = [path for path in sorted((shared / "traps").iterdir()) if path.name not in UNREADABLE]
    changed = [path.name for path in traps if write_records(read(content_of(path))) != content_of(path)]
    assert len(traps) >= 33
    assert changed == []


def test_a_real_file_survives_a_change_of_byte_order(shared: Path) -> None:
    content = content_of(shared / "stdf/a530_lot2.stdf.gz")
    little = write_records(read(content), big_endian=False)
    assert little[:6] == bytes([2, 0, 0, 10, 2, 4])
    assert write_records(read(little), big_endian=True) == content
