"""The text of a memorandum: its two languages, its clauses, its attachments, and templates that a party brings."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any

import pypdf
import pytest
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import enumerate_sig_fields
from tests.agree.memoranda import VALUE, terms_with, value_with
from tests.agree.signers import terms, text

from corecar.agree.canonical import sha256_of
from corecar.agree.clauses import COLUMNS, library, library_in, usual_clauses
from corecar.agree.contained import TERMS_FILE, TEXT_FILE, contained_in, opened, pages_text
from corecar.agree.drafts import drafted
from corecar.agree.terms import KINDS, Terms, terms_hash, terms_in, terms_json
from corecar.agree.text import memorandum_pdf, usual_template
from corecar.agree.text_values import values_of, word
from corecar.agree.wording import text_of
from corecar.errors import MappingError, OutputError
from corecar.fonts import CHINESE, families

needs_chinese = pytest.mark.skipif(
    not set(CHINESE) & set(families()), reason="no Chinese font is installed, so no Chinese text can be set"
)


def whole(**changed: object) -> Terms:
    """Terms with the usual clauses, in both languages."""
    return terms_with(**{"clauses": None, **changed})


def test_the_same_terms_give_the_same_bytes() -> None:
    assert memorandum_pdf(terms()) == text()


def test_terms_and_text_are_attached_and_their_hashes_printed_on_every_page() -> None:
    held = contained_in(opened(text(), "m"), "m")
    assert held.only(TERMS_FILE) == terms_json(terms())
    assert held.only(TEXT_FILE) == text_of(terms()).plain.encode()
    for page in pypdf.PdfReader(BytesIO(text())).pages:
        said = page.extract_text()
        assert terms_hash(terms()) in said
        assert sha256_of(text_of(terms()).plain.encode()) in said


def test_the_pdf_is_archival_and_says_what_its_attachments_are() -> None:
    reader = pypdf.PdfReader(BytesIO(text()))
    assert "<pdfaid:part>3</pdfaid:part>" in reader.xmp_metadata.stream.get_data().decode()
    root = reader.trailer["/Root"]
    kinds = {each.get_object()["/UF"]: each.get_object()["/AFRelationship"] for each in root["/AF"]}
    assert kinds == {TERMS_FILE: "/Source", TEXT_FILE: "/Alternative"}
    assert "车规级" not in reader.metadata.title


@needs_chinese
def test_a_text_in_two_languages_says_everything_twice_the_prevailing_one_first() -> None:
    document = memorandum_pdf(whole())
    said = pages_text(document, "m")
    assert said.index("备忘录M-2027-001") < said.index("MemorandumM-2027-001")
    for part in ("车规级车身控制器芯片", "Bodycontrollers,grade1", "以中文文本为准", "thetextinChineseprevails"):
        assert part in said
    for part in ("律师确认", "tobeconfirmedbyalawyer", "AEC-Q1001级", "AEC-Q100grade1"):
        assert part in said


def test_the_text_says_volumes_bands_quality_and_times() -> None:
    plain = text_of(whole(language="en")).plain
    for line in (
        "2027-W05\t1,000\t800\t1,200",
        "5\topen\t20 %\t25 %",
        "What is delivered meets AEC-Q100 grade 1 or a better one.",
        "Every lot passes these screens before it ships: dynamic-pat, nnr.",
        "Defects at the customer are at most 1 ppm.",
        "The customer is served in class 1; class 1 comes first.",
        "A call-off is delivered within 6 weeks.",
        "This holds for 3 years after its end.",
        f"The terms are attached as terms.json. Their SHA-256 is {terms_hash(whole(language='en'))}.",
    ):
        assert line in plain


def test_what_terms_do_not_say_the_text_does_not_say_either() -> None:
    bare = whole(language="en", quality=None, shortage=None, times=None, secrecy=None, volumes=None, law=None)
    headings = [each.heading.split(". ")[1] for each in text_of(bare).texts[0].sections]
    wanted = (
        "Purpose, Benefit of each party, Validity and ending, Changes, Nature of this memorandum, Terms for machines"
    )
    assert ", ".join(headings) == wanted
    assert "{" not in text_of(bare).plain


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_kind_of_memorandum_has_a_text_without_a_gap(kind: str, language: str) -> None:
    subject = {**VALUE["subject"], "group": "TEST-A", "description": "More of it.", "description_zh": "详情。"}
    plain = text_of(whole(kind=kind, language=language, subject=subject)).plain
    assert "{" not in plain
    assert ("研究" in plain or "Research" in plain) == (kind == "research")


def test_an_amendment_says_what_it_changes() -> None:
    earlier = {"how": "amends", "number": "M-2026-007", "terms_sha256": "0" * 64, "first": "M-2026-001"}
    said = "This memorandum changes memorandum M-2026-007; the first of the chain is M-2026-001."
    assert said in text_of(whole(language="en", earlier=earlier)).plain


def test_every_clause_is_in_both_languages_and_names_only_what_terms_have() -> None:
    known = set(values_of(terms(), "en")) | {"earlier_how", "earlier_number", "earlier_first"}
    for wording in library().wordings:
        assert wording.heading_en
        assert wording.heading_zh
        for paragraph in wording.paragraphs:
            assert bool(paragraph.en) == bool(paragraph.zh)
            for language in ("en", "zh"):
                assert set(re.findall(r"\{(\w+)\}", paragraph.text(language))) <= known
    assert word("supplier", "zh") == "供方"


def test_terms_name_clauses_by_version_and_hash() -> None:
    named = usual_clauses(terms())
    assert {"capacity", "shortage", "nature"} <= {each.clause for each in named}
    again = whole(clauses=[{"clause": each.clause, "version": each.version, "sha256": each.sha256} for each in named])
    assert text_of(again).texts[0].sections[0].clause == "purpose"
    with pytest.raises(MappingError, match=r"has the hash .* here, 0000000000000000… was agreed on"):
        text_of(whole(clauses=[{"clause": "quality", "version": "1.0", "sha256": "0" * 64}]))
    with pytest.raises(MappingError, match=r"quality 2\.0.* is not in the library\. Did you mean"):
        text_of(whole(clauses=[{"clause": "quality", "version": "2.0"}]))


def test_a_draft_names_the_usual_clauses_so_that_its_text_stays() -> None:
    made = drafted("M-2027-001", value_with(clauses=None), {})
    assert made.clauses == usual_clauses(made)
    named = [{"clause": "nature", "version": "1.0"}]
    assert [each.clause for each in drafted("M-2027-001", value_with(clauses=named), {}).clauses] == ["nature"]


ROW = (
    'penalty,1.0,product,Penalty,违约,"A late week costs {answer_days} % of its price.","每迟一周付 {answer_days} %。",'
)


def test_a_party_brings_clauses_of_its_own() -> None:
    own = library().with_own(library_in(f"{','.join(COLUMNS)}\n{ROW}\n".encode(), "own.csv"))
    assert "A late week costs 2 % of its price." in text_of(whole(language="en"), own).plain
    changed = library_in(f"{','.join(COLUMNS)}\n{ROW.replace('penalty', 'quality')}\n".encode(), "own.csv")
    plain = text_of(whole(language="en"), library().with_own(changed)).plain
    assert "AEC-Q100" not in plain
    assert "A late week" in plain


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "holds no clauses"),
        (b"\xff\xfe", "no CSV in UTF-8"),
        (b"clause,version\na,1.0\n", 'column "kinds": is missing'),
        (f"{','.join(COLUMNS)}\n{ROW.replace('1.0', 'new')}\n".encode(), "needs a name and a version such as 1.0"),
        (f"{','.join(COLUMNS)}\n{ROW}volume\n".encode(), 'Did you mean "volumes"'),
    ],
)
def test_a_library_that_does_not_fit_is_told_by_line(content: bytes, says: str) -> None:
    with pytest.raises(MappingError, match=says):
        library_in(content, "own.csv")


def test_a_party_brings_its_own_template() -> None:
    own = usual_template().replace(b"size: 17pt", b"size: 21pt, fill: blue")
    document = memorandum_pdf(terms(), template=own)
    assert document != text()
    assert pages_text(document, "m") == pages_text(text(), "m")


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        (b"block(breakable: false, paragraph.text)", b"", "leaves out"),
        (b"memo.terms_sha256,", b"[],", "leaves out"),
        (b"#let memo", b"#let memo =", "could not be set"),
        (b"#let memo", b'#import "@preview/cetz:0.3.4"\n#let memo', "asks for a package of the web"),
        (b"#let memo", b'#let leak = read("/etc/passwd")\n#let memo', "could not be set"),
        (b"#let memo", b'#let leak = read("../../../etc/passwd")\n#let memo', "could not be set"),
    ],
)
def test_a_template_that_leaves_out_something_or_reaches_out_is_refused(before: bytes, after: bytes, says: str) -> None:
    with pytest.raises(OutputError, match=says):
        memorandum_pdf(terms(), template=usual_template().replace(before, after, 1))


def test_a_template_without_places_to_sign_gives_fields_that_nobody_sees() -> None:
    hidden = memorandum_pdf(terms(), template=usual_template().replace(b"<signature>", b"<elsewhere>"))
    boxes = [field["/Rect"] for _, field in fields(hidden)]
    assert all(list(box) == [0, 0, 0, 0] for box in boxes)
    seen = [field["/Rect"] for _, field in fields(text())]
    assert all(box[2] - box[0] > 200 for box in seen)


def fields(document: bytes) -> list[tuple[str, Any]]:
    """The signature fields of a PDF, by name."""
    return [(name, found.get_object()) for name, _, found in enumerate_sig_fields(PdfFileReader(BytesIO(document)))]


def test_a_character_that_no_font_draws_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    from corecar.agree import typesetting

    monkeypatch.setattr(typesetting, "undrawable", lambda characters: frozenset("龘") & set(characters))
    with pytest.raises(OutputError, match=r"no font for 1 characters of memorandum M-2027-001 \(龘\)"):
        memorandum_pdf(terms_with(language="en", note="龘"))


def test_no_name_acts_as_markup() -> None:
    value = value_with(language="en", note='#panic("x") *bold* $x$ @ref <label> // \\u{41} `raw` "quoted" -- ---')
    value["clauses"] = [{"clause": "nature", "version": "1.0"}]
    value["subject"]["title"] = '#eval("1") _it_ [x] {y} {number}'
    found = terms_in(value)
    said = pages_text(memorandum_pdf(found), "m")
    assert value["note"].replace(" ", "") in said
    assert value["subject"]["title"].replace(" ", "") in said


def test_a_party_with_a_dot_in_its_name_has_a_field_too() -> None:
    value = value_with(language="en", volumes=None)
    value["parties"][0]["party"] = "Demo.Chips Ltd."
    names = [name for name, _ in fields(memorandum_pdf(terms_in(value)))]
    assert names[0] == "Demo%2EChips Ltd%2E"
