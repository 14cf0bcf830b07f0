"""Empty signature fields in a PDF, one for each party, so that any program that signs PDFs finds its place."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from io import BytesIO
from typing import Any

import pypdf
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigFieldSpec, append_signature_field

from corecar.agree.contained import field_of
from corecar.agree.signing_party import SigningParty


class SameBytesWriter(IncrementalPdfFileWriter):
    """A writer whose output depends on its input alone: no clock, no chance."""

    @classmethod
    def _handle_id(cls, prev: Any) -> Any:
        """Identifiers of the file: the one that it has, and one from its content."""
        prev.stream.seek(0)
        second = generic.ByteStringObject(hashlib.sha256(prev.stream.read()).digest()[:16])
        first = prev.trailer["/ID"][0] if "/ID" in prev.trailer else second
        return generic.ArrayObject([first, second])

    def _update_meta(self) -> None:
        """Leave the time of the last change as it is."""


def with_fields(content: bytes, parties: Iterable[SigningParty], places: Iterable[Any]) -> bytes:
    """A PDF with an empty signature field for each party.

    places  where a template left room: party, page from 1, x, y from the top, width, height [pt]; a party without a
            place gets a field that nobody sees
    """
    writer = SameBytesWriter(BytesIO(content))
    heights = [float(page.mediabox.height) for page in pypdf.PdfReader(BytesIO(content)).pages]
    of_party = {str(each["party"]): each for each in places}
    for each in parties:
        where = of_party.get(each.party)
        page, box = (0, None) if where is None else _box(where, heights)
        told = f"{each.party}: {each.name}"
        append_signature_field(writer, SigFieldSpec(field_of(each.party), page, box, readable_field_name=told))
    output = BytesIO()
    writer.write(output)  # type: ignore[no-untyped-call]
    return output.getvalue()


def _box(where: Any, heights: list[float]) -> tuple[int, tuple[int, int, int, int]]:
    """Page and box of a place, which a template counts from the top and a PDF from the bottom [pt]."""
    page = int(where["page"]) - 1
    top = heights[page] - float(where["y"])
    left, width, height = float(where["x"]), float(where["width"]), float(where["height"])
    return page, (round(left), round(top - height), round(left + width), round(top))
