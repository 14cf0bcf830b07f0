"""Sentences that verbs say, in other languages: patterns with slots, matched when a sentence is shown.

A pattern is an English sentence without its full stop. Its slots: `{name}` for any words, `{name:number}` for a number,
`{name:moment}` for day and time, `{name:name}` for words without colon or semicolon, `{name:told}` for words that are
looked up themselves, one or several between commas. `week(s)` stands for one or several. What no pattern matches stays
as the verb says it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

NUMBER = r"[+\-−]?\d[\d,]*(?:\.\d+)?(?: ?%)?"
SLOT = re.compile(r"\{(?P<name>\w+)(?::(?P<kind>\w+))?\}")
MOMENT = r"\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d)?"
ANY = r"(?:(?!\. ).)+?"
"""Any words within one sentence."""
KINDS = {"number": NUMBER, "moment": MOMENT, "name": r"[^:;]+?", "told": ANY, None: ANY}
LONGEST = 2_000
"""Letters of a text that is looked at; a longer one was written by nobody who says sentences."""
ENDS = (re.compile(r"(?<=\.)\s+(?=\S)"), re.compile(r"(?<=:)\s+(?=\S)"))
"""Between two sentences, and within one between what is announced and what is said of it."""
WORDS = re.compile(r"[a-z]{2}")
"""What looks like a sentence or a word at all."""
DEEPEST = 3
"""Slots in slots in slots, and no further."""


@dataclass(frozen=True)
class Pattern:
    """A sentence with slots: what it looks like, what it says in the other language, which slots are looked up."""

    looks: re.Pattern[str]
    says: str
    told: frozenset[str]
    plain: tuple[str, ...]

    @property
    def weight(self) -> int:
        """Letters outside of its slots: of two patterns that match, the one with more of them says more."""
        return sum(map(len, self.plain))

    def of(self, text: str, look_up: Callable[[str], str]) -> str | None:
        """What a text says in the other language; None where it looks different."""
        found = self.looks.fullmatch(text) if self._may_be(text) else None
        if found is None:
            return None
        given = {name: look_up(value) if name in self.told else value for name, value in found.groupdict().items()}
        return self.says.format(**given)

    def _may_be(self, text: str) -> bool:
        """Whether its plain words stand in a text, in their order: quicker to see than a match."""
        at = 0
        for words in self.plain:
            at = text.find(words, at)
            if at < 0:
                return False
            at += len(words)
        return True


def pattern_of(english: str, other: str) -> Pattern:
    """A pattern from a row of the table.

    >>> pattern_of("{n:number} lot(s) stopped", "停了 {n} 批").of("12 lots stopped", str)
    '停了 12 批'
    """
    looks, told, plain, at = "", set(), [], 0
    for slot in SLOT.finditer(english):
        plain.append(english[at : slot.start()])
        looks += _plain(plain[-1]) + f"(?P<{slot['name']}>{KINDS[slot['kind']]})"
        if slot["kind"] == "told":
            told.add(slot["name"])
        at = slot.end()
    plain.append(english[at:])
    looks += _plain(plain[-1])
    words = tuple(part for piece in plain for part in piece.split("(s)") if part)
    return Pattern(re.compile(looks, re.S), other, frozenset(told), words)


def _plain(text: str) -> str:
    """Plain words as a regular expression; `(s)` may be there or not."""
    return "s?".join(map(re.escape, text.split("(s)")))


class Sentences:
    """The patterns of one language. words: single words and names, which slots may hold."""

    def __init__(
        self, table: Mapping[str, str], words: Callable[[str], str], joint: str = "", stop: str = "。"
    ) -> None:
        made = [pattern_of(english, other) for english, other in table.items()]
        self._patterns = sorted(made, key=lambda pattern: -pattern.weight)
        self._whole = frozenset(english for english in table if "{" not in english)
        self._words, self._joint, self._stop = words, joint, stop
        self.told = lru_cache(maxsize=20_000)(self._told)

    def _told(self, text: str) -> str:
        """A text in this language: as a whole, else sentence by sentence; what is not known stays as it is."""
        return self._deep(text, 0)

    def _deep(self, text: str, depth: int) -> str:
        if not self._patterns or len(text) > LONGEST or not WORDS.search(text):
            return text
        whole = self._one(text, depth)
        if whole is not None:
            return whole
        return self._parted(text, depth, ENDS) or text

    def _slot(self, text: str, depth: int) -> str:
        """What a slot holds: a known text, else piece by piece where all pieces of a list are, else as any text."""
        if text in self._whole:
            return self._deep(text, depth)
        for between, joint in (("; ", "；"), (", ", "、")):
            known = [self._one(piece, depth) for piece in text.split(between)] if between in text else []
            if known and all(known):
                return joint.join(piece or "" for piece in known)
        return self._deep(text, depth)

    def _parted(self, text: str, depth: int, ends: Sequence[re.Pattern[str]]) -> str | None:
        """A text piece by piece, each as a whole before it is taken apart itself; None where nothing is known."""
        if not ends:
            return None
        parts = ends[0].split(text, maxsplit=0 if ends[1:] else 1)
        if len(parts) == 1:
            return self._parted(text, depth, ends[1:])
        deeper = [ends[1:]] * (len(parts) - 1) + [ends[1:] or ends]  # what follows a colon may be a whole with another
        found = [self._one(part, depth) or self._parted(part, depth, left)
                 for part, left in zip(parts, deeper, strict=True)]  # fmt: skip
        if all(part is None for part in found):
            return None
        made = ""
        for part, said in zip(parts, found, strict=True):
            made += (" " if said is None and made else "") + (part if said is None else said + self._joint)
        return made

    def _one(self, text: str, depth: int) -> str | None:
        """One sentence, with or without its full stop."""
        plain = text.removesuffix(".")
        known = self._words(plain)
        if known != plain:
            return known + (self._stop if text.endswith(".") else "")
        several = plain.split(", ")
        if len(several) > 1 and all(self._words(each) != each for each in several):
            return "、".join(map(self._words, several)) + (self._stop if text.endswith(".") else "")
        for pattern in self._patterns:
            said = pattern.of(plain, lambda slot: self._slot(slot, depth + 1) if depth < DEEPEST else slot)
            if said is not None:
                return said + (self._stop if text.endswith(".") and not said.endswith(self._stop) else "")
        return None
