"""What is asked of a plan: why a program is short, what if, policies, needs. The answers come as jobs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from nicegui import ui
from starlette.requests import Request

from corecar.bridge.plan.other_options import other_options
from corecar.errors import ArgumentError
from corecar.faults import meant
from corecar.web.pages.cells import shown
from corecar.web.pages.forms import Ask, form
from corecar.web.pages.jobs import leaving
from corecar.web.pages.parts import Field, button, heading, notes, sentence
from corecar.web.pages.sliders import Slider, whole
from corecar.web.pages.visitor import Visitor
from corecar.words import Words

Row = Mapping[str, Any]
MORE_AT_MOST = 100
"""By how much demand or capacity is slid at most [%]."""


def plan_acts(visitor: Visitor, number: int, why: str, demands: Sequence[str], *, policies: bool) -> None:
    """What can be done with a plan, and asked of it.

    why       the demand that is asked about at first; demands: those of the plan
    policies  whether there is any with and without which a plan can be shown
    """
    say = visitor.say
    place = ui.element("div")
    with ui.element("div").classes("bar"):
        if visitor.may("plan"):
            button(say("Plan again"), doing(visitor, place, "plan"), kind="main-act")
            button(say("Plan with what was measured"), doing(visitor, place, "plan", measured=True))
        button(say("What is behind, and why"), doing(visitor, place, "plan_shortages", plan=number))
        button(say("Needs"), doing(visitor, place, "plan_needs", plan=number))
        if policies:
            button(say("With and without policies"), doing(visitor, place, "plan_policy", plan=number))
        else:
            button(say("Make a policy"), lambda: ui.navigate.to("/chain?table=policies"))
        button(say("What stopped lots take away"), doing(visitor, place, "impact", plan=number))
    with ui.element("div").classes("row"):
        choices = {"": say("the worst one")} | {name: name for name in demands}
        demand = Field(say("Why is it short"), value=why, choices=choices, remembered="why")
        button(
            say("What costs it most"),
            lambda: ui.navigate.to(f"/plan/losses?plan={number}&demand={quote(demand.value, safe='')}"),
        )
        button(
            say("Explain"),
            leaving(visitor, place, lambda: ("plan_explain", {"demand": demand.value or None, "plan": number})),
        )
    chances(visitor, number)


def chances(visitor: Visitor, number: int) -> None:
    """The form that draws many scenarios of a plan."""
    say = visitor.say
    asked = [
        Ask("scenarios", say("Scenarios that are drawn"), "100", "number"),
        Ask("demand", say("Each demand is up or down by this part at most"), "0.1", "decimal"),
        Ask("stops", say("Groups of machines that stop, on the mean"), "1", "decimal"),
        Ask("down", say("Weeks that each of them stops"), "4", "number"),
    ]
    told = say("Each scenario is planned; the answer is what is supplied then, and what the worst cost.")
    form(visitor, say("Chances of this plan"), "plan_chances", asked, fixed={"plan": number}, told=told)


def options_told(visitor: Visitor, number: int, options: Mapping[str, Any]) -> None:
    """That a plan was made with other options than `Plan again` takes, and with which."""
    say = visitor.say
    differ = other_options({name: value for name, value in options.items() if name != "qualified"})
    if not differ:
        return
    names = {
        "limit": say("capacity"), "measured": say("numbers as measured"), "stopped": say("lots that are no supply"),
        "weeks": say("weeks"), "whole_lots": say("in whole lots"),
    }  # fmt: skip
    told = say("; ").join(
        say(
            "{name} {was}, not {usual}",
            name=names.get(name, say.name(name)),
            was=_option(say, was),
            usual=_option(say, usual),
        )
        if usual not in (None, ())
        else f"{names.get(name, say.name(name))} {_option(say, was)}"
        for name, (was, usual) in differ.items()
    )
    sentence("", say("Plan {number} was made with other options than “Plan again” takes: {told}.",
                     number=number, told=told))  # fmt: skip


def _option(say: Words, value: Any) -> str:
    """An option in a word; of a list how long it is."""
    return f"{len(value):,}" if isinstance(value, (list, tuple)) else shown(say, value)


def doing(visitor: Visitor, place: ui.element, verb: str, **how: Any) -> Callable[[], Awaitable[None]]:
    """Leave a verb as a job; what is wrong is said in a place of the page."""
    return leaving(visitor, place, lambda: (verb, how))


def what_if(visitor: Visitor, request: Request, number: int, groups: Sequence[Row], weeks: Sequence[str]) -> None:
    """Sliders of demand, of a site that is down, of a group's capacity; what they say is planned as a job.

    groups  of machines with their sites; weeks: of the plan
    Where the sliders stand is kept in the address.
    """
    say, asked = visitor.say, request.query_params
    with ui.element("div").classes("no-print"):
        heading(say("What if"))
    place = ui.element("div")
    most = MORE_AT_MOST
    names = sorted({str(row["group"]) for row in groups})
    sites = sorted({str(row["site"]) for row in groups})
    _unknown(say, asked, {"down": sites, "group": names, "from": list(weeks)})
    with ui.element("div").classes("row"):
        demand = Slider(
            say("Demand"), whole(asked.get("demand"), -most, most, 20), -most, most, step=5, remembered="demand"
        )
    with ui.element("div").classes("row"):
        site = Field(
            say("This site is down"), value=asked.get("down", ""), remembered="down",
            choices={"": say("none")} | {name: name for name in sites},
        )  # fmt: skip
        first = Field(
            say("from week"), value=asked.get("from", ""), choices={week: week for week in weeks}, remembered="from"
        )
        long = Slider(
            say("for so long"), whole(asked.get("weeks"), 1, len(weeks), min(4, len(weeks))), 1, len(weeks),
            unit=say("weeks"), signed=False, remembered="weeks",
        )  # fmt: skip
    with ui.element("div").classes("row"):
        group = Field(
            say("This group of machines can do"), value=asked.get("group", ""), remembered="group",
            choices={"": say("what it can")} | {name: name for name in names},
        )  # fmt: skip
        able = Slider(
            say("more, or less"), whole(asked.get("able"), -most, most, 10), -most, most, step=5, remembered="able"
        )

        def scenario() -> tuple[str, dict[str, Any]]:
            down = down_weeks(weeks, first.value, int(long.value))
            line = scenario_line(int(demand.value), site.value, down, group.value, int(able.value))
            if not line:
                raise ArgumentError(say("Nothing is changed. Move a slider, or choose a site."))
            return "plan_whatif", {"plan": number, "scenarios": [line]}

        button(say("Try it"), leaving(visitor, place, scenario), kind="main-act")


def _unknown(say: Words, asked: Mapping[str, str], known: Mapping[str, Sequence[str]]) -> None:
    """What an address asks for that is not in the plan, with what is near it; nothing of it is asked then."""
    texts = {
        "down": say("There is no site {name} in this plan, so none is down."),
        "group": say("There is no group of machines {name} in this plan, so none is changed."),
        "from": say("The plan has no week {name}."),
    }
    wrong = [(key, asked[key]) for key in texts if asked.get(key) and asked[key] not in known[key]]
    advice = {key: meant(name, known[key]) for key, name in wrong}
    notes([f"{texts[key].format(name=name)} {say.told(advice[key])}".strip() for key, name in wrong])


def down_weeks(weeks: Sequence[str], first: str, long: int) -> str:
    """Some weeks on end of a plan as a change says them: from one on, so many, none beyond the last.

    >>> down_weeks(["2027-W01", "2027-W02"], "2027-W02", 4)
    '2027-W02'
    """
    place = weeks.index(first) if first in weeks else 0
    begin, end = weeks[place], weeks[min(place + long, len(weeks)) - 1]
    if begin == end:
        return begin
    return f"{begin}..{end[5:] if end[:4] == begin[:4] else end}"


def scenario_line(demand: int, site: str, weeks: str, group: str, able: int) -> str:
    """What sliders say, as the lines of one scenario; empty where nothing is changed.

    >>> scenario_line(20, "OSAT-1", "2027-W10..W13", "", 10)
    'demand * +20%; site OSAT-1 down 2027-W10..W13'
    """
    changes = [f"demand * {demand:+d}%"] if demand else []
    changes += [f"site {site} down {weeks}"] if site else []
    changes += [f"capacity {group} {able:+d}%"] if group and able else []
    return "; ".join(changes)
