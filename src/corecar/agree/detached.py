"""A signature beside a file rather than in it: CMS (RFC 5652), detached, over the file's very bytes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from cryptography import x509

from corecar.agree.any_signature import stamp_findings, stamped_at, unread, unreadable
from corecar.agree.certificates import holder_of
from corecar.agree.event_loop import run
from corecar.agree.keys import SigningKey
from corecar.agree.pades import timestamper, told_silence
from corecar.agree.quiet import quiet
from corecar.agree.signer_checks import signer_findings
from corecar.agree.trust import Trust, chain_of, within
from corecar.agree.verdict import Finding, SignatureVerdict


def detached_signature(content: bytes, key: SigningKey, *, moment: datetime, timestamp_url: str | None = None) -> bytes:
    """A signature over content, to be kept beside it.

    moment         when it is made, as it says
    timestamp_url  a time-stamping authority (RFC 3161)
    Raises         OutputError when that authority does not answer; ArgumentError for an address that is none
    """
    from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes

    async def made() -> bytes:
        with told_silence():
            signed = await key.signer.async_sign_general_data(
                content, "sha256", detached=True, timestamper=timestamper(timestamp_url),
                signed_attr_settings=PdfCMSSignedAttributes(signing_time=moment),
            )  # fmt: skip
        found: bytes = signed.dump()
        return found

    return run(made())


def detached_verdict(content: bytes, signature: bytes, trust: Trust) -> SignatureVerdict:
    """What is to be said of a signature beside a file, its party apart.

    content  of the file; signature: of the file beside it
    """
    try:
        return _judged(content, signature, trust)
    except unreadable() as error:
        return unread("", 1, error)


def _judged(content: bytes, signature: bytes, trust: Trust) -> SignatureVerdict:
    from asn1crypto import cms

    found = cms.ContentInfo.load(signature, strict=True)
    if found["content_type"].native != "signed_data":
        raise ValueError("it is no signature")
    data = found["content"]
    status = _status(content, data, trust, trust.at)
    certificate = x509.load_der_x509_certificate(status.signing_cert.dump())
    stamp = stamped_at(status)
    status = _status(content, data, trust, within(stamp or trust.at, certificate))
    claimed = status.signer_reported_dt
    return SignatureVerdict(
        "", "", holder_of(certificate), None if claimed is None else claimed.astimezone(UTC), stamp, 1, 1, "",
        (*_bytes(status), *stamp_findings(status),
         *signer_findings(certificate, chain_of(status.validation_path), trust, claimed, stamp)),
    )  # fmt: skip


def _status(content: bytes, data: Any, trust: Trust, moment: datetime) -> Any:
    from pyhanko.sign.validation import async_validate_detached_cms
    from pyhanko.sign.validation.settings import KeyUsageConstraints

    with quiet("pyhanko"):
        return run(
            async_validate_detached_cms(
                content, data, signer_validation_context=trust.context(moment),
                ts_validation_context=trust.context(trust.at), key_usage_settings=KeyUsageConstraints(key_usage=set()),
            )
        )  # fmt: skip


def _bytes(status: Any) -> Iterator[Finding]:
    if not status.valid:
        yield Finding("damaged", "it was not made by the key of its certificate: its own bytes were changed.")
    elif not status.intact:
        yield Finding("changed", "it is genuine but over other bytes: the file was changed after signing.")
