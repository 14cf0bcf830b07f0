"""Limits on how many first fails of a bin and site may recover at a retest, from the lots before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from corecar.errors import ArgumentError
from corecar.plurals import plural
from corecar.screen.baselines import baseline_rules
from corecar.screen.lot_yields import RetestRow
from corecar.screen.rate_history import RateHistory, bin_history
from corecar.screen.yield_findings import Finding, judge_rates
from corecar.screen.yield_limits import RateLimit, rate_limit

LEAST_ROWS = 2
"""Earlier lots from which a spread can be had."""
Place = tuple[int | None, int | None]
"""First bin and first site; the site is None where limits are made over all sites."""


@dataclass(frozen=True)
class RecoveryVerdict:
    """What the lots before say of the recoveries of one bin and site.

    limit    level 1, for so many retested units; None where none could be made
    finding  the limit of the highest level that the rate is beyond; None where it stands
    why      why it was not judged; empty where it was
    """

    bin: int | None
    site: int | None
    retested: int
    recovered: int
    limit: RateLimit | None
    finding: Finding | None
    why: str = ""

    @property
    def preliminary(self) -> bool:
        """Whether the limit rests on fewer lots than the standard asks for; what is beyond it holds nothing then."""
        return self.limit is not None and self.limit.history.lots < baseline_rules("AEC-Q002").lots

    @property
    def verdict(self) -> str:
        """`above SBL1`, `above SBL2`, `within`, or why it was not judged."""
        if self.why:
            return self.why
        before = "preliminary: " if self.preliminary else ""
        return before + (f"above SBL{self.finding.level}" if self.finding else "within")

    def __str__(self) -> str:
        if self.finding is None:
            return f"{place_words(self.bin, self.site)}: {self.verdict}"
        level, limit = self.finding.level, self.finding.limit
        return (
            f"{self.recovered:,} of {self.retested:,} retested first fails in {place_words(self.bin, self.site)} "
            f"recovered ({self.finding.rate:.1%}), above SBL{level} {limit.limit:.1%} from "
            f"{plural(limit.history.lots, 'lot')}"
        )


def place_words(code: int | None, site: int | None) -> str:
    """`hard bin 5 at site 2`; without a site that of all."""
    return ("no hard bin" if code is None else f"hard bin {code}") + ("" if site is None else f" at site {site}")


def recovery_verdicts(
    mine: Sequence[RetestRow],
    baseline: Mapping[str, Sequence[RetestRow]],
    *,
    method: str = "beta-binomial",
    by_site: bool = True,
    bins: Sequence[int] = (),
    least: int = 5,
) -> tuple[RecoveryVerdict, ...]:
    """The recovery rate of each first bin and site, held against an upper limit from the lots before.

    mine      counts of the lot that is judged
    baseline  counts of the lots before, by name
    method    as in `rate_limit`
    by_site   whether each site has limits of its own; else one for a bin over all sites
    bins      hard bins that are judged; without any each that was retested
    least     fewest retested units of a bin and site that are judged
    Returns   one row per bin and site of which a unit was retested, by bin and site
    Raises    ArgumentError for fewer than one unit as the least
    Source    AEC-Q002 Rev B, its statistical bin limit taken over to the rate of recovery
    """
    if least < 1:
        raise ArgumentError(f"least={least}: expected at least 1.")
    before = {name: _by_place(rows, by_site) for name, rows in baseline.items()}
    found = _by_place(mine, by_site)
    return tuple(
        _verdict(place, counts, before, method, least)
        for place, counts in sorted(
            found.items(), key=lambda one: tuple(-1 if each is None else each for each in one[0])
        )
        if counts[0] and (not bins or place[0] in bins)
    )


def _by_place(rows: Iterable[RetestRow], by_site: bool) -> dict[Place, tuple[int, int]]:
    """Retested and recovered units of each place."""
    found: dict[Place, tuple[int, int]] = {}
    for row in rows:
        place = (row.bin, row.site if by_site else None)
        retested, recovered = found.get(place, (0, 0))
        found[place] = (retested + row.retested, recovered + row.recovered)
    return found


def _verdict(
    place: Place,
    counts: tuple[int, int],
    before: Mapping[str, Mapping[Place, tuple[int, int]]],
    method: str,
    least: int,
) -> RecoveryVerdict:
    retested, recovered = counts
    if retested < least:
        return RecoveryVerdict(*place, retested, recovered, None, None, f"fewer than {least} retested")
    lots = {name: places[place] for name, places in before.items() if places.get(place, (0, 0))[0]}
    if len(lots) < LEAST_ROWS:
        told = f"retested in {plural(len(lots), 'earlier lot')}, fewer than {LEAST_ROWS}"
        return RecoveryVerdict(*place, retested, recovered, None, None, told)
    history = _history(place, lots)
    limit = rate_limit(history, 1, method=method, parts=retested)
    beyond = judge_rates([place_words(*place)], [recovered], [retested], history, method=method)
    return RecoveryVerdict(*place, retested, recovered, limit, beyond[0] if beyond else None)


def _history(place: Place, lots: Mapping[str, tuple[int, int]]) -> RateHistory:
    return bin_history(
        [recovered for _, recovered in lots.values()],
        [retested for retested, _ in lots.values()],
        bin_name=f"recovery of {place_words(*place)}",
        lots=list(lots),
    )
