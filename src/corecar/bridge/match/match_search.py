"""Needs and offers of a chain found by words, Chinese or English."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from corecar.bridge.calls import AtLeast, Call
from corecar.bridge.chain.chain_tables import chain_of
from corecar.chain.chain import Chain
from corecar.chain.words import SUBJECTS
from corecar.errors import ArgumentError
from corecar.faults import meant
from corecar.match.text_search import Found, TextIndex
from corecar.plurals import plural

Words = Annotated[str, "Words between blanks, such as `封装` or `burn-in`; a Latin word finds all that begin with it."]
Of = Annotated[Literal["needs", "offers"] | None, "Only needs, or only offers."]
KindOf = Annotated[str | None, "Only of this kind, such as test or research."]
Limit = Annotated[int, "At most so many, the best first.", AtLeast(1)]


def search(call: Call, words: Words, *, of: Of = None, kind: KindOf = None, limit: Limit = 20) -> dict[str, Any]:
    """Find needs and offers by words of their texts, Chinese and English, the best first.

    Raises  ArgumentError for a kind that there is none of, or without a word
    """
    return found_in(chain_of(call), words, of=of, kind=kind, limit=limit)


def found_in(
    chain: Chain,
    words: str,
    *,
    of: Literal["needs", "offers"] | None = None,
    kind: str | None = None,
    limit: int = 20,
) -> dict[str, Any]:
    """The same in any chain."""
    if not words.strip():
        raise ArgumentError("words: say what is sought, such as 封装 or burn-in.")
    if kind is not None and kind not in SUBJECTS:
        raise ArgumentError(f'nothing is of the kind "{kind}". {meant(kind, SUBJECTS)}')
    found = TextIndex(chain).search(words, which=of, kind=kind)
    rows = [_row(chain, one) for one in found[:limit]]
    notes = [f"{plural(len(found) - len(rows), 'more row')}: raise --limit."] if len(found) > len(rows) else []
    if found and not found[0].whole:
        notes.append("nothing has all of these words; these have some.")
    said = "" if rows else f'Nothing is found for "{words}".'
    return {"said": said, "rows": rows, "notes": notes, "columns": ["name", "of", "kind", "party", "title", "title_zh"]}


def _row(chain: Chain, one: Found) -> dict[str, Any]:
    row = {name: chain[one.which][name][one.row].as_py() for name in ("kind", "party", "title", "title_zh")}
    name = chain[one.which][one.which.removesuffix("s")][one.row].as_py()
    return {"name": name, "of": one.which, **row, "found_in": ", ".join(one.fields), "rank": round(one.score, 2)}
