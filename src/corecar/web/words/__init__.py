"""The words of the pages in every language that there is. English is what the code says; others translate it."""

from __future__ import annotations

from dataclasses import dataclass

from corecar.web.words.chinese import CHINESE, CHINESE_NAMES

LANGUAGES = {"en": "English", "zh": "中文"}
"""Code of each language and how it calls itself."""


@dataclass(frozen=True)
class Words:
    """Says things in one language.

    code   of the language
    texts  translations of whole texts, with places such as `{lot}` in them
    names  translations of the names of columns, states and kinds, which answers of verbs bear
    """

    code: str
    texts: dict[str, str]
    names: dict[str, str]

    def __call__(self, text: str, **values: object) -> str:
        """A text of the pages, its places filled in."""
        return self.texts.get(text, text).format(**values) if values else self.texts.get(text, text)

    def name(self, word: str) -> str:
        """A name as the head of a column or the label of a fact."""
        plain = word.replace("_", " ").strip()
        return self.names.get(plain.lower(), plain[:1].upper() + plain[1:])

    def word(self, word: str) -> str:
        """A state or kind in the middle of a line."""
        return self.names.get(word.lower(), word)


def words_of(code: str) -> Words:
    """The words of a language; English for one that there is none of."""
    return Words("zh", CHINESE, CHINESE_NAMES) if code == "zh" else Words("en", {}, {})
