"""The two papers of a certificate of conformance: JSON in its one form, and the PDF that is set from it alone."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from importlib.resources import files
from typing import Any

from corecar.agree.canonical import canonical_json, sha256_of
from corecar.agree.contained import Attached, lines_not_said, pages_text
from corecar.agree.typesetting import asked, set_pdf
from corecar.errors import OutputError
from corecar.plurals import plural
from corecar.trace.conformance import TITLE, Content, facts_of, lines_of, sections_of

CONTENT_FILE = "certificate.json"
NAMES = Attached(CONTENT_FILE)
"""What the PDF carries: its content, by whose hash a signature says what it is for."""
PLACE = "signature"
"""The label of the `metadata` by which the template says where the supplier signs."""
_ATTACH = (
    f'\n#pdf.attach("{CONTENT_FILE}", bytes(sys.inputs.content), relationship: "source", '
    'mime-type: "application/json", description: "The certificate as a machine reads it")\n'
)


@dataclass(frozen=True)
class Supplier:
    """Who signs. party: its name, as the certificate says it; name the same."""

    party: str

    @property
    def name(self) -> str:
        """The full name, which is all that a certificate knows."""
        return self.party


def content_bytes(content: Content) -> bytes:
    """The certificate as JSON in its one form (RFC 8785). Raises ArgumentError for what JSON cannot say exactly."""
    return canonical_json(content)


def certificate_pdf(content: Content) -> bytes:
    """The pages of a certificate, its JSON attached, with an empty field for the supplier's signature.

    A PDF/A-3b; the same content, fonts and typesetter give the same bytes.
    Raises  OutputError where a character has no font or a line is lost
    """
    from corecar.agree.signature_fields import with_fields

    template = files("corecar.bridge.files").joinpath("conformance.typ").read_bytes()
    machine = content_bytes(content)
    inputs = {"certificate": json.dumps(_data(content, sha256_of(machine)), ensure_ascii=False)}
    what = f"the certificate of {content['shipment']}"
    attached = {**inputs, "content": machine.decode()}
    made = set_pdf(template + _ATTACH.encode(), attached, what=what, archival=True)
    lost = lines_not_said("\n".join(lines_of(content)), pages_text(made, what))
    if lost:
        raise OutputError(f'{what} lost {plural(len(lost), "line")} in typesetting: "{lost[0][:80]}". Report this.')
    return with_fields(made, [Supplier(content["supplier"])], asked(template, inputs, PLACE))


def _data(content: Content, digest: str) -> dict[str, Any]:
    """What the template finds."""
    year, month, day = (int(part) for part in content["shipped_at"][:10].split("-"))
    return {
        "title": TITLE, "shipment": content["shipment"], "supplier": content["supplier"], "file": CONTENT_FILE,
        "sha256": digest, "date": [year, month, day], "facts": facts_of(content), "signs": "Signature",
        "sections": [asdict(section) for section in sections_of(content)],
    }  # fmt: skip
