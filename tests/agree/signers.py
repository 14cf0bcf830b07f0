"""Signers for the tests: an authority for trials, keys of three parties, texts and signed copies, each made once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from io import BytesIO
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.embed import EmbeddedFileObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from tests.agree.memoranda import terms_with

from corecar.agree.authority import Authority, Issued, issue, make_authority
from corecar.agree.contained import TERMS_FILE
from corecar.agree.keys import SigningKey, as_pkcs12, key_from_files
from corecar.agree.pades import signed as signed_by
from corecar.agree.signatures import sign
from corecar.agree.terms import Terms, terms_hash
from corecar.agree.text import memorandum_pdf
from corecar.agree.verdict import Verdict
from corecar.agree.verify import verify

CHIPS, OSAT, CARS = "DEMO-CHIPS", "DEMO-OSAT", "DEMO-CARS"
PARTIES = (CHIPS, OSAT, CARS)
NOW = datetime(2027, 1, 4, 9, 0, tzinfo=UTC)
"""The day on which everything is signed."""
LONG_AGO = NOW - timedelta(days=30)


@cache
def office() -> Authority:
    """The authority that every party trusts."""
    return make_authority("Demo Office", now=LONG_AGO)


@cache
def issued(party: str, person: str = "Li Wei") -> Issued:
    """A certificate of a party's person."""
    return issue(office(), person, party, now=LONG_AGO)


def key_of(found: Issued) -> SigningKey:
    """A key as it comes out of its file."""
    content = as_pkcs12("signer", found.key, (found.certificate, office().certificate), "open sesame")
    return key_from_files(content, passphrase="open sesame")


@cache
def key(party: str) -> SigningKey:
    """The key of a party."""
    return key_of(issued(party))


@cache
def terms(number: str = "M-2027-001") -> Terms:
    """The terms that are signed: in English, with few clauses, so that they are set quickly."""
    return terms_with(number=number, language="en")


@cache
def text(number: str = "M-2027-001") -> bytes:
    """The PDF that nobody has signed yet."""
    return memorandum_pdf(terms(number))


def signed(*parties: str, number: str = "M-2027-001") -> bytes:
    """The PDF, signed by parties in an order."""
    return _signed(parties, number)


@cache
def _signed(parties: tuple[str, ...], number: str) -> bytes:
    if not parties:
        return text(number)
    return sign(_signed(parties[:-1], number), key(parties[-1]), parties[-1], now=NOW)


def forced(document: bytes, found: SigningKey, party: str, *, moment: datetime = NOW, of: Terms | None = None) -> bytes:
    """A signature that `sign` would refuse to make."""
    agreed = of or terms()
    signatory = agreed.party(party)
    assert signatory is not None
    return signed_by(document, found, signatory, terms_hash(agreed), moment=moment, timestamp_url=None)


def judged(document: bytes, **how: Any) -> Verdict:
    """The verdict of somebody who trusts the office, an hour after signing."""
    return verify(document, **{"roots": [office().certificate], "at": NOW + timedelta(hours=1), **how})


def codes(verdict: Verdict) -> set[str]:
    """What speaks against a document, missing parties apart."""
    return {finding.code for finding in verdict.wrong}


def codes_of(verdict: Verdict, field: str) -> set[str]:
    """What speaks against the signature in a field."""
    return {each.code for one in verdict.signatures if one.field == field for each in one.findings if each.wrong}


def hole(document: bytes, which: int = -1) -> tuple[int, int]:
    """Where the hexadecimal digits of a signature stand: `which` in the order in which they were made."""
    signature = PdfFileReader(BytesIO(document)).embedded_regular_signatures[which]
    _, first, second, _ = (int(each) for each in signature.byte_range)
    return first + 1, second - 1


def with_bytes(document: bytes, place: int, content: bytes) -> bytes:
    """A document with other bytes at a place."""
    return document[:place] + content + document[place + len(content) :]


@contextmanager
def revision_of(document: bytes) -> Iterator[tuple[IncrementalPdfFileWriter, BytesIO]]:
    """A further revision: change the writer's objects, then read what was written."""
    output = BytesIO()
    writer = IncrementalPdfFileWriter(BytesIO(document))
    yield writer, output
    writer.write(output)


def with_terms(document: bytes, content: bytes) -> bytes:
    """A further revision whose attached terms are others."""
    with revision_of(document) as (writer, output):
        names = writer.root["/Names"]["/EmbeddedFiles"]["/Names"]
        place = [str(each) for each in names].index(TERMS_FILE) + 1
        specification = names[place]
        stream = EmbeddedFileObject.from_file_data(writer, content)
        specification["/EF"] = generic.DictionaryObject(
            {generic.pdf_name("/F"): stream, generic.pdf_name("/UF"): stream}
        )
        writer.mark_update(names.raw_get(place))
    return output.getvalue()
