"""Volumes of the memoranda that hold, as plans take them, and what of them a plan does not keep."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from corecar.agree.terms import Terms, terms_in
from corecar.agree.volumes import agreed_weeks
from corecar.bridge.agree.visible_agreements import any_level, seen
from corecar.bridge.calls import Call
from corecar.chain.words import PIECE
from corecar.errors import NotFound, SourceMissing
from corecar.network.agreed_caps import AT_MOST
from corecar.network.agreements import SignedVolume
from corecar.network.arrays import Floats, Network
from corecar.network.volume_units import as_told
from corecar.plan.contradictions import against

MAXIMUM = " maximum"
"""Ends the clause of a breach that lies above what may be called off, not below what is agreed."""
RELATIVE = 1e-6
"""Part of what was promised below which nothing is missing but rounding."""
UNNAMED = "above the maximum call-off of its memoranda"
"""Ends sentences of plans that were kept when these named no clause."""
Volumes = list[dict[str, Any]]


def signed_volumes(call: Call) -> Volumes:
    """The volumes of every memorandum that holds and whose volumes the actor sees, the earliest first."""
    held = [each for each in reversed(seen(call)) if each.standing.state == "signed" and each.sees("volumes")]
    return [volume.kept() for each in held for volume in _volumes(each.terms, each.number)]


def volumes_of(call: Call, numbers: Iterable[str]) -> Volumes:
    """The volumes of some memoranda as they are negotiated or hold, signed or not.

    Raises  NotFound for one that is not there, or whose volumes the actor does not see
    """
    found = []
    for number in numbers:
        kept = any_level(call, number)
        if not kept.sees("volumes"):
            raise NotFound(f"the volumes of {number} are not shared with {call.actor.party}. Ask one of its parties.")
        found += [volume.kept() for volume in _volumes(kept.terms, kept.number)]
    return found


def volumes_in_files(paths: Iterable[str | Path]) -> Volumes:
    """The volumes of terms in JSON files. Raises SourceMissing; MappingError for a file that is no terms."""
    found = []
    for path in map(Path, paths):
        if not path.is_file():
            raise SourceMissing(path, "is no file.", advice="Name the terms of a memorandum, a JSON file.")
        terms = terms_in(path.read_bytes(), str(path))
        found += [volume.kept() for volume in _volumes(terms, terms.number)]
    return found


def _volumes(terms: Terms, memorandum: str) -> list[SignedVolume]:
    subject = terms.subject
    found = []
    for number, volume in enumerate(terms.volumes, 1):
        group = volume.group or ("" if volume.product else subject.group)
        weeks = [[each.week, each.agreed, each.minimum, each.maximum] for each in agreed_weeks(volume)]
        product = "" if group else volume.product or subject.product
        stage = subject.stage if product and product == subject.product else ""
        bands = [[each.from_weeks, each.until_weeks, each.up, each.down] for each in volume.bands]
        found.append(SignedVolume(
            f"{memorandum} volume {number}", volume.supplier, volume.customer, product, group, volume.unit, weeks,
            stage, bands,
        ))  # fmt: skip
    return found


def breached(floors: Iterable[Mapping[str, Any]], volumes: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What a plan does not keep of signed volumes, a row for each of them: clause, weeks, quantity.

    floors   rows with clause, until_week, least, breach and, where it is known, against, as of the table `floors` of a
             plan; each counts from the first week of its volume, so that what is missing in a week is missing in all
    Returns  memorandum, volume (its maximum, where more is planned than that), of what, first and last week in which
             something is missing, most that is missing, in the unit of the volume; against: the clause of a memorandum
             that contradicts it, where one does
    """
    by_clause = {str(each["clause"]): each for each in volumes}
    missing: dict[tuple[str, bool], dict[str, float]] = defaultdict(dict)
    other_by: dict[tuple[str, bool], str] = {}
    for row in floors:
        clause, above = _promise(row["clause"])
        if clause in by_clause and row["breach"] > RELATIVE * (1 + abs(row["least"])):
            missing[clause, above][str(row["until_week"])] = float(row["breach"])
            other, over = _promise(row.get("against") or "")
            if other in by_clause:
                other_by.setdefault((clause, above), ", ".join(_named(other, over)))
    return [
        _row(by_clause[clause], weeks, above) | _known(other_by.get((clause, above)))
        for (clause, above), weeks in sorted(missing.items())
    ]


def _known(other: str | None) -> dict[str, Any]:
    return {"against": other} if other else {}


def _promise(text: Any) -> tuple[str, bool]:
    """The clause that a promise is of, and whether it is of its maximum."""
    return str(text).split(",")[0], f" {AT_MOST} for " in str(text)


def _named(clause: str, above: bool) -> tuple[str, str]:
    memorandum, number = clause.rsplit(" volume ", 1)
    return memorandum, f"volume {number}{MAXIMUM if above else ''}"


def _row(volume: Mapping[str, Any], weeks: Mapping[str, float], above: bool) -> dict[str, Any]:
    memorandum, clause = _named(str(volume["clause"]), above)
    worst = max(weeks, key=lambda week: weeks[week])
    return {
        "memorandum": memorandum, "clause": clause,
        "what": volume["product"] or volume["group"], "supplier": volume["supplier"], "customer": volume["customer"],
        "from_week": min(weeks), "until_week": max(weeks), "weeks": len(weeks),
        "missing": as_told(weeks[worst], str(volume["unit"])), "unit": volume["unit"], "in_week": worst,
    }  # fmt: skip


def breached_by(plan: Any, volumes: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The same of a plan in memory (`corecar.plan.plans.Plan`)."""
    price = None if plan.prices is None else plan.prices.floor
    return breached_of(plan.network, plan.breach, volumes, price)


def breached_of(
    network: Network, missing: Floats, volumes: Iterable[Mapping[str, Any]], price: Floats | None = None
) -> list[dict[str, Any]]:
    """The same of a network's promises.

    missing  float64, shape (floors,): pieces that each is short of
    price    float64, shape (floors,): what one piece less of each would save, by which is known what contradicts it
    """
    floors = network.floors
    others = [""] * len(floors) if price is None else against(floors, missing, price)
    last = (network.week_name(floor.weeks[-1]) for floor in floors)
    rows = (
        {"clause": floor.clause, "until_week": week, "least": floor.least, "breach": short, "against": other}
        for floor, week, short, other in zip(floors, last, missing.tolist(), others, strict=True)
    )
    return breached(rows, volumes)


def newly_breached(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What is breached only now, or more than before; `before` beside it."""
    known = {(row["memorandum"], row["clause"]): row["missing"] for row in before}
    rows = [row | {"before": known.get((row["memorandum"], row["clause"]), 0)} for row in after]
    return [row for row in rows if row["missing"] > row["before"]]


def breach_notes(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Sentences for each breach: clause, whose promise to whom, weeks, how much, and what stands against it."""
    return [_breach(row) + _stands_against(row) for row in rows]


def _breach(row: Mapping[str, Any]) -> str:
    of = f"breach: {row['memorandum']}, {row['clause']} ({row['what']} of {row['supplier']} for {row['customer']})"
    weeks = f"{row['from_week']} to {row['until_week']}."
    if str(row["clause"]).endswith(MAXIMUM):
        return f"{of}: {_amount(row)} above it, {weeks}"
    return f"{of}: {_amount(row)} missing, {weeks}"


def _stands_against(row: Mapping[str, Any]) -> str:
    return f" {row['against']} stands against it." if row.get("against") else ""


def _amount(row: Mapping[str, Any]) -> str:
    unit = row.get("unit", PIECE)
    return f"{row['missing']:,}" + ("" if unit == PIECE else f" {unit}s")


def hidden_clauses(call: Call, volumes: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """Clauses of a plan that its reader may not know of: of memoranda whose volumes are not shared with them."""
    told = {each.number for each in seen(call) if each.sees("volumes")}
    clauses = (str(each["clause"]) for each in volumes)
    return frozenset(clause for clause in clauses if clause.rsplit(" volume ", 1)[0] not in told)


def is_hidden(text: str, hidden: frozenset[str]) -> bool:
    """Whether a promise, or a sentence about some, is of a hidden clause. Clauses stand first, commas between them.

    >>> is_hidden("M-1 volume 1, M-2 volume 1: 5 pieces are too many", frozenset({"M-2 volume 1"}))
    True
    >>> is_hidden("M-22 volume 1: no demand is for it", frozenset({"M-2 volume 1"}))
    False
    """
    names = f", {text},".replace(": ", ", ")
    return any(f", {clause}," in names for clause in hidden) or (bool(hidden) and text.endswith(UNNAMED))


def counted_with(volumes: Iterable[Mapping[str, Any]], hidden: frozenset[str]) -> frozenset[str]:
    """Clauses on the very routes of a hidden one: what a plan allows of them in all tells of that one too."""
    several = [*volumes]
    routes = {_routes(each) for each in several if each["clause"] in hidden}
    return frozenset(str(each["clause"]) for each in several if _routes(each) in routes)


def _routes(volume: Mapping[str, Any]) -> tuple[Any, ...]:
    return volume["supplier"], volume["product"], volume.get("stage", ""), volume["group"]


def agreed_until(volume: Mapping[str, Any], week: str) -> float:
    """What a volume agrees up to a week, in its unit."""
    return sum(float(amount) for name, amount, *_ in volume["weeks"] if name <= week)
