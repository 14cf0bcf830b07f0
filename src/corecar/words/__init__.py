"""The words of pages and mails in every language that there is. English is what the code says; others translate it."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from corecar.words.in_pages import in_pages
from corecar.words.sentences import Sentences

LANGUAGES = {"en": "English", "zh": "中文"}
"""Code of each language and how it calls itself."""
ENGLISH = {
    "verb": "Work", "plan": "Plan", "plan explain": "Why it is short", "plan shortages": "What is behind",
    "plan whatif": "What if", "plan needs": "Needs", "plan policy": "Policies", "plan chances": "Chances",
    "chain import": "Tables taken in", "whatif": "Other widths", "ingest": "Files taken in",
    "jobs work": "Work at jobs",
    "concentration": "What one site alone can do", "limits propose": "Limits proposed", "impact": "Impact",
    "grr": "GRR", "grr of tolerance": "GRR of tolerance", "ndc": "ndc", "f": "F", "p": "p", "q": "q",
    "ttr weeks": "Time to recover [weeks]", "tts weeks": "Time to survive [weeks]", "ttr source": "Time to recover by",
    "sha256": "SHA-256", "file sha256": "SHA-256 of the file", "terms sha256": "SHA-256 of the terms",
    "text sha256": "SHA-256 of the text", "stands here": "In this workspace",
    "sd a": "SD a", "sd b": "SD b", "n": "n", "n a": "n a",
    "n b": "n b", "cpk": "Cpk", "x": "X", "y": "Y",
}  # fmt: skip
"""Names that English writes otherwise than those of other columns."""
CAPITALS = frozenset({
    "aec", "bpna", "bpnl", "bpns", "cpu", "crl", "csv", "ecid", "grr", "hhi", "json", "oee", "pdf", "pin", "ppap", "sd",
    "sop", "uph", "utc", "wip",
})  # fmt: skip
"""Abbreviations that are written in capitals wherever they stand in a name."""


@dataclass(frozen=True)
class Words:
    """Says things in one language.

    code   of the language
    texts  translations of whole texts, with places such as `{lot}` in them
    names  translations of the names of columns, facts and verbs
    words  translations of states, kinds, roles and stages, which answers of verbs hold
    sentences  what verbs say, as patterns with slots; drawings: those and what is written into drawings
    """

    code: str
    texts: dict[str, str]
    names: dict[str, str]
    words: dict[str, str]
    sentences: Sentences = field(default_factory=lambda: Sentences({}, str), compare=False)
    drawings: Sentences = field(default_factory=lambda: Sentences({}, str), compare=False)

    def __call__(self, text: str, **values: object) -> str:
        """A text of the pages, its places filled in."""
        return self.texts.get(text, text).format(**values) if values else self.texts.get(text, text)

    def name(self, word: str) -> str:
        """A name as the head of a column or the label of a fact."""
        plain = word.replace("_", " ").strip()
        return self.names.get(plain.lower()) or headed(plain)

    def word(self, word: str) -> str:
        """A state, kind or sentence of an answer, in a cell or in the middle of a line."""
        found = self.words.get(word.lower())
        return self.sentences.told(word) if found is None else found

    def told(self, text: str) -> str:
        """A sentence that a verb says, without commands; in English where there is no pattern for it."""
        return self.sentences.told(in_pages(text))

    def drawn(self, text: str) -> str:
        """A text in a drawing; as it is where there is no pattern for it."""
        return self.drawings.told(text)

    def answer(self, answer: Any) -> Any:
        """An answer of a verb with what it says in this language; its rows and facts are as they were."""
        if not isinstance(answer, dict):
            return answer
        said, notes = answer.get("said"), answer.get("notes")
        changed: dict[str, Any] = {}
        if isinstance(said, str):
            changed["said"] = self.told(said)
        if isinstance(notes, list):
            changed["notes"] = [self.told(note) if isinstance(note, str) else note for note in notes]
        return {**answer, **changed}


def headed(name: str) -> str:
    """A name as it stands at the head of a column: its first letter large, abbreviations in capitals.

    >>> headed("first week"), headed("bpnl"), headed("lowest ppap level")
    ('First week', 'BPNL', 'Lowest PPAP level')
    """
    told = " ".join(word.upper() if word.lower() in CAPITALS else word for word in name.split(" "))
    return told[:1].upper() + told[1:]


@cache
def words_of(code: str) -> Words:
    """The words of a language; English for one that there is none of.

    A translation is five tables beside this module, CODE-texts.csv, -names, -words, -sentences and -drawings.
    """
    if code == "en" or code not in LANGUAGES:
        return Words("en", {}, ENGLISH, {})
    texts, names, words = (_table(f"{code}-{kind}.csv") for kind in ("texts", "names", "words"))
    known = {**{name.lower(): other for name, other in names.items()}, **words}
    said, drawn = _table(f"{code}-sentences.csv"), _table(f"{code}-drawings.csv")
    in_drawings = known | {text.lower(): other for text, other in drawn.items() if "{" not in text}
    return Words(
        code, texts, names, words, Sentences(said, lambda word: known.get(word.lower(), word)),
        Sentences(said | drawn, lambda word: in_drawings.get(word.lower(), word)),
    )  # fmt: skip


def _table(name: str) -> dict[str, str]:
    lines = files(__name__).joinpath(name).read_text(encoding="utf-8").splitlines()
    return {row["english"]: row["chinese"] for row in csv.DictReader(lines)}
