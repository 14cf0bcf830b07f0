"""Fictional cells say what the capacity of their groups says, and run its routes at the hours that these use."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from corecar import read_chain, simulate_chain
from corecar.cli.app import app
from corecar.network.from_chain import network_of
from corecar.plan.expansion.cells import cells_of
from corecar.plan.expansion.options import means_of
from corecar.simulate.machines import TYPES, with_machines
from corecar.simulate.provinces import BEGIN


def test_cells_give_what_their_group_has_and_take_what_its_routes_use() -> None:
    chain = with_machines(simulate_chain("small"), cells=40, options=3, begin=BEGIN, weeks=60)
    cells = cells_of(chain)
    assert len(cells) == 40
    use = dict(zip(chain.routes["route"].to_pylist(), chain.routes["use"].to_pylist(), strict=True))
    hours: dict[str, float] = defaultdict(float)
    for cell in cells:
        hours[cell.group] += cell.hours
        for run in cell.runs:
            assert run.hours == pytest.approx(use[run.route], rel=0.02)
    network = network_of(chain)
    for group, total in hours.items():
        mean = float(network.groups.actual[network.groups.names.index(group)].mean())
        assert total == pytest.approx(max(mean, 0.064), rel=0.05)
    means = means_of(chain, network, cells)
    assert len(means.options) == 120
    assert {(option.way, len(option.parts) > 1) for option in means.options} <= {
        (kind["way"], kind["part"] == "station") for kind in TYPES
    } | {(way, False) for way in ("buy", "used", "rent")}
    assert np.sum([limit.what == "budget" for limit in means.limits]) == 5


def test_a_command_writes_a_province_with_cells(tmp_path: Path) -> None:
    asked = ["simulate", "chain", "--out", str(tmp_path / "house"), "--cells", "20", "--options", "1", "--json"]
    made = CliRunner().invoke(app, asked)
    assert made.exit_code == 0, made.output
    rows = {row["table"]: row["rows"] for row in json.loads(made.stdout)["rows"]}
    assert (rows["cells"], rows["machines"], rows["budgets"]) == (20, 20, 5)
    assert len(cells_of(read_chain(tmp_path / "house"))) == 20
