"""Every call passes one place: permission, audit, idempotency, two persons, what other parties see."""

from __future__ import annotations

import contextlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, get_args

import pytest
from tests.bridge.houses import house_in, small_lot

import corecar
from corecar.bridge.access import ROLES
from corecar.bridge.verbs import WORKSPACE_VERBS, Permission
from corecar.errors import AccessDenied, ArgumentError, Conflict, NotFound, WorkspaceError


@pytest.fixture
def house(tmp_path: Path) -> corecar.Workspace:
    made = house_in(tmp_path)
    made.ingest([small_lot(tmp_path, 1)], workers="inline")
    return made


def acting(house: corecar.Workspace, person: str) -> corecar.Workspace:
    return corecar.open(house.store.folder, actor=person)


def test_arguments_are_held_against_the_verb(house: corecar.Workspace) -> None:
    with pytest.raises(ArgumentError, match='hold needs "reason"'):
        house.hold("SIM00001")
    with pytest.raises(ArgumentError, match='hold has no "color"'):
        house.hold("SIM00001", reason="x", color="red")
    with pytest.raises(ArgumentError, match="takes 1 values"):
        house.hold("SIM00001", "x")
    with pytest.raises(AttributeError, match="no verb"):
        _ = house.explode


def test_what_was_done_and_what_was_refused_is_on_record(house: corecar.Workspace) -> None:
    house.hold("SIM00001", reason="odd")
    with pytest.raises(Conflict):
        house.ship("SIM00001")
    with pytest.raises(NotFound):
        house.hold("NOBODY", reason="x")
    found = [(row["verb"], row["outcome"]) for row in house.audit()["rows"]]
    assert found == [("hold", "refused"), ("ship", "refused"), ("hold", "done"), ("ingest", "done")]


def test_a_call_that_is_wrong_or_breaks_is_on_record_too(
    house: corecar.Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ArgumentError):
        house.hold("SIM00001")

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("out of order")

    monkeypatch.setattr("corecar.bridge.lot.lot_decisions.add_event", broken)
    with pytest.raises(RuntimeError):
        house.hold("SIM00001", reason="odd")
    found = [(row["verb"], row["outcome"], row["error"]) for row in house.audit(verb="hold")["rows"]]
    assert found[0] == ("hold", "failed", "out of order")
    assert (found[1][:2], "needs" in found[1][2]) == (("hold", "refused"), True)
    assert house.lot("SIM00001")["state"] == "received"


def test_a_call_with_a_key_is_done_once(house: corecar.Workspace) -> None:
    first = house.hold("SIM00001", reason="odd", idempotency_key="k1")
    again = house.hold("SIM00001", reason="odd", idempotency_key="k1")
    assert again["said"] == first["said"]
    assert len([event for event in house.lot("SIM00001")["history"] if event["state"] == "held"]) == 1
    with pytest.raises(Conflict, match="used with other arguments"):
        house.hold("SIM00001", reason="something else", idempotency_key="k1")


def test_the_same_key_from_many_threads_is_done_once(house: corecar.Workspace) -> None:
    def hold(_: int) -> str:
        with corecar.open(house.store.folder) as own:
            return str(own.hold("SIM00001", reason="odd", idempotency_key="same")["said"])

    with ThreadPoolExecutor(4) as threads:
        assert len(set(threads.map(hold, range(8)))) == 1
    assert len([event for event in house.lot("SIM00001")["history"] if event["state"] == "held"]) == 1


def test_without_accounts_the_rule_of_two_persons_says_that_it_is_not_enforced(house: corecar.Workspace) -> None:
    house.grade("SIM00001")
    house.hold("SIM00001", reason="odd")
    assert "Not enforced" in house.release("SIM00001", reason="fine")["two_persons"]


def test_with_accounts_who_held_a_lot_does_not_release_it(house: corecar.Workspace) -> None:
    house.grade("SIM00001")
    for person in ("ann", "bob"):
        house.people_add(person, role="quality")
    acting(house, "ann").hold("SIM00001", reason="odd")
    with pytest.raises(AccessDenied, match="another person has to release it"):
        acting(house, "ann").release("SIM00001", reason="fine")
    assert acting(house, "bob").release("SIM00001", reason="fine")["state"] == "released"


def test_a_role_may_what_it_may_and_no_more(house: corecar.Workspace) -> None:
    for role in ROLES:
        house.people_add(f"one {role}", role=role)
    lot: dict[str, Any] = {"lot": "SIM00001", "reason": "x"}
    tries: dict[Permission, tuple[str, dict[str, Any]]] = {
        "look": ("lots", {}),
        "bring": ("retry", {"workers": "inline"}),
        "correct": ("correct", {"run": "SIM00001", "reason": "x", "sublot": "1"}),
        "decide": ("hold", lot),
        "release": ("scrap", lot),
        "plan": ("meeting_cancel", {"meeting": 1, "reason": "x"}),
        "sign": ("agree_end", {"number": "none", "reason": "x"}),
        "keep": ("compact", {}),
        "administer": ("parties_add", {"party": "New"}),
    }
    assert set(tries) == set(get_args(Permission))
    for role, allowed in ROLES.items():
        for permission, (verb, arguments) in tries.items():
            own = acting(house, f"one {role}")
            if permission in allowed:
                with contextlib.suppress(Conflict, NotFound):
                    own.call(verb, **arguments)
            else:
                with pytest.raises(AccessDenied, match="permission"):
                    own.call(verb, **arguments)


def test_a_stranger_is_nobody_once_there_are_accounts(house: corecar.Workspace) -> None:
    assert acting(house, "stranger").lots()["rows"]
    house.people_add("ann", role="reader")
    with pytest.raises(AccessDenied, match="nobody that this workspace knows"):
        acting(house, "stranger").lots()
    house.people_change("ann", active=False)
    with pytest.raises(AccessDenied):
        acting(house, "ann").lots()


def test_somebody_must_be_left_who_may_administer(house: corecar.Workspace) -> None:
    house.people_add("ann", role="reader")
    own = next(row["person"] for row in house.people_list()["rows"] if row["role"] == "administrator")
    with pytest.raises(Conflict, match="nobody would be left"):
        house.people_change(own, role="reader")


def test_another_party_sees_a_lot_when_it_is_shared_and_only_that(house: corecar.Workspace, tmp_path: Path) -> None:
    house.ingest([small_lot(tmp_path, 2)], workers="inline")
    house.parties_add("Demo Cars", kind="carmaker")
    house.people_add("eva", role="engineer", party="Demo Cars")
    eva = acting(house, "eva")
    assert eva.lots()["rows"] == []
    with pytest.raises(NotFound):
        eva.lot("SIM00001")
    house.share("SIM00001", "Demo Cars")
    assert [row["lot"] for row in eva.lots()["rows"]] == ["SIM00001"]
    assert eva.sql("select distinct lot from parts join runs using (run)")["rows"] == [{"lot": "SIM00001"}]
    with pytest.raises(AccessDenied, match="belongs to another party"):
        eva.hold("SIM00001", reason="mine now")
    house.unshare("SIM00001", "Demo Cars")
    assert eva.lots()["rows"] == []


def test_a_party_that_brings_what_another_one_brought_is_told(house: corecar.Workspace, tmp_path: Path) -> None:
    lot = small_lot(tmp_path, 2)
    assert house.ingest([lot], workers="inline")["new"] == 1
    house.parties_add("Demo Cars", kind="carmaker")
    house.people_add("eva", role="engineer", party="Demo Cars")
    copy = tmp_path / "copy.stdf"
    copy.write_bytes(lot.read_bytes())
    eva = acting(house, "eva")
    for path in (copy, lot):  # read and known by its content; known by its path
        told = eva.ingest([path], workers="inline")
        assert (told["new"], told["known"]) == (0, 1)
        assert any("1 run known already came from another party" in note for note in told["notes"])
    assert house.ingest([copy], workers="inline")["notes"] == []


def test_what_concerns_the_whole_workspace_is_for_the_party_that_keeps_it(
    house: corecar.Workspace, tmp_path: Path
) -> None:
    house.parties_add("Demo Cars", kind="carmaker")
    for role in ROLES:
        house.people_add(f"their {role}", role=role, party="Demo Cars")
        house.people_add(f"our {role}", role=role)
    whole: dict[str, dict[str, Any]] = {
        "people_list": {},
        "verify": {},
        "mapping_show": {},
        "audit": {},
        "compact": {},
        "parties_add": {"party": "New"},
        "backup": {"target": tmp_path / "copy"},
    }
    for verb, arguments in whole.items():
        with pytest.raises(AccessDenied, match="keeps, not Demo Cars"):
            acting(house, "their administrator").call(verb, **arguments)
        acting(house, "our administrator").call(verb, **arguments)
    assert acting(house, "their reader").lots()["rows"] == []
    assert acting(house, "our reader").verify()["sound"]


@pytest.mark.parametrize("name", WORKSPACE_VERBS)
def test_every_verb_is_there_and_says_what_it_does(name: str) -> None:
    verb = WORKSPACE_VERBS[name]
    assert verb.help.endswith(".")
    assert verb.load().__doc__


def test_a_workspace_that_is_there_is_opened_only_as_it_is(tmp_path: Path) -> None:
    house_in(tmp_path).close()
    for same in ({}, {"owner": "Demo House"}):
        with corecar.init(tmp_path / "house", **same) as opened:
            assert opened.lots()["rows"] == []
    for other in ({"owner": "Other House"}, {"database": "postgresql://me@nowhere/db"}, {"cluster": "tls://far:1"}):
        with pytest.raises(WorkspaceError, match="is a workspace already"):
            corecar.init(tmp_path / "house", **other)


def test_a_verb_that_is_none_is_told_with_those_that_are_near(house: corecar.Workspace) -> None:
    with pytest.raises(ArgumentError, match=r'no verb "lot_s"\. There is: .*lots'):
        house.call("lot_s")


def test_what_no_database_takes_is_refused_before_it_gets_there(house: corecar.Workspace) -> None:
    with pytest.raises(ArgumentError, match="is no text in UTF-8"):
        house.hold("SIM00001", reason="a\udcffb")
    with pytest.raises(ArgumentError, match="no such number"):
        house.jobs_show(10**20)


def test_a_database_that_holds_a_workspace_elsewhere_is_not_begun_anew(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'shared.db'}"
    with corecar.init(tmp_path / "one", database=database) as house:
        house.ingest([small_lot(tmp_path, 1)], workers="inline")
    with pytest.raises(WorkspaceError, match=r"holds a workspace already, whose lake lies in .*one"):
        corecar.init(tmp_path / "two", database=database)
    assert not (tmp_path / "two" / "corecar.toml").exists()
