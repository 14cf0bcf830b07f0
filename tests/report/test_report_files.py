"""The PDF and the HTML that a customer receives."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pypdf
import pytest

import corecar
from corecar import fonts
from corecar.errors import OutputError
from corecar.graded import Grade
from corecar.report import write_html, write_pdf
from corecar.report.blocks import Block, Column, Facts, Picture, Table, Text, Tiles
from corecar.report.document import lot_report
from corecar.report.html import html_page
from corecar.report.pdf import document_data, typeset
from corecar.report.quantities import share

Builder = Callable[..., Grade]
MADE = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
HOSTILE = (
    "<script>alert(1)</script>",
    '#panic("x") $a$ *b* `c` @d',
    "\x07bell\u202eset\x00",
    "A" * 255,
    "]]> & %s {0} \\",
    '"><img src=x onerror=alert(1)>',
    "{width}",
    "//example.org/x",
)

SHAPES: dict[str, dict[str, Any]] = {
    "one wafer": {},
    "three wafers": {"wafers": 3, "dies": 200},
    "final test": {"wafers": 0, "dies": 300},
    "wafers without coordinates": {"wafers": 2, "dies": 100, "coordinates": False},
    "no verdicts": {"struck": 0},
    "no tests": {"tests": 0, "dies": 100},
    "no fails": {"fail_share": 0.0, "dies": 100, "struck": 0},
    "all fail": {"fail_share": 1.1, "dies": 100, "struck": 0},
    "one part": {"dies": 1, "tests": 3, "struck": 0},
    "no part": {"dies": 0, "wafers": 0, "tests": 2, "struck": 0},
    "thousands of tests": {"dies": 40, "tests": 3000},
    "one test": {"dies": 100, "tests": 1},
    "unknown orientation": {"dies": 300, "configured": False},
}


class Page(HTMLParser):
    """Tags, attributes and visible text of an HTML page; notes a tag that is not closed in order."""

    VOID = frozenset({"meta", "br", "input", "hr", "img", "link"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] not in ("script", "style"):
            self.text += data


def pdf_text(content: bytes) -> tuple[str, int]:
    reader = pypdf.PdfReader(io.BytesIO(content))
    words = " ".join(page.extract_text() for page in reader.pages).split()
    return " ".join(words), len(reader.pages)


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_of_lot_gives_a_pdf_and_a_page(graded: Builder, shape: str) -> None:
    document = lot_report(graded(**SHAPES[shape]), made=MADE)
    text, pages = pdf_text(typeset(document))
    page = Page(html_page(document))
    assert not page.open
    assert 1 <= pages <= 20
    for part in (document.subject, document.answer):
        assert part in text
        assert part in page.text


def test_the_answer_stands_first_with_its_counts(graded: Builder, tmp_path: Path) -> None:
    grade = graded(lot_id="LOT-4711")
    text, pages = pdf_text(write_pdf(grade, tmp_path / "r.pdf", author="A. Engineer", made=MADE).read_bytes())
    answer = f"{grade.shippable:,} of {grade.tested:,} parts may ship"
    assert text.index("Lot LOT-4711") < text.index(answer) < text.index("Test program")
    assert "12 good parts rejected by dynamic PAT" in text
    assert "2026-11-23 08:30 UTC · A. Engineer" in text
    assert f"Page 1 of {pages}" in text
    assert f"Page {pages} of {pages}" in text
    for word in (
        "PMIC 7",
        "pmic7_ws C2",
        "25C",
        "ETS-12",
        "2026-10-03 21:14",
        "aec-q001 1",
        "a530.stdf.gz",
        "Contact open",
    ):
        assert word in text


def test_the_page_says_what_the_pdf_says(graded: Builder, tmp_path: Path) -> None:
    grade = graded()
    page = Page(write_html(grade, tmp_path / "r.html", made=MADE).read_text(encoding="utf-8"))
    text, _ = pdf_text(write_pdf(grade, tmp_path / "r.pdf", made=MADE).read_bytes())
    headings = re.findall(r"<h2>([^<]*)</h2>", (tmp_path / "r.html").read_text(encoding="utf-8"))
    assert len(headings) > 10
    assert all(heading in text for heading in headings)
    assert all(heading in page.text for heading in headings)


def test_a_page_asks_nothing_of_any_other_place(graded: Builder) -> None:
    html = html_page(lot_report(graded(wafers=2), made=MADE))
    page = Page(html)
    assert not re.findall(r"https?:|//[a-z]|url\(|@import", html)
    assert {tag for tag, _ in page.seen}.isdisjoint(
        {"link", "img", "iframe", "object", "embed", "image", "use", "form"}
    )
    assert [a["href"] for tag, a in page.seen if tag == "a" and not (a["href"] or "").startswith("#")] == []
    assert "default-src 'none'" in html


def test_hostile_names_stay_text_in_the_page(graded: Builder) -> None:
    grade = graded(names=HOSTILE, lot_id="<b>&\"'</b>", notes=("</style><script>x</script>",), hold=("<i>",))
    page = Page(html_page(lot_report(grade, author="<u>", made=MADE)))
    assert not page.open
    assert sum(tag == "script" for tag, _ in page.seen) == 1
    assert {tag for tag, _ in page.seen}.isdisjoint({"u", "img"})
    assert "<script>alert(1)</script>" in page.text
    assert "<b>&\"'</b>" in page.text
    assert "\\x07bell\\u202eset" in page.text
    assert "\u202e" not in page.text


def test_hostile_names_stay_text_in_the_pdf(graded: Builder) -> None:
    grade = graded(names=HOSTILE, lot_id="#panic() *b* $x$", notes=('#include "/etc/hostname"',))
    text, _ = pdf_text(typeset(lot_report(grade, made=MADE)))
    assert "Lot #panic() *b* $x$" in text
    assert '#panic("x") $a$ *b* `c` @d' in text
    assert '#include "/etc/hostname"' in text


def test_a_hold_stands_in_the_answer(graded: Builder) -> None:
    document = lot_report(graded(hold=("Yield 61 % is below SYL2 of 91 %.",)), made=MADE)
    assert document.state == ("bad", "On hold")
    assert document.answer.startswith("On hold: ")
    text, _ = pdf_text(typeset(document))
    assert "Yield 61 % is below SYL2 of 91 %." in text
    assert "must not ship before" in text


def test_a_simulated_lot_is_called_fictional_on_its_first_page(graded: Builder) -> None:
    truth = {"planted": 40, "caught": 38, "missed": 2, "false_kills": 1, "missed_units": [{"x": 1}]}
    text, _ = pdf_text(typeset(lot_report(graded(truth=truth), made=MADE)))
    first = text[: text.index("Page 1 of")]
    assert "its data are fictional" in first
    assert "Of 40 planted outliers within reach of the screens 38 were caught" in first
    assert "fictional" not in html_page(lot_report(graded(), made=MADE))


def test_what_screens_caught_of_planted_outliers_is_a_table_with_a_row_for_each(graded: Builder) -> None:
    def rates(caught: int, false: int) -> dict[str, Any]:
        bounds = {
            "catch_rate_low": 0.2,
            "catch_rate_high": 0.9,
            "false_kill_rate_low": 0.0,
            "false_kill_rate_high": 0.01,
        }
        return {"planted": 4, "caught": caught, "sound": 96, "false_kills": false, "confidence": 0.9, **bounds}

    screens = {"dynamic-pat": rates(2, 0), "gdbn": rates(1, 3)}
    truth = {"planted": 4, "caught": 3, "missed": 1, "false_kills": 3, "rates": rates(3, 3), "screens": screens}
    _, facts, table, note = _blocks(graded(truth=truth), "Planted outliers")
    assert isinstance(table, Table)
    assert [row[0] for row in table.rows] == ["dynamic PAT", "good die in bad neighbourhood", "all together"]
    assert table.rows[1][1:] == ("4", "1", "25.0 %", "20 and 90 %", "96", "3", "0 and 1 %")
    assert isinstance(facts, Facts)
    assert dict(facts.rows) == {"Outliers planted": "4", "Caught": "3", "Missed": "1", "Others rejected": "3"}
    assert "90% confidence" in getattr(note, "text", "")


def test_statistics_count_the_readings_they_rest_on_beside_all_that_were_read(graded: Builder) -> None:
    grade = graded(dies=300)
    table = next(block for block in _blocks(grade, "Tests") if isinstance(block, Table))
    heads = [column.title for column in table.columns]
    measured = {row["test"]: row for row in grade.measures.to_pylist()}
    number = {str(row["number"]): row["test"] for row in grade.lot.tests.to_pylist()}
    assert grade.good < grade.lot.parts.num_rows
    for row in table.rows:
        said, found = dict(zip(heads, row, strict=True)), measured[number[row[heads.index("Number")]]]
        assert (said["Read"], said["n (good)"]) == (str(found["n"]), str(found["passing_n"]))


def test_the_share_rejected_by_screens_is_of_good_parts_and_every_share_says_of_what(graded: Builder) -> None:
    grade = graded(dies=500, struck=40, fail_share=0.3)
    tiles = next(block for block in lot_report(grade, made=MADE).front if isinstance(block, Tiles))
    shares = {what: part for _, what, part in tiles.items}
    assert shares["rejected by screens"] == f"{share(grade.rejected, grade.good)} of good parts"
    assert share(grade.rejected, grade.good) != share(grade.rejected, grade.lot.parts.num_rows)
    assert shares["good at the tester"].endswith(" of tested")
    assert shares["may ship"].endswith(" of tested")
    table = next(block for block in _blocks(grade, "First and final yield") if isinstance(block, Table))
    row = next(row for row in table.rows if row[0] == "Rejected by screens, of good parts")
    assert row[1:] == (str(grade.rejected), str(grade.good), share(grade.rejected, grade.good))


def _blocks(grade: Grade, title: str) -> tuple[Block, ...]:
    return next(section.blocks for section in lot_report(grade, made=MADE).sections if section.title == title)


def test_long_lists_say_what_they_leave_out(graded: Builder) -> None:
    document = lot_report(graded(struck=100, dies=600), made=MADE)
    text, _ = pdf_text(typeset(document))
    assert "40 more in verdicts.parquet" in text
    html = html_page(document)
    assert html.count("<td>dynamic PAT</td>") == 100
    assert "The first 60 rows are printed." in html


def test_a_table_is_not_cut_for_its_last_rows() -> None:
    def table(rows: int) -> Table:
        return Table((Column("n"),), tuple((str(row),) for row in range(rows)), rows, paper=40)

    assert [table(rows).printed for rows in (39, 40, 42, 44, 45)] == [39, 40, 42, 44, 40]


def test_rejected_parts_and_limits_carry_the_test_number_and_no_empty_column(graded: Builder) -> None:
    grade = graded(dies=300)
    for title in ("Rejected parts", "Derived limits"):
        table = next(block for block in _blocks(grade, title) if isinstance(block, Table))
        heads = [column.title for column in table.columns]
        names = {row["name"]: str(row["number"]) for row in grade.lot.tests.to_pylist()}
        assert all(row[heads.index("Number")] == names[row[heads.index("Test")]] for row in table.rows)
        assert "Clamped" not in heads
        assert ("Fallback" in heads) is (title == "Derived limits")


def test_bins_without_a_bar_are_told_in_words(graded: Builder) -> None:
    grade = graded(dies=600, fail_share=0.3, struck=0)
    soft = [
        20 + part % 30 if bin_ != 10 else 10 for part, bin_ in enumerate(grade.dispositions["new_soft_bin"].to_pylist())
    ]
    table = grade.dispositions
    for name in ("old_soft_bin", "new_soft_bin"):
        field = table.schema.field(name)
        table = table.set_column(table.schema.names.index(name), field, pa.array(soft, field.type))
    blocks = _blocks(replace(grade, dispositions=table), "Soft bins")
    picture = next(block for block in blocks if isinstance(block, Picture))
    assert "other bins" not in picture.svg
    assert any(isinstance(block, Text) and block.text.startswith("18 other bins: ") for block in blocks)


def test_only_screens_that_ran_are_explained(graded: Builder) -> None:
    assert "robust sigma = (Q3 − Q1) / 1.35" in html_page(lot_report(graded(), made=MADE))
    assert "AEC-Q001 Rev D" in html_page(lot_report(graded(), made=MADE))
    grade = graded(struck=0)
    unscreened = replace(grade, limits=grade.limits.slice(0, 0))
    assert "AEC-Q001 Rev D" not in html_page(lot_report(unscreened, made=MADE))


def test_the_same_moment_gives_the_same_page(graded: Builder) -> None:
    assert html_page(lot_report(graded(), made=MADE)) == html_page(lot_report(graded(), made=MADE))


def test_characters_without_a_font_are_written_as_numbers_and_the_report_says_so(
    graded: Builder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fonts, "_installed", lambda: (frozenset[str](), ()))
    data = document_data(lot_report(graded(lot_id="芯片-7 Ω"), made=MADE))
    assert data["subject"] == "Lot {82AF}{7247}-7 Ω"
    assert data["fonts"] == ["Libertinus Serif"]
    assert "no font for 2 characters" in data["front"][-1]["text"]
    assert "{25" not in str(data)


def test_a_lot_with_plain_names_needs_no_font_note(graded: Builder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "_installed", lambda: (frozenset[str](), ()))
    assert "no font" not in str(document_data(lot_report(graded(wafers=3, dies=200), made=MADE)))


def test_a_font_is_asked_for_the_characters_it_can_draw() -> None:
    installed = fonts._installed()[1]
    sans = next((font for font in installed if Path(font.path).name == "DejaVuSans.ttf"), None)
    if sans is None:
        pytest.skip("DejaVu Sans is not on this machine")
    assert fonts.mapped(sans, {ord("A"), ord("Ω"), ord("芯"), 0x1F600}) == {ord("A"), ord("Ω"), 0x1F600}


def test_a_file_that_is_no_font_draws_nothing(tmp_path: Path) -> None:
    (tmp_path / "no.ttf").write_bytes(b"\x00\x01\x00\x00\xff\xffgarbage")
    assert fonts.mapped(fonts.FontFile(str(tmp_path / "no.ttf"), 0), {65}) == set()
    assert fonts.mapped(fonts.FontFile(str(tmp_path / "missing.ttf"), 0), {65}) == set()


def test_a_report_that_cannot_be_written_says_where(graded: Builder, tmp_path: Path) -> None:
    for write in (write_pdf, write_html):
        with pytest.raises(OutputError, match="could not be written"):
            write(graded(), tmp_path / "no folder" / "report")


def test_retests_without_a_unit_identity_are_told_apart_from_units(graded: Builder) -> None:
    grade = graded(wafers=0, dies=100, struck=0)
    attempts = pa.array(np.where(np.arange(grade.tested) < 90, 1, 2), pa.uint16())
    parts = grade.lot.parts.set_column(grade.lot.parts.schema.get_field_index("attempt"), "attempt", attempts)
    retests = replace(grade.lot.retests, identity="none")
    page = html_page(lot_report(replace(grade, lot=replace(grade.lot, parts=parts, retests=retests)), made=MADE))
    assert f"Counted over {grade.tested:,} attempts" in page
    assert "of 90 parts may ship" in page
    assert "Counted over" not in html_page(lot_report(grade, made=MADE))


def test_a_simulated_lot_is_reported_from_its_file(tmp_path: Path) -> None:
    source = corecar.simulate_lot(tmp_path / "lot.stdf.gz", wafers=3, dies=150, tests=20, seed=5)
    grade = corecar.grade(source)
    text, _ = pdf_text(write_pdf(grade, tmp_path / "r.pdf", made=MADE).read_bytes())
    assert f"{grade.shippable:,} of {grade.tested:,} parts may ship" in text
    assert "its data are fictional" in text
    assert not Page(write_html(grade, tmp_path / "r.html", made=MADE).read_text(encoding="utf-8")).open


def test_the_real_lot_is_reported(shared: Path, tmp_path: Path) -> None:
    grade = corecar.grade(shared / "stdf" / "a530_lot2.stdf.gz")
    text, pages = pdf_text(write_pdf(grade, tmp_path / "r.pdf", made=MADE).read_bytes())
    assert f"{grade.shippable:,} of {grade.tested:,} parts may ship" in text
    assert "GAL-LOT" in text
    assert "GOLD8BAR" in text
    assert pages < 15


@pytest.mark.slow
def test_a_large_lot_stays_quick_and_small(graded: Builder, tmp_path: Path) -> None:
    grade = graded(wafers=25, dies=5000, tests=20, struck=1500)
    start = time.perf_counter()
    pdf = write_pdf(grade, tmp_path / "r.pdf", made=MADE)
    html = write_html(grade, tmp_path / "r.html", made=MADE)
    assert time.perf_counter() - start < 60
    assert html.stat().st_size < 10_000_000
    assert pdf.stat().st_size < 10_000_000
