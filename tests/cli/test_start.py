"""How a command starts: with what it needs and nothing more."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


def modules_after(arguments: list[str]) -> set[str]:
    """The modules that a process holds after running a command."""
    code = (
        "import sys, corecar.cli as cli\n"
        f"sys.argv = ['corecar', *{arguments!r}]\n"
        "try:\n    cli.main()\n"
        "except SystemExit as end:\n    assert end.code in (0, None), end.code\n"
        "print('\\n'.join(n for n, m in sys.modules.items() if m is not None), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stderr.split())


def test_help_imports_nothing_heavy() -> None:
    heavy = {"numpy", "pyarrow", "numba", "pandas", "typst", "xlsxwriter", "corecar.lot"}
    assert not heavy & modules_after(["--help"])


def test_a_small_command_leaves_pandas_and_reports_out(fictional_lot: Path) -> None:
    met = modules_after(["info", str(fictional_lot)])
    assert "corecar.formats.reading" in met
    assert not {"pandas", "yaml", "polars", "typst", "xlsxwriter", "corecar.formats.datalog"} & met


@pytest.mark.parametrize("command", ["info", "tests", "parts"])
def test_a_small_command_finds_its_machine_code_on_disk_and_leaves_the_compiler_out(
    fictional_lot: Path, command: str
) -> None:
    modules_after([command, str(fictional_lot)])
    met = modules_after([command, str(fictional_lot)])
    assert "llvmlite.binding" in met
    assert "numba" not in met


def test_what_is_left_out_is_there_for_a_cluster() -> None:
    pytest.importorskip("distributed", reason="distributed is not installed; it comes with the extra `test`")
    code = "import sys, corecar.cli as cli; sys.meta_path.insert(0, cli.WithoutUnused()); import distributed"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_command_whose_output_is_closed_still_does_its_work(fictional_lot: Path, tmp_path: Path) -> None:
    folder = tmp_path / "graded"
    command = f'"{sys.executable}" -m corecar grade "{fictional_lot}" --out "{folder}" >&- 2>&-'
    assert subprocess.run(["sh", "-c", command], check=False).returncode == 0
    assert (folder / "summary.json").is_file()


MADE = """
import typer
from typer.testing import CliRunner
from corecar.cli.app import app

made, make = [], typer.main.get_command_from_info

def noted(command_info, **named):
    made.append(command_info.name)
    return make(command_info, **named)

typer.main.get_command_from_info = noted
print(CliRunner().invoke(app, ["recipe", "show", "--help"]).exit_code, sorted(made))
"""


def test_only_the_commands_of_the_group_that_is_called_are_made() -> None:
    done = subprocess.run([sys.executable, "-c", MADE], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "0 ['check', 'compare', 'new', 'show']"
