"""`info`, `tests`, `parts`, `results`, `records` on real files."""

from __future__ import annotations

import csv
import io
import json
import math
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import required
from typer.testing import CliRunner, Result

import corecar
from corecar.cli.app import app

PROMISED = {
    *("file", "bytes", "compression", "endian", "version", "salvaged", "warnings", "records", "wafers", "parts"),
    *("parts_final", "tests", "results", "yield_first", "yield_final"),
}


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words], prog_name="corecar")


def rows_of_csv(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def refuse_constants(name: str) -> float:
    raise AssertionError(f"{name} is no JSON")


def strict(text: str) -> Any:
    """JSON as a strict parser takes it: no NaN, no Infinity."""
    return json.loads(text, parse_constant=refuse_constants)


def test_info_says_what_a_real_file_is(real_lot: Path) -> None:
    done = run("info", real_lot, "--json")
    assert done.exit_code == 0
    found = strict(done.stdout)
    assert set(found) >= PROMISED
    assert (found["compression"], found["endian"], found["version"]) == ("gzip", "big", "V4")
    assert (found["wafers"], found["parts"], found["tests"]) == (1, 1569, 74)
    assert found["parts_final"] == 1569 - 113
    assert found["bytes"] == real_lot.stat().st_size
    assert found["salvaged"] is False
    assert found["records"]["PRR"] == 1569
    assert 0 < found["yield_first"] <= 1


def test_an_atdf_is_told_as_what_it_is(shared: Path) -> None:
    done = run("info", shared / "stdf" / "galaxy_spec_sample.atdf", "--json")
    found = strict(done.stdout)
    assert (found["format"], found["endian"], found["version"]) == ("ATDF", None, "V4")


def test_several_files_give_one_json_object_a_line(shared: Path, real_lot: Path) -> None:
    other = shared / "stdf" / "a530_lot3.stdf.gz"
    done = run("info", real_lot, other, "--json")
    assert [strict(line)["file"] for line in done.stdout.splitlines()] == [str(real_lot), str(other)]


def test_one_unreadable_file_keeps_no_other_from_being_described(tmp_path: Path, real_lot: Path) -> None:
    (tmp_path / "empty.stdf").write_bytes(b"")
    done = run("info", tmp_path / "empty.stdf", real_lot, "--json")
    assert done.exit_code == 1
    assert strict(done.stdout)["parts"] == 1569
    assert "empty.stdf" in done.stderr


def test_a_cut_file_is_described_with_what_was_lost(tmp_path: Path, real_lot: Path) -> None:
    cut = tmp_path / "cut.stdf.gz"
    cut.write_bytes(real_lot.read_bytes()[: real_lot.stat().st_size // 2])
    done = run("info", cut, "--json")
    assert done.exit_code == 0
    found = strict(done.stdout)
    assert found["salvaged"] is True
    assert 0 < found["parts"] < 1569
    assert any("cut" in warning for warning in found["warnings"])


def test_a_cut_file_is_refused_elsewhere_unless_it_is_to_be_salvaged(tmp_path: Path, real_lot: Path) -> None:
    cut = tmp_path / "cut.stdf.gz"
    cut.write_bytes(real_lot.read_bytes()[: real_lot.stat().st_size // 2])
    refused = run("parts", cut, "--json")
    assert refused.exit_code == 1
    assert refused.stdout == ""
    assert "--salvage" in refused.stderr
    assert 'on_error="salvage"' not in refused.stderr
    kept = run("parts", cut, "--json", "--salvage")
    assert kept.exit_code == 0
    assert 0 < len(strict(kept.stdout)) < 1569


def test_info_for_a_person_names_the_yields_and_the_retests(real_lot: Path) -> None:
    told = run("info", real_lot).stdout
    assert "1,569 parts" in told
    assert "first yield" in told
    assert "final yield" in told
    assert "113 units tested again" in told


@pytest.mark.parametrize("form", ["--json", "--csv"])
def test_tests_hold_every_test_with_its_limits_and_counts(real_lot: Path, form: str) -> None:
    done = run("tests", real_lot, form)
    rows = strict(done.stdout) if form == "--json" else rows_of_csv(done.stdout)
    lot = corecar.read(real_lot)
    assert [int(row["number"]) for row in rows] == lot.tests["number"].to_pylist()
    assert sum(int(row["readings"]) for row in rows) == len(lot.measurements)
    assert sum(int(row["failed"]) for row in rows) == lot.results["passed"].to_pylist().count(False)


@pytest.mark.parametrize("form", ["--json", "--csv"])
def test_parts_hold_every_attempt(real_lot: Path, form: str) -> None:
    done = run("parts", real_lot, form)
    rows = strict(done.stdout) if form == "--json" else rows_of_csv(done.stdout)
    assert len(rows) == 1569
    superseded = [row for row in rows if row["superseded"] in (True, "true")]
    assert len(superseded) == 113


def test_the_choice_of_attempt_reaches_the_parts(real_lot: Path) -> None:
    first = strict(run("parts", real_lot, "--json", "--retest", "first").stdout)
    last = strict(run("parts", real_lot, "--json").stdout)
    assert [row["superseded"] for row in first] != [row["superseded"] for row in last]


@pytest.mark.parametrize("form", ["--json", "--csv"])
def test_results_hold_the_very_readings(real_lot: Path, form: str) -> None:
    done = run("results", real_lot, form)
    rows = strict(done.stdout) if form == "--json" else rows_of_csv(done.stdout)
    lot = corecar.read(real_lot)
    values = lot.measurements.value
    assert len(rows) == len(values)
    for row, value in zip(rows[::997], values[::997], strict=True):
        if math.isnan(value):
            assert row["value"] in (None, "nan", "")
        else:
            assert type(value)(row["value"]) == value


def test_the_readings_of_one_test_can_be_asked_for_by_number_and_by_name(real_lot: Path) -> None:
    test = corecar.read(real_lot).tests.slice(3, 1).to_pylist()[0]
    by_number = strict(run("results", real_lot, "--json", "--test", str(test["number"])).stdout)
    by_name = strict(run("results", real_lot, "--json", "--test", test["name"]).stdout)
    assert by_number == by_name
    assert {row["number"] for row in by_number} == {test["number"]}


def test_an_unknown_test_is_said(real_lot: Path) -> None:
    done = run("results", real_lot, "--test", "no such test")
    assert done.exit_code == 2
    assert "no such test" in done.stderr


@pytest.mark.parametrize("command", ["tests", "parts", "results"])
def test_a_limit_holds_in_every_form(real_lot: Path, command: str) -> None:
    assert len(strict(run(command, real_lot, "--json", "--limit", "7").stdout)) == 7
    assert len(rows_of_csv(run(command, real_lot, "--csv", "--limit", "7").stdout)) == 7
    assert "the first 7 of " in run(command, real_lot, "--limit", "7").stdout


def test_a_table_stops_at_a_screenful_unless_told(real_lot: Path) -> None:
    assert "the first 40 of 74 tests" in run("tests", real_lot).stdout
    assert "\n74 tests" in run("tests", real_lot, "--limit", "0").stdout


def test_records_are_counted_by_type(real_lot: Path) -> None:
    rows = strict(run("records", real_lot, "--json").stdout)
    assert {row["type"]: row["count"] for row in rows}["PRR"] == 1569


@pytest.mark.parametrize("form", ["--json", "--csv"])
def test_records_of_one_type_have_every_field_and_their_place(real_lot: Path, form: str) -> None:
    done = run("records", real_lot, "mir", form)
    rows = strict(done.stdout) if form == "--json" else rows_of_csv(done.stdout)
    assert len(rows) == 1
    assert {"sequence", "offset", "LOT_ID", "START_T"} <= set(rows[0])


def test_every_record_type_of_every_kind_can_be_printed(shared: Path) -> None:
    every = shared / "stdf" / "libstdf_all_records_2007.stdf"
    kinds = [row["type"] for row in strict(run("records", every, "--json").stdout)]
    assert len(kinds) > 25
    for kind in kinds:
        for form in ("--json", "--csv", "--limit=3"):
            done = run("records", every, kind, form)
            assert done.exit_code == 0, (kind, form, done.stderr)
            assert done.stdout.strip()


@pytest.mark.parametrize("name", ["27_gdr_all_types.stdf", "30_empty_after_far.stdf"])
@pytest.mark.parametrize("command", ["info", "tests", "parts", "results", "records"])
def test_a_file_without_any_part_is_no_failure(shared: Path, name: str, command: str) -> None:
    path = required(shared / "traps" / name, "a trap file")
    for form in ([], ["--json"], ["--csv"]):
        if form == ["--csv"] and command == "info":
            continue
        done = run(command, path, "--salvage", *form) if command != "info" else run(command, path, *form)
        assert done.exit_code == 0, done.output
        if form == ["--json"]:
            strict(done.stdout)


def test_a_file_without_any_part_is_not_graded(shared: Path) -> None:
    done = run("grade", required(shared / "traps" / "30_empty_after_far.stdf", "a trap file"))
    assert done.exit_code == 1
    assert "no part was tested" in done.stderr


def test_a_record_type_that_is_not_there_is_said_with_those_that_are(real_lot: Path) -> None:
    done = run("records", real_lot, "MPR")
    assert done.exit_code == 2
    assert "MPR" in done.stderr
    assert "PTR" in done.stderr


def test_numbers_of_json_are_the_shortest_that_mean_the_same_float32(real_lot: Path) -> None:
    text = run("results", real_lot, "--json", "--limit", "500").stdout
    values = [row["value"] for row in strict(text) if row["value"] is not None]
    assert max(len(repr(value).lstrip("-").replace(".", "").split("e")[0].strip("0")) for value in values) <= 9


def test_what_corecar_wrote_itself_is_called_what_it_is(fictional_lot: Path, tmp_path: Path) -> None:
    written = {kind: tmp_path / f"lot.{kind}" for kind in ("csv", "parquet", "xlsx")}
    for target in written.values():
        assert run("convert", fictional_lot, target).exit_code == 0
    assert "\n  rows " in run("info", written["csv"]).stdout
    assert "\n  Parquet folder (from STDF V4, little endian" in run("info", written["parquet"]).stdout
    for refused in (run("info", written["xlsx"]), run("convert", written["xlsx"], tmp_path / "again.stdf")):
        assert refused.exit_code == 1
        assert "writes workbooks but does not read them" in refused.stderr
