"""Words of needs and offers as codes that are the same on both sides."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.int32]
Bits = npt.NDArray[np.uint64]
NONE = -1
"""The code of an empty cell."""
WIDTH = 64
NAMES = frozenset({"party", "product", "site", "region"})
"""Columns of names, which are the same only where they are written the same."""
_GAPS = re.compile(r"[\s\-_]+")
_EDITION = re.compile(r":(19|20)\d\d$")


def folded(text: str) -> str:
    """A word without what does not tell it apart from another: case, blanks, hyphens.

    >>> folded("IATF 16949"), folded("iatf-16949"), folded("CAN FD")
    ('iatf16949', 'iatf16949', 'canfd')
    """
    return _GAPS.sub("", text).casefold() or text.casefold()


def with_editions(texts: Iterable[str]) -> list[str]:
    """What is held, and for a certificate of an edition also the certificate as such.

    >>> with_editions(["IATF 16949:2016"])
    ['IATF 16949:2016', 'IATF 16949']
    """
    held = list(texts)
    return list(dict.fromkeys([*held, *(_EDITION.sub("", text) for text in held)]))


class Vocabulary:
    """Words of each column to codes, counted from 0."""

    def __init__(self) -> None:
        self._codes: dict[str, dict[str, int]] = {}
        self._texts: dict[str, list[str]] = {}
        self._written: dict[str, dict[str, int]] = {}

    def code(self, column: str, text: str | None) -> int:
        """The code of a word, NONE where there is none; a new word gets the next code."""
        if not text:
            return NONE
        written = self._written.setdefault(column, {})
        if text not in written:
            written[text] = self._new(column, text)
        return written[text]

    def _new(self, column: str, text: str) -> int:
        codes, texts = self._codes.setdefault(column, {}), self._texts.setdefault(column, [])
        found = codes.setdefault(text if column in NAMES else folded(text), len(codes))
        if found == len(texts):
            texts.append(text.strip())
        return found

    def codes(self, column: str, texts: Iterable[str | None]) -> Codes:
        """The codes of words, int32."""
        return np.array([self.code(column, text) for text in texts], np.int32)

    def text(self, column: str, code: int) -> str:
        """A word as it was first written; empty for NONE."""
        return self._texts[column][code] if code != NONE else ""

    def bits(self, column: str, rows: Sequence[Iterable[str]]) -> Bits:
        """Lists of words, all of which have their code by now, as uint64 of shape (rows, words / 64): a bit each."""
        found = np.zeros((len(rows), max(1, -(-len(self._texts.get(column, ())) // WIDTH))), np.uint64)
        for row, texts in enumerate(rows):
            for code in {self.code(column, text) for text in texts}:
                found[row, code // WIDTH] |= np.uint64(1 << (code % WIDTH))
        return found

    def held(self, column: str, bits: Bits) -> list[str]:
        """The words whose bits are set in one row."""
        texts = self._texts.get(column, ())
        return [text for code, text in enumerate(texts) if int(bits[code // WIDTH]) >> (code % WIDTH) & 1]
