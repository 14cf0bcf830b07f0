"""Texts of a column to values of its kind, whole arrays at once; what is no value is noted cell by cell."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from corecar.chain.columns import WRITTEN, Column, Kind
from corecar.chain.weeks import monday, week_name
from corecar.errors import ArgumentError
from corecar.faults import meant

Bad = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Misfit:
    """A value that a column does not take: which rule it breaks, what was expected and found, what to write."""

    rule: str
    problem: str
    advice: str


@dataclass(frozen=True)
class Typed:
    """A column understood.

    values   an Arrow array of the column's type, shape (rows,); null where a cell is empty or a misfit
    misfits  of each misfit the rows, int64, and the text that stood there
    """

    values: Any
    misfits: tuple[tuple[Misfit, Bad, str], ...]


Parsed = Any
Parse = Callable[[str], Parsed | Misfit]


def typed(column: Column, texts: Any) -> Typed:
    """The values of a column.

    column  what it may hold
    texts   Arrow strings, shape (rows,); null or blank: empty, which is its default where it has one
    """
    cleaned = _cleaned(texts)
    if column.default:
        cleaned = pc.fill_null(cleaned, column.default)
    if column.kind == "text":
        return Typed(cleaned, ())
    if column.kind in ("number", "whole"):
        quick = _numbers(column, cleaned)
        if quick is not None:
            return Typed(quick, ())
    return _one_by_one(column, cleaned)


def _cleaned(texts: Any) -> Any:
    """Texts without blanks around them, null where nothing is left."""
    whole = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
    trimmed = pc.utf8_trim_whitespace(whole.cast(pa.string()))
    return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)


def _numbers(column: Column, texts: Any) -> Any:
    """Texts that are all numbers within bounds, at once; None where one is not."""
    try:
        values = pc.cast(texts, pa.float64())
    except pa.ArrowInvalid:
        return None
    there = values.drop_null().to_numpy(zero_copy_only=False)
    if not _fits(column, there):
        return None
    return values if column.kind == "number" else values.cast(column.type)


def _fits(column: Column, values: Any) -> bool:
    """Whether every value is finite, within the bounds and, of whole numbers, whole."""
    if not np.isfinite(values).all():
        return False
    if column.kind == "whole" and not ((values == np.rint(values)) & (np.abs(values) < 2**31)).all():
        return False
    return not (
        (column.least is not None and (values < column.least).any())
        or (column.above is not None and (values <= column.above).any())
        or (column.most is not None and (values > column.most).any())
    )


def _one_by_one(column: Column, texts: Any) -> Typed:
    """Each different text understood once."""
    encoded = texts.dictionary_encode()
    parse = parser_of(column)
    words = encoded.dictionary.to_pylist()
    parsed = [parse(word) for word in words]
    good = pa.array([None if isinstance(value, Misfit) else value for value in parsed], _plain(column))
    codes = encoded.indices.fill_null(len(words)).to_numpy(zero_copy_only=False)
    values = _taken(column, good, codes, len(words))
    found = []
    for code, value in enumerate(parsed):
        if isinstance(value, Misfit):
            found.append((value, np.flatnonzero(codes == code), words[code]))
    return Typed(values, tuple(found))


def _plain(column: Column) -> Any:
    return pa.string() if column.kind == "name" else column.type


def _taken(column: Column, good: Any, codes: Any, empty: int) -> Any:
    """The parsed words at their places; names as a dictionary in which each stands once."""
    if column.kind != "name":
        return pa.concat_arrays([good, pa.nulls(1, good.type)]).take(pa.array(codes))
    once = good.dictionary_encode()
    new = np.append(once.indices.fill_null(-1).to_numpy(zero_copy_only=False), -1)[codes]
    return pa.DictionaryArray.from_arrays(pa.array(new, pa.int32(), mask=new < 0), once.dictionary)


def parser_of(column: Column) -> Parse:
    """What understands one text of a column."""
    if column.choices:
        return _choice(column)
    if column.kind in ("number", "whole"):
        return _number(column)
    return PARSERS[column.kind]


WIDE = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
"""Full-width Latin letters, digits and signs, and the blank of their width, as keyboards for Chinese type them."""


def _name(word: str) -> Parsed:
    """A name, its characters in one form, so that the same name typed on two keyboards is one.

    >>> _name("ＦＡＢ－１")
    'FAB-1'
    """
    return unicodedata.normalize("NFC", word.translate(WIDE)).strip()


def _list(text: str) -> Parsed:
    """
    >>> _list("CAN FD;LIN ; ")
    'CAN FD; LIN'
    """
    return "; ".join(listed(text)) or None


def listed(text: str | None) -> list[str]:
    """The texts of a list cell.

    >>> listed("CAN FD;LIN"), listed(None)
    (['CAN FD', 'LIN'], [])
    """
    return [part for part in (piece.strip() for piece in re.split("[;；]", text or "")) if part]


def _folded(word: str) -> str:
    return re.sub(r"[\s_-]+", "-", word.strip().casefold())


def _choice(column: Column) -> Parse:
    """One of the column's words, however it is spaced and capitalised; 1 for 0001, as a spreadsheet writes it."""
    known = {_folded(choice): choice for choice in column.choices}
    known |= {choice.lstrip("0") or "0": choice for choice in column.choices if choice.isdigit()}

    def parse(word: str) -> Parsed:
        found = known.get(_folded(word))
        return found or Misfit("choice", "is none of its words.", meant(word, column.choices))

    return parse


def _number(column: Column) -> Parse:
    def parse(word: str) -> Parsed:
        value = _read(word)
        if value is None or not np.isfinite(value):
            return Misfit("type", f"is no {WRITTEN[column.kind]}.", _guess(word))
        if column.kind == "whole" and (value != round(value) or abs(value) >= 2**31):
            return Misfit("type", f"is no {WRITTEN[column.kind]}.", f"Write {round(value)}, or another whole number.")
        if not _fits(column, np.array([value])):
            return Misfit("bound", f"is out of bounds: {column.bounds}.", _share(column, value))
        return int(value) if column.kind == "whole" else value

    return parse


def _read(word: str) -> float | None:
    try:
        return float(word) if "_" not in word else None
    except ValueError:
        return None


def _share(column: Column, value: float) -> str:
    """Advice for a part of a whole that was written in percent."""
    if column.most == 1 and 1 < value <= 100:
        return f"Write {value / 100:g} for {value:g} %."
    return "Write a number within them."


def _guess(word: str) -> str:
    """What a text that is no number may have meant.

    >>> _guess("1,200"), _guess("97 %"), _guess("３００")
    ('Write 1200.', 'Write 0.97.', 'Write 300.')
    """
    plain = unicodedata.normalize("NFKC", word).replace(" ", "").replace("'", "")
    if re.fullmatch(r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?", plain):
        return f"Write {float(plain.replace(',', '')):.15g}."
    if re.fullmatch(r"[-+]?\d+,\d+", plain):
        return f"Write {plain.replace(',', '.')}."
    if re.fullmatch(r"[-+]?\d+(\.\d+)?%", plain):
        return f"Write {float(plain[:-1]) / 100:.15g}."
    value = _read(plain)
    if value is not None and np.isfinite(value):
        return f"Write {value:.15g}."
    return "Write the number alone, without words or units; leave the cell empty where there is none."


def _week(word: str) -> Parsed:
    day = _day(word)
    if day is None:
        try:
            return monday(word)
        except ArgumentError as error:
            return Misfit("type", "is no ISO week.", _without_start(str(error), word))
    if day.weekday() != 0:
        return Misfit("type", "is no Monday, on which a week begins.", f"Write {week_name(day)}.")
    return day


def _without_start(message: str, word: str) -> str:
    """What an error says behind the word that it is about.

    >>> _without_start('"2027-W53": 2027 has weeks 1 to 52. Write one of them.', "2027-W53")
    '2027 has weeks 1 to 52. Write one of them.'
    """
    return message.removeprefix(f'"{word}"').removeprefix(" is no ISO week.").lstrip(": ")


def _date(word: str) -> Parsed:
    day = _day(word)
    return Misfit("type", "is no date.", "Write it like 2027-02-01.") if day is None else day


def _day(word: str) -> date | None:
    try:
        return date.fromisoformat(word) if re.fullmatch(r"\d{4}-\d\d-\d\d", word) else _at_midnight(word)
    except ValueError:
        return None


def _at_midnight(word: str) -> date | None:
    """The day of a moment without a time of day, as spreadsheets write a day. Raises ValueError."""
    moment = datetime.fromisoformat(word) if re.match(r"\d{4}-\d\d-\d\d[T ]", word) else None
    return (
        moment.date() if moment is not None and moment == datetime.combine(moment.date(), datetime.min.time()) else None
    )


def _flag(word: str) -> Parsed:
    said = {"yes": True, "true": True, "1": True, "是": True, "no": False, "false": False, "0": False, "否": False}
    return said.get(word.casefold(), Misfit("choice", "is neither yes nor no.", "Write yes or no."))


PARSERS: dict[Kind, Parse] = {"name": _name, "list": _list, "week": _week, "date": _date, "flag": _flag}
"""What understands a text of each kind that is neither free text nor a number."""
