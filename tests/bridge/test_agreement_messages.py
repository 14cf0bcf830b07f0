"""Memoranda on the wire: agreed capacity and comments out by the published schemas, comments and requests in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
from tests.agree.memoranda import VALUE
from tests.bridge.negotiators import Table, negotiators, terms_file

from corecar.errors import AccessDenied, ArgumentError, Conflict, MappingError, NotFound

M = "M-2027-001"
SCHEMAS = Path(__file__).resolve().parents[3] / "shared" / "data" / "catenax"
VERSIONS = {"WeekBasedCapacityGroup": "3.0.1", "IdBasedComment": "1.1.0", "IdBasedRequestForUpdate": "3.0.0"}


@pytest.fixture
def table(tmp_path: Path) -> Iterator[Table]:
    """The customer is not in the workspace; both sides have numbers."""
    parties: list[dict[str, Any]] = [dict(each) for each in VALUE["parties"]]
    parties[0]["bpnl"], parties[2]["party"] = "BPNL0000DEMO01AA", "OUTSIDE"
    volumes = [{**VALUE["volumes"][0], "customer": "OUTSIDE"}]
    with negotiators(tmp_path) as found:
        found.chi.agree_new(terms=terms_file(tmp_path, parties=parties, volumes=volumes))
        found.chi.agree_offer(M)
        found.osa.agree_comment(M, "so be it: µ")
        yield found


def written(table: Table) -> dict[str, Any]:
    out = table.folder / "messages"
    table.chi.agree_messages(M, out=out, ask=True)
    return {path.stem: json.loads(path.read_text("utf-8")) for path in out.iterdir()}


def test_agreed_capacity_comments_and_requests_follow_their_published_schemas(table: Table) -> None:
    if not SCHEMAS.is_dir():
        pytest.skip("the schemas are not on this machine")
    found = written(table)
    assert set(found) == {"WeekBasedCapacityGroup-1", "IdBasedComment-1", "IdBasedRequestForUpdate"}
    for name, message in found.items():
        aspect = name.split("-")[0]
        schema = json.loads((SCHEMAS / f"{aspect}-schema.{VERSIONS[aspect]}.json").read_text("utf-8"))
        jsonschema.Draft4Validator(schema).validate(message)


def test_each_week_tells_what_is_agreed_and_the_maximum(table: Table) -> None:
    group = written(table)["WeekBasedCapacityGroup-1"]
    assert group["capacities"][0] == {
        "pointInTime": "2027-02-01", "actualCapacity": 1000, "maximumCapacity": 1200, "agreedCapacity": 1000,
    }  # fmt: skip
    assert group["capacityGroupIsInactive"] is True


def test_a_group_that_another_system_has_named_keeps_that_name(table: Table) -> None:
    mine = "f4cbddbe-d1fb-4dff-86a9-0742f577bd67"
    table.chi.agree_link(M, "capacity-group", f"urn:uuid:{mine}", volume=1)
    assert written(table)["WeekBasedCapacityGroup-1"]["capacityGroupId"] == mine


def comment(table: Table, **changed: Any) -> Path:
    group = written(table)["WeekBasedCapacityGroup-1"]
    message = {
        "commentId": "f5c151e4-30b5-4456-94fd-2a7b559b6121", "objectId": group["capacityGroupId"],
        "objectType": "urn:samm:io.catenax.week_based_capacity_group", "customer": group["customer"],
        "supplier": group["supplier"], "commentText": "too much", "author": "someone@cars.example",
        "requestDelete": False, "postedAt": "2027-01-10T12:27:11.320Z", **changed,
    }  # fmt: skip
    path = table.folder / "comment.json"
    path.write_text(json.dumps(message), encoding="utf-8")
    return path


def test_a_comment_of_a_party_outside_comes_in_once(table: Table) -> None:
    table.chi.agree_take(comment(table))
    last = table.osa.agree_show(M)["comments"][-1]
    assert (last["party"], last["by"], last["text"]) == ("OUTSIDE", "someone@cars.example", "too much")
    with pytest.raises(Conflict, match="taken in before"):
        table.chi.agree_take(comment(table))


def test_a_party_that_is_known_here_and_has_nobody_here_is_heard_and_one_with_people_is_not(table: Table) -> None:
    number = "M-2"
    parties = [{**each, "bpnl": f"BPNL0000DEMO0{at}AA"} for at, each in enumerate(VALUE["parties"])]
    table.chi.agree_new(terms=terms_file(table.folder, "known.json", number=number, parties=parties))
    table.chi.agree_offer(number)
    out = table.folder / "known"
    table.chi.agree_messages(number, out=out)
    group = json.loads((out / "WeekBasedCapacityGroup-1.json").read_text("utf-8"))
    said = comment(table, **{name: group[name] for name in ("customer", "supplier")}, objectId=group["capacityGroupId"])
    with pytest.raises(AccessDenied, match="DEMO-CARS has people in this workspace"):
        table.chi.agree_take(said)
    table.keeper.people_change("car", active=False)
    assert table.chi.agree_take(said)["said"] == f"{number}: a comment of DEMO-CARS was taken in."


def test_a_capacity_group_is_no_message_about_a_memorandum_and_says_where_it_goes(table: Table) -> None:
    written(table)
    with pytest.raises(MappingError, match=r"is a WeekBasedCapacityGroup.* corecar chain import FILE"):
        table.chi.agree_take(table.folder / "messages" / "WeekBasedCapacityGroup-1.json")


def test_a_comment_in_another_s_name_or_of_nothing_is_refused(table: Table) -> None:
    with pytest.raises(AccessDenied, match="not between DEMO-OSAT"):
        table.osa.agree_take(comment(table))
    with pytest.raises(NotFound, match="no memorandum of yours"):
        table.eva.agree_take(comment(table))
    with pytest.raises(Conflict, match="stay on record"):
        table.chi.agree_take(comment(table, requestDelete=True))
    with pytest.raises(MappingError, match="customer"):
        table.chi.agree_take(comment(table, customer="BPNL1"))


def test_a_request_for_an_update_is_answered_with_what_is_known(table: Table) -> None:
    request = written(table)["IdBasedRequestForUpdate"]
    request["weekBasedCapacityGroup"].append({"capacityGroupId": "f5c151e4-30b5-4456-94fd-2a7b559b6121"})
    path = table.folder / "request.json"
    path.write_text(json.dumps(request), encoding="utf-8")
    answer = table.chi.agree_take(path, out=table.folder / "answer")
    assert (answer["numbers"], answer["unknown"]) == ([M], ["f5c151e4-30b5-4456-94fd-2a7b559b6121"])
    assert (table.folder / "answer" / f"{M}-WeekBasedCapacityGroup-1.json").is_file()


def test_no_message_goes_without_business_partner_numbers(table: Table) -> None:
    table.chi.agree_new(terms=terms_file(table.folder, "other.json", number="M-2"))
    with pytest.raises(ArgumentError, match=r"Set parties\[DEMO-CHIPS\]\.bpnl"):
        table.chi.agree_messages("M-2")
