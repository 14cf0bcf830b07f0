"""Drawings speak the language of whoever looks at them: nothing in them stays English on a Chinese page."""

from __future__ import annotations

import html
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.gauge_files import gauge_table

import corecar
from corecar import assess
from corecar.bridge.workspace import Workspace
from corecar.report.drawings.kinds import KINDS
from corecar.report.figures.capability_chart import capability_chart
from corecar.report.figures.closing_chart import closing_chart
from corecar.report.figures.probability_plot import normal_plot, weibull_plot
from corecar.report.figures.stress_charts import impact_bars, survival_scatter
from corecar.report.figures.supply_bars import Supply, supply_bars
from corecar.report.figures.svg import fitted, label, text_width, wrapped
from corecar.report.figures.t_squared_chart import t_squared_chart
from corecar.report.figures.telling import telling, told
from corecar.words import words_of

SAY = words_of("zh")
CHINESE = SAY.drawn
TEXTS = re.compile(r'<(?:text|title)[^>]*>([^<]*)<|aria-label="([^"]*)"')
STYLE = re.compile(r"<style>.*?</style>", re.S)
ENGLISH = re.compile(r"[a-z]{2,}|[A-Z][a-z]{2,}")
DATA = re.compile(r"i-mr|xbar-[rs]|ewma|cusum|--test|--wafer|nelson-\d|vref|ndc|Pp|Cpk?|Ppk?|Cpm|Weibull", re.I)
"""What is the same in Chinese: kinds of charts, options of commands, names of rules and tests."""


def english_in(svg: str) -> list[str]:
    """Texts of a drawing in which an English word stands."""
    said = {html.unescape(text or alt) for text, alt in TEXTS.findall(STYLE.sub("", svg))}
    return sorted(text for text in said if ENGLISH.search(DATA.sub("", text)))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder = tmp_path_factory.mktemp("drawn")
    with corecar.init(folder / "house", owner="Demo House") as made:
        for seed, lot in ((5, "WAFERS"), (6, "MORE")):
            path = corecar.simulate_lot(folder / f"{lot}.stdf", lot=lot, wafers=3, dies=60, tests=8, seed=seed)
            made.ingest([path], workers="inline")
        mute = corecar.simulate_lot(folder / "MUTE.stdf", lot="MUTE", wafers=3, dies=60, tests=8, seed=7)
        mute.write_bytes(re.sub(b"\x03D(....)RU", b"\x00 \\1  ", mute.read_bytes(), flags=re.S))
        made.ingest([mute], workers="inline")
        made.gauge_keep([gauge_table(folder / "gauge.csv")], gauge="tester 7", operator="site", test=["vref"], unit="V")
        yield made


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("recipe", [None, "aec-q001"])
def test_no_drawing_of_a_lot_says_anything_in_english(
    house: Workspace, tmp_path: Path, kind: str, recipe: str | None
) -> None:
    tests = {"scatter": ["1000", "1010"], "parametric": ["1000"], "trend": ["1000"], "pat": ["1000"]}.get(kind, [])
    with telling(CHINESE):
        house.draw(kind, "WAFERS", out=tmp_path / "drawn.svg", recipe=recipe, test=tests)
    drawing = (tmp_path / "drawn.svg").read_text("utf-8")
    assert english_in(drawing) == []
    assert re.search("[一-鿿]", drawing)


@pytest.mark.parametrize("kind", ["wafer", "gallery", "stack", "parametric"])
def test_what_no_file_says_of_a_wafer_is_said_in_chinese_too(house: Workspace, tmp_path: Path, kind: str) -> None:
    with telling(CHINESE):
        house.draw(kind, "MUTE", out=tmp_path / "drawn.svg", test=["1000"] if kind == "parametric" else [])
    drawing = (tmp_path / "drawn.svg").read_text("utf-8")
    assert english_in(drawing) == []
    assert "未画缺口" in drawing


@pytest.mark.parametrize(
    ("kind", "by"),
    [("i-mr", "reading"), ("ewma", "reading"), ("cusum", "reading"),
     ("i-mr", "wafer"), ("xbar-r", "wafer"), ("xbar-s", "lot"), ("ewma", "wafer"),
     ("cusum", "wafer"), ("p", "wafer")],
)  # fmt: skip
def test_no_control_chart_says_anything_in_english(house: Workspace, tmp_path: Path, kind: str, by: str) -> None:
    out = tmp_path / "chart.svg"
    with telling(CHINESE):
        house.assess_chart(["WAFERS", "MORE"], test="1000", kind=kind, by=by, rules="nelson", figure=out)
    assert english_in(out.read_text("utf-8")) == []


def test_no_gauge_study_says_anything_in_english(house: Workspace, tmp_path: Path) -> None:
    with telling(CHINESE):
        house.gauge_show(1, figure=tmp_path / "gauge.svg")
    drawing = (tmp_path / "gauge.svg").read_text("utf-8")
    assert english_in(drawing) == []
    assert "按零件的读数 [V]" in drawing


def figures() -> Iterator[str]:
    """Figures that pages and commands draw of answers."""
    stop: dict[str, Any] = {"ttr_weeks": 8.0, "exposure": 0.5}
    stops = [
        {**stop, "stop": "A-1", "tts_weeks": 2.0, "impact": 5e6},
        {**stop, "stop": "A-2", "tts_weeks": None, "impact": 0.0},
        {**stop, "stop": "A-3", "tts_weeks": 90.0, "impact": 0.0},
    ]  # fmt: skip
    yield impact_bars(stops, "停产")
    yield impact_bars(stops[1:], "停产")
    yield survival_scatter(stops, "停产")
    yield supply_bars([Supply("A", 10, 2, 3), Supply("B", 10, 0, 3), Supply("C", 10, 2, 0)], "件", "供应")
    yield closing_chart([(0.0, 50.0), (1.0, 2.0), (2.0, 0.5)], 0.01, "差距")
    readings = np.random.default_rng(3).normal(5.0, 0.1, (300, 2))
    readings[7] = (90.0, 5.0)
    found = assess.capability(readings[:, 0], low=4.5, high=500.0)
    yield capability_chart(readings[:, 0].tolist(), found, "V1", "V")
    yield normal_plot(readings[:, 0].tolist(), found.mean, found.sd, "V1", "V")
    times = [10.0, 20.0, 30.0, 45.0]
    yield weibull_plot(times, None, assess.weibull(times), "T1")
    yield t_squared_chart(assess.hotelling({"A": readings[:, 0], "B": readings[:, 1]}))


def test_no_figure_of_an_answer_says_anything_in_english() -> None:
    with telling(CHINESE):
        assert [english_in(svg) for svg in figures()] == [[]] * 9


def test_a_text_is_told_before_it_is_measured_cut_or_wrapped() -> None:
    with telling({"in the order of testing": "按测试顺序"}.get):  # type: ignore[arg-type]
        assert text_width("in the order of testing", 10) == 50
        assert fitted("in the order of testing", 35, 10) == "按测…"
        assert wrapped("in the order of testing", 30, 10) == ["按测试", "顺序"]
    assert "in the order of testing" in label("in the order of testing", 0, 0)


def test_drawings_made_at_the_same_time_keep_their_languages() -> None:
    heard: list[str] = []
    with telling(str.upper):
        other = threading.Thread(target=lambda: heard.append(told("parts")))
        other.start()
        other.join()
        assert told("parts") == "PARTS"
    assert heard == ["parts"]
    assert told("parts") == "parts"
