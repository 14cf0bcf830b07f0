"""A memorandum on the wire of the car industry: agreed capacity, comments, requests for an update; out and in.

What a message is known by follows from the memorandum's number and first party, so that every later one about the same
has the same identity.

Source  Catena-X aspect models WeekBasedCapacityGroup 3.0.1, IdBasedComment 1.1.0, IdBasedRequestForUpdate 3.0.0
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from corecar.agree.fields import Check, rows, text
from corecar.agree.reading import FieldFaults, json_in, read_document
from corecar.agree.terms import Terms, Volume
from corecar.agree.volumes import agreed_weeks, first_day
from corecar.errors import MappingError

SPACE = uuid.UUID("6d4be1f0-3f0a-4d8e-9c39-0f6a3f1f0d52")
"""Names of memoranda are told apart within it."""
OBJECT_TYPE = "urn:samm:io.catenax.week_based_capacity_group"
UNITS = {"piece": "unit:piece", "hour": "unit:hourUnitOfTime"}
"""Units that messages count in."""
UUID: Check = (r"(urn:uuid:)?[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", "a UUID")
BPNL: Check = (r"BPNL[a-zA-Z0-9]{12}", "a BPNL and twelve characters")
MOMENT: Check = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(Z|[+-][0-9]{2}:[0-9]{2})?",
    "a moment such as 2027-02-01T08:00:00Z",
)


@dataclass(frozen=True)
class IdBasedComment:
    """A comment on something that both sides know by its identity."""

    commentId: str = text("of the comment", required=True, check=UUID)
    objectId: str = text("of what it is about", required=True, check=UUID)
    objectType: str = text("of what kind that is", required=True)
    customer: str = text("business partner number of the customer", required=True, check=BPNL)
    supplier: str = text("business partner number of the supplier", required=True, check=BPNL)
    commentText: str = text("what is said")
    commentType: str = text("of what kind it is", choices=("information", "warning", "default", "actionRequired"))
    author: str = text("who says it")
    postedAt: str = text("when", check=MOMENT)
    changedAt: str = text("when it was changed", check=MOMENT)
    listOfReferenceDates: tuple[str, ...] = rows("days that it is about")
    simulationId: str = text("of a simulation that it is about", check=UUID)
    requestDelete: str = text("whether it is to be deleted; it stays on record here", choices=("true", "false"))


@dataclass(frozen=True)
class Wanted:
    """A capacity group of which an update is asked for."""

    capacityGroupId: str = text("of the group", required=True, check=UUID)
    changedAt: str = text("when it was changed last, as the sender knows", check=MOMENT)


@dataclass(frozen=True)
class WantedDemand:
    """A demand of which an update is asked for."""

    materialDemandId: str = text("of the demand", required=True, check=UUID)
    changedAt: str = text("when it was changed last, as the sender knows", check=MOMENT)


@dataclass(frozen=True)
class IdBasedRequestForUpdate:
    """A request for the newest message about groups and demands; of all, where none is named."""

    weekBasedCapacityGroup: tuple[Wanted, ...] = rows("capacity groups", Wanted)
    weekBasedMaterialDemand: tuple[WantedDemand, ...] = rows("demands", WantedDemand)


def bare(identity: str) -> str:
    """A UUID without its prefix, in lower case.

    >>> bare("urn:uuid:F4CBDDBE-D1FB-4DFF-86A9-0742F577BD67")
    'f4cbddbe-d1fb-4dff-86a9-0742f577bd67'
    """
    return identity.removeprefix("urn:uuid:").lower()


def group_identity(terms: Terms, volume: int) -> str:
    """By what the capacity group of a volume (from 1) is known, where no other system has named it before."""
    first = terms.earlier.first if terms.earlier else terms.number
    return str(uuid.uuid5(SPACE, f"{first} {terms.parties[0].party} {volume}"))


def missing_numbers(terms: Terms, volume: Volume) -> list[str]:
    """The parties of a volume without a business partner number, which no message goes without."""
    both = (terms.party(volume.supplier), terms.party(volume.customer))
    return [each.party for each in both if each is not None and not each.bpnl]


def capacity_group(terms: Terms, number: int, identity: str, now: datetime, *, holds: bool) -> dict[str, Any]:
    """A WeekBasedCapacityGroup of a volume (from 1): what is agreed of each week, and the maximum.

    holds  whether the memorandum does; else the group is inactive
    """
    volume = terms.volumes[number - 1]
    return {
        "capacityGroupId": identity,
        "name": f"{terms.number} volume {number}: {terms.subject.title}",
        **_partners(terms, volume),
        "unitOfMeasure": UNITS[volume.unit],
        "unitOfMeasureIsOmitted": False,
        "capacityGroupIsInactive": not holds,
        "changedAt": _moment(now),
        "capacities": [
            {"pointInTime": first_day(each.week).isoformat(), "actualCapacity": each.agreed,
             "maximumCapacity": each.maximum, "agreedCapacity": each.agreed}
            for each in agreed_weeks(volume)
        ],
    }  # fmt: skip


def comment_out(terms: Terms, volume: Volume, group: str, *, identity: str, author: str, said: str,
                at: datetime) -> dict[str, Any]:  # fmt: skip
    """An IdBasedComment of something that was said about a memorandum, on the capacity group of a volume."""
    return {
        "commentId": identity, "objectId": group, "objectType": OBJECT_TYPE, **_partners(terms, volume),
        "author": author, "commentText": said, "commentType": "default", "postedAt": _moment(at),
        "changedAt": _moment(at),
    }  # fmt: skip


def request_out(groups: dict[str, datetime]) -> dict[str, Any]:
    """An IdBasedRequestForUpdate of capacity groups, each with when it was changed last as far as we know."""
    return {"weekBasedCapacityGroup": [{"capacityGroupId": each, "changedAt": _moment(at)} for each, at in
                                       groups.items()]}  # fmt: skip


def message_in(content: bytes, source: str) -> IdBasedComment | IdBasedRequestForUpdate:
    """A comment or a request out of a JSON message. Raises MappingError with every field that does not fit."""
    faults = FieldFaults(source)
    value = json_in(content, source)
    if isinstance(value, dict) and "capacityGroupId" in value:
        raise MappingError(
            f"{source}: is a WeekBasedCapacityGroup, neither a comment nor a request. What groups can do goes into the "
            "tables of the chain: corecar chain import FILE"
        )
    kind: Any = IdBasedComment if isinstance(value, dict) and "commentId" in value else IdBasedRequestForUpdate
    if isinstance(value, dict) and isinstance(value.get("requestDelete"), bool):
        value["requestDelete"] = "true" if value["requestDelete"] else "false"
    found: IdBasedComment | IdBasedRequestForUpdate = read_document(kind, value, faults)
    faults.settle()
    return found


def _partners(terms: Terms, volume: Volume) -> dict[str, str]:
    supplier, customer = terms.party(volume.supplier), terms.party(volume.customer)
    assert supplier is not None
    assert customer is not None
    return {"customer": customer.bpnl, "supplier": supplier.bpnl}


def _moment(at: datetime | date) -> str:
    return at.isoformat(timespec="milliseconds") if isinstance(at, datetime) else at.isoformat()
