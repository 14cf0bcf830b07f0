"""Every entry of the shared file of published figures, through the functions anybody would call, to the printed digits.

An entry that nothing here handles fails, and so does a figure of a handled entry that was not looked at.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.conftest import required
from tests.lots import build_lot
from tests.quality.printed import Entry, agrees, leaves
from tests.screen.maps import lot_of, units

from corecar.assess import arrhenius, capability_of_summary, chart, fit, fraction_bound, gauge_study, grubbs
from corecar.screen import bin_history, dynamic_limits, rate_limit, screen, yield_history
from corecar.screen.count_tails import CountModel, chance_beyond
from corecar.screen.recipe import parse_recipe
from corecar.screen.stacking import tail

Handler = Callable[[Any], None]


def printed(found: float | None, expected: float, digits: int = 0) -> bool:
    """Whether a figure is the one of the file to as many digits as the file has; JSON drops zeros at the end."""
    return agrees(found, np.format_float_positional(expected, trim="k", min_digits=digits))


def aiag_grr(case: Any) -> None:
    rows = [(part, who, case[who][trial][part]) for who in "ABC" for trial in range(3) for part in range(10)]
    table = dict(zip(("part", "operator", "value"), map(list, zip(*rows, strict=True)), strict=True))
    by_range, expected = gauge_study(table, method="range"), case["expect"]["range"]
    for name in ("ev", "av", "grr", "pv"):
        assert printed(getattr(by_range, f"percent_{name}"), expected[f"pct_{name}"])
    assert by_range.ndc == expected["ndc"]
    by_anova, expected = gauge_study(table, method="anova"), case["expect"]["anova_pooled"]
    assert by_anova.pooled
    for name, key in (("repeatability", "repeat"), ("reproducibility", "reprod"), ("part", "part")):
        assert printed(by_anova.components[name].variance, expected[f"var_{key}"])
    assert printed(by_anova.percent_grr, expected["pct_sv_grr"])
    assert by_anova.ndc == expected["ndc"]


def ewma_nist(case: Any) -> None:
    found = chart(case["x"], "ewma", weight=case["lam"], center=case["center"], sigma=case["s"])
    assert all(printed(*pair, digits=2) for pair in zip(found.location.values, case["z"], strict=True))
    assert printed(found.ucl, case["ucl"])
    assert printed(found.lcl, case["lcl"])


def imr_nist(case: Any) -> None:
    found = chart(case["x"], "i-mr")
    assert printed(found.center, case["mean"])
    assert printed(found.average_spread, case["mrbar"])
    assert printed(found.ucl, case["ucl"])
    assert printed(found.lcl, case["lcl"])


def grubbs_nist(case: Any) -> None:
    found = grubbs(case["x"], side="high")
    assert printed(found.g, case["G"])
    assert printed(found.critical, case["crit_1s_05"])


def pat30(case: Any) -> None:
    for rule in ("type 7", "type 6"):
        found = dynamic_limits(case["x"], quartile_rule=rule)
        low, high = case[rule.replace(" ", "")]
        assert printed(found.low, low, digits=6)
        assert printed(found.high, high, digits=6)
        readings = np.array(case["x"])
        assert readings[(readings < found.low) | (readings > found.high)].tolist() == case["outliers"]
        recipe = parse_recipe(f'[dynamic-pat]\nquartile_rule = "{rule}"\n', "by rule")
        lot = build_lot(readings)
        rejected = screen(lot, recipe).verdicts["part"].to_numpy()
        assert np.float32(readings[rejected]).tolist() == np.float32(case["outliers"]).tolist()


def syl(case: Any) -> None:
    found = yield_history([round(100 * percent) for percent in case["y"]], [10_000] * len(case["y"]))
    assert printed(100 * rate_limit(found, 1).limit, case["syl1"])
    assert printed(100 * rate_limit(found, 2).limit, case["syl2"])


def sbl(case: Any) -> None:
    counts = [round(100 * percent) for percent in case["b"]]
    found = bin_history(counts, [10_000] * len(counts), bin_name="hard bin 7")
    assert printed(100 * rate_limit(found, 1).limit, case["sbl1"])
    assert printed(100 * rate_limit(found, 2).limit, case["sbl2"])


def gdbn(case: Any) -> None:
    lot = lot_of(case["map"])
    for words, key in (
        ('method = "count"\ncount_limit = 4\nedge = "pass"', "count_ge4"),
        ('method = "count"\ncount_limit = 5\nedge = "pass"', "count_ge5"),
        ('method = "share"\nshare_limit = 0.5', "frac_ge_half"),
        ('method = "share"\nshare_limit = 0.5\nweight = "distance"', "frac_ge_half"),
    ):
        recipe = parse_recipe(f'[[screen]]\nkind = "gdbn"\n{words}\n', "by hand")
        found = screen(lot, recipe).verdicts
        assert set(found["rule"].to_pylist()) == {"gdbn"}
        assert units(lot, found["part"].to_numpy()) == {("W01", x, y) for x, y in case[key]}


def zpat(case: Any) -> None:
    wafers, share, tails = case["wafers"], case["p"], case["sf"]
    for count in tails:
        assert printed(tail([share] * wafers, int(count)), tails[count])
        assert printed(chance_beyond(CountModel("binomial", share), wafers, int(count) - 1), tails[count])


def life_tests(cases: Any) -> None:
    first = cases[0]
    test = {"activation_energy": first["Ea"], "stress_c": first["Ts"], "use_c": first["Tu"]}
    for case in cases:
        found = fit(first["n"], first["h"], first["fails"], case["CL"], **test)
        assert printed(found.fit, case["FIT"])
        assert printed(found.acceleration[0], first["af"])


def arrhenius_adi(case: Any) -> None:
    for stress in ("150", "135", "125", "85"):
        factor = arrhenius(case["Ea"], case["Tu"], float(stress))
        assert factor == pytest.approx(case[stress], rel=case["tol"])


def zero_fail_p90(case: Any) -> None:
    for n in case:
        assert printed(fraction_bound(0, int(n), 0.9).at_most, case[n])


def cpk_nist(case: Any) -> None:
    found = capability_of_summary(case["mean"], case["s"], case["lsl"], case["usl"])
    assert printed(found.cp, case["cp"], digits=4)
    assert printed(found.cpk, case["cpk"])


HANDLERS: dict[str, Handler] = {
    "aiag_grr": aiag_grr,
    "ewma_nist": ewma_nist,
    "imr_nist": imr_nist,
    "grubbs_nist": grubbs_nist,
    "pat30": pat30,
    "syl": syl,
    "sbl": sbl,
    "gdbn": gdbn,
    "zpat": zpat,
    "fit": life_tests,
    "arrhenius_adi": arrhenius_adi,
    "zero_fail_p90": zero_fail_p90,
    "cpk_nist": cpk_nist,
}
"""What proves each entry of the file."""


@pytest.fixture(scope="module")
def published(shared: Path) -> dict[str, Any]:
    """The file as it stands."""
    text = required(shared / "quality" / "fixtures.json", "the published figures").read_text()
    found: dict[str, Any] = json.loads(text)
    return found


def test_every_entry_of_the_file_is_handled_and_every_handler_has_its_entry(published: dict[str, Any]) -> None:
    assert set(published) == set(HANDLERS)


@pytest.mark.parametrize("name", HANDLERS)
def test_an_entry_of_the_file_to_the_printed_digits(published: dict[str, Any], name: str) -> None:
    looked_up: set[str] = set()
    case = published[name]
    if isinstance(case, list):
        HANDLERS[name]([Entry(one, f"{name}[{place}]", looked_up) for place, one in enumerate(case)])
    else:
        HANDLERS[name](Entry(case, name, looked_up))
    assert leaves(case, name) - looked_up == set()


def test_a_figure_that_nobody_looks_at_is_told() -> None:
    looked_up: set[str] = set()
    case = {"x": [1.0, 2.0], "expect": {"mean": 1.5, "sd": 0.7}}
    assert Entry(case, "new", looked_up)["expect"]["mean"] == 1.5
    assert leaves(case, "new") - looked_up == {"new.x", "new.expect.sd"}
