"""A certificate of conformance says what was shipped and how it was tested, and proves itself without a workspace."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from tests.agree.signers import LONG_AGO, NOW, key, office, text
from tests.bridge.houses import small_lot
from tests.bridge.trace.told_events import story
from typer.testing import CliRunner

import corecar
from corecar.agree.authority import issue, make_authority
from corecar.agree.canonical import canonical_json
from corecar.agree.certificates import as_pem
from corecar.agree.detached import detached_signature
from corecar.agree.keys import SigningKey, as_pkcs12, key_from_files
from corecar.bridge.files.conformance import Verified, signed_certificate, verified, verified_json
from corecar.bridge.files.conformance_papers import certificate_pdf
from corecar.bridge.workspace import Workspace
from corecar.cli.app import app
from corecar.errors import Conflict, NotFound, UnknownFormat
from corecar.screen.limit_hashes import limit_hashes

SUPPLIER = "Demo House"
OF_LOT = """\
A,2026-03-01T08:00:00Z,create,out,lot,SIM00001,,60
B,2026-03-02T08:00:00Z,pack,in,lot,SIM00001,,40
B,2026-03-02T08:00:00Z,pack,out,reel,R7,1..40,40
C,2026-03-03T08:00:00Z,ship,in,reel,R7,,
C,2026-03-03T08:00:00Z,ship,with,party,Demo Tier,,
C,2026-03-03T08:00:00Z,ship,with,shipment,DN-7,,
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("certified")


@pytest.fixture(scope="module")
def house(folder: Path) -> Iterator[Workspace]:
    with corecar.init(folder / "house", owner=SUPPLIER) as made:
        made.trace_import(story(folder, of=OF_LOT))
        made.trace_import(story(folder, "wafers.csv"))
        made.ingest([small_lot(folder, 1)], workers="inline")
        made.grade("SIM00001")
        made.hold("SIM00001", reason="a scratch: µ")
        made.release("SIM00001", reason="agreed with Demo Tier")
        yield made


@pytest.fixture(scope="module")
def papers(house: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("papers")
    house.trace_certify("DN-7", out=folder)
    return folder


@pytest.fixture(scope="module")
def content(papers: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((papers / "certificate.json").read_bytes())
    return found


@pytest.fixture(scope="module")
def hand() -> SigningKey:
    found = issue(office(), "Lin Mei", SUPPLIER, now=LONG_AGO)
    packed = as_pkcs12("signer", found.key, (found.certificate, office().certificate), "open sesame")
    return key_from_files(packed, passphrase="open sesame")


@pytest.fixture(scope="module")
def signed(papers: Path, hand: SigningKey) -> bytes:
    return signed_certificate((papers / "certificate.pdf").read_bytes(), hand, now=NOW)


def judged(document: bytes, **how: Any) -> Verified:
    return verified(document, roots=[office().certificate], at=NOW, **how)


def codes(found: Verified) -> list[str]:
    return [each.code for each in found.wrong]


def test_a_certificate_says_what_was_shipped_and_how_its_lot_was_tested(content: dict[str, Any]) -> None:
    assert (content["supplier"], content["customer"], content["pieces"]) == (SUPPLIER, "Demo Tier", 40)
    assert content["shipped"] == [{"class": "reel", "id": "R7", "places": "1..40", "pieces": 40}]
    assert [row["id"] for row in content["made_from"]] == ["SIM00001"]
    (lot,) = content["lots"]
    (one,) = lot["insertions"]
    assert (one["temperature"], one["programs"], one["tested"], one["good"]) == ("25", ["demo_hsd4_ws1"], 60, 57)
    assert one["yield"] == 0.95
    screens = {row["screen"]: row for row in one["screens"]}
    assert screens["dynamic-pat"]["rejected"] == 1
    assert screens["dynamic-pat"]["records"] > 0
    assert len(screens["dynamic-pat"]["sha256"]) == 64
    (waiver,) = lot["waivers"]
    assert waiver["reason"] == "agreed with Demo Tier"


def test_the_json_is_in_its_one_form_and_the_same_records_give_the_same_bytes(
    house: Workspace, papers: Path, content: dict[str, Any], tmp_path: Path
) -> None:
    assert (papers / "certificate.json").read_bytes() == canonical_json(content)
    answer = house.trace_certify("DN-7", out=tmp_path / "again")
    for name in ("certificate.json", "certificate.pdf"):
        assert (tmp_path / "again" / name).read_bytes() == (papers / name).read_bytes()
    digest = hashlib.sha256((papers / "certificate.json").read_bytes()).hexdigest()
    assert answer["facts"]["content_sha256"] == digest


def test_the_hash_of_limit_records_is_of_their_content(folder: Path, content: dict[str, Any]) -> None:
    graded = corecar.grade(folder / "lot1.stdf")
    told = {row["screen"]: row["sha256"] for row in content["lots"][0]["insertions"][0]["screens"]}
    assert {screen: row["sha256"] for screen, row in limit_hashes(graded.limits).items()} == told
    place = graded.limits.schema.get_field_index("n")
    moved = graded.limits.set_column(place, "n", [[7] * graded.limits.num_rows])
    assert all(row["sha256"] not in told.values() for row in limit_hashes(moved).values())


def test_what_the_records_do_not_say_is_a_gap(house: Workspace, tmp_path: Path) -> None:
    answer = house.trace_certify("E7", out=tmp_path / "wafers")
    assert answer["notes"][0] == "The genealogy names no lot, so that no test result can be told. Name the lots."
    content = json.loads((tmp_path / "wafers" / "certificate.json").read_bytes())
    assert [row["program"] for row in content["programs"]] == ["P7 rev B"]
    assert {row["id"] for row in content["made_from"]} == {"S1", "W1"}
    assert house.trace_certify("E7", lot=["SIM00001"], out=tmp_path / "named")["notes"] == []


def test_a_shipment_that_nobody_recorded_is_told(house: Workspace, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="DN-7"):
        house.trace_certify("DN-8", out=tmp_path)
    with pytest.raises(NotFound):
        house.trace_certify("B", out=tmp_path)


def test_a_signed_certificate_holds_without_a_workspace(signed: bytes, papers: Path) -> None:
    found = judged(signed, beside=(papers / "certificate.json").read_bytes())
    assert found.well, found.every_finding
    assert found.said == "Certificate of DN-7: signed by Lin Mei, and nothing speaks against it."
    assert found.signatures[0].terms_sha256 == found.content_sha256


def test_an_unsigned_one_does_not(papers: Path) -> None:
    assert codes(judged((papers / "certificate.pdf").read_bytes())) == ["missing"]


def test_a_certificate_whose_authority_nobody_trusts_is_told(signed: bytes) -> None:
    assert "untrusted" in codes(verified(signed, at=NOW))


def test_pages_that_say_other_than_the_json_are_told(content: dict[str, Any], papers: Path) -> None:
    better = {**content, "pieces": 41}
    pages = certificate_pdf(better)
    swapped = _with_json(pages, canonical_json(content))
    found = judged(swapped)
    assert {"other-hash", "other-text"} <= set(codes(found))
    assert any('"Pieces 40"' in each.said for each in found.wrong)


def test_a_certificate_of_many_pages_says_every_line(content: dict[str, Any], hand: SigningKey) -> None:
    many = [
        {"class": "wafer", "id": f"fi-µ晶圆 {n}", "places": "0,0..9,9", "pieces": n, "sure": True} for n in range(150)
    ]
    long = {**content, "made_from": many, "gaps": ["A long gap. " * 60]}
    assert judged(signed_certificate(certificate_pdf(long), hand, now=NOW)).well


def test_changed_bytes_are_told(signed: bytes) -> None:
    at = signed.index(b"/Producer") if b"/Producer" in signed else 40
    broken = signed[: at + 1] + bytes([signed[at + 1] ^ 1]) + signed[at + 2 :]
    assert "changed" in codes(judged(broken))


def test_an_attachment_swapped_after_signing_is_told(signed: bytes, content: dict[str, Any]) -> None:
    found = judged(_with_json(signed, canonical_json({**content, "customer": "Nobody"})))
    assert {"other-hash", "older-revision"} <= set(codes(found))
    assert not found.well


def test_json_beside_that_differs_is_told_by_name(signed: bytes, content: dict[str, Any]) -> None:
    found = judged(signed, beside=canonical_json({**content, "pieces": 99}))
    assert any(each.said.endswith(": pieces differ.") for each in found.wrong)


def test_a_stranger_cannot_sign_and_nobody_signs_twice(papers: Path, signed: bytes, hand: SigningKey) -> None:
    with pytest.raises(Conflict, match="DEMO-OSAT"):
        signed_certificate((papers / "certificate.pdf").read_bytes(), key("DEMO-OSAT"), now=NOW)
    with pytest.raises(Conflict, match="signed already"):
        signed_certificate(signed, hand, now=NOW)


def test_another_pdf_is_no_certificate(hand: SigningKey) -> None:
    with pytest.raises(UnknownFormat, match="carries no"):
        signed_certificate(text(), hand, now=NOW)
    assert "no-terms" in codes(judged(text()))


@pytest.mark.parametrize("swapped", [b"{}", b"[1]", b"no json", b'{"format":"x"}', b"[" * 5000])
def test_hostile_content_is_told(papers: Path, swapped: bytes) -> None:
    found = judged(_with_json((papers / "certificate.pdf").read_bytes(), swapped))
    assert "terms-unreadable" in codes(found)


def test_the_command_line_signs_and_verifies(papers: Path, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    own = make_authority("Demo Office", now=now)
    found = issue(own, "Lin Mei", SUPPLIER, now=now)
    (tmp_path / "lin.p12").write_bytes(as_pkcs12("signer", found.key, (found.certificate,), "open sesame"))
    (tmp_path / "word").write_text("open sesame\n")
    (tmp_path / "root.pem").write_bytes(as_pem((own.certificate,)))
    out = tmp_path / "signed.pdf"
    words = ["trace", "sign", papers / "certificate.pdf", "--key", tmp_path / "lin.p12"]
    words += ["--passphrase-file", tmp_path / "word", "--out", out]
    done = CliRunner().invoke(app, list(map(str, words)))
    assert done.exit_code == 0, done.output
    shown = CliRunner().invoke(app, ["trace", "verify", str(out), "--trust", str(tmp_path / "root.pem"), "--json"])
    assert shown.exit_code == 0, shown.output
    assert json.loads(shown.stdout)["facts"]["well"] is True
    beside = CliRunner().invoke(app, ["trace", "verify", str(out.with_suffix(".json")), "--trust",
                                      str(tmp_path / "root.pem"), "--json"])  # fmt: skip
    assert beside.exit_code == 0, beside.output
    assert json.loads(beside.stdout)["facts"]["shipment"] == "DN-7"
    bare = CliRunner().invoke(app, ["trace", "verify", str(papers / "certificate.pdf")])
    assert bare.exit_code == 1
    assert "Demo House has not signed" in bare.output


def test_the_json_beside_has_a_signature_of_its_own(papers: Path, hand: SigningKey) -> None:
    content = (papers / "certificate.json").read_bytes()
    beside = detached_signature(content, hand, moment=NOW)
    how: dict[str, Any] = {"roots": [office().certificate], "at": NOW}
    assert verified_json(content, beside, **how).well
    changed = content.replace(b'"pieces":40', b'"pieces":41')
    assert changed != content
    assert "changed" in codes(verified_json(changed, beside, **how))
    assert "foreign" in codes(verified_json(content, detached_signature(content, key("DEMO-OSAT"), moment=NOW), **how))
    assert "untrusted" in codes(verified_json(content, beside, at=NOW))
    for broken in (b"", b"{}", beside[:-9], content):
        assert "damaged" in codes(verified_json(content, broken, **how))
    assert "terms-unreadable" in codes(verified_json(b"[1]", detached_signature(b"[1]", hand, moment=NOW), **how))


def _with_json(document: bytes, content: bytes) -> bytes:
    """The document with the content of its attachment replaced, in a further revision."""
    writer = IncrementalPdfFileWriter(BytesIO(document), strict=False)
    tree = writer.root["/Names"]["/EmbeddedFiles"]
    specification = tree["/Names"][1] if "/Names" in tree else tree["/Kids"][0]["/Names"][1]
    place = specification["/EF"].raw_get("/F")
    stream = generic.StreamObject(stream_data=content)
    stream["/Type"] = generic.pdf_name("/EmbeddedFile")
    writer.objects[(place.generation, place.idnum)] = stream
    out = BytesIO()
    writer.write(out)
    return out.getvalue()
