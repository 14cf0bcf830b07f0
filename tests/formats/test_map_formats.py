"""Wafer maps of every format in every orientation: read as they were written, and what is wrong with them told."""

from __future__ import annotations

import tracemalloc
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import corecar
from corecar.errors import ArgumentError, CorecarError, DamagedSource, OutputError, UnknownFormat
from corecar.formats.maps import (
    NO_DIE,
    UNTESTED,
    BinDefinition,
    WaferMap,
    compare_maps,
    read_map,
    wafer_map,
    write_map,
)
from corecar.formats.maps.layout import AXES, ORIGINS, RowOrder

GOOD, BAD = BinDefinition(1, True, "Good & <sound>"), BinDefinition(7, False, 'Leak "high"')
KEPT = (
    "wafer",
    "lot",
    "product",
    "first_x",
    "first_y",
    "step_x",
    "step_y",
    "orientation",
    "wafer_size_mm",
    "reference",
)


def chart(**changes: Any) -> WaferMap:
    """A wafer of three columns and two rows that no turn and no mirror leaves as it is."""
    bins = np.array([[1, 7, 1], [7, NO_DIE, NO_DIE]], dtype=np.int32)
    plain = WaferMap(
        "W03", bins, lot="L1", product="P", name="after screening", first_x=10, first_y=-3, step_y=-1, orientation=90,
        wafer_size_mm=200.0, created="20260101000000000", reference=(2, 0), definitions=(GOOD, BAD),
        die_size_mm=(2.5, 4.0),
    )  # fmt: skip
    return replace(plain, **changes)


def same(found: WaferMap, wanted: WaferMap, kept: tuple[str, ...] = KEPT) -> None:
    assert np.array_equal(found.bins, wanted.bins)
    for name in kept:
        assert getattr(found, name) == getattr(wanted, name), name


words = st.text(st.characters(blacklist_categories=["Cs", "Cc", "Zs", "Cn", "Co", "Cf", "Zl", "Zp"]), max_size=8)
steps = st.sampled_from([1, -1])
grids = hnp.arrays(
    np.int32, st.tuples(st.integers(1, 7), st.integers(1, 7)), elements=st.sampled_from([-1, 0, 1, 7, 99])
)


@st.composite
def maps(draw: st.DrawFn) -> WaferMap:
    bins = draw(grids)
    reference = draw(st.none() | st.tuples(st.integers(0, bins.shape[1] - 1), st.integers(0, bins.shape[0] - 1)))
    return chart(
        bins=bins, wafer=draw(words), lot=draw(words), product=draw(words), first_x=draw(st.integers(-900, 900)),
        first_y=draw(st.integers(-900, 900)), step_x=draw(steps), step_y=draw(steps), reference=reference,
        orientation=draw(st.sampled_from([0, 90, 180, 270])),
    )  # fmt: skip


@given(
    wafer=maps(),
    bottom=st.booleans(),
    origin=st.sampled_from([None, *ORIGINS]),
    axes=st.sampled_from([None, *AXES]),
    rows=st.sampled_from(get_args(RowOrder)),
)
def test_e142_survives_every_orientation_side_origin_axis_and_row_order(
    tmp_path_factory: pytest.TempPathFactory, wafer: WaferMap, bottom: bool, origin: Any, axes: Any, rows: Any
) -> None:
    path = tmp_path_factory.mktemp("map") / "map.e142.xml"
    write_map(wafer, path, bottom=bottom, origin=origin, axes=axes, rows=rows)
    found = read_map(path, rows=rows)
    same(found, wafer, (*KEPT, "name", "created", "die_size_mm"))
    assert {known.code for known in found.definitions} == set(wafer.counts)


@given(wafer=maps())
def test_g85_and_sinf_survive_every_orientation(tmp_path_factory: pytest.TempPathFactory, wafer: WaferMap) -> None:
    folder = tmp_path_factory.mktemp("map")
    for name in ("map.xml", "map.sinf"):
        write_map(wafer, folder / name)
        same(read_map(folder / name), wafer)


@given(wafer=maps(), turns=st.lists(st.sampled_from([90, 180, 270, "mirror"]), max_size=6))
def test_turns_and_mirrors_undo_one_another(wafer: WaferMap, turns: list[Any]) -> None:
    there = wafer
    for turn in turns:
        there = there.mirrored() if turn == "mirror" else there.turned(turn)
    for turn in reversed(turns):
        there = there.mirrored() if turn == "mirror" else there.turned(-turn)
    same(there, wafer, (*KEPT, "die_size_mm"))


@given(wafer=maps())
def test_half_a_turn_and_a_mirror_leave_every_die_its_coordinates(wafer: WaferMap) -> None:
    def dies(one: WaferMap) -> set[tuple[int, int, int]]:
        return set(zip(*(one.table()[name].to_pylist() for name in ("x", "y", "bin")), strict=True))

    assert dies(wafer.turned(180)) == dies(wafer.mirrored()) == dies(wafer)
    assert {(y, x, code) for x, y, code in dies(wafer.turned(90))} == dies(wafer)


@given(wafer=maps(), degrees=st.sampled_from([0, 90, 180, 270]))
def test_a_turned_map_is_like_itself(wafer: WaferMap, degrees: int) -> None:
    assert compare_maps(wafer, wafer.turned(degrees)).alike


def test_the_eight_orientations_of_one_wafer_are_eight(tmp_path: Path) -> None:
    written = set()
    for bottom in (False, True):
        for degrees in (0, 90, 180, 270):
            path = tmp_path / f"{bottom}{degrees}.e142.xml"
            write_map(chart(), path, orientation=degrees, bottom=bottom)
            found = read_map(path)
            assert found.orientation == degrees
            assert compare_maps(chart(), found).alike
            written.add(path.read_text(encoding="utf-8"))
    assert len(written) == 8


def e142(
    *rows: str,
    dimension: str = '<Dimension X="3" Y="2"/>',
    place: str = 'OriginLocation="UpperLeft" AxisDirection="DownRight"',
    coding: str = 'BinType="HexaDecimal" NullBin="FF"',
    bins: str = '<BinDefinition BinCode="01" BinQuality="Pass" BinDescription="Good"/>',
    good: str = "2",
    more: str = "",
) -> str:
    """A map as another writer would have it."""
    codes = "".join(f"<BinCode>{row}</BinCode>" for row in rows)
    lies = "" if "Orientation" in place else ' Orientation="0"'
    return (
        '<?xml version="1.0" encoding="UTF-8"?><MapData xmlns="urn:semi-org:xsd.E142-1.V1005.SubstrateMap"><Layouts>'
        '<Layout LayoutId="WaferLayout" DefaultUnits="mm" TopLevel="true"><Dimension X="1" Y="1"/>'
        '<DeviceSize X="200" Y="200"/><ChildLayouts><ChildLayout LayoutId="Devices"/></ChildLayouts></Layout>'
        f'<Layout LayoutId="Devices" DefaultUnits="microns">{dimension}<StepSize X="2500" Y="4000"/>'
        '<ProductId> P </ProductId></Layout></Layouts><Substrates><Substrate SubstrateType="Wafer" SubstrateId="W1">'
        f"<LotId> L1 </LotId><GoodDevices>{good}</GoodDevices></Substrate></Substrates><SubstrateMaps>"
        f'<SubstrateMap SubstrateType="Wafer" SubstrateId="W1" LayoutSpecifier="WaferLayout/Devices" {place}{lies}>'
        '<Overlay MapName="SortGrade" MapVersion="1"><ReferenceDevices><ReferenceDevice Name="FirstDevice">'
        '<Coordinates X="1" Y="0"/></ReferenceDevice></ReferenceDevices>'
        f"<BinCodeMap {coding}><BinDefinitions>{bins}</BinDefinitions>{codes}</BinCodeMap></Overlay>{more}"
        "</SubstrateMap></SubstrateMaps></MapData>"
    )


def read_text(folder: Path, text: str, **options: Any) -> WaferMap:
    path = folder / "foreign.xml"
    path.write_text(text, encoding="utf-8")
    return corecar.read_map(path, **options)


ROWS = ("0107FF", "FF0107")


def test_a_map_of_another_writer_is_read_with_all_it_says(tmp_path: Path) -> None:
    found = read_text(tmp_path, e142(*ROWS))
    assert found.bins.tolist() == [[1, 7, NO_DIE], [NO_DIE, 1, 7]]
    assert (found.wafer, found.lot, found.product, found.name) == ("W1", "L1", "P", "SortGrade")
    assert (found.wafer_size_mm, found.die_size_mm, found.reference) == (200.0, (2.5, 4.0), (1, 0))
    assert found.definitions == (BinDefinition(1, True, "Good"),)
    assert found.notes == ()


PLACES = [
    ('OriginLocation="UpperLeft" AxisDirection="DownRight"', (0, 0, 1, 1), (1, 0)),
    ("", (0, 1, 1, -1), (1, 1)),
    ('OriginLocation="UpperRight" AxisDirection="DownLeft"', (2, 0, -1, 1), (1, 0)),
    ('OriginLocation="LowerRight" AxisDirection="UpLeft"', (2, 1, -1, -1), (1, 1)),
    ('OriginLocation="Center" AxisDirection="UpRight"', (-1, 1, 1, -1), (2, 1)),
]


@pytest.mark.parametrize(("place", "coordinates", "reference"), PLACES)
def test_coordinates_count_from_the_origin_along_the_axes(
    tmp_path: Path, place: str, coordinates: tuple[int, ...], reference: tuple[int, int]
) -> None:
    found = read_text(tmp_path, e142(*ROWS, place=place))
    assert (found.first_x, found.first_y, found.step_x, found.step_y) == coordinates
    assert found.bins.tolist() == [[1, 7, NO_DIE], [NO_DIE, 1, 7]]
    assert found.reference == reference
    turned = read_text(tmp_path, e142(*ROWS, place=place), rows="from-origin")
    assert turned.bins.tolist() == found.bins[:: coordinates[3], :: coordinates[2]].tolist()


def test_what_was_assumed_of_the_rows_is_said(tmp_path: Path) -> None:
    assert "as seen" in read_text(tmp_path, e142(*ROWS, place="")).notes[0]
    assert read_text(tmp_path, e142(*ROWS, place=""), rows="as-seen").notes == ()


def test_counts_beside_the_map_that_do_not_fit_are_said(tmp_path: Path) -> None:
    assert read_text(tmp_path, e142(*ROWS, good="230")).notes == (
        "GoodDevices is 230, but 2 dies are in bins that pass.",
    )


def test_a_map_in_one_string_is_cut_into_its_rows(tmp_path: Path) -> None:
    assert read_text(tmp_path, e142("".join(ROWS))).bins.tolist() == [[1, 7, NO_DIE], [NO_DIE, 1, 7]]
    decimal = e142("001 007 255 255 001 007", coding='BinType="Decimal" NullBin="255"', bins="")
    assert read_text(tmp_path, decimal).bins.tolist() == [[1, 7, NO_DIE], [NO_DIE, 1, 7]]


def test_of_several_maps_one_has_to_be_named(tmp_path: Path) -> None:
    codes = '<BinCodeMap BinType="Ascii" NullBin="."><BinCode>A..</BinCode><BinCode>..B</BinCode></BinCodeMap>'
    second = f'<Overlay MapName="Inline">{codes}</Overlay>'
    text = e142(*ROWS, more=second)
    with pytest.raises(ArgumentError, match=r"2 of its maps fit.*W1 / SortGrade; W1 / Inline"):
        read_text(tmp_path, text)
    assert read_text(tmp_path, text, name="Inline").counts == {ord("A"): 1, ord("B"): 1}
    with pytest.raises(ArgumentError, match="none of its maps fits"):
        read_text(tmp_path, text, wafer="W9")


WRONG = [
    (e142(ROWS[0]), DamagedSource, "1 row, but Dimension Y=2|row 1 has"),
    (e142(ROWS[0], "FF01"), DamagedSource, "row 2 has 2 codes, but Dimension X=3"),
    (e142(ROWS[0], "FF01ZZ"), DamagedSource, "'ZZ' is not hexadecimal"),
    (e142(ROWS[0], "FF010"), DamagedSource, "row 2 has 3 codes|'0' is not hexadecimal"),
    (e142(*ROWS, dimension='<Dimension X="999999999" Y="2"/>'), DamagedSource, "row 1 has 3 codes"),
    (e142(*ROWS, dimension='<Dimension X="3" Y="99999999999"/>'), DamagedSource, "Y='99999999999': expected a whole"),
    (e142(*ROWS, dimension='<Dimension X="-3" Y="-2"/>'), DamagedSource, "2 rows, but Dimension Y=-2"),
    (e142(*ROWS, bins='<BinDefinition BinCode="01" BinCount="5"/>'), DamagedSource, "BinCount=5, but the map has 2"),
    (e142(*ROWS, place='Orientation="45"'), DamagedSource, "Orientation=45"),
    (e142(*ROWS, place='OriginLocation="Middle"'), UnknownFormat, "OriginLocation='Middle'"),
    (e142(*ROWS, place='AxisDirection="Sideways"'), UnknownFormat, "AxisDirection='Sideways'"),
    (e142(*ROWS, coding='BinType="Roman" NullBin=""'), UnknownFormat, "BinType='roman'"),
    (e142(*ROWS).replace("BinCodeMap", "TransferMap"), UnknownFormat, "no <BinCodeMap>"),
    (e142(*ROWS)[:-60], UnknownFormat, "this is no XML"),
    ("<svg/>", UnknownFormat, "this looks like XML, <svg>; expected a wafer map"),
    ("<a>" * 2000, UnknownFormat, "more than 40 deep"),
]


@pytest.mark.parametrize(("text", "kind", "message"), WRONG)
def test_a_map_that_contradicts_itself_is_refused(
    tmp_path: Path, text: str, kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind, match=message):
        read_text(tmp_path, text)


BOMB = (
    '<!DOCTYPE a [<!ENTITY a0 "aaaaaaaaaa">'
    + "".join(f'<!ENTITY a{n} "&a{n - 1};&a{n - 1};">' for n in range(1, 60))
    + "]><MapData>&a59;</MapData>"
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_refused_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "bomb.xml"
    path.write_bytes(f'<?xml version="1.0" encoding="{encoding}"?>{BOMB}'.encode(encoding))
    with pytest.raises(UnknownFormat, match="declares no document type"):
        read_map(path)


@given(
    place=st.integers(0, 900),
    cut=st.integers(0, 60),
    put=st.binary(max_size=8),
    which=st.sampled_from(["e142", "sinf"]),
)
def test_a_damaged_map_is_read_or_refused_but_never_breaks(
    tmp_path_factory: pytest.TempPathFactory, place: int, cut: int, put: bytes, which: str
) -> None:
    whole = (e142(*ROWS) if which == "e142" else SINF).encode()
    path = tmp_path_factory.mktemp("map") / "damaged"
    path.write_bytes(whole[:place] + put + whole[place + cut :])
    with suppress(CorecarError):
        assert read_map(path).bins.ndim == 2


def test_nothing_of_a_told_size_is_set_aside_before_it_is_there(tmp_path: Path) -> None:
    path = tmp_path / "wide.xml"
    path.write_text(
        '<Maps><Map WaferId="W"><Device LotId="L" Rows="1" Columns="900000000" OriginLocation="2" BinType="Ascii" '
        'NullBin="."><Data><Row>AB</Row></Data></Device></Map></Maps>'
    )
    tracemalloc.start()
    with pytest.raises(DamagedSource, match="row 1 has 2 codes, but Columns=900000000"):
        read_map(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000_000
    with pytest.raises(ArgumentError, match="too far for one wafer"):
        wafer_map("W", np.array([-32000, 32000]), np.array([-32000, 32000]), np.array([1, 1]))


def test_a_g85_map_with_another_origin_is_read_when_the_row_order_is_told(tmp_path: Path) -> None:
    text = (
        '<Maps><Map WaferId="W"><Device LotId="L" Rows="2" Columns="1" OriginLocation="3" BinType="Ascii" NullBin=".">'
        "<Data><Row>A</Row><Row>B</Row></Data></Device></Map></Maps>"
    )
    with pytest.raises(UnknownFormat, match="OriginLocation='3': expected 2"):
        read_text(tmp_path, text)
    assert read_text(tmp_path, text, rows="as-seen").bins.ravel().tolist() == [ord("A"), ord("B")]
    assert read_text(tmp_path, text, rows="from-origin").bins.ravel().tolist() == [ord("B"), ord("A")]


SINF = """DEVICE:VP39
LOT:G6A.2
WAFER:22
FNLOC:180
ROWCT:2
COLCT:4
BCEQU:01, 02
REFPX:3
REFPY:1
DUTMS:mil
XDIES:100.000
YDIES:60.000
RowData:__ 01 02 __
RowData:@@ 0B 01 FF
"""


def test_sinf_is_read_with_untested_dies_and_the_reference(tmp_path: Path) -> None:
    path = tmp_path / "w22.sinf"
    path.write_text(SINF)
    found = read_map(path)
    assert found.bins.tolist() == [[NO_DIE, 1, 2, NO_DIE], [UNTESTED, 11, 1, 255]]
    assert (found.orientation, found.reference, found.die_size_mm) == (0, (3, 1), (2.54, 1.524))
    assert (found.untested, int(found.good.sum())) == (1, 3)
    assert found.table()["bin"].to_pylist() == [1, 2, None, 11, 1, 255]
    assert {known.code: known.quality for known in found.definitions}[255] == "Reference"
    write_map(found, tmp_path / "again.sinf")
    same(read_map(tmp_path / "again.sinf"), found, (*KEPT, "definitions"))
    assert write_map(found, tmp_path / "again.e142.xml") == ("1 untested die became empty places.",)
    without = replace(found, reference=None, bins=np.maximum(found.bins, NO_DIE))
    assert write_map(without, tmp_path / "none.e142.xml") == ("E142 expects a reference die, and none is known.",)


SINF_WRONG = [
    (SINF.replace("ROWCT:2", "ROWCT:3"), DamagedSource, "2 rows, but ROWCT=3"),
    (SINF.replace("COLCT:4", "COLCT:5"), DamagedSource, "row 1 has 4 codes, but COLCT=5"),
    (SINF.replace("ROWCT:2\n", ""), UnknownFormat, "ROWCT, COLCT or RowData is missing"),
    (SINF.replace("0B", "0G"), DamagedSource, "row 2: bin code '0G'"),
    (SINF.replace("LOT:G6A.2", "WAFER:23"), DamagedSource, "line 3: WAFER stands there twice"),
    (SINF + "what\n", DamagedSource, "line 15: 'what' has no KEYWORD:"),
    (SINF.replace("ROWCT:2", "ROWCT:two"), DamagedSource, "ROWCT:'two'"),
    (SINF.replace("01, 02", "good"), DamagedSource, "BCEQU:'good'"),
]


@pytest.mark.parametrize(("text", "kind", "message"), SINF_WRONG)
def test_a_sinf_map_that_contradicts_itself_is_refused(
    tmp_path: Path, text: str, kind: type[Exception], message: str
) -> None:
    path = tmp_path / "wrong.sinf"
    path.write_text(text)
    with pytest.raises(kind, match=message):
        read_map(path)


def test_what_sinf_leaves_open_is_said(tmp_path: Path) -> None:
    path = tmp_path / "open.sinf"
    path.write_text(SINF.replace("FNLOC:180\n", "").replace("BCEQU:01, 02\n", "DIECT:9\nVENDOR:x\n"))
    told = read_map(path).notes
    assert [note.split(" ")[0] for note in told] == ["FNLOC", "BCEQU", "DIECT", "Not"]


def test_a_bin_that_does_not_fit_is_not_written_as_another(tmp_path: Path) -> None:
    high = chart(bins=np.array([[300]], dtype=np.int32))
    with pytest.raises(OutputError, match="bin 300 does not fit"):
        write_map(high, tmp_path / "map.sinf")
    assert list(tmp_path.iterdir()) == []


def test_words_that_a_format_has_not_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="words of E142"):
        write_map(chart(), tmp_path / "map.xml", bottom=True)
    with pytest.raises(ArgumentError, match="names no map format"):
        write_map(chart(), tmp_path / "map.docx")
    with pytest.raises(ArgumentError, match="not by 45"):
        write_map(chart(), tmp_path / "map.xml", orientation=135)
    with pytest.raises(ArgumentError, match='rows="upside"'):
        read_map(tmp_path / "map.xml", rows="upside")  # type: ignore[arg-type]


def test_a_comparison_names_what_switched() -> None:
    one = chart(bins=np.array([[1, 1, 7, 1]], dtype=np.int32), first_y=0)
    two = chart(bins=np.array([[1, 7, 1, UNTESTED, 1]], dtype=np.int32), first_y=0)
    found = compare_maps(one, two)
    assert (found.both, found.same, found.only_first, found.only_second) == (4, 1, 0, 1)
    assert (found.lost, found.gained) == (1, 1)
    assert found.switched.to_pylist() == [
        {"first": 1, "second": UNTESTED, "dies": 1},
        {"first": 1, "second": 7, "dies": 1},
        {"first": 7, "second": 1, "dies": 1},
    ]
    assert found.dies["x"].to_pylist() == [11, 12, 13]
    with pytest.raises(ArgumentError, match="compare them by coordinates"):
        compare_maps(one, two, by="places")


def test_of_several_g85_maps_one_has_to_be_named(tmp_path: Path) -> None:
    one = (
        '<Map WaferId="W{0}"><Device LotId="L" Rows="1" Columns="2" OriginLocation="2" BinType="Ascii" NullBin=".">'
        '<Bin BinCode="A" BinCount="{0}"/><Data MapName="sort"><Row>{1}</Row></Data></Device></Map>'
    )
    text = f"<Maps>{one.format(1, 'A.')}{one.format(2, 'AA')}</Maps>"
    with pytest.raises(ArgumentError, match=r"2 of its maps fit.*W1 / sort; W2 / sort"):
        read_text(tmp_path, text)
    assert read_text(tmp_path, text, wafer="W2").counts == {ord("A"): 2}


def test_a_sinf_map_of_another_wafer_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="holds no wafer 23"):
        read_text(tmp_path, SINF, wafer="23")
