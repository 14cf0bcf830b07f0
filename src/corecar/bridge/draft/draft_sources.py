"""What a memorandum is made of: rows of the chain, a pair of a meeting, what a plan gives a demand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from corecar.agree.drafts import led_by, of_pair, of_plan, with_party
from corecar.bridge.calls import Call
from corecar.bridge.chain.booked_offers import booked_of
from corecar.bridge.chain.chain_tables import chain_of
from corecar.bridge.match.meeting_facts import one as meeting_of
from corecar.bridge.match.meeting_facts import pairs_of
from corecar.bridge.plan.kept_plans import plan_files, plan_row, read_plan_table
from corecar.chain.chain import Chain
from corecar.errors import ArgumentError, NotFound
from corecar.faults import alike
from corecar.store.catalogue.models import Party

LEAST = 1.0
"""Pieces of a week below which a plan gives nothing that could be agreed on."""


@dataclass(frozen=True)
class Found:
    """What terms begin with, and where it comes from."""

    value: dict[str, Any]
    made_of: dict[str, Any]


def from_pair(call: Call, need: str, offer: str, made_of: Mapping[str, Any] | None = None) -> Found:
    """A need and an offer of the chain. Raises NotFound; ArgumentError for two of one party."""
    chain = chain_of(call)
    value = of_pair(
        _row(chain, "needs", need), _row(chain, "offers", offer), _parties(chain), call.now.date(),
        booked_of(call).get(offer),
    )  # fmt: skip
    return Found(value, dict(made_of or {"match": {"need": need, "offer": offer}}))


def from_meeting(call: Call, meeting: int, pair: int) -> Found:
    """A pair of a meeting; whoever leads it, and is none of the two, signs as its coordinator.

    Raises  NotFound; Conflict for a meeting that is cancelled
    """
    found = meeting_of(call, meeting, held=True)
    row = next((each for each in pairs_of(call, [found]) if each.number == pair), None)
    if row is None:
        raise NotFound(f"meeting {meeting} has no pair {pair}. `corecar meeting show {meeting}` lists them.")
    made = from_pair(call, row.need, row.offer, {"meeting": {"meeting": meeting, "pair": pair}})
    names = {party["party"] for party in made.value["parties"]}
    accounts = set(call.session.scalars(select(Party.name).where(Party.name.in_(names))))
    if call.actor.party in names or not (call.actor.accounts or accounts):
        return made
    leader = led_by(call.actor.party, _parties(chain_of(call)), row.title)
    return Found(with_party(made.value, leader), made.made_of)


def from_plan(call: Call, number: int, demand: str, supplier: str | None) -> Found:
    """What a plan gives a demand week by week, in whole pieces, as what its supplier agrees to.

    supplier  of the memorandum; without it who makes the product, by the chain's tables
    Raises    NotFound; ArgumentError for a demand of nobody, or a product of nobody
    """
    row = plan_row(call.session, call.actor.party_id, number)
    supply = read_plan_table(call.store, plan_files(call.session, row.id)["supply"]).to_pylist()
    own = [each for each in supply if each["demand"] == demand]
    if not own:
        near = alike(demand, {each["demand"] for each in supply})
        raise NotFound(f'plan {number} has no demand "{demand}".{near} `corecar plan show {number}` lists them.')
    product, customer = own[0]["product"], own[0]["customer"]
    if not customer:
        raise ArgumentError(f"{demand}: nobody is named who wants it, so there is no customer to agree with.")
    if " to " in own[0]["week"]:
        raise ArgumentError(f"plan {number} is a static one and has no weeks. Plan with more --time-limit, or fewer.")
    chain = chain_of(call)
    what = next((each for each in chain.products.to_pylist() if each["product"] == product), {"name": product})
    by = supplier or what.get("party")
    if not by:
        raise ArgumentError(f"{product}: the table products does not say who makes it. Name who: --supplier PARTY.")
    weeks = [(each["week"], float(int(each["supplied"]))) for each in own if each["supplied"] >= LEAST]
    value = of_plan(product, customer, sorted(weeks), by, what, _parties(chain))
    return Found(value, {"plan": {"plan": number, "demand": demand}})


def _row(chain: Chain, table: str, name: str) -> dict[str, Any]:
    key = table.removesuffix("s")
    rows = chain[table].to_pylist()
    found = next((row for row in rows if row[key] == name), None)
    if found is None:
        near = alike(name, (row[key] for row in rows))
        raise NotFound(f'there is no {key} "{name}".{near} `corecar chain show {table}` lists them.')
    return dict(found)


def _parties(chain: Chain) -> dict[str, dict[str, Any]]:
    return {row["party"]: row for row in chain["parties"].to_pylist()}
