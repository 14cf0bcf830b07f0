"""Memoranda in a workspace: who sees and does what, from the draft to the signature and on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from tests.bridge.negotiators import Table, believe_signatures, negotiators, sign_all, signed_pdf, terms_file

from corecar.bridge.workspace import Workspace
from corecar.errors import AccessDenied, ArgumentError, Conflict, CorecarError, MappingError, NotFound, WrongState

M = "M-2027-001"
SOON = datetime.now(UTC) + timedelta(days=3)


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Table]:
    believe_signatures(monkeypatch)
    with negotiators(tmp_path) as found:
        yield found


@pytest.fixture
def offered(table: Table) -> Table:
    """A memorandum that the chipmaker offered to the other two."""
    table.chi_plans.agree_new(terms=terms_file(table.folder))
    table.chi_plans.agree_offer(M)
    return table


def state(who: Workspace, number: str = M) -> str:
    return str(who.agree_show(number)["facts"]["state"])


def test_three_parties_negotiate_and_sign(offered: Table) -> None:
    countered = offered.car.agree_counter(M, change=["quality.ppm_most=0.5"], revision=2)
    assert countered["rows"] == [{"field": "quality.ppm_most", "before": "1", "after": "0.5"}]
    offered.osa.agree_comment(M, "fine with us", field="quality")
    shown = offered.chi.agree_show(M)
    assert [(row["action"], row["party"], row["by"]) for row in shown["rows"]] == [
        ("draft", "DEMO-CHIPS", "chi-plans"), ("offer", "DEMO-CHIPS", "chi-plans"), ("counter", "DEMO-CARS", "car"),
    ]  # fmt: skip
    assert [(row["party"], row["field"], row["text"]) for row in shown["comments"]] == [
        ("DEMO-OSAT", "quality", "fine with us")
    ]
    sign_all(offered, M)
    assert state(offered.car) == "signed"
    assert [row["state"] for row in offered.osa.agree_list(state="signed")["rows"]] == ["signed"]
    assert offered.osa.agree_diff(M)["rows"] == countered["rows"]


def test_a_text_of_own_clauses_says_by_which_command_it_is_set(table: Table) -> None:
    table.chi.agree_new(terms=terms_file(table.folder, clauses=[{"clause": "validity", "version": "2.0"}]))
    with pytest.raises(
        MappingError, match=r'"validity 2.0": is not in the library.* corecar agree text terms.json FILE'
    ):
        table.chi.agree_show(M, pdf=table.folder / "own.pdf")


def test_a_draft_is_seen_by_its_author_alone(table: Table) -> None:
    table.chi.agree_new(terms=terms_file(table.folder))
    assert state(table.chi_reads) == "draft"
    for other in (table.car, table.osa, table.off, table.keeper, table.eva):
        assert other.agree_list()["rows"] == []
        with pytest.raises(NotFound, match="there is no memorandum"):
            other.agree_show(M)
    table.chi.agree_offer(M)
    assert state(table.car) == state(table.osa) == "offered"
    for other in (table.off, table.keeper, table.eva):
        assert other.agree_list()["rows"] == []


Deed = Callable[[Workspace, Path], Any]
DEEDS: dict[str, Deed] = {
    "agree_counter": lambda who, _: who.agree_counter(M, change=["law="]),
    "agree_refuse": lambda who, _: who.agree_refuse(M, reason="no"),
    "agree_comment": lambda who, _: who.agree_comment(M, "hello"),
    "agree_signed": lambda who, folder: who.agree_signed(M, sealed(who, folder)),
    "agree_withdraw": lambda who, _: who.agree_withdraw(M, reason="no"),
    "agree_revise": lambda who, _: who.agree_revise(M, change=["law="]),
    "agree_offer": lambda who, _: who.agree_offer(M),
    "agree_end": lambda who, _: who.agree_end(M, reason="no"),
    "agree_share": lambda who, _: who.agree_share(M, "Demo Office"),
    "agree_link": lambda who, _: who.agree_link(M, "data-space", "urn:x"),
    "agree_amend": lambda who, _: who.agree_amend(M, change=["law="]),
    "agree_renew": lambda who, _: who.agree_renew(M),
    "agree_show": lambda who, _: who.agree_show(M),
    "agree_diff": lambda who, _: who.agree_diff(M),
}
EVERYBODY_OF_A_PARTY = {"agree_show", "agree_diff"}
PLANNER_OF_A_PARTY = {"agree_comment", "agree_share", "agree_link"}
MAY = {
    "chi": {*EVERYBODY_OF_A_PARTY, *PLANNER_OF_A_PARTY, "agree_signed", "agree_withdraw"},
    "chi-plans": {*EVERYBODY_OF_A_PARTY, *PLANNER_OF_A_PARTY, "agree_withdraw"},
    "chi-reads": EVERYBODY_OF_A_PARTY,
    "car": {*EVERYBODY_OF_A_PARTY, *PLANNER_OF_A_PARTY, "agree_signed", "agree_counter", "agree_refuse"},
    "osa": {*EVERYBODY_OF_A_PARTY, *PLANNER_OF_A_PARTY, "agree_signed", "agree_counter", "agree_refuse"},
    "off": set(), "keeper": set(), "eva": set(),
}  # fmt: skip
"""Who may do what with terms that the chipmaker offered, written down by hand."""


def sealed(who: Workspace, folder: Path) -> Path:
    """A file that every party signed, over the terms that somebody sees, or over others."""
    rows = who.agree_list()["rows"]
    sha256 = who.agree_show(M)["facts"]["sha256"] if rows else "0" * 64
    return signed_pdf(folder, sha256, "DEMO-CHIPS", "DEMO-OSAT", "DEMO-CARS")


@pytest.mark.parametrize("deed", DEEDS)
def test_nobody_does_what_is_not_for_their_role_and_party(offered: Table, deed: str) -> None:
    for name in sorted(MAY, key=lambda name: deed in MAY[name]):
        who, revision = offered.of[name], state_of(offered)
        if deed not in MAY[name]:
            with pytest.raises((AccessDenied, NotFound, WrongState)):
                DEEDS[deed](who, offered.folder)
            assert state_of(offered) == revision
    able = [name for name in MAY if deed in MAY[name]]
    for name in able[:1]:
        DEEDS[deed](offered.of[name], offered.folder)


def state_of(table: Table) -> Any:
    shown = table.chi_reads.agree_show(M)
    return {key: each for key, each in shown.items() if key != "you_may"}


def test_nobody_acts_for_another_party_by_naming_it(offered: Table) -> None:
    with pytest.raises(AccessDenied, match="car of DEMO-CARS does not act for DEMO-OSAT"):
        offered.car.agree_counter(M, change=["law="], party="DEMO-OSAT")
    with pytest.raises(AccessDenied, match="does not act for any of them"):
        offered.eva.agree_new(terms=terms_file(offered.folder, number="M-2"))


def test_of_two_counters_to_the_same_step_one_wins_and_the_other_is_told(offered: Table) -> None:
    offered.car.agree_counter(M, change=["quality.ppm_most=2"], revision=2)
    with pytest.raises(Conflict, match=r"changed since step 2 that you saw \(car of DEMO-CARS: counter\)"):
        offered.osa.agree_counter(M, change=["quality.ppm_most=3"], revision=2)
    assert offered.chi.agree_show(M)["terms"]["quality"]["ppm_most"] == 2


def test_the_parties_and_the_number_stay_while_terms_are_on_the_table(offered: Table) -> None:
    with pytest.raises(Conflict, match="its parties are"):
        offered.car.agree_counter(M, change=["parties[DEMO-OSAT]="])
    with pytest.raises(Conflict, match="these terms are of M-9"):
        offered.car.agree_counter(M, change=["number=M-9"])


def test_fields_that_do_not_fit_are_told_at_once_and_nothing_is_kept(table: Table) -> None:
    with pytest.raises(MappingError, match="2 places do not fit"):
        table.chi.agree_new(terms=terms_file(table.folder, kind="gift", law=7))
    assert table.chi.agree_list()["rows"] == []


def test_a_file_over_other_terms_or_that_was_changed_signs_nothing(offered: Table) -> None:
    sha256 = offered.chi.agree_show(M)["facts"]["sha256"]
    with pytest.raises(Conflict, match="those on the table are"):
        offered.car.agree_signed(M, signed_pdf(offered.folder, "0" * 64, "DEMO-CARS"))
    with pytest.raises(Conflict, match=r"A byte was changed\. Nothing was signed"):
        offered.car.agree_signed(M, signed_pdf(offered.folder, sha256, "DEMO-CARS", wrong=["A byte was changed."]))
    with pytest.raises(Conflict, match="no signature of DEMO-CARS that holds"):
        offered.car.agree_signed(M, signed_pdf(offered.folder, sha256, "DEMO-OSAT"))
    assert state_of(offered)["facts"]["revision"] == 2


def test_each_signature_is_over_all_before_it(offered: Table) -> None:
    sha256 = offered.chi.agree_show(M)["facts"]["sha256"]
    first = signed_pdf(offered.folder, sha256, "DEMO-CARS")
    offered.car.agree_signed(M, first)
    with pytest.raises(Conflict, match="DEMO-CARS signed before, and this file does not hold that"):
        offered.osa.agree_signed(M, signed_pdf(offered.folder, sha256, "DEMO-OSAT", name="other.pdf"))
    newest = offered.folder / "newest.pdf"
    offered.osa.agree_show(M, pdf=newest)
    assert newest.read_bytes() == first.read_bytes()
    assert offered.osa.agree_list()["rows"][0]["missing"] == "DEMO-CHIPS, DEMO-OSAT"


def test_the_signature_of_a_party_without_an_account_is_taken_from_the_file(table: Table) -> None:
    parties = json.loads(terms_file(table.folder).read_text())["parties"]
    parties[1] = {**parties[1], "party": "OUTSIDE"}
    table.chi.agree_new(terms=terms_file(table.folder, parties=parties))
    table.chi.agree_offer(M)
    sha256 = table.chi.agree_show(M)["facts"]["sha256"]
    table.car.agree_signed(M, signed_pdf(table.folder, sha256, "OUTSIDE", "DEMO-CARS", "DEMO-CHIPS"))
    shown = table.chi.agree_show(M)
    assert [(row["party"], row["by"]) for row in shown["rows"] if row["action"] == "sign"] == [
        ("DEMO-CARS", "car"), ("OUTSIDE", "Somebody of OUTSIDE"),
    ]  # fmt: skip
    assert shown["facts"]["missing"] == "DEMO-CHIPS"


def test_others_see_what_every_party_shares_and_no_more(offered: Table) -> None:
    offered.chi.agree_share(M, "Demo Office", level="terms")
    offered.osa.agree_share(M, "Demo Office", level="volumes")
    offered.car.agree_share(M, "Demo Office", level="terms")
    assert offered.off.agree_list()["rows"] == []
    sign_all(offered, M)
    shown = offered.off.agree_show(M)
    assert [row["agreed"] for row in shown["volumes"]] == [1000, 1000]
    assert "terms" not in shown
    assert "comments" not in shown
    assert shown["rows"] == []
    with pytest.raises(AccessDenied, match="do not share that"):
        offered.off.agree_show(M, out=offered.folder / "terms.json")
    with pytest.raises(NotFound, match="only its parties do that"):
        offered.off.agree_comment(M, "let me see")
    offered.osa.agree_share(M, "Demo Office", level="terms")
    assert offered.off.agree_show(M)["terms"]["number"] == M
    offered.car.agree_unshare(M, "Demo Office")
    assert offered.off.agree_list()["rows"] == []


def test_an_amendment_takes_the_place_of_what_it_amends_once_all_have_signed(offered: Table) -> None:
    with pytest.raises(WrongState, match="has to be signed"):
        offered.car.agree_amend(M, change=["quality.ppm_most=2"])
    sign_all(offered, M)
    made = offered.car.agree_amend(M, change=["quality.ppm_most=2"], new_number="M-2")
    assert {"field": "quality.ppm_most", "before": "1", "after": "2"} in made["rows"]
    offered.car.agree_offer("M-2")
    assert state(offered.car) == "signed"
    sign_all(offered, "M-2")
    assert (state(offered.car), state(offered.car, "M-2")) == ("ended", "signed")
    last = offered.car.agree_show(M)
    assert last["rows"][-1]["reason"] == "M-2 took its place"
    assert last["facts"]["later"] == ["M-2"]
    again = offered.chi.agree_amend("M-2", change=["quality.ppm_most=3"], new_number="M-3")
    assert again["number"] == "M-3"
    earlier = offered.chi.agree_show("M-3")["terms"]["earlier"]
    assert (earlier["number"], earlier["first"], earlier["how"]) == ("M-2", M, "amends")


def test_a_renewal_is_the_same_for_the_next_span(offered: Table) -> None:
    sign_all(offered, M)
    offered.chi.agree_renew(M, new_number="M-2")
    terms = offered.chi.agree_show("M-2")["terms"]
    assert (terms["valid_from"], terms["valid_until"]) == ("2028-01-01", "2028-12-27")
    assert [each["period"] for each in terms["volumes"][0]["periods"]] == ["2028-W05", "2028-W06"]
    assert terms["earlier"]["how"] == "renews"


def test_what_is_due_is_told_to_whom_it_waits_for(table: Table) -> None:
    table.chi.agree_new(terms=terms_file(table.folder))
    table.chi.agree_offer(M, until=SOON)
    due = table.car.agree_due()["rows"]
    assert [(row["party"], row["what"], row["yours"]) for row in due] == [
        ("DEMO-CARS", "sign, counter or refuse", True), ("DEMO-CHIPS", "sign", False),
        ("DEMO-OSAT", "sign, counter or refuse", False),
    ]  # fmt: skip
    todo = table.car.todo()["rows"]
    assert [(row["kind"], row["what"]) for row in todo] == [("memorandum", M)]
    assert table.off.agree_due()["rows"] == []


def test_an_end_is_told_with_its_reason(offered: Table) -> None:
    sign_all(offered, M)
    with pytest.raises(AccessDenied, match='needs the permission "sign"'):
        offered.chi_plans.agree_end(M, reason="too dear")
    ended = offered.car.agree_end(M, reason="too dear")
    assert "notice of 90 days" in ended["notes"][0]
    assert state(offered.osa) == "ended"


def test_what_another_system_calls_it_stands_beside_it(offered: Table) -> None:
    offered.car.agree_link(M, "data-space", "urn:uuid:1")
    offered.car.agree_link(M, "data-space", "urn:uuid:2")
    offered.chi.agree_link(M, "capacity-group", "urn:uuid:3", volume=1)
    assert [(row["kind"], row["party"], row["identity"]) for row in offered.osa.agree_show(M)["links"]] == [
        ("capacity-group", "DEMO-CHIPS", "urn:uuid:3"), ("data-space", "DEMO-CARS", "urn:uuid:2"),
    ]  # fmt: skip
    for how in ({"volume": 2}, {"volume": 0}):
        with pytest.raises(ArgumentError, match="Expected is 1 to 1"):
            offered.chi.agree_link(M, "capacity-group", "x", **how)


def test_without_accounts_somebody_acts_for_every_party_and_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.bridge.houses import house_in

    believe_signatures(monkeypatch)
    with house_in(tmp_path) as house:
        made = house.agree_new(terms=terms_file(tmp_path), party="DEMO-CHIPS")
        assert "without accounts" in made["notes"][0]
        with pytest.raises(ArgumentError, match="say for which party you act: DEMO-CHIPS, DEMO-OSAT, DEMO-CARS"):
            house.agree_offer(M)
        house.agree_offer(M, party="DEMO-CHIPS")
        house.agree_refuse(M, party="DEMO-OSAT", reason="no floor left")
        assert state(house) == "refused"


def test_a_memorandum_needs_one_source_whole(table: Table) -> None:
    for how in ({}, {"need": "N1"}, {"need": "N1", "offer": "O1", "plan": 1, "demand": "X"}, {"meeting": 1}):
        with pytest.raises(ArgumentError, match="Give one of them, whole"):
            table.chi.agree_new(**how)


def test_terms_that_were_changed_in_the_database_are_not_used(offered: Table) -> None:
    from sqlalchemy import text

    with offered.chi.store.catalogue.engine.begin() as connection:
        connection.execute(text("UPDATE agreement_terms SET content = replace(content, '1000', '1001')"))
    with pytest.raises(CorecarError, match="its terms were changed in the database"):
        offered.chi.agree_list()


def test_a_real_signature_by_a_party_s_own_authority_is_taken_and_a_stranger_s_is_not(tmp_path: Path) -> None:
    """One party with its authority, one whose certificate another authority issued."""
    from corecar.agree.authority import issue, make_authority
    from corecar.agree.keys import as_pkcs12, key_from_files
    from corecar.agree.signatures import sign

    now, names = datetime.now(UTC) - timedelta(minutes=1), ("DEMO-CHIPS", "DEMO-OSAT", "DEMO-CARS")
    ours, theirs = (make_authority(name, now=now) for name in ("Demo Office", "Demo Stranger"))
    with negotiators(tmp_path) as table:
        for name, authority in (("ours.pem", ours), ("theirs.pem", theirs)):
            (tmp_path / name).write_bytes(authority.certificate.public_bytes(Encoding.PEM))
        table.chi.agree_new(terms=terms_file(tmp_path, language="en"))
        table.chi.agree_offer(M)
        table.car.agree_show(M, pdf=tmp_path / "text.pdf")
        document = (tmp_path / "text.pdf").read_bytes()
        for party in names[::2]:
            found = issue(ours, f"Li of {party}", party, now=now)
            bag = as_pkcs12("signer", found.key, (found.certificate, ours.certificate), "open sesame")
            document = sign(document, key_from_files(bag, passphrase="open sesame"), party, now=datetime.now(UTC))
        (tmp_path / "two.pdf").write_bytes(document)
        with pytest.raises(Conflict, match="no signature of DEMO-CARS that holds"):
            table.car.agree_signed(M, tmp_path / "two.pdf")
        table.car.agree_trust(tmp_path / "theirs.pem")
        with pytest.raises(Conflict, match="no signature of DEMO-CARS that holds"):
            table.car.agree_signed(M, tmp_path / "two.pdf")
        table.car.agree_trust(tmp_path / "ours.pem")
        assert table.car.agree_signed(M, tmp_path / "two.pdf")["missing"] == ["DEMO-CHIPS", "DEMO-OSAT"]
        table.chi.agree_trust(tmp_path / "ours.pem")
        table.chi.agree_signed(M, tmp_path / "two.pdf")
        assert state(table.chi) == "offered"


def test_a_signature_by_a_certificate_that_was_revoked_is_not_taken_once_the_list_is_here(tmp_path: Path) -> None:
    from corecar.agree.authority import Revoked, issue, make_authority, revoked_list
    from corecar.agree.keys import as_pkcs12, key_from_files
    from corecar.agree.signatures import sign

    now = datetime.now(UTC) - timedelta(minutes=5)
    office = make_authority("Demo Office", now=now)
    found = issue(office, "Li Wei", "DEMO-CHIPS", now=now)
    (tmp_path / "office.pem").write_bytes(office.certificate.public_bytes(Encoding.PEM))
    lost = Revoked(found.certificate.serial_number, now)
    (tmp_path / "list.pem").write_bytes(revoked_list(office, (lost,), now=now))
    with negotiators(tmp_path) as table:
        table.chi.agree_new(terms=terms_file(tmp_path, language="en"))
        table.chi.agree_offer(M)
        table.chi.agree_show(M, pdf=tmp_path / "text.pdf")
        bag = as_pkcs12("signer", found.key, (found.certificate, office.certificate), "open sesame")
        key = key_from_files(bag, passphrase="open sesame")
        (tmp_path / "one.pdf").write_bytes(sign((tmp_path / "text.pdf").read_bytes(), key, "DEMO-CHIPS"))
        table.chi.agree_trust(tmp_path / "office.pem")
        table.car.agree_trust(tmp_path / "office.pem")
        table.car.agree_trust(tmp_path / "list.pem")
        with pytest.raises(Conflict, match="was revoked on"):
            table.chi.agree_signed(M, tmp_path / "one.pdf")
        assert state(table.chi) == "offered"
