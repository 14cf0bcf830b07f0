"""Alerts that stand for somebody, each found by the verbs and rows that this person may see.

A row of `KINDS` for each kind. An alert is the same as long as its `about` is the same; a lot that is released and held
again is another alert, since it is held since another moment.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import quote

from sqlalchemy import func, select

from corecar.bridge.access import require
from corecar.bridge.agree.due_promises import overdue_promises
from corecar.bridge.agree.revoked_since import revoked_since
from corecar.bridge.agree.visible_agreements import seen
from corecar.bridge.assembly.measurements import visible_values
from corecar.bridge.calls import Call
from corecar.bridge.mail.breached_memoranda import of_plan, of_scenarios, of_stopped_lots
from corecar.bridge.sharing import visible_lots
from corecar.bridge.trace.chip_ids import has_decoder
from corecar.bridge.verbs import WORKSPACE_VERBS
from corecar.errors import ArgumentError, NotFound, QuestionError
from corecar.faults import alike
from corecar.plurals import plural
from corecar.report.quantities import percent
from corecar.store.catalogue.improvement import AssemblySource, AssemblyValue
from corecar.store.catalogue.models import Audit, Grading, Job, Lot, LotState
from corecar.store.lot_states import STOPPED

RECENT = timedelta(days=7)
"""How long ago something was graded or measured that still gives an alert."""
MOST = 200
"""Rows of one kind that are looked at."""


@dataclass(frozen=True)
class Alert:
    """One thing that somebody should know.

    about  what makes it the same alert
    row    what is told of it; page: the address of its page, below that of the server
    """

    kind: str
    about: tuple[object, ...]
    row: Mapping[str, Any]
    page: str

    @property
    def key(self) -> str:
        """The digest of kind and `about`, by which it is known again."""
        return hashlib.sha256("\0".join(map(str, (self.kind, *self.about))).encode()).hexdigest()


@dataclass(frozen=True)
class Kind:
    """A kind of alerts.

    title   in English, as letters and pages say it
    costly  finding them takes more than a few rows of the catalogue, so they are looked for only after something was
            written
    """

    title: str
    find: Callable[[Call], Iterator[Alert]]
    costly: bool = False


def asked(call: Call, verb: str, **arguments: Any) -> Any:
    """What a verb answers to this actor, in the transaction of this call. Raises AccessDenied, and what it raises."""
    row = WORKSPACE_VERBS[verb]
    require(call.actor, row)
    return row.load()(call, **arguments)


def _holds(call: Call) -> Iterator[Alert]:
    """Lots that are held or quarantined, the own and those that are shared, with the reason."""
    last = select(func.max(LotState.id)).where(LotState.lot_id == Lot.id).correlate(Lot).scalar_subquery()
    found = call.session.execute(
        select(Lot, LotState.reason)
        .outerjoin(LotState, LotState.id == last)
        .where(Lot.state.in_(STOPPED), visible_lots(call.actor))
        .order_by(Lot.state_since.desc(), Lot.id)
        .limit(MOST)
    )
    for lot, reason in found:
        row = {"lot": lot.name, "product": lot.product, "state": lot.state, "since": lot.state_since, "reason": reason}
        yield Alert("hold", (lot.id, lot.state, lot.state_since.isoformat()), row, f"/lots/{lot.id}")


def _yields(call: Call) -> Iterator[Alert]:
    """What the last gradings found beyond statistical yield and bin limits (SYL, SBL; AEC-Q002)."""
    newest = select(func.max(Grading.id)).group_by(Grading.lot_id, Grading.stage, Grading.temperature)
    found = call.session.execute(
        select(Grading, Lot)
        .join(Lot, Lot.id == Grading.lot_id)
        .where(Grading.at > call.now - RECENT, Grading.id.in_(newest), visible_lots(call.actor))
        .order_by(Grading.id.desc())
        .limit(MOST)
    )
    for grading, lot in found:
        for finding in grading.summary.get("yields", {}).get("findings", ()):
            limit = finding["limit"]
            name = f"{str(limit['screen']).upper()}{limit['level']}"
            row = {"lot": lot.name, "product": lot.product, "stage": grading.stage, "unit": finding["unit"],
                   "subject": limit["subject"], "rate": finding["rate"], "limit": f"{name} {percent(limit['limit'])}",
                   "action": finding["action"]}  # fmt: skip
            yield Alert("yield", (grading.id, finding["unit"], name, limit["subject"]), row, f"/lots/{lot.id}")


def _charts(call: Call) -> Iterator[Alert]:
    """Lots whose packaging steps signal on their control charts."""
    lots = call.session.scalars(
        select(AssemblyValue.lot)
        .join(AssemblySource, AssemblySource.id == AssemblyValue.source_id)
        .where(AssemblySource.ingested_at > call.now - RECENT, visible_values(call))
        .distinct()
        .limit(MOST)
    )
    for lot in list(lots):
        for row in asked(call, "assembly_judge", lot=lot)["rows"]:
            told = {"lot": lot, "step": row["step"], "characteristic": row["characteristic"], "why": row["why"]}
            yield Alert("chart", (lot, row["step"], row["characteristic"], row["why"]), told, "/quality")


def _shortages(call: Call) -> Iterator[Alert]:
    """Demands that run short in the last plan."""
    plans = asked(call, "plan_list", limit=1)["rows"]
    if not plans or not round(plans[0]["short"]):
        return
    number = plans[0]["plan"]
    for row in asked(call, "plan_show", number=number)["rows"]:
        if round(row["short"]):
            names = ("demand", "wanted", "supplied", "short", "fill", "on_time", "weeks_behind")
            told = {"plan": number} | {name: row[name] for name in names if name in row}
            yield Alert("shortage", (number, row["demand"]), told, f"/plan?why={quote(str(row['demand']), safe='')}")


def _demand(call: Call) -> Iterator[Alert]:
    """Demand that has changed by a threshold of its sub-horizon (CX-0128)."""
    try:
        rows = asked(call, "plan_alerts")["rows"]
    except ArgumentError:
        return  # there is no chain, or none of before to hold it against
    for row in rows[:MOST]:
        about = (row["group"], row["week"], row["threshold"], row["before"], row["now"])
        yield Alert(
            "demand", about, {name: row[name] for name in ("group", "week", "before", "now", "change")}, "/chain"
        )


def _jobs(call: Call) -> Iterator[Alert]:
    """Jobs of the own party that failed or broke off, of late."""
    for row in asked(call, "jobs_list", every=True, limit=MOST)["rows"]:
        if row["state"] in ("failed", "broke off") and row["asked"] > call.now - RECENT:
            told = {name: row[name] for name in ("job", "verb", "state", "by", "asked", "error")}
            yield Alert("job", (row["job"], row["state"], row["tries"]), told, f"/jobs/{row['job']}")


def _todos(call: Call) -> Iterator[Alert]:
    """What else waits for a person: runs, files, limits, actions."""
    for row in asked(call, "todo", limit=MOST)["rows"]:
        if row["kind"] not in ("lot on hold", "lot in quarantine"):
            about = (row["kind"], row["what"], row["since"])
            yield Alert("todo", about, {name: row[name] for name in ("kind", "what", "since", "why")}, "/")


def _meetings(call: Call) -> Iterator[Alert]:
    """Steps after meetings that are overdue."""
    for row in asked(call, "meeting_due")["rows"]:
        if row["overdue"]:
            names = ("due", "responsible", "next_step", "needed_by", "offered_by")
            yield Alert("meeting", (row["meeting"], row["pair"], row["due"]), {n: row[n] for n in names}, "/match")


def _memoranda(call: Call) -> Iterator[Alert]:
    """Signed volumes that the last plan, stopped lots or scenarios of late would breach: clause, weeks, quantity."""
    plans = asked(call, "plan_list", limit=1)["rows"]
    if plans:
        number = plans[0]["plan"]
        for row in of_plan(number, asked(call, "plan_show", number=number)):
            yield _breach(row)
        for row in of_stopped_lots(call, asked):
            yield _breach(row)
    for row in of_scenarios(call, RECENT):
        yield _breach({name: value for name, value in row.items() if name != "job"})


def _breach(row: Mapping[str, Any]) -> Alert:
    """The alert of a breach, which leads to its memorandum."""
    about = (row["memorandum"], row["clause"], row["from_week"], row["until_week"], row["missing"], row["because"])
    return Alert("memorandum", about, row, f"/agreements/{quote(str(row['memorandum']), safe='')}")


def _signatures(call: Call) -> Iterator[Alert]:
    """Memoranda that somebody signed by a certificate that was revoked, as lists tell that came in since."""
    for row in revoked_since(call, seen(call)):
        about = (row["number"], row["party"], row["revoked"].isoformat())
        yield Alert("signature", about, row, f"/agreements/{quote(str(row['number']), safe='')}")


def _promises(call: Call) -> Iterator[Alert]:
    """Call-offs that were not answered in time, and deliveries that are late."""
    for row in overdue_promises(call):
        about = (row["number"], row["party"], row["what"])
        yield Alert("promise", about, row, f"/agreements/{quote(str(row['number']), safe='')}")


def _ecids(call: Call) -> Iterator[Alert]:
    """Chips whose own identity says another die than their events or their wafer map do."""
    if not has_decoder(call):
        return
    for row in asked(call, "trace_ecids", limit=MOST)["rows"]:
        yield Alert("ecid", (row["ecid"], row["recorded"], row["where"]), row, "/trace")


KINDS: Mapping[str, Kind] = {
    "hold": Kind("Lots on hold or in quarantine", _holds),
    "yield": Kind("Lots and wafers beyond yield or bin limits", _yields, costly=True),
    "chart": Kind("Signals of control charts", _charts, costly=True),
    "shortage": Kind("Short in the last plan", _shortages, costly=True),
    "memorandum": Kind("Memoranda that a plan, stopped lots or a scenario would breach", _memoranda, costly=True),
    "signature": Kind("Memoranda whose signer's certificate was revoked", _signatures, costly=True),
    "promise": Kind("Call-offs without an answer in time, and late deliveries", _promises),
    "ecid": Kind("Chips whose ECID says another die than their events", _ecids, costly=True),
    "demand": Kind("Demand that has changed by a threshold", _demand, costly=True),
    "job": Kind("Jobs that failed", _jobs),
    "todo": Kind("To do", _todos),
    "meeting": Kind("Overdue after meetings", _meetings),
}
"""The kinds of alerts, in the order in which a letter tells them."""

Known = MutableMapping[Hashable, tuple[Hashable, list[Alert]]]
"""What was found before, by party, role and kind, beside the state of the workspace in which it was."""


def standing(call: Call, kind: str, known: Known | None = None) -> list[Alert]:
    """The alerts of a kind that stand for an actor.

    known  what was found before; what is costly is found again only when somebody changed anything, or the day did
    """
    row = KINDS[kind]
    if known is None or not row.costly:
        return _found(call, row)
    stamp = _stamp(call)
    place = (call.actor.party_id, call.actor.role, kind)
    before = known.get(place)
    if before is None or before[0] != stamp:
        known[place] = before = (stamp, _found(call, row))
    return before[1]


def _found(call: Call, kind: Kind) -> list[Alert]:
    try:
        return list(kind.find(call))
    except (NotFound, QuestionError):
        return []  # nothing of the sort is there yet


def _stamp(call: Call) -> Hashable:
    """What changes with every call that writes or is a job: the last row, when the last of both ended; the day."""
    last, ended = call.session.execute(select(func.max(Audit.id), func.max(Audit.ended_at))).one()
    return (last, str(ended), str(call.session.scalar(select(func.max(Job.ended_at)))), call.now.date())


def alerts_now(
    call: Call,
    *,
    kind: Annotated[list[str] | None, "Only of these kinds."] = None,
) -> dict[str, Any]:
    """List the alerts that stand for you now, by kind, whether a mail told them or not.

    Raises  ArgumentError for a kind that there is none of
    """
    for one in kind or ():
        if one not in KINDS:
            raise ArgumentError(f'there is no kind of alert "{one}".{alike(one, KINDS)} There are: {", ".join(KINDS)}.')
    found = {name: standing(call, name) for name in KINDS if not kind or name in kind}
    count = sum(map(len, found.values()))
    tables = {name: [dict(alert.row) for alert in alerts] for name, alerts in found.items() if alerts}
    return {"said": f"{plural(count, 'alert')}." if count else "Nothing gives an alert.", **tables}
