"""KLARF: defects with the die each lies on, from real files, good and bad."""

from __future__ import annotations

from pathlib import Path

import pytest

from corecar.errors import DamagedSource, UnknownFormat
from corecar.formats.maps import defect_map, read_klarf, read_map


@pytest.fixture(scope="module")
def folder(shared: Path) -> Path:
    return shared / "maps"


def test_the_defects_of_a_real_inspection_lie_on_their_dies(folder: Path) -> None:
    found = read_klarf(folder / "klarf_klarfkit.001")
    assert found.wafers == ("25",)
    assert (found.defects.num_rows, found.dies.num_rows) == (16, 4988)
    first = found.defects.slice(1, 1).to_pylist()[0]
    assert (first["defect"], first["die_x"], first["die_y"], first["xrel"]) == (2, -28, 17, 2335.04)
    assert found.notes == ()
    chart = defect_map(found)
    assert (chart.counts, chart.lot) == ({0: 4973, 1: 14, 2: 1}, "HJU008")
    assert (chart.wafer_size_mm, chart.die_size_mm) == (200.0, (2.48996, 2.25992))
    assert chart.table().num_rows == 4988


def test_image_lists_and_several_defect_lists_are_read(folder: Path) -> None:
    found = read_klarf(folder / "klarf12_defect_list.klarf")
    assert found.defects["defect"].to_pylist() == list(range(1, 14))
    assert found.defects["die_y"].to_pylist()[3:5] == [11, 11]
    assert found.defects["imagecount"].to_pylist()[10:12] == [7, 7]
    assert found.defects["image_file"].to_pylist()[0] == "A_1.jpg"
    assert found.notes[0] == "The summary says 4 defects; the lists hold 13."


def test_small_files_are_read(folder: Path) -> None:
    found = read_klarf(folder / "klarf12_example.klarf")
    assert found.defects.select(["die_x", "die_y"]).to_pylist() == [
        {"die_x": -1, "die_y": -1},
        {"die_x": 1, "die_y": 1},
    ]
    assert found.facts["SampleSize"] == ("1", "300")
    assert read_klarf(folder / "klarf12_simple.klarf").defects.num_rows == 1


def test_a_second_wafer_has_its_own_defects(folder: Path) -> None:
    assert read_klarf(folder / "klarf12_bad.klarf").wafers == ("aWafer", "anotherWafer")
    assert read_map(folder / "klarf12_bad.klarf", wafer="anotherWafer").bins.size == 0


HEAD = 'FileVersion 1 2;\nWaferID "W";\nDefectRecordSpec 4 DEFECTID XINDEX YINDEX DSIZE;\n'
WRONG = [
    ("FileVersion 1 8;\nEndOfFile;", UnknownFormat, "version 1.8"),
    (HEAD, DamagedSource, "EndOfFile is missing"),
    (HEAD + "DefectList 1 0 0;\nEndOfFile;", DamagedSource, "record 1 ends before DSIZE"),
    (HEAD + "DefectList 1 0 x 5;\nEndOfFile;", DamagedSource, "YINDEX='x': expected a whole number"),
    (HEAD + "DefectList 1 0 0 wide;\nEndOfFile;", DamagedSource, "DSIZE='wide': expected a number"),
    (HEAD + "SampleTestPlan 999999999 0 0;\nEndOfFile;", DamagedSource, "says 999999999, but 2 values follow"),
    ("FileVersion 1 2;\nDefectRecordSpec 2 DEFECTID XINDEX;\nEndOfFile;", DamagedSource, "expected XINDEX and YINDEX"),
    ("FileVersion 1 2;\nDefectList 1 2 3;\nEndOfFile;", DamagedSource, "stands before DefectRecordSpec"),
]


@pytest.mark.parametrize(("text", "kind", "message"), WRONG)
def test_a_klarf_that_breaks_off_or_contradicts_itself_is_refused(
    tmp_path: Path, text: str, kind: type[Exception], message: str
) -> None:
    path = tmp_path / "wrong.klarf"
    path.write_text(text)
    with pytest.raises(kind, match=message):
        read_klarf(path)


def test_images_beyond_the_end_and_dies_too_far_apart_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "wrong.klarf"
    spec = "FileVersion 1 2;\nWaferID W;\nDefectRecordSpec 3 XINDEX YINDEX IMAGELIST;\n"
    path.write_text(spec + "DefectList 0 0 900000000 1 1;\nEndOfFile;")
    with pytest.raises(DamagedSource, match="ends within its images"):
        read_klarf(path)
    path.write_text(spec + "DefectList -900000 0 0 900000 900000 0;\nEndOfFile;")
    with pytest.raises(DamagedSource, match=r"wrong.klarf: wafer W: .*too far for one wafer"):
        read_map(path)
