"""What signed memoranda wait for while they hold: call-offs without an answer, deliveries that are due or late."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import select

from corecar.agree.fulfilment import Move, kept_weeks
from corecar.agree.waiting import Waiting, waiting
from corecar.bridge.agree.call_offs import move_of
from corecar.bridge.agree.visible_agreements import Kept, seen
from corecar.bridge.calls import Call
from corecar.store.catalogue.agreements import AgreementMove


def due_promises(call: Call, several: Sequence[Kept]) -> dict[str, list[Waiting]]:
    """What each of some memoranda waits for, by its number.

    A memorandum holds, or held to its last day; one that was ended or amended waits for nothing more.
    """
    open_ = {each.row.id: each for each in several if each.standing.state == "signed" or _ran_out(each)}
    moves: dict[int, list[Move]] = defaultdict(list)
    asked = select(AgreementMove).where(AgreementMove.agreement_id.in_(open_)).order_by(AgreementMove.id)
    for row in call.session.scalars(asked):
        moves[row.agreement_id].append(move_of(row))
    today = call.now.date()
    return {
        open_[row].number: list(waiting(open_[row].terms, kept_weeks(open_[row].terms, told, today), today))
        for row, told in moves.items()
    }


def _ran_out(kept: Kept) -> bool:
    return kept.standing.state == "ended" and kept.steps[-1].action == "sign"


def overdue_promises(call: Call) -> Iterator[dict[str, Any]]:
    """Rows of what is overdue under memoranda of the own party, whoever's it is."""
    several = [each for each in seen(call) if each.level == "party"]
    for number, found in due_promises(call, several).items():
        for each in found:
            if each.due < call.now.date():
                yield {"number": number, "party": each.party, "what": each.what, "due": each.due}
