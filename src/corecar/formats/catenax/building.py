"""Tables of the chain out as messages: as they came where nothing has changed since, else made anew."""

from __future__ import annotations

import json
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from corecar.atomic import whole_file
from corecar.chain.cells import listed, parser_of
from corecar.chain.chain import Chain
from corecar.chain.faults import Findings
from corecar.chain.rows import written
from corecar.chain.tables import TABLES
from corecar.chain.weeks import week_name
from corecar.formats.catenax.directory import Directory, directory
from corecar.formats.catenax.into_tables import READ, THRESHOLDS, UNITS, prefix_of
from corecar.formats.catenax.messages import OWN_IDENTITY, Message, message_of
from corecar.formats.catenax.moments import week_there
from corecar.formats.chain.writing import made_folder

_SPACE = uuid.UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")
"""The name space of URLs (RFC 9562): identities of messages made anew follow from what they are about."""
UNIT_NAMES = {own: name for name, own in UNITS.items()}
ONE = {"parties": "party", "sites": "site", "products": "product"}
Row = dict[str, Any]
Content = dict[str, Any]


@dataclass
class Book:
    """A chain by rows, with the numbers that messages need.

    now      when the messages are made, with an offset
    covered  table and key of rows that a message says which goes out as it came
    notes    told of what could not be said in a message
    """

    chain: Chain
    now: str
    covered: set[tuple[str, tuple[str, ...]]]
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.parties, self.sites, self.products, self.groups = (
            {row[TABLES[name].key[0]]: row for row in self.chain[name].to_pylist()}
            for name in ("parties", "sites", "products", "groups")
        )

    def rows(self, table: str) -> list[Row]:
        """The rows of a table that no message says as it came."""
        rows = self.chain[table].to_pylist()
        if not self.covered:
            return list(rows)
        key = [(name, TABLES[table].column(name).kind) for name in TABLES[table].key]
        return [
            row for row in rows if (table, tuple(written(row[name], kind) for name, kind in key)) not in self.covered
        ]

    def number(self, table: str, name: str | None, column: str) -> str | None:
        """A number of a party, site or product; where it has none, a note says so."""
        row: Row = getattr(self, table).get(name, {})
        if row.get(column):
            return str(row[column])
        told = f"{name or f'a row that names no {ONE[table]}'} has no {column}: messages that need it were not written."
        if told not in self.notes:
            self.notes.append(told)
        return None


def built_messages(chain: Chain, now: datetime) -> tuple[list[Message], list[str]]:
    """Every message that says what the tables say, and notes on what no message can say for want of a number.

    A message that came in goes out as it came, byte for byte, as long as the rows it speaks of are as it gave them;
    else it is made anew from the rows.
    now  stands in messages made anew, with its offset
    """
    names = directory(chain)
    kept = [message_of(text) for text in chain.messages["content"].to_pylist()]
    given = {(one.aspect, one.identity): _given(one, names) for one in kept}
    there = _Texts(chain)
    true = [one for one in kept if there.have(given[one.aspect, one.identity])]
    scattered = [one for one in true if one.aspect not in OWN_IDENTITY]
    while True:
        covered = {(table, _key(table, cells)) for one in scattered for table, cells in given[one.aspect, one.identity]}
        book = Book(chain, now.isoformat(timespec="milliseconds"), covered)
        found = _made_anew(book, kept)
        apart = [one for one in scattered if (one.aspect, one.identity) not in found]
        if len(apart) == len(scattered):
            break
        scattered = apart  # rows beside those of a message are about the same: one message made anew says both
    for one in kept:
        made = found.get((one.aspect, one.identity))
        if (made is None and one in true) or (
            made is not None and one.aspect in OWN_IDENTITY and _same(one, made, names)
        ):
            found[one.aspect, one.identity] = one
    return [message for _, message in sorted(found.items())], book.notes


def _made_anew(book: Book, kept: Sequence[Message]) -> dict[tuple[str, str], Message]:
    """Messages from rows, by aspect model and identity."""
    found: dict[tuple[str, str], Message] = {}
    for aspect, build in BUILD.items():
        old = {one.identity: one.content for one in kept if one.aspect == aspect}
        for content in build(book, old):
            message = message_of(json.dumps(content, ensure_ascii=False, indent=2))
            found[message.aspect, message.identity] = message
    return found


def _given(message: Message, names: Directory) -> list[tuple[str, dict[str, str]]]:
    """The rows that a message gives, each cell as the table writes it."""
    return [(table, _canonical(table, cells)) for table, cells in READ[message.aspect](message, names, Findings())]


def _same(one: Message, other: Message, names: Directory) -> bool:
    rows = [
        sorted((table, sorted(cells.items())) for table, cells in _given(message, names)) for message in (one, other)
    ]
    return rows[0] == rows[1]


def write_messages(messages: Sequence[Message], folder: str | Path) -> list[Path]:
    """Write messages as JSON, a file each, named for aspect model and identity; the files. Raises OutputError."""
    place = Path(folder)
    made_folder(place)
    files = []
    for message in messages:
        name = uuid.uuid5(_SPACE, f"{message.aspect} {message.identity}").hex[:12]
        file = place / f"{message.aspect}-{name}.json"
        with whole_file(file) as sibling:
            sibling.write_text(message.text, encoding="utf-8", newline="")
        files.append(file)
    return files


def _canonical(table: str, cells: dict[str, str]) -> dict[str, str]:
    """Cells as the table writes them: a Monday as its week, an empty cell as its default."""
    found = {}
    for name, text in cells.items():
        column = TABLES[table].column(name)
        value = (text or column.default) if column.kind != "text" else text
        found[name] = written(parser_of(column)(value), column.kind) if value and column.kind != "text" else value
    for column in TABLES[table].columns:
        if column.key:
            found.setdefault(column.name, column.default)
    return found


def _key(table: str, cells: dict[str, str]) -> tuple[str, ...]:
    return tuple(cells.get(name, "") for name in TABLES[table].key)


class _Texts:
    """The rows of a chain as texts by their key, a table at a time."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self.tables: dict[str, dict[tuple[str, ...], dict[str, str]]] = {}

    def have(self, given: Iterable[tuple[str, dict[str, str]]]) -> bool:
        """Whether all of these rows are in the tables as they are given."""
        return all(cells.items() <= self._of(table).get(_key(table, cells), {}).items() for table, cells in given)

    def _of(self, table: str) -> dict[tuple[str, ...], dict[str, str]]:
        if table not in self.tables:
            rows = [
                {column.name: written(row[column.name], column.kind) for column in TABLES[table].columns}
                for row in self.chain[table].to_pylist()
            ]
            self.tables[table] = {_key(table, row): row for row in rows}
        return self.tables[table]


def _by(rows: Iterable[Row], *names: str) -> dict[tuple[Any, ...], list[Row]]:
    found: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in rows:
        found[tuple(row[name] for name in names)].append(row)
    return found


def _without_none(content: Content) -> Content:
    return {name: value for name, value in content.items() if value is not None}


def _identity(aspect: str, *parts: object) -> str:
    return str(uuid.uuid5(_SPACE, " ".join([aspect, *map(str, parts)])))


def _week_demand(book: Book, old: dict[str, Content]) -> Iterator[Content]:
    for (product, customer, supplier), rows in _by(book.rows("demand"), "product", "customer", "supplier").items():
        material = book.products[product]
        seller = supplier or material["party"]
        numbers = [book.number("parties", party, "bpnl") for party in (customer, seller)]
        series = [_series(book, key, own) for key, own in _by(rows, "customer_site", "category").items()]
        told = [one for one in series if one is not None]
        if None in numbers or not told:
            continue
        head = _earlier(book, old, material, numbers) or {
            "materialDemandId": _identity("WeekBasedMaterialDemand", product, *numbers),
            "materialNumberCustomer": material["customer_number"] or product,
            "materialNumberSupplier": material["number"], "materialGlobalAssetId": material["global_asset_id"],
            "materialDescriptionCustomer": material["name"] or product, "unitOfMeasureIsOmitted": False,
            "unitOfMeasure": "unit:piece", "customer": numbers[0], "supplier": numbers[1],
        }  # fmt: skip
        yield _without_none({**head, "changedAt": book.now, "materialDemandIsInactive": False, "demandSeries": told})


def _earlier(book: Book, old: dict[str, Content], material: Row, numbers: list[str | None]) -> Content | None:
    """The message that came about the same material, customer and supplier."""
    names = directory(book.chain)
    return next((content for content in old.values()
                 if [content["customer"], content["supplier"]] == numbers
                 and names.product(content) == material["product"]), None)  # fmt: skip


def _series(book: Book, key: tuple[Any, ...], rows: list[Row]) -> Content | None:
    site = book.number("sites", key[0], "bpns")
    if site is None:
        return None
    demands = [{"pointInTime": row["week"].isoformat(), "demand": row["quantity"]} for row in rows]
    return {"customerLocation": site, "demandCategory": {"demandCategoryCode": key[1]}, "demands": demands}


def _capacity_groups(book: Book, old: dict[str, Content]) -> Iterator[Content]:
    links, alerts = _by(book.rows("links"), "group"), _by(book.rows("alerts"), "group")
    for (group, customer), rows in _by(book.rows("capacity"), "group", "customer").items():
        if customer is None:
            continue
        told = book.groups[group]
        site = book.sites[told["site"]]
        numbers = [book.number("parties", party, "bpnl") for party in (customer, site["party"])]
        place, unit = book.number("sites", site["site"], "bpns"), UNIT_NAMES.get(told["unit"])
        if None in (*numbers, place, unit):
            continue
        before = old.get(group, {})
        before = before if before.get("customer") == numbers[0] else {}
        content = {
            "capacityGroupId": _identity("WeekBasedCapacityGroup", group, customer), "supplierLocations": [place],
            "unitOfMeasureIsOmitted": False, **before, "name": told["name"] or group, "customer": numbers[0],
            "supplier": numbers[1], "unitOfMeasure": unit, "changedAt": book.now, "capacityGroupIsInactive": False,
            "capacities": [_capacity(row) for row in rows],
            "linkedDemandSeries": [one for row in links[group,] if (one := _link(book, row)) is not None] or None,
        }  # fmt: skip
        if alerts[group,]:
            content["demandVolatilityParameters"] = {
                "startReferenceDateTime": book.now, "measurementInterval": 4,
                **before.get("demandVolatilityParameters", {}),
                "rollingHorizonAlertThresholds": [_alert(row) for row in alerts[group,]],
            }  # fmt: skip
        yield _without_none(content)


def _capacity(row: Row) -> Content:
    most = row["actual"] if row["maximum"] is None else row["maximum"]
    return _without_none({
        "pointInTime": row["week"].isoformat(), "actualCapacity": row["actual"], "maximumCapacity": most,
        "agreedCapacity": row["agreed"], "deltaProductionResult": row["delta"],
    })  # fmt: skip


def _link(book: Book, row: Row) -> Content | None:
    place, material = book.number("sites", row["customer_site"], "bpns"), book.products[row["product"]]
    if place is None:
        return None
    return _without_none({
        "materialNumberCustomer": material["customer_number"] or material["product"],
        "materialNumberSupplier": material["number"], "customerLocation": place,
        "demandCategory": {"demandCategoryCode": row["category"]}, "loadFactor": row["load_factor"],
    })  # fmt: skip


def _alert(row: Row) -> Content:
    return _without_none({
        "sequenceNumber": row["sequence"], "subhorizonLength": row["weeks"],
        **{name: row[column] for column, name in THRESHOLDS.items()},
    })  # fmt: skip


def _stocks(book: Book, old: dict[str, Content]) -> Iterator[Content]:
    """Stock in pieces that has passed all stages, by material, direction and site."""
    rows = [row for row in book.rows("stock") if row["stage"] is None and row["unit"] == "piece"]
    for (product, direction, site), own in _by(rows, "product", "direction", "site").items():
        asset = book.number("products", product, "global_asset_id")
        places = [book.number("sites", site, column) for column in ("bpns", "bpna")]
        if asset is None or None in places:
            continue
        positions = [_position(book, order, mine, places) for (order,), mine in _by(own, "order").items()]
        yield {"materialGlobalAssetId": asset, "direction": direction or "OUTBOUND", "positions": positions}


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


def _short_term(book: Book, old: dict[str, Content]) -> Iterator[Content]:
    for (product,), rows in _by(book.rows("short_term"), "product").items():
        asset = book.number("products", product, "global_asset_id")
        series = []
        for (site, supplier, category), own in _by(rows, "customer_site", "supplier_site", "category").items():
            place = book.number("sites", site, "bpns")
            if place is not None:
                series.append(_without_none({
                    "customerLocationBpns": place, "lastUpdatedOnDateTime": book.now,
                    "expectedSupplierLocationBpns": supplier and book.number("sites", supplier, "bpns"),
                    "demandCategory": {"demandCategoryCode": category},
                    "demands": [{"day": row["day"].isoformat(),
                                 "demand": {"value": row["quantity"], "unit": "unit:piece"}} for row in own],
                }))  # fmt: skip
        if asset is not None and series:
            yield {"materialGlobalAssetId": asset, "demandSeries": series}


def _days_of_supply(book: Book, old: dict[str, Content]) -> Iterator[Content]:
    for (product, direction, site), rows in _by(book.rows("days_of_supply"), "product", "direction", "site").items():
        asset = book.number("products", product, "global_asset_id")
        places = [book.number("sites", site, column) for column in ("bpns", "bpna")]
        if asset is None or None in places:
            continue
        days = [{"date": f"{row['day'].isoformat()}T12:00:00", "daysOfSupply": row["days"]} for row in rows]
        yield {"materialGlobalAssetId": asset, "direction": direction, "allocatedDaysOfSupply": [{
            "stockLocationBPNS": places[0], "stockLocationBPNA": places[1], "lastUpdatedOnDateTime": book.now,
            "amountOfAllocatedDaysOfSupply": days,
        }]}  # fmt: skip


def _outputs(book: Book, old: dict[str, Content]) -> Iterator[Content]:
    """Lots in process that are free to go on, at noon of the Sunday that ends their week."""
    rows = [row for row in book.rows("wip") if row["state"] in ("waiting", "in-process")]
    for (product, site), own in _by([row for row in rows if row["unit"] == "piece"], "product", "site").items():
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


def _deliveries(book: Book, old: dict[str, Content]) -> Iterator[Content]:
    """Finished lots in transit, which arrive at noon of the Sunday that ends their week.

    What a row does not hold, such as a tracking number, is that of the message that it came from.
    """
    told = _told_deliveries(old)
    rows = [row for row in book.rows("wip") if row["state"] == "in-transit" and row["stage"] is None]
    for (product,), own in _by([row for row in rows if row["unit"] == "piece"], "product").items():
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
            locations[name] = _without_none({"bpnsProperty": number, "bpnaProperty": book.sites[site]["bpna"]})
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


def _disruptions(book: Book, old: dict[str, Content]) -> Iterator[Content]:
    for row in book.rows("disruptions"):
        materials = [
            _without_none({
                "materialGlobalAssetId": told["global_asset_id"], "materialNumberSupplier": told["number"],
                "materialNumberCustomer": told["customer_number"] or told["product"],
            })
            for told in (book.products[name] for name in listed(row["products"]))
        ]  # fmt: skip
        before = old.get(row["disruption"], {})
        own = _identity("DemandAndCapacityNotification", row["disruption"])
        until = row["until_day"]
        yield _without_none({
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


BUILD: dict[str, Callable[[Book, dict[str, Content]], Iterator[Content]]] = {
    "WeekBasedMaterialDemand": _week_demand, "WeekBasedCapacityGroup": _capacity_groups, "ItemStock": _stocks,
    "ShortTermMaterialDemand": _short_term, "PlannedProductionOutput": _outputs, "DaysOfSupply": _days_of_supply,
    "DeliveryInformation": _deliveries, "DemandAndCapacityNotification": _disruptions,
}  # fmt: skip
"""What makes the messages of each aspect model anew."""
