"""First fails, retests and recoveries of lots, by bin and site."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from tests.lots import build_lot
from typer.testing import CliRunner

import corecar
from corecar.assess import recoveries, recovery
from corecar.cli.app import app
from corecar.lot import Lot


def lot_of_three() -> Lot:
    """Unit 0 fails in bin 5 and recovers at its third attempt; unit 1 fails in bin 8, alone; unit 2 is good at once."""
    return build_lot(
        np.ones(6),
        passed=[False, False, True, False, True, False],
        hard_bin=[5, 8, 1, 7, 1, 9],
        attempt=[1, 1, 1, 2, 3, 2],
        units=[0, 1, 2, 0, 0, 2],
        superseded=[True, False, True, True, False, False],
        site=[1, 2, 3, 4, 4, 4],
    )


def test_a_unit_counts_in_the_bin_and_at_the_site_of_its_first_fail() -> None:
    found = recoveries(lot_of_three())
    assert (found.failed, found.retested, found.recovered) == (2, 1, 1)
    first, second = found.rows
    assert (first["bin"], first["site"], first["failed"], first["recovered"], first["share"]) == (5, 1, 1, 1, 1.0)
    assert (second["bin"], second["site"], second["retested"], second["share"]) == (8, 2, 0, None)


def test_attempts_without_identity_are_left_out_and_told() -> None:
    found = recoveries(build_lot(np.ones(4), passed=[False, True, True, True], identity="none"))
    assert (found.rows, found.failed) == ((), 0)
    assert found.notes[0].startswith("4 attempts left out: nothing says which attempts are of one unit.")


def test_a_site_of_few_fails_neither_makes_nor_hides_a_difference() -> None:
    bins, sites = [5] * 83, [1] * 40 + [2] * 40 + [3] * 3
    told = recovery(bins, sites, [True] * 35 + [False] * 5 + [True] * 4 + [False] * 36 + [True] * 3)
    assert [note.split(",")[0] for note in told.notes] == ["bin 5: recovery depends on the site"]
    few = recovery([5] * 8, [1] * 4 + [2] * 4, [True] * 4 + [False] * 4)
    assert recovery([5] * 8, [1] * 4 + [2] * 4, [True] * 8).notes == ()
    assert few.notes[0].startswith("bin 5: its sites were not compared, fewer than 5")


def test_the_real_lot_recovers_what_it_recovered_whichever_attempt_counts(real_lot: Path) -> None:
    for choice in ("last", "best"):
        found = recoveries(corecar.read(real_lot, retest=choice))
        assert (found.failed, found.retested, found.recovered) == (113, 113, 46)
    rows = {row["bin"]: (row["retested"], row["recovered"]) for row in found.rows}
    assert (rows[8], rows[20], rows[2]) == ((55, 30), (16, 16), (21, 0))


def test_the_command_says_of_a_lot_what_it_says_of_its_file(fictional_lot: Path, tmp_path: Path) -> None:
    with corecar.init(tmp_path / "house", owner="Demo House") as house:
        house.ingest([fictional_lot], workers="inline")
        of_lot = house.recovery(["SIM00001"])
    shown = CliRunner().invoke(app, ["recovery", str(fictional_lot), "--json"])
    assert shown.exit_code == 0, shown.output
    assert json.loads(shown.stdout)["rows"] == of_lot["rows"]
    assert of_lot["rows"]
    table = CliRunner().invoke(app, ["recovery", str(fictional_lot), "--csv"]).stdout
    assert table.splitlines()[0] == "bin,site,failed,retested,recovered,share,share_low,share_high"
