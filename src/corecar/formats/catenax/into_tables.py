"""Messages into sheets of the chain's tables; what a cell may hold, the intake decides, as for every other sheet."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from corecar.chain.faults import Findings
from corecar.chain.rows import written
from corecar.chain.sheets import Sheet
from corecar.chain.words import HOUR, PIECE
from corecar.errors import CellFault
from corecar.formats.catenax.directory import Directory
from corecar.formats.catenax.messages import Message
from corecar.formats.catenax.moments import day_there, week_there

UNITS = {"unit:piece": PIECE, "unit:hourUnitOfTime": HOUR}
"""Units of messages that the chain counts in."""
ARRIVED = "actual-arrival"

Cells = dict[str, str]
Found = Iterator[tuple[str, Cells]]


def message_sheets(messages: Sequence[Message], names: Directory, findings: Findings) -> list[Sheet]:
    """The rows that messages give, as sheets of their tables, and the messages themselves; nothing of one that has a
    fault.

    names     who, where and what the numbers of the messages are
    findings  told of what no table holds: a unit, an arrival that nobody told
    """
    sheets = []
    for message in messages:
        rows: dict[str, list[Cells]] = defaultdict(list)
        before = len(findings.faults)
        for table, cells in READ[message.aspect](message, names, findings):
            rows[table].append(cells)
        if len(findings.faults) > before:
            continue
        kept = {"aspect": message.aspect, "message": message.identity, "content": message.text}
        rows["messages"].append(kept)
        sheets += [_sheet(table, message, found) for table, found in rows.items()]
    return sheets


def _sheet(table: str, message: Message, rows: list[Cells]) -> Sheet:
    """Rows of one message, numbered as it lists them; of the message itself by its place in the file."""
    header = list(dict.fromkeys(name for cells in rows for name in cells))
    columns = {name: pa.array([cells.get(name, "") for cells in rows], pa.string()) for name in header}
    first = message.number if table == "messages" else 1
    return Sheet(table, message.path, columns, np.arange(first, first + len(rows), dtype=np.int64), header_row=0)


def _amount(value: Any) -> str:
    return "" if value is None else written(float(value), "number")


def _unit(message: Message, unit: Any, findings: Findings, *, allowed: tuple[str, ...] = (PIECE,)) -> str:
    """A message's unit as the chain's; one that it does not count in is noted."""
    found = PIECE if unit is None else UNITS.get(str(unit), "")
    if found in allowed:
        return found
    known = ", ".join(name for name, own in UNITS.items() if own in allowed)
    findings.add(CellFault(
        message.path, message.aspect, message.number, "unit", str(unit), "unit", "is no unit that the chain counts in.",
        f"Send it in {known}.",
    ))  # fmt: skip
    return ""


def _week_demand(message: Message, names: Directory, findings: Findings) -> Found:
    told = message.content
    _unit(message, told.get("unitOfMeasure"), findings)
    head = {"product": names.product(told), "customer": names.party(told["customer"]),
            "supplier": names.party(told["supplier"])}  # fmt: skip
    for series in told["demandSeries"]:
        where = {"customer_site": names.site(series["customerLocation"]), "category": _category(series)}
        for one in series["demands"]:
            quantity = "0" if told["materialDemandIsInactive"] else _amount(one["demand"])
            yield "demand", {**head, **where, "week": one["pointInTime"], "quantity": quantity}


def _category(series: dict[str, Any]) -> str:
    return str(series["demandCategory"]["demandCategoryCode"])


def _capacity_group(message: Message, names: Directory, findings: Findings) -> Found:
    told, group = message.content, message.identity
    unit = _unit(message, told.get("unitOfMeasure"), findings, allowed=(PIECE, HOUR))
    sites = told.get("supplierLocations") or [""]
    yield "groups", {"group": group, "site": names.site(sites[0]), "name": told["name"], "unit": unit}
    for one in told.get("capacities", ()):
        actual, maximum = (0 if told["capacityGroupIsInactive"] else one[f"{word}Capacity"] for word in WORDS)
        yield "capacity", {
            "group": group, "customer": names.party(told["customer"]), "week": one["pointInTime"],
            "actual": _amount(actual), "maximum": _amount(maximum), "agreed": _amount(one.get("agreedCapacity")),
            "delta": _amount(one.get("deltaProductionResult")),
        }  # fmt: skip
    for link in told.get("linkedDemandSeries", ()):
        yield "links", {"group": group, "product": names.product(link), "category": _category(link),
                        "customer_site": names.site(link["customerLocation"]),
                        "load_factor": _amount(link.get("loadFactor"))}  # fmt: skip
    volatility = told.get("demandVolatilityParameters", {})
    for alert in volatility.get("rollingHorizonAlertThresholds", ()):
        yield "alerts", {"group": group, "sequence": _amount(alert["sequenceNumber"]),
                         "weeks": _amount(alert["subhorizonLength"]),
                         **{column: _amount(alert.get(name)) for column, name in THRESHOLDS.items()}}  # fmt: skip


WORDS = ("actual", "maximum")
THRESHOLDS = {
    "relative_up": "relativePositiveDeviation", "relative_down": "relativeNegativeDeviation",
    "absolute_up": "absolutePositiveDeviation", "absolute_down": "absoluteNegativeDeviation",
}  # fmt: skip


def _order(position: dict[str, Any]) -> str:
    """Order and position of a customer, in one text.

    >>> _order({"orderPositionReference": {"customerOrderId": "C-1", "customerOrderPositionId": "10"}})
    'C-1/10'
    """
    told = position.get("orderPositionReference")
    return f"{told['customerOrderId']}/{told['customerOrderPositionId']}" if told else ""


def _stock(message: Message, names: Directory, findings: Findings) -> Found:
    """Stocks of one site that differ only in the address are one stock."""
    told, sums = message.content, dict[tuple[str, ...], float]()
    days: dict[tuple[str, ...], str] = {}
    for position in told["positions"]:
        for one in position["allocatedStocks"]:
            site = names.site(one["stockLocationBPNS"])
            _unit(message, one["quantityOnAllocatedStock"]["unit"], findings)
            key = (site, _order(position), "yes" if one["isBlocked"] else "no")
            sums[key] = sums.get(key, 0.0) + one["quantityOnAllocatedStock"]["value"]
            day = day_there(one["lastUpdatedOnDateTime"], names.zone(site)).isoformat()
            days[key] = max(days.get(key, ""), day)
    for (site, order, blocked), quantity in sums.items():
        yield "stock", {"product": names.product(told), "site": site, "direction": told["direction"], "order": order,
                        "blocked": blocked, "quantity": _amount(quantity), "unit": PIECE,
                        "day": days[site, order, blocked]}  # fmt: skip


def _short_term(message: Message, names: Directory, findings: Findings) -> Found:
    told = message.content
    for series in told["demandSeries"]:
        supplier = series.get("expectedSupplierLocationBpns")
        where = {"customer_site": names.site(series["customerLocationBpns"]), "category": _category(series),
                 "supplier_site": names.site(supplier) if supplier else ""}  # fmt: skip
        for one in series["demands"]:
            _unit(message, one["demand"]["unit"], findings)
            yield "short_term", {"product": names.product(told), **where, "day": one["day"],
                                 "quantity": _amount(one["demand"]["value"])}  # fmt: skip


def lot_prefix(message: Message) -> str:
    """How the lots of a message are called, so that a later message about the same takes the place of its rows."""
    return prefix_of(message.aspect, message.identity)


def prefix_of(aspect: str, identity: str) -> str:
    """The same of what tells a message from others."""
    told = f"{aspect} {identity}"
    return f"CX-{hashlib.sha256(told.encode()).hexdigest()[:8]}-"


def _output(message: Message, names: Directory, findings: Findings) -> Found:
    told, number = message.content, 0
    for position in told["positions"]:
        for one in position["allocatedPlannedProductionOutputs"]:
            number += 1
            site = names.site(one["productionSiteBpns"])
            _unit(message, one["plannedProductionQuantity"]["unit"], findings)
            yield "wip", {
                "lot": f"{lot_prefix(message)}{number:03}", "product": names.product(told), "unit": PIECE, "site": site,
                "quantity": _amount(one["plannedProductionQuantity"]["value"]), "state": "in-process",
                "week": week_there(one["estimatedTimeOfCompletion"], names.zone(site)),
            }  # fmt: skip


def _deliveries(message: Message, names: Directory, findings: Findings) -> Found:
    """Deliveries that are under way; one that has arrived lies in the stock."""
    told, number = message.content, 0
    for position in told["positions"]:
        for one in position["deliveries"]:
            number += 1
            events = {event["eventType"]: event["dateTimeOfEvent"] for event in one["transitEvents"]}
            if ARRIVED in events:
                continue
            if "estimated-arrival" not in events:
                findings.warn(CellFault(
                    message.path, message.aspect, message.number, "transitEvents", "", "schema",
                    "tells no arrival, so the week of its departure was taken.",
                ))  # fmt: skip
            site = names.site(one["transitLocations"]["destination"]["bpnsProperty"])
            _unit(message, one["deliveryQuantity"]["unit"], findings)
            yield "wip", {
                "lot": f"{lot_prefix(message)}{number:03}", "product": names.product(told), "unit": PIECE, "site": site,
                "quantity": _amount(one["deliveryQuantity"]["value"]), "state": "in-transit",
                "origin": names.known_site(one["transitLocations"]["origin"]["bpnsProperty"]),
                "week": week_there(events.get("estimated-arrival") or next(iter(events.values())), names.zone(site)),
            }  # fmt: skip


def _days_of_supply(message: Message, names: Directory, findings: Findings) -> Found:
    told = message.content
    for place in told["allocatedDaysOfSupply"]:
        site = names.site(place["stockLocationBPNS"])
        for one in place["amountOfAllocatedDaysOfSupply"]:
            yield "days_of_supply", {
                "product": names.product(told), "site": site, "direction": told["direction"],
                "day": day_there(one["date"], names.zone(site)).isoformat(), "days": _amount(one["daysOfSupply"]),
            }  # fmt: skip


def _disruption(message: Message, names: Directory, findings: Findings) -> Found:
    told = message.content
    sites, others = ([names.site(number) for number in told.get(f"affectedSites{side}", ())]
                     for side in ("Sender", "Recipient"))  # fmt: skip
    zone = names.zone((sites or others or [""])[0])
    until = told.get("expectedEndDateOfEffect")
    yield "disruptions", {
        "disruption": message.identity, "effect": told["effect"], "cause": told["leadingRootCause"],
        "sites": "; ".join(sites), "customer_sites": "; ".join(others),
        "products": "; ".join(names.product(material) for material in told.get("materialsAffected", ())),
        "from_day": day_there(told["startDateOfEffect"], zone).isoformat(),
        "until_day": day_there(until, zone).isoformat() if until else "",
        "state": told["status"], "text": told.get("text", ""), "measure": told.get("resolvingMeasureDescription", ""),
    }  # fmt: skip


READ: dict[str, Callable[[Message, Directory, Findings], Found]] = {
    "WeekBasedMaterialDemand": _week_demand, "WeekBasedCapacityGroup": _capacity_group, "ItemStock": _stock,
    "ShortTermMaterialDemand": _short_term, "PlannedProductionOutput": _output, "DeliveryInformation": _deliveries,
    "DaysOfSupply": _days_of_supply, "DemandAndCapacityNotification": _disruption,
}  # fmt: skip
"""What each aspect model gives."""
