"""Statistical yield and bin limits: how far a lot's yield, or its count in one bin, may lie from the lots before."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import ceil, sqrt
from typing import Any

import numpy as np

from corecar.errors import ArgumentError
from corecar.order_statistics import QUARTILE_RULES, quantile
from corecar.plurals import plural
from corecar.screen.baselines import baseline_rules
from corecar.screen.count_tails import CountModel, critical_count
from corecar.screen.rate_history import RateHistory
from corecar.standards import value

VERSION = "1"
LEVELS = (1, 2)
DIGITS = 12
"""Digits of a limit: what lies below is rounding, and must not decide over a lot that stands at its limit."""
METHODS = ("normal", "percentile", "beta-binomial", "poisson")

WIDTHS = {level: float(value("AEC-Q002", "yield", f"width_{level}")) for level in LEVELS}
RISKS = {level: float(value("AEC-Q002", "yield", f"risk_{level}")) for level in LEVELS}


@dataclass(frozen=True)
class RateLimit:
    """One statistical yield or bin limit; an immutable record.

    level     1 or 2
    method    how it was made: a row of `METHODS`, or `binomial` as a fallback
    width     half-width in standard deviations, None for the methods of equal risk
    risk      chance that a lot like those of the history is beyond it
    parts     size of the lot that it holds for
    limit     lowest yield or highest rate that stands [fraction]; a rate equal to it stands
    count     for the methods that count: most failing parts, or parts in the bin, that stand; else None
    clamp     `low` or `high` where the formula left 0 to 1, else empty
    fallback  the fallbacks taken and why, else empty
    """

    history: RateHistory
    version: str
    level: int
    method: str
    width: float | None
    risk: float
    parts: int
    centre: float
    sigma: float | None
    quartile_rule: str
    limit: float
    count: int | None
    clamp: str
    fallback: str

    def beyond(self, hits: int, tested: int) -> bool:
        """Whether a lot is beyond the limit.

        hits  good parts for a yield limit, parts in the bin for a bin limit
        """
        if self.count is not None:
            failing = tested - hits if self.history.screen == "syl" else hits
            return failing > self.count
        rate = hits / tested
        return rate < self.limit if self.history.screen == "syl" else rate > self.limit

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain values ready for JSON, without the single rates of the history."""
        history = {name: value for name, value in asdict(self.history).items() if name != "rates"}
        own = {name: value for name, value in asdict(self).items() if name != "history"}
        return {**history, **own}


def rate_limit(
    history: RateHistory,
    level: int,
    *,
    method: str = "normal",
    parts: int | None = None,
    quartile_rule: str = "type 7",
) -> RateLimit:
    """One limit from a history.

    level          1 (review) or 2 (quarantine)
    method         `normal`: mean and 3 or 4 standard deviations; or of the same risk: `percentile` of the history,
                   `beta-binomial` (lots differ) or `poisson` (only chance makes them differ)
    parts          size of the lot to be judged; the middle size of the history by default
    quartile_rule  quantile definition of the percentile
    Raises         ArgumentError for a level, method or size that is not there
    Source         AEC-Q002 Rev B

    >>> from corecar.screen.rate_history import yield_history
    >>> six = yield_history([972, 968, 975, 969, 971, 976], [1000] * 6)
    >>> round(rate_limit(six, 1).limit, 7), round(rate_limit(six, 2).limit, 7)
    (0.9622678, 0.9590792)
    """
    if level not in LEVELS:
        raise ArgumentError(f"level={level}: expected 1 or 2.")
    if method not in METHODS:
        raise ArgumentError(f'method="{method}": expected one of {", ".join(METHODS)}.')
    size = history.typical if parts is None else parts
    if size < 1:
        raise ArgumentError(f"parts={size}: expected at least 1.")
    if method == "normal":
        return _normal(history, level, size)
    if method == "percentile":
        return _percentile(history, level, size, quartile_rule)
    return _counted(history, level, method, size)


def _assumed(history: RateHistory) -> tuple[float, str]:
    """Fraction of failing parts to reckon with: never none, and never all."""
    one = 1.0 / history.tested
    if history.failing == 0.0:
        return one, "no failing part in the history: one is assumed"
    if history.failing == 1.0:
        return 1.0 - one, "no part in the history that is not failing: one is assumed"
    return history.failing, ""


def _normal(history: RateHistory, level: int, parts: int) -> RateLimit:
    width, sigma, words = WIDTHS[level], history.sd, [_preliminary(history)]
    if sigma == 0.0:
        rate, assumed = _assumed(history)
        sigma = sqrt(rate * (1.0 - rate) / parts)
        words += ["zero spread between the rows: binomial sigma", assumed]
    reach = width * sigma
    raw = history.mean - reach if history.screen == "syl" else history.mean + reach
    return _record(history, level, "normal", parts, raw, words, width=width, sigma=sigma)


def _percentile(history: RateHistory, level: int, parts: int, rule: str) -> RateLimit:
    if rule not in QUARTILE_RULES:
        raise ArgumentError(f'quartile_rule="{rule}": expected one of {", ".join(QUARTILE_RULES)}.')
    risk, ordered = RISKS[level], np.array(history.rates)
    place = risk if history.screen == "syl" else 1.0 - risk
    needed = ceil(1.0 / risk)
    words = [_preliminary(history)]
    if history.n < needed:
        words.append(f"{history.n} rows, fewer than the {needed:,} that show this risk: the extreme rows stand for it")
    raw = float(quantile(ordered, place, QUARTILE_RULES[rule]))
    return _record(history, level, "percentile", parts, raw, words, quartile_rule=rule)


def _counted(history: RateHistory, level: int, method: str, parts: int) -> RateLimit:
    rate, assumed = _assumed(history)
    words = [_preliminary(history), assumed]
    model = CountModel(method, rate, min(history.correlation, 1.0 - 1e-9))
    if method == "beta-binomial" and history.correlation <= 0.0:
        model = CountModel("binomial", rate)
        words.append("the rows differ no more than chance makes them: binomial")
    if method == "poisson" and history.dispersion > 1.0 + 3.0 * sqrt(2.0 / (history.n - 1)):
        words.append(f"the rows differ {history.dispersion:.1f} times as much as chance makes them: beta-binomial fits")
    count = critical_count(model, parts, RISKS[level])
    raw = (parts - count) / parts if history.screen == "syl" else count / parts
    return _record(history, level, model.kind, parts, raw, words, count=min(count, parts))


def _preliminary(history: RateHistory) -> str:
    least = baseline_rules("AEC-Q002").lots
    return f"preliminary: {plural(history.lots, 'lot')}, fewer than {least}" if history.lots < least else ""


def _record(
    history: RateHistory,
    level: int,
    method: str,
    parts: int,
    raw: float,
    words: list[str],
    *,
    width: float | None = None,
    sigma: float | None = None,
    quartile_rule: str = "",
    count: int | None = None,
) -> RateLimit:
    return RateLimit(
        history=history,
        version=VERSION,
        level=level,
        method=method,
        width=width,
        risk=RISKS[level],
        parts=parts,
        centre=history.mean,
        sigma=sigma,
        quartile_rule=quartile_rule,
        limit=round(min(max(raw, 0.0), 1.0), DIGITS),
        count=count,
        clamp="low" if raw < 0.0 else "high" if raw > 1.0 else "",
        fallback="; ".join(word for word in words if word),
    )
