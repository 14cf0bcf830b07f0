"""Answers of long work with their drawings: stops of a chain, what is behind, what an impact is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from corecar.plurals import signed
from corecar.report.answer_pictures import schedule_gantt
from corecar.report.figures.before_after import Moved, before_after
from corecar.report.figures.lost_bars import lost_bars, lost_of
from corecar.report.figures.stress_charts import impact_bars, survival_scatter
from corecar.web.pages.case_drawn import draw_case, draw_shared, frontier
from corecar.web.pages.laboratory import book_form
from corecar.web.pages.money import money, with_money
from corecar.web.pages.parts import facts, notes, sentence, show_answer, table, tiles
from corecar.web.pages.pictures import figure
from corecar.web.pages.plan_tiles import gap_tile
from corecar.web.pages.visitor import Visitor

Answer = Mapping[str, Any]
Tile = tuple[str, str, str]
MOST_DRAWN = 30
"""Programs of a drawing, those that move most; the table has all."""


@dataclass(frozen=True)
class Asked:
    """What was asked: the verb, and the currency of the money in its answer."""

    verb: str
    currency: str


def drawn_answer(visitor: Visitor, verb: str, answer: Answer, currency: str = "") -> None:
    """The answer of a verb, with a picture where it has one. currency: of money that does not say its own."""
    draw = DRAWN.get(verb.replace(" ", "_"), _plain)
    draw(visitor, Asked(verb, currency), visitor.told(answer))


def _plain(visitor: Visitor, asked: Asked, answer: Answer) -> None:
    show_answer(visitor, answer, asked.verb.replace(" ", "-"), currency=asked.currency)


def _stress(visitor: Visitor, asked: Asked, answer: Answer) -> None:
    say = visitor.say
    sentence(with_money(say, str(answer["said"]), asked.currency))
    facts(say, answer.get("facts") or {}, asked.currency)
    if answer["rows"]:
        said = partial(money, say, currency=asked.currency)
        figure(say, impact_bars(answer["rows"], answer["said"], said), say("What each stop costs"))
        figure(say, survival_scatter(answer["rows"], answer["said"]), say("How long each stop is survived"))
    rest = {key: value for key, value in answer.items() if key not in ("said", "facts")}
    show_answer(visitor, rest, "stress", currency=asked.currency)


def _impact(visitor: Visitor, asked: Asked, answer: Answer) -> None:
    say = visitor.say
    sentence(str(answer["said"]))
    facts(say, answer["facts"], asked.currency)
    lost = lost_of(answer["rows"])[:MOST_DRAWN]
    if lost:
        text = say("What stopped lots take from each program")
        figure(say, lost_bars(lost, text), text)
    for key in ("rows", "lots", "supply", "moves", "touched"):
        title = "" if key == "rows" else say.name(key)
        table(visitor, answer.get(key) or [], f"impact-{key}", title=title, currency=asked.currency)
    notes(answer["notes"])


def _whatif(visitor: Visitor, asked: Asked, answer: Answer) -> None:
    say, (_, *rest) = visitor.say, answer["rows"]
    sentence(str(answer["said"]))
    gaps = answer["details"].get("gaps", {})
    rows = [{**row, "gap": gaps.get(row["scenario"])} for row in answer["rows"]]
    for row in rest:
        tiles([*_changes(visitor, row, asked.currency), *_gap(visitor, gaps.get(row["scenario"]))])
    for row in rest:
        moved = [each for each in answer["demands"] if each["scenario"] == row["scenario"]]
        _moved(visitor, moved, row["scenario"])
    table(visitor, rows, "what-if", currency=asked.currency)
    table(visitor, answer["demands"], "what-if-demands", title=say("Demands that differ"))
    table(visitor, answer["groups"], "what-if-groups", title=say("Groups of machines whose load moves most"))
    notes(answer["notes"])


def _schedule(visitor: Visitor, asked: Asked, answer: Answer) -> None:
    say = visitor.say
    sentence(str(answer["said"]))
    facts(say, answer.get("facts") or {})
    figure(say, schedule_gantt(answer), say("Which test runs when"), name="laboratory")
    rest = {key: value for key, value in answer.items() if key not in ("said", "facts")}
    show_answer(visitor, rest, "qualify-schedule", currency=asked.currency)
    book_form(visitor, (answer.get("facts") or {}).get("schedule"), answer.get("bookings") or ())


def _policy(visitor: Visitor, asked: Asked, answer: Answer) -> None:
    say, rows = visitor.say, answer["rows"]
    sentence(str(answer["said"]))
    last = rows[-1]
    cost = (money(say, last["public_cost"], asked.currency), say("public cost"), "#")
    tiles([*_changes(visitor, last, asked.currency), cost])
    table(visitor, rows, "policies-plans", title=say("Without, with each policy, with all together"),
          currency=asked.currency)  # fmt: skip
    _moved(visitor, [row for row in answer["demands"] if row["plan"] == last["plan"]], last["plan"])
    table(visitor, answer["parties"], "policies-parties", title=say("Benefit of each party"),
          currency=asked.currency)  # fmt: skip
    table(visitor, answer["policies"], "policies", title=say("The policies"))
    table(visitor, answer["broken_promises"], "policies-broken", title=say("Promises that are broken"))
    notes(answer["notes"])


def _case(visitor: Visitor, asked: Asked, answer: Answer) -> None:
    draw_case(visitor, answer, asked.currency)


def _frontier(visitor: Visitor, asked: Asked, answer: Answer) -> None:
    frontier(visitor.say, answer, answer["rows"])
    _plain(visitor, asked, answer)


def _shared(visitor: Visitor, asked: Asked, answer: Answer) -> None:
    draw_shared(visitor, answer, asked.currency)


def _changes(visitor: Visitor, row: Answer, currency: str) -> list[Tile]:
    """What a plan has more or less of than the one it is held against."""
    say = visitor.say
    return [
        (signed(row["supplied_change"]).replace("-", "−"), say("vehicles supplied"), "#"),
        (money(say, row["value_change"], currency, signed=True), say("output value"), "#"),
        (f"{100 * row['on_time_change']:+.1f}".replace("-", "−"), say("points on time"), "#"),
        (f"{row['fill']:.1%}", say("of what is wanted then"), "#"),
    ]


def _gap(visitor: Visitor, gap: float | None) -> list[Tile]:
    return [] if gap is None else [gap_tile(visitor.say, gap)]


def _moved(visitor: Visitor, rows: Sequence[Answer], name: str) -> None:
    """Fill of each demand that differs, before and after."""
    if not rows:
        return
    say = visitor.say
    drawn = [Moved(str(row["demand"]), row["fill_before"], row["fill_now"]) for row in rows[:MOST_DRAWN]]
    caption = say("What part of each program comes: {name}", name=name)
    figure(say, before_after(drawn, (say("as it is"), say("then")), say("part of what is wanted"), caption), caption)


DRAWN: dict[str, Callable[[Visitor, Asked, Answer], None]] = {
    "stress": _stress, "impact": _impact, "plan_whatif": _whatif, "plan_policy": _policy,
    "expand_case": _case, "expand_frontier": _frontier,
    "expand_shared": _shared,
    "qualify_worth": _whatif, "qualify_schedule": _schedule,
}  # fmt: skip
