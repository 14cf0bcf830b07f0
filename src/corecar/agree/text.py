"""The PDF of a memorandum: its text set by a template, its terms and its plain text attached, places to sign."""

from __future__ import annotations

import json
from dataclasses import asdict
from importlib.resources import files
from typing import Any

from corecar.agree.canonical import sha256_of
from corecar.agree.clauses import Library
from corecar.agree.contained import TERMS_FILE, TEXT_FILE, lines_not_said, pages_text, without_blanks
from corecar.agree.terms import Terms, terms_hash, terms_json
from corecar.agree.text_values import languages_of, word
from corecar.agree.typesetting import asked, set_pdf
from corecar.agree.wording import MemorandumText, text_of
from corecar.errors import OutputError
from corecar.plurals import plural

PLACE = "signature"
"""The label of the `metadata` by which a template says where a party signs."""
LABELS = ("signatures", "signs_for", "hash_terms", "hash_text", "page")


def memorandum_pdf(terms: Terms, *, template: bytes | None = None, of: Library | None = None) -> bytes:
    """The text of a memorandum, to be signed by its parties: a PDF/A-3b with an empty signature field for each.

    The same terms, template, clauses, fonts and typesetter give the same bytes. Its date is the first day of validity.

    template  of Typst; that of the package unless given. It finds the text as JSON in `sys.inputs.memorandum`
    of        the library of clauses; that of the package unless given
    Raises    OutputError when the template is refused, leaves something out or a character has no font; MappingError
              for a clause that the library does not have
    """
    text = text_of(terms, of)
    plain = text.plain.encode()
    source = template if template is not None else usual_template()
    inputs = {"memorandum": json.dumps(_data(terms, text, plain), ensure_ascii=False)}
    attached = {"terms": terms_json(terms).decode(), "text": text.plain}
    what = f"memorandum {terms.number}"
    content = set_pdf(source + _attachments(), {**inputs, **attached}, what=what, archival=True)
    _refuse_omissions(content, text, (terms_hash(terms), sha256_of(plain)))
    from corecar.agree.signature_fields import with_fields

    return with_fields(content, terms.parties, asked(source, inputs, PLACE))


def usual_template() -> bytes:
    """The template that comes with the package, to begin an own one with."""
    return files("corecar.agree").joinpath("memorandum.typ").read_bytes()


def _data(terms: Terms, text: MemorandumText, plain: bytes) -> dict[str, Any]:
    """What the template finds."""
    return {
        "number": terms.number,
        "date": [terms.valid_from.year, terms.valid_from.month, terms.valid_from.day],
        "terms_sha256": terms_hash(terms),
        "text_sha256": sha256_of(plain),
        "texts": [asdict(each) for each in text.texts],
        "labels": {language: {name: word(name, language) for name in LABELS} for language in languages_of(terms)},
        "signatories": [
            {"party": each.party, "name": each.name, "represented_by": each.represented_by} for each in terms.parties
        ],
    }


def _attachments() -> bytes:
    """Lines that attach terms and text, whatever the template is."""
    rows = (
        (TERMS_FILE, "terms", "source", "application/json", "The terms as a machine reads them"),
        (TEXT_FILE, "text", "alternative", "text/plain", "The text as plain lines"),
    )
    lines = [
        f'#pdf.attach("{name}", bytes(sys.inputs.{value}), relationship: "{how}", mime-type: "{kind}", '
        f'description: "{told}")'
        for name, value, how, kind, told in rows
    ]
    return ("\n\n" + "\n".join(lines) + "\n").encode()


def _refuse_omissions(content: bytes, text: MemorandumText, hashes: tuple[str, str]) -> None:
    """An own template has to say everything, and to print both hashes."""
    pages = pages_text(content, f"memorandum {text.number}")
    lost = lines_not_said(text.plain, pages)
    lost += [f"SHA-256 {each}" for each in hashes if without_blanks(each) not in pages]
    if lost:
        quoted = "; ".join(f'"{line.strip()[:80]}"' for line in lost[:3])
        raise OutputError(
            f"The template of memorandum {text.number} leaves out {plural(len(lost), 'line')} of the text: {quoted}. "
            "Set every heading, paragraph, table and both hashes, each paragraph on one page."
        )
