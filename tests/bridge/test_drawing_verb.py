"""`corecar draw`: every kind from a real lot and from a simulated one, as SVG, PNG and a page that fetches nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pyarrow as pa
import pytest
from tests.bridge.houses import house_in, small_lot
from typer.testing import CliRunner

import corecar
from corecar.bridge.grade.drawing import as_tested, row_of_test
from corecar.cli.app import app
from corecar.cli.drawing import Kind
from corecar.errors import ArgumentError
from corecar.graded import Grade
from corecar.lot import Lot
from corecar.report.blocks import Gallery
from corecar.report.document import lot_report
from corecar.report.drawings.kinds import KINDS
from corecar.report.html import html_page
from corecar.tables import schema

runner = CliRunner()
ON_ITS_SIDE = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(scope="module")
def real(real_lot: Path) -> Lot:
    return corecar.read(real_lot)


@pytest.fixture(scope="module")
def fictional(fictional_lot: Path) -> Lot:
    return corecar.read(fictional_lot)


@pytest.fixture(scope="module")
def screened(fictional: Lot) -> Grade:
    return corecar.grade(fictional)


def text_of(svg: Path) -> str:
    root = ElementTree.fromstring(svg.read_text(encoding="utf-8"))
    return " ".join("".join(element.itertext()) for element in root.iter("{http://www.w3.org/2000/svg}text"))


def asked(kind: str, *names: str) -> tuple[str, ...]:
    return names if kind == "scatter" else ()


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_drawn_from_a_real_lot(real: Lot, tmp_path: Path, kind: str) -> None:
    out = tmp_path / "drawing.svg"
    corecar.draw(kind, real, out, tests=asked(kind, "1030", "1040"))
    said = text_of(out)
    assert "GAL-LOT" in said
    assert "nan" not in said.lower().split()


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_drawn_from_a_screened_lot_of_several_wafers(screened: Grade, tmp_path: Path, kind: str) -> None:
    out = tmp_path / "drawing.png"
    corecar.draw(kind, screened, out, tests=asked(kind, "1030", "1040"))
    assert out.read_bytes().startswith(ON_ITS_SIDE)
    assert [path.name for path in tmp_path.iterdir()] == ["drawing.png"]


def test_the_command_knows_every_kind() -> None:
    assert [kind.value for kind in Kind] == list(KINDS)


def test_a_page_fetches_nothing(fictional: Lot, tmp_path: Path) -> None:
    corecar.draw("gallery", fictional, tmp_path / "wafers.html")
    page = (tmp_path / "wafers.html").read_text(encoding="utf-8")
    assert "default-src 'none'" in page
    assert not re.search(r'(?:src|href)="https?:', page)
    assert page.count("<figure>") == 2


def test_the_stack_counts_the_fails_of_every_wafer(fictional: Lot, tmp_path: Path) -> None:
    corecar.draw("stack", fictional, tmp_path / "stack.svg")
    fails = int((~fictional.passed[fictional.final]).sum())
    share = fails / int(fictional.final.sum()) * 100
    assert f"2 wafers, {share:.1f} % failed" in text_of(tmp_path / "stack.svg")


def test_the_pareto_adds_up_to_all_fails(fictional: Lot, tmp_path: Path) -> None:
    corecar.draw("pareto", fictional, tmp_path / "bins.svg")
    said = text_of(tmp_path / "bins.svg")
    assert said.count("Σ") >= 2
    assert "Σ 100 %" in said
    counts = [int(found.replace(",", "")) for found in re.findall(r"([\d,]+) · [\d.]+ (?:%|ppm) · Σ", said)]
    assert sum(counts) == int((~fictional.passed[fictional.final]).sum())
    assert counts == sorted(counts, reverse=True)


def test_boxes_show_the_median_of_each_wafer(fictional: Lot, tmp_path: Path) -> None:
    row = row_of_test(fictional, "1200")
    corecar.draw("box", fictional, tmp_path / "box.svg", tests=["1200"])
    drawn = (tmp_path / "box.svg").read_text(encoding="utf-8")
    values = fictional.matrix([row])[0]
    wafers = fictional.parts["wafer"].cast("string").to_numpy(zero_copy_only=False)[fictional.chosen()]
    for wafer in np.unique(wafers.astype(str)):
        median = float(np.nanmedian(values[wafers == wafer]))
        assert f"{wafer}: median {median:.3f} V" in drawn


def test_histograms_stand_by_site_with_their_counts(fictional: Lot, tmp_path: Path) -> None:
    corecar.draw("histogram", fictional, tmp_path / "sites.svg", tests=["1200"])
    said = text_of(tmp_path / "sites.svg")
    for words in ("all sites n = 2,000", "site 0 n = 500", "low limit", "high limit"):
        assert all(word in said for word in words.split(" ")), words
    assert re.search(r"IQR 0\.0\d+ n = 500", said)


def test_the_worst_test_is_chosen_and_said(fictional_lot: Path, tmp_path: Path) -> None:
    done = runner.invoke(app, ["draw", "trend", str(fictional_lot), "--out", str(tmp_path / "trend.svg")])
    assert done.exit_code == 0, done.output
    assert "Test chosen: the worst" in done.output
    assert done.output.endswith(f"wrote {tmp_path / 'trend.svg'}\n")


def test_a_recipe_screens_first(fictional: Lot, tmp_path: Path) -> None:
    corecar.draw("gallery", fictional, tmp_path / "after.svg", recipe="aec-q001")
    assert "may ship" in text_of(tmp_path / "after.svg")
    corecar.draw("gallery", fictional, tmp_path / "before.svg")
    assert "may ship" not in text_of(tmp_path / "before.svg")


def test_limits_that_differ_from_part_to_part_are_drawn_as_steps(fictional: Lot, tmp_path: Path) -> None:
    row = row_of_test(fictional, "1200")
    held = range(400, 900)
    limits = pa.table(
        {
            "test": [row] * len(held),
            "part": list(held),
            "execution": [1] * len(held),
            "low_limit": [1.75] * len(held),
            "high_limit": [None] * len(held),
        },
        schema=schema("part_limits"),
    )
    corecar.draw("trend", replace(fictional, part_limits=limits), tmp_path / "trend.svg", tests=["1200"])
    drawn = (tmp_path / "trend.svg").read_text(encoding="utf-8")
    assert "limits differ from part to part" in drawn
    low, high = re.findall(r'class="spec" d="([^"]+)"><title>limit of each part', drawn)
    assert [low.count(step) for step in "MVH"] == [1, 2, 3]
    assert [high.count(step) for step in "MVH"] == [2, 0, 2]


REFUSED: list[tuple[str, Callable[[Lot, Path], object]]] = [
    ("expected one of wafer, gallery", lambda lot, at: corecar.draw("pie", lot, at / "a.svg")),
    ("a drawing is written as .svg, .png, .html", lambda lot, at: corecar.draw("wafer", lot, at / "a.pdf")),
    ("wafer W9: the lot has", lambda lot, at: corecar.draw("wafer", lot, at / "a.svg", wafer="W9")),
    ('no test has the number or name "nope"', lambda lot, at: corecar.draw("box", lot, at / "a.svg", tests=["nope"])),
    ("a scatter needs two tests", lambda lot, at: corecar.draw("scatter", lot, at / "a.svg", tests=["1030"])),
    ("gallery shows no single test", lambda lot, at: corecar.draw("gallery", lot, at / "a.svg", tests=["1030"])),
    ("was graded already", lambda lot, at: corecar.draw("box", as_tested(lot), at / "a.svg", recipe="aec-q001")),
    ("was not screened", lambda lot, at: corecar.draw("pat", as_tested(lot), at / "a.svg")),
    ('bins="soft" is for a pareto', lambda lot, at: corecar.draw("wafer", lot, at / "a.svg", bins="soft")),
    ('bins="pie"', lambda lot, at: corecar.draw("pareto", lot, at / "a.svg", bins="pie")),
]


@pytest.mark.parametrize(("message", "call"), REFUSED, ids=[message for message, _ in REFUSED])
def test_what_cannot_be_drawn_is_said(
    fictional: Lot, tmp_path: Path, message: str, call: Callable[[Lot, Path], object]
) -> None:
    with pytest.raises(ArgumentError, match=re.escape(message)):
        call(fictional, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_final_test_has_boxes_by_site_and_no_map(graded_by_hand: Callable[..., Grade], tmp_path: Path) -> None:
    lot = graded_by_hand(wafers=0, dies=300).lot
    corecar.draw("box", lot, tmp_path / "box.svg")
    assert "Box plots by site" in text_of(tmp_path / "box.svg")
    with pytest.raises(ArgumentError, match="there is no map to draw"):
        corecar.draw("stack", lot, tmp_path / "stack.svg")


@pytest.fixture(scope="module")
def graded_by_hand() -> Callable[..., Grade]:
    from tests.report.conftest import graded_lot

    return graded_lot


SHAPES = [
    {"dies": 1, "tests": 3, "struck": 0},
    {"dies": 40, "tests": 1, "fail_share": 1.1, "struck": 0},
    {"dies": 60, "wafers": 60},
    {"dies": 300, "configured": False, "names": ("<b>&", "\x07" * 40, "A" * 300)},
]


@pytest.mark.parametrize("shape", SHAPES, ids=["one part", "all fail", "sixty wafers", "hostile names"])
def test_lots_of_any_shape_are_drawn_or_refused(
    graded_by_hand: Callable[..., Grade], tmp_path: Path, shape: dict[str, object]
) -> None:
    grade = graded_by_hand(**shape)
    for kind in KINDS:
        numbers = grade.lot.tests["number"].to_pylist()
        out = tmp_path / f"{kind}.svg"
        try:
            corecar.draw(kind, grade, out, tests=asked(kind, *(str(number) for number in numbers[:2])))
        except ArgumentError:
            assert not out.exists()
            continue
        ElementTree.fromstring(out.read_text(encoding="utf-8"))


def test_a_lot_as_tested_ships_what_the_tester_called_good(real: Lot) -> None:
    grade = as_tested(real)
    assert grade.shippable == int(real.passed[real.final].sum())
    assert grade.verdicts.num_rows == 0


@pytest.fixture
def house(tmp_path: Path) -> Path:
    with house_in(tmp_path) as made:
        made.ingest([small_lot(tmp_path, 1)], workers="inline")
    return tmp_path / "house"


def test_a_lot_of_a_workspace_is_drawn_from_its_kept_files(house: Path, tmp_path: Path) -> None:
    out = tmp_path / "lot.svg"
    with corecar.open(house) as workspace:
        name = workspace.lots()["rows"][0]["lot"]
        answer = workspace.draw("gallery", name, out=out)
        assert answer["written"] == str(out)
        with pytest.raises(ArgumentError, match='there is no "moon"'):
            workspace.draw("gallery", name, out=out, insertion="moon")
    assert name in text_of(out)
    done = runner.invoke(app, ["draw", "box", name, "--out", str(tmp_path / "box.svg"), "-w", str(house)])
    assert done.exit_code == 0, done.output
    assert f"wrote {tmp_path / 'box.svg'}" in done.output


def test_a_word_that_is_neither_file_nor_lot_is_told(house: Path, tmp_path: Path) -> None:
    done = runner.invoke(app, ["draw", "box", "NOBODY", "--out", str(tmp_path / "box.svg"), "-w", str(house)])
    assert done.exit_code == 1
    assert 'no lot is called "NOBODY"' in done.output


def test_the_report_shows_where_fails_and_readings_differ(graded_by_hand: Callable[..., Grade]) -> None:
    sections = {section.title: section for section in lot_report(graded_by_hand(wafers=4, dies=200)).sections}
    (stack,) = sections["All wafers laid over one another"].blocks
    (boxes,) = sections["Worst tests by wafer"].blocks
    (sites,) = sections["Worst tests by site"].blocks
    assert isinstance(stack, Gallery)
    assert isinstance(boxes, Gallery)
    assert isinstance(sites, Gallery)
    assert [picture.title.split(" ")[0] for picture in stack.items] == ["all", *["bin"] * 5]
    assert [len(gallery.items) for gallery in (boxes, sites)] == [4, 2]
    alone = {section.title for section in lot_report(graded_by_hand(wafers=1, dies=200)).sections}
    assert alone.isdisjoint({"All wafers laid over one another", "Worst tests by wafer"})


def test_pictures_of_the_report_do_not_grow_with_the_tests(graded_by_hand: Callable[..., Grade]) -> None:
    few, many = (html_page(lot_report(graded_by_hand(wafers=3, dies=200, tests=tests))) for tests in (8, 200))
    assert many.count("<svg") == few.count("<svg")
    assert len(many) < len(few) + 200 * 2000


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("pat", "pareto")])
def test_one_wafer_alone_is_drawn_of_every_kind(fictional: Lot, tmp_path: Path, kind: str) -> None:
    out = tmp_path / "one.svg"
    name = fictional.wafers["wafer"][0].as_py()
    done = corecar.draw(kind, fictional, out, wafer=name, tests=asked(kind, "1030", "1040"))
    assert f"Wafer {name} alone." in done.notes
    assert "n = 1,000" in text_of(out) or kind in ("wafer", "gallery", "stack", "parametric")
    assert "n = 2,000" not in text_of(out)


def test_the_marks_of_pat_and_box_are_explained(screened: Grade, tmp_path: Path) -> None:
    corecar.draw("pat", screened, tmp_path / "pat.svg")
    said = text_of(tmp_path / "pat.svg")
    for words in ("good at the tester", "rejected by this test's derived limit", "limit of the test", "a band where"):
        assert words in said, words
    good = int((screened.lot.final & screened.lot.passed).sum())
    shipped = int(np.array(screened.dispositions["shippable"].to_pylist()).sum())
    mine, others = (
        int(found) for found in re.findall(r"after screening: (\d+) rejected, (\d+) by other rules", said)[0]
    )
    assert mine + others == good - shipped
    assert "\u2026" not in said
    corecar.draw("box", screened, tmp_path / "box.svg")
    said = text_of(tmp_path / "box.svg")
    for words in ("a reading beyond the whiskers", "beyond the end of the axis", "high limit", "low limit"):
        assert words in said, words
