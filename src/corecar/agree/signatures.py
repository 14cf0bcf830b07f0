"""Sign a memorandum: a PAdES signature of one party, added behind everything that stands in the file already."""

from __future__ import annotations

from datetime import UTC, datetime

from corecar.agree.certificates import Holder, same_name
from corecar.agree.contained import TERMS_FILE, contained_in, opened
from corecar.agree.keys import SigningKey
from corecar.agree.signing_party import SigningParty
from corecar.agree.terms import Terms, terms_hash, terms_in
from corecar.agree.verify import verify
from corecar.errors import ArgumentError, Conflict, UnknownFormat
from corecar.faults import meant

OF_TRUST = frozenset({"untrusted", "missing", "time-unproven", "expired", "revoked", "from-the-future"})
"""What does not keep the next party from signing: whom it trusts is its own affair."""


def sign(
    document: bytes,
    key: SigningKey,
    party: str,
    *,
    timestamp_url: str | None = None,
    now: datetime | None = None,
    place: str = "memorandum",
) -> bytes:
    """The document with the signature of a party behind all that it holds already (PAdES baseline B-B, with a
    timestamp B-T).

    document       the PDF of a memorandum, signed by others or by nobody yet
    key            of a person of the party
    party          its short name in the terms
    timestamp_url  a time-stamping authority (RFC 3161); without it the time is what this computer's clock says
    now            what that clock says, with zone; for tests
    place          what the file is called in errors
    Raises         UnknownFormat without terms in it; ArgumentError for a party that is none of theirs; Conflict when it
                   has signed already, the certificate is another party's or out of date, or something is wrong with the
                   document; OutputError when the time-stamping authority does not answer; DamagedSource
    """
    from corecar.agree.pades import signed

    moment = now or datetime.now(UTC)
    terms = _terms(document, place)
    signatory = terms.party(party)
    if signatory is None:
        names = [each.party for each in terms.parties]
        raise ArgumentError(f'"{party}" is none of the parties of {terms.number}. {meant(party, names)}')
    refuse_stranger(key.holder, signatory, moment)
    _refuse_unsound(document, party, place, moment)
    return signed(document, key, signatory, terms_hash(terms), moment=moment, timestamp_url=timestamp_url)


def _terms(document: bytes, place: str) -> Terms:
    content = contained_in(opened(document, place), place).only(TERMS_FILE)
    if content is None:
        raise UnknownFormat(
            place, f"carries no terms ({TERMS_FILE}).", advice="Sign the text that `corecar agree text` makes."
        )
    return terms_in(content, f"{place}: {TERMS_FILE}")


def refuse_stranger(holder: Holder, signatory: SigningParty, moment: datetime) -> None:
    """Refuse what verification would refuse anyway. Raises Conflict for another party's certificate or an old one."""
    if not (same_name(holder.organisation, signatory.name) or same_name(holder.organisation, signatory.party)):
        raise Conflict(
            f'The certificate of {holder.person} is for "{holder.organisation}", not for {signatory.party} '
            f'("{signatory.name}"). Sign with a certificate of that party.'
        )
    if not holder.holds_at(moment):
        span = f"{holder.valid_from:%Y-%m-%d %H:%M} to {holder.valid_until:%Y-%m-%d %H:%M} UTC"
        raise Conflict(
            f"The certificate of {holder.person} is valid from {span}, and this is {moment:%Y-%m-%d %H:%M}. "
            "Ask its authority for another, or set the clock."
        )


def _refuse_unsound(document: bytes, party: str, place: str, moment: datetime) -> None:
    """Refuse to sign what is broken already, and to sign twice."""
    found = verify(document, at=moment, place=place)
    if any(each.party == party for each in found.signatures):
        raise Conflict(f"{place}: {party} has signed it already.")
    wrong = [each for each in found.wrong if each.code not in OF_TRUST]
    if wrong:
        told = " ".join(each.said for each in wrong[:3])
        raise Conflict(f"{place}: something is wrong with it, so it is not signed: {told} See `corecar agree verify`.")
