"""Answers of section 5 of the shared reference on screens, by public functions, to the printed digits.

Data and answers are read from the reference.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from tests.quality.printed import Passage, agrees, all_agree, number
from tests.screen.maps import lot_of, units

from corecar.assess import (
    guard_band,
)
from corecar.screen import bin_history, dynamic_limits, rate_limit, screen, yield_history
from corecar.screen.neighbours import surroundings
from corecar.screen.recipe import parse_recipe
from corecar.screen.residuals import on_grid
from corecar.screen.spread import deviation
from corecar.screen.stacking import tail


def test_5_7_limits_of_one_column_under_every_quartile_rule(reference: dict[str, Passage]) -> None:
    told, readings = reference["5.7c"], reference["5.7b"].values("`", 54)
    for label, rule in (("type 7", "type 7"), ("type 6", "type 6"), ("type 5", "type 5")):
        line = next(line for line in told.text.splitlines() if line.startswith(f"| {label} "))
        found = dynamic_limits(readings, quartile_rule=rule, discrete_values=0, discrete_fraction=0)
        printed = [word.strip() for word in line.split("|")[2:8]]
        all_agree([found.q1, found.median, found.q3, found.sigma, found.low, found.high], printed)
    line = next(line for line in told.text.splitlines() if line.startswith("| lower / higher"))
    cells = [word.strip().split("/") for word in line.split("|")[2:8]]
    for place, rule in enumerate(("lower", "higher")):
        found = dynamic_limits(readings, quartile_rule=rule)
        all_agree([found.q1, found.q3, found.sigma, found.low, found.high],
                  [cells[column][place] for column in (0, 2, 3, 4, 5)])  # fmt: skip
    ordered = np.sort(np.array(readings))
    middle = deviation(ordered, float(np.median(ordered)))
    all_agree([middle, 1.4826 * middle], [told.after("MAD")[0], told.after("1.4826*MAD=")[0]])


def test_5_8_limits_of_thirty_readings(reference: dict[str, Passage]) -> None:
    told = reference["5.8.1"]
    readings = [float(word) for word in re.findall(r"[\d.]+", told.text.partition("n=30:")[2])[:30]]
    found = dynamic_limits(readings)
    all_agree([found.q1, found.median, found.q3], [told.after(label)[0] for label in (": Q1", "med", "Q3")])
    all_agree([found.sigma, found.low, found.high], [told.after("sigma_R")[0], *told.after("limits **", 2)])
    outliers = [one for one in readings if not (found.low or 0) <= one <= (found.high or 0)]
    assert outliers == [1.25]
    other = Passage(told.text[told.text.index("Type 6:") :])
    six = dynamic_limits(readings, quartile_rule="type 6")
    printed = [*other.after("Q3"), *other.after("sigma_R"), *other.after("limits", 2)]
    all_agree([six.q3, six.sigma, six.low, six.high], printed)
    assert agrees(float(np.mean(readings) + 6 * np.std(readings, ddof=1)), other.after("mean+6s =")[0])
    applied = dynamic_limits(readings, low_limit=0.95, high_limit=1.20)
    assert applied.clamp == "low"
    all_agree([applied.low, applied.high], [other.after(".9111,.95)=")[0], other.after("1.0889,1.20)=")[0]])


def test_5_8_limits_of_yields_and_bins(reference: dict[str, Passage]) -> None:
    told = reference["5.8.2"]
    percents = told.values("six lots yield %", 6)
    history = yield_history([round(100 * one) for one in percents], [10_000] * 6)
    all_agree([100 * history.mean, 100 * history.sd], [told.after("mean")[0], told.after("s(n-1)")[0]])
    found = [100 * rate_limit(history, level).limit for level in (1, 2)]
    # 95.907925 stands halfway between two printed figures
    assert found == pytest.approx([told.values("**SYL1", 1)[0], told.values("SYL2", 1)[0]], abs=5.1e-6)
    whole = [history.mean - width * float(np.std(np.array(percents) / 100)) for width in (3, 4)]
    assert agrees(100 * whole[0], told.after("would give", 2)[0])
    # 96.01905 is printed cut off
    assert 100 * whole[1] == pytest.approx(told.values("would give", 2)[1], abs=5.1e-5)
    told = reference["5.8.3"]
    bins = bin_history([round(100 * one) for one in told.values("fail %", 6)], [10_000] * 6, bin_name="hard bin 7")
    all_agree([100 * bins.mean, 100 * bins.sd], [told.after("mean")[0], told.after(" s ")[0]])
    limits = [100 * rate_limit(bins, level).limit for level in (1, 2)]
    all_agree(limits, [told.after("**SBL1")[0], told.after("SBL2")[0]])


def test_5_8_neighbourhoods_of_a_map(reference: dict[str, Passage]) -> None:
    told = reference["5.8.4"]
    rows = told.text.split("```")[1].split()
    answers = Passage(told.text.split("```")[2])
    lot = lot_of(rows)
    state = np.array([[[{".": 0, "1": 1, "X": 2}[letter] for letter in row] for row in rows]], np.uint8)
    even, weighed = surroundings(state), surroundings(state, weight="distance")
    for x, y, words in (
        (5, 6, "(5,6) 6 of 7"), (1, 4, "(1,4) 4 of 8"), (0, 3, "(0,3) 2/5"), (0, 5, "(0,5) and (7,5) 2/4"),
        (7, 5, "(7,5) 2/4"),
    ):  # fmt: skip
        assert words in answers.text
        bad, there = re.findall(r"\d+", words)[-2:]
        assert (even.bad[0, y, x], even.count[0, y, x]) == (int(bad), int(there))
    second = Passage(answers.text[answers.text.index("weighted") :])
    for x, y in ((5, 6), (1, 4), (0, 5), (7, 5), (0, 3)):
        bad_weight, share = second.after(f"({x},{y})", 2)
        all_agree([weighed.bad[0, y, x], weighed.bad[0, y, x] / weighed.there[0, y, x]], [bad_weight, share])
    for label, words in (
        ("count>=5 -> {", 'count_limit = 5\nedge = "pass"'), ("count>=4 -> {", 'count_limit = 4\nedge = "pass"'),
        ("weights) -> {", 'method = "share"'), ("weights) -> {", 'method = "share"\nweight = "distance"'),
    ):  # fmt: skip
        listed = answers.text[answers.text.index(label) :].partition("}")[0]
        expected = {("W01", int(x), int(y)) for x, y in re.findall(r"\((\d),(\d)\)", listed)}
        found = screen(lot, parse_recipe(f'[[screen]]\nkind = "gdbn"\n{words}\n', "by hand")).verdicts
        assert units(lot, found["part"].to_numpy()) == expected


def test_5_8_places_that_fail_on_wafer_after_wafer(reference: dict[str, Passage]) -> None:
    told = reference["5.8.5"]
    wafers, positions = int(told.values(" ", 1)[0]), int(told.values("At", 1)[0])
    for least in range(3, 9):
        all_agree([tail([0.05] * wafers, least)], told.after(f">={least}" if least > 3 else "P(X>=3)="))
    threshold = int(told.values("threshold", 1)[0])
    limit = told.values("Bonferroni=", 1)[0]
    assert 0.05 / positions == limit
    assert min(count for count in range(wafers + 1) if tail([0.05] * wafers, count) < limit) == threshold
    lot = stack(wafers, {(0, 0): threshold, (11, 7): threshold - 1})
    found = screen(lot, parse_recipe('[[screen]]\nkind = "z-pat"\n', "by hand")).verdicts
    assert units(lot, found["part"].to_numpy()) == {
        (f"W{wafer:02}", 0, 0) for wafer in range(threshold + 1, wafers + 1)
    }


def stack(wafers: int, places: dict[tuple[int, int], int]) -> Any:
    """Wafers of 2000 dies, 100 of each failed: those of some places on the first wafers, others scattered."""
    maps, spare = [], [(x, y) for y in range(40) for x in range(50) if (x, y) not in places]
    begin = 0
    for wafer in range(wafers):
        fails = {place for place, count in places.items() if wafer < count}
        end = begin + 100 - len(fails)
        fails |= {spare[one % len(spare)] for one in range(begin, end)}
        begin = end
        maps.append(["".join("X" if (x, y) in fails else "1" for x in range(50)) for y in range(40)])
    return lot_of(*maps)


def test_5_8_residuals_of_nearest_neighbours(reference: dict[str, Passage]) -> None:
    told = reference["5.8.6"]
    grid = np.reshape([number(one) for one in told.after("rows y:", 25)], (5, 5))
    found = on_grid(grid)
    others = np.delete(found.ravel(), 12)
    all_agree([found[2, 2]], told.after("residual centre"))
    all_agree([others.min(), others.max()], [told.after("others")[0], told.after("-.2..+")[0]])
    limits = dynamic_limits(found.ravel(), least=25)
    all_agree([limits.median, limits.sigma], [told.after("; med")[0], told.after("sigma_R")[0]])
    all_agree([(found[2, 2] - limits.median) / limits.sigma], told.after("z centre"))
    raw, words = dynamic_limits(grid.ravel(), least=25), Passage(told.text[told.text.index("raw DPAT") :])
    all_agree([raw.median, raw.sigma, raw.high], [words.after(label)[0] for label in ("med", "sigma_R", "UPL")])
    all_agree([(grid[2, 2] - raw.median) / raw.sigma], words.after("gives z"))
    lot = lot_of(["1" * 5] * 5, values=grid.ravel())
    for width, expected in ((4.724, {("W01", 2, 2)}), (4.726, set()), (6, set())):
        recipe = parse_recipe(f'[[screen]]\nkind = "nnr"\nleast = 25\nwidth = {width}\n', "by hand")
        assert units(lot, screen(lot, recipe).verdicts["part"].to_numpy()) == expected


def test_5_8_a_guard_band(reference: dict[str, Passage]) -> None:
    told = reference["5.8.7"]
    found = guard_band(None, told.values("USL", 1)[0], told.values("sigma_m", 1)[0], k=told.values("GB", 1)[0])
    all_agree([found.high, found.accepted_bad], [told.after("test limit")[0], told.after("10.0) =")[0]])
