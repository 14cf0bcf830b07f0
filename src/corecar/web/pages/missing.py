"""What an address names and is not there: said clearly, with what is near it and the way back."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from urllib.parse import quote

from corecar.errors import NotFound
from corecar.words import Words

NEAR = 5
"""Names that are offered instead."""


@dataclass
class Missing(NotFound):
    """Something that an address names and that is not there, or not for this visitor.

    told  the sentence; near: names that are there, each with its address; back: words and address of where all are
    """

    told: str
    near: Mapping[str, str]
    back: tuple[str, str]

    def __str__(self) -> str:
        return self.told


def near(name: str, known: Iterable[str], address: str) -> dict[str, str]:
    """Names that are spelled alike, else the first few, each with its address.

    address  with `{}` for the name

    >>> near("OSAT3", ["OSAT-1", "OSAT-3", "FAB"], "/chain?site={}")
    {'OSAT-3': '/chain?site=OSAT-3', 'OSAT-1': '/chain?site=OSAT-1'}
    """
    names = sorted({str(each) for each in known})
    if name.isdecimal() and all(each.isdecimal() for each in names):
        nearest = sorted(names, key=lambda each: abs(int(each) - int(name)))
        return {each: address.format(each) for each in nearest[:NEAR]}
    folded = {each.casefold(): each for each in reversed(names)}
    alike = [folded[each] for each in difflib.get_close_matches(name.casefold(), folded, n=NEAR, cutoff=0.6)]
    return {each: address.format(quote(each, safe="")) for each in alike or names[:NEAR]}


def missing_html(say: Words, missing: Missing) -> str:
    """The page of something that is not there, as HTML."""
    links = "".join(
        f'<li><a href="{escape(to, quote=True)}">{escape(name)}</a></li>' for name, to in missing.near.items()
    )
    near_ones = f'<p class="explanation">{escape(say("There is:"))}</p><ul class="near">{links}</ul>' if links else ""
    words, to = missing.back
    return (
        f'<div class="empty missing" role="alert"><p class="answer">{escape(missing.told)}</p>{near_ones}'
        f'<p><a class="btn main-act" href="{escape(to, quote=True)}">{escape(words)}</a></p></div>'
    )


def number_of(text: str, told: str, back: tuple[str, str]) -> int:
    """The number that an address holds. Raises Missing for what is none.

    told  what is said then; back: words and address of where all are
    """
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise Missing(told, {}, back)
    return int(text)
