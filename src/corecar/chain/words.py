"""The words that columns of the chain's tables take: kinds, stages, states, codes."""

from __future__ import annotations

from typing import NamedTuple

PARTY_KINDS = (
    "carmaker", "tier-1", "designer", "foundry", "packaging-and-test", "laboratory", "institute", "university",
    "industry-office",
)  # fmt: skip

CHIP, MODULE, PROGRAM = "chip", "module", "vehicle-program"
PRODUCT_KINDS = (CHIP, MODULE, PROGRAM)

WAFER_STAGE = "wafer"
STAGES: dict[str, tuple[str, ...]] = {
    CHIP: (WAFER_STAGE, "bump", "sort", "packaging", "test", "burn-in"),
    MODULE: ("module-assembly", "module-test"),
    PROGRAM: ("vehicle-assembly",),
}
"""The stages of each kind of product, in the order in which it passes them; none is obligatory."""
ALL_STAGES = tuple(stage for stages in STAGES.values() for stage in stages)

SUBJECTS = (
    "chip", "wafer", "packaging", "test", "burn-in", "reliability", "failure-analysis", "research",
)  # fmt: skip
"""What is offered and needed: a chip; capacity of four stages; laboratory services of two kinds; research."""

PIECE, WAFER, HOUR = "piece", "wafer", "hour"
QUANTITY_UNITS = (PIECE, WAFER)
CAPACITY_UNITS = (PIECE, WAFER, HOUR)

PPAP = ("none", "planned", "submitted", "interim", "approved", "rejected")
USABLE_PPAP = frozenset((None, "none", "interim", "approved"))
"""States of a production part approval with which a route may supply; `none` says that no approval is asked."""

HELD = "held"
LOT_STATES = ("waiting", "in-process", "in-transit", HELD)
"""A held lot is no supply until it is released."""

DEMAND_CATEGORIES = {
    "0001": "default", "A1S1": "after-sales", "SR99": "series", "PI01": "phase-in period", "OS01": "single order",
    "OI01": "small series", "ED01": "extraordinary demand", "PO01": "phase-out period",
}  # fmt: skip
"""Codes of WeekBasedMaterialDemand 3.0.1 and ShortTermMaterialDemand 1.0.0."""

DIRECTIONS = ("INBOUND", "OUTBOUND")

EFFECTS = ("demand-reduction", "demand-increase", "capacity-reduction", "capacity-increase")
CAUSES = (
    "strike", "natural-disaster", "production-incident", "pandemic-or-epidemic", "logistics-disruption", "war",
    "insolvency", "other",
)  # fmt: skip
"""Codes of DemandAndCapacityNotification 3.0.0, as are the effects."""
DISRUPTION_STATES = ("open", "resolved")

LEVERS = ("capex-share", "priority", "local-share", "stock-duty")
"""What a policy moves."""
LEVER_COLUMNS = {
    "capex-share": (("units", "capex", "share"), ("from_week", "until_week")),
    "priority": (("class",), ()),
    "local-share": (("share", "products"), ("stage", "price", "from_week", "until_week")),
    "stock-duty": (("weeks_of_use",), ("public_part", "price", "from_week", "until_week")),
}
"""The columns of a policy that each lever needs, and those that it may have besides."""

CURRENCIES = ("CNY", "EUR", "USD", "JPY", "KRW", "TWD", "GBP")
GRADES = "0 is -40 to 150 C, 1 to 125 C, 2 to 105 C, 3 to 85 C"
"""AEC-Q100. A lower number serves where a higher one is asked."""


class CellParts(NamedTuple):
    """What a cell of a kind is made of: its machine, what feeds it with parts, what holds them; empty: none."""

    machine: str
    feeder: str = ""
    board: str = ""


CELL_PARTS = {
    "test": CellParts("tester", "handler", "load board"),
    "sort": CellParts("tester", "prober", "probe card"),
    "burn-in": CellParts("burn-in oven", "", "burn-in board"),
    "bond": CellParts("wire bonder"),
    "mould": CellParts("press", "", "mould"),
    "oven": CellParts("oven"),
    "saw": CellParts("saw"),
    "other": CellParts("machine"),
}
"""Kinds of cells: the template that each is filled in by."""
MOST_SHIFTS = 21
"""Shifts of eight hours in a week."""
ADDED = ("machine", "handler", "board", "station")
"""What an order adds to a cell; a station is one of each part that the cell has."""
WAYS = ("buy", "used", "rent", "convert")
"""How it comes: new, second hand, rented, taken from another cell."""
ASSUMED = ("margin", "interest", "demand", "scenarios")
"""What a case for new machines assumes."""
