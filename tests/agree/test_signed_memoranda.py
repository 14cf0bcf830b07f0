"""Signing: one signature per party, in any order, each over all before it; and what verification says of them."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from itertools import permutations

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader
from tests.agree.signers import (
    CARS,
    CHIPS,
    LONG_AGO,
    NOW,
    OSAT,
    PARTIES,
    codes,
    codes_of,
    forced,
    issued,
    judged,
    key,
    key_of,
    office,
    signed,
    terms,
    text,
)

from corecar.agree.authority import Issued, Revoked, issue, make_authority, revoked_list
from corecar.agree.certificates import TRIAL, revoked_lists_in
from corecar.agree.commitment import committed_terms
from corecar.agree.signatures import sign
from corecar.agree.terms import terms_hash
from corecar.errors import ArgumentError, Conflict, UnknownFormat

YEARS = timedelta(days=365)


@pytest.mark.parametrize("order", list(permutations(PARTIES)), ids="-".join)
def test_parties_sign_in_any_order_and_all_is_well(order: tuple[str, ...]) -> None:
    found = judged(signed(*order))
    assert found.well, found.every_finding
    assert [each.party for each in found.signatures] == list(order)
    assert found.signed_by == PARTIES
    assert "all 3 parties signed it" in found.said


def test_each_signature_is_added_behind_all_bytes_that_stood_there() -> None:
    for count in (1, 2, 3):
        assert signed(*PARTIES[:count]).startswith(signed(*PARTIES[: count - 1]))


def test_fields_are_named_by_party_before_anybody_signs() -> None:
    from pyhanko.sign.fields import enumerate_sig_fields

    fields = [name for name, _, _ in enumerate_sig_fields(PdfFileReader(BytesIO(text())), filled_status=False)]
    assert fields == list(PARTIES)


def test_a_signature_is_pades_and_approves_these_very_terms() -> None:
    signature = PdfFileReader(BytesIO(signed(CHIPS))).embedded_regular_signatures[0]
    assert signature.sig_object["/SubFilter"] == "/ETSI.CAdES.detached"
    assert committed_terms(signature.signer_info) == terms_hash(terms())
    assert judged(signed(CHIPS)).signatures[0].terms_sha256 == terms_hash(terms())


def test_who_signed_when_is_told_and_that_the_time_is_a_claim() -> None:
    found = judged(signed(CHIPS)).signatures[0]
    assert found.holder is not None
    assert (found.holder.person, found.holder.organisation) == ("Li Wei", CHIPS)
    assert found.claimed_at == NOW
    assert found.stamped_at is None
    assert "no-timestamp" in {each.code for each in found.findings}


def test_missing_parties_are_named() -> None:
    found = judged(signed(CHIPS, OSAT))
    assert found.sound
    assert not found.well
    assert found.missing == (CARS,)
    assert "DEMO-CARS has still to sign" in found.said
    assert [each.party for each in found.findings if each.code == "missing"] == [CARS]


def test_a_text_that_nobody_has_signed_is_sound_and_not_well() -> None:
    found = judged(text())
    assert found.sound
    assert found.missing == PARTIES


def test_a_trial_authority_marks_all_that_it_issues_and_verification_says_so() -> None:
    for certificate in (office().certificate, issued(CHIPS).certificate):
        assert TRIAL in certificate.subject.rfc4514_string()
    said = [each.said for each in judged(signed(CHIPS)).every_finding if each.code == "trial"]
    assert said == ["its certificate comes from an authority for trials, which proves nothing."]


def test_without_a_root_nobody_vouches_for_a_name() -> None:
    found = judged(signed(*PARTIES), roots=[])
    assert codes(found) == {"untrusted"}
    assert not found.signed_by


def test_an_authority_of_the_same_name_is_not_that_authority() -> None:
    other = make_authority("Demo Office", now=LONG_AGO)
    assert codes(judged(signed(CHIPS), roots=[other.certificate])) == {"untrusted"}


def test_a_certificate_that_expired_since_says_so_unless_the_day_of_signing_is_trusted() -> None:
    found = judged(signed(CHIPS), at=NOW + 3 * YEARS)
    assert codes(found) == {"expired"}
    assert "without a timestamp nobody can prove" in found.wrong[0].said
    assert not codes(judged(signed(CHIPS), at=NOW))


def test_the_expired_root_of_an_authority_is_told() -> None:
    found = judged(signed(CHIPS), at=NOW + 12 * YEARS)
    assert any("authority" in each.said for each in found.wrong if each.code == "expired")


def test_a_certificate_that_is_not_valid_yet_is_told() -> None:
    later = issue(office(), "Li Wei", CHIPS, now=NOW + timedelta(days=10))
    document = forced(text(), key_of(later), CHIPS)
    found = judged(document)
    assert codes(found) == {"not-yet-valid"}
    assert any("before its certificate was valid" in each.said for each in found.wrong)


def test_a_clock_that_was_set_back_is_noticed_by_the_certificate() -> None:
    document = forced(text(), key(CHIPS), CHIPS, moment=LONG_AGO - timedelta(days=1))
    assert codes(judged(document)) == {"not-yet-valid"}


def test_a_clock_that_was_set_ahead_is_noticed() -> None:
    document = forced(text(), key(CHIPS), CHIPS, moment=NOW + timedelta(days=40))
    assert codes(judged(document)) == {"from-the-future"}
    after = forced(text(), key(CHIPS), CHIPS, moment=NOW + 4 * YEARS)
    assert codes(judged(after)) == {"expired"}


def revoked_at(days: int) -> tuple[bytes, ...]:
    """The office's list, on which the certificate of the chips stands since a day."""
    serial = issued(CHIPS).certificate.serial_number
    content = revoked_list(office(), (Revoked(serial, NOW + timedelta(days=days)),), now=NOW + timedelta(days=days))
    return revoked_lists_in(content, "list")


def test_a_revoked_certificate_is_told_with_its_day() -> None:
    found = judged(signed(*PARTIES), lists=revoked_at(-3))
    assert codes_of(found, CHIPS) == {"revoked"}
    assert "revoked on 2027-01-01" in found.wrong[0].said
    assert codes_of(found, CARS) == set()
    assert found.signed_by == (OSAT, CARS)


def test_a_later_revocation_counts_from_its_day_on() -> None:
    assert not codes(judged(signed(CHIPS), lists=revoked_at(+3)))
    assert codes(judged(signed(CHIPS), lists=revoked_at(+3), at=NOW + timedelta(days=4))) == {"revoked"}


def test_a_list_that_another_authority_wrote_in_its_name_is_no_list() -> None:
    other = make_authority("Demo Office", now=LONG_AGO)
    forged = revoked_list(other, (Revoked(issued(CHIPS).certificate.serial_number, LONG_AGO),), now=NOW)
    found = judged(signed(CHIPS), lists=revoked_lists_in(forged, "list"))
    assert not codes(found)
    assert "revocation-unknown" in {each.code for each in found.every_finding}


def test_a_list_that_should_have_been_replaced_is_told() -> None:
    stale = revoked_lists_in(revoked_list(office(), (), now=NOW), "list")
    said = [each.said for each in judged(signed(CHIPS), lists=stale, at=NOW + 1.5 * YEARS).every_finding]
    assert any("should have been replaced" in each for each in said)
    fresh = {each.code for each in judged(signed(CHIPS), lists=stale).every_finding}
    assert "revocation-unknown" not in fresh


def test_a_stranger_is_told() -> None:
    stranger = key_of(issue(office(), "Max Muster", "Somebody Else Ltd", now=LONG_AGO))
    found = judged(forced(text(), stranger, CHIPS))
    assert codes(found) == {"foreign"}
    assert 'Max Muster of "Somebody Else Ltd", who is none of the parties' in found.wrong[0].said
    assert found.missing == PARTIES


def test_a_party_in_the_place_of_another_is_told() -> None:
    found = judged(forced(signed(CHIPS), key(OSAT), CARS))
    assert codes_of(found, CARS) == {"foreign"}
    assert "stands in the place of DEMO-CARS" in found.wrong[0].said
    assert found.signed_by == (CHIPS,)


def test_sign_refuses_what_verification_would_refuse() -> None:
    with pytest.raises(Conflict, match='is for "DEMO-OSAT", not for DEMO-CHIPS'):
        sign(text(), key(OSAT), CHIPS, now=NOW)
    with pytest.raises(Conflict, match="is valid from"):
        sign(text(), key(CHIPS), CHIPS, now=NOW + 4 * YEARS)
    with pytest.raises(Conflict, match="has signed it already"):
        sign(signed(CHIPS), key(CHIPS), CHIPS, now=NOW)
    with pytest.raises(ArgumentError, match=r'"DEMO-CAR" is none of the parties .* Did you mean'):
        sign(text(), key(CARS), "DEMO-CAR", now=NOW)


def test_what_carries_no_terms_is_not_signed() -> None:
    import typst

    plain: bytes = typst.compile(b"Nothing was agreed on.", format="pdf")
    with pytest.raises(UnknownFormat, match="carries no terms"):
        sign(plain, key(CHIPS), CHIPS, now=NOW)
    assert codes(judged(plain)) == {"no-terms"}


def test_the_full_name_of_a_party_is_as_good_as_its_short_one() -> None:
    full = key_of(issue(office(), "Li Wei", "demo  chips (Fictional)", now=LONG_AGO))
    found = judged(sign(text(), full, CHIPS, now=NOW))
    assert found.signed_by == (CHIPS,)


def test_a_certificate_that_is_not_for_signing_is_told() -> None:
    document = forced(text(), key_of(authority_as_signer()), CHIPS)
    assert "not-for-signing" in codes(judged(document, roots=[authority_as_signer().certificate]))


def authority_as_signer() -> Issued:
    """An authority that signs itself, which its certificate is not for."""
    return Issued(office().certificate, office().key)
