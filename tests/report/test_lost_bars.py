"""The picture of what stopped lots cost: three colours, each with its meaning below."""

from __future__ import annotations

from typing import Any

from corecar.report.answer_pictures import pictures_of
from corecar.report.figures.lost_bars import Lost, lost_bars, lost_of
from corecar.report.figures.stress_charts import impact_bars, survival_scatter
from corecar.report.figures.telling import telling


def row(demand: str, without: float, planned: float) -> dict[str, Any]:
    return {"demand": demand, "never_without": without, "never": planned}


def test_what_is_lost_won_back_and_given_up_is_told_apart() -> None:
    rows = lost_of([row("A", 10, 4), row("B", 3, 5), row("C", 0, 0), row("D", 2, -1)])
    assert rows == [Lost("A", 10, 4), Lost("B", 3, 5), Lost("D", 2, 0)]
    assert [each.lengths for each in rows] == [(4, 6, 0), (3, 0, 2), (0, 2, 0)]


def test_the_legend_says_what_each_colour_is_and_nothing_of_one_that_is_not_there() -> None:
    drawn = lost_bars([Lost("A", 10, 4)], "lost")
    assert "lost all the same" in drawn
    assert "won back by planning again" in drawn
    assert "given" not in drawn
    assert "10 → 4" in drawn
    assert "gives it to others" in lost_bars([Lost("B", 3, 5)], "lost")


def test_an_impact_has_the_same_picture_wherever_it_is_shown() -> None:
    (picture,) = pictures_of("impact", {"rows": [row("A", 10, 4)]})
    assert picture.svg == lost_bars([Lost("A", 10, 4)], "What stopped lots take from each program")
    assert pictures_of("impact", {"rows": [row("A", 0, 0)]}) == []


def test_drawings_speak_the_language_of_their_context() -> None:
    stops = [{"stop": "S", "ttr_weeks": 8.0, "tts_weeks": 2.0, "impact": 9e9, "exposure": 1.0}]
    with telling(lambda text: text if text.startswith("«") else f"«{text}»"):
        bars = impact_bars(stops, "stops", lambda value: f"{value / 1e9:.0f} bn EUR")
        scatter = survival_scatter(stops, "stops")
    assert "«n = 1 stops»" in bars
    assert "9 bn EUR" in bars
    assert "REI: impact as a part" in bars
    for words in ("loses something before it recovers", "recovers in time", "TTS = TTR: just in time"):
        assert f"«{words}»" in scatter
