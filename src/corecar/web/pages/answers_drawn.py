"""Answers of long work with their drawings: stops of a chain, what is behind, what an impact is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from corecar.plurals import signed
from corecar.report.figures.before_after import Moved, before_after
from corecar.report.figures.stress_charts import impact_bars, survival_scatter
from corecar.report.figures.supply_bars import Supply, supply_bars
from corecar.web.pages.parts import facts, notes, sentence, show_answer, table, tiles
from corecar.web.pages.pictures import figure
from corecar.web.pages.plan_compare import more
from corecar.web.pages.visitor import Visitor

Answer = Mapping[str, Any]
Tile = tuple[str, str, str]
MOST_DRAWN = 30
"""Programs of a drawing, those that move most; the table has all."""


def drawn_answer(visitor: Visitor, verb: str, answer: Answer) -> None:
    """The answer of a verb, with a picture where it has one."""
    DRAWN.get(verb.replace(" ", "_"), _plain)(visitor, verb, visitor.say.answer(answer))


def _plain(visitor: Visitor, verb: str, answer: Answer) -> None:
    show_answer(visitor, answer, verb.replace(" ", "-"))


def _stress(visitor: Visitor, verb: str, answer: Answer) -> None:
    sentence(str(answer["said"]))
    facts(visitor.say, answer.get("facts") or {})
    if answer["rows"]:
        figure(visitor.say, impact_bars(answer["rows"], answer["said"]))
        figure(visitor.say, survival_scatter(answer["rows"], answer["said"]))
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
        figure(visitor.say, supply_bars(bars, visitor.say("pieces"), text), text)
    for key in ("rows", "lots", "supply", "moves", "touched"):
        title = "" if key == "rows" else visitor.say.name(key)
        table(visitor, answer.get(key) or [], f"impact-{key}", title=title)
    notes(answer["notes"])


def _whatif(visitor: Visitor, verb: str, answer: Answer) -> None:
    say, (_, *rest) = visitor.say, answer["rows"]
    sentence(str(answer["said"]))
    gaps = answer["details"].get("gaps", {})
    rows = [{**row, "gap": gaps.get(row["scenario"])} for row in answer["rows"]]
    for row in rest:
        tiles([*_changes(visitor, row), *_gap(visitor, gaps.get(row["scenario"]))])
    for row in rest:
        moved = [each for each in answer["demands"] if each["scenario"] == row["scenario"]]
        _moved(visitor, moved, row["scenario"])
    table(visitor, rows, "what-if")
    table(visitor, answer["demands"], "what-if-demands", title=say("Demands that differ"))
    table(visitor, answer["groups"], "what-if-groups", title=say("Groups of machines whose load moves most"))
    notes(answer["notes"])


def _policy(visitor: Visitor, verb: str, answer: Answer) -> None:
    say, rows = visitor.say, answer["rows"]
    sentence(str(answer["said"]))
    last = rows[-1]
    cost = (f"{last['public_cost']:,.0f}", say("public cost"), "#")
    tiles([*_changes(visitor, last), cost])
    table(visitor, rows, "policies-plans", title=say("Without, with each policy, with all together"))
    _moved(visitor, [row for row in answer["demands"] if row["plan"] == last["plan"]], last["plan"])
    table(visitor, answer["parties"], "policies-parties", title=say("Benefit of each party"))
    table(visitor, answer["policies"], "policies", title=say("The policies"))
    table(visitor, answer["broken_promises"], "policies-broken", title=say("Promises that are broken"))
    notes(answer["notes"])


def _changes(visitor: Visitor, row: Answer) -> list[Tile]:
    """What a plan has more or less of than the one it is held against."""
    say = visitor.say
    return [
        (signed(row["supplied_change"]).replace("-", "−"), say("vehicles supplied"), "#"),
        (more(row["value_change"]), say("output value"), "#"),
        (f"{100 * row['on_time_change']:+.1f}".replace("-", "−"), say("points on time"), "#"),
        (f"{row['fill']:.1%}", say("of what is wanted then"), "#"),
    ]


def _gap(visitor: Visitor, gap: float | None) -> list[Tile]:
    return [] if gap is None else [(f"{gap:.2%}", visitor.say("at most from the best plan"), "#")]


def _moved(visitor: Visitor, rows: Sequence[Answer], name: str) -> None:
    """Fill of each demand that differs, before and after."""
    if not rows:
        return
    say = visitor.say
    drawn = [Moved(str(row["demand"]), row["fill_before"], row["fill_now"]) for row in rows[:MOST_DRAWN]]
    caption = say("What part of each program comes: {name}", name=name)
    figure(say, before_after(drawn, (say("as it is"), say("then")), say("part of what is wanted"), caption), caption)


DRAWN: dict[str, Callable[[Visitor, str, Answer], None]] = {
    "stress": _stress, "impact": _impact, "plan_whatif": _whatif, "plan_policy": _policy,
}  # fmt: skip
