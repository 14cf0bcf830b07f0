"""Memoranda as they stand in the catalogue: whose they are, who sees how much of them, where each stands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from sqlalchemy import ColumnElement, and_, exists, or_, select

from corecar.agree.life import Standing, Step, standing
from corecar.agree.terms import Terms, terms_hash, terms_in
from corecar.bridge.access import Actor
from corecar.bridge.calls import Call
from corecar.errors import CatalogueError, NotFound
from corecar.faults import alike
from corecar.store.catalogue.agreements import (
    Agreement,
    AgreementParty,
    AgreementShare,
    AgreementStep,
    AgreementTerms,
)

Level = Literal["hidden", "standing", "volumes", "terms", "party"]
LEVELS: tuple[Level, ...] = ("hidden", "standing", "volumes", "terms", "party")
"""How much of a memorandum somebody sees, the least first: nothing; that it is there and where it stands; what is
agreed week by week too; all of its terms; everything, as its parties do."""
Row = TypeVar("Row")


@dataclass(frozen=True)
class Kept:
    """A memorandum as somebody sees it.

    terms     that count now; history: every terms that it had, by hash
    accounts  the parties of its terms, each with its number in this workspace; None: it is not in it
    level     how much of it the one who asks may see
    """

    row: Agreement
    terms: Terms
    history: dict[str, Terms]
    steps: tuple[Step, ...]
    files: dict[int, str]
    accounts: dict[str, int | None]
    standing: Standing
    level: Level

    @property
    def number(self) -> str:
        """As people name it."""
        return self.row.number

    @property
    def parties(self) -> tuple[str, ...]:
        """As the terms name them."""
        return tuple(each.party for each in self.terms.parties)

    def sees(self, level: Level) -> bool:
        """Whether so much of it may be seen."""
        return LEVELS.index(self.level) >= LEVELS.index(level)


def is_of_party(actor: Actor) -> ColumnElement[bool]:
    """The condition on memoranda that an actor's party is one of theirs, or drafted them."""
    named = and_(AgreementParty.account_id.is_(None), AgreementParty.party == actor.party)
    own = exists().where(
        AgreementParty.agreement_id == Agreement.id, or_(AgreementParty.account_id == actor.party_id, named)
    )
    return or_(own, Agreement.owner_id == actor.party_id)


def seen(call: Call, number: str | None = None, *, lock: bool = False) -> list[Kept]:
    """The memoranda that an actor sees, the newest first.

    number  only this one
    lock    nobody else adds a step to them until the transaction ends
    """
    shared = exists().where(AgreementShare.agreement_id == Agreement.id, AgreementShare.party_id == call.actor.party_id)
    asked = select(Agreement).where(or_(is_of_party(call.actor), shared)).order_by(Agreement.id.desc())
    if number is not None:
        asked = asked.where(Agreement.number == number)
    rows = list(call.session.scalars(asked.with_for_update() if lock else asked))
    found = _kept(call, rows)
    return [each for each in found if _is_shown(call, each)]


def one(call: Call, number: str, *, lock: bool = False) -> Kept:
    """A memorandum that an actor sees as one of its parties do. Raises NotFound; see `any_level` for less."""
    found = any_level(call, number, lock=lock)
    if found.level != "party":
        raise NotFound(f"{number} is shared with {call.actor.party} and is not its own: only its parties do that.")
    return found


def any_level(call: Call, number: str, *, lock: bool = False) -> Kept:
    """A memorandum that an actor sees, however little of it. Raises NotFound."""
    found = seen(call, number, lock=lock)
    if not found:
        near = alike(number, (each.number for each in seen(call)))
        raise NotFound(f'there is no memorandum "{number}".{near} `corecar agree list` lists them.')
    return found[0]


def _is_shown(call: Call, kept: Kept) -> bool:
    """A draft is its author's alone, and what is shared is seen once it holds."""
    if kept.level != "party":
        return kept.level != "hidden" and kept.standing.state in ("signed", "ended")
    offered = any(step.action == "offer" for step in kept.steps)
    return offered or kept.row.owner_id == call.actor.party_id


def _kept(call: Call, rows: Sequence[Agreement]) -> list[Kept]:
    ids = [row.id for row in rows]
    steps = _by_agreement(call, AgreementStep, ids, lambda row: row.number)
    terms = _by_agreement(call, AgreementTerms, ids, lambda row: row.sha256)
    parties = _by_agreement(call, AgreementParty, ids, lambda row: row.party)
    shares = _by_agreement(call, AgreementShare, ids, lambda row: row.by_party)
    return [_whole(call, row, steps[row.id], terms[row.id], parties[row.id], shares[row.id]) for row in rows]


def _by_agreement(call: Call, table: type[Row], ids: list[int], key: Callable[[Any], Any]) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = defaultdict(list)
    column: Any = table.agreement_id  # type: ignore[attr-defined]
    for row in sorted(call.session.scalars(select(table).where(column.in_(ids))), key=key):
        found[row.agreement_id].append(row)  # type: ignore[attr-defined]
    return found


def _whole(
    call: Call, row: Agreement, steps: Iterable[AgreementStep], terms: Iterable[AgreementTerms],
    parties: Iterable[AgreementParty], shares: Iterable[AgreementShare],
) -> Kept:  # fmt: skip
    taken = list(steps)
    history = {each.sha256: _sound(row, each) for each in terms}
    now = history[taken[-1].terms_sha256]
    known = {each.party: each.account_id for each in parties}
    done = tuple(_step(each) for each in taken)
    names = [each.party for each in now.parties]
    accounts = {name: known.get(name) for name in names}
    level = _level(call.actor, row, accounts, shares)
    return Kept(
        row=row, terms=now, history=history, steps=done,
        files={each.number: each.file_sha256 for each in taken if each.file_sha256}, accounts=accounts,
        standing=standing(done, names, call.now.date(), now.valid_until), level=level,
    )  # fmt: skip


def _sound(row: Agreement, kept: AgreementTerms) -> Terms:
    """Terms as they were kept. Raises CatalogueError where they are not those that were signed or offered."""
    terms = terms_in(kept.content, row.number)
    if terms_hash(terms) != kept.sha256:
        raise CatalogueError(
            f"{row.number}: its terms were changed in the database: their hash differs. Do not use them; put the "
            "catalogue back from a backup."
        )
    return terms


def _step(row: AgreementStep) -> Step:
    return Step(
        row.number, row.action, row.party, row.person, row.at, row.terms_sha256, row.reason, row.until  # type: ignore[arg-type]
    )  # fmt: skip


def _level(actor: Actor, row: Agreement, accounts: dict[str, int | None], shares: Iterable[AgreementShare]) -> Level:
    """How much an actor sees: all as a party; of what is shared, only what every party of the workspace shares."""
    if row.owner_id == actor.party_id or own_parties(actor, accounts):
        return "party"
    given = {each.by_party: each.level for each in shares if each.party_id == actor.party_id}
    able = [party for party, account in accounts.items() if account is not None]
    levels = [LEVELS.index(given.get(party, "hidden")) for party in able]
    return LEVELS[min(levels, default=0)]


def own_parties(actor: Actor, accounts: dict[str, int | None]) -> list[str]:
    """As which parties of a memorandum an actor's party stands in it."""
    return [
        party for party, account in accounts.items()
        if account == actor.party_id or (account is None and party == actor.party)
    ]  # fmt: skip
