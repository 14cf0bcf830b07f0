"""Needs and offers found by words of their texts, Chinese and English, the best first.

Chinese is written without blanks, so a run of Chinese characters is taken as its characters and its pairs of them; a
word of two characters is one pair. A word in Latin letters finds every word that begins with it.
"""

from __future__ import annotations

import math
import re
import unicodedata
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

from corecar.chain.chain import Chain

Which = Literal["needs", "offers"]
FIELDS = {
    "title": 3.0, "title_zh": 3.0, "kind": 2.0, "class": 2.0, "subclass": 2.0, "product": 2.0, "description": 1.0,
    "description_zh": 1.0, "party": 1.0, "package_family": 1.0, "interfaces": 1.0, "certificates": 1.0,
}  # fmt: skip
"""The fields that are searched, and what a word found there weighs."""
KIND_WORDS = {
    "chip": "chip ic semiconductor 芯片 集成电路", "wafer": "wafer foundry 晶圆 流片 代工",
    "packaging": "packaging assembly 封装", "test": "test testing 测试", "burn-in": "burn-in 老化",
    "reliability": "reliability laboratory 可靠性 实验室",
    "failure-analysis": "failure analysis laboratory 失效分析 实验室",
    "research": "research university 研究 研发 科研",
}  # fmt: skip
"""What each kind is called in both languages."""
SATURATION, LENGTH = 1.2, 0.6
"""k1 and b of BM25 (Robertson and Zaragoza 2009)."""
TOGETHER = 1.5
"""What a Chinese word that stands as a whole weighs against its pairs of characters standing apart."""
_TOKENS = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+|[^\W_\u3400-\u9fff\uf900-\ufaff]+")


@dataclass(frozen=True)
class Found:
    """A row that a search found.

    which   needs or offers; row: of that table
    score   higher is better; comparable within one search
    fields  where the words stand
    whole   whether every word of the search was found
    """

    which: Which
    row: int
    score: float
    fields: tuple[str, ...]
    whole: bool


def words_of(text: str) -> list[str]:
    """Runs of Chinese characters and words of other letters and digits, in one form of their characters and small.

    >>> words_of("车规级MCU, ＡＥＣ-Q100")
    ['车规级', 'mcu', 'aec', 'q100']
    """
    return _TOKENS.findall(unicodedata.normalize("NFKC", text).casefold())


def _terms(word: str) -> list[str]:
    """What a word is kept under: a Latin word itself; a Chinese run its characters and its pairs of them."""
    if not _is_chinese(word):
        return [word]
    return [*word, *(a + b for a, b in pairwise(word))]


def _is_chinese(word: str) -> bool:
    """Whether a run of one kind of letters is of Chinese characters."""
    return "\u3400" <= word[0] <= "\u9fff" or "\uf900" <= word[0] <= "\ufaff"


class TextIndex:
    """The texts of a chain's needs and offers, ready to be searched.

    >>> TextIndex(Chain({})).search("封装")
    []
    """

    def __init__(self, chain: Chain) -> None:
        self._places: list[tuple[Which, int]] = []
        self._kinds: list[str] = []
        self._lengths: list[float] = []
        self._texts: list[dict[str, str]] = []
        self._postings: dict[str, dict[int, float]] = defaultdict(dict)
        for which, row, kind, texts in _texts_of(chain):
            self._add(which, row, kind, texts)
        self._latin = sorted(term for term in self._postings if not _is_chinese(term))
        self._mean = sum(self._lengths) / len(self._lengths) if self._lengths else 1.0

    def _add(self, which: Which, row: int, kind: str, texts: Mapping[str, str]) -> None:
        place, length = len(self._places), 0.0
        for field, text in texts.items():
            for word in words_of(text):
                for term in _terms(word):
                    kept = self._postings[term]
                    kept[place] = kept.get(place, 0.0) + FIELDS[field]
                    length += 1
        self._places.append((which, row))
        self._kinds.append(kind)
        self._lengths.append(length)
        self._texts.append({field: unicodedata.normalize("NFKC", text).casefold() for field, text in texts.items()})

    def search(self, text: str, *, which: Which | None = None, kind: str | None = None) -> list[Found]:
        """Rows in which the words stand, those with all of them first, then by rank (BM25).

        text   words between blanks; a Chinese word may have any length
        which  only needs, or only offers; kind: only of this kind
        """
        words = list(dict.fromkeys(words_of(text)))
        scores: dict[int, float] = defaultdict(float)
        hits: dict[int, int] = defaultdict(int)
        for word in words:
            for place, score in self._of_word(word).items():
                scores[place] += score
                hits[place] += 1
        found = [
            Found(*self._places[place], score, self._fields(place, words), hits[place] == len(words))
            for place, score in scores.items()
            if (which is None or self._places[place][0] == which) and (kind is None or self._kinds[place] == kind)
        ]
        return sorted(found, key=lambda one: (not one.whole, -one.score, one.which, one.row))

    def _of_word(self, word: str) -> dict[int, float]:
        """Score of each row in which a word stands; of a Chinese one more than half of its pairs."""
        if not _is_chinese(word):
            found: dict[int, float] = {}
            for term in self._beginning_with(word):
                for place, score in self._ranked(term).items():
                    found[place] = max(found.get(place, 0.0), score)
            return found
        terms = [word] if len(word) == 1 else [a + b for a, b in pairwise(word)]
        sums: dict[int, float] = defaultdict(float)
        counts: dict[int, int] = defaultdict(int)
        for term in terms:
            for place, score in self._ranked(term).items():
                sums[place] += score
                counts[place] += 1
        return {
            place: score * (TOGETHER if self._stands_whole(place, word) else 1.0)
            for place, score in sums.items()
            if 2 * counts[place] > len(terms)
        }

    def _beginning_with(self, word: str) -> Iterator[str]:
        for at in range(bisect_left(self._latin, word), len(self._latin)):
            if not self._latin[at].startswith(word):
                return
            yield self._latin[at]

    def _ranked(self, term: str) -> dict[int, float]:
        kept = self._postings.get(term, {})
        rarity = math.log(1 + (len(self._places) - len(kept) + 0.5) / (len(kept) + 0.5))
        return {
            place: rarity * weight * (SATURATION + 1)
            / (weight + SATURATION * (1 - LENGTH + LENGTH * self._lengths[place] / self._mean))
            for place, weight in kept.items()
        }  # fmt: skip

    def _stands_whole(self, place: int, word: str) -> bool:
        return any(word in text for text in self._texts[place].values())

    def _fields(self, place: int, words: Iterable[str]) -> tuple[str, ...]:
        parts = [word if len(word) < 3 or not _is_chinese(word) else word[:2] for word in words]
        return tuple(field for field, text in self._texts[place].items() if any(part in text for part in parts))


def _texts_of(chain: Chain) -> Iterator[tuple[Which, int, str, dict[str, str]]]:
    parties = {row["party"]: row["name"] for row in chain.parties.to_pylist()}
    products = {row["product"]: row for row in chain.products.to_pylist()}
    which: Which
    for which in ("needs", "offers"):
        for place, row in enumerate(chain[which].to_pylist()):
            texts = {field: str(row.get(field) or "") for field in FIELDS}
            product: dict[str, Any] = products.get(row["product"], {})
            texts["kind"] = f"{row['kind']} {KIND_WORDS[row['kind']]}"
            texts["party"] = f"{row['party']} {parties.get(row['party'], '')}"
            texts["product"] = " ".join(filter(None, (row["product"], product.get("name"), product.get("number"))))
            for field in ("class", "subclass", "package_family"):
                texts[field] = texts[field] or str(product.get(field) or "")
            yield which, place, row["kind"], {field: text for field, text in texts.items() if text}
