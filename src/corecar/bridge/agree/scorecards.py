"""How each party kept its word over the memoranda that hold or held."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Annotated, Any

from corecar.agree.fulfilment import scores
from corecar.bridge.agree.call_offs import weeks_of
from corecar.bridge.agree.revoked_since import revoked_since
from corecar.bridge.agree.visible_agreements import one, seen
from corecar.bridge.calls import Call


def scorecard(
    call: Call, *, of: Annotated[str | None, "Only this party."] = None,
    number: Annotated[str | None, "Only this memorandum."] = None,
) -> dict[str, Any]:  # fmt: skip
    """Show how each party kept its word: promises kept, days to answer, defective parts, over all memoranda you are in.

    Told is too how many memoranda it signed by a certificate that was revoked since.

    Raises  NotFound
    """
    found = [one(call, number)] if number else [each for each in seen(call) if each.level == "party"]
    rows: dict[str, list[Any]] = defaultdict(list)
    for kept in found:
        if kept.standing.state in ("signed", "ended"):
            weeks = weeks_of(call, kept)
            for score in scores(kept.terms, weeks, call.now.date()):
                rows[score.party].append((kept, score))
    revoked = Counter(row["party"] for row in revoked_since(call, found))
    table = [
        _score_row(party, rows[party]) | {"revoked": revoked[party]}
        for party in sorted({*rows, *revoked})
        if of in (None, party)
    ]
    return {"said": "" if table else "Nothing was signed yet, so nobody has a score.", "rows": table}


def _score_row(party: str, several: list[Any]) -> dict[str, Any]:
    each = [score for _, score in several]
    promises, kept, answers = (sum(getattr(one, name) for one in each) for name in ("promises", "kept", "answers"))
    days = [(one.answer_days, one.answers) for one in each if one.answer_days is not None]
    worst = [one.ppm for one in each if one.ppm is not None]
    return {
        "party": party, "memoranda": len(each), "promises": promises, "promises_kept": kept,
        "kept_share": kept / promises if promises else None, "answers": answers,
        "in_time": sum(one.in_time for one in each),
        "answer_days": sum(day * count for day, count in days) / answers if days else None,
        "worst_ppm": max(worst) if worst else None,
        "ppm_agreed": min((one.terms.quality.ppm_most for one, _ in several
                           if one.terms.quality and one.terms.quality.ppm_most is not None), default=None),
    }  # fmt: skip
