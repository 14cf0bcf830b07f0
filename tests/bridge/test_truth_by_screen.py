"""What each screen caught of what a simulator planted, with bounds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import corecar
from corecar.assess import fraction_bound
from corecar.bridge.grade.truth import planted_parts
from corecar.graded import Grade


@pytest.fixture(scope="module")
def graded(fictional_lot: Path) -> Grade:
    return corecar.grade(fictional_lot, recipe="zero-defect")


def test_rates_of_each_screen_are_counted_from_its_own_verdicts(graded: Grade, fictional_lot: Path) -> None:
    truth = graded.truth or {}
    verdicts = graded.verdicts.to_pylist()
    lot = graded.lot
    strong, weak = planted_parts(lot, fictional_lot.with_name("lot.truth.json"))
    assert list(truth["screens"]) == ["gdbn", "cluster", "z-pat", "dynamic-pat", "nnr"]
    for rule, rates in {**truth["screens"], "all": truth["rates"]}.items():
        rejected = {row["part"] for row in verdicts if rule in ("all", row["rule"])}
        assert (rates["caught"], rates["planted"]) == (len(rejected & strong), len(strong))
        assert rates["false_kills"] == len(rejected - strong - weak)
        bound = fraction_bound(rates["caught"], rates["planted"], 0.9)
        assert (rates["catch_rate_low"], rates["catch_rate_high"]) == (bound.lower, bound.upper)
        sound = int((lot.final & lot.passed).sum()) - len(strong | weak)
        assert rates["sound"] == sound
        assert rates["false_kill_rate_high"] == fraction_bound(rates["false_kills"], sound, 0.9).upper
    assert truth["screens"]["dynamic-pat"]["catch_rate"] == 1.0
    assert truth["screens"]["gdbn"]["caught"] < truth["screens"]["dynamic-pat"]["caught"]


def test_of_two_screens_of_one_kind_each_has_the_rates_of_what_it_rejects(fictional_lot: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "twice.toml"
    head = '[recipe]\nname = "twice"\nversion = "1"\n'
    rows = "".join(f'[[screen]]\nkind = "nnr"\nwidth = {width}\n' for width in (4.0, 8.0))
    recipe.write_text(head + rows, encoding="utf-8")
    graded = corecar.grade(fictional_lot, recipe=recipe)
    truth = graded.truth or {}
    strong, weak = planted_parts(graded.lot, fictional_lot.with_name("lot.truth.json"))
    assert list(truth["screens"]) == ["nnr 1", "nnr 2", "dynamic-pat"]
    narrow, wide = truth["screens"]["nnr 1"], truth["screens"]["nnr 2"]
    kills = {row["screen"]: row["kills"] for row in graded.kills["screens"]}
    for name, rates in truth["screens"].items():
        assert 0 <= kills[name] - rates["caught"] - rates["false_kills"] <= len(weak)
    assert narrow["caught"] == len(strong) > 0
    assert narrow["false_kills"] > wide["false_kills"]
    assert kills["nnr 2"] > 0


def test_a_lot_in_which_nothing_is_planted_has_no_catch_rate(real_lot: Path) -> None:
    rates = corecar.grade(real_lot, truth={"planted": []}).truth
    assert rates is not None
    assert rates["rates"]["catch_rate"] is None
    assert rates["rates"]["false_kills"] == rates["false_kills"] > 0


def test_the_summary_file_holds_the_rates_and_the_kills(fictional_lot: Path, tmp_path: Path) -> None:
    corecar.grade(fictional_lot, recipe="zero-defect", out=tmp_path / "out")
    summary = json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))
    assert set(summary["truth"]["screens"]) == set(summary["kills"]["overlap"])
    assert summary["kills"]["rejected"] == summary["rejected"]
    assert "Yield loss of each screen" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
