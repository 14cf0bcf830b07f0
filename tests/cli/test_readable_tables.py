"""Tables of answers fit a page of 100 columns, say what they left out and where it is, and begin with what matters."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.lots import build_lot
from typer.testing import CliRunner

import corecar
from corecar.assess import biases, run_drifts
from corecar.cli.app import app

PAGE = 100


def asked(*words: str, env: dict[str, str] | None = None) -> Any:
    return CliRunner().invoke(app, list(words), env=env)


@pytest.fixture(scope="module")
def narrower(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recipes") / "narrower.toml"
    path.write_text("[dynamic-pat]\nwidth = 5.0\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("command", "hidden"),
    [
        (["bias", "LOT"], "sigma"),
        (["whatif", "LOT"], ""),
        (["limits", "diff", "aec-q001", "RECIPE", "--lot", "LOT"], ""),
    ],
    ids=["bias", "whatif", "limits diff"],
)
def test_a_wide_table_is_a_page_wide_and_csv_has_the_rest(
    command: list[str], hidden: str, fictional_lot: Path, narrower: Path
) -> None:
    words = [{"LOT": str(fictional_lot), "RECIPE": str(narrower)}.get(word, word) for word in command]
    shown = asked(*words)
    assert shown.exit_code == 0, shown.output
    names = [line for line in shown.stdout.splitlines() if str(fictional_lot) not in line]
    assert max(map(len, names)) <= PAGE
    if hidden:
        assert "no room for" in shown.stdout
        assert "--csv and --json have them" in " ".join(shown.stdout.split())
        assert hidden in asked(*words, "--csv").stdout.splitlines()[0].split(",")
        assert hidden in asked(*words, env={"COLUMNS": "300"}).stdout


def test_limits_that_differ_stand_with_their_units(fictional_lot: Path, narrower: Path) -> None:
    shown = asked("limits", "diff", "aec-q001", str(narrower), "--lot", str(fictional_lot))
    row = next(line for line in shown.stdout.splitlines() if "CONT_GND_OPEN" in line)
    assert row.count(" mV") == 4
    assert "keys differ." in " ".join(shown.stdout.split())


def test_a_tab_in_the_name_of_a_test_breaks_no_column(tmp_path: Path) -> None:
    count = 400
    lot = build_lot(
        np.random.default_rng(1).normal(1, 0.1, (2, count)), names=["VDD\tMIN", "VDD_MAX"], low=[0.0, 0.0],
        high=[2.0, 2.0], wafer="W01", x=list(range(count)), y=[0] * count, site=[at % 2 for at in range(count)],
    )  # fmt: skip
    corecar.write(lot, tmp_path / "tab.stdf")
    shown = asked("bias", str(tmp_path / "tab.stdf"))
    rows = [line for line in shown.stdout.splitlines() if "VDD" in line]
    assert "\t" not in shown.stdout
    assert len({line.index("alike") for line in rows}) == 1
    assert "VDD\tMIN" in asked("bias", str(tmp_path / "tab.stdf"), "--csv").stdout


def test_what_drifts_comes_before_what_is_steady_however_much_it_moves() -> None:
    rng = np.random.default_rng(3)
    count = 400
    ramp = rng.normal(0, 1, count) + np.linspace(0, 2.0, count)
    jumpy = rng.normal(0, 0.05, count)
    jumpy[: count // 2] += np.where(np.arange(count // 2) // 20 % 2, 3.0, -3.0)
    jumpy[count // 2 :] += np.where(np.arange(count // 2) // 20 % 2, 3.2, -3.2)
    found = run_drifts(build_lot(np.array([jumpy, ramp])))
    assert [row["verdict"] for row in found.tests] == ["drifts", "steady"]
    assert found.tests[0]["name"] == "T1"


def test_a_hold_comes_first_and_an_only_tester_is_told_in_plain_words() -> None:
    rng = np.random.default_rng(2)
    values = np.array([rng.normal(0, 1, 300), rng.normal(0, 1, 300) + np.repeat([0.0, 2.0], 150)])
    lot = build_lot(values, site=[1] * 150 + [2] * 150, kind=["functional", "parametric"],
                    runs={"lot": ["L1"], "tester": ["T1"], "stage": ["final test"]})  # fmt: skip
    found = biases(lot)
    assert found.tests[0]["verdict"] == "hold"
    assert "tester: not compared: every part was tested on the same one, T1." in found.notes
    assert "1 of 2 tests (each pin is one) compared. Left out: 1 functional, with verdicts alone." in found.notes


def test_test_time_says_why_it_counts_other_tests_than_info(fictional_lot: Path) -> None:
    told = asked("test", "time", str(fictional_lot), "--json")
    answer = json.loads(told.stdout)
    pins = corecar.read(fictional_lot).tests.num_rows
    assert len(answer["rows"]) < pins
    (note,) = [one for one in answer["notes"] if "by number and name" in one]
    assert note.startswith(f"{len(answer['rows'])} tests by number and name")
    assert f"as `corecar info` counts, they are {pins}, " in note


def product_file(path: Path, product: str, number: int) -> str:
    runs = {
        "lot": [f"L-{product}"], "product": [product], "stage": ["wafer sort"],
        "start": [datetime(2026, 3, 2, tzinfo=UTC)],
    }  # fmt: skip
    lot = build_lot(
        np.random.default_rng(number).normal(1, 0.1, (1, 60)), numbers=[number], names=[f"T{number}"], low=[0.0],
        high=[2.0], wafer="W01", x=list(range(60)), y=[0] * 60, runs=runs,
    )  # fmt: skip
    corecar.write(lot, path)
    return str(path)


def test_other_products_are_told_first_and_refused_without_a_common_test(tmp_path: Path) -> None:
    one = product_file(tmp_path / "px.stdf", "PX", 1)
    alike = product_file(tmp_path / "py.stdf", "PY", 1)
    other = product_file(tmp_path / "pz.stdf", "PZ", 2)
    shown = asked("what", "changed", alike, "--before", one)
    assert shown.exit_code == 0, shown.output
    assert shown.stdout.startswith("Different products: PX before, PY now.")
    refused = asked("what", "changed", other, "--before", one)
    assert refused.exit_code == 2
    assert "no test in common, so only yields and bins can be compared. --anyway does that" in refused.output
    assert asked("what", "changed", other, "--before", one, "--anyway").exit_code == 0


def test_limits_diff_says_what_it_needs_where_there_is_no_workspace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shown = asked("limits", "diff", "aec-q01", "zero-defect")
    assert shown.exit_code == 1
    said = " ".join(shown.output.split())
    assert (
        'is no file, no recipe that comes with Corecar, and there is no workspace here. Did you mean "aec-q001"?'
        in said
    )
