"""Signatures as pdfsig of poppler-utils sees them: another program, of other libraries, which knows nothing of ours."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.agree.signers import CHIPS, PARTIES, hole, signed, with_bytes
from tests.agree.test_tampered_memoranda import body, contents, header, with_signature_of

PDFSIG = shutil.which("pdfsig")
pytestmark = pytest.mark.skipif(
    PDFSIG is None, reason="pdfsig is not installed (Debian: apt install poppler-utils), so nobody else verifies"
)


def seen_by_pdfsig(document: bytes, folder: Path) -> list[dict[str, str]]:
    """What pdfsig says of each signature, by its labels, the fields in order of their names."""
    path = folder / "memorandum.pdf"
    path.write_bytes(document)
    done = subprocess.run(
        [str(PDFSIG), "-nocert", str(path)], capture_output=True, text=True, check=False, timeout=120,
        env={"HOME": str(folder), "LC_ALL": "C.UTF-8", "TZ": "UTC"},
    )  # fmt: skip
    pieces = re.split(r"^Signature #\d+:$", done.stdout, flags=re.MULTILINE)[1:]
    rows = [re.findall(r"^  - ([^:\n]+): (.*)$", piece, flags=re.MULTILINE) for piece in pieces]
    whole = ["Total document signed" in piece for piece in pieces]
    found = [{**dict(row), "whole": str(all_of_it)} for row, all_of_it in zip(rows, whole, strict=True)]
    found = [each for each in found if "Signature Type" in each]
    return sorted(found, key=lambda each: each["Signature Field Name"])


def test_every_signature_is_valid_and_the_last_covers_the_whole_file(tmp_path: Path) -> None:
    found = seen_by_pdfsig(signed(*PARTIES), tmp_path)
    assert [each["Signature Field Name"] for each in found] == sorted(PARTIES)
    assert {each["Signature Validation"] for each in found} == {"Signature is Valid."}
    assert {each["Signature Type"] for each in found} == {"ETSI.CAdES.detached"}
    assert {each["Signing Hash Algorithm"] for each in found} == {"SHA-256"}
    assert sum(each["whole"] == "True" for each in found) == 1


def test_the_signer_is_named_with_the_mark_of_a_trial(tmp_path: Path) -> None:
    (found,) = seen_by_pdfsig(signed(CHIPS), tmp_path)
    assert found["Signer Certificate Common Name"] == "Li Wei"
    assert "OU=TRIAL ONLY - no legal effect,O=DEMO-CHIPS" in found["Signer full Distinguished Name"]
    assert found["Signing Time"].startswith("Jan 04 2027 09:00")


@pytest.mark.parametrize("tamper", [header, body, contents], ids=lambda each: each.__name__)
def test_it_refuses_what_was_changed(tamper: type, tmp_path: Path) -> None:
    found = seen_by_pdfsig(tamper(signed(CHIPS)), tmp_path)
    assert "Signature is Valid." not in {each["Signature Validation"] for each in found}


def test_it_refuses_a_signature_of_another_memorandum(tmp_path: Path) -> None:
    replayed = with_signature_of(signed(CHIPS), signed(CHIPS, number="M-2027-002"))
    (found,) = seen_by_pdfsig(replayed, tmp_path)
    assert found["Signature Validation"] == "Digest Mismatch."


def test_it_does_not_see_what_ours_sees_in_the_place_of_a_signature(tmp_path: Path) -> None:
    """Zeros behind a signature are covered by nobody; `corecar agree verify` looks at them nevertheless."""
    document = signed(CHIPS)
    changed = with_bytes(document, hole(document)[1] - 6, b"c0ffee")
    (found,) = seen_by_pdfsig(changed, tmp_path)
    assert found["Signature Validation"] == "Signature is Valid."
