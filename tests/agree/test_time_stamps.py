"""Timestamps of an authority: what they prove, and what is said without them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.agree.signers import CHIPS, NOW, codes, issued, judged, key, office, text
from tests.agree.time_stamping import clock_office, time_stamping

from corecar.agree.authority import Revoked, revoked_list
from corecar.agree.certificates import revoked_lists_in
from corecar.agree.signatures import sign
from corecar.errors import ArgumentError, OutputError

LATER = NOW + timedelta(days=3 * 365)


@pytest.fixture(scope="module")
def stamped() -> bytes:
    """A memorandum signed with a timestamp."""
    with time_stamping(NOW + timedelta(minutes=1)) as address:
        return sign(text(), key(CHIPS), CHIPS, timestamp_url=address, now=NOW)


def test_a_timestamp_of_a_trusted_authority_is_told(stamped: bytes) -> None:
    found = judged(stamped, roots=[office().certificate, clock_office().certificate])
    assert not codes(found)
    assert found.signatures[0].stamped_at == NOW + timedelta(minutes=1)
    assert "no-timestamp" not in {each.code for each in found.every_finding}


def test_a_signature_with_a_timestamp_outlives_its_certificate(stamped: bytes) -> None:
    roots = [office().certificate, clock_office().certificate]
    assert not codes(judged(stamped, roots=roots, at=LATER))
    assert codes(judged(stamped, roots=[office().certificate], at=LATER)) == {"expired", "time-unproven"}


def test_a_revocation_after_the_timestamp_does_not_touch_the_signature(stamped: bytes) -> None:
    roots = [office().certificate, clock_office().certificate]
    serial = issued(CHIPS).certificate.serial_number
    for days, expected in ((+2, set()), (-2, {"revoked"})):
        content = revoked_list(office(), (Revoked(serial, NOW + timedelta(days=days)),), now=NOW + timedelta(days=5))
        lists = revoked_lists_in(content, "list")
        assert codes(judged(stamped, roots=roots, lists=lists, at=NOW + timedelta(days=9))) == expected


def test_a_timestamp_that_nobody_trusts_is_told(stamped: bytes) -> None:
    found = judged(stamped)
    assert codes(found) == {"time-unproven"}
    assert "Demo time stamps" in found.wrong[0].said
    assert found.signatures[0].stamped_at is None


def test_an_authority_that_does_not_answer_leaves_nothing_signed() -> None:
    with time_stamping(NOW, broken=True) as address, pytest.raises(OutputError, match="did not answer as expected"):
        sign(text(), key(CHIPS), CHIPS, timestamp_url=address, now=NOW)
    with pytest.raises(OutputError, match="did not answer as expected"):
        sign(text(), key(CHIPS), CHIPS, timestamp_url="http://127.0.0.1:9/stamp", now=NOW)
    with pytest.raises(ArgumentError, match="no address of a time-stamping authority"):
        sign(text(), key(CHIPS), CHIPS, timestamp_url="file:///etc/passwd", now=NOW)
