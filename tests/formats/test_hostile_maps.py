"""Maps that lie, break off or mean harm: each is refused with its file and line, and none takes long."""

from __future__ import annotations

import re
import time
from pathlib import Path

import numpy as np
import pytest
from tests.formats.test_map_formats import ROWS, SINF, chart, e142

from corecar.errors import DamagedSource, UnknownFormat
from corecar.formats.maps import MapFormat, compare_maps, read_map, read_maps, write_map

DEVICE = 'Rows="2" Columns="3" OriginLocation="2" Orientation="0" BinType="Decimal" NullBin="255"'
KLARF = """FileVersion 1 2;
LotID "L1";
SampleSize 1 200;
DiePitch 2500 4000;
WaferID "W1";
SampleTestPlan 3
 0 0
 1 0
 -1 -2;
DefectRecordSpec 5 DEFECTID XREL YREL XINDEX YINDEX;
DefectList
 1 10.0 20.0 0 0
 2 11.0 20.0 1 0;
EndOfFile;
"""


def g85(*rows: str, device: str = DEVICE, more: str = "") -> str:
    """A G85 map with a row a line; the first row stands in line 6."""
    told = "\n".join(f"<Row>{row}</Row>" for row in rows)
    head = f'<Maps>\n<Map SubstrateId="S1">\n<Device LotId="L" {device}>\n{more}\n<Data>\n'
    return f"{head}{told}\n</Data></Device></Map></Maps>"


GOOD = ("1 1 1", "1 1 1")
WRONG = [
    ("", "an empty file"),
    ("\ufeff \n\n", "an empty file"),
    (g85("1 1 1"), "line 6: 1 row, but Rows=2"),
    (g85("1 1 1", "1 1"), "line 7: row 2 has 2 codes, but Columns=3"),
    (g85("", ""), "line 6: row 1 has 0 codes, but Columns=3"),
    (g85("1 1 1", "1 x 1"), "line 7: row 2: bin code 'x' is not decimal"),
    (g85("1 1 99999", "1 1 1"), "line 6: row 1: bin code '99999' is above 65535"),
    (
        g85(*GOOD, device=DEVICE.replace('Rows="2"', 'Rows="999999999999"')),
        "line 3: Rows='999999999999'",
    ),
    (g85(*GOOD, device=DEVICE.replace('Rows="2"', 'Rows="-2"')), "line 7: 2 rows, but Rows=-2"),
    (g85(device=DEVICE.replace('Rows="2"', 'Rows="0"')), "Rows=0, Columns=3: no die at all"),
    (g85(*GOOD, device=DEVICE.replace('"0"', '"45"')), "line 3: Orientation=45: expected 0, 90, 180 or 270"),
    (g85(*GOOD, more='<Bin BinCode="1" BinCount="9"/>'), "line 4: bin 1: BinCount=9, but the map has 6"),
    (
        g85(*GOOD, more='<Bin BinCode="1" BinQuality="Pass"/><Bin BinCode="1" BinQuality="Fail"/>'),
        "line 4: bin 1 passes by one definition and fails by another",
    ),
    (g85(*GOOD, more='<SupplierData FirstX="0" FirstY="0" StepX="7" StepY="0"/>'), "line 4: StepX=7, StepY=0"),
    (
        '<?xml version="1.0"?>\n<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>\n<Maps>&x;</Maps>',
        "line 2: a map",
    ),
    ('<?xml version="1.0"?>\n<!DOCTYPE a SYSTEM "http://127.0.0.1:1/x.dtd">\n<Maps/>', "line 2: a map declares no"),
    ("\n<a>" * 100_000, "line 42: elements stand more than 40 deep"),
    (e142(*ROWS, place='Orientation="99999999999999999999"'), "line 1: Orientation='99999999999999999999'"),
    (SINF.rsplit("RowData", 1)[0], "line 13: 1 row, but ROWCT=2"),
    (SINF.replace("@@ 0B 01 FF", "@@ 0B 01"), "line 14: row 2 has 3 codes, but COLCT=4"),
    (SINF.replace("0B", "ZZ"), "line 14: row 2: bin code 'ZZ' is not hexadecimal"),
    (SINF.replace("ROWCT:2", "ROWCT:99999999999"), "line 5: ROWCT:'99999999999': expected a whole number"),
    (SINF.replace("COLCT:4", "COLCT:-4"), "COLCT=-4: no die at all"),
    (SINF.replace("FNLOC:180", "FNLOC:45"), "line 4: FNLOC:45: expected 0, 90, 180 or 270"),
    (SINF.replace("BCEQU:01, 02", "BCEQU:pass"), "line 7: BCEQU:'pass': expected hexadecimal"),
    (KLARF.replace("EndOfFile;\n", ""), "line 14: EndOfFile is missing"),
    (KLARF.replace("SampleTestPlan 3", "SampleTestPlan 9"), "line 6: SampleTestPlan says 9, but 6 values follow"),
    (KLARF.replace("SampleTestPlan 3", "SampleTestPlan 99999999999"), "line 6: SampleTestPlan='99999999999'"),
    (KLARF.replace("10.0", "nan"), "line 11: XREL='nan': expected a number"),
    (KLARF.replace("10.0", "1e999"), "line 11: XREL='1e999': expected a number"),
    (KLARF.replace(" 1 10.0 20.0 0 0", " 1 10.0 20.0 0.5 0"), "line 11: XINDEX='0.5': expected a whole number"),
    (KLARF.replace(" 2 11.0 20.0 1 0;", " 2 11.0;"), "line 11: DefectList: record 2 ends before YREL"),
    (KLARF.replace(" -1 -2", " -900000000 900000000"), "900,000,002 by 900,000,001 places apart"),
    ('FileVersion "' + '"' * 300_001, "EndOfFile is missing"),
]


@pytest.mark.parametrize(("text", "message"), WRONG, ids=[message[:40] for _, message in WRONG])
def test_a_hostile_map_is_refused_with_file_and_line_and_at_once(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "hostile.map"
    path.write_text(text, encoding="utf-8")
    begun = time.perf_counter()
    for read in (read_map, read_maps):
        with pytest.raises((DamagedSource, UnknownFormat), match=rf"hostile\.map: .*{re.escape(message)}"):
            read(path)
    assert time.perf_counter() - begun < 5


def test_what_is_odd_and_harms_nothing_is_said(tmp_path: Path) -> None:
    path = tmp_path / "odd.map"
    for text, note in (
        (g85(*GOOD, device=DEVICE.replace(' Orientation="0"', "")), "Orientation is missing: flat or notch taken"),
        (e142(*ROWS).replace(' Orientation="0"', ""), "Orientation is missing: flat or notch taken"),
        (KLARF.replace(" 1 0\n", " 0 0\n"), "The test plan names 1 die more than once; each was taken once."),
        (KLARF.replace(" 1 0\n", " 0 0\n"), "1 defect lies on a die that the test plan does not name."),
    ):
        path.write_text(text, encoding="utf-8")
        assert any(told.startswith(note) for told in read_map(path).notes), note


def test_negative_coordinates_are_coordinates(tmp_path: Path) -> None:
    path = tmp_path / "w.klarf"
    path.write_text(KLARF, encoding="utf-8")
    found = read_map(path).table()
    assert set(zip(found["x"].to_pylist(), found["y"].to_pylist(), found["bin"].to_pylist(), strict=True)) == {
        (0, 0, 1), (1, 0, 1), (-1, -2, 0),
    }  # fmt: skip


EIGHT = [(degrees, mirrored) for degrees in (0, 90, 180, 270) for mirrored in (False, True)]


@pytest.mark.parametrize("kind", ["g85", "e142", "sinf"])
@pytest.mark.parametrize(("degrees", "mirrored"), EIGHT)
def test_all_eight_orientations_keep_every_count_and_notice_a_changed_one(
    tmp_path: Path, kind: MapFormat, degrees: int, mirrored: bool
) -> None:
    plain = chart(bins=np.array([[1, 7, 1, 9], [7, -1, -1, 1], [1, 1, 7, 7]], dtype=np.int32))
    wafer = (plain.mirrored() if mirrored else plain).turned(degrees)
    path = tmp_path / "map"
    write_map(wafer, path, format=kind)
    found = read_map(path)
    assert found.counts == plain.counts == {1: 5, 7: 4, 9: 1}
    assert (found.orientation, found.step_x, found.step_y) == (wafer.orientation, wafer.step_x, wafer.step_y)
    assert np.array_equal(found.bins, wafer.bins)
    assert compare_maps(wafer, found).alike
    text = path.read_text(encoding="utf-8")
    if kind == "sinf":
        path.write_text(text.replace("DIECT:10", "DIECT:11"), encoding="utf-8")
        assert any("DIECT is 11, but 10 dies" in note for note in read_map(path).notes)
        return
    path.write_text(text.replace('BinCount="4"', 'BinCount="5"'), encoding="utf-8")
    with pytest.raises(DamagedSource, match="BinCount=5, but the map has 4 such dies"):
        read_map(path)
