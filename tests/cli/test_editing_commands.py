"""`convert`, `anonymise`, `relimit`, `repair`, `datalog propose`: one file from another."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from corecar.cli.app import app


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words], prog_name="corecar")


def info(path: Path) -> Any:
    done = run("info", path, "--json")
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


COUNTS = ("wafers", "parts", "parts_final", "tests", "results", "yield_first", "yield_final", "lot", "product")


@pytest.mark.parametrize("name", ["copy.stdf", "copy.stdf.gz", "copy.std.zst", "copy.parquet", "copy.csv"])
def test_a_converted_lot_reads_back_with_the_same_counts(tmp_path: Path, real_lot: Path, name: str) -> None:
    done = run("convert", real_lot, tmp_path / name)
    assert done.exit_code == 0, done.stderr
    assert f"wrote {tmp_path / name}" in done.stdout
    before, after = info(real_lot), info(tmp_path / name)
    assert {key: after[key] for key in COUNTS} == {key: before[key] for key in COUNTS}


def test_a_converted_stdf_may_have_the_other_byte_order(tmp_path: Path, real_lot: Path) -> None:
    for option, endian in ((None, "big"), ("--little-endian", "little"), ("--big-endian", "big")):
        target = tmp_path / f"{option}.stdf"
        assert run("convert", real_lot, target, *([option] if option else [])).exit_code == 0
        assert info(target)["endian"] == endian
        assert info(target)["records"] == info(real_lot)["records"]


def test_a_file_that_is_only_unpacked_stays_the_same_byte_for_byte(tmp_path: Path, real_lot: Path) -> None:
    assert run("convert", real_lot, tmp_path / "plain.stdf").exit_code == 0
    assert (tmp_path / "plain.stdf").read_bytes() == gzip.decompress(real_lot.read_bytes())


def test_an_extension_that_nothing_is_written_in_is_said_with_those_that_are(tmp_path: Path, real_lot: Path) -> None:
    done = run("convert", real_lot, tmp_path / "lot.pdf")
    assert done.exit_code == 2
    assert ".parquet" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", [("convert",), ("anonymise",), ("repair",)])
def test_the_file_that_is_read_is_never_overwritten(tmp_path: Path, real_lot: Path, command: tuple[str, ...]) -> None:
    own = tmp_path / "own.stdf.gz"
    own.write_bytes(real_lot.read_bytes())
    done = run(*command, own, own)
    assert done.exit_code == 1
    assert "never overwritten" in done.stderr
    assert own.read_bytes() == real_lot.read_bytes()


@pytest.mark.parametrize("command", [("convert",), ("anonymise",), ("repair",)])
def test_a_folder_that_is_not_there_is_said(tmp_path: Path, real_lot: Path, command: tuple[str, ...]) -> None:
    done = run(*command, real_lot, tmp_path / "nowhere" / "out.stdf")
    assert done.exit_code == 1
    assert "nowhere" in done.stderr
    assert "does not exist" in done.stderr


def test_an_anonymised_file_keeps_its_figures_and_loses_its_names(tmp_path: Path, real_lot: Path) -> None:
    done = run("anonymise", real_lot, tmp_path / "shared.stdf")
    assert done.exit_code == 0, done.stderr
    before, after = info(real_lot), info(tmp_path / "shared.stdf")
    kept = tuple(key for key in COUNTS if key not in ("lot", "product"))
    assert {key: after[key] for key in kept} == {key: before[key] for key in kept}
    content = (tmp_path / "shared.stdf").read_bytes()
    for name in (*before["lot"], *before["product"], *before["test_program"]):
        assert name.encode() not in content


def test_one_key_gives_the_same_stand_ins_and_no_key_others_each_time(tmp_path: Path, real_lot: Path) -> None:
    names = []
    for place, options in enumerate((("--key", "a long secret"), ("--key", "a long secret"), (), ())):
        assert run("anonymise", real_lot, tmp_path / f"{place}.stdf", *options).exit_code == 0
        names.append(info(tmp_path / f"{place}.stdf")["lot"])
    assert names[0] == names[1]
    assert len({tuple(name) for name in names}) == 3


def test_a_repaired_file_is_whole_and_keeps_every_part_that_was(tmp_path: Path, fictional_lot: Path) -> None:
    cut = tmp_path / "cut.stdf"
    cut.write_bytes(gzip.decompress(fictional_lot.read_bytes())[:400_001])
    assert run("parts", cut, "--json").exit_code == 1
    done = run("repair", cut, tmp_path / "closed.stdf")
    assert done.exit_code == 0, done.stderr
    assert "note: " in done.stdout
    after = info(tmp_path / "closed.stdf")
    assert after["salvaged"] is False
    assert after["records"]["MRR"] == 1
    assert after["parts"] == info(cut)["parts"]
    assert run("parts", tmp_path / "closed.stdf", "--json").exit_code == 0


def test_a_relimited_file_fails_more_parts_and_is_held(tmp_path: Path, fictional_lot: Path) -> None:
    limits = tmp_path / "limits.csv"
    limits.write_text("number,low_limit,high_limit\n1200,1.80,1.88\n", encoding="utf-8")
    done = run("relimit", fictional_lot, limits, tmp_path / "tighter.stdf")
    assert done.exit_code == 0, done.stderr
    assert info(tmp_path / "tighter.stdf")["yield_final"] < info(fictional_lot)["yield_final"]
    graded = run("grade", tmp_path / "tighter.stdf", "--json")
    assert any("NEVER SHIPPABLE" in reason for reason in json.loads(graded.stdout)["hold"])


@pytest.mark.parametrize("copy", ["copy.stdf", "copy.csv", "copy.parquet", "shared.stdf"])
def test_a_relimited_file_stays_unshippable_in_every_copy(tmp_path: Path, fictional_lot: Path, copy: str) -> None:
    (tmp_path / "limits.csv").write_text("number,low_limit,high_limit\n1200,1.80,1.88\n", encoding="utf-8")
    tighter = tmp_path / "tighter.stdf"
    assert run("relimit", fictional_lot, tmp_path / "limits.csv", tighter).exit_code == 0
    assert run("anonymise" if copy == "shared.stdf" else "convert", tighter, tmp_path / copy).exit_code == 0
    done = run("grade", tmp_path / copy)
    assert done.exit_code == 0, done.stderr
    assert done.stdout.startswith("Never shippable: ")
    assert "may ship" not in done.stdout.splitlines()[0]
    assert "hold: NEVER SHIPPABLE: limits changed by corecar relimit" in done.stdout


def test_limits_for_a_test_that_is_not_there_are_refused(tmp_path: Path, fictional_lot: Path) -> None:
    limits = tmp_path / "limits.csv"
    limits.write_text("number,low_limit,high_limit\n999999,0,1\n", encoding="utf-8")
    done = run("relimit", fictional_lot, limits, tmp_path / "x.stdf")
    assert done.exit_code == 1
    assert "999999" in done.stderr
    assert not (tmp_path / "x.stdf").exists()


def test_a_proposed_mapping_reads_the_datalog_it_was_proposed_from(tmp_path: Path) -> None:
    data = tmp_path / "lot7.csv"
    data.write_text("Part,X,Y,Site,Bin,VTH [V]\n1,0,0,1,1,2.31\n2,1,0,2,1,2.29\n3,2,0,1,5,3.40\n", encoding="utf-8")
    refused = run("info", data)
    assert refused.exit_code == 1
    assert "datalog propose" in refused.stderr
    done = run("datalog", "propose", data)
    assert done.exit_code == 0, done.stderr
    (tmp_path / "lot7.toml").write_text(done.stdout, encoding="utf-8")
    found = info(data)
    assert (found["parts"], found["tests"], found["results"]) == (3, 1, 3)


def test_repairing_an_intact_file_says_that_nothing_was_to_repair(fictional_lot: Path, tmp_path: Path) -> None:
    done = run("repair", fictional_lot, tmp_path / "same.stdf")
    assert done.stdout.startswith("note: nothing to repair")
    assert (tmp_path / "same.stdf").read_bytes() == gzip.decompress(fictional_lot.read_bytes())
