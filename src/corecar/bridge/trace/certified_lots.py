"""A graded lot as a certificate of conformance tells it: programs, temperatures, screens, yields, who decided what."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import select

from corecar.bridge.calls import Call
from corecar.bridge.lot.kept_lots import insertion_label
from corecar.bridge.lot.kept_overrides import INSERTION, LIMIT_RECORDS
from corecar.bridge.lot.lot_histories import history_of
from corecar.store.catalogue.models import Grading, Lot, Run
from corecar.store.lot_states import STOPPED


def certified_lot(call: Call, lot: Lot) -> tuple[dict[str, Any], list[str]]:
    """A lot with the last grading of each insertion, its overrides and waivers; and what is not known of it."""
    asked = select(Grading).where(Grading.lot_id == lot.id).order_by(Grading.id)
    last = {_label(one): one for one in call.session.scalars(asked)}
    gaps = [] if last else [f"Lot {lot.name}: it was not graded."]
    graded = {run for one in last.values() for run in one.runs}
    every = set(call.session.scalars(select(Run.id).where(Run.lot_id == lot.id)))
    if last and every - graded:
        gaps.append(f"Lot {lot.name}: {len(every - graded):,} of its {len(every):,} runs stand behind no grading.")
    gaps += [f"Lot {lot.name}, {label}: its limit records were not hashed when it was graded. Grade it again."
             for label, one in last.items() if LIMIT_RECORDS not in one.summary]  # fmt: skip
    told = {
        "lot": lot.name, "product": lot.product, "state": lot.state,
        "insertions": [_insertion(label, one) for label, one in sorted(last.items())],
        "overrides": [row for _, one in sorted(last.items()) for row in _overrides(one.summary)],
        "waivers": _waivers(call, lot),
    }  # fmt: skip
    return told, gaps


def _label(one: Grading) -> str:
    return str(one.summary.get(INSERTION) or insertion_label((one.stage, one.temperature)))


def _insertion(label: str, one: Grading) -> dict[str, Any]:
    """One insertion as its last grading found it."""
    summary = one.summary
    tested, shipped = summary["final_tested"], summary["shippable"]
    yields = summary.get("yields", {})
    return {
        "insertion": label, "temperature": one.temperature, "programs": summary["test_program"],
        "recipe": one.recipe, "graded_at": moment_told(one.at), "tested": tested, "good": summary["good"],
        "may_ship": shipped, "yield": round(summary["good"] / tested, 9) if tested else None,
        "screens": _screens(summary), "holds": [{"said": sentence} for sentence in one.hold],
        "yield_limits": [
            {"limit": f"{limit['screen'].upper()}{limit['level']}", "scope": limit["scope"],
             "subject": limit["subject"], "value": round(limit["limit"], 9), "lots": limit["lots"]}
            for limit in yields.get("limits", ())
        ],
        "beyond": [{"said": _beyond(finding)} for finding in yields.get("findings", ())],
    }  # fmt: skip


def _beyond(finding: dict[str, Any]) -> str:
    limit = finding["limit"]
    name = f"{limit['screen'].upper()}{limit['level']}"
    return f"{limit['scope']} {finding['unit']}: {limit['subject']} {finding['rate']:.2%}, {name} {limit['limit']:.2%}"


def _screens(summary: dict[str, Any]) -> list[dict[str, Any]]:
    """Each screen of a grading: what it rejected, and the hash of its limit records."""
    records = summary.get(LIMIT_RECORDS, {})
    rejected = summary["rejected_by_screen"]
    none = {"records": 0, "applied": 0, "sha256": ""}
    return [{"screen": screen, "rejected": rejected.get(screen, 0), **records.get(screen, none)}
            for screen in sorted({*records, *rejected})]  # fmt: skip


def _overrides(summary: dict[str, Any]) -> list[dict[str, Any]]:
    own = ("override", "unit", "rejected_by", "proposed_by", "approved_by", "reason")
    return [{name: one.get(name) for name in own} for one in summary.get("overrides", ())]


def _waivers(call: Call, lot: Lot) -> list[dict[str, Any]]:
    """Releases of the lot out of a hold or quarantine: who let it go, and why."""
    history = history_of(call.session, lot)
    return [
        {"at": moment_told(event.at), "by": event.by, "reason": event.reason}
        for before, event in pairwise(history)
        if before.state in STOPPED and event.state == "released"
    ]


def moment_told(moment: datetime) -> str:
    """A moment as a certificate writes it: ISO 8601 to the second, in UTC; one without a zone is of UTC."""
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return f"{aware.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
