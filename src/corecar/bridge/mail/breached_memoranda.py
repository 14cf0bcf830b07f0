"""Signed volumes that would be breached: by the last plan, by lots stopped since, by scenarios asked of late."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from corecar.bridge.agree.visible_agreements import seen
from corecar.bridge.calls import Call
from corecar.bridge.lot.stopped import stopped_lots
from corecar.bridge.plan.kept_weekly import kept_plan
from corecar.bridge.stress.large_recheck import is_large
from corecar.chain.words import PIECE
from corecar.errors import AccessDenied, ArgumentError, SolverError
from corecar.store.catalogue.models import Job

SCENARIOS = ("stress", "impact", "plan_whatif")
"""Verbs whose kept answers name what would be breached."""
MOST_JOBS = 50
TOLD = (
    "memorandum",
    "clause",
    "what",
    "supplier",
    "customer",
    "from_week",
    "until_week",
    "weeks",
    "missing",
    "unit",
    "in_week",
    "against",
)
Row = dict[str, Any]


def of_plan(number: int, shown: Mapping[str, Any]) -> Iterator[Row]:
    """What a plan breaches, as `plan show` tells it."""
    return (_told(row, f"plan {number}") for row in shown.get("agreements", ()))


def of_stopped_lots(call: Call, ask: Callable[..., Any]) -> Iterator[Row]:
    """What lots that are stopped now take from the last plan's promises; not of a network that takes long to plan.

    ask  a verb of the actor, by its name
    """
    lots = stopped_lots(call.session, call.actor)
    if not lots:
        return
    kept = kept_plan(call, None)
    if not kept.made.options.agreed or kept.made.planned.weekly is None or is_large(kept.made.planned.network):
        return
    counted = set(kept.made.chain.wip["lot"].to_pylist())
    gone = [lot for lot in lots if lot in counted and lot not in kept.made.options.stopped]
    if gone:
        try:
            found = ask(call, "impact", lots=gone)
        except (AccessDenied, ArgumentError, SolverError):
            return  # not for this person, nothing of them is supply, or a plan that is not asked about
        yield from (_told(row, f"stopped: {', '.join(gone[:3])}") for row in found.get("agreements", ()))


def of_scenarios(call: Call, since: timedelta) -> Iterator[Row]:
    """What scenarios of the own party would breach of memoranda that still hold, the newest of each question."""
    held = {each.number for each in seen(call) if each.standing.state == "signed" and each.sees("volumes")}
    asked = select(Job).where(
        Job.owner_id == call.actor.party_id, Job.verb.in_(SCENARIOS), Job.state == "done",
        Job.ended_at > call.now - since,
    )  # fmt: skip
    newest: dict[str, Job] = {}
    for job in call.session.scalars(asked.order_by(Job.id.desc()).limit(MOST_JOBS)):
        newest.setdefault(f"{job.verb} {sorted(job.arguments.items())}", job)
    found: dict[tuple[Any, ...], Row] = {}
    for job in newest.values():
        for row in (job.result or {}).get("agreements", ()):
            told = _told(_without_ended(row, held), _because(job, row))
            if row["memorandum"] in held:
                found.setdefault(tuple(told.values()), told | {"job": job.id})
    yield from found.values()


def _because(job: Job, row: Mapping[str, Any]) -> str:
    what = row.get("stop") or row.get("scenario") or ", ".join(job.arguments.get("lots") or ())
    return f"{job.verb.replace('_', ' ')}: {what}".removesuffix(": ")


def _told(row: Mapping[str, Any], because: str) -> Row:
    """A row of an alert; what was kept before volumes counted in their units counts pieces."""
    known = {"unit": PIECE, **row}
    return {"because": because} | {name: known[name] for name in TOLD if name in known}


def _without_ended(row: Mapping[str, Any], held: Collection[str]) -> Row:
    """A row without the clause that stood against it, where that memorandum holds no more."""
    other = str(row.get("against", "")).rpartition(", ")[0]
    return {name: value for name, value in row.items() if name != "against" or other in held}
