"""A certificate of conformance, judged by the authorities that its supplier told this workspace."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from corecar.agree.contained import LARGEST_BYTES
from corecar.bridge.agree.authorities import authorities_of
from corecar.bridge.agree.revocation_lists import lists_of
from corecar.bridge.calls import Call
from corecar.bridge.files.conformance import told_certificate, verified
from corecar.bridge.files.memoranda import content_of
from corecar.bridge.travel import Sent


def examine(
    call: Call, file: Annotated[str | Path, "The PDF of a certificate of conformance.", Sent()]
) -> dict[str, Any]:
    """Say who signed a certificate of conformance, and what speaks against it, by its supplier's authorities told here.

    Nothing of the file is kept.
    Raises  SourceMissing; UnknownFormat, DamagedSource for what is no PDF
    """
    from cryptography import x509

    document, name = content_of(file, LARGEST_BYTES), Path(file).name
    found = verified(document, at=call.now, place=name)
    if found.content is not None:
        authorities = authorities_of(call, str(found.content["supplier"]), None)
        roots = [x509.load_pem_x509_certificate(row.certificate.encode("ascii")) for row in authorities]
        found = verified(document, roots=roots, lists=lists_of(call, authorities), at=call.now, place=name)
    return told_certificate(found)
