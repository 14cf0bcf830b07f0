"""`corecar assess`: published cases from files, through the command line, as tables, JSON, CSV and drawings."""

from __future__ import annotations

import csv
import json
import math
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet
from typer.testing import CliRunner

from corecar.cli.app import app

IMR = [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1]
"""NIST/SEMATECH e-Handbook 6.3.2.2."""
GRUBBS = [199.31, 199.53, 200.19, 200.82, 201.92, 201.95, 202.18, 245.57]
"""NIST/SEMATECH e-Handbook 1.3.5.17.1."""


def table(path: Path, **columns: Any) -> Path:
    """A CSV of these columns."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
    return path


def run(*words: Any, code: int = 0) -> str:
    """What the command prints, on stdout and stderr."""
    answer = CliRunner().invoke(app, ["assess", *map(str, words)])
    assert answer.exit_code == code, answer.output
    return answer.stdout if code == 0 else answer.output


def figures(*words: Any) -> dict[str, Any]:
    """The answer for a program."""
    found: dict[str, Any] = json.loads(run(*words, "--json"))
    return found


@pytest.fixture
def readings(tmp_path: Path) -> Path:
    return table(tmp_path / "imr.csv", value=IMR)


@pytest.fixture
def gauge_file(tmp_path: Path) -> Path:
    rows = [
        (part, who, part + 0.1 * trial + 0.05 * (who == "B")) for part in (1, 2, 3) for who in "AB" for trial in (0, 1)
    ]
    part, who, value = zip(*rows, strict=True)
    return table(tmp_path / "gauge.csv", unit=part, tester=who, reading=value)


def test_individuals_of_the_handbook(readings: Path) -> None:
    found = figures("chart", readings)
    assert round(found["center"], 2) == 50.81
    assert round(found["average_spread"], 4) == 1.8778
    assert (round(found["lcl"], 4), round(found["ucl"], 4)) == (45.8159, 55.8041)
    assert "no point out" in run("chart", readings)


def test_a_parquet_table_reads_as_its_csv(tmp_path: Path, readings: Path) -> None:
    parquet.write_table(pa.table({"value": IMR}), tmp_path / "imr.parquet")
    assert figures("chart", tmp_path / "imr.parquet") == figures("chart", readings)


def test_a_workbook_reads_as_its_csv(tmp_path: Path, readings: Path) -> None:
    import xlsxwriter

    book = xlsxwriter.Workbook(tmp_path / "imr.xlsx")
    book.add_worksheet("Readings").write_column(0, 0, ["value", *IMR])
    book.close()
    assert figures("chart", tmp_path / "imr.xlsx") == figures("chart", readings)
    assert 'no sheet "Nix". There are: Readings' in run("chart", tmp_path / "imr.xlsx", "--sheet", "Nix", code=2)


def test_grubbs_of_the_handbook(tmp_path: Path) -> None:
    found = figures("outliers", table(tmp_path / "g.csv", mass=GRUBBS), "--value", "mass", "--most", 1)
    assert round(found["g"], 6) == 2.468765
    assert round(found["critical"], 6) == 2.126645
    assert found["row"] == 8


def test_the_reference_gauge_study_by_both_methods(shared: Path, tmp_path: Path) -> None:
    path = shared / "quality" / "fixtures.json"
    if not path.exists():
        pytest.skip("published figures are absent")
    case = json.loads(path.read_text(encoding="utf-8"))["aiag_grr"]
    rows = [(part, who, case[who][trial][part]) for who in "ABC" for trial in range(3) for part in range(10)]
    part, who, value = zip(*rows, strict=True)
    study = table(tmp_path / "study.csv", part=part, operator=who, value=value)
    by_range, by_anova = figures("gauge", study, "--method", "range"), figures("gauge", study)
    assert (round(by_range["percent_grr"], 2), by_range["ndc"]) == (26.68, 5)
    assert (round(by_anova["percent_grr"], 2), by_anova["ndc"]) == (27.86, 4)
    over_interaction = figures("gauge", study, "--parts-over", "interaction")
    assert round(over_interaction["components"]["part"]["variance"], 4) == 1.0887


def test_kinds_and_rules_as_people_spell_them(readings: Path) -> None:
    found = figures("chart", readings, "--kind", "XmR", "--rules", "Nelson 1, we 4")
    assert (found["kind"], list(found["signals"])) == ("i-mr", ["nelson-1", "western-electric-4"])


def test_infinite_figures_are_said_and_are_null_in_json(tmp_path: Path) -> None:
    path = table(tmp_path / "constant.csv", value=[2.0, 2.0, 2.0])
    assert figures("capability", path, "--low", 0, "--high", 5)["cpk"] is None
    assert "inf" in run("capability", path, "--low", 0, "--high", 5)


def test_failure_rate_and_sample_size_as_published() -> None:
    words = ("--units", 231, "--hours", 1000, "--fails", 0, "--activation-energy", 0.7, "--stress", 125, "--use", 55)
    assert round(figures("fit", *words)["fit"], 3) == 51.086
    assert "51.09 FIT at most" in run("fit", *words)
    assert [figures("sample-size", "--reliability", r)["n"] for r in (0.99, 0.95)] == [230, 45]


def test_guard_band_as_worked() -> None:
    found = figures("guard-band", "--sigma", 0.1, "--high", 10, "--k", 3)
    assert (found["high"], round(found["accepted_bad"], 5)) == (9.7, 0.00135)


def test_columns_by_name_and_subgroups(tmp_path: Path) -> None:
    path = table(tmp_path / "strips.csv", strip=["a", "a", "b", "b"], height=[1.0, 1.2, 2.0, 2.4])
    named = figures("capability", path, "--value", "height", "--low", 0, "--high", 4, "--subgroup", "strip")
    assert named["average_range"] == pytest.approx(0.3)
    assert named == figures("capability", path, "--value", "height", "--low", 0, "--high", 4, "--subgroup", 2)


def test_pairs(tmp_path: Path) -> None:
    path = table(tmp_path / "pairs.csv", before=IMR, after=[value + 1 for value in IMR], site=[1, 2] * 5)
    assert figures("drift", path)["mean"] == pytest.approx(1.0)
    assert figures("correlate", path, "--first", "before", "--second", "after")["r"] == pytest.approx(1.0)
    assert figures("kappa", path, "--first", "site", "--second", "site")["kappa"] == 1.0
    assert "before by site" in run("bias", path, "--value", "before")


def test_csv_holds_each_figure_by_its_path(readings: Path) -> None:
    rows = list(csv.DictReader(run("capability", readings, "--low", 40, "--high", 60, "--csv").splitlines()))
    found = {row["figure"]: row["value"] for row in rows}
    whole = figures("capability", readings, "--low", 40, "--high", 60)
    assert math.isclose(float(found["bounds.cpk.lower"]), whole["bounds"]["cpk"]["lower"])
    assert math.isclose(float(found["cpk"]), whole["cpk"])


def test_a_cell_that_is_no_number_is_named(tmp_path: Path) -> None:
    said = run("chart", table(tmp_path / "bad.csv", value=[1, 2, "x7", 4]), code=1)
    assert 'line 4, column "value": a number was expected, found "x7"' in said
    assert "Correct the cell" in said


def test_wrong_names_say_what_there_is(tmp_path: Path, readings: Path) -> None:
    assert 'no column "volt". There are: value' in run("chart", readings, "--value", "volt", code=2)
    assert "there is no such file" in run("chart", tmp_path / "nix.csv", code=1)
    assert "a drawing is written as .svg, .png, .html" in run("chart", readings, "--figure", tmp_path / "a.gif", code=2)
    assert "row 3: 1 cells were expected" in run("chart", _ragged(tmp_path / "r.csv"), code=1)


def _ragged(path: Path) -> Path:
    path.write_text("value\n1\n2,3\n", encoding="utf-8")
    return path


def test_every_drawing_is_well_formed(tmp_path: Path, readings: Path, gauge_file: Path) -> None:
    cloud = table(tmp_path / "cloud.csv", a=IMR, b=[value**2 % 7 for value in IMR])
    life = table(tmp_path / "life.csv", time=[100, 210, 330, 480, 500], on=["no", "no", "no", "no", "yes"])
    names = ("--value", "reading", "--part", "unit", "--operator", "tester")
    for number, words in enumerate((
        ("chart", readings), ("chart", readings, "--kind", "ewma"), ("chart", readings, "--kind", "cusum"),
        ("chart", readings, "--kind", "xbar-s", "--subgroup", 5), ("gauge", gauge_file, *names),
        ("capability", readings, "--low", 40, "--high", 60, "--target", 50), ("hotelling", cloud),
        ("weibull", life, "--censored", "on"),
    )):  # fmt: skip
        drawn = tmp_path / f"{number}.svg"
        run(*words, "--figure", drawn)
        assert "NaN" not in drawn.read_text(encoding="utf-8")
        assert ET.parse(drawn).getroot().get("aria-label"), words


def test_a_signal_is_marked_with_its_rule(tmp_path: Path) -> None:
    path = table(tmp_path / "out.csv", value=[*IMR, 70.0])
    run("chart", path, "--figure", tmp_path / "out.svg")
    assert "11: rule 1" in (tmp_path / "out.svg").read_text(encoding="utf-8")


def test_drawings_as_png_and_html(tmp_path: Path, readings: Path) -> None:
    run("chart", readings, "--figure", tmp_path / "a.png")
    run("capability", readings, "--probability-plot", tmp_path / "a.html")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    assert "normal, mean 50.81" in (tmp_path / "a.html").read_text(encoding="utf-8")


def test_a_test_of_a_tester_file_brings_its_limits_and_only_parts_it_measured(real_lot: Path) -> None:
    found = figures("capability", real_lot, "--test", 1000)
    assert (found["n"], found["missing"]) == (733, 0)
    assert (found["low"], found["high"]) == (pytest.approx(-0.9), pytest.approx(-0.4))
    assert "no test has the number" in run("chart", real_lot, "--test", "nix", code=2)


def test_hundreds_of_signals_are_counted_not_named(tmp_path: Path) -> None:
    path = table(tmp_path / "long.csv", value=[*IMR * 20, *([70.0, 30.0] * 200)])
    run("chart", path, "--rules", "limits", "--sigma", 1, "--center", 50.81, "--figure", tmp_path / "long.svg")
    drawn = (tmp_path / "long.svg").read_text(encoding="utf-8")
    assert "400 signals" in drawn
    assert "201: rule" not in drawn


def test_the_figure_is_there_when_the_reader_of_the_text_goes_away(tmp_path: Path, readings: Path) -> None:
    drawn = tmp_path / "a.svg"
    command = [sys.executable, "-m", "corecar", "assess", "chart", str(readings), "--figure", str(drawn)]
    told = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert told.stdout is not None
    told.stdout.close()
    told.wait()
    assert ET.parse(drawn).getroot().get("aria-label")


def test_a_known_centre_sigma_and_width_make_the_limits(readings: Path) -> None:
    found = figures("chart", readings, "--center", 50, "--sigma", 2, "--width", 2)
    assert (found["lcl"], found["ucl"]) == (46.0, 54.0)


def test_control_units_are_taken_off_a_drift(tmp_path: Path) -> None:
    before, after = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [1.3, 2.2, 3.4, 4.3, 5.2, 6.2]
    path = table(tmp_path / "d.csv", before=before, after=after, held=["no"] * 4 + ["yes"] * 2)
    found = figures("drift", path, "--control", "held")
    assert (found["n"], found["control_shift"], found["mean"]) == (4, pytest.approx(0.2), pytest.approx(0.1))
    path = table(tmp_path / "e.csv", before=before, after=after, held=["no"] * 6)
    assert "no row says yes" in run("drift", path, "--control", "held", code=2)


def test_rates_plans_and_acceleration_as_published() -> None:
    found = figures("mtbf", "--hours", 1600, "--fails", 2)
    assert (found["mtbf_hours"], round(found["lower_hours"], 1), round(found["upper_hours"], 1)) == (800, 254.1, 4502.5)
    assert round(figures("dppm", "--returns", 2, "--shipped", 1_000_000)["at_most_dppm"], 3) == 5.322
    assert figures("lot-plan", "--lot-size", 1000, "--defectives", 10)["n"] == 205
    thermal = ("--activation-energy", 0.7, "--use", 55, "--stress", 125)
    assert round(figures("arrhenius", *thermal)["acceleration"], 3) == 77.645
    damp = ("--use", 30, "--use-humidity", 60, "--stress", 85, "--stress-humidity", 85)
    assert round(figures("humidity", *damp)["acceleration"], 1) == 564.3
    assert round(figures("cycling", "--use-range", 80, "--stress-range", 205)["acceleration"], 2) == 43.12
    volts = ("--exponent", 2, "--use", 1, "--stress", 1.2)
    assert round(figures("voltage", *volts)["acceleration"], 4) == 1.4918
    ranges = ("--use-range", 60, "--stress-range", 100, "--use-cycles", 6, "--stress-cycles", 24)
    assert round(figures("solder", *ranges, "--use-peak", 60, "--stress-peak", 100)["acceleration"], 2) == 2.62
    assert "2.62" in run("solder", *ranges, "--use-peak", 60, "--stress-peak", 100)


def test_nested_levels_of_time(tmp_path: Path) -> None:
    found = figures("nested", table(tmp_path / "n.csv", day=[1, 1, 2, 2], value=[1.0, 1.2, 1.4, 1.6]), "--level", "day")
    assert [round(level["sd"], 4) for level in found["levels"]] == [0.1414, 0.2828]


def test_a_tester_file_without_a_test_is_every_test_and_files_are_lots(real_lot: Path) -> None:
    found = figures("capability", real_lot, "--goal", "other")
    indices = [row["cpk"] for row in found["rows"] if row["cpk"] is not None]
    assert indices
    assert indices == sorted(indices)
    one = figures("capability", real_lot, "--test", 1000)
    row = next(row for row in found["rows"] if row["number"] == 1000)
    assert row["cpk"] == pytest.approx(one["cpk"])
    assert "is for tables" in run("capability", real_lot, "--value", "volt", code=2)
