"""The words of pages and mails in every language that there is. English is what the code says; others translate it."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

LANGUAGES = {"en": "English", "zh": "中文"}
"""Code of each language and how it calls itself."""


@dataclass(frozen=True)
class Words:
    """Says things in one language.

    code   of the language
    texts  translations of whole texts, with places such as `{lot}` in them
    names  translations of the names of columns, facts and verbs
    words  translations of states, kinds, roles and stages, which answers of verbs hold
    """

    code: str
    texts: dict[str, str]
    names: dict[str, str]
    words: dict[str, str]

    def __call__(self, text: str, **values: object) -> str:
        """A text of the pages, its places filled in."""
        return self.texts.get(text, text).format(**values) if values else self.texts.get(text, text)

    def name(self, word: str) -> str:
        """A name as the head of a column or the label of a fact."""
        plain = word.replace("_", " ").strip()
        return self.names.get(plain.lower(), plain[:1].upper() + plain[1:])

    def word(self, word: str) -> str:
        """A state or kind in the middle of a line."""
        return self.words.get(word.lower(), word)


@cache
def words_of(code: str) -> Words:
    """The words of a language; English for one that there is none of.

    A translation is three tables beside this module: CODE-texts.csv, CODE-names.csv and CODE-words.csv.
    """
    if code == "en" or code not in LANGUAGES:
        return Words("en", {}, {}, {})
    return Words(code, *(_table(f"{code}-{kind}.csv") for kind in ("texts", "names", "words")))


def _table(name: str) -> dict[str, str]:
    lines = files(__name__).joinpath(name).read_text(encoding="utf-8").splitlines()
    return {row["english"]: row["chinese"] for row in csv.DictReader(lines)}
