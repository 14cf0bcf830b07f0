"""What is agreed week by week, and what came of it: span of call-offs, called off, delivered, late, short."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from corecar.report.figures.svg import drawing, element, label, text_width, title
from corecar.report.quantities import count

LEFT, WIDTH, TOP, TALL, WIDEST = 64.0, 860.0, 26.0, 150.0, 44.0
FOOT, LINE = 22.0, 18.0
NOTHING = 1e-9


@dataclass(frozen=True)
class Agreed:
    """One week of a volume, in its unit.

    least, most  that may be called off; called_off: None where nothing was
    """

    week: str
    agreed: float
    least: float
    most: float
    called_off: float | None = None
    delivered: float = 0.0
    late: float = 0.0
    short: float = 0.0

    @property
    def outside(self) -> bool:
        """Whether what was called off lies outside of what may be."""
        asked = self.called_off
        return asked is not None and not self.least - NOTHING <= asked <= self.most + NOTHING


def agreed_weeks_chart(weeks: Sequence[Agreed], unit: str, alt: str) -> str:
    """A column for each week on one scale from 0: the span as a band, what is agreed as a line, deliveries as bars.

    unit  of the quantities, in words
    """
    most = max((max(each.most, each.agreed, each.called_off or 0.0, each.delivered) for each in weeks), default=1.0)
    scale = TALL / (most or 1.0)
    cell = min((WIDTH - LEFT) / max(len(weeks), 1), WIDEST)
    drawn = [_column(each, LEFT + place * cell, cell, scale, unit) for place, each in enumerate(weeks)]
    legend, lines = _legend(weeks, TOP + TALL + FOOT + LINE)
    height = TOP + TALL + FOOT + LINE * (lines + 1)
    return drawing(WIDTH, height, alt, *_axes(most, scale, unit, cell * len(weeks)), *drawn,
                   *_heads(weeks, cell), *legend)  # fmt: skip


def _axes(most: float, scale: float, unit: str, wide: float) -> list[str]:
    """The scale with its unit: 0, half and the most."""
    drawn = [label(unit, LEFT - 8, 12, class_="small quiet", anchor="end")]
    for value in (0.0, most / 2, most):
        y = TOP + TALL - value * scale
        drawn.append(element("path", class_="grid", d=f"M{LEFT:g} {y:.2f}H{LEFT + wide:.2f}"))
        drawn.append(label(count(round(value)), LEFT - 8, y + 4, class_="small", anchor="end"))
    return drawn


def _column(week: Agreed, left: float, cell: float, scale: float, unit: str) -> str:
    base, gap = TOP + TALL, cell * 0.14
    inner = cell - 2 * gap
    shapes = [_bar("band", left + 1, cell - 2, base - week.most * scale, (week.most - week.least) * scale)]
    bottom = base
    for class_, much in (("in-time", week.delivered - week.late), ("late", week.late), ("short", week.short)):
        if much > NOTHING:
            bottom -= much * scale
            shapes.append(_bar(class_, left + gap, inner, bottom, much * scale))
    y = base - week.agreed * scale
    shapes.append(element("path", class_="spec", d=f"M{left + 1:.2f} {y:.2f}H{left + cell - 1:.2f}"))
    if week.called_off is not None:
        shapes.append(_called(left + cell / 2, base - week.called_off * scale, outside=week.outside))
    return element("g", title(_told(week, unit)), *shapes)


def _bar(class_: str, left: float, width: float, top: float, height: float) -> str:
    return element("rect", class_=class_, x=left, y=top, width=width, height=max(height, 0.0))


def _called(x: float, y: float, *, outside: bool) -> str:
    """What was called off: a dot, and a cross where it is outside of what may be."""
    if outside:
        return element("path", class_="cross", d=f"M{x - 4:.2f} {y - 4:.2f}l8 8m0 -8l-8 8", stroke_width=2)
    return element("circle", class_="dot", cx=x, cy=y, r=3.2)


def _told(week: Agreed, unit: str) -> str:
    asked = "–" if week.called_off is None else count(round(week.called_off))
    came = f"delivered {count(round(week.delivered))}, late {count(round(week.late))}, short {count(round(week.short))}"
    return f"{week.week}: agreed {count(round(week.agreed))} {unit}, called off {asked}, {came}"


def _heads(weeks: Sequence[Agreed], cell: float) -> list[str]:
    """Weeks below, as many as have room; the year where it begins."""
    step, year, drawn = max(1, round(30 / cell)), "", []
    for place, each in enumerate(weeks):
        left = LEFT + place * cell
        if each.week[:4] != year:
            year = each.week[:4]
            drawn.append(label(year, left, TOP + TALL + FOOT + 6, class_="small quiet"))
        if place % step == 0:
            drawn.append(label(each.week[5:], left + cell / 2, TOP + TALL + 13, class_="small", anchor="middle"))
    return drawn


def _legend(weeks: Sequence[Agreed], top: float) -> tuple[list[str], int]:
    """What each mark means, of those that are there, in as many lines as it takes; and how many those are."""
    drawn: list[str] = []
    left, line = LEFT, 0
    for text, mark in _marks(weeks):
        wide = 36 + text_width(text, 12)
        if left + wide > WIDTH and left > LEFT:
            left, line = LEFT, line + 1
        y = top + line * LINE
        drawn += [mark(left, y), label(text, left + 20, y, class_="small")]
        left += wide
    return drawn, line + 1


def _marks(weeks: Sequence[Agreed]) -> Iterator[tuple[str, Callable[[float, float], str]]]:
    """Each mark that is there with its words: how it is drawn at a place."""
    yield "agreed", lambda left, y: element("path", class_="spec", d=f"M{left:g} {y - 4:g}h14")
    bars = (("may be called off", "band", True),
            ("delivered in its week", "in-time", any(each.delivered > each.late for each in weeks)),
            ("late", "late", any(each.late > NOTHING for each in weeks)),
            ("short", "short", any(each.short > NOTHING for each in weeks)))  # fmt: skip
    for text, class_, there in bars:
        if there:
            yield text, partial(_legend_bar, class_)
    for text, outside in (("called off", False), ("called off outside of what was agreed", True)):
        if any(each.called_off is not None and each.outside == outside for each in weeks):
            yield text, partial(_legend_call, outside)


def _legend_bar(class_: str, left: float, y: float) -> str:
    return _bar(class_, left, 14, y - 9, 10)


def _legend_call(outside: bool, left: float, y: float) -> str:
    return _called(left + 7, y - 4, outside=outside)
