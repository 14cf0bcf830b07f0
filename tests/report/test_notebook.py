"""Lots, gradings, plans, answers and figures show themselves in a notebook: escaped, few rows, pictures as images."""

from __future__ import annotations

import pickle
import re
from base64 import b64decode
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

import corecar
from corecar.assess import capability
from corecar.bridge.answered import Answer
from corecar.bridge.plan.planning import ChainPlan
from corecar.graded import Grade
from corecar.lot import Lot
from corecar.report.notebook import ROWS

EVIL = '"><script>alert(1)</script>'


class Seen(HTMLParser):
    """The tags and the text of a piece of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        assert not [name for name, _ in attrs if name.startswith("on")]

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def pictures(html: str) -> list[str]:
    """The drawings in a piece of HTML."""
    return [b64decode(coded).decode() for coded in re.findall(r'src="data:image/svg\+xml;base64,([^"]+)"', html)]


@pytest.fixture(scope="module")
def lot(tmp_path_factory: pytest.TempPathFactory) -> Lot:
    file = tmp_path_factory.mktemp("lot") / "lot.stdf"
    return corecar.read(corecar.simulate_lot(file, wafers=8, dies=60, tests=8, seed=3, lot=EVIL))


@pytest.fixture(scope="module")
def graded(lot: Lot) -> Grade:
    return corecar.grade(lot)


@pytest.fixture(scope="module")
def plan() -> ChainPlan:
    return corecar.plan_chain(corecar.simulate_chain(), weeks=4, limit="actual")


def test_a_lot_says_its_yield_which_tests_fail_and_draws_its_first_wafers(lot: Lot) -> None:
    seen = Seen(lot._repr_html_())
    text = " ".join(seen.text)
    found = lot.yield_()
    assert f"{found.final_good:,} of {found.final_tested:,} parts good" in text
    assert "Tests that fail most parts" in text
    (drawn,) = pictures(lot._repr_html_())
    assert drawn.count('class="wafer"') == 6
    assert "2 more wafers" in text


def test_the_parts_that_fail_a_test_are_those_that_the_tester_failed(lot: Lot) -> None:
    from corecar.bridge.grade.shown_lots import failing_tests

    results = lot.results.to_pandas()
    final = results[lot.final[results["part"]] & (results["passed"].eq(False))]
    counts = final.groupby("test").size()
    expected = {str(lot.tests["number"][int(row)].as_py()): int(count) for row, count in counts.items()}
    assert {row["test"]: row["fails"] for row in failing_tests(lot)} == expected
    assert expected


def test_a_grading_says_what_may_ship_and_which_screens_reject(graded: Grade) -> None:
    text = " ".join(Seen(graded._repr_html_()).text)
    assert f"{graded.shippable:,} of {graded.tested:,} parts" in text
    assert "Good parts that each screen rejects" in text
    assert 'class="reject"' in pictures(graded._repr_html_())[0]


def test_script_in_a_name_is_text(lot: Lot, graded: Grade) -> None:
    hostile = Answer("lots", {"said": EVIL, "facts": {EVIL: EVIL}, "rows": [{EVIL: EVIL}], EVIL: [{"a": EVIL}],
                              "notes": [EVIL]})  # fmt: skip
    for shown in (lot, graded, hostile):
        html = shown._repr_html_()
        assert "script" not in Seen(html).tags
        assert "<script" not in html
        assert all("<script" not in drawn for drawn in pictures(html))
    assert EVIL in " ".join(Seen(hostile._repr_html_()).text)


def test_a_plan_draws_what_is_short_and_its_questions_show_themselves(plan: ChainPlan) -> None:
    html = plan._repr_html_()
    assert plan.answer["said"] in " ".join(Seen(html).text)
    assert len(pictures(html)) == 1
    needs = plan.needs()
    assert isinstance(needs, Answer)
    assert Seen(needs._repr_html_()).tags.count("tr") == len(needs["rows"]) + 1


def test_an_answer_of_many_rows_shows_few_and_says_how_many_more() -> None:
    many = Answer("lots", {"said": "Many.", "rows": [{"lot": f"L{n}", "final_yield": n / 5000} for n in range(5000)]})
    seen = Seen(many._repr_html_())
    assert seen.tags.count("tr") == ROWS + 1
    assert "4,980 more not shown." in " ".join(seen.text)
    assert "0.4%" in " ".join(seen.text)


def test_verbs_of_a_workspace_answer_with_what_shows_itself(tmp_path: Path) -> None:
    with corecar.init(tmp_path / "house", owner=EVIL) as house:
        me, lots = house.me(), house.lots()
    assert isinstance(me, Answer)
    assert me == dict(me)
    assert "No rows." in lots._repr_html_() or lots["said"]
    assert "<script" not in me._repr_html_()
    again = pickle.loads(pickle.dumps(me))
    assert (again, again.verb) == (me, "me")


def test_figures_are_facts_and_tables() -> None:
    found = capability(np.random.default_rng(3).normal(5.0, 1.0, 200), low=0.0, high=10.0)
    text = " ".join(Seen(found._repr_html_()).text)
    assert type(found).__name__ in text
    assert "Ppk" in text
    assert f"{found.to_dict()['ppk']:.2f}" in text


def test_a_drawing_shows_itself_as_what_it_is(lot: Lot, tmp_path: Path) -> None:
    vector = corecar.draw("wafer", lot, tmp_path / "one.svg")
    assert (vector._repr_svg_() or "").startswith("<svg")
    assert vector._repr_png_() is None
    pixels = corecar.draw("wafer", lot, tmp_path / "one.png")
    assert pixels._repr_svg_() is None
    assert (pixels._repr_png_() or b"").startswith(b"\x89PNG")


def test_a_lot_without_coordinates_has_no_map(lot: Lot) -> None:
    from dataclasses import replace

    import pyarrow as pa

    bare = lot.parts.set_column(lot.parts.schema.get_field_index("x"), lot.parts.schema.field("x"),
                                pa.nulls(lot.parts.num_rows, lot.parts.schema.field("x").type))  # fmt: skip
    assert pictures(replace(lot, parts=bare)._repr_html_()) == []
