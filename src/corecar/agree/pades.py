"""Making a PAdES signature with pyHanko, at a moment that the caller gives."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from io import BytesIO
from typing import Any

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.ades.api import CAdESSignedAttrSpec
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner
from pyhanko.sign.timestamps import HTTPTimeStamper, TimeStamper, TimestampRequestError

from corecar.agree.commitment import commitment_to
from corecar.agree.contained import field_of
from corecar.agree.event_loop import run
from corecar.agree.keys import SigningKey
from corecar.agree.signing_party import SigningParty
from corecar.agree.stamp import stamp_style
from corecar.errors import ArgumentError, OutputError

TIMESTAMP_SECONDS = 30


class ClockedSigner(PdfSigner):
    """A signer that says that it signs at a moment which it is given."""

    moment: datetime

    def init_signing_session(self, pdf_out: Any, existing_fields_only: bool = False) -> Any:
        """A session of the library, its clock set."""
        session = super().init_signing_session(pdf_out, existing_fields_only)
        session.system_time = self.moment
        return session


class HonestTimeStamper(HTTPTimeStamper):
    """A client of a time-stamping authority that says so where the answer is none."""

    async def async_request_tsa_response(self, req: Any) -> Any:
        """The answer of the authority. Raises TimestampRequestError for anything else."""
        try:
            return await super().async_request_tsa_response(req)
        except ValueError as error:
            raise TimestampRequestError(f"its answer is no timestamp: {error}") from error


def signed(
    document: bytes, key: SigningKey, signatory: SigningParty, content_sha256: str, *, moment: datetime,
    timestamp_url: str | None,
) -> bytes:  # fmt: skip
    """The document with a signature in the field of a party, whatever else is to be said of either.

    content_sha256 of what is attached for machines; the signature says that it approves that
    moment         when it is made, as it will say
    timestamp_url  a time-stamping authority (RFC 3161)
    Raises         OutputError when that authority does not answer; ArgumentError for an address that is none
    """
    clock = timestamper(timestamp_url)
    writer = IncrementalPdfFileWriter(BytesIO(document), strict=True)
    with stamp_style(key.holder, signatory, moment) as style:
        signer = _signer(key, signatory, content_sha256, style, clock)
        signer.moment = moment
        return run(_written(writer, signer))


def _signer(
    key: SigningKey, signatory: SigningParty, content_sha256: str, style: Any, clock: TimeStamper | None
) -> ClockedSigner:  # fmt: skip
    field = field_of(signatory.party)
    about = PdfSignatureMetadata(
        field_name=field,
        md_algorithm="sha256",
        name=key.holder.person,
        subfilter=SigSeedSubFilter.PADES,
        cades_signed_attr_spec=CAdESSignedAttrSpec(commitment_type=commitment_to(content_sha256)),
    )
    where = SigFieldSpec(field, readable_field_name=f"{signatory.party}: {signatory.name}")
    return ClockedSigner(about, key.signer, timestamper=clock, stamp_style=style, new_field_spec=where)


async def _written(writer: IncrementalPdfFileWriter, signer: PdfSigner) -> bytes:
    with told_silence():
        output = await signer.async_sign_pdf(writer)
    content: bytes = output.getvalue()
    return content


@contextmanager
def told_silence() -> Iterator[None]:
    """Raises OutputError where a time-stamping authority does not answer."""
    try:
        yield
    except (TimestampRequestError, OSError) as error:
        told = " ".join(str(error).split()) or type(error).__name__
        raise OutputError(
            f"The time-stamping authority did not answer as expected ({told}). Try again, or sign without --timestamp."
        ) from error


def timestamper(url: str | None) -> TimeStamper | None:
    """A client of a time-stamping authority; None without one. Raises ArgumentError for an address that is none."""
    if url is None:
        return None
    if not url.startswith(("http://", "https://")):
        raise ArgumentError(f'"{url}" is no address of a time-stamping authority. Give one that begins with https://.')
    return HonestTimeStamper(url, timeout=TIMESTAMP_SECONDS)


__all__ = ["ClockedSigner", "signed", "timestamper", "told_silence"]
