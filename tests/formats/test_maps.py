"""Wafer maps as SEMI G85: written, read back, and contradictions told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from corecar.errors import ArgumentError, DamagedSource, OutputError, SourceMissing, UnknownFormat
from corecar.formats.maps import NO_DIE, BinDefinition, WaferMap, map_text, read_map, wafer_map, write_map
from corecar.wafer_frame import WaferFrame

GOOD = BinDefinition(1, True, "Good & <sound>")
BAD = BinDefinition(7, False, 'Leak "high"')


def small(**options: object) -> WaferMap:
    """Four dies around an empty corner: X 10 to 11, Y -3 to -2, and one further right."""
    x, y, bins = np.array([10, 11, 12, 10]), np.array([-3, -3, -3, -2]), np.array([1, 7, 1, 1])
    return wafer_map("W03", x, y, bins, (GOOD, BAD), lot="L1", product="P", **options)  # type: ignore[arg-type]


DIRECTIONS = [
    (1, 1, [[1, 7, 1], [1, -1, -1]], (10, -3)),
    (1, -1, [[1, -1, -1], [1, 7, 1]], (10, -2)),
    (-1, 1, [[1, 7, 1], [-1, -1, 1]], (12, -3)),
]


@pytest.mark.parametrize(("step_x", "step_y", "grid", "first"), DIRECTIONS)
def test_a_map_is_laid_out_as_the_wafer_is_looked_at(
    step_x: int, step_y: int, grid: list[list[int]], first: tuple[int, int]
) -> None:
    found = small(frame=WaferFrame(step_x, step_y))
    assert found.bins.tolist() == grid
    assert (found.first_x, found.first_y) == first


def test_a_written_map_reads_as_the_same_map(tmp_path: Path) -> None:
    chart = small(name="before", frame=WaferFrame(flat="L", wafer_size_mm=200.0), created="20260101000000000")
    write_map(chart, tmp_path / "map.xml")
    found = read_map(tmp_path / "map.xml")
    assert np.array_equal(found.bins, chart.bins)
    for name in ("wafer", "lot", "product", "name", "first_x", "first_y", "step_x", "step_y", "orientation"):
        assert getattr(found, name) == getattr(chart, name), name
    assert found.orientation == 90
    assert (found.wafer_size_mm, found.created) == (200.0, "20260101000000000")
    assert set(found.definitions) == {GOOD, BAD}
    assert [path.name for path in tmp_path.iterdir()] == ["map.xml"]


def test_the_attributes_that_g85_requires_are_there() -> None:
    text = map_text(small())
    for name in ("WaferId", "LotId", "Rows", "Columns", "Orientation", "OriginLocation", "BinType", "NullBin"):
        assert f" {name}=" in text, name
    assert '<Bin BinCode="01" BinCount="3" BinQuality="Pass"' in text
    assert '<Bin BinCode="07" BinCount="1" BinQuality="Fail"' in text


def test_bins_above_254_take_four_digits() -> None:
    chart = wafer_map("W", np.array([0, 1]), np.array([0, 0]), np.array([255, 32767]), ())
    text = map_text(chart)
    assert 'BinType="Integer2"' in text
    assert "<![CDATA[00FF7FFF]]>" in text


grids = hnp.arrays(np.int32, st.tuples(st.integers(1, 12), st.integers(1, 12)), elements=st.integers(-1, 32767))
words = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=12)


@given(grid=grids, lot=words, wafer=words)
def test_any_map_survives_the_round_trip(
    tmp_path_factory: pytest.TempPathFactory, grid: np.ndarray, lot: str, wafer: str
) -> None:
    lot, wafer = lot.replace("\ufffe", "").replace("\uffff", ""), wafer.replace("\ufffe", "").replace("\uffff", "")
    path = tmp_path_factory.mktemp("map") / "map.xml"
    write_map(WaferMap(wafer, grid, lot=lot), path)
    found = read_map(path)
    assert np.array_equal(found.bins, grid)
    assert (found.lot, found.wafer) == (lot, wafer)


OTHERS = [
    ('BinType="Ascii" NullBin="."', "G.X", [[71, -1, 88]]),
    ('BinType="Decimal" NullBin="255"', "001 255 030", [[1, -1, 30]]),
    ('BinType="Integer2" NullBin="FFFF"', "0001FFFF001E", [[1, -1, 30]]),
    ('BinType="HexaDecimal" NullBin="FF"', "01ff1e".upper(), [[1, -1, 30]]),
]


def foreign(device: str, row: str, more: str = "", count: str = "1", rows: int = 1, columns: int = 3) -> str:
    return (
        '<?xml version="1.0"?><Maps><Map xmlns="http://www.semi.org" SubstrateId="S1" FormatRevision="G85-0703">'
        f'<Device LotId="L" Rows="{rows}" Columns="{columns}" Orientation="0" OriginLocation="2" {device}>{more}'
        f"<Data><Row>{row}</Row></Data></Device></Map></Maps>"
    )


@pytest.mark.parametrize(("device", "row", "grid"), OTHERS)
def test_maps_of_other_writers_are_read_in_every_bin_type(
    tmp_path: Path, device: str, row: str, grid: list[list[int]]
) -> None:
    path = tmp_path / "foreign.xml"
    path.write_text(foreign(device, row))
    found = read_map(path)
    assert found.bins.tolist() == grid
    assert found.wafer == "S1"


def test_the_reference_device_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "foreign.xml"
    reference = '<ReferenceDevice ReferenceDeviceX="2" ReferenceDeviceY="1"/>'
    path.write_text(foreign('BinType="Decimal" NullBin="255"', "1 1 1", reference))
    assert read_map(path).reference == (2, 1)
    write_map(read_map(path), path)
    assert read_map(path).reference == (2, 1)


DECIMAL = 'BinType="Decimal" NullBin="255"'
WRONG = [
    (foreign(DECIMAL, "1 1"), DamagedSource, "row 1 has 2 codes, but Columns=3"),
    (foreign(DECIMAL, "1 1 1", rows=2), DamagedSource, "1 row, but Rows=2"),
    (foreign(DECIMAL, "1 x 1"), DamagedSource, "bin code 'x' is not decimal"),
    (
        foreign(DECIMAL, "1 1 1", '<Bin BinCode="1" BinCount="2" BinQuality="Pass"/>'),
        DamagedSource,
        "BinCount=2, but the map has 3",
    ),
    (foreign('BinType="Roman" NullBin="0"', "I I I"), UnknownFormat, "BinType='roman'"),
    (foreign(DECIMAL, "1 1 1").replace('Rows="1"', 'Rows="one"'), DamagedSource, "Rows='one': expected a whole number"),
    (
        foreign(DECIMAL, "1 1 1").replace('Location="2"', 'Location="3"'),
        UnknownFormat,
        "OriginLocation='3': expected 2",
    ),
    (foreign(DECIMAL, "1 1 1").replace(' OriginLocation="2"', ""), UnknownFormat, "OriginLocation is missing"),
    (foreign(DECIMAL, "1 1 1").replace("Device", "Gadget"), UnknownFormat, "<Device> is missing"),
    ("no xml at all", UnknownFormat, "this looks like a text file; expected a wafer map"),
    ('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', UnknownFormat, "declares no document type"),
]


@pytest.mark.parametrize(("text", "kind", "message"), WRONG)
def test_a_map_that_contradicts_itself_says_where(
    tmp_path: Path, text: str, kind: type[Exception], message: str
) -> None:
    path = tmp_path / "wrong.xml"
    path.write_text(text)
    with pytest.raises(kind, match=message):
        read_map(path)


def test_a_missing_map_and_a_folder_that_is_not_there_are_told(tmp_path: Path) -> None:
    with pytest.raises(SourceMissing, match="cannot be opened"):
        read_map(tmp_path / "none.xml")
    with pytest.raises(OutputError, match="Create it first"):
        write_map(small(), tmp_path / "none" / "map.xml")


def test_columns_of_unequal_length_are_refused() -> None:
    with pytest.raises(ArgumentError, match="2, 1 and 1 entries"):
        wafer_map("W", np.array([1, 2]), np.array([1]), np.array([1]), ())


def test_a_die_without_a_bin_is_an_empty_place() -> None:
    chart = wafer_map("W", np.array([0, 1]), np.array([0, 0]), np.array([NO_DIE, 1]), (GOOD,))
    assert chart.counts == {1: 1}
