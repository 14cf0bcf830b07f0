"""One signature of a PDF: whether its bytes are as they were signed, what came after it, and who stands behind it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cryptography import x509

from corecar.agree.any_signature import stamp_findings, stamped_at, unread, unreadable
from corecar.agree.certificates import holder_of
from corecar.agree.commitment import committed_terms
from corecar.agree.contained import MEMORANDUM, Attached, Contained, contained_in
from corecar.agree.event_loop import run
from corecar.agree.quiet import quiet
from corecar.agree.signer_checks import signer_findings
from corecar.agree.trust import Trust, chain_of, within
from corecar.agree.verdict import Finding, SignatureVerdict

if TYPE_CHECKING:
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
    from pyhanko.sign.validation.status import PdfSignatureStatus

OBJECTS = 5
"""Objects of a later revision that are told by their number."""


@dataclass(frozen=True)
class Judged:
    """What the library says of a signature, beside what is asked of it.

    embedded  the signature; `status` what was found of it
    stamp     the moment of a trusted timestamp
    then      the attachments of the revision that it covers; `now` those of the file
    pages     what the pages say, without blanks
    names     of what is attached
    """

    embedded: EmbeddedPdfSignature
    status: PdfSignatureStatus
    stamp: datetime | None
    then: Contained
    now: Contained
    pages: str
    names: Attached

    @property
    def committed(self) -> str:
        """The hash of the terms that the signature names itself."""
        return committed_terms(self.embedded.signer_info)


def signature_verdict(
    field: Any, name: str, reader: PdfFileReader, trust: Trust, now: Contained, pages: str, place: str,
    names: Attached = MEMORANDUM,
) -> SignatureVerdict:  # fmt: skip
    """What is to be said of the signature in one field, its party apart.

    field  the form field; `name` its name
    now    the attachments of the file as it is; `pages` what its pages say, without blanks
    names  of what is attached
    """
    try:
        judged = _judged(field, name, reader, trust, now, pages, place, names)
    except unreadable() as error:
        return unread(name, reader.total_revisions, error)
    embedded = judged.embedded
    certificate = x509.load_der_x509_certificate(embedded.signer_cert.dump())
    claimed = embedded.self_reported_timestamp
    found = (*_bytes(judged), *_terms(judged), *_after(judged), *stamp_findings(judged.status))
    chain = chain_of(judged.status.validation_path)
    return SignatureVerdict(
        field=name,
        party="",
        holder=holder_of(certificate),
        claimed_at=None if claimed is None else claimed.astimezone(UTC),
        stamped_at=judged.stamp,
        revision=embedded.signed_revision + 1,
        revisions=reader.total_revisions,
        terms_sha256=judged.committed,
        findings=(*found, *signer_findings(certificate, chain, trust, claimed, judged.stamp)),
    )


def _judged(
    field: Any, name: str, reader: PdfFileReader, trust: Trust, now: Contained, pages: str, place: str,
    names: Attached,
) -> Judged:  # fmt: skip
    from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

    with quiet("pyhanko"):
        embedded = EmbeddedPdfSignature(reader, field, name)
        certificate = x509.load_der_x509_certificate(embedded.signer_cert.dump())
        status = _status(embedded, trust, within(trust.at, certificate))
        stamp = stamped_at(status)
        if stamp is not None:
            status = _status(embedded, trust, within(stamp, certificate))
        then = contained_in(reader, place, embedded.signed_revision)
    return Judged(embedded, status, stamp, then, now, pages, names)


def _status(embedded: EmbeddedPdfSignature, trust: Trust, moment: datetime) -> PdfSignatureStatus:
    from pyhanko.sign.validation import async_validate_pdf_signature
    from pyhanko.sign.validation.settings import KeyUsageConstraints

    return run(
        async_validate_pdf_signature(
            embedded,
            signer_validation_context=trust.context(moment),
            ts_validation_context=trust.context(trust.at),
            key_usage_settings=KeyUsageConstraints(key_usage=set()),
        )
    )


def _bytes(judged: Judged) -> Iterator[Finding]:
    """Whether the signature is one, and over these bytes."""
    attached, named = judged.then.hash_of(judged.names.content), judged.committed
    if not judged.status.valid:
        yield Finding("damaged", "it was not made by the key of its certificate: its own bytes were changed.")
    elif _behind(judged.embedded.pkcs7_content):
        yield Finding("damaged", "something stands behind it in its own place, which it does not cover.")
    elif not judged.status.intact and named and attached and named != attached and named not in judged.pages:
        ours, theirs = attached[:16] or "none", named[:16]
        told = f"it is genuine but was made for terms {theirs}…, not for those attached here ({ours}…)"
        yield Finding("replayed", f"{told}: it was cut from another document.")
    elif not judged.status.intact:
        told = "bytes that it covers were changed after signing, or it was cut from another copy"
        yield Finding("changed", f"it is genuine but over other bytes: {told}.")


def _behind(content: bytes) -> bool:
    """Whether anything but zeros follows a signature in the place that is kept for it."""
    from asn1crypto import parser

    _, _, _, header, body, trailer = parser.parse(content)
    return any(content[len(header) + len(body) + len(trailer) :])


def _terms(judged: Judged) -> Iterator[Finding]:
    """Whether it is for the terms that are attached, then and now."""
    content, named = judged.names.content, judged.committed
    then, now = judged.then.hash_of(content), judged.now.hash_of(content)
    if judged.status.intact and named and named != then:
        yield Finding("other-terms", f"it approves terms {named[:16]}…, and attached were {then[:16] or 'none'}….")
    if then != now:
        told = f"revision {judged.embedded.signed_revision + 1}, with terms {then[:16] or 'none'}…"
        yield Finding("older-revision", f"it is over {told}; the file now has terms {now[:16] or 'none'}….")
    elif judged.then.hash_of(judged.names.text) != judged.now.hash_of(judged.names.text):
        told = f"revision {judged.embedded.signed_revision + 1}"
        yield Finding("older-revision", f"it is over {told}, whose attached text is another than the file's now.")


def _after(judged: Judged) -> Iterator[Finding]:
    """Whether it covers its whole revision, and what was done after it that is no signature."""
    from pyhanko.sign.diff_analysis import DiffResult, ModificationLevel
    from pyhanko.sign.fields import enumerate_sig_fields
    from pyhanko.sign.validation.status import SignatureCoverageLevel

    status = judged.status
    if status.coverage < SignatureCoverageLevel.ENTIRE_REVISION:
        yield Finding("partial", "it does not cover every byte of its revision: some can be changed without a trace.")
        return
    result = status.diff_result
    if not isinstance(result, DiffResult):
        yield Finding("changed-since", f"the document was changed after it: {_more(str(result))}.")
        return
    signatures = {name for name, _, _ in enumerate_sig_fields(judged.embedded.reader)}
    others = sorted(result.changed_form_fields - signatures)
    if result.modification_level > ModificationLevel.FORM_FILLING or others:
        told = f"fields {', '.join(others)}" if others else "more than signatures"
        yield Finding("changed-since", f"the document was changed after it: {told}.")


def _more(said: str) -> str:
    """What was done after a signature, out of pyHanko's words on it: the revision and the numbers of its objects."""
    revision = re.search(r"in revision (\d+)", said)
    objects = sorted(map(int, set(re.findall(r"idnum=(\d+)", said))))
    if revision is None or not objects:
        return "more than signatures"
    numbers = ", ".join(map(str, objects[:OBJECTS])) + (", ..." if len(objects) > OBJECTS else "")
    return f"revision {revision[1]} changes more than a signature may (objects {numbers})"
