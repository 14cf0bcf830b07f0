"""The sign-up sheets of a fictional province: what its parties offer, and what they look for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

Row = dict[str, Any]

TEMPERATURES = {0: 150, 1: 125, 2: 105, 3: 85}
"""Highest ambient temperature of a grade of AEC-Q100 [C]; the lowest is -40."""
SEEKERS = (("FAB", "packaging"), ("FAB", "test"), ("OSAT", "reliability"), ("OSAT", "failure-analysis"),
           ("TIER", "research"))  # fmt: skip
"""Who looks for which service."""
IN_CHINESE = {
    "control": "控制", "power": "功率", "sensor": "传感", "driver": "驱动", "memory": "存储", "communication": "通信",
    "analogue": "模拟", "security": "安全", "compute": "计算", "discrete": "分立", "research": "研究",
    "packaging": "封装", "test": "测试", "reliability": "可靠性试验", "failure-analysis": "失效分析",
}  # fmt: skip
"""Classes of chips and kinds of services as Chinese sign-up sheets call them."""


class SignUp:
    """Offers and needs as they are drawn, in their order.

    sites_of    prefix of a trade -> its sites
    owner       site -> party
    first_week  ISO week from which they stand
    """

    def __init__(
        self, sites_of: Mapping[str, Sequence[str]], owner: Mapping[str, str], first_week: str,
        draw: np.random.Generator,
    ) -> None:  # fmt: skip
        self.sites_of, self.owner, self.first_week, self.draw = sites_of, owner, first_week, draw

    def offers(self, products: Sequence[Row]) -> Iterator[Row]:
        """Chips of their makers, capacity of packaging and test, services of laboratories, research."""
        number = 0
        for row in products:
            if row["kind"] == "chip" and self.draw.random() < 0.3:
                number += 1
                yield self._wanted("offer", number, row["party"], row) | {
                    "title_zh": f"演示{IN_CHINESE[row['class']]}芯片供应", "lead_weeks": int(self.draw.integers(8, 26)),
                    "certificates": "IATF 16949",
                }  # fmt: skip
        services = (("OSAT", "packaging"), ("OSAT", "test"), ("LAB", "reliability"), ("LAB", "failure-analysis"),
                    ("UNI", "research"))  # fmt: skip
        for prefix, kind in services:
            for site in self.sites_of[prefix]:
                number += 1
                yield {"offer": f"O{number:05}", "party": self.owner[site], "kind": kind, "site": site,
                       "title": f"Demo {kind} at {site} (fictional)", "title_zh": f"演示{IN_CHINESE[kind]}服务",
                       "grade": 1 if kind in ("packaging", "test") else None, "certificates": "IATF 16949",
                       "quantity": int(self.draw.integers(5, 80)) * 1_000 if prefix == "OSAT" else None,
                       "from_week": self.first_week, "lead_weeks": int(self.draw.integers(1, 9))}  # fmt: skip

    def needs(self, products: Sequence[Row]) -> Iterator[Row]:
        """Chips that makers of modules and cars look for, and services that others do.

        One chip in five is wanted of a better grade than that chip has.
        """
        chips = [row for row in products if row["kind"] == "chip"]
        parties = sorted({self.owner[site] for prefix in ("TIER", "CARS") for site in self.sites_of[prefix]})
        wanted = max(len(chips) // 3, 5)
        for number in range(1, wanted + 1):
            chip = chips[int(self.draw.integers(len(chips)))]
            party = parties[int(self.draw.integers(len(parties)))]
            lead = int(self.draw.integers(10, 30))
            grade = max(chip["grade"] - int(self.draw.random() < 0.2), 0)
            yield self._wanted("need", number, party, chip | {"grade": grade}) | {
                "title_zh": f"演示{IN_CHINESE[chip['class']]}芯片需求", "lead_weeks": lead,
            }  # fmt: skip
        yield from self._services(wanted, max(wanted // 20, 1))

    def _services(self, number: int, each: int) -> Iterator[Row]:
        """Needs of capacity, of laboratories and of research, numbered on."""
        for prefix, kind in SEEKERS * each:
            number += 1
            sites = self.sites_of[prefix]
            yield {"need": f"N{number:05}", "party": self.owner[sites[int(self.draw.integers(len(sites)))]],
                   "kind": kind, "title": f"Demo {kind} wanted (fictional)", "title_zh": f"演示{IN_CHINESE[kind]}需求",
                   "grade": int(self.draw.integers(1, 4)) if kind in ("packaging", "test") else None,
                   "certificates": "IATF 16949", "from_week": self.first_week,
                   "quantity": int(self.draw.integers(2, 20)) * 1_000 if kind in ("packaging", "test") else None,
                   "lead_weeks": int(self.draw.integers(4, 16))}  # fmt: skip

    def _wanted(self, side: str, number: int, party: str, chip: Row) -> Row:
        return {
            side: f"{side[0].upper()}{number:05}", "party": party, "kind": "chip",
            "title": f"Demo {chip['class']} chip, grade {chip['grade']} (fictional)", "class": chip["class"],
            "product": chip["product"] if side == "offer" else None, "grade": chip["grade"],
            "package_family": chip["package_family"], "pins_least": chip["pins"], "pins_most": chip["pins"],
            "node_least_nm": chip["node_nm"], "node_most_nm": chip["node_nm"],
            "temperature_least_c": -40, "temperature_most_c": TEMPERATURES[chip["grade"]], "from_week": self.first_week,
            "quantity": int(self.draw.integers(2, 60)) * 500,
            "price": round(chip["value"] * float(self.draw.uniform(0.9, 1.2)), 2), "currency": "CNY",
        }  # fmt: skip
