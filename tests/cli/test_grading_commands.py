"""`grade`, `demo`, `recipe`, `simulate`: the main job from the command line."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

from corecar.cli.app import app


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words], prog_name="corecar")


@pytest.fixture(scope="module")
def graded(fictional_lot: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of a graded fictional lot, and what the terminal showed."""
    folder = tmp_path_factory.mktemp("graded") / "out"
    done = run("grade", fictional_lot, "--out", folder)
    assert done.exit_code == 0, done.stderr
    return folder, done.stdout


def test_the_first_line_of_the_summary_says_what_may_ship(graded: tuple[Path, str]) -> None:
    folder, shown = graded
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    assert shown.splitlines()[0].startswith(f"{summary['shippable']:,} of {summary['parts_final']:,} parts may ship")


def test_the_summary_fits_a_screen_and_has_its_sections(graded: tuple[Path, str]) -> None:
    shown = graded[1]
    assert len(shown.splitlines()) <= 45
    assert max(map(len, shown.splitlines())) <= 110
    for words in ("first yield", "final yield", "screened out", "Bins", "Weakest tests", "Screened out", "wrote: "):
        assert words in shown


def test_the_summary_says_how_many_planted_outliers_were_caught(graded: tuple[Path, str], fictional_lot: Path) -> None:
    truth = json.loads(fictional_lot.with_name("lot.truth.json").read_text(encoding="utf-8"))
    strong = sum(outlier["kind"] == "strong" for outlier in truth["planted"])
    found = re.search(r"([\d,]+) of ([\d,]+) planted outliers caught", graded[1])
    assert found is not None
    caught, planted = (int(text.replace(",", "")) for text in found.groups())
    assert planted == strong
    assert caught >= 0.9 * planted


def test_every_file_that_the_summary_names_is_there(graded: tuple[Path, str]) -> None:
    folder, shown = graded
    written = json.loads((folder / "summary.json").read_text(encoding="utf-8"))["written"]
    assert {"report.pdf", "report.html", "parts.csv", "verdicts.parquet", "summary.json"} <= set(written)
    for name in written:
        assert (folder / name).stat().st_size > 0
        assert name.split("/")[0] in shown
    assert pq.read_table(folder / "verdicts.parquet").num_rows > 0


def test_the_summary_as_json_is_the_one_in_the_folder(graded: tuple[Path, str], fictional_lot: Path) -> None:
    done = run("grade", fictional_lot, "--json")
    told, kept = json.loads(done.stdout), json.loads((graded[0] / "summary.json").read_text(encoding="utf-8"))
    assert {name: kept[name] for name in told} == told


ATDF = "FAR:A|4|2|U\nMIR:L1|P|J\nPIR:1|1\nPTR:1|1|1|2.5|F||A test|||V|1|2\nPRR:1|1|1|1|F|5\nMRR:\n"


def test_a_lot_without_a_good_part_says_so_and_an_atdf_is_not_taken_for_a_damaged_stdf(tmp_path: Path) -> None:
    path = tmp_path / "lot.atdf"
    path.write_text(ATDF, encoding="utf-8")
    done = run("grade", path, "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert "screened out  no good part to screen, by recipe aec-q001 1" in done.output
    notes = " ".join(done.output.split())
    assert "No re-binned STDF of" in notes
    assert "it is not an STDF file" in notes
    assert "Check that it is the tester" not in notes


def test_a_held_lot_says_so_before_anything_else(real_lot: Path) -> None:
    done = run("grade", real_lot)
    assert done.exit_code == 0
    assert re.match(r"On hold: [\d,]+ of [\d,]+ parts may ship after review \([\d.]+ %\)\n", done.stdout)
    assert "\nhold: " in done.stdout


def test_a_held_lot_fails_a_script_that_asks_for_it(real_lot: Path, tmp_path: Path) -> None:
    done = run("grade", real_lot, "--fail-on-hold", "--out", tmp_path / "graded")
    assert done.exit_code == 3
    assert "\nhold: " in done.stdout
    assert (tmp_path / "graded" / "summary.json").is_file()


def test_a_lot_that_is_not_held_passes_a_script_that_asks(fictional_lot: Path) -> None:
    assert run("grade", fictional_lot, "--fail-on-hold").exit_code == 0


def test_both_real_lots_of_the_same_wafers_grade_together(shared: Path, real_lot: Path) -> None:
    done = run("grade", real_lot, shared / "stdf" / "a530_lot3.stdf.gz", "--json")
    assert done.exit_code == 0
    told = json.loads(done.stdout)
    assert (told["files"], told["wafers"], told["parts"]) == (2, 2, 1569 + 1619)


def test_two_lots_in_one_call_are_refused_and_nothing_is_written(fictional_lot: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.stdf"
    assert run("simulate", "lot", other, "--wafers", 1, "--dies", 100, "--seed", 7).exit_code == 0
    done = run("grade", fictional_lot, other, "--out", tmp_path / "graded")
    assert done.exit_code == 2
    assert f"({fictional_lot})" in done.stderr.replace("\n", "")
    assert f"({other})" in done.stderr.replace("\n", "")
    assert "Grade one lot at a time." in " ".join(done.stderr.split())
    assert not (tmp_path / "graded").exists()


def test_a_recipe_that_is_wrong_is_said_before_anything_is_read(tmp_path: Path) -> None:
    recipe = tmp_path / "ours.toml"
    recipe.write_text('[dynamic-pat]\nscope = "waffer"\n', encoding="utf-8")
    for words in (("recipe", "check", recipe), ("grade", tmp_path / "not there.stdf", "--recipe", recipe)):
        done = run(*words)
        assert done.exit_code == 1
        assert "scope" in done.stderr
        assert "Did you mean wafer?" in done.stderr


def test_a_recipe_can_be_printed_changed_and_used(tmp_path: Path, fictional_lot: Path) -> None:
    text = run("recipe", "show").stdout
    wide = tmp_path / "wide.toml"
    wide.write_text(re.sub(r"(?m)^width = \S+", "width = 40.0", text), encoding="utf-8")
    assert "width = 40.0" in run("recipe", "check", wide).stdout
    usual = json.loads(run("grade", fictional_lot, "--json").stdout)
    loose = json.loads(run("grade", fictional_lot, "--json", "--recipe", wide).stdout)
    assert loose["rejected"] == 0 < usual["rejected"]


def test_the_same_seed_simulates_the_same_bytes_and_another_does_not(tmp_path: Path) -> None:
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        done = run("simulate", "lot", tmp_path / f"{name}.stdf", "--wafers", 1, "--dies", 100, "--seed", seed)
        assert done.exit_code == 0, done.stderr
        assert "fictional" in done.stdout
    contents = [(tmp_path / f"{name}.stdf").read_bytes() for name in "abc"]
    assert contents[0] == contents[1] != contents[2]


def on_a_terminal() -> SimpleNamespace:
    """What the demo asks of the interpreter, as where somebody looks on."""
    return SimpleNamespace(stdout=SimpleNamespace(isatty=lambda: True), executable=sys.executable)


def test_the_demo_plays_the_whole_way_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (
        ("SIZE", {"wafers": 1, "dies": 60, "tests": 8}),
        ("BAD_LOTS", 2),
        ("OTHER_LOTS", 1),
        ("WEEKS", 4),
    ):
        monkeypatch.setattr(f"corecar.bridge.loop.story.{name}", value)
    done = run("demo", "--out", tmp_path / "demo", "--no-serve")
    assert done.exit_code == 0, done.stderr
    assert "4 genuine STDF files" in done.stdout
    assert "2 lots stopped" in done.stdout
    assert re.search(r"Serve it with: \S*corecar serve -w", done.stdout)
    again = run("demo", "--out", tmp_path / "demo", "--no-serve")
    assert again.exit_code == 0
    assert "was played in" in again.stdout
    assert "stays as it was left.\n" in again.stdout
    assert "Serve it with" in again.stdout
    served: list[str] = []
    monkeypatch.setattr("corecar.cli.serving.serve", lambda workspace: served.append(workspace))
    monkeypatch.setattr("corecar.cli.demonstration.sys", on_a_terminal())
    once_more = run("demo", "--out", tmp_path / "demo")
    assert once_more.exit_code == 0, once_more.stderr
    assert "Its pages are served again." in once_more.stdout
    assert served == [str(tmp_path / "demo" / "house")]


def test_the_demo_takes_a_file_of_the_users_own(tmp_path: Path, real_lot: Path) -> None:
    done = run("demo", "--lot", real_lot, "--out", tmp_path / "mine")
    assert done.exit_code == 0, done.stderr
    assert "GAL-LOT" in done.stdout
    assert not (tmp_path / "mine" / "lot.stdf.gz").exists()
    assert (tmp_path / "mine" / "report.html").exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")
def test_ctrl_c_stops_without_a_trace(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "corecar", "simulate", "lot", str(tmp_path / "lot.stdf"), "--wafers", "300"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 30
    while not any(tmp_path.iterdir()) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=30)
    assert process.returncode == 130
    assert stderr.strip() == "stopped; nothing half-finished was written"
    assert stdout == ""
    assert list(tmp_path.iterdir()) == []


def table_of_units(folder: Path, name: str, moved: float) -> Path:
    """A table of 60 units at final test with its mapping; unit U07 is moved, the others by little."""
    moves = [moved if unit == 7 else moved * (unit * 5 % 7) / 50 for unit in range(60)]
    rows = [f"U{unit:02},1,{2.3 + 0.01 * (unit * 7 % 11) + move:.4f}" for unit, move in enumerate(moves)]
    (folder / f"{name}.csv").write_text("\n".join(["Serial,Bin,VTH [V]", *rows]) + "\n", encoding="utf-8")
    (folder / f"{name}.toml").write_text(
        '[parts]\npart_text = "Serial"\nhard_bin = "Bin"\n[verdicts]\npass_bins = [1]\n'
        '[tests]\ncolumns = ["VTH*"]\nheader = "{name}[{unit}]"\n',
        encoding="utf-8",
    )
    return folder / f"{name}.csv"


def test_a_lot_is_held_against_the_same_units_before_a_stress(tmp_path: Path) -> None:
    recipe = tmp_path / "ours.toml"
    recipe.write_text(
        '[recipe]\nname = "ours"\n[budget]\nkill = 1.0\n[[screen]]\nkind = "drift"\nhard = 98\nleast = 2\n', "utf-8"
    )
    before, after = table_of_units(tmp_path, "before", 0.0), table_of_units(tmp_path, "after", 0.05)
    words = ["grade", after, "--recipe", recipe, "--json"]
    done = run(*words, "--before", before, "--out", tmp_path / "out")
    assert done.exit_code == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["rejected_by_screen"] == {"drift": 1}
    verdicts = pq.read_table(tmp_path / "out" / "verdicts.parquet").to_pylist()
    assert [(row["rule"], row["new_bin"]) for row in verdicts] == [("drift", 98)]
    assert "Drift over a stress" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    alone = json.loads(run(*words).stdout)
    assert any("no readings before the stress were given" in why for why in alone["hold"])
