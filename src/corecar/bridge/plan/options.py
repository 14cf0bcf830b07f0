"""How a plan is made, as somebody asked for it, and as it is kept with the plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from corecar.chain.weeks import monday
from corecar.errors import ArgumentError
from corecar.network.model import Limit
from corecar.plan.rules import Over, Rule
from corecar.plan.solving import TIME_LIMIT
from corecar.plan.steering import check_rule


@dataclass(frozen=True)
class Options:
    """How a plan is made, as it was asked for.

    freeze    how many of the first weeks keep the starts of an earlier plan; as_plan: that plan's number or folder
    measured  numbers of routes in place of those of the tables, as of `corecar.chain.measured.Measured`
    stopped   lots of the work in process that are no supply, whatever the tables say
    whole_lots  starts are whole pieces, wafers and least lots
    agreed    volumes of signed memoranda, as of `corecar.network.agreements.SignedVolume`
    qualified  routes as their qualifications stand, as of `corecar.chain.qualified.with_qualified`
    """

    rule: Rule = "max_min_fill"
    over: Over = "horizon"
    exact: bool = False
    first_week: str | None = None
    weeks: int | None = None
    limit: Limit = "maximum"
    gap: float = 0.01
    time_limit: float = TIME_LIMIT
    method: str = "choose"
    freeze: int = 0
    as_plan: int | str | None = None
    measured: Sequence[Mapping[str, Any]] = ()
    stopped: Sequence[str] = ()
    whole_lots: bool = False
    agreed: Sequence[Mapping[str, Any]] = ()
    qualified: Sequence[Mapping[str, Any]] = ()

    def kept(self) -> dict[str, Any]:
        """As it is kept with a plan: what was measured or agreed, and whole lots, only where there is any."""
        seldom = ("measured", "stopped", "whole_lots", "agreed", "qualified")
        return {name: value for name, value in asdict(self).items() if name not in seldom or value}

    def check(self) -> None:
        """Raises ArgumentError for what is none, before any work is done."""
        check_rule(self.rule, self.over, self.limit)
        if self.first_week is not None:
            monday(self.first_week)
        for name, value in (("weeks", self.weeks), ("time_limit", self.time_limit)):
            if value is not None and not value > 0:
                raise ArgumentError(f"{name}={value}: expected more than 0.")
        if not self.gap >= 0:
            raise ArgumentError(f"gap={self.gap}: expected 0 or more.")
        if self.freeze < 0:
            raise ArgumentError(f"freeze={self.freeze}: expected 0 weeks or more.")
        if self.as_plan is not None and not self.freeze:
            raise ArgumentError("an earlier plan is named and no week of it is frozen: say how many with --freeze.")
