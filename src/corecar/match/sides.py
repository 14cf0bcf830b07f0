"""Needs and offers as columns that can be held against each other: numbers as floats, words as codes, lists as bits.

What a row leaves open is taken from the sheet where it stands: grade, package and node from the product that the row
names, an offer's temperature range from its AEC-Q100 grade, its certificates and place from its site. Nothing else is
filled in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from corecar.chain.cells import listed
from corecar.chain.chain import Chain
from corecar.chain.words import PIECE, SUBJECTS, WAFER
from corecar.match.vocabulary import NONE, Bits, Codes, Vocabulary, with_editions
from corecar.standards import parameters

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Row = Mapping[str, Any]

NUMBERS = (
    "grade", "pins_least", "pins_most", "node_least_nm", "node_most_nm", "voltage_least_v", "voltage_most_v",
    "temperature_least_c", "temperature_most_c", "quantity", "lead_weeks", "price",
)  # fmt: skip
DAYS = ("from_week", "until_week", "valid_until")
WORDS = ("party", "kind", "product", "site", "class", "subclass", "package_family", "unit", "currency")
LISTS = ("interfaces", "certificates")
OF_PRODUCT = (
    ("grade", "grade", "grade"), ("pins_least", "pins_most", "pins"), ("node_least_nm", "node_most_nm", "node_nm"),
)  # fmt: skip
"""Columns of a row that a product fills where both are empty, and the product's column."""
WORDS_OF_PRODUCT = ("class", "subclass", "package_family")


@dataclass(frozen=True)
class Side:
    """The rows of `needs` or of `offers`.

    table     as it is in the chain
    names     of the rows, in their order
    numbers   column -> float64, shape (rows,); NaN where nothing is said. Weeks and days are days since 1970
    words     column -> int32, shape (rows,), equal on both sides where the words are; NONE where nothing is said
    bits      column of a list -> uint64, shape (rows, words): a bit per word of both sides
    pieces    float64, shape (rows,): the quantity in pieces, wafers by gross die; NaN where it cannot be told
    derived   column -> bool, shape (rows,): the value is the product's or the grade's
    place     float64, shape (rows, 2): latitude and longitude of its site [degree]; NaN where they are not known
    region    int32, shape (rows,): of its site
    booked    row of an offer -> Mondays (days since 1970) and what of its quantity is booked in their weeks
    """

    table: Any
    names: list[str]
    numbers: dict[str, Floats]
    words: dict[str, Codes]
    bits: dict[str, Bits]
    pieces: Floats
    derived: dict[str, Mask]
    place: Floats
    region: Codes
    vocabulary: Vocabulary
    booked: Mapping[int, tuple[Floats, Floats]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.names)

    def word(self, column: str, row: int) -> str:
        """A word as it was first written; empty where nothing is said."""
        return self.vocabulary.text(column, int(self.words[column][row]))

    def text(self, column: str, row: int) -> str:
        """A cell of the table as it stands; empty where it is."""
        return str(self.table[column][row].as_py() or "")


def sides(chain: Chain) -> tuple[Side, Side]:
    """Needs and offers of a chain, coded alike.

    >>> [len(side) for side in sides(Chain({}))]
    [0, 0]
    """
    vocabulary = Vocabulary()
    for subject in SUBJECTS:
        vocabulary.code("kind", subject)
    sheet = _Sheet(chain, vocabulary)
    lists = {key: sheet.lists(key) for key in ("need", "offer")}
    for of_side in lists.values():
        for name, rows in of_side.items():
            for row in rows:
                vocabulary.codes(name, row)
    return sheet.side("need", lists["need"]), sheet.side("offer", lists["offer"])


class _Sheet:
    """A chain while its needs and offers are coded."""

    def __init__(self, chain: Chain, vocabulary: Vocabulary) -> None:
        self.chain, self.vocabulary = chain, vocabulary
        self.products = {row["product"]: row for row in chain.products.to_pylist()}
        self.sites = {row["site"]: row for row in chain.sites.to_pylist()}
        of_party: dict[str, list[str]] = {}
        for name, row in self.sites.items():
            of_party.setdefault(row["party"], []).append(name)
        self.lone = {party: names[0] for party, names in of_party.items() if len(names) == 1}

    def site_names(self, table: Any) -> list[str | None]:
        """Of each row its site, or the only one that its party has."""
        pairs = zip(table["site"].to_pylist(), table["party"].to_pylist(), strict=True)
        return [site or self.lone.get(party) for site, party in pairs]

    def lists(self, key: str) -> dict[str, list[list[str]]]:
        """The lists of each row; an offer holds the certificates of its site too."""
        table = self.chain[f"{key}s"]
        texts = {name: table[name].to_pylist() for name in LISTS}
        words = {text: listed(text) for text in {text for column in texts.values() for text in column}}
        found = {name: [words[text] for text in column] for name, column in texts.items()}
        if key == "offer":
            of_site = [listed(self.sites[name]["certificates"]) if name else [] for name in self.site_names(table)]
            pairs = zip(found["certificates"], of_site, strict=True)
            found["certificates"] = [with_editions([*own, *more]) for own, more in pairs]
        return found

    def side(self, key: str, lists: dict[str, list[list[str]]]) -> Side:
        table = self.chain[f"{key}s"]
        products: list[Row] = [self.products[name] if name else {} for name in table["product"].to_pylist()]
        names = self.site_names(table)
        sites: list[Row] = [self.sites[name] if name else {} for name in names]
        numbers = {name: _as_floats(table[name].cast(pa.float64())) for name in NUMBERS}
        numbers |= {name: _as_floats(table[name].cast(pa.int32()).cast(pa.float64())) for name in DAYS}
        derived = _from_products(numbers, products)
        if key == "offer":
            derived |= _from_grades(numbers)
        bits = {name: self.vocabulary.bits(name, rows) for name, rows in lists.items()}
        dies = _column(products, "gross_die_per_wafer")
        units = np.array(table["unit"].to_pylist(), object)
        factor = np.where(units == PIECE, 1.0, np.where(units == WAFER, dies, np.nan))
        place = np.column_stack([_column(sites, "latitude"), _column(sites, "longitude")])
        region = self.vocabulary.codes("region", [row.get("region") for row in sites])
        return Side(
            table, table[key].to_pylist(), numbers, self.words(table, products, names), bits,
            numbers["quantity"] * factor, derived, place, region, self.vocabulary,
        )  # fmt: skip

    def words(self, table: Any, products: Sequence[Row], sites: Sequence[str | None]) -> dict[str, Codes]:
        found = {}
        for name in WORDS:
            texts = sites if name == "site" else table[name].to_pylist()
            if name in WORDS_OF_PRODUCT:
                texts = [own or row.get(name) for own, row in zip(texts, products, strict=True)]
            found[name] = self.vocabulary.codes(name, texts)
        return found


def _from_products(numbers: dict[str, Floats], products: Sequence[Row]) -> dict[str, Mask]:
    """Fill in what rows leave open and their products say; which values these are."""
    derived = {}
    for least, most, column in OF_PRODUCT:
        values = _column(products, column)
        taken = np.isnan(numbers[least]) & np.isnan(numbers[most]) & ~np.isnan(values)
        for name in dict.fromkeys((least, most)):
            numbers[name] = np.where(taken, values, numbers[name])
            derived[name] = taken
    return derived


def _from_grades(numbers: dict[str, Floats]) -> dict[str, Mask]:
    """Fill in the temperatures that a grade stands for, where a row gives none itself (AEC-Q100)."""
    bounds = grade_temperatures()
    graded = ~np.isnan(numbers["grade"])
    grade = np.where(graded, numbers["grade"], 0).astype(np.int64)
    derived = {}
    for place, name in enumerate(("temperature_least_c", "temperature_most_c")):
        derived[name] = graded & np.isnan(numbers[name])
        numbers[name] = np.where(derived[name], bounds[grade, place], numbers[name])
    return derived


def grade_temperatures() -> Floats:
    """Lowest and highest operating temperature of the grades 0 to 3, float64 of shape (4, 2) [C] (AEC-Q100).

    >>> grade_temperatures()[1].tolist()
    [-40.0, 125.0]
    """
    rows = [row for row in parameters("AEC-Q100") if row.rule.startswith("grade ")]
    found = np.full((4, 2), np.nan)
    for row in rows:
        found[int(row.rule.removeprefix("grade ")), int(row.parameter == "temperature_most")] = float(row.value)
    return found


def is_said(codes: Codes) -> Mask:
    """Where a word is given."""
    return np.asarray(codes != NONE)


def _as_floats(column: Any) -> Floats:
    return np.array(pc.fill_null(column, np.nan).to_numpy(), np.float64)


def _column(rows: Sequence[Row], name: str) -> Floats:
    return np.array([np.nan if row.get(name) is None else row[name] for row in rows], np.float64)
