"""Catena-X messages come into the chain's tables, are held to their aspect models, and go out as they came."""

from __future__ import annotations

import copy
import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.bridge.houses import house_in
from tests.chain.books import write_book

from corecar.bridge.chain.chain_intake import bring, understood
from corecar.chain.chain import Chain
from corecar.chain.faults import Findings
from corecar.chain.weeks import week_name
from corecar.errors import ChainError, DamagedSource, UnknownFormat
from corecar.formats.catenax import built_messages, read_messages
from corecar.formats.catenax.aspects import Field, aspects
from corecar.formats.catenax.messages import message_of
from corecar.formats.catenax.validation import misfits

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "catenax"
NAMES = list(aspects())
MADE = datetime(2027, 1, 2, 9, 30, tzinfo=UTC)
ASSET = "urn:uuid:48878d48-6f1d-47f5-8ded-a441d0d879df"
pytestmark = pytest.mark.skipif(not DATA.exists(), reason="the published messages are not on this machine")


def published(name: str) -> Any:
    return json.loads((DATA / f"{name}.{aspects()[name].version}.json").read_text(encoding="utf-8"))


def tables() -> dict[str, list[dict[str, str]]]:
    """Those of whom the published messages speak."""
    sites = {"8888888888XX": "CARS", "1234567890ZZ": "CARS", "0123456789ZZ": "OSAT", "7588787849VQ": "OSAT",
             "6666787765VQ": "CARS"}  # fmt: skip
    return {
        "parties": [
            {"party": "CARS", "name": "Demo Cars", "kind": "carmaker", "bpnl": "BPNL8888888888XX"},
            {"party": "OSAT", "name": "Demo OSAT", "kind": "packaging-and-test", "bpnl": "BPNL6666666666YY"},
        ],
        "sites": [
            {"site": f"S{number[:2]}", "party": party, "place": "Demo Town", "bpns": f"BPNS{number}",
             "time_zone": "Asia/Shanghai"}
            for number, party in sites.items()
        ],
        "products": [
            {"product": "PLUG", "kind": "module", "party": "OSAT", "number": "MNR-8101-ID146955.001",
             "customer_number": "MNR-7307-AU340474.002", "global_asset_id": ASSET},
        ],
    }  # fmt: skip


@pytest.fixture
def letters(tmp_path: Path) -> Path:
    """A folder with the published messages, and the tables of those of whom they speak."""
    folder = write_book(tables(), tmp_path / "letters")
    for name in NAMES:
        text = (DATA / f"{name}.{aspects()[name].version}.json").read_text(encoding="utf-8")
        (folder / f"{name}.json").write_text(text, encoding="utf-8")
    return folder


def one_message(folder: Path, content: Any, name: str = "one.json") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(json.dumps(content), encoding="utf-8")
    return folder / name


def chain_with(tmp_path: Path, *contents: Any, base: Chain | None = None) -> Chain:
    base = base or understood(bring([write_book(tables(), tmp_path / "tables")]), Chain({})).chain
    return understood(bring([one_message(tmp_path, list(contents))]), base).chain


@pytest.mark.parametrize("name", NAMES)
def test_the_rows_of_an_aspect_model_say_what_its_schema_says(name: str) -> None:
    aspect = aspects()[name]
    schema = json.loads((DATA / f"{name}-schema.{aspect.version}.json").read_text(encoding="utf-8"))
    named = schema["components"]["schemas"]

    def whole(part: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in part:
            part = {**named[part["$ref"].rpartition("/")[2]], **{k: v for k, v in part.items() if k != "$ref"}}
        return part

    def same(field: Field, part: dict[str, Any]) -> None:
        part = whole(part)
        codes = [whole(one)["properties"] for one in part.get("oneOf", ())]
        inner = part.get("properties", {})
        if codes:
            inner = {
                "demandCategoryCode": {
                    "type": "string",
                    "enum": [e for c in codes for e in c["demandCategoryCode"]["enum"]],
                }
            }
        if part["type"] == "array":
            inner = {"[]": part["items"]}
        assert set(field.below) == set(inner)
        if field.words:
            assert sorted(field.words) == sorted(part["enum"])
        assert field.least == part.get("minimum", part.get("minItems"))
        assert field.most == part.get("maximum", part.get("maxItems", part.get("maxLength")))
        for word, below in field.below.items():
            assert below.required == (part["type"] == "array" or bool(codes) or word in part.get("required", ()))
            same(below, inner[word])

    same(aspect.root, schema)


def places(content: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    inner = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    for name, value in inner:
        yield from places(value, (*path, name))


@pytest.mark.parametrize("name", NAMES)
def test_a_published_message_fits_and_each_of_its_values_of_another_kind_does_not(name: str) -> None:
    aspect, content = aspects()[name], published(name)
    assert misfits(aspect, content) == []
    for path in places(content):
        broken = copy.deepcopy(content)
        if not path:
            continue
        owner = broken
        for step in path[:-1]:
            owner = owner[step]
        owner[path[-1]] = {"x": 1} if not isinstance(owner[path[-1]], dict) else "x"
        found = [one.path.replace("[", ".").replace("]", "") for one in misfits(aspect, broken)]
        assert ".".join(map(str, path)) in found


def test_all_published_messages_come_in_and_go_out_byte_for_byte(letters: Path, tmp_path: Path) -> None:
    with house_in(tmp_path) as house:
        house.chain_import([letters])
        out = house.chain_export(tmp_path / "out", format="catenax")
        assert {row["aspect"]: row["messages"] for row in out["rows"]} == dict.fromkeys(NAMES, 1)
        came = {(letters / f"{name}.json").read_bytes() for name in NAMES}
        assert {Path(file).read_bytes() for file in out["files"]} == came
        assert house.chain_import([tmp_path / "out"])["said"].startswith("Nothing changes")


def test_each_published_message_becomes_rows(letters: Path) -> None:
    taken = understood(bring([letters]), Chain({}))
    chain = taken.chain
    assert (
        chain.demand.to_pylist()[0]
        | {
            "quantity": 0.0,
            "category": "0001",
            "customer": "CARS",
            "supplier": "OSAT",
            "customer_site": "S88",
            "product": "PLUG",
        }
        == chain.demand.to_pylist()[0]
    )
    assert week_name(chain.demand["week"][0].as_py()) == "2023-W41"
    assert (chain.groups["unit"][0].as_py(), chain.capacity["actual"][0].as_py()) == ("piece", 0.0)
    assert chain.capacity["agreed"][0].as_py() == 1800
    assert chain.links["load_factor"].to_pylist() == [3.5]
    assert chain.alerts["relative_up"].to_pylist() == [0.2]
    assert chain.stock["quantity"].to_pylist() == [20.0]
    assert chain.stock["order"].to_pylist() == ["C-Nbr-4711/PositionId-01"]
    assert str(chain.stock["day"][0]) == "2023-04-28"
    assert sorted(chain.wip["state"].to_pylist()) == ["in-process", "in-transit"]
    assert chain.short_term["quantity"].to_pylist() == [20.0]
    assert chain.days_of_supply["days"].to_pylist() == [3.51]
    assert chain.disruptions["products"].to_pylist() == ["PLUG"]
    assert str(chain.disruptions["from_day"][0]) == "2023-12-13"
    told = {warning.problem for warning in taken.warnings if warning.rule == "schema"}
    assert told == {"tells no arrival, so the week of its departure was taken."}


def test_a_moment_belongs_to_the_week_of_its_place_across_the_end_of_a_year(tmp_path: Path) -> None:
    output = published("PlannedProductionOutput")
    one = output["positions"][0]["allocatedPlannedProductionOutputs"][0]
    weeks = []
    for text in (
        "2027-01-03T15:59:59Z",
        "2027-01-03T16:00:00Z",
        "2027-01-03T23:59:59",
        "2027-01-03T24:00:00",
        "2026-12-31T24:00:00+14:00",
    ):
        one["estimatedTimeOfCompletion"] = text
        weeks.append(week_name(chain_with(tmp_path, output).wip["week"][0].as_py()))
    assert weeks == ["2026-W53", "2027-W01", "2026-W53", "2027-W01", "2026-W53"]


def test_a_later_message_takes_the_place_of_the_rows_of_the_earlier_one(tmp_path: Path) -> None:
    output = published("PlannedProductionOutput")
    several = output["positions"][0]["allocatedPlannedProductionOutputs"]
    several.append(several[0] | {"estimatedTimeOfCompletion": "2023-06-01T08:00:00Z"})
    before = chain_with(tmp_path, output)
    assert before.wip.num_rows == 2
    del several[1]
    assert chain_with(tmp_path, output, base=before).wip.num_rows == 1


def test_a_delivery_that_has_arrived_is_under_way_no_more(tmp_path: Path) -> None:
    delivery = published("DeliveryInformation")
    events = delivery["positions"][0]["deliveries"][0]["transitEvents"]
    before = chain_with(tmp_path, delivery)
    events.append({"eventType": "actual-arrival", "dateTimeOfEvent": "2023-05-02T10:00:00Z"})
    assert (before.wip.num_rows, chain_with(tmp_path, delivery, base=before).wip.num_rows) == (1, 0)


def test_a_changed_delivery_goes_out_anew_with_what_its_message_said_beside(tmp_path: Path) -> None:
    told = published("DeliveryInformation")
    chain = chain_with(tmp_path, told)
    (row,) = chain.wip.to_pylist()
    assert row["origin"] == row["site"] == "S01"
    late = {
        "wip": [{"lot": row["lot"], "product": "PLUG", "quantity": "15", "week": "2023-W20", "state": "in-transit"}]
    }
    after = understood(bring([write_book(late, tmp_path / "late")]), chain).chain
    (made,), notes = built_messages(after, MADE)
    assert (made.aspect, notes) == ("DeliveryInformation", [])
    assert misfits(aspects()["DeliveryInformation"], made.content) == []
    (position,) = made.content["positions"]
    (delivery,) = position["deliveries"]
    before = told["positions"][0]
    assert position["orderPositionReference"] == before["orderPositionReference"]
    assert delivery["deliveryQuantity"] == {"value": 15.0, "unit": "unit:piece"}
    assert [event["eventType"] for event in delivery["transitEvents"]] == ["estimated-departure", "estimated-arrival"]
    for name in ("trackingNumber", "incoterm", "transitLocations"):
        assert delivery[name] == before["deliveries"][0][name]
    again = understood(bring([one_message(tmp_path, made.content)]), after)
    assert [change for change in again.changes if change.any and change.table != "messages"] == []


def test_an_own_lot_in_transit_goes_out_beside_those_that_a_message_told(tmp_path: Path) -> None:
    chain = chain_with(tmp_path, published("DeliveryInformation"))
    book = {"wip": [
        {"lot": "L9", "product": "PLUG", "quantity": "7", "site": "S01", "origin": "S01", "week": "2026-W53",
         "state": "in-transit"},
        {"lot": "L10", "product": "PLUG", "quantity": "8", "site": "S01", "week": "2026-W53", "state": "in-transit"},
    ]}  # fmt: skip
    after = understood(bring([write_book(book, tmp_path / "own")]), chain).chain
    (made,), notes = built_messages(after, MADE)
    quantities = [
        one["deliveryQuantity"]["value"] for place in made.content["positions"] for one in place["deliveries"]
    ]
    assert sorted(quantities) == [7.0, 20.0]
    assert misfits(aspects()["DeliveryInformation"], made.content) == []
    assert notes == ["a row that names no site has no bpns: messages that need it were not written."]


def active(name: str, flag: str) -> Any:
    return published(name) | {flag: False}


def test_a_changed_fact_goes_out_in_a_message_made_anew_that_fits_its_model(tmp_path: Path) -> None:
    demand = active("WeekBasedMaterialDemand", "materialDemandIsInactive")
    group = active("WeekBasedCapacityGroup", "capacityGroupIsInactive")
    chain = chain_with(tmp_path, demand, group, published("DemandAndCapacityNotification"))
    update = {
        "demand": [{"product": "PLUG", "customer": "CARS", "customer_site": "S88", "supplier": "OSAT",
                    "category": "0001", "week": "2023-W41", "quantity": "1250"}],
        "disruptions": [{"disruption": published("DemandAndCapacityNotification")["notificationId"], "state": "open",
                         "effect": "demand-reduction", "cause": "strike", "from_day": "2023-12-13"}],
        "capacity": [{"group": group["capacityGroupId"], "customer": "CARS", "week": "2022-W32", "actual": "900",
                      "maximum": "900"}],
    }  # fmt: skip
    after = understood(bring([write_book(update, tmp_path / "update")]), chain).chain
    messages, notes = built_messages(after, MADE)
    found = {message.aspect: message for message in messages}
    assert notes == []
    assert all(misfits(aspects()[one.aspect], one.content) == [] for one in messages)
    new = found["WeekBasedMaterialDemand"].content
    assert new["demandSeries"][0]["demands"] == [{"pointInTime": "2023-10-09", "demand": 1250.0}]
    assert new["materialDemandId"] == demand["materialDemandId"]
    assert new["changedAt"] == "2027-01-02T09:30:00.000+00:00"
    weeks = [one["pointInTime"] for one in found["WeekBasedCapacityGroup"].content["capacities"]]
    assert weeks == ["2022-08-01", "2022-08-08"]
    assert found["WeekBasedCapacityGroup"].content["linkedDemandSeries"] == group["linkedDemandSeries"]
    assert found["DemandAndCapacityNotification"].content["status"] == "open"
    again = understood(bring([one_message(tmp_path, [one.content for one in messages])]), after)
    assert [change for change in again.changes if change.any and change.table != "messages"] == []


def test_facts_without_a_message_go_out_where_there_are_numbers_and_a_note_says_where_not(tmp_path: Path) -> None:
    book = tables()
    book["sites"][0]["bpna"] = "BPNA0000DEMO028U"
    book["products"].append({"product": "BARE", "kind": "chip", "party": "OSAT"})
    book["stock"] = [
        {"product": "PLUG", "site": "S88", "quantity": "40", "direction": "INBOUND"},
        {"product": "BARE", "site": "S88", "quantity": "40"},
    ]
    book["short_term"] = [{"product": "PLUG", "customer_site": "S88", "day": "2027-01-04", "quantity": "5"}]
    book["wip"] = [
        {"lot": "L1", "product": "PLUG", "quantity": "9", "site": "S01", "week": "2026-W53", "state": "in-process"}
    ]
    chain = understood(bring([write_book(book, tmp_path / "more")]), Chain({})).chain
    messages, notes = built_messages(chain, MADE)
    assert {one.aspect for one in messages} == {"ItemStock", "ShortTermMaterialDemand", "PlannedProductionOutput"}
    assert all(misfits(aspects()[one.aspect], one.content) == [] for one in messages)
    assert notes == ["BARE has no global_asset_id: messages that need it were not written."]


def test_rows_that_no_message_can_say_are_counted_with_the_reason(tmp_path: Path) -> None:
    book = tables()
    book["sites"][0]["bpna"] = "BPNA0000DEMO028U"
    book["groups"] = [
        {"group": "G1", "site": "S01", "unit": "piece"}, {"group": "G2", "site": "S01", "unit": "wafer"}
    ]  # fmt: skip
    book["capacity"] = [
        {"group": group, "customer": customer, "week": "2027-W01", "actual": "5"}
        for group, customer in (("G1", "CARS"), ("G1", ""), ("G2", "CARS"), ("G2", ""))
    ]
    lot = {"product": "PLUG", "quantity": "9", "site": "S01", "week": "2026-W53"}
    book["wip"] = [
        lot | {"lot": "L1", "state": "in-process"}, lot | {"lot": "L2", "state": "held"},
        lot | {"lot": "L3", "state": "in-transit", "stage": "module-test"},
        lot | {"lot": "L4", "state": "in-transit", "origin": "S88"},
    ]  # fmt: skip
    chain = understood(bring([write_book(book, tmp_path / "left")]), Chain({})).chain
    messages, notes = built_messages(chain, MADE)
    assert Counter(one.aspect for one in messages) == {
        "WeekBasedCapacityGroup": 1, "PlannedProductionOutput": 1, "DeliveryInformation": 1,
    }  # fmt: skip
    assert set(notes) == {
        "2 rows of capacity in no message: a message goes to one customer, and these name none.",
        "1 row of capacity in no message: messages count in pieces and hours, and these in neither.",
        "1 row of wip in no message: it is held, and no output until it is released.",
        "1 row of wip in no message: messages have pieces that passed all stages, and these did not.",
    }


def test_a_number_that_no_table_knows_is_told_with_the_column_that_it_belongs_in(tmp_path: Path) -> None:
    with pytest.raises(ChainError) as caught:
        understood(bring([one_message(tmp_path, published("ItemStock"))]), Chain({}))
    assert {fault.column: fault.advice for fault in caught.value.faults} == {
        "product": 'Write it into the column "global_asset_id" of whose it is in the sheet "products".',
        "site": 'Write it into the column "bpns" of whose it is in the sheet "sites".',
    }


def test_every_fault_of_every_message_is_told_at_once(tmp_path: Path, letters: Path) -> None:
    wrong = published("WeekBasedMaterialDemand")
    wrong["demandSeries"][0]["demands"][0]["pointInTime"] = "2023-10-32"
    del wrong["customer"]
    unit = published("ItemStock")
    unit["positions"][0]["allocatedStocks"][0]["quantityOnAllocatedStock"]["unit"] = "unit:kilogram"
    stranger = active("WeekBasedCapacityGroup", "capacityGroupIsInactive") | {"customer": "BPNL0000000000ZZ"}
    base = understood(
        bring([letters / "parties.csv", letters / "sites.csv", letters / "products.csv"]), Chain({})
    ).chain
    with pytest.raises(ChainError) as caught:
        understood(bring([one_message(tmp_path, [wrong, unit, stranger])]), base)
    found = {(fault.sheet, fault.row, fault.column, fault.rule) for fault in caught.value.faults}
    assert found == {
        ("WeekBasedMaterialDemand", 1, "customer", "schema"),
        ("WeekBasedMaterialDemand", 1, "demandSeries[0].demands[0].pointInTime", "schema"),
        ("ItemStock", 2, "unit", "unit"),
        ("capacity", 1, "customer", "reference"),
    }
    partial = understood(bring([tmp_path / "one.json"]), base, partial=True)
    assert partial.chain.capacity.num_rows == 0
    assert {(fault.sheet, fault.row) for fault in partial.left_out} == {
        ("WeekBasedMaterialDemand", 1), ("ItemStock", 2), ("capacity", 1),
    }  # fmt: skip


def test_a_demand_on_another_day_than_a_monday_is_a_fault(tmp_path: Path) -> None:
    demand = active("WeekBasedMaterialDemand", "materialDemandIsInactive")
    demand["demandSeries"][0]["demands"][0]["pointInTime"] = "2023-10-11"
    with pytest.raises(ChainError, match=r"is no Monday.*Write 2023-W41"):
        chain_with(tmp_path, demand)


def test_stocks_that_differ_only_in_the_address_are_one_stock(tmp_path: Path) -> None:
    stock = published("ItemStock")
    several = stock["positions"][0]["allocatedStocks"]
    several.append(several[0] | {"stockLocationBPNA": "BPNA1234567890AA"})
    chain = chain_with(tmp_path, stock)
    assert chain.stock["quantity"].to_pylist() == [40.0]
    assert built_messages(chain, MADE)[0][0].content == stock


def test_what_is_no_message_says_so(tmp_path: Path) -> None:
    for text, kind in (("{", DamagedSource), ("NaN", DamagedSource), ("{}", UnknownFormat), ("[1]", UnknownFormat)):
        (tmp_path / "x.json").write_text(text)
        with pytest.raises(kind):
            read_messages(tmp_path / "x.json", Findings())


@pytest.mark.parametrize("name", NAMES)
def test_a_message_is_told_by_what_it_holds(name: str) -> None:
    text = json.dumps(published(name))
    assert message_of(text).aspect == name


def test_a_site_with_a_wrong_zone_or_a_sheet_without_names_is_a_fault_beside_the_messages(tmp_path: Path) -> None:
    book = tables()
    book["sites"][2]["time_zone"] = "Shanghai"
    book["products"] = [{"kind": "module", "number": "MNR-8101-ID146955.001"}]
    letters = one_message(tmp_path, published("PlannedProductionOutput"))
    with pytest.raises(ChainError) as caught:
        understood(bring([write_book(book, tmp_path / "tables"), letters]), Chain({}))
    rules = {(fault.sheet, fault.column, fault.rule) for fault in caught.value.faults}
    assert {("sites", "time_zone", "type"), ("products", "product", "column"), ("wip", "product", "reference")} <= rules


def test_a_sheet_of_sites_without_time_zones_leaves_those_that_are_known(tmp_path: Path) -> None:
    output = published("PlannedProductionOutput")
    one = output["positions"][0]["allocatedPlannedProductionOutputs"][0]
    one["estimatedTimeOfCompletion"] = "2027-01-03T16:00:00Z"
    base = understood(bring([write_book(tables(), tmp_path / "tables")]), Chain({})).chain
    (tmp_path / "sites.csv").write_text("site,party,place,bpns\nS01,OSAT,Elsewhere,BPNS0123456789ZZ\n")
    chain = understood(bring([tmp_path / "sites.csv", one_message(tmp_path, output)]), base).chain
    assert week_name(chain.wip["week"][0].as_py()) == "2027-W01"
