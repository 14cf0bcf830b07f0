"""Data of a product family claimed for a test instead of testing again: by which rules, and what speaks against it."""

from __future__ import annotations

from dataclasses import dataclass

from corecar.standards.tabled import table

COMMON = frozenset({"technology", "package", "site"})
"""What a family has in common."""


@dataclass(frozen=True)
class Claim:
    """Family data for one test.

    reference          the report that holds it
    product            the family member it was measured on
    lots, units        how much of it there is: units of each lot
    unexplained_fails  failures that nobody explained
    same               what the family member has in common: technology, package, site
    copper_same        of copper wire: whether all that AEC-Q006 asks is common
    die_diagonal       of this die, in % of the family member's; None where nobody told
    """

    test: str
    reference: str
    product: str = ""
    lots: int = 0
    units: int = 0
    unexplained_fails: int = 0
    same: tuple[str, ...] = ()
    copper_same: bool = False
    die_diagonal: float | None = None


def objections(claim: Claim, lots: int, units: int, *, copper: bool = False) -> list[str]:
    """What speaks against a claim, each with the clause that asks it; empty where nothing does.

    lots, units  what the plan asks of the test; 0 where it asks for no number
    copper       whether the product has copper wire

    >>> objections(Claim("E5", "R-7", lots=3, units=30), 3, 30)[0]
    'electrical distributions are measured on the product itself (AEC-Q100-009 Rev B)'
    """
    found = [] if claim.reference.strip() else ["a claim names the report that holds its data"]
    for rule in table("family_rules"):
        if rule["tests"] != "all" and claim.test not in rule["tests"].split():
            continue
        if _breaks(rule, claim, lots, units, copper):
            found.append(f"{rule['meaning']} ({rule['clause']})")
    return found


def _breaks(rule: dict[str, str], claim: Claim, lots: int, units: int, copper: bool) -> bool:
    asks = rule["asks"]
    if asks == "same":
        return rule["value"] not in claim.same
    if asks == "copper_same":
        return copper and not claim.copper_same
    if asks == "copper_die_diagonal":
        large = claim.die_diagonal is None or claim.die_diagonal > float(rule["value"])
        return copper and large and claim.lots < lots
    return {
        "never": True,
        "unexplained_fails": claim.unexplained_fails > 0,
        "lots": claim.lots < lots,
        "units": claim.units < units,
    }[asks]
