"""A name that is nearly right is answered with the name that was meant, wherever a command takes one."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

import corecar
from corecar.cli.app import app


@pytest.fixture(scope="module")
def house(fictional_lot: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("meant") / "house"
    with corecar.init(folder, owner="Demo House") as made:
        made.ingest([fictional_lot], workers="inline")
    return folder


@pytest.mark.parametrize(
    "command",
    [
        "grade SIM0001",
        "draw wafer SIM0001 --out x.svg",
        "whatif SIM0001",
        "bias SIM0001",
        "limits diff SIM0001 aec-q001",
    ],
)
def test_a_lot_that_is_nearly_named_is_suggested(command: str, house: Path, tmp_path: Path) -> None:
    shown = CliRunner().invoke(app, [*command.split(), "--workspace", str(house)])
    assert shown.exit_code != 0
    assert 'Did you mean "SIM00001"?' in " ".join(shown.output.split())


@pytest.mark.parametrize(
    ("options", "meant"), [("histogram --test RDSON_HSS", "RDSON_HS"), ("wafer --wafer W1", "W01")]
)
def test_a_test_or_wafer_to_draw_is_suggested(options: str, meant: str, fictional_lot: Path, tmp_path: Path) -> None:
    kind, *rest = options.split()
    shown = CliRunner().invoke(app, ["draw", kind, str(fictional_lot), *rest, "--out", str(tmp_path / "x.svg")])
    assert shown.exit_code == 2
    assert f'Did you mean "{meant}"' in " ".join(shown.output.split())
    assert not (tmp_path / "x.svg").exists()
