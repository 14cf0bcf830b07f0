"""What the approval of a qualification would earn: the plan with its route open from a week on, beside the plan."""

from __future__ import annotations

from typing import Annotated, Any

from corecar.bridge.calls import Call, in_session
from corecar.bridge.plan.changed_plans import what_if
from corecar.bridge.plan.kept_questions import kept_again
from corecar.bridge.qualify.kept_qualifications import Number, one
from corecar.errors import Conflict


def worth(
    call: Call,
    number: Number,
    *,
    week: Annotated[str, "The first week in which the route may supply, such as `2027-W20`."],
    plan: Annotated[int | None, "Number of the plan; the last one without it."] = None,
) -> dict[str, Any]:
    """Say what approving a qualification would earn from a week on, in cars and weeks: a kept plan beside itself with
    the qualification's route open.

    Raises  NotFound; Conflict where it names no route; ArgumentError for a route that the chain has not, or that is
            qualified already; SolverError, Cancelled
    """
    with call.store.catalogue.reading() as session:
        found = one(in_session(call, session), number)
        named, route = found.named, found.row.route
    if route is None:
        raise Conflict(f"{named} is about no route of the chain. Open one that names it: --route ROUTE")
    made, notes = kept_again(call, plan)
    answer = what_if(made, [f"qualified: route {route} from {week}"], stop=call.stopped)
    return {**answer, "route": route, "notes": [*notes, *answer["notes"]]}
