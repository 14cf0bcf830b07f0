"""What is said alike of a signature in a PDF and of one beside a file: that it cannot be read, and when it was made."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from corecar.agree.verdict import Finding, SignatureVerdict

if TYPE_CHECKING:
    from pyhanko.sign.validation.status import StandardCMSSignatureStatus


def unreadable() -> tuple[type[Exception], ...]:
    """What the library raises where a signature is no signature; hostile bytes reach each of these."""
    from pyhanko.pdf_utils.misc import PdfError
    from pyhanko.sign.general import ValueErrorWithMessage

    return (
        PdfError, ValueErrorWithMessage, ValueError, KeyError, TypeError, AttributeError, IndexError, AssertionError,
        NotImplementedError, OSError, RecursionError,
    )  # fmt: skip


def unread(name: str, revisions: int, error: Exception) -> SignatureVerdict:
    """The verdict on a signature that cannot be judged for this error."""
    from pyhanko.sign.validation.errors import DisallowedAlgorithmError

    told = " ".join(str(error).split())[:200] or type(error).__name__
    if isinstance(error, DisallowedAlgorithmError):
        finding = Finding("weak", f"it uses an algorithm that is no longer safe ({told}).")
    else:
        finding = Finding("damaged", f"it cannot be read: its own bytes were changed or cut ({told}).")
    return SignatureVerdict(name, "", None, None, None, 0, revisions, "", (finding,))


def stamped_at(status: StandardCMSSignatureStatus) -> datetime | None:
    """The moment of a timestamp that holds and is trusted."""
    stamp = status.timestamp_validity
    if stamp is None or not (stamp.intact and stamp.valid and stamp.trusted):
        return None
    return stamp.timestamp.astimezone(UTC)


def stamp_findings(status: StandardCMSSignatureStatus) -> Iterator[Finding]:
    """What speaks against the time at which it says that it was made."""
    stamp = status.timestamp_validity
    if stamp is None:
        yield Finding("no-timestamp", "it bears no timestamp: when it was made is what the signer's clock said.")
    elif not (stamp.intact and stamp.valid):
        yield Finding("time-unproven", "its timestamp was made for something else, or was changed.")
    elif not stamp.trusted:
        authority = stamp.signing_cert.subject.human_friendly
        yield Finding("time-unproven", f"no trusted root stands behind its timestamp ({authority}). Give its root too.")


__all__ = ["stamp_findings", "stamped_at", "unread", "unreadable"]
