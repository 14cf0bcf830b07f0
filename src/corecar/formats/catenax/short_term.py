"""Stock, short term, output, deliveries, days of supply and disruptions as messages (CX-0145, CX-0146)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from corecar.chain.cells import listed
from corecar.chain.weeks import week_name
from corecar.formats.catenax.book import (
    BETWEEN_STAGES,
    IN_WAFERS,
    Book,
    Content,
    Row,
    identity_of,
    rows_by,
    without_none,
)
from corecar.formats.catenax.into_tables import prefix_of
from corecar.formats.catenax.moments import week_there


def stocks(book: Book, old: dict[str, Content]) -> Iterator[Content]:
    """Stock in pieces that has passed all stages, by material, direction and site."""
    rows = book.sayable("stock", book.rows("stock"), (BETWEEN_STAGES, _has_stage), (IN_WAFERS, _in_wafers))
    for (product, direction, site), own in rows_by(rows, "product", "direction", "site").items():
        asset = book.number("products", product, "global_asset_id")
        places = [book.number("sites", site, column) for column in ("bpns", "bpna")]
        if asset is None or None in places:
            continue
        positions = [_position(book, order, mine, places) for (order,), mine in rows_by(own, "order").items()]
        yield {"materialGlobalAssetId": asset, "direction": direction or "OUTBOUND", "positions": positions}


def _has_stage(row: Row) -> bool:
    return row["stage"] is not None


def _in_wafers(row: Row) -> bool:
    return bool(row["unit"] != "piece")


def _position(book: Book, order: str | None, rows: list[Row], places: list[str | None]) -> Content:
    stocks = [
        {"quantityOnAllocatedStock": {"value": row["quantity"], "unit": "unit:piece"}, "stockLocationBPNS": places[0],
         "stockLocationBPNA": places[1], "isBlocked": row["blocked"], "lastUpdatedOnDateTime": book.now}
        for row in rows
    ]  # fmt: skip
    reference = {}
    if order is not None and "/" in order:
        customer, _, position = order.rpartition("/")
        told = {"customerOrderId": customer, "customerOrderPositionId": position}
        reference = {"orderPositionReference": told}
    return {**reference, "allocatedStocks": stocks}


def short_term(book: Book, old: dict[str, Content]) -> Iterator[Content]:
    for (product,), rows in rows_by(book.rows("short_term"), "product").items():
        asset = book.number("products", product, "global_asset_id")
        series = []
        for (site, supplier, category), own in rows_by(rows, "customer_site", "supplier_site", "category").items():
            place = book.number("sites", site, "bpns")
            if place is not None:
                series.append(without_none({
                    "customerLocationBpns": place, "lastUpdatedOnDateTime": book.now,
                    "expectedSupplierLocationBpns": supplier and book.number("sites", supplier, "bpns"),
                    "demandCategory": {"demandCategoryCode": category},
                    "demands": [{"day": row["day"].isoformat(),
                                 "demand": {"value": row["quantity"], "unit": "unit:piece"}} for row in own],
                }))  # fmt: skip
        if asset is not None and series:
            yield {"materialGlobalAssetId": asset, "demandSeries": series}


def days_of_supply(book: Book, old: dict[str, Content]) -> Iterator[Content]:
    for (product, direction, site), rows in rows_by(
        book.rows("days_of_supply"), "product", "direction", "site"
    ).items():
        asset = book.number("products", product, "global_asset_id")
        places = [book.number("sites", site, column) for column in ("bpns", "bpna")]
        if asset is None or None in places:
            continue
        days = [{"date": f"{row['day'].isoformat()}T12:00:00", "daysOfSupply": row["days"]} for row in rows]
        yield {"materialGlobalAssetId": asset, "direction": direction, "allocatedDaysOfSupply": [{
            "stockLocationBPNS": places[0], "stockLocationBPNA": places[1], "lastUpdatedOnDateTime": book.now,
            "amountOfAllocatedDaysOfSupply": days,
        }]}  # fmt: skip


def outputs(book: Book, old: dict[str, Content]) -> Iterator[Content]:
    """Lots in process that are free to go on, at noon of the Sunday that ends their week."""
    held = ("it is held, and no output until it is released", lambda row: row["state"] == "held")
    lots = [row for row in book.rows("wip") if row["state"] in ("waiting", "in-process", "held")]
    rows = book.sayable("wip", lots, held, (IN_WAFERS, _in_wafers))
    for (product, site), own in rows_by(rows, "product", "site").items():
        asset = book.number("products", product, "global_asset_id")
        place = book.number("sites", site, "bpns")
        if asset is None or place is None:
            continue
        outputs = [
            {"plannedProductionQuantity": {"value": row["quantity"], "unit": "unit:piece"},
             "productionSiteBpns": place, "lastUpdatedOnDateTime": book.now,
             "estimatedTimeOfCompletion": f"{date_after(row['week'])}T12:00:00"}
            for row in own
        ]  # fmt: skip
        yield {"materialGlobalAssetId": asset, "positions": [{"allocatedPlannedProductionOutputs": outputs}]}


def deliveries(book: Book, old: dict[str, Content]) -> Iterator[Content]:
    """Finished lots in transit, which arrive at noon of the Sunday that ends their week.

    What a row does not hold, such as a tracking number, is that of the message that it came from.
    """
    told = _told_deliveries(old)
    lots = [row for row in book.rows("wip") if row["state"] == "in-transit"]
    rows = book.sayable("wip", lots, (IN_WAFERS, _in_wafers), (BETWEEN_STAGES, _has_stage))
    for (product,), own in rows_by(rows, "product").items():
        asset = book.number("products", product, "global_asset_id")
        positions: dict[str, Content] = {}
        for row in own:
            reference, before = told.get(row["lot"], ({}, {}))
            delivery = _delivery(book, row, before)
            if delivery is not None:
                place = positions.setdefault(json.dumps(reference, sort_keys=True), {**reference, "deliveries": []})
                place["deliveries"].append(delivery)
        if asset is not None and positions:
            yield {"materialGlobalAssetId": asset, "positions": list(positions.values())}


def _told_deliveries(old: dict[str, Content]) -> dict[str, tuple[Content, Content]]:
    """The lots that messages gave: the reference to an order, if there was one, and the delivery."""
    found: dict[str, tuple[Content, Content]] = {}
    for identity, content in old.items():
        prefix, number = prefix_of("DeliveryInformation", identity), 0
        for position in content["positions"]:
            reference = {name: value for name, value in position.items() if name == "orderPositionReference"}
            for delivery in position["deliveries"]:
                number += 1
                found[f"{prefix}{number:03}"] = (reference, delivery)
    return found


def _delivery(book: Book, row: Row, before: Content) -> Content | None:
    """One delivery; None where a number of a site is not known."""
    locations = dict(before.get("transitLocations", {}))
    for name, site in (("origin", row["origin"]), ("destination", row["site"])):
        number = book.number("sites", site, "bpns") if site or name not in locations else None
        if site is None and name not in locations:
            return None
        if site is not None and number is None:
            return None
        if number is not None and locations.get(name, {}).get("bpnsProperty") != number:
            locations[name] = without_none({"bpnsProperty": number, "bpnaProperty": book.sites[site]["bpna"]})
    zone = book.sites.get(row["site"], {}).get("time_zone") or "UTC"
    return {
        **before, "lastUpdatedOnDateTime": book.now,
        "deliveryQuantity": {"value": row["quantity"], "unit": "unit:piece"},
        "transitEvents": _events(before.get("transitEvents", []), row["week"], zone), "transitLocations": locations,
    }  # fmt: skip


def _events(before: Sequence[Content], monday: date, zone: str) -> list[Content]:
    """The events of a delivery: as they were told where they agree with the week, else with a new arrival."""
    events = {event["eventType"]: event for event in before}
    told = events.get("estimated-arrival") or next(iter(before), None)
    if told is not None and week_there(told["dateTimeOfEvent"], zone) == week_name(monday):
        return list(before)
    events["estimated-arrival"] = {
        "eventType": "estimated-arrival", "dateTimeOfEvent": f"{date_after(monday)}T12:00:00",
    }  # fmt: skip
    return list(events.values())[-2:]


def date_after(monday: Any) -> str:
    """The Sunday that ends a week, as it is written."""
    return str((monday + timedelta(days=6)).isoformat())


def disruptions(book: Book, old: dict[str, Content]) -> Iterator[Content]:
    for row in book.rows("disruptions"):
        materials = [
            without_none({
                "materialGlobalAssetId": told["global_asset_id"], "materialNumberSupplier": told["number"],
                "materialNumberCustomer": told["customer_number"] or told["product"],
            })
            for told in (book.products[name] for name in listed(row["products"]))
        ]  # fmt: skip
        before = old.get(row["disruption"], {})
        own = identity_of("DemandAndCapacityNotification", row["disruption"])
        until = row["until_day"]
        yield without_none({
            "notificationId": f"urn:uuid:{own}", "sourceDisruptionId": f"urn:uuid:{own}", **before,
            "affectedSitesSender": _places(book, row["sites"]),
            "affectedSitesRecipient": _places(book, row["customer_sites"]), "materialsAffected": materials or None,
            "leadingRootCause": row["cause"], "effect": row["effect"], "status": row["state"],
            "startDateOfEffect": f"{row['from_day'].isoformat()}T00:00:00", "text": row["text"],
            "expectedEndDateOfEffect": until and f"{until.isoformat()}T23:59:59", "contentChangedAt": book.now,
            "resolvingMeasureDescription": row["measure"],
        })  # fmt: skip


def _places(book: Book, sites: str | None) -> list[str] | None:
    numbers = [book.number("sites", site, "bpns") for site in listed(sites)]
    return [number for number in numbers if number is not None] or None
