"""How the numbers of a report came about: formulas in our own words, their source, the recipe's parameters."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from corecar.report.blocks import Block, Facts, Formula, Text
from corecar.report.evidence import Evidence
from corecar.report.printable import printable

DYNAMIC = "dynamic-pat"
YIELD_LIMITS = "yield-limits"
"""What the step of the yield limits goes by: they reject no part, so no limit and no verdict names them."""

_OWN_KEY = re.compile(rf"screen (?P<place>\d+) {DYNAMIC} (?P<key>\S+)")
"""A parameter that a [[screen]] of dynamic limits has of its own."""


@dataclass(frozen=True)
class Step:
    """One formula of the method; `screen` names the screen that must have run for it to be printed."""

    screen: str
    title: str
    formula: str
    text: str
    source: str


STEPS = (
    Step(
        "",
        "Yield",
        "first yield = good first attempts / complete first attempts;  final yield = good units / tested units",
        "An attempt without an end record, or marked as ended abnormally, counts in neither. Good and bad are the "
        "tester's own verdicts.",
        "STDF V4, PRR PART_FLG bits 2 to 4",
    ),
    Step(
        "",
        "Usable reading",
        "TEST_FLG bits 1 to 5 all clear",
        "A reading that the tester marks as invalid, unreliable, timed out, not executed or aborted is left out of "
        "every statistic. Of several executions within a part the first is taken.",
        "STDF V4, PTR TEST_FLG",
    ),
    Step(
        "dynamic-pat",
        "Dynamic part average limits",
        "limits = median ± {width} × robust sigma;  robust sigma = (Q3 − Q1) / 1.35",
        "Median and quartiles are those of the good parts' usable readings, by {scope}, with quantiles of "
        "{quartile_rule}. A part outside the limits is rejected although it passed. The limits are never wider than "
        "the test's own; a test with one limit is screened on that side only.",
        "AEC-Q001 Rev D, robust mean, robust sigma and dynamic limits",
    ),
    Step(
        "dynamic-pat",
        "Where the formula does not serve",
        "fewer than {least} readings: the limits of the wider group;  Q3 = Q1: the next estimator",
        "Without a spread between the quartiles the median absolute deviation (× 1.4826) is tried, then the ranges "
        "P99 − P1 (/ 4.652) and P99.9 − P0.1 (/ 6.18), then one step of the reading; without any spread the test is "
        "not screened. A test with few different values gets a sigma of at least {discrete_floor} steps. Every such "
        "case stands in the table of limits.",
        "Defaults of Corecar; AEC-Q001 leaves them to the supplier",
    ),
    Step(
        "gdbn",
        "Good die in a bad neighbourhood",
        "failed neighbours, their share, or the yield predicted from them, against a limit",
        "A good die is rejected where too many of the dies around it failed. What stands for a neighbour that is not "
        "there is the recipe's edge policy. Dies that a screen rejected do not count as failed.",
        "Default of Corecar; AEC-Q004 names screens of the neighbourhood",
    ),
    Step(
        "cluster",
        "Clusters of failed dies",
        "dies × connected shapes of n dies × (share of failed dies elsewhere)^n < chance, or join count > 3 sigma",
        "Failed dies that touch, corners too, make a cluster. Where random fails would hardly make one of its size, "
        "good dies beside it and those it encloses are rejected.",
        "Default of Corecar",
    ),
    Step(
        "scratch",
        "Scratches",
        "line of least squares through failed dies;  spread across ≤ limit, length / width ≥ limit",
        "Failed dies near each other that lie in a straight line make a scratch. Good dies on it, and on its way out "
        "at both ends, are rejected.",
        "Default of Corecar",
    ),
    Step(
        "edge-ring",
        "Excluded edge",
        "distance of the die's farthest corner from the wafer's centre > radius − exclusion, or outermost dies",
        "Good dies that reach into the excluded ring, that come as near to flat or notch, or that stand outermost in "
        "their row or column are rejected, whatever they measured.",
        "Default of Corecar, to be agreed with the customer; flat and notch by SEMI M1",
    ),
    Step(
        "ink",
        "Ink list",
        "good die at a place that the list names, or in a bin that does not pass on a map of its wafer",
        "The places are somebody else's finding (an inspection, another insertion, a composite of both) and are taken "
        "as they are. A listed place without a tested die is told; a map that counts X and Y in another way than the "
        "tester is not applied, and the lot is held.",
        "The list or maps that the recipe names; the record holds their hash",
    ),
    Step(
        "z-pat",
        "Composite wafer (Z-PAT)",
        "P(so many wafers fail at one place or more | each wafer's own share), Poisson-binomial",
        "Good dies at a place that fails on more wafers of the lot than chance allows are rejected, unless the fails "
        "come from one site of the probe card: then the lot waits for a retest.",
        "Default of Corecar",
    ),
    Step(
        "parametric-z-pat",
        "Composite wafer of readings (parametric Z-PAT)",
        "residual = reading − wafer's median − median of the other wafers there;  limits = median ± width × robust "
        "sigma",
        "A good die is held against the dies at the same place of the other wafers of the lot, each less the median of "
        "its wafer. A place with too few other wafers is told as not judged.",
        "Default of Corecar; robust sigma as in AEC-Q001 Rev D",
    ),
    Step(
        "nnr",
        "Nearest neighbour residual",
        "residual = reading − median of the neighbours' readings;  limits = median ± width × robust sigma of residuals",
        "The neighbourhood grows where too few neighbours have a reading. Limits are by test and wafer.",
        "Default of Corecar; robust sigma as in AEC-Q001 Rev D",
    ),
    Step(
        "ncr",
        "Neighbour current ratio",
        "ratio = reading / smallest reading of the neighbours > limit",
        "For currents above 0: a good die that draws many times what a good die beside it draws is rejected.",
        "Default of Corecar; ratios of neighbours come from screens of standby currents",
    ),
    Step(
        "mahalanobis",
        "Robust Mahalanobis distance",
        "distance² = (x − m)ᵀ C⁻¹ (x − m), m and C by minimum covariance determinant;  limit = chi-square, or wider",
        "Tests that go together are judged together: a part whose readings do not fit each other is rejected, though "
        "each alone may be usual. Readings are less the median of their wafer.",
        "Rousseeuw and Van Driessen (1999); Default of Corecar",
    ),
    Step(
        "pca-residual",
        "Residual of principal components",
        "Q = ‖x − projection on the leading components‖²;  limit of a weighted sum of squares, or wider",
        "What related tests have in common is taken off; parts of which too much is left are rejected.",
        "Lugannani and Rice (1980); Default of Corecar",
    ),
    Step(
        "pair-residual",
        "Residual of related tests",
        "residual = reading − (intercept + slope × reading of its twin);  limits = median ± width × robust sigma",
        "Slope and intercept are medians (Theil), which a quarter of the readings cannot pull.",
        "Theil (1950); robust sigma as in AEC-Q001 Rev D",
    ),
    Step(
        "iddq-delta",
        "Steps of the standby current",
        "step = current − current of the vector before;  limits = median ± width × robust sigma",
        "A defect that only some vectors excite steps, whatever the level of the part's leakage.",
        "Default of Corecar; robust sigma as in AEC-Q001 Rev D",
    ),
    Step(
        "iddq-ratio",
        "Ratio of standby currents",
        "ratio = largest current / smallest current;  limit = median + width × robust sigma of its logarithm",
        "Parts of which one vector draws many times what another one does are rejected.",
        "Default of Corecar; robust sigma as in AEC-Q001 Rev D",
    ),
    Step(
        "drift",
        "Drift over a stress",
        "drift = reading after − reading before − median drift of the control units;  limits = median ± width × robust "
        "sigma, and a share of the width between the test's limits",
        "Units are paired by identity. Control units were measured each time but not stressed: what they drift, the "
        "tester did.",
        "AEC-Q001 Rev D for the limits; Default of Corecar",
    ),
    Step(
        "static-pat",
        "Static part average limits",
        "limits = median ± k × robust sigma of the good parts of earlier lots",
        "The same formula over a baseline of at least six lots of 30 parts; k, the lots, any fallback and whether the "
        "limits are preliminary stand with each limit. They too are never wider than the test's own.",
        "AEC-Q001 Rev D, static limits",
    ),
    Step(
        "retest",
        "Parts that passed only after several fails",
        "fails of the unit + 1, against a limit of tries",
        "Complete attempts at a unit count, except fails in exempt bins. A fail in a bin that is never to be retested "
        "rejects by itself. Where the recipe lists retestable bins, retests after any other bin hold the lot. Attempts "
        "are matched by the lot's identity; without one the screen is not applied.",
        "Default of Corecar; template, to be confirmed with the customer",
    ),
    Step(
        "recovery-rate",
        "How many first fails a retest recovered",
        "recovered / retested of each first bin and site, against an upper limit of the same from the lots before",
        "The limit is a statistical bin limit of the recovery rate, for so many retested parts. It rejects no part: a "
        "rate above it holds the lot, because the test cell may be what failed. Fewer than six lots hold nothing.",
        "AEC-Q002 Rev B, statistical bin limits, taken over to recoveries; template, to be confirmed",
    ),
    Step(
        "running-pat",
        "Running part average limits",
        "limits = median ± {width} × robust sigma of the good parts tested before",
        "Parts count in the order of test; no part makes its own limits, and the first ones are held against none.",
        "AEC-Q001 Rev D, variants of dynamic limits",
    ),
    Step(
        YIELD_LIMITS,
        "Statistical yield and bin limits",
        "yield < mean − 3 s (level 1), − 4 s (level 2);  share of a bin > mean + 3 s, + 4 s, or the same risk",
        "The lot and its wafers are held against the lots before it, the yield by the method {yield_method}, bins by "
        "{yield_bins_method}; methods other than normal take the risk of 3 and 4 s, one-sided. Beyond level 1 a "
        "review is due, beyond level 2 quarantine and a risk assessment; no part is rejected by it.",
        "AEC-Q002 Rev B",
    ),
    Step(
        "",
        "Capability",
        "Cpk = min((high limit − mean), (mean − low limit)) / (3 × standard deviation)",
        "Mean and standard deviation (n − 1) are those of the good parts' usable readings over the whole lot, with "
        "the test's own limits; a missing side is left out. Failing parts are not in it, so it speaks of what would "
        "ship.",
        "AIAG SPC, process capability; all variation of the lot is in the standard deviation",
    ),
    Step(
        "",
        "Hold",
        "rejected good parts / good parts > {kill_budget}",
        "Screens that reject more than this fraction of the good parts point at a broken test rather than at "
        "outliers, so the lot is held for review.",
        "Default of Corecar, to be agreed with the customer",
    ),
)


def method(evidence: Evidence) -> tuple[Block, ...]:
    """The formulas that were applied to this lot."""
    ran = set(evidence.grade.limits["screen"].to_pylist()) | set(evidence.verdict_rule)
    ran |= {YIELD_LIMITS} if evidence.grade.yields.get("limits") else set()
    parameters = {key: _written(value) for key, value in _flat(evidence.grade.parameters).items()}
    shown = [step for step in STEPS if not step.screen or step.screen in ran]
    formulas = dict.fromkeys(
        _formula(step, own)
        for step in shown
        for own in (_of_dynamic(parameters) if step.screen == DYNAMIC else [parameters])
        if _complete(step, own)
    )
    unexplained = sorted(rule for rule in ran if rule and rule not in {step.screen for step in STEPS})
    others = (Text(f"Other screens of the recipe: {', '.join(printable(rule) for rule in unexplained)}.", "note"),)
    return (*formulas, *(others if unexplained else ()))


def _of_dynamic(parameters: dict[str, str]) -> list[dict[str, str]]:
    """The parameters as each [[screen]] of dynamic limits has them; those of the recipe where it places none."""
    own: dict[int, dict[str, str]] = {}
    for name, value in parameters.items():
        if (at := _OWN_KEY.fullmatch(name)) is not None:
            own.setdefault(int(at["place"]), {})[at["key"]] = value
    return [parameters | own[place] for place in sorted(own)] or [parameters]


def _complete(step: Step, parameters: dict[str, str]) -> bool:
    """Every parameter that the step names is known."""
    try:
        (step.formula + step.text).format_map(parameters)
    except KeyError:
        return False
    return True


def _formula(step: Step, parameters: dict[str, str]) -> Formula:
    return Formula(step.title, step.formula.format_map(parameters), step.text.format_map(parameters), step.source)


def parameters(evidence: Evidence) -> tuple[Block, ...]:
    """Every parameter of the recipe, as it was."""
    rows = tuple((printable(key), _written(value)) for key, value in _flat(evidence.grade.parameters).items())
    return (Facts(rows),) if rows else (Text("The recipe has no parameters.", "note"),)


def _flat(values: dict[str, Any]) -> dict[str, Any]:
    """Nested parameters under their last name."""
    flat: dict[str, Any] = {}
    for key, value in values.items():
        flat.update(_flat(value) if isinstance(value, dict) else {str(key): value})
    return flat


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, (list, tuple)):
        return ", ".join(printable(str(item), 60) for item in value) or "none"
    return printable(str(value), 200)
