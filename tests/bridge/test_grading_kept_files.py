"""Grading a lot of the workspace reads its kept files as they were taken in, under the facts in force."""

from __future__ import annotations

import json
from pathlib import Path

from tests.bridge.houses import house_in, small_lot
from tests.same_lots import assert_same

import corecar

MAPPING = """[file]
[lot]
lot = { text = "LOT" }
product = { text = "DEMO-HSD4" }
[parts]
part_id = "Part"
x = "X"
y = "Y"
hard_bin = "HBin"
wafer = { text = "W1" }
[tests]
header = "{name}[{unit}]"
rows = { low_limit = "LSL", high_limit = "USL" }
"""


def datalog(folder: Path, name: str, lot: str, rows: range, bin_of: dict[int, int] | None = None) -> Path:
    """A CSV datalog of one die per row, with its mapping beside it."""
    path = folder / name
    dies = [f"{row},{row},0,{(bin_of or {}).get(row, 1)},{1.2 + row % 7 / 1000}" for row in rows]
    path.write_text("Part,X,Y,HBin,VDD[V]\nLSL,,,,1.1\nUSL,,,,1.3\n" + "\n".join(dies) + "\n", encoding="utf-8")
    path.with_name(f"{name}.toml").write_text(MAPPING.replace("LOT", lot), encoding="utf-8")
    return path


def test_a_lot_of_two_datalogs_is_graded_and_a_die_tested_again_counts_once(tmp_path: Path) -> None:
    first = datalog(tmp_path, "first.csv", "C1", range(100), {7: 5, 8: 5})
    again = datalog(tmp_path, "again.csv", "C1", range(7, 8))
    with house_in(tmp_path) as house:
        house.ingest([first, again], workers="inline")
        shown = house.lot("C1")["insertions"]
        for path in (first, again):
            path.unlink()
        rows = house.grade("C1", out=tmp_path / "out")["rows"]
    assert [(row["tested"], row["good"]) for row in rows] == [(100, 99)]
    assert [(row["final_tested"], row["final_good"]) for row in shown] == [(100, 99)]
    assert (tmp_path / "out" / "parts.csv").is_file()


def test_a_lot_of_stdf_and_datalogs_is_graded_under_the_facts_in_force(tmp_path: Path) -> None:
    with house_in(tmp_path) as house:
        house.ingest([small_lot(tmp_path, 1), datalog(tmp_path, "late.csv", "SIMO0001", range(40))], workers="inline")
        house.correct("SIMO0001", lot="SIM00001", temperature="25", reason="a letter O for a zero")
        house.correct("SIM00001", stage="wafer sort", temperature="25", reason="as agreed")
        shown = house.lot("SIM00001")["insertions"]
        answer = house.grade("SIM00001")
    tested = {row["test_code"]: row["final_tested"] for row in shown}
    assert sorted(tested.values()) == [40, 60]
    assert sorted(row["tested"] for row in answer["rows"]) == [40, 60]
    for details in answer["details"]:
        assert (details["lot"], details["temperature"]) == (["SIM00001"], ["25"])
    assert any('lot "SIMO0001" as "SIM00001"' in note for one in answer["details"] for note in one["notes"])


def test_the_rebinned_stdf_is_made_from_the_kept_file_whatever_became_of_the_tester_s(tmp_path: Path) -> None:
    path = tmp_path / "lot.stdf"
    corecar.simulate_lot(path, wafers=1, dies=300, tests=10, seed=1)
    corecar.grade(path, out=tmp_path / "wanted")
    wanted = corecar.read(tmp_path / "wanted" / "lot.screened.stdf")
    assert (wanted.parts["hard_bin"].to_numpy() == 90).any()
    with house_in(tmp_path) as house:
        house.ingest([path], workers="inline")
        corecar.simulate_lot(path, wafers=1, dies=300, tests=10, seed=2)
        house.grade("SIM00001", out=tmp_path / "changed")
        path.unlink()
        house.grade("SIM00001", out=tmp_path / "gone")
    for name in ("changed", "gone"):
        assert_same(corecar.read(tmp_path / name / "lot.screened.stdf"), wanted)


def test_a_path_that_held_two_contents_in_turn_is_two_files_of_the_lot(tmp_path: Path) -> None:
    path = small_lot(tmp_path, 1)
    with house_in(tmp_path) as house:
        house.ingest([path], workers="inline")
        small_lot(tmp_path, 2).replace(path)
        house.ingest([path], workers="inline")
        house.correct("SIM00002", lot="SIM00001", reason="one lot")
        assert house.grade("SIM00001", out=tmp_path / "out")["rows"][0]["tested"] == 60
    written = sorted(found.name for found in (tmp_path / "out").glob("*.screened.stdf"))
    assert len(written) == 2
    assert sum(corecar.read(tmp_path / "out" / name).parts.num_rows for name in written) > 60


def test_texts_are_graded_in_the_encoding_they_were_taken_in_with(tmp_path: Path) -> None:
    lot = small_lot(tmp_path, 1)
    spelled = "晶圆".encode("gbk")
    lot.write_bytes(lot.read_bytes().replace(b"DEMO-HSD4", spelled + b"-HSD4"[: 9 - len(spelled)]))
    plain = small_lot(tmp_path, 2)
    with house_in(tmp_path) as house:
        house.ingest([lot], encoding="gbk", workers="inline")
        house.ingest([plain], workers="inline")
        product = house.lot("SIM00001")["product"]
        assert product == "晶圆-HSD4"
        house.correct("SIM00002", lot="SIM00001", product=product, test_pass=2, reason="one lot")
        house.grade("SIM00001", out=tmp_path / "out")
    summary = json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))
    assert summary["product"] == [product]
    assert summary["files"] == 2
    assert corecar.read(lot).runs["product"].to_pylist() != [product]
