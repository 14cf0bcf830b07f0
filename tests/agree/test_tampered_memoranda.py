"""A signed memorandum that somebody changed: verification says so, and which part, as far as the bytes tell."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader
from tests.agree.memoranda import terms_with
from tests.agree.signers import (
    CARS,
    CHIPS,
    NOW,
    OSAT,
    PARTIES,
    codes,
    codes_of,
    forced,
    hole,
    judged,
    key,
    revision_of,
    signed,
    text,
    with_bytes,
    with_terms,
)

from corecar.agree.contained import TERMS_FILE, TEXT_FILE, contained_in, opened
from corecar.agree.signatures import sign
from corecar.agree.terms import terms_json
from corecar.errors import Conflict, SourceError

Tampering = Callable[[bytes], bytes]
OTHER_TERMS = terms_json(terms_with(language="en", shortage={"rule": "proportional"}))


def stream_place(document: bytes, content: bytes) -> int:
    """Where the stored bytes of a stream stand."""
    place = document.find(content)
    assert place > 0
    return place


def attachment_place(document: bytes, name: str) -> tuple[int, int]:
    """Where the stored bytes of an attachment stand, and how many there are."""
    names = PdfFileReader(BytesIO(document)).root["/Names"]["/EmbeddedFiles"]["/Names"]
    place = [str(each) for each in names].index(name) + 1
    stored: bytes = names[place]["/EF"]["/F"].encoded_data
    return stream_place(document, stored), len(stored)


def page_place(document: bytes) -> int:
    """Where the stored bytes of the first page's content stand."""
    page = PdfFileReader(BytesIO(document)).root["/Pages"]["/Kids"][0]
    while "/Kids" in page:
        page = page["/Kids"][0]
    return stream_place(document, page["/Contents"].encoded_data)


def flipped(document: bytes, place: int) -> bytes:
    """One bit of one byte changed."""
    return with_bytes(document, place, bytes([document[place] ^ 1]))


def header(document: bytes) -> bytes:
    return document.replace(b"%PDF-1.7", b"%PDF-1.6", 1)


def body(document: bytes) -> bytes:
    return flipped(document, page_place(document) + 40)


def attachment(document: bytes) -> bytes:
    place, length = attachment_place(document, TERMS_FILE)
    return flipped(document, place + length // 2)


def xref(document: bytes) -> bytes:
    """An entry of the first table of references, which leads elsewhere."""
    found = re.search(rb"\nxref\n0 \d+\n\d{10} 65535 f\s\s?(\d{10}) 00000 n", document)
    assert found
    return with_bytes(document, found.start(1), b"%010d" % (int(found[1]) + 1))


def contents(document: bytes) -> bytes:
    """A digit in the value of the signature, which ends the last signer's record."""
    first, last = hole(document)
    digits = document[first:last].rstrip(b"0")
    return flipped_digit(document, first + len(digits) - 12)


def flipped_digit(document: bytes, place: int) -> bytes:
    return with_bytes(document, place, b"1" if document[place : place + 1] != b"1" else b"2")


def behind_contents(document: bytes) -> bytes:
    """Something in the zeros behind the signature in its own place."""
    return with_bytes(document, hole(document)[1] - 6, b"c0ffee")


def appended_bytes(document: bytes) -> bytes:
    return document + b"% a remark\n"


def appended_revision(document: bytes) -> bytes:
    """A further revision that turns the first page."""
    with revision_of(document) as (writer, output):
        reference, _ = writer.find_page_for_modification(0)
        reference.get_object()["/Rotate"] = generic.NumberObject(180)
        writer.mark_update(reference)
    return output.getvalue()


def appended_comment(document: bytes) -> bytes:
    """A further revision that lays a note over the first page."""
    with revision_of(document) as (writer, output):
        reference, _ = writer.find_page_for_modification(0)
        note = generic.DictionaryObject(
            {
                generic.pdf_name("/Type"): generic.pdf_name("/Annot"),
                generic.pdf_name("/Subtype"): generic.pdf_name("/FreeText"),
                generic.pdf_name("/Rect"): generic.ArrayObject(map(generic.NumberObject, (50, 500, 300, 600))),
                generic.pdf_name("/Contents"): generic.pdf_string("2,000 pieces instead"),
            }
        )
        page = reference.get_object()
        page["/Annots"] = generic.ArrayObject([writer.add_object(note)])
        writer.mark_update(reference)
    return output.getvalue()


def told(document: bytes) -> set[str]:
    """What speaks against a document; `damaged file` where it cannot be read."""
    try:
        return codes(judged(document))
    except SourceError:
        return {"damaged file"}


def passes(document: bytes) -> bool:
    """Whether verification finds nothing wrong and nobody missing."""
    try:
        return judged(document).well
    except SourceError:
        return False


CASES: dict[str, tuple[Tampering, set[str]]] = {
    "header": (header, {"changed"}),
    "body": (body, {"changed"}),
    "attachment": (attachment, {"attachment-damaged"}),
    "xref": (xref, {"changed", "damaged file"}),
    "signature": (contents, {"damaged"}),
    "behind the signature": (behind_contents, {"damaged"}),
    "bytes appended": (appended_bytes, {"appended", "damaged file"}),
    "a revision appended": (appended_revision, {"appended", "changed-since"}),
    "a note laid over": (appended_comment, {"appended", "changed-since"}),
}
"""What is done, and what verification may say of it: `damaged file` is that it cannot be read."""


@pytest.mark.parametrize("what", CASES)
def test_a_changed_memorandum_is_told_by_what_was_changed(what: str) -> None:
    tamper, expected = CASES[what]
    document = signed(*PARTIES)
    changed = tamper(document)
    assert changed != document
    assert not passes(changed)
    assert told(changed) & expected


def test_what_came_after_a_signature_is_told_by_its_revision_and_objects() -> None:
    said = [each.said for each in judged(appended_revision(signed(CHIPS))).wrong if each.code == "changed-since"]
    assert [re.sub(r"\d+", "N", each) for each in said] == [
        "the document was changed after it: revision N changes more than a signature may (objects N)."
    ]


@pytest.mark.parametrize("what", ["header", "signature", "a revision appended", "a note laid over"])
def test_what_was_changed_is_not_signed_by_the_next_party(what: str) -> None:
    changed = CASES[what][0](signed(CHIPS))
    with pytest.raises(Conflict, match="something is wrong with it, so it is not signed"):
        sign(changed, key(OSAT), OSAT, now=NOW)


@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_no_changed_byte_that_a_signature_covers_passes(data: st.DataObject) -> None:
    document = signed(*PARTIES)
    first, last = hole(document)
    place = data.draw(st.integers(0, len(document) - 1).filter(lambda at: not first <= at < last))
    changed = with_bytes(document, place, bytes([document[place] ^ data.draw(st.integers(1, 255))]))
    assert not passes(changed)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_file_that_was_cut_is_told(share: float) -> None:
    document = signed(*PARTIES)
    cut = document[: int(len(document) * share)]
    assert not passes(cut)
    assert "damaged file" in told(cut)


def test_a_signature_that_was_taken_away_is_missing() -> None:
    assert judged(signed(CHIPS, OSAT)).missing == (CARS,)
    assert signed(CHIPS, OSAT, CARS).startswith(signed(CHIPS, OSAT))


def with_signature_of(document: bytes, other: bytes) -> bytes:
    """A document with the signature of another in place of its own."""
    (first, last), (start, end) = hole(document), hole(other)
    digits = other[start:end].rstrip(b"0")
    digits += b"0" * (len(digits) % 2)
    return with_bytes(document, first, digits.ljust(last - first, b"0"))


def test_a_signature_that_was_cut_from_another_memorandum_is_told() -> None:
    other = signed(CHIPS, number="M-2027-002")
    found = judged(with_signature_of(signed(CHIPS), other))
    assert codes(found) == {"replayed"}
    assert "it was cut from another document" in found.wrong[0].said


def test_a_signature_that_was_cut_from_another_copy_does_not_hold() -> None:
    other = forced(text(), key(CHIPS), CHIPS)
    found = judged(with_signature_of(signed(OSAT), other))
    assert "changed" in codes(found)
    assert "cut from another copy" in found.wrong[0].said


def test_a_signature_that_approves_other_terms_is_told() -> None:
    document = forced(text(), key(CHIPS), CHIPS, of=terms_with(number="M-2027-009", language="en"))
    assert codes(judged(document)) == {"other-terms"}


def test_an_attachment_that_was_swapped_before_signing_is_not_what_the_pages_print() -> None:
    swapped = with_terms(text(), OTHER_TERMS)
    found = judged(swapped)
    assert codes(found) == {"other-hash"}
    assert found.wrong[0].said.startswith("terms.json as it is attached (")
    assert "not what the pages print the hash of: it was swapped" in found.wrong[0].said
    with pytest.raises(Conflict, match="it was swapped"):
        sign(swapped, key(CHIPS), CHIPS, now=NOW)


def test_an_attachment_that_was_swapped_in_its_own_bytes_is_no_signature_of_another_document() -> None:
    document = signed(CHIPS)
    place, length = attachment_place(document, TERMS_FILE)
    smaller = zlib.compress(terms_json(terms_with(language="en", quality=None, times=None)), 9)
    found = judged(with_bytes(document, place, smaller.ljust(length, b"\0")))
    assert codes(found) == {"changed", "other-hash"}


def test_an_attachment_that_was_swapped_after_signing_is_told_by_each_signature() -> None:
    found = judged(with_terms(signed(CHIPS, OSAT), OTHER_TERMS))
    for party in (CHIPS, OSAT):
        assert {"older-revision", "changed-since"} <= codes_of(found, party)
    assert {"other-hash", "appended"} <= codes(found)


def test_a_signature_over_an_older_revision_is_told_with_its_terms() -> None:
    """The chips sign, then somebody changes the terms, then the others sign those."""
    swapped = with_terms(signed(CHIPS), OTHER_TERMS)
    document = forced(swapped, key(OSAT), OSAT, of=terms_with(language="en", shortage={"rule": "proportional"}))
    found = judged(document)
    assert "older-revision" in codes_of(found, CHIPS)
    assert codes_of(found, OSAT) == set()
    told = [each.said for each in found.wrong if each.code == "older-revision"]
    before = contained_in(opened(signed(CHIPS), "m"), "m").hash_of(TERMS_FILE)
    assert before[:16] in told[0]
    assert found.terms_sha256[:16] in told[0]


def test_attached_text_that_the_pages_do_not_say_is_told() -> None:
    document = text()
    with revision_of(document) as (writer, output):
        names = writer.root["/Names"]["/EmbeddedFiles"]["/Names"]
        place = [str(each) for each in names].index(TEXT_FILE) + 1
        stream = names[place]["/EF"]["/F"]
        stream._data = stream.data.replace(b"1,000", b"2,000")
        stream._encoded_data = None
        writer.update_container(stream)
    found = judged(output.getvalue())
    assert codes(found) == {"other-hash", "other-text"}
    assert any("2,000" in each.said for each in found.wrong)


def test_terms_that_are_attached_twice_are_told() -> None:
    with revision_of(text()) as (writer, output):
        names = writer.root["/Names"]["/EmbeddedFiles"]["/Names"]
        place = [str(each) for each in names].index(TERMS_FILE)
        names.extend([names[place], names.raw_get(place + 1)])
        writer.update_root()
        writer.update_container(names)
    assert "ambiguous" in codes(judged(output.getvalue()))


def test_terms_in_another_form_of_the_same_are_told() -> None:
    spaced = terms_json(terms_with(language="en")).replace(b",", b", ")
    assert "terms-unreadable" in codes(judged(with_terms(text(), spaced)))


def test_terms_that_do_not_fit_their_schema_are_told() -> None:
    found = judged(with_terms(signed(CHIPS), b'{"form": "corecar-memorandum-1"}'))
    assert "terms-unreadable" in codes(found)
    assert not found.parties
    assert not found.sound
