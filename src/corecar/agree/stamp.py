"""What a signature looks like in its place on the page: who signed for whom and when, set in the document's fonts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from corecar.agree.certificates import TRIAL, Holder
from corecar.agree.signing_party import SigningParty
from corecar.agree.typesetting import set_pdf

if TYPE_CHECKING:
    from pyhanko.stamp import StaticStampStyle

WIDTH_MM, HEIGHT_MM = 78, 22
"""The size of a place for a signature; another size stretches nothing, the stamp is fitted in."""


@contextmanager
def stamp_style(holder: Holder, signatory: SigningParty, moment: datetime) -> Iterator[StaticStampStyle]:
    """How a signature is drawn, while the file with the drawing is there."""
    from pyhanko.stamp import StaticStampStyle

    with TemporaryDirectory(prefix="corecar-stamp-") as folder:
        drawing = Path(folder) / "stamp.pdf"
        drawing.write_bytes(_drawn(holder, signatory, moment))
        yield StaticStampStyle.from_pdf_file(str(drawing), border_width=0)


def _drawn(holder: Holder, signatory: SigningParty, moment: datetime) -> bytes:
    data = {
        "width": WIDTH_MM,
        "height": HEIGHT_MM,
        "person": holder.person,
        "party": signatory.name,
        "when": f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC",
        "issuer": holder.issuer,
        "trial": TRIAL if holder.trial else "",
    }
    template = files("corecar.agree").joinpath("stamp.typ").read_bytes()
    return set_pdf(template, {"stamp": json.dumps(data, ensure_ascii=False)}, what="the mark of a signature")
