"""What is studied of one lot beside its figures: which of them stands in the address."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from nicegui import ui

from corecar.errors import CorecarError
from corecar.web.pages.parts import heading, notes, select, show_answer
from corecar.web.pages.visitor import Visitor

STUDIES = ("bias", "assess_outliers", "test_time", "related", "recovery")
"""Verbs that study lots by themselves, and need nothing but the lots."""
SITES = {"site": "test site", "sites": "test sites"}
"""Words of testers that mean something else in the chain."""


def of_testers(answer: Any) -> Any:
    """An answer about sites of a tester, which have a word of their own: the chain has sites too.

    >>> of_testers({"rows": [{"factor": "site"}], "sites": [{"site": 3}]})
    {'rows': [{'factor': 'test site'}], 'test sites': [{'test site': 3}]}
    """
    if isinstance(answer, Mapping):
        return {SITES.get(name, name): _told(name, value) for name, value in answer.items()}
    return [of_testers(each) for each in answer] if isinstance(answer, list) else answer


def _told(name: str, value: Any) -> Any:
    return SITES.get(value, value) if name == "factor" else of_testers(value)


async def lot_studies(visitor: Visitor, found: Mapping[str, Any], asked: str) -> None:
    """The choice of a study, and the answer of the one that the address asks for.

    found  the answer of the verb `lot`
    """
    say = visitor.say
    words = {
        "": say("none"), "bias": say("How sites and hardware differ"), "assess_outliers": say("Readings that lie out"),
        "test_time": say("Where test time goes"), "related": say("Which tests go together"),
        "recovery": say("What retests recovered"),
    }  # fmt: skip
    with ui.element("div").classes("" if asked in STUDIES else "no-print"):
        heading(say("A study of it"))
    chosen = select("study", say("Study"), words, asked if asked in STUDIES else "", sends=True)
    act = f'<button class="btn">{escape(say("Show it"))}</button>'
    ui.html(f'<form method="get" action="#study" id="study-of" class="row no-print">{chosen}{act}</form>',
            sanitize=False)  # fmt: skip
    if asked not in STUDIES:
        return
    try:
        answer = await visitor.call(asked, lots=[f"number:{found['number']}"])
    except CorecarError as error:
        notes([say.told(str(error))])
        return
    show_answer(visitor, of_testers(answer), f"{found['lot']}-{asked.replace('_', '-')}")
