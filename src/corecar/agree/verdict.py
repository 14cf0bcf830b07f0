"""What `verify` answers: who signed what when, and everything that is not as it should be."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from corecar.agree.certificates import Holder
from corecar.plurals import plural

WORDS = {
    "no-terms": "the file carries no terms",
    "terms-unreadable": "the terms attached do not fit their schema",
    "attachment-damaged": "an attachment cannot be unpacked",
    "ambiguous": "an attachment stands there more than once",
    "other-hash": "an attachment is not the one whose hash the pages print",
    "other-text": "the pages do not say what the attached text says",
    "missing": "a party has not signed",
    "appended": "something was added after the last signature",
    "damaged": "a signature cannot be read",
    "changed": "bytes that a signature covers were changed",
    "replayed": "a signature was cut from another document",
    "other-terms": "a signature is for other terms",
    "older-revision": "a signature is over an older revision with other content",
    "changed-since": "the document was changed after a signature",
    "partial": "a signature does not cover its whole revision",
    "foreign": "a signer is of no party, or signs in another party's place",
    "untrusted": "no trusted authority stands behind a certificate",
    "not-for-signing": "a certificate was not issued for signing",
    "not-yet-valid": "a certificate was not valid yet",
    "expired": "a certificate had expired",
    "revoked": "a certificate was revoked",
    "from-the-future": "a signature says that it was made later than now",
    "time-unproven": "a timestamp does not hold",
    "weak": "a signature uses an algorithm that is no longer safe",
    "trial": "a certificate comes from an authority for trials",
    "no-timestamp": "the time of a signature is what the signer's clock said",
    "revocation-unknown": "whether a certificate was revoked was not looked up",
}
"""Every code of a finding, and what it means in general."""
NOTES = frozenset({"trial", "no-timestamp", "revocation-unknown"})
"""Codes that are worth knowing and not wrong."""


@dataclass(frozen=True)
class Finding:
    """One thing that was found.

    code   of `WORDS`
    said   in a sentence, with names, times and hashes
    party  whose signature it is about, or who has not signed; empty for the document
    """

    code: str
    said: str
    party: str = ""

    @property
    def wrong(self) -> bool:
        """Whether it speaks against the document."""
        return self.code not in NOTES


@dataclass(frozen=True)
class SignatureVerdict:
    """One signature.

    field         the form field in which it stands
    party         the party for which it was made; empty for a stranger
    holder        whom its certificate names; None when it cannot be read
    claimed_at    when it was made, as the signer's clock said
    stamped_at    when a trusted timestamp says that it was there already; None without one
    revision      which revision it covers, from 1; `revisions` how many the file has
    terms_sha256  hash of the terms that it was made for; empty when it names none
    findings      what is wrong with it or worth knowing
    """

    field: str
    party: str
    holder: Holder | None
    claimed_at: datetime | None
    stamped_at: datetime | None
    revision: int
    revisions: int
    terms_sha256: str
    findings: tuple[Finding, ...]

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong with it."""
        return not any(finding.wrong for finding in self.findings)

    @property
    def named(self) -> SignatureVerdict:
        """The same with findings that say whose signature they are about."""
        whose = self.party or self.field
        return replace(self, findings=tuple(replace(each, party=whose) for each in self.findings))

    def with_findings(self, *more: Finding) -> SignatureVerdict:
        """The same with further findings."""
        return replace(self, findings=(*self.findings, *more))


@dataclass(frozen=True)
class Verdict:
    """What became of a signed memorandum.

    number        of the memorandum; empty when the file carries no terms
    parties       short names of those that have to sign, in the order of the terms
    signatures    in the order in which they were made
    findings      about the document as a whole
    sha256        of the file; `terms_sha256` and `text_sha256` of what is attached, empty where it is not
    at            the moment for which certificates were judged
    """

    number: str
    parties: tuple[str, ...]
    signatures: tuple[SignatureVerdict, ...]
    findings: tuple[Finding, ...]
    sha256: str
    terms_sha256: str
    text_sha256: str
    at: datetime

    @property
    def every_finding(self) -> tuple[Finding, ...]:
        """Those of the document, then those of each signature."""
        return (*self.findings, *(finding for each in self.signatures for finding in each.findings))

    @property
    def wrong(self) -> tuple[Finding, ...]:
        """What speaks against the document, missing signatures apart."""
        return tuple(each for each in self.every_finding if each.wrong and each.code != "missing")

    @property
    def signed_by(self) -> tuple[str, ...]:
        """The parties with a signature that holds."""
        good = {each.party for each in self.signatures if each.holds}
        return tuple(party for party in self.parties if party in good)

    @property
    def missing(self) -> tuple[str, ...]:
        """The parties without a signature that holds."""
        return tuple(party for party in self.parties if party not in self.signed_by)

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong with what is there, though signatures may be missing."""
        return bool(self.parties) and not self.wrong

    @property
    def well(self) -> bool:
        """Whether every party has signed and nothing is wrong."""
        return self.sound and not self.missing

    @property
    def said(self) -> str:
        """The verdict in a sentence."""
        name = f"Memorandum {self.number}" if self.number else "This file"
        if self.well:
            return f"{name}: all {plural(len(self.parties), 'party', 'parties')} signed it, and nothing is wrong."
        signed = f"{len(self.signed_by)} of {len(self.parties)} parties signed it"
        wrong = f"{len(self.wrong)} " + (
            "thing speaks against it" if len(self.wrong) == 1 else "things speak against it"
        )
        missing = f"{', '.join(self.missing)} has still to sign" if len(self.missing) == 1 else ""
        missing = missing or f"{', '.join(self.missing)} have still to sign"
        return f"{name}: {signed}; {wrong if self.wrong else missing}."
