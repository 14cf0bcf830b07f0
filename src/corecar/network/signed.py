"""A volume of a signed memorandum, laid out over the weeks of a plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from corecar.chain.weeks import monday, week_numbers
from corecar.network.arrays import Flags, Floats


@dataclass(frozen=True)
class SignedVolume:
    """A volume of a signed memorandum.

    clause   what names it in reports, such as `M-2027-001 volume 1`; no other begins so
    product  of which product, or group: of which capacity group; empty where it is the other
    weeks    ISO week, agreed, minimum and maximum, in the unit of the volume
    stage    a service at this stage of the product; empty: the product itself
    bands    first and last week ahead of delivery (None: open), and the parts by which a call-off may rise or fall
    """

    clause: str
    supplier: str
    customer: str
    product: str
    group: str
    unit: str
    weeks: Sequence[Sequence[Any]]
    stage: str = ""
    bands: Sequence[Sequence[Any]] = ()

    @property
    def what(self) -> str:
        """Of what it is, in words."""
        return self.group or (f"{self.stage} of {self.product}" if self.stage else self.product)

    @property
    def name(self) -> str:
        """Its clause with what it is of."""
        return f"{self.clause}, {self.what} for {self.customer},"

    def kept(self) -> dict[str, Any]:
        """As it is kept with a plan; stage and bands only where there are any."""
        told = {name: getattr(self, name) for name in self.__dataclass_fields__}
        told |= {"weeks": [*map(list, self.weeks)], "bands": [*map(list, self.bands)]}
        return {name: value for name, value in told.items() if value or name not in ("stage", "bands")}

    def laid_out(self, first_week: int, weeks: int) -> Agreed:
        """What is agreed of each week of a horizon, and what may be called off at most as its first week sees it."""
        agreed, most, told = np.zeros(weeks), np.zeros(weeks), np.zeros(weeks, np.bool_)
        for name, amount, _, maximum in self.weeks:
            place = int(week_numbers(np.array([monday(name)], "datetime64[D]"))[0]) - first_week
            if 0 <= place < weeks:
                agreed[place], told[place] = amount, True
                most[place] = min(maximum, self._most(place, amount))
        return Agreed(agreed, most, told)

    def _most(self, ahead: int, agreed: float) -> float:
        """To what a call-off may rise so many weeks ahead; without end where no band says."""
        for first, last, up, _ in self.bands:
            if first <= ahead and (last is None or ahead <= last):
                return float(agreed * (1 + up))
        return float(np.inf)


@dataclass(frozen=True)
class Agreed:
    """A volume week by week, in its unit.

    agreed, most  float64, shape (weeks,): capacity that is kept, and what may be called off at most
    told          bool, shape (weeks,): whether anything was agreed of that week
    """

    agreed: Floats
    most: Floats
    told: Flags
