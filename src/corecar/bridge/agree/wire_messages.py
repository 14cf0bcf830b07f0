"""Messages about memoranda: agreed capacity and comments out; comments and requests for an update in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

from sqlalchemy import select

from corecar.agree.wire import (
    UNITS,
    IdBasedComment,
    IdBasedRequestForUpdate,
    bare,
    capacity_group,
    comment_out,
    group_identity,
    message_in,
    missing_numbers,
    request_out,
)
from corecar.atomic import whole_file
from corecar.bridge.agree.acting import ForParty, Number, acting, notes_of
from corecar.bridge.agree.visible_agreements import Kept, one, seen
from corecar.bridge.calls import Call
from corecar.bridge.travel import Returned, Sent
from corecar.errors import AccessDenied, ArgumentError, Conflict, NotFound, OutputError, SourceMissing
from corecar.plurals import plural
from corecar.store.catalogue.agreements import AgreementComment, AgreementLink
from corecar.store.catalogue.models import Person

Out = Annotated[str | Path | None, "A folder for the messages, a JSON file each; it is made.", Returned(folder=True)]


def messages(
    call: Call, number: Number, *, out: Out = None,
    ask: Annotated[bool, "Write a request for the other side's newest messages too."] = False,
) -> dict[str, Any]:  # fmt: skip
    """Write a memorandum as messages: a WeekBasedCapacityGroup with agreedCapacity for each volume, and its comments.

    Raises  NotFound; ArgumentError for terms without volumes, or parties without a business partner number; OutputError
    """
    kept = one(call, number)
    found = _messages(call, kept)
    if ask:
        found["IdBasedRequestForUpdate"] = request_out(dict.fromkeys(_groups(call, kept), kept.steps[-1].at))
    if out is None:
        return {"said": f"{number}: {plural(len(found), 'message')}; --out writes them.", "details": found}
    files = _write(Path(out), found)
    return {"said": f"{number}: {plural(len(files), 'message')} in {out}.", "files": files}


def take_messages(
    call: Call, file: Annotated[str | Path, "The message: a comment, or a request for an update.", Sent()], *,
    out: Annotated[
        str | Path | None, "Where a request is answered: a folder for the messages that it asks for.",
        Returned(folder=True),
    ] = None,
    party: ForParty = None,
) -> dict[str, Any]:  # fmt: skip
    """Take in a message about a memorandum: an IdBasedComment, or an IdBasedRequestForUpdate, which is answered.

    A comment is that of the party that is not yours; one that has people in this workspace says it here itself.
    Raises  SourceMissing; MappingError; NotFound for a group of no memorandum; AccessDenied, Conflict, OutputError
    """
    place = Path(file)
    if not place.is_file():
        raise SourceMissing(place, "there is no such file.", advice="Name the JSON of one message.")
    message = message_in(place.read_bytes(), place.name)
    if isinstance(message, IdBasedComment):
        return _take_comment(call, message, party)
    return _answer(call, message, out)


def _messages(call: Call, kept: Kept) -> dict[str, Any]:
    terms = kept.terms
    if not terms.volumes:
        raise ArgumentError(f"{kept.number} has no volumes, so there is no capacity to tell.")
    lost = sorted({name for volume in terms.volumes for name in missing_numbers(terms, volume)})
    if lost:
        raise ArgumentError(
            f"{kept.number}: no message goes without business partner numbers. Set parties[{lost[0]}].bpnl."
        )
    uncounted = [volume.unit for volume in terms.volumes if volume.unit not in UNITS]
    if uncounted:
        raise ArgumentError(
            f"{kept.number}: messages count in {' and '.join(UNITS)}s, and a volume in {uncounted[0]}s."
        )
    groups, holds = _groups(call, kept), kept.standing.state == "signed"
    found = {
        f"WeekBasedCapacityGroup-{at}": capacity_group(terms, at, group, call.now, holds=holds)
        for at, group in enumerate(groups, 1)
    }
    asked = select(AgreementComment).where(AgreementComment.agreement_id == kept.row.id).order_by(AgreementComment.id)
    for at, row in enumerate(call.session.scalars(asked), 1):
        found[f"IdBasedComment-{at}"] = comment_out(
            terms, terms.volumes[0], groups[0], identity=row.identity, author=f"{row.person} of {row.party}",
            said=row.text, at=row.at,
        )  # fmt: skip
    return found


def _groups(call: Call, kept: Kept) -> list[str]:
    """By what the capacity group of each volume is known: as a party told it, or of its own."""
    asked = select(AgreementLink).where(
        AgreementLink.agreement_id == kept.row.id, AgreementLink.kind == "capacity-group"
    )
    told = {row.volume: bare(row.identity) for row in call.session.scalars(asked.order_by(AgreementLink.party))}
    return [told.get(at, group_identity(kept.terms, at)) for at in range(1, len(kept.terms.volumes) + 1)]


def _of_group(call: Call, group: str) -> Kept | None:
    """The newest memorandum of a capacity group that an actor sees as its party."""
    found = (each for each in seen(call) if each.level == "party" and bare(group) in _groups(call, each))
    return next(found, None)


def _take_comment(call: Call, message: IdBasedComment, party: str | None) -> dict[str, Any]:
    kept = _of_group(call, message.objectId)
    if kept is None:
        raise NotFound(f"no memorandum of yours has the capacity group {message.objectId}.")
    own = acting(call, kept.accounts, party, kept.number)
    sides = {each.bpnl: each.party for each in kept.terms.parties if each.bpnl in (message.customer, message.supplier)}
    others = [name for name in sides.values() if name != own.party]
    if own.party not in sides.values() or len(others) != 1:
        raise AccessDenied(f"{kept.number}: the message is not between {own.party} and another of its parties.")
    if _has_people(call, kept.accounts[others[0]]):
        raise AccessDenied(f"{kept.number}: {others[0]} has people in this workspace, who say it here themselves.")
    if message.requestDelete == "true" or not message.commentText:
        raise Conflict(f"{kept.number}: comments stay on record; none is taken back or empty.")
    identity = bare(message.commentId)
    there = call.session.scalar(select(AgreementComment).where(AgreementComment.identity == identity))
    if there is not None:
        raise Conflict(f"{kept.number}: this comment was taken in before.")
    call.session.add(AgreementComment(
        agreement_id=kept.row.id, identity=identity, party=others[0], person=message.author or others[0], field="",
        text=message.commentText, at=call.now, **call.facts,
    ))  # fmt: skip
    return {"said": f"{kept.number}: a comment of {others[0]} was taken in.", "number": kept.number,
            "notes": notes_of(call)}  # fmt: skip


def _has_people(call: Call, account: int | None) -> bool:
    """Whether somebody in the workspace speaks for a party; one that is only known there has nobody."""
    if account is None:
        return False
    asked = select(Person.id).where(Person.party_id == account, Person.active.is_(True)).limit(1)
    return call.session.scalar(asked) is not None


def _answer(call: Call, message: IdBasedRequestForUpdate, out: str | Path | None) -> dict[str, Any]:
    wanted = [each.capacityGroupId for each in message.weekBasedCapacityGroup]
    asked = {group: _of_group(call, group) for group in wanted}
    found = {kept.number: kept for kept in asked.values() if kept is not None}
    unknown = [group for group, kept in asked.items() if kept is None]
    if out is None or not found:
        said = f"An update is asked for of: {', '.join(found) or 'nothing that you have'}."
        return {"said": said, "numbers": list(found), "unknown": unknown}
    files = []
    for number, kept in found.items():
        files += _write(Path(out), {f"{number}-{name}": each for name, each in _messages(call, kept).items()})
    return {"said": f"{plural(len(files), 'message')} in {out}.", "numbers": list(found), "unknown": unknown}


def _write(folder: Path, found: dict[str, Any]) -> list[str]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: could not be made ({error.strerror}). Choose another place.") from error
    for name, message in found.items():
        with whole_file(folder / f"{name}.json") as sibling:
            sibling.write_text(json.dumps(message, ensure_ascii=False, indent=2), encoding="utf-8")
    return [f"{name}.json" for name in found]
