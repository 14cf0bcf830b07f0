"""What a scheduled report holds: parts of rows, read with the access of whoever gets it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from corecar.bridge.calls import Call
from corecar.bridge.mail.alerts import KINDS, Alert, asked, standing


@dataclass(frozen=True)
class Part:
    """A part of a letter: a title in English, rows, and the address of the page of each, or of none.

    facts  labels and values above the rows
    """

    title: str
    rows: Sequence[Mapping[str, Any]]
    pages: Sequence[str] = ()
    facts: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Report:
    """A report: its title in English, and what it holds for an actor."""

    title: str
    parts: Callable[[Call], Iterator[Part]]


def part_of(kind: str, alerts: Sequence[Alert]) -> Part:
    """Alerts of one kind as a part."""
    return Part(KINDS[kind].title, [alert.row for alert in alerts], [alert.page for alert in alerts])


def _alerts(call: Call, *kinds: str) -> Iterator[Part]:
    for kind in kinds:
        alerts = standing(call, kind)
        if alerts:
            yield part_of(kind, alerts)


def _today(call: Call) -> Iterator[Part]:
    """What needs somebody: holds, shortages, volatile demand, to-dos, meetings, failed jobs."""
    yield from _alerts(call, "hold", "shortage", "demand", "todo", "meeting", "job")


def _plan(call: Call) -> Iterator[Part]:
    """The last plan: its facts, every demand, the fullest groups."""
    plans = asked(call, "plan_list", limit=1)["rows"]
    if not plans:
        return
    answer = asked(call, "plan_show", number=plans[0]["plan"])
    names = ("demand", "priority", "wanted", "supplied", "short", "late", "fill", "on_time", "value_short")
    rows = [{name: row[name] for name in names if name in row} for row in answer["rows"]]
    told = {name: plans[0][name] for name in ("plan", "at", "by", "first_week", "weeks", "wanted", "supplied", "short")}
    yield Part("The last plan", rows, ["/plan"] * len(rows), told)
    groups = [{n: row[n] for n in ("group", "site", "light", "use", "fullest") if n in row} for row in answer["groups"]]
    yield Part("Fullest groups of machines", groups)


def _quality(call: Call) -> Iterator[Part]:
    """Lots that are stopped, what is beyond limits, the latest lots with their yields."""
    yield from _alerts(call, "hold", "yield", "chart")
    rows = asked(call, "lots", limit=30)["rows"]
    names = ("lot", "product", "state", "since", "parts", "first_yield", "final_yield")
    told = [{name: row[name] for name in names if name in row} for row in rows]
    if rows:
        yield Part("Latest lots", told, [f"/lots/{row['number']}" for row in rows])


REPORTS: Mapping[str, Report] = {
    "today": Report("Today: what waits", _today),
    "plan": Report("The plan", _plan),
    "quality": Report("Quality of the lots", _quality),
}
"""The reports there are."""
