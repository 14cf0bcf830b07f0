"""A certificate that is revoked after a signature by it was taken: the signature stands, and everybody is told."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from tests.bridge.negotiators import Table, negotiators, terms_file

from corecar.agree.authority import Authority, Issued, Revoked, issue, make_authority, revoked_list
from corecar.agree.keys import as_pkcs12, key_from_files
from corecar.agree.signatures import sign
from corecar.errors import Conflict

M = "M-2027-001"


@dataclass
class Signed:
    """A memorandum that DEMO-CHIPS has signed, by an authority that can take its certificate back."""

    table: Table
    office: Authority
    signer: Issued

    def revoked(self, at: datetime) -> Path:
        """A list by which the signer's certificate is revoked from a moment on."""
        path = self.table.folder / "list.pem"
        lost = Revoked(self.signer.certificate.serial_number, at)
        path.write_bytes(revoked_list(self.office, (lost,), now=at))
        return path


@pytest.fixture
def signed(tmp_path: Path) -> Iterator[Signed]:
    """A table of three parties, the first of which has signed."""
    now = datetime.now(UTC) - timedelta(minutes=5)
    office = make_authority("Demo Office", now=now)
    signer = issue(office, "Li Wei", "DEMO-CHIPS", now=now)
    (tmp_path / "office.pem").write_bytes(office.certificate.public_bytes(Encoding.PEM))
    with negotiators(tmp_path) as table:
        table.chi.agree_new(terms=terms_file(tmp_path, language="en"))
        table.chi.agree_offer(M)
        table.chi.agree_show(M, pdf=tmp_path / "text.pdf")
        bag = as_pkcs12("signer", signer.key, (signer.certificate, office.certificate), "open sesame")
        key = key_from_files(bag, passphrase="open sesame")
        (tmp_path / "one.pdf").write_bytes(sign((tmp_path / "text.pdf").read_bytes(), key, "DEMO-CHIPS"))
        table.chi.agree_trust(tmp_path / "office.pem")
        table.chi.agree_signed(M, tmp_path / "one.pdf")
        yield Signed(table, office, signer)


def test_a_revocation_after_signing_is_told_wherever_the_memorandum_is(signed: Signed) -> None:
    chi, car = signed.table.chi, signed.table.car
    assert "signature" not in car.alerts_now(kind=["signature"])
    assert "revoked" not in car.agree_show(M)
    time.sleep(1.1)  # a list counts in whole seconds
    chi.agree_trust(signed.revoked(datetime.now(UTC)))
    shown = car.agree_show(M)
    (row,) = shown["revoked"]
    assert (row["party"], row["person"], row["order"]) == ("DEMO-CHIPS", "Li Wei", "after it was taken")
    assert "the signature stands" in shown["notes"][0]
    assert car.agree_list()["rows"][0]["revoked"] == "DEMO-CHIPS"
    assert [each["party"] for each in car.alerts_now(kind=["signature"])["signature"]] == ["DEMO-CHIPS"]
    assert [(each["party"], each["revoked"]) for each in car.agree_scorecard()["rows"]] == [("DEMO-CHIPS", 1)]


def test_one_from_before_the_signature_was_taken_says_so(signed: Signed) -> None:
    signed.table.chi.agree_trust(signed.revoked(datetime.now(UTC) - timedelta(minutes=4)))
    (row,) = signed.table.car.agree_show(M)["revoked"]
    assert row["order"] == "before it was taken"
    assert "ask the party whether it was its own" in signed.table.car.agree_show(M)["notes"][0]


def test_who_signs_next_is_told_whose_earlier_signature_holds_no_more_and_why(signed: Signed) -> None:
    folder, table = signed.table.folder, signed.table
    own = issue(signed.office, "Ana Ruiz", "DEMO-OSAT", now=datetime.now(UTC) - timedelta(minutes=5))
    bag = as_pkcs12("ana", own.key, (own.certificate, signed.office.certificate), "open sesame")
    key = key_from_files(bag, passphrase="open sesame")
    (folder / "two.pdf").write_bytes(sign((folder / "one.pdf").read_bytes(), key, "DEMO-OSAT"))
    table.osa.agree_trust(folder / "office.pem")
    table.chi.agree_trust(signed.revoked(datetime.now(UTC) - timedelta(minutes=4)))
    with pytest.raises(Conflict) as refused:
        table.osa.agree_signed(M, folder / "two.pdf")
    told = str(refused.value)
    assert (
        "DEMO-CHIPS signed before, and its signature in two.pdf holds no more: its certificate was revoked on" in told
    )
    assert "does not hold that" not in told
    assert table.car.agree_show(M)["facts"]["state"] == "offered"


def test_who_is_no_party_is_told_of_no_revocation(signed: Signed) -> None:
    signed.table.chi.agree_trust(signed.revoked(datetime.now(UTC) - timedelta(minutes=4)))
    assert signed.table.off.agree_list()["rows"] == []
    assert "signature" not in signed.table.off.alerts_now(kind=["signature"])
