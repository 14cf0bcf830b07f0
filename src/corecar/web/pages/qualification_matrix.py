"""The tests of a qualification by their groups A to G, each with where it stands: a click leads to its evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any
from urllib.parse import quote

from nicegui import ui

from corecar.web.pages.cells import TONES
from corecar.web.pages.visitor import Visitor
from corecar.words import Words

Row = Mapping[str, Any]


def matrix(visitor: Visitor, number: int, rows: Sequence[Row]) -> None:
    """A row for each group, a mark for each of its tests."""
    say = visitor.say
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(str(row["group"]), []).append(row)
    body = "".join(_group(say, number, name, tests) for name, tests in groups.items())
    heads = "".join(f"<th>{escape(text)}</th>" for text in (say("Group"), say("Tests"), say("Done")))
    ui.html(f'<table class="read tests"><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>', sanitize=False)
    ui.html(_legend(say, rows), sanitize=False)


def _group(say: Words, number: int, name: str, tests: Sequence[Row]) -> str:
    done = sum(TONES.get(str(row["state"])) != "attention" and row["state"] != "failed" for row in tests)
    marks = " ".join(_test(say, number, row) for row in tests)
    title = _groups(say).get(name, "")
    return (
        f'<tr><th scope="row"><b>{escape(name)}</b> {escape(title)}</th><td class="marks">{marks}</td>'
        f"<td>{done} / {len(tests)}</td></tr>"
    )


def _groups(say: Words) -> dict[str, str]:
    """What the groups of AEC-Q100 are about, in a few words of our own."""
    return {
        "A": say("stress by climate and temperature"), "B": say("operating life"), "C": say("assembly of the package"),
        "D": say("wear of the die"), "E": say("electrical"), "F": say("screens"), "G": say("cavity packages"),
        "H": say("modules (AEC-Q104)"), "Q006": say("copper wire (AEC-Q006)"),
    }  # fmt: skip


def _test(say: Words, number: int, row: Row) -> str:
    state = str(row["state"])
    told = f"{row['test']} {say.word(str(row['name']))}: {say.word(state)}"
    to = f"/qualify/{number}/tests/{quote(str(row['test']), safe='')}"
    return (
        f'<a class="state {TONES.get(state, "unknown")}" href="{escape(to, quote=True)}" '
        f'title="{escape(told, quote=True)}" aria-label="{escape(told, quote=True)}">{escape(str(row["test"]))}</a>'
    )


def _legend(say: Words, rows: Sequence[Row]) -> str:
    states = dict.fromkeys(str(row["state"]) for row in rows)
    told = "".join(
        f'<li><span class="state {TONES.get(state, "unknown")}" style="width:auto;height:auto">'
        f"{escape(say.word(state))}: {sum(row['state'] == state for row in rows):,}</span></li>"
        for state in states
    )
    return f'<ul class="map-legend">{told}</ul>'
