"""Records as tables: types, text, damage, unknown records, byte order, and what the plain reader would lose."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from corecar.errors import ArgumentError, DamagedSource, UnknownFormat, UnsupportedVersion
from corecar.formats.stdf.columns import decode
from corecar.formats.stdf.encode import encode_record
from corecar.formats.stdf.records import empty_records, read_records
from corecar.formats.stdf.rows import BY_TYPE, RECORDS
from corecar.formats.stdf.writer import write_records

FAR_LITTLE = bytes([2, 0, 0, 10, 2, 4])


def raw(name: str, body: bytes) -> bytes:
    kind = RECORDS[name]
    return len(body).to_bytes(2, "little") + bytes([kind.typ, kind.sub]) + body


def read(content: bytes, **arguments: Any) -> Any:
    return read_records(np.frombuffer(content, np.uint8), path="lot.stdf", **arguments)


def test_every_record_of_v4_and_v4_2007_has_a_row() -> None:
    assert len(RECORDS) == 32
    assert len(BY_TYPE) == 32
    assert (RECORDS["PTR"].typ, RECORDS["PTR"].sub) == (15, 10)
    assert [len(RECORDS[name].fields) for name in ("MIR", "PTR", "MPR", "FTR", "PRR", "WRR")] == [
        38,
        20,
        27,
        28,
        12,
        14,
    ]


def test_counts_widths_and_flags_point_at_earlier_fields() -> None:
    for record_type in RECORDS.values():
        for layout in record_type.layouts:
            names: list[str] = []
            for field in layout:
                references = {field.count, field.width, field.when.flags if field.when else None}
                assert {r for r in references if isinstance(r, str)} <= set(names), (record_type.name, field.name)
                names.append(field.name)
            assert len(set(names)) == len(names)


def test_one_of_every_record_is_read_with_its_fields(shared: Path) -> None:
    tables = read((shared / "stdf/libstdf_all_records_2007.stdf").read_bytes())
    assert set(tables) == set(RECORDS)
    assert all(table["_extra"].null_count == table.num_rows for table in tables.values())
    assert tables["MPR"]["RTN_STAT"].to_pylist() == [[1, 2, 3, 4]]
    assert tables["STR"]["CYC_OFST"].to_pylist() == [[300, 400]]
    assert tables["CNR"]["CELL_NAM"][0].as_py().startswith("ABCDEFG")
    assert tables["CDR"]["CELL_LST"].to_pylist() == [[f"Block{n}" for n in range(1, 7)]]
    assert tables["PSR"]["PAT_END"].to_pylist() == [[11_234, 123_456, 1_234_567]]
    assert tables["GDR"]["GEN_DATA"][0].as_py()[5] == {"code": "I2", "value": "-31534"}


def test_records_carry_their_number_and_their_place(shared: Path) -> None:
    tables = read((shared / "traps/14_interleaved_sites.stdf").read_bytes())
    order = sorted((row["sequence"], row["offset"]) for table in tables.values() for row in table.to_pylist())
    assert [sequence for sequence, _ in order] == list(range(len(order)))
    assert [offset for _, offset in order] == sorted(offset for _, offset in order)
    assert tables["FAR"]["offset"].to_pylist() == [0]


def test_an_omitted_field_is_null_and_an_empty_text_is_not() -> None:
    table = read(FAR_LITTLE + raw("MRR", bytes([1, 0, 0, 0])) + raw("MRR", bytes([1, 0, 0, 0, 65, 0])))["MRR"]
    assert table["DISP_COD"].to_pylist() == [None, "A"]
    assert table["USR_DESC"].to_pylist() == [None, ""]
    assert table["EXC_DESC"].to_pylist() == [None, None]


def test_bytes_behind_the_last_field_are_kept() -> None:
    table = read(FAR_LITTLE + raw("PIR", b"\1\2new") + raw("PIR", b"\1\2"))["PIR"]
    assert table["_extra"].to_pylist() == [b"new", None]


def test_an_unknown_record_is_kept_raw_under_its_numbers() -> None:
    content = FAR_LITTLE + b"\3\0\xb4\1abc"
    tables = read(content)
    assert tables["180.1"]["raw"].to_pylist() == [b"abc"]
    assert list(read(content, types=["180.1"])) == ["180.1"]


def test_both_layouts_of_the_version_update_record_are_read(shared: Path) -> None:
    single = read((shared / "traps/24_vur_2007_single.stdf").read_bytes())["VUR"]
    counted = read((shared / "traps/25_vur_2007_1_array.stdf").read_bytes())["VUR"]
    assert (single["UPD_CNT"].to_pylist(), single["UPD_NAM"].to_pylist()) == ([None], [["V4-2007"]])
    assert (counted["UPD_CNT"].to_pylist(), counted["UPD_NAM"].to_pylist()) == ([2], [["V4-2007", "Scan:2007.1"]])


def test_byte_order_comes_from_the_bytes_of_each_far(shared: Path) -> None:
    mixed = read((shared / "traps/11_concat_le_be.stdf").read_bytes())
    assert mixed["FAR"]["_big_endian"].to_pylist() == [False, True]
    assert mixed["PTR"]["TEST_NUM"].to_pylist() == [100, 100]
    lying = read((shared / "stdf/lying_cpu_type.std").read_bytes())["FAR"].to_pylist()[0]
    assert (lying["CPU_TYPE"], lying["_big_endian"]) == (1, False)


def test_text_is_utf8_when_all_of_it_is() -> None:
    tables = read(FAR_LITTLE + raw("DTR", bytes([3]) + "aµ".encode()))
    assert (tables["DTR"]["TEXT_DAT"].to_pylist(), tables.encoding) == (["aµ"], "utf-8")
    assert tables["DTR"].schema.metadata == {b"encoding": b"utf-8"}


def test_one_text_that_is_not_utf8_makes_the_whole_file_latin1() -> None:
    content = FAR_LITTLE + raw("BPS", bytes([2]) + "µ".encode()) + raw("DTR", b"\2\xb0C")
    tables = read(content)
    assert tables.encoding == "latin-1"
    assert tables["DTR"]["TEXT_DAT"].to_pylist() == ["°C"]
    assert tables["BPS"]["SEQ_NAME"].to_pylist() == ["Âµ"]
    assert write_records(tables) == content


@pytest.mark.parametrize(("encoding", "text"), [("gbk", "温度"), ("shift_jis", "温度ﾃｽﾄ"), ("cp1252", "€ 5")])
def test_a_named_codec_is_used_and_written_back(encoding: str, text: str) -> None:
    content = FAR_LITTLE + encode_record("DTR", {"TEXT_DAT": text}, big_endian=False, encoding=encoding)
    tables = read(content, encoding=encoding)
    assert tables["DTR"]["TEXT_DAT"].to_pylist() == [text]
    assert write_records(tables) == content


@pytest.mark.parametrize("encoding", ["utf-8", "gbk", "ascii"])
def test_text_that_the_named_codec_cannot_hold_keeps_its_bytes(encoding: str) -> None:
    content = FAR_LITTLE + raw("DTR", b"\2\xff\xb0") + raw("DTR", b"\2ok")
    tables = read(content, encoding=encoding)
    assert tables["DTR"]["_raw"].to_pylist() == [b"\2\xff\xb0", None]
    assert write_records(tables) == content


def test_a_codec_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ArgumentError, match="klingon"):
        read(FAR_LITTLE, encoding="klingon")


def test_half_bytes_come_low_half_first_and_a_dirty_pad_is_kept() -> None:
    start = bytes([1, 0, 0, 0, 1, 1, 0, 0, 3, 0, 0, 0])
    content = FAR_LITTLE + raw("MPR", start + b"\x21\x03") + raw("MPR", start + b"\x21\xf3")
    tables = read(content)
    assert tables["MPR"]["RTN_STAT"].to_pylist() == [[1, 2, 3], [1, 2, 3]]
    assert [value is None for value in tables["MPR"]["_raw"].to_pylist()] == [True, False]
    assert write_records(tables) == content


def test_a_cut_record_says_where_and_what_to_do(shared: Path) -> None:
    content = (shared / "traps/08_truncated_mid_record.stdf").read_bytes()
    with pytest.raises(DamagedSource, match=r"needs \d+ bytes, \d+ are left") as caught:
        read(content)
    assert (caught.value.record, caught.value.offset) == ("PTR", 122)
    assert 'on_error="salvage"' in str(caught.value)
    tables = read(content, on_error="salvage")
    assert tables["PTR"].num_rows == 1
    assert "The 6 records before it were kept" in tables.warnings[0]


def test_a_cut_header_says_where(shared: Path) -> None:
    with pytest.raises(DamagedSource, match="needs 4 bytes, 1 is left") as caught:
        read((shared / "traps/09_truncated_header.stdf").read_bytes())
    assert caught.value.offset == 116


def test_a_text_longer_than_its_record_is_clipped_and_named() -> None:
    content = FAR_LITTLE + raw("DTR", b"\xffabc")
    with pytest.raises(DamagedSource, match="TEXT_DAT runs past the record's end") as caught:
        read(content)
    assert caught.value.offset == 6
    tables = read(content, on_error="salvage")
    assert tables["DTR"]["TEXT_DAT"].to_pylist() == ["abc"]
    assert write_records(tables) == content


@pytest.mark.parametrize("name", ["PGR", "PLR", "RDR", "SDR", "MPR", "FTR", "GDR", "NMR", "CDR", "SSR", "STR", "PSR"])
def test_a_count_that_lies_allocates_no_more_than_the_record_holds(name: str) -> None:
    tables = read(FAR_LITTLE + raw(name, b"\xff" * 30), on_error="salvage")
    assert tables[name].nbytes < 10_000


def test_a_date_of_version_three_is_refused(shared: Path) -> None:
    with pytest.raises(UnsupportedVersion, match="version 3"):
        read((shared / "traps/32_v3_far.stdf").read_bytes())


@pytest.mark.parametrize("content", [b"", b"ab", b"this is text, not STDF"])
def test_what_does_not_begin_with_a_far_is_no_stdf(content: bytes) -> None:
    with pytest.raises(UnknownFormat, match="FAR"):
        read(content)


def test_only_the_record_types_asked_for_are_read(shared: Path) -> None:
    content = (shared / "stdf/libstdf_all_records_2007.stdf").read_bytes()
    assert list(read(content, types=["PTR", "MIR"])) == ["MIR", "PTR"]
    with pytest.raises(ArgumentError, match="XYZ is no STDF record"):
        read(content, types=["XYZ"])


def test_records_are_read_in_bounded_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = b"".join(raw("PIR", bytes([1, n % 256])) + raw("DTR", b"\1x") for n in range(1000))
    content = FAR_LITTLE + parts + bytes([0, 2, 0, 10, 1, 4]) + bytes([0, 2, 5, 10, 1, 9])
    whole = read(content)
    monkeypatch.setattr("corecar.formats.stdf.records.RECORDS_AT_ONCE", 7)
    monkeypatch.setattr("corecar.formats.stdf.records.BATCH_BYTES", 5)
    pieces = read(content)
    assert {name: table.to_pylist() for name, table in pieces.items()} == {n: t.to_pylist() for n, t in whole.items()}
    assert whole["PIR"]["SITE_NUM"].to_pylist()[-1] == 9
    assert pieces["PIR"]["SITE_NUM"].num_chunks > 100


def test_decode_reads_records_of_one_type_from_a_read_only_array() -> None:
    content = np.frombuffer(b"\1\2\3\4", np.uint8)
    table = decode(content, np.array([0, 2]), np.array([2, 2], np.uint16), RECORDS["PIR"], big_endian=True)
    assert table["SITE_NUM"].to_pylist() == [2, 4]
    assert empty_records("PIR").drop_columns(["sequence", "offset"]).schema.names == table.schema.names


def test_no_records_are_an_empty_table_of_every_type() -> None:
    nothing = np.empty(0, np.int64)
    for record_type in RECORDS.values():
        table = decode(np.empty(0, np.uint8), nothing, nothing, record_type, big_endian=False)
        assert table.num_rows == 0
        assert table.schema.equals(empty_records(record_type.name).drop_columns(["sequence", "offset"]).schema)


def test_a_table_built_by_hand_is_written_with_counts_and_missing_values_filled_in() -> None:
    tables = {
        "FAR": pa.table({"sequence": [0], "CPU_TYPE": [2], "STDF_VER": [4]}),
        "PGR": pa.table({"sequence": [2, 1], "GRP_INDX": [7, 8], "PMR_INDX": [[1, 2], None]}),
        "PRR": pa.table({"sequence": [3], "HEAD_NUM": [1], "SITE_NUM": [0], "PART_ID": ["9"]}),
        "MPR": pa.table({"sequence": [4], "TEST_NUM": [5], "RTN_INDX": [[3, 4]]}),
    }
    found = read(write_records(tables))
    assert found["PGR"]["INDX_CNT"].to_pylist() == [None, 2]
    part = found["PRR"].to_pylist()[0]
    assert (part["SOFT_BIN"], part["X_COORD"], part["PART_ID"], part["PART_TXT"]) == (65_535, -32_768, "9", None)
    assert found["MPR"]["RTN_STAT"].to_pylist() == [[0, 0]]


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ({"PIR": pa.table({"sequence": [0]})}, "no FAR record"),
        ({"PIR": pa.table({"HEAD_NUM": [0]})}, "no column `sequence`"),
        ({"PIR": pa.table({"sequence": [1], "HEAD": [0]})}, "has no field HEAD"),
        ({"PIR": pa.table({"sequence": [0]})}, "the sequence number 0"),
        ({"PIR": pa.table({"sequence": [1], "HEAD_NUM": [256]})}, "does not fit uint8"),
        ({"DTR": pa.table({"sequence": [1], "TEXT_DAT": ["x" * 256]})}, "256 bytes in row 0, 255 fit"),
        ({"MRR": pa.table({"sequence": [1], "DISP_COD": ["AB"]})}, "one character"),
        ({"PGR": pa.table({"sequence": [1], "INDX_CNT": [1], "PMR_INDX": [[1, 2]]})}, "2 elements in row 0, but"),
        ({"SDR": pa.table({"sequence": [1], "SITE_NUM": [[1] * 300]})}, "300 does not fit uint8"),
        ({"PGR": pa.table({"sequence": [1], "PMR_INDX": [[1] * 40_000]})}, "STDF allows 65,535"),
        ({"nonsense": pa.table({"sequence": [1]})}, "neither an STDF record nor a number"),
    ],
)
def test_a_table_that_is_no_table_of_records_is_refused(tables: dict[str, Any], message: str) -> None:
    far = {} if "no FAR" in message else {"FAR": pa.table({"sequence": [0], "CPU_TYPE": [2], "STDF_VER": [4]})}
    with pytest.raises(ArgumentError, match=message):
        write_records(far | tables)


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        ("XYZ", {}, "is no STDF record"),
        ("PIR", {"SITE": 1}, "has no field SITE"),
        ("PIR", {"HEAD_NUM": 256}, "PIR HEAD_NUM: 256 does not fit U1"),
        ("DTR", {"TEXT_DAT": "x" * 256}, "TEXT_DAT"),
        ("MRR", {"FINISH_T": 1, "DISP_COD": "no"}, "DISP_COD"),
        ("PGR", {"INDX_CNT": 3, "PMR_INDX": [1]}, "1 elements, but INDX_CNT says 3"),
        ("GDR", {"GEN_DATA": [{"code": "Q9", "value": ""}]}, "GEN_DATA"),
        ("STR", {"CONT_FLG": 0, "DATA_FLG": 0}, "different editions"),
    ],
)
def test_a_value_that_its_field_cannot_hold_is_refused(name: str, values: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        encode_record(name, values, big_endian=False)
