"""A file of the wrong kind is told in one line: which file, what it looks like, what was expected."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
import xlsxwriter
from tests.lots import build_lot
from typer.testing import CliRunner

import corecar
from corecar.cli.app import app
from corecar.file_kinds import look_of, look_of_content

CSV = "Serial,Bin,VTH [V]\nU1,1,2.0\nU2,1,2.1\nU3,1,2.2\n"
TOML = '[recipe]\nname = "ours"\n'
MAP = '<?xml version="1.0"?>\n<Map xmlns="urn:semi-org:xsd.CommonPart" WaferId="W1"><Device/></Map>\n'
LOOKS = {
    "table.csv": "a CSV table",
    "lot.stdf": "an STDF file",
    "lot.stdf.gz": "an STDF file, packed by gzip",
    "lot.atdf": "an ATDF file",
    "noise.bin": "binary data",
    "data.json": "JSON",
    "ours.toml": "TOML",
    "wide.txt": "text in UTF-16",
    "empty.txt": "an empty file",
    "folder": "a folder",
    "book.xlsx": "a workbook (.xlsx)",
    "map.xml": "a wafer map (XML)",
    "defects.klarf": "a wafer map (KLARF)",
    "page.html": "an HTML page",
    "paper.pdf": "a PDF",
    "prose.txt": "a text file",
}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One file of each kind, and the same under names that promise another."""
    home = tmp_path_factory.mktemp("kinds")
    lot = build_lot(np.arange(40), runs={"lot": ["L1"]})
    for name in ("lot.stdf", "lot.stdf.gz", "lot.atdf"):
        if name != "lot.atdf":
            corecar.write(lot, home / name)
    (home / "lot.atdf").write_text("FAR:A|4|2|U\nMIR:L1\n", encoding="utf-8")
    (home / "noise.bin").write_bytes(random.Random(1).randbytes(5000))
    texts = {"table.csv": CSV, "data.json": '{"a": [1, 2]}', "ours.toml": TOML, "empty.txt": "", "map.xml": MAP,
             "defects.klarf": "FileVersion 1 2;\nLotID \"L\";\n", "page.html": "<!DOCTYPE html><html></html>",
             "prose.txt": "A lot was seen.\nIt was good.\n"}  # fmt: skip
    for name, text in texts.items():
        (home / name).write_text(text, encoding="utf-8")
    (home / "wide.txt").write_text(TOML, encoding="utf-16")
    (home / "paper.pdf").write_bytes(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    (home / "folder").mkdir()
    with xlsxwriter.Workbook(home / "book.xlsx") as book:
        book.add_worksheet().write(0, 0, "a")
    return home


def test_a_file_is_told_by_its_content(files: Path) -> None:
    assert {name: look_of(files / name) for name in LOOKS} == LOOKS


@pytest.mark.parametrize(
    ("text", "look"),
    [
        ("# ours\n[[screen]]\nkind = 'nnr'\n", "TOML"),
        ("width = 6\n", "TOML"),
        ("[1, 2]", "JSON"),
        ('[{"a": 1}]', "JSON"),
        ("a;b;c\n1;2;3\n", "a CSV table"),
        ("a\tb\n1\t2\n", "a CSV table"),
        ("\ufeffA,B\n1,2\n", "a CSV table"),
        ("DEVICE:ADC\nLOT:1\n", "a wafer map (SINF)"),
        ("<MapData xmlns='urn:semi-org'/>", "a wafer map (XML)"),
        ("<svg/>", "XML"),
        ("", "an empty file"),
    ],
)
def test_a_text_is_told_by_its_first_lines(text: str, look: str) -> None:
    assert look_of_content(text.encode()) == look


WANTED = {
    "recipe check {}": ("a recipe (TOML)", {"ours.toml", "empty.txt"}),
    "map show {}": ("a wafer map", {"map.xml", "defects.klarf"}),
    "static {} --out {out}": ("a tester file (STDF or ATDF)", {"lot.stdf", "lot.stdf.gz", "lot.atdf", "folder"}),
    "limits check {} {lot}": ("a file of static limits (JSON)", {"folder"}),
    "grade {lot} --static {}": ("a file of static limits (JSON)", set()),
    "grade {lot} --recipe {}": ("a recipe (TOML)", {"ours.toml", "empty.txt"}),
    "assess gauge {}": ("a CSV table, a Parquet file or a workbook", {"table.csv", "book.xlsx", "prose.txt"}),
    "assess capability {} --test T0": (
        "a tester file (STDF or ATDF)", {"lot.stdf", "lot.stdf.gz", "lot.atdf", "folder"},
    ),
    "assembly check {csv} --mapping {} -w {house}": ("a mapping of measurements (TOML)", {"ours.toml", "empty.txt"}),
    "assembly check {} --mapping {mapping} -w {house}": ("a CSV table", {"table.csv", "prose.txt", "ours.toml"}),
    "assembly propose {} -w {house}": ("a CSV table", {"table.csv", "prose.txt", "ours.toml", "wide.txt"}),
}  # fmt: skip


@pytest.mark.parametrize("command", WANTED)
def test_a_file_of_the_wrong_kind_is_one_line_with_file_look_and_what_was_expected(
    files: Path, command: str, tmp_path: Path
) -> None:
    expected, fitting = WANTED[command]
    others = {name: str(files / name) for name in LOOKS}
    mapping = tmp_path / "measured.toml"
    mapping.write_text(
        '[columns]\nstep = { text = "bond" }\nlot = { text = "L" }\ntime = "T"\ncharacteristic = "C"\nvalue = "V"\n',
        encoding="utf-8",
    )
    house = tmp_path / "house"
    assert CliRunner().invoke(app, ["init", str(house)]).exit_code == 0
    for name in LOOKS.keys() - fitting:
        words = [
            word.format(others[name], out=tmp_path / "out", lot=files / "lot.stdf", csv=files / "table.csv",
                        mapping=mapping, house=house)
            for word in command.split()
        ]  # fmt: skip
        done = CliRunner().invoke(app, words)
        said = done.stderr.strip().rsplit("once; this takes about 10 s\n", 1)[-1]
        assert done.exit_code in (1, 2), (name, done.output)
        assert others[name] in said, (name, said)
        assert not any(word in said for word in ("codec", "Traceback", "Errno", "Value error", "token")), (name, said)
        if name not in ("empty.txt", "folder", "book.xlsx"):
            assert said.count("\n") == 0, (name, said)
            look = f"this looks like {LOOKS[name].split(', packed')[0]}"
            assert look in said or (name == "prose.txt" and "not TOML: " in said), (name, said)
            assert f"expected {expected}" in said, (name, said)


def test_a_mapping_of_a_csv_is_told_by_name_where_it_is_no_text(files: Path, tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(CSV, encoding="utf-8")
    (tmp_path / "log.toml").write_bytes((files / "noise.bin").read_bytes())
    done = CliRunner().invoke(app, ["info", str(tmp_path / "log.csv")])
    assert "log.toml: this looks like binary data; expected a mapping of a datalog (TOML)" in done.stderr
