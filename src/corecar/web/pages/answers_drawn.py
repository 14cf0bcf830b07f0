"""Answers of long work with their drawings: stops of a chain, what is behind, what an impact is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from corecar.report.figures.stress_charts import impact_bars, survival_scatter
from corecar.report.figures.supply_bars import Supply, supply_bars
from corecar.web.pages.parts import facts, figure, notes, sentence, show_answer, table
from corecar.web.pages.visitor import Visitor

Answer = Mapping[str, Any]


def drawn_answer(visitor: Visitor, verb: str, answer: Answer) -> None:
    """The answer of a verb, with a picture where it has one."""
    DRAWN.get(verb.replace(" ", "_"), _plain)(visitor, verb, answer)


def _plain(visitor: Visitor, verb: str, answer: Answer) -> None:
    show_answer(visitor, answer, verb.replace(" ", "-"))


def _stress(visitor: Visitor, verb: str, answer: Answer) -> None:
    sentence(str(answer["said"]))
    facts(visitor.say, answer.get("facts") or {})
    if answer["rows"]:
        figure(impact_bars(answer["rows"], answer["said"]))
        figure(survival_scatter(answer["rows"], answer["said"]))
    show_answer(visitor, {key: value for key, value in answer.items() if key not in ("said", "facts")}, "stress")


def _impact(visitor: Visitor, verb: str, answer: Answer) -> None:
    sentence(str(answer["said"]))
    facts(visitor.say, answer["facts"])
    rows = [row for row in answer["rows"] if row["never_without"] > 0 or row["never"] > 0]
    if rows:
        bars = [
            Supply(row["demand"], max(row["never_without"], row["never"], 0), 0.0, float(max(row["never"], 0)))
            for row in rows
        ]
        text = visitor.say("Lost without planning again; red: lost all the same")
        figure(supply_bars(bars, visitor.say("pieces"), text), text)
    for key in ("rows", "lots", "supply", "moves", "touched"):
        title = "" if key == "rows" else visitor.say.name(key)
        table(visitor, answer.get(key) or [], f"impact-{key}", title=title)
    notes(answer["notes"])


DRAWN: dict[str, Callable[[Visitor, str, Answer], None]] = {"stress": _stress, "impact": _impact}
