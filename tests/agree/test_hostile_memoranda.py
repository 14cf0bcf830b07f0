"""Files that mean harm, or are no memoranda at all: each is refused in a sentence, with no trace of a fault."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.agree.signers import CHIPS, codes, forced, hole, judged, key, signed, text, with_bytes

from corecar.agree import contained
from corecar.agree.certificates import certificates_in, revoked_lists_in
from corecar.agree.keys import key_from_files
from corecar.errors import DamagedSource, SourceError, UnknownFormat


@pytest.mark.parametrize(
    "content", [b"", b"Dear partner,\nwe agree.\n", b"PK\x03\x04" + bytes(200), b"\x00" * 4096, b"\n%PDF-1.7 later"]
)
def test_what_is_no_pdf_is_refused(content: bytes) -> None:
    with pytest.raises(UnknownFormat, match="is not a PDF"):
        judged(content)


def test_a_file_far_too_large_is_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contained, "LARGEST_BYTES", 1000)
    with pytest.raises(UnknownFormat, match="a memorandum has 1,000 at most"):
        judged(signed(CHIPS))


def pdf_of(*objects: bytes, root: bytes = b"1 0 R") -> bytes:
    """A PDF of objects, with a table of references that is right."""
    output, places = BytesIO(), []
    output.write(b"%PDF-1.7\n")
    for number, each in enumerate(objects, 1):
        places.append(output.tell())
        output.write(b"%d 0 obj\n%s\nendobj\n" % (number, each))
    start = output.tell()
    output.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    output.writelines(b"%010d 00000 n \n" % place for place in places)
    output.write(b"trailer\n<< /Size %d /Root %s >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, root, start))
    return output.getvalue()


PAGES = b"<< /Type /Pages /Kids [] /Count 0 >>"


def deep_array() -> bytes:
    return pdf_of(b"<< /Type /Catalog /Pages 2 0 R /Deep 3 0 R /Names 3 0 R >>", PAGES, b"[" * 100_000 + b"]" * 100_000)


def deep_fields() -> bytes:
    """A form field within a field within a field."""
    fields = [b"<< /T (f) /Kids [%d 0 R] >>" % (number + 1) for number in range(3, 3000)]
    catalog = b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [3 0 R] >> >>"
    return pdf_of(catalog, PAGES, *fields, b"<< /T (f) /FT /Sig >>")


def circle_of_names() -> bytes:
    names = b"<< /EmbeddedFiles 3 0 R >>"
    return pdf_of(b"<< /Type /Catalog /Pages 2 0 R /Names %s >>" % names, PAGES, b"<< /Kids [3 0 R 3 0 R] >>")


def circle_of_fields() -> bytes:
    catalog = b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [3 0 R] >> >>"
    return pdf_of(catalog, PAGES, b"<< /T (f) /Kids [3 0 R] >>")


def root_of_itself() -> bytes:
    return pdf_of(b"1 0 R")


def root_missing() -> bytes:
    return pdf_of(PAGES, root=b"9 0 R")


def bomb(packed: int) -> bytes:
    """An attachment that unpacks into a hundred times and more of itself, `packed` times over."""
    data = bytes(300_000_000) if packed == 1 else bytes(30_000_000)
    for _ in range(packed):
        data = zlib.compress(data, 9)
    filters = b"[" + b"/FlateDecode " * packed + b"]"
    names = b"<< /EmbeddedFiles << /Names [(terms.json) 3 0 R] >> >>"
    return pdf_of(
        b"<< /Type /Catalog /Pages 2 0 R /Names %s >>" % names,
        PAGES,
        b"<< /Type /Filespec /F (terms.json) /UF (terms.json) /EF << /F 4 0 R >> >>",
        b"<< /Length %d /Filter %s >>\nstream\n%s\nendstream" % (len(data), filters, data),
    )


HOSTILE: tuple[Callable[[], bytes], ...] = (
    deep_array, deep_fields, circle_of_names, circle_of_fields, root_of_itself, root_missing,
    lambda: bomb(1), lambda: bomb(2),
)  # fmt: skip


@pytest.mark.parametrize("make", HOSTILE, ids=lambda each: each.__name__)
def test_a_hostile_pdf_never_passes_and_never_breaks_anything(make: Callable[[], bytes]) -> None:
    try:
        found = judged(make())
    except SourceError as error:
        told = str(error)
        assert "Traceback" not in told
        assert len(told) < 500
    else:
        assert not found.sound


def test_a_file_of_very_many_revisions_is_refused() -> None:
    document = text()
    revision = b"\nxref\n0 0\ntrailer\n<< /Size %d /Root %s /Prev %d >>\nstartxref\n%d\n%%%%EOF\n"
    start = document.rindex(b"startxref")
    before = int(document[start:].split()[1])
    root = document[document.rindex(b"/Root") + 5 :].split(b"R")[0].strip() + b" R"
    size = int(document[document.rindex(b"/Size") + 5 :].split()[0])
    for _ in range(contained.MOST_REVISIONS + 1):
        place = len(document) + 1
        document += revision % (size, root, before, place)
        before = place
    with pytest.raises(SourceError):
        judged(document)


def test_a_locked_pdf_is_refused() -> None:
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.pdf_utils.writer import copy_into_new_writer

    writer = copy_into_new_writer(PdfFileReader(BytesIO(text())))
    writer.encrypt("owner", "user")
    output = BytesIO()
    writer.write(output)
    with pytest.raises(UnknownFormat, match="locked with a password"):
        judged(output.getvalue())


@settings(max_examples=15, deadline=None)
@given(content=st.binary(min_size=0, max_size=60))
def test_a_signature_of_any_bytes_is_no_signature(content: bytes) -> None:
    document = signed(CHIPS)
    first, last = hole(document)
    changed = with_bytes(document, first, content.hex().encode().ljust(last - first, b"0"))
    assert codes(judged(changed)) == {"damaged"}


@pytest.mark.parametrize("digits", [b"[0 1 2 3]", b"[0 10 99999999 5]", b"[5 10 20 30]", b"[-1 5 6 7]", b"[]"])
def test_a_signature_that_says_that_it_covers_something_else_does_not_hold(digits: bytes) -> None:
    document = signed(CHIPS)
    place = document.rindex(b"/ByteRange")
    end = document.index(b"]", place) + 1
    changed = with_bytes(document, place, (b"/ByteRange " + digits).ljust(end - place))
    assert not judged(changed).signed_by


def test_a_signature_around_a_larger_gap_than_its_own_is_told() -> None:
    """The bytes of the gap would be covered by nobody."""
    document = forced(text(), key(CHIPS), CHIPS)
    place = document.rindex(b"/ByteRange")
    end = document.index(b"]", place) + 1
    first, second, third, fourth = (int(each) for each in document[place + 12 : end - 1].split(b"[")[-1].split())
    wider = b"/ByteRange [%d %d %d %d]" % (first, second - 40, third, fourth)
    found = judged(with_bytes(document, place, wider.ljust(end - place)))
    assert {"partial", "changed"} & codes(found)


def test_other_files_in_place_of_certificates_and_keys_are_refused() -> None:
    for content in (b"", b"hello", text(), b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"):
        with pytest.raises(UnknownFormat, match="holds no certificate"):
            certificates_in(content, "root.pem")
        with pytest.raises(UnknownFormat, match="holds no list of revoked"):
            revoked_lists_in(content, "list.pem")
    with pytest.raises(UnknownFormat, match="neither PEM nor PKCS#12"):
        key_from_files(b"hello", place="key.p12")


def test_damage_is_told_with_the_name_of_the_file() -> None:
    with pytest.raises(DamagedSource, match=r"^offer\.pdf: cannot be read as a PDF"):
        judged(b"%PDF-1.7\n" + bytes(500), place="offer.pdf")
