"""Verify a signed memorandum: from its bytes alone, with the roots that the verifier trusts and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cryptography import x509

from corecar.agree.canonical import sha256_of
from corecar.agree.certificates import same_name
from corecar.agree.contained import (
    MEMORANDUM,
    TERMS_FILE,
    TEXT_FILE,
    Attached,
    Contained,
    contained_in,
    field_of,
    lines_not_said,
    opened,
    pages_text,
    told_damage,
)
from corecar.agree.signature_checks import signature_verdict
from corecar.agree.terms import Signatory, Terms, terms_in, terms_json
from corecar.agree.trust import Trust
from corecar.agree.verdict import Finding, SignatureVerdict, Verdict
from corecar.errors import DamagedSource, MappingError
from corecar.plurals import plural

if TYPE_CHECKING:
    from pyhanko.pdf_utils.reader import PdfFileReader

SHOWN_LINES = 3
"""Lines of the attached text that are quoted where pages do not say them."""


def verify(
    document: bytes,
    *,
    roots: Iterable[x509.Certificate] = (),
    lists: Iterable[bytes] = (),
    at: datetime | None = None,
    place: str = "memorandum",
) -> Verdict:
    """Say who signed a memorandum when, and everything that is wrong with it.

    document  the PDF
    roots     certificates of the authorities that are trusted; without them nobody vouches for a signer's name
    lists     lists of revoked certificates (CRL), in DER
    at        the moment, with zone, for which certificates without a trusted timestamp are judged; now by default
    place     what the file is called in errors
    Raises    UnknownFormat for what is no PDF, locked or far too large; DamagedSource for a PDF that cannot be read
    """
    moment = at or datetime.now(UTC)
    reader = opened(document, place)
    now = contained_in(reader, place)
    terms, findings = _terms(now)
    pages, unreadable = pages_or_fault(document, place)
    made = signatures_in(reader, Trust(tuple(roots), tuple(lists), moment), now, pages, place)
    signatures = tuple(_of_party(each, terms).named for each in made)
    compared = _told_by_pages(now, pages) if TERMS_FILE in now.files and pages else ()
    appended = added_behind(document, reader, signatures, place)
    found = (*findings, *attachment_faults(now), *unreadable, *compared, *appended)
    return Verdict(
        number=terms.number if terms else "",
        parties=tuple(each.party for each in terms.parties) if terms else (),
        signatures=signatures,
        findings=(*found, *_missing(terms, signatures)),
        sha256=sha256_of(document),
        terms_sha256=now.hash_of(TERMS_FILE),
        text_sha256=now.hash_of(TEXT_FILE),
        at=moment,
    )


def _terms(now: Contained) -> tuple[Terms | None, list[Finding]]:
    """The terms attached, and what is wrong with them."""
    content = now.only(TERMS_FILE)
    if content is None and TERMS_FILE in now.broken:
        return None, []
    if content is None:
        told = "so that nobody can say who has to sign. Is it a memorandum of this platform?"
        return None, [] if TERMS_FILE in now.files else [Finding("no-terms", f"No {TERMS_FILE} is attached, {told}")]
    try:
        terms = terms_in(content, TERMS_FILE)
    except MappingError as error:
        told = " ".join(str(error).split())[:400]
        return None, [Finding("terms-unreadable", f"The terms attached cannot be read: {told}")]
    if terms_json(terms) != content:
        told = "so that two programs may read two things in them"
        return terms, [Finding("terms-unreadable", f"The terms attached are not written in their one form, {told}.")]
    return terms, []


def attachment_faults(now: Contained) -> Iterator[Finding]:
    """Attachments that cannot be unpacked, or stand there more than once."""
    for name, why in now.broken.items():
        yield Finding("attachment-damaged", f"{name} cannot be unpacked: its bytes were changed or cut ({why}).")
    for name, found in now.files.items():
        if len(found) > 1:
            yield Finding("ambiguous", f"{name} is attached {len(found)} times: which one was agreed on?")


def pages_or_fault(document: bytes, place: str) -> tuple[str, list[Finding]]:
    """What the pages say, and that they cannot be read where they cannot."""
    try:
        return pages_text(document, place), []
    except DamagedSource as error:
        return "", [Finding("other-text", f"The pages cannot be read ({error.problem}).")]


def _told_by_pages(now: Contained, pages: str) -> Iterator[Finding]:
    """Whether pages print the hashes of what is attached, and say the attached text."""
    for name in (TERMS_FILE, TEXT_FILE):
        found = now.hash_of(name)
        if found and found not in pages:
            told = f"{name} as it is attached ({found[:16]}…) is not what the pages print the hash of"
            yield Finding("other-hash", f"{told}: it was swapped.")
    text = now.only(TEXT_FILE)
    if text is None:
        if TEXT_FILE not in now.broken:
            yield Finding("other-text", f"No {TEXT_FILE} is attached, so that nobody can compare what the pages say.")
        return
    lost = lines_not_said(text.decode("utf-8", "replace"), pages)
    if lost:
        quoted = "; ".join(f'"{line.strip()[:80]}"' for line in lost[:SHOWN_LINES])
        yield Finding("other-text", f"The pages do not say {plural(len(lost), 'line')} of the attached text: {quoted}.")


def signatures_in(
    reader: PdfFileReader, trust: Trust, now: Contained, pages: str, place: str, names: Attached = MEMORANDUM
) -> list[SignatureVerdict]:
    """Every signature, in the order in which they were made, its party apart."""
    from pyhanko.sign.fields import enumerate_sig_fields

    with told_damage(place):
        filled = [(name, field.get_object()) for name, _, field in enumerate_sig_fields(reader, filled_status=True)]
        plain = [(name, field) for name, field in filled if _type_of(field) != "/DocTimeStamp"]
    verdicts = [signature_verdict(field, name, reader, trust, now, pages, place, names) for name, field in plain]
    return sorted(verdicts, key=lambda each: each.revision)


def _type_of(field: object) -> str:
    value = field["/V"]  # type: ignore[index]
    return str(value["/Type"]) if "/Type" in value else "/Sig"


def _of_party(signature: SignatureVerdict, terms: Terms | None) -> SignatureVerdict:
    """The signature with the party for which it stands, or with what speaks against that."""
    if terms is None:
        return signature
    place = next((each for each in terms.parties if field_of(each.party) == signature.field), None)
    if signature.holder is None:
        return replace(signature, party=place.party if place else "")
    signer = party_of(signature.holder.organisation, terms.parties)
    told = f'{signature.holder.person} of "{signature.holder.organisation}"'
    if signer is None:
        foreign = Finding("foreign", f"it is by {told}, who is none of the parties.")
        return signature.with_findings(foreign)
    if place is not None and place.party != signer.party:
        foreign = Finding("foreign", f"it stands in the place of {place.party} and is by {told}.")
        return signature.with_findings(foreign)
    return replace(signature, party=signer.party)


def party_of(organisation: str, parties: Iterable[Signatory]) -> Signatory | None:
    """The party that a certificate's organisation names: by its full name or its short one."""
    for each in parties:
        if same_name(organisation, each.name) or same_name(organisation, each.party):
            return each
    return None


def added_behind(
    document: bytes, reader: PdfFileReader, signatures: Iterable[SignatureVerdict], place: str
) -> Iterator[Finding]:
    """Whether something stands behind the last signature; only what keeps it verifiable for long may (DSS)."""
    with told_damage(place):
        from pyhanko.sign.fields import enumerate_sig_fields

        ends = [_end(field.get_object()) for _, _, field in enumerate_sig_fields(reader, filled_status=True)]
        kept = "/DSS" in reader.root
    last = max((end for end in ends if end is not None), default=None)
    if kept and not any(found.code == "changed-since" for each in signatures for found in each.findings):
        return
    if last is not None and last < len(document):
        yield Finding("appended", f"{plural(len(document) - last, 'byte')} stand behind the last signature.")


def _end(field: object) -> int | None:
    """Where the bytes end that a signature covers."""
    value = field["/V"]  # type: ignore[index]
    found = [int(each) for each in value["/ByteRange"]] if "/ByteRange" in value else []
    return found[2] + found[3] if len(found) == 4 else None


def _missing(terms: Terms | None, signatures: tuple[SignatureVerdict, ...]) -> Iterator[Finding]:
    good = {each.party for each in signatures if each.holds}
    for each in terms.parties if terms else ():
        if each.party not in good:
            there = any(one.party == each.party for one in signatures)
            told = "has no signature that holds" if there else "has not signed"
            yield Finding("missing", f"{each.party} ({each.name}) {told}.", each.party)
