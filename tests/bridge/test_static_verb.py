"""Static limits made from files of several lots, kept in a file, and a lot graded with them."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.lots import build_lot
from typer.testing import CliRunner

import corecar
from corecar.bridge.limits.static_limits import make_static_limits, read_static_limits
from corecar.cli.app import app
from corecar.errors import SourceError, SourceMissing
from corecar.screen import read_recipe, screen
from corecar.screen.shaping import shape_rules
from corecar.screen.static_lots import static_limits_of_lots

runner = CliRunner()


def write_lot(folder: Path, number: int, outlier: float | None = None) -> Path:
    """A file of one lot of 60 parts and two tests, tested on day `number` of June 2026."""
    values = np.random.default_rng(number).normal(size=(2, 60))
    if outlier is not None:
        values[1, 7] = outlier
    day = (date(2026, 6, number) - date(1970, 1, 1)).days
    runs: dict[str, Any] = {"lot": [f"L{number}"], "product": ["P"], "stage": ["final test"], "start": [day * 86_400]}
    path = folder / f"L{number}.stdf"
    corecar.write(build_lot(values, low=[-30.0, -30.0], high=30.0, names=["VREF", "IDD"], runs=runs), path)
    return path


@pytest.fixture(scope="module")
def lots(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("lots")
    return [write_lot(folder, number) for number in range(1, 7)]


def test_limits_come_back_from_their_file_to_the_same_bits(lots: list[Path], tmp_path: Path) -> None:
    made = make_static_limits(lots, tmp_path / "static.json")
    again = read_static_limits(tmp_path / "static.json")
    assert again == made
    for one, other in zip(made, again, strict=True):
        assert one.limits is not None
        assert other.limits is not None
        assert one.limits.record.digest() == other.limits.record.digest()
        assert one.limits.set_on == date(2026, 6, 6)


def test_the_command_makes_limits_and_grading_holds_a_lot_against_them(lots: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "static.json"
    made = runner.invoke(app, ["static", *map(str, lots), "--out", str(out)])
    assert made.output == f"static limits of 2 of 2 tests\nwrote {out}\n"
    lot = write_lot(tmp_path, 7, outlier=15.0)
    graded = corecar.grade(lot, static=out)
    rules = {(row["part"], row["rule"]) for row in graded.verdicts.to_pylist()}
    assert (7, "static-pat") in rules
    assert "static-pat" in set(graded.limits["screen"].to_pylist())
    answer = runner.invoke(app, ["grade", str(lot), "--static", str(out)])
    assert answer.exit_code == 0
    assert "static-pat" in answer.output


def test_few_lots_give_no_limits_unless_preliminary_ones_are_asked_for(lots: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "static.json"
    asked = ["static", *map(str, lots[:3]), "--out", str(out)]
    few = runner.invoke(app, asked)
    assert few.exit_code == 1
    assert "no test gets static limits" in few.output
    assert "3 lots of 30 parts or more: static limits need 6." in few.output
    assert "--preliminary" in few.output
    assert not out.exists()
    early = runner.invoke(app, [*asked, "--preliminary", "--day", "2026-06-30"])
    assert "note: preliminary: 3 lots, fewer than 6" in early.output


def test_limits_that_are_none_hold_a_lot(lots: list[Path]) -> None:
    none = static_limits_of_lots([corecar.read(lots[0])], today=date(2026, 6, 30), rules=shape_rules(read_recipe()))
    assert all(one.limits is None or not one.limits.record.applied for one in none)
    held = screen(corecar.read(lots[1]), read_recipe(), none).hold
    assert any("static-pat: not applied: the limits that were given are none." in sentence for sentence in held)


def test_a_recipe_that_asks_for_static_limits_holds_a_lot_without_them(lots: list[Path], tmp_path: Path) -> None:
    recipe = tmp_path / "ours.toml"
    recipe.write_text('[[screen]]\nkind = "static-pat"\nhard = 97\nsoft = 97\n', encoding="utf-8")
    out = tmp_path / "static.json"
    make_static_limits(lots, out)
    assert corecar.grade(lots[0], recipe=recipe).hold == ("static-pat: not applied: no static limits were given.",)
    graded = corecar.grade(write_lot(tmp_path, 7, outlier=15.0), recipe=recipe, static=out)
    assert graded.hold == ()
    assert graded.dispositions["new_hard_bin"][7].as_py() == 97


def test_what_is_no_file_of_limits_is_told_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(SourceMissing, match="Make one with `corecar static`"):
        read_static_limits(tmp_path / "static.json")
    (tmp_path / "static.json").write_text('{"kind": "other", "tests": []}', encoding="utf-8")
    with pytest.raises(SourceError, match='looks like JSON, of kind "other"; expected a file of static limits'):
        read_static_limits(tmp_path / "static.json")
