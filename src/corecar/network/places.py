"""The products of a chain, and the items of its network: one per product and stage, one per position of alternates."""

from __future__ import annotations

import numpy as np
import pyarrow.compute as pc

from corecar.chain.chain import Chain
from corecar.chain.words import ALL_STAGES
from corecar.network.arrays import NONE, Flags, Floats, Integers, Items
from corecar.network.columns import is_empty, numbers, places, texts
from corecar.network.pricing import HOLDING

STAGES = len(ALL_STAGES) + 1
"""Codes of a stage: 0 for a product that passes none, else its place among all stages and one more."""


class Products:
    """What the table of products says, by the row of a product.

    names  of the products
    dies   float64, shape (products,): pieces on a wafer
    value  float64, shape (products,): of one piece; else its least price, else 1
    """

    def __init__(self, chain: Chain) -> None:
        self.table = chain.products
        self.names: list[str] = texts(self.table, "product")
        dies = numbers(self.table, "gross_die_per_wafer", 1.0)
        self.dies = np.where(dies > 0, dies, 1.0)
        told = numbers(self.table, "value", 1.0)
        least = np.full(len(self.names), np.inf)
        whole = chain.prices.filter(pc.is_null(chain.prices["stage"]))
        np.minimum.at(least, self.rows(whole), numbers(whole, "price", np.inf))
        untold = is_empty(self.table, "value") & np.isfinite(least)
        self.value = np.where(untold, least, told)

    def __len__(self) -> int:
        return len(self.names)

    def rows(self, table: object, column: str = "product") -> Integers:
        """Rows of the products that a column of another table names, NONE for none."""
        return places(table, column, self.names)


class Places:
    """Items in the order of products and of the stages that these pass; positions of bills follow.

    code   int64, shape (products and stages,): STAGES * product + code of the stage, ascending
    final  int64, shape (products,): the finished product
    """

    def __init__(self, chain: Chain, products: Products) -> None:
        self.products = products
        routes = chain.routes
        passed = STAGES * products.rows(routes) + 1 + places(routes, "stage", ALL_STAGES)
        passed = passed[passed % STAGES > 0]
        without = np.setdiff1d(np.arange(len(products)), passed // STAGES)
        self.code = np.unique(np.concatenate((passed, STAGES * without)))
        self.final: Integers = np.searchsorted(self.code, STAGES * (np.arange(len(products)) + 1)) - 1
        self.staged = self.code[self.final] % STAGES > 0
        """Which products pass a stage, shape (products,)."""
        self.positions: list[tuple[int, str]] = []

    def at(self, product: Integers, stage: Integers) -> Integers:
        """Items of products after stages (codes) that they pass."""
        return np.searchsorted(self.code, STAGES * product + stage)

    def after(self, product: Integers, stage: Integers) -> Integers:
        """Items of products after a stage, or after the last one before it that they pass; NONE where there is none.

        stage  codes; 0 for the finished product
        """
        found = np.searchsorted(self.code, STAGES * product + stage, side="right") - 1
        found = np.where(stage == 0, self.final[product], found)
        return np.where((found >= 0) & (self.code[found] // STAGES == product), found, NONE)

    def is_first(self, item: Integers) -> Flags:
        """Which items are those of the first stage of their product."""
        return np.asarray((item == 0) | (self.code[item - 1] // STAGES != self.code[item] // STAGES))

    def position(self, product: int, position: str) -> int:
        """A further item: what fills a position of a bill, whichever alternate it is."""
        self.positions.append((product, position))
        return len(self) - 1

    def __len__(self) -> int:
        return len(self.code) + len(self.positions)

    def table(self, opening: Floats, arrivals: Floats) -> Items:
        """The items with what lies there and what arrives."""
        names = self.products.names
        product = (self.code // STAGES).tolist()
        stages = [("", *ALL_STAGES)[code] for code in (self.code % STAGES).tolist()]
        weekly = HOLDING * self.products.value[self.code // STAGES]
        further = [names[row] for row, _ in self.positions]
        return Items(
            names=(
                *(
                    names[row] + (f" after {stage}" if stage else "")
                    for row, stage in zip(product, stages, strict=True)
                ),
                *(f"{name} position {text}" for name, (_, text) in zip(further, self.positions, strict=True)),
            ),
            product=(*(names[row] for row in product), *further),
            stage=(*stages, *(f"position {text}" for _, text in self.positions)),
            opening=opening,
            arrivals=arrivals,
            holding=np.concatenate((weekly, np.zeros(len(further)))),
            kept=np.arange(len(self)) < len(self.code),
        )
