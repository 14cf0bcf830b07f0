"""The main job on real and simulated lots: what is graded, what is written, and what is left alone."""

from __future__ import annotations

import gzip
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from tests.lots import build_lot

import corecar
from corecar.bridge.files.editing import repair
from corecar.cli.summary import bins, headline
from corecar.errors import ArgumentError, OutputError, RecipeError, SourceError, SourceMissing, TooFewParts
from corecar.formats.maps import read_map
from corecar.graded import Grade
from corecar.screen import read_recipe
from corecar.simulate import simulate_lot
from corecar.tables import schema

A530 = ("a530_lot2", "a530_lot3")
EXPECTED = {
    "summary.json",
    "verdicts.parquet",
    "limits.parquet",
    "measures.parquet",
    "parts.csv",
    "report.html",
    "report.pdf",
    "report.xlsx",
}


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lot of three wafers with planted outliers; its truth file stands beside it."""
    return simulate_lot(tmp_path_factory.mktemp("lot") / "lot.stdf.gz", wafers=3, dies=400, tests=20, seed=7)


@pytest.fixture(scope="module")
def graded(simulated: Path) -> tuple[Grade, Path]:
    out = simulated.parent / "graded"
    return corecar.grade(simulated, out=out), out


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", A530)
def test_a_real_lot_is_graded_into_a_whole_folder(shared: Path, tmp_path: Path, name: str) -> None:
    out = tmp_path / "graded"
    grade = corecar.grade(shared / "stdf" / f"{name}.stdf.gz", out=out)
    wafer = grade.lot.wafers["wafer"][0].as_py()
    maps = {f"maps/{wafer}.before.xml", f"maps/{wafer}.after.xml"}
    assert names(out) == EXPECTED | maps | {f"{name}.screened.stdf"}
    assert grade.tested == grade.lot.yield_().final_tested
    assert grade.good == grade.lot.yield_().final_good
    assert 0 < grade.rejected < grade.good
    assert grade.shippable == grade.good - grade.rejected
    assert any("no reading that a limit stands over" in reason for reason in grade.hold)


@pytest.mark.parametrize("name", A530)
def test_the_rebinned_file_of_a_real_lot_reads_as_what_may_ship(shared: Path, tmp_path: Path, name: str) -> None:
    grade = corecar.grade(shared / "stdf" / f"{name}.stdf.gz", out=tmp_path / "graded")
    again = corecar.read(tmp_path / "graded" / f"{name}.screened.stdf")
    assert again.yield_().final_good == grade.shippable
    bins = again.parts["hard_bin"].to_numpy()[again.final]
    assert bins.tolist() == grade.dispositions["new_hard_bin"].to_pylist()


def test_two_files_of_a_lot_are_graded_as_one_and_rebinned_each(shared: Path, tmp_path: Path) -> None:
    sources = [shared / "stdf" / f"{name}.stdf.gz" for name in A530]
    grade = corecar.grade(sources, out=tmp_path / "graded")
    alone = [corecar.grade(source) for source in sources]
    assert grade.tested == sum(one.tested for one in alone)
    assert grade.rejected == sum(one.rejected for one in alone)
    good = [corecar.read(tmp_path / "graded" / f"{name}.screened.stdf").yield_().final_good for name in A530]
    assert good == [one.shippable for one in alone]


@pytest.mark.parametrize(
    ("column", "names", "told"),
    [
        ("lot", ["LOT1", "LOT2"], r"more than one lot: LOT1 \(a.stdf\), LOT2 \(b.stdf\). Grade one lot at a time."),
        ("product", ["CHIP1", "CHIP2"], r"more than one product: CHIP1 \(a.stdf\), CHIP2 \(b.stdf\). Grade one lot"),
    ],
)
def test_two_lots_or_products_in_one_call_are_refused_by_name_and_file(
    column: str, names: list[str], told: str
) -> None:
    runs = {"lot": ["L", "L"], "stage": ["final test"] * 2, "source": ["a.stdf", "b.stdf"], column: names}
    lot = build_lot(np.arange(60), run=[0] * 30 + [1] * 30, runs=runs)
    with pytest.raises(ArgumentError, match=told):
        corecar.grade(lot)


def test_of_many_files_of_another_lot_some_are_named_and_the_rest_counted() -> None:
    files = [f"{i}.stdf" for i in range(6)]
    runs = {"lot": ["A", *["B"] * 5], "stage": ["final test"] * 6, "source": files}
    with pytest.raises(ArgumentError, match=r"B \(1.stdf, 2.stdf, 3.stdf and 2 more\)"):
        corecar.grade(build_lot(np.arange(60), run=[i // 10 for i in range(60)], runs=runs))


def test_a_file_that_does_not_name_its_lot_goes_with_one_that_does() -> None:
    runs = {"lot": ["LOT1", None], "product": [None, "CHIP1"], "stage": ["final test"] * 2}
    assert corecar.grade(build_lot(np.arange(60), run=[0] * 30 + [1] * 30, runs=runs)).tested == 60


def test_a_lot_at_two_temperatures_is_one_lot() -> None:
    runs = {"lot": ["L", "L"], "temperature": ["25C", "125C"], "stage": ["wafer sort", "final test"]}
    assert corecar.grade(build_lot(np.arange(60), run=[0] * 30 + [1] * 30, runs=runs)).tested == 60


def test_a_lot_without_any_part_is_refused() -> None:
    with pytest.raises(TooFewParts, match="this lot: no part was tested"):
        corecar.grade(build_lot(np.empty((0, 0))))


def test_every_strong_planted_outlier_is_caught(graded: tuple[Grade, Path]) -> None:
    truth = graded[0].truth
    assert truth is not None
    assert truth["planted"] > 0
    assert (truth["caught"], truth["missed"]) == (truth["planted"], 0)
    assert truth["false_kills"] <= 0.002 * graded[0].good


def test_the_summary_says_what_the_grade_says(graded: tuple[Grade, Path]) -> None:
    grade, out = graded
    content = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    assert content["shippable"] == grade.shippable
    assert content["good"] - content["rejected"] == grade.shippable
    assert content["hard_bins_after"]["90"] == grade.rejected
    assert sum(row["parts"] for row in content["rejected_by_test"]) == grade.verdicts.num_rows
    assert content["parameters"]["width"] == 6.0
    assert set(content["written"]) == names(out)
    assert content["truth"]["caught"] == content["truth"]["planted"]


def test_the_tables_in_the_folder_are_those_of_the_grade(graded: tuple[Grade, Path]) -> None:
    grade, out = graded
    for name in ("verdicts", "limits", "measures"):
        found = pq.read_table(out / f"{name}.parquet")
        assert found.equals(getattr(grade, name)), name
        assert found.schema.equals(schema(name)), name


def test_parts_csv_has_a_row_for_each_final_part_with_its_bins_and_reasons(graded: tuple[Grade, Path]) -> None:
    grade, out = graded
    rows = pyarrow.csv.read_csv(out / "parts.csv").to_pylist()
    assert len(rows) == grade.tested
    for row, known in zip(rows, grade.dispositions.to_pylist(), strict=True):
        for key in ("unit", "old_hard_bin", "new_hard_bin", "shippable", "reasons"):
            assert row[key] == known[key], key
        assert row["unit"] == f"{row['wafer']} ({row['x']}, {row['y']})"


def test_wafer_maps_differ_by_the_rejected_dies_only(graded: tuple[Grade, Path]) -> None:
    grade, out = graded
    moved = 0
    for before in sorted((out / "maps").glob("*.before.xml")):
        old, new = read_map(before), read_map(before.with_name(before.name.replace("before", "after")))
        changed = old.bins != new.bins
        assert set(new.bins[changed].tolist()) <= {90}
        moved += int(changed.sum())
    assert moved == grade.rejected


def test_a_die_of_a_map_is_the_die_of_the_lot(graded: tuple[Grade, Path]) -> None:
    grade, out = graded
    charts = {path.name.split(".")[0]: read_map(path) for path in (out / "maps").glob("*.after.xml")}
    parts = grade.lot.parts.take(grade.dispositions["part"]).to_pylist()
    for part, bin_ in list(zip(parts, grade.dispositions["new_hard_bin"].to_pylist(), strict=True))[::37]:
        chart = charts[part["wafer"]]
        row, column = (part["y"] - chart.first_y) * chart.step_y, (part["x"] - chart.first_x) * chart.step_x
        assert chart.bins[row, column] == bin_


def test_a_map_notes_what_is_assumed_because_the_file_does_not_say_it(simulated: Path, tmp_path: Path) -> None:
    lot = corecar.read(simulated)
    told = corecar.grade(lot, out=tmp_path / "told")
    assert not any("Assumed" in note for note in told.notes)
    first = lot.wafers["wafer"][0].as_py()
    silent = corecar.grade(replace(lot, wafers=lot.wafers.slice(1)), out=tmp_path / "silent")
    assert (
        f"Wafer maps of {first}: the files do not say which way X and Y grow. "
        "Assumed: x grows to the right, y down." in silent.notes
    )
    assert f"Wafer maps of {first}: the files do not say where flat or notch is. Assumed: down." in silent.notes


def test_grading_twice_gives_the_same_limits_and_verdicts(simulated: Path, graded: tuple[Grade, Path]) -> None:
    again = corecar.grade(corecar.read(simulated))
    for name in ("limits", "verdicts", "dispositions", "measures"):
        assert getattr(again, name).equals(getattr(graded[0], name)), name


def test_nothing_is_written_without_a_folder(simulated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    before = names(simulated.parent)
    corecar.grade(simulated)
    assert names(tmp_path) == set()
    assert names(simulated.parent) == before


def test_what_else_lies_in_the_folder_stays(simulated: Path, tmp_path: Path) -> None:
    out = tmp_path / "graded"
    (out / "maps").mkdir(parents=True)
    (out / "mine.txt").write_text("keep")
    (out / "maps" / "mine.xml").write_text("keep")
    corecar.grade(simulated, out=out)
    assert {"mine.txt", "maps/mine.xml", "summary.json"} <= names(out)
    assert (out / "mine.txt").read_text() == "keep"


def test_a_second_grading_removes_only_what_the_first_one_wrote(shared: Path, simulated: Path, tmp_path: Path) -> None:
    out = tmp_path / "graded"
    corecar.grade(shared / "stdf" / "a530_lot3.stdf.gz", out=out)
    (out / "mine.txt").write_text("keep")
    corecar.grade(simulated, out=out)
    assert not (out / "a530_lot3.screened.stdf").exists()
    assert (out / "lot.screened.stdf").exists()
    assert (out / "mine.txt").exists()
    assert names(out) == set(json.loads((out / "summary.json").read_text())["written"]) | {"mine.txt"}


def test_a_summary_that_names_files_elsewhere_deletes_none_of_them(simulated: Path, tmp_path: Path) -> None:
    outside = tmp_path / "precious.txt"
    outside.write_text("keep")
    out = tmp_path / "graded"
    out.mkdir()
    listed = ["../precious.txt", str(outside), 7]
    (out / "summary.json").write_text(json.dumps({"corecar": "0", "written": listed}))
    corecar.grade(simulated, out=out)
    assert outside.read_text() == "keep"


def test_an_interrupted_run_leaves_the_folder_as_it_was(
    simulated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "graded"
    corecar.grade(simulated, out=out)
    before = {name: (out / name).read_bytes() for name in names(out)}

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("corecar.report.write_pdf", interrupted)
    with pytest.raises(KeyboardInterrupt):
        corecar.grade(simulated, out=out, recipe=replace(read_recipe(), width=3.0))
    assert {name: (out / name).read_bytes() for name in names(out)} == before
    assert [path.name for path in tmp_path.iterdir()] == ["graded"]


def test_an_interrupted_first_run_leaves_no_folder(
    simulated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("corecar.report.write_html", full)
    with pytest.raises(OutputError, match="No space left on device"):
        corecar.grade(simulated, out=tmp_path / "a" / "graded")
    assert list((tmp_path / "a").iterdir()) == []


def test_a_file_in_the_way_of_the_folder_is_told(simulated: Path, tmp_path: Path) -> None:
    (tmp_path / "graded").write_text("a file")
    with pytest.raises(OutputError, match="a file of that name is in the way"):
        corecar.grade(simulated, out=tmp_path / "graded")


def test_a_recipe_is_taken_by_path_by_name_or_as_it_is(simulated: Path, tmp_path: Path) -> None:
    path = tmp_path / "ours.toml"
    path.write_text('[recipe]\nname = "ours"\nversion = "3"\n[dynamic-pat]\nwidth = 4\n')
    by_path = corecar.grade(simulated, recipe=path)
    assert (by_path.recipe, by_path.parameters["width"]) == ("ours 3", 4.0)
    as_it_is = corecar.grade(simulated, recipe=replace(read_recipe(), width=4.0))
    assert as_it_is.verdicts.num_rows == by_path.verdicts.num_rows
    with pytest.raises(RecipeError, match="no such file"):
        corecar.grade(simulated, recipe="none.toml")


def test_a_missing_file_is_told() -> None:
    with pytest.raises(SourceMissing):
        corecar.grade("none.stdf")


def test_progress_is_told_in_bytes(simulated: Path) -> None:
    told: list[tuple[int, int]] = []
    corecar.grade(simulated, progress=lambda done, total: told.append((done, total)))
    assert told
    assert told[-1][0] == told[-1][1] == simulated.stat().st_size


def test_a_lot_whose_file_is_gone_is_written_without_its_rebinned_copy(simulated: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.stdf.gz"
    shutil.copy(simulated, copy)
    lot = corecar.read(copy)
    copy.unlink()
    grade = corecar.grade(lot, out=tmp_path / "graded")
    assert f"No re-binned STDF of {copy}: the file is no longer there." in grade.notes
    assert grade.notes[-1] in json.loads((tmp_path / "graded" / "summary.json").read_text())["notes"]


def test_a_file_that_changed_since_it_was_read_is_not_rebinned(simulated: Path, shared: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.stdf.gz"
    shutil.copy(simulated, copy)
    lot = corecar.read(copy)
    shutil.copy(shared / "stdf" / "a530_lot3.stdf.gz", copy)
    grade = corecar.grade(lot, out=tmp_path / "graded")
    assert any("it is not what was graded" in note for note in grade.notes)
    assert not (tmp_path / "graded" / "copy.screened.stdf").exists()


def test_a_damaged_file_is_graded_when_asked_held_and_not_rebinned(shared: Path, tmp_path: Path) -> None:
    content = gzip.decompress((shared / "stdf" / "a530_lot3.stdf.gz").read_bytes())
    cut = tmp_path / "cut.stdf"
    cut.write_bytes(content[: len(content) * 2 // 3 + 1])
    grade = corecar.grade(cut, on_error="salvage", out=tmp_path / "graded")
    assert any("is damaged and was read as far as it goes" in reason for reason in grade.hold)
    assert any("it is damaged; repair it first" in note for note in grade.notes)


def test_a_lot_that_broke_off_is_held_after_repair_too(shared: Path, tmp_path: Path) -> None:
    content = gzip.decompress((shared / "stdf" / "a530_lot3.stdf.gz").read_bytes())
    cut, closed, whole = (tmp_path / f"{name}.stdf" for name in ("cut", "closed", "whole"))
    cut.write_bytes(content[: len(content) * 2 // 3 + 1])
    assert repair(cut, closed)
    lot = corecar.read(closed)
    assert [warning for warning in lot.sources[0].warnings if warning.startswith("Repaired by corecar repair: ")]
    reasons = [reason for reason in corecar.grade(lot).hold if "was closed by `corecar repair`" in reason]
    assert reasons == [f"{closed} was closed by `corecar repair`: parts may be missing. Find a whole copy first."]
    cut.write_bytes(content)
    assert not repair(cut, whole)
    assert not any("repair" in reason for reason in corecar.grade(whole).hold)


def test_sources_of_the_same_name_get_copies_of_different_names(shared: Path, tmp_path: Path) -> None:
    copies = [tmp_path / place / "lot.stdf.gz" for place in ("a", "b")]
    for name, copy in zip(A530, copies, strict=True):
        copy.parent.mkdir()
        shutil.copy(shared / "stdf" / f"{name}.stdf.gz", copy)
    corecar.grade(copies, out=tmp_path / "graded")
    assert {"lot.screened.stdf", "lot_2.screened.stdf"} <= names(tmp_path / "graded")


def test_a_file_that_is_no_truth_is_told(simulated: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.json"
    wrong.write_text("[1, 2]")
    with pytest.raises(SourceError, match='no list "planted"'):
        corecar.grade(simulated, truth=wrong)
    with pytest.raises(SourceError, match="not a truth file"):
        corecar.grade(simulated, truth=simulated)


def planted(**row: Any) -> dict[str, Any]:
    return {"wafer": "W1", "y": 0, "test_number": 1000, "kind": "strong", **row}


def test_caught_missed_weak_and_needless_rejects_are_counted_apart() -> None:
    values = np.tile(np.arange(20, dtype=np.float32), 15)
    values[[3, 5, 8]] = 5000
    passed = np.ones(300, dtype=bool)
    passed[200] = False
    lot = build_lot(values, wafer="W1", x=range(300), y=0, passed=passed)
    truth = {
        "planted": [
            planted(x=3),
            planted(x=100),
            planted(x=5, kind="weak"),
            planted(x=101, kind="weak"),
            planted(x=200),
            planted(x=999),
        ]
    }
    found = corecar.grade(lot, truth=truth).truth
    assert found is not None
    assert [unit["x"] for unit in found.pop("missed_units")] == [100]
    rates = found.pop("rates")
    assert (rates["caught"], rates["planted"], rates["false_kills"]) == (1, 2, 1)
    assert found.pop("screens") == {"dynamic-pat": rates}
    assert found == {
        "planted": 2,
        "caught": 1,
        "missed": 1,
        "weak": 2,
        "weak_caught": 1,
        "failed_at_tester": 2,
        "false_kills": 1,
    }


def test_a_final_test_lot_is_compared_with_its_truth_by_part_text(tmp_path: Path) -> None:
    path = simulate_lot(tmp_path / "ft.stdf", wafers=2, dies=400, tests=12, seed=3, stage="final test")
    found = corecar.grade(path).truth
    assert found is not None
    assert found["planted"] > 0
    assert found["caught"] == found["planted"]


def test_units_without_an_identity_are_counted_once_and_their_attempts_told() -> None:
    lot = build_lot(
        [[1.0] * 38 + [9.0, 9.0, 1.0, 9.0]], low=0.0, high=2.0, passed=[True] * 38 + [False, False, True, False],
        attempt=[1] * 40 + [2, 2], run=[0] * 40 + [1, 1], hard_bin=[1] * 38 + [5, 5, 1, 5], identity="none",
        runs={"lot": ["A", "A"]},
    )  # fmt: skip
    grade = corecar.grade(lot)
    assert (grade.tested, grade.shippable, grade.dispositions.num_rows) == (40, 39, 42)
    assert "39 of 40 parts may ship" in "".join(headline(grade))
    table = bins(grade)
    assert table.title == "Bins of 42 attempts"
    assert [row[2:] for row in table.rows] == [("39", "39", "92.9 %"), ("3", "3", "7.1 %")]


def test_retests_without_their_first_tests_are_counted_as_attempts() -> None:
    lot = build_lot([[1.0, 1.0]], low=0.0, high=2.0, attempt=2, hard_bin=1, identity="none")
    assert lot.yield_().final is None
    assert corecar.grade(lot).tested == 2
