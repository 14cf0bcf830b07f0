"""Single sources, concentration and indicators of a small chain, against plain arithmetic."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.stress.small_chains import ABLE, chain_folder, small_chain
from typer.testing import CliRunner

from corecar.bridge.strength import concentration_of, indicators_of
from corecar.cli.app import app
from corecar.errors import ArgumentError
from corecar.network.from_chain import network_of
from corecar.stress.concentration import needs


def test_single_sources_and_squared_shares() -> None:
    rows = {(row["product"], row["stage"]): row for row in concentration_of(small_chain())["rows"]}
    assert rows["MCU", "wafer"]["single"]
    assert rows["MCU", "wafer"]["hhi"] == 1
    shares = [ABLE[site] / (ABLE["FAB-1"] + ABLE["FAB-2"]) for site in ("FAB-1", "FAB-2")]
    assert rows["PMIC", "wafer"]["hhi"] == pytest.approx(sum(share**2 for share in shares))
    assert rows["PMIC", "wafer"]["sites"] == ["FAB-1", "FAB-2"]
    assert sum(row["single"] for row in rows.values()) == 3


def test_needs_are_those_of_full_supply() -> None:
    network = network_of(small_chain())
    found = dict(zip(network.items.names, needs(network, network.demands.wanted.mean(axis=1)).tolist(), strict=True))
    assert found["ECU after module-assembly"] == pytest.approx(1800)
    assert found["PMIC after packaging"] == pytest.approx(3600)
    assert found["PMIC after wafer"] == pytest.approx(3600 / 0.99)
    assert found["MCU after wafer"] == pytest.approx(900 / 0.99 + 900 / 0.98)


def test_indicators_follow_what_lies_and_what_is_made() -> None:
    """The fabs make enough, the house of packaging too little of one chip once its stock is gone."""
    answer = indicators_of(
        small_chain(), local=["South"], target=["coverage=0.9", "single_source_share=0.9"], stops=True
    )
    first, second = answer["rows"]
    assert first["coverage"] == pytest.approx(1.0)
    assert 0 < second["coverage"] <= 1
    assert first["exposure"] >= 0
    assert second["exposure"] > first["exposure"]
    assert 0 < first["local_share"] < 1
    held = {row["indicator"]: row for row in answer["targets"]}
    assert held["coverage"]["met"] == (second["coverage"] >= 0.9)
    assert held["single_source_share"]["met"]


def test_wrong_names_of_indicators_and_places_are_told() -> None:
    with pytest.raises(ArgumentError, match=r'"coverag".*coverage'):
        indicators_of(small_chain(), target=["coverag=1"])
    with pytest.raises(ArgumentError, match=r'"Soth".*South'):
        indicators_of(small_chain(), local=["Soth"])
    with pytest.raises(ArgumentError, match="NAME=VALUE"):
        indicators_of(small_chain(), target=["coverage"])


def test_the_commands_answer_for_files(tmp_path: Path) -> None:
    folder = str(chain_folder(tmp_path))
    for words in (["concentration", folder, "--json"], ["indicators", folder, "--step", "8", "--json"]):
        shown = CliRunner().invoke(app, words)
        assert shown.exit_code == 0, shown.output
        assert json.loads(shown.output)["rows"]


def test_a_workspace_answers_what_its_files_do(tmp_path: Path) -> None:
    folder, house = str(chain_folder(tmp_path)), str(tmp_path / "house")
    for words in (["init", house], ["chain", "import", folder, "-w", house]):
        assert CliRunner().invoke(app, words).exit_code == 0
    for name in ("stress", "concentration", "indicators"):
        of_files, of_house = (CliRunner().invoke(app, [name, *where, "--json"]) for where in ([folder], ["-w", house]))
        assert of_house.exit_code == 0, of_house.output
        assert json.loads(of_house.output)["rows"] == json.loads(of_files.output)["rows"]
