"""The pictures of a stress: a name that gives way to another one is led back to its own point."""

from __future__ import annotations

import re
from typing import Any

from corecar.report.figures.stress_charts import survival_scatter

LEADER = re.compile(r'<path[^>]*d="M([\d.]+) ([\d.]+)L([\d.]+) ([\d.]+)"')
NAME = re.compile(r'<text[^>]*x="([\d.]+)"[^>]*y="([\d.]+)"[^>]*>([A-Z]+)</text>')


def stop(name: str, tts: float) -> dict[str, Any]:
    return {"stop": name, "ttr_weeks": 8.0, "tts_weeks": tts, "impact": 100.0}


def leaders(drawn: str) -> list[tuple[float, float]]:
    """Where each thin line begins and ends in height; the line TTS = TTR is none."""
    found = [match for match in LEADER.finditer(drawn) if 'class="axis"' in match[0]]
    return [(float(match[2]), float(match[4])) for match in found if match[2] != match[4] and match[1] != match[3]]


def test_names_of_points_that_lie_apart_stand_beside_them_without_a_line() -> None:
    assert leaders(survival_scatter([stop("FIRST", 1.0), stop("SECOND", 6.0)], "two stops")) == []


def test_a_name_that_gives_way_is_led_back_to_its_point() -> None:
    drawn = survival_scatter([stop("FIRST", 4.0), stop("SECOND", 4.2), stop("THIRD", 3.9)], "three stops")
    assert {name for *_, name in NAME.findall(drawn)} >= {"FIRST", "SECOND", "THIRD"}
    lines = leaders(drawn)
    assert len(lines) == 2
    assert lines[0][1] < lines[0][0]
    assert lines[1][1] > lines[1][0]
