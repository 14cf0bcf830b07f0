"""Three parties come from a draft to a signed memorandum by command, each signing with a key of its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.agree.memoranda import value_with
from typer.testing import CliRunner, Result

from corecar.agree.contained import TERMS_FILE, contained_in, opened
from corecar.cli.app import app

NUMBER = "M-2027-001"
PEOPLE = {"chi": "DEMO-CHIPS", "osa": "DEMO-OSAT", "car": "DEMO-CARS"}
NAMES = {"chi": "Li Wei", "osa": "Ana Ruiz", "car": "Jonas Berg"}


class Desk:
    """A folder with a workspace of three parties, an authority for trials and a key for each party's signatory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.secret = folder / "secret.txt"
        self.secret.write_text("a passphrase of nobody\n")
        self.done("init", folder / "house", "--owner", "Demo House")
        self.done("agree", "ca", "make", folder / "office", "--name", "Demo Office")
        for person, party in PEOPLE.items():
            self.in_house("parties", "add", party)
            self.in_house("people", "add", person, "--role", "signatory", "--party", party)
            self.done("agree", "ca", "issue", folder / "office", "--person", NAMES[person], "--party", party,
                      "--out", folder / f"{person}.p12", "--passphrase-file", self.secret)  # fmt: skip

    def run(self, *words: str | Path) -> Result:
        return CliRunner().invoke(app, [*map(str, words)], env={"COLUMNS": "120"})

    def done(self, *words: str | Path) -> str:
        """What a call prints that succeeds."""
        result = self.run(*words)
        assert result.exit_code == 0, (words, result.output)
        return result.stdout

    def in_house(self, *words: str | Path, by: str | None = None) -> str:
        """A call in the workspace, by a person."""
        return self.done(*words, "-w", self.folder / "house", *(("--as", by) if by else ()))

    def refused(self, *words: str | Path, by: str) -> str:
        """What a call in the workspace says that is refused."""
        result = self.run(*words, "-w", self.folder / "house", "--as", by)
        assert result.exit_code == 1, (words, result.output)
        return " ".join(result.output.split())

    def shown(self, by: str = "chi") -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self.in_house("agree", "show", NUMBER, "--json", by=by))
        return answer

    def to_sign(self, by: str) -> Path:
        """The PDF that a person gets to sign."""
        path = self.folder / f"{by}-to-sign.pdf"
        self.in_house("agree", "show", NUMBER, "--pdf", path, by=by)
        return path

    def signed(self, by: str, source: Path | None = None) -> Path:
        """The PDF as a person signs it, with the own key and without the workspace."""
        path = self.folder / f"{by}-signed.pdf"
        path.unlink(missing_ok=True)
        words = ("--party", PEOPLE[by], "--key", self.folder / f"{by}.p12", "--passphrase-file", self.secret)
        self.done("agree", "sign", source or self.to_sign(by), *words, "--out", path)
        return path


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Three parties whose terms lie on the table, offered by one and countered by another."""
    found = Desk(tmp_path_factory.mktemp("desk"))
    terms = found.folder / "terms.json"
    terms.write_text(json.dumps(value_with(language="en", clauses=None)), encoding="utf-8")
    found.in_house("agree", "new", "--terms", terms, by="chi")
    found.in_house("agree", "offer", NUMBER, by="chi")
    found.in_house("agree", "counter", NUMBER, "--change", "quality.ppm_most=5", by="car")
    found.in_house("agree", "comment", NUMBER, "One ppm is too dear.", "--field", "quality", by="car")
    return found


def test_terms_are_negotiated_then_signed_by_all_three_and_hold(desk: Desk) -> None:
    office = desk.folder / "office" / "authority.pem"
    assert "quality.ppm_most" in desk.in_house("agree", "diff", NUMBER, by="osa")
    for person in PEOPLE:
        desk.in_house("agree", "trust", office, by=person)

    first = desk.signed("osa")
    assert "Missing" in desk.in_house("agree", "signed", NUMBER, first, by="osa")
    refused_before_the_last(desk, first)
    desk.in_house("agree", "signed", NUMBER, desk.signed("chi"), by="chi")
    said = desk.in_house("agree", "signed", NUMBER, desk.signed("car"), by="car")
    assert "Every party has signed: it holds." in said

    answer = desk.shown()
    assert answer["facts"]["state"] == "signed"
    assert [each["clause"] for each in answer["terms"]["clauses"]][:2] == ["purpose", "benefit"]
    assert all(len(each["sha256"]) == 64 for each in answer["terms"]["clauses"])
    signers = [(row["party"], row["by"]) for row in answer["rows"] if row["action"] == "sign"]
    assert signers == [("DEMO-OSAT", "osa"), ("DEMO-CHIPS", "chi"), ("DEMO-CARS", "car")]
    final = desk.to_sign("osa")
    words = ("agree", "verify", final, "--trust", office, "--crl", office.with_name("revoked.crl.pem"))
    assert desk.done(*words).startswith("Memorandum M-2027-001: all 3 parties signed it, and nothing is wrong.")
    held = contained_in(opened(final.read_bytes(), "final"), "final")
    assert held.hash_of(TERMS_FILE) == answer["facts"]["sha256"]
    assert json.loads(held.only(TERMS_FILE) or b"")["quality"]["ppm_most"] == 5


def test_a_person_at_the_terminal_reads_what_was_said_and_every_field_before_signing(desk: Desk) -> None:
    shown = desk.in_house("agree", "show", NUMBER, by="osa")
    assert "One ppm is too dear." in shown
    assert ["quality.ppm_most", "5"] in [line.split() for line in shown.splitlines()]


def refused_before_the_last(desk: Desk, first: Path) -> None:
    """What is not taken while signatures are missing, and leaves everything as it was."""
    before = desk.shown()["facts"]["revision"]
    changed = desk.folder / "changed.pdf"
    changed.write_bytes(desk.signed("chi").read_bytes().replace(b"%PDF-1.7", b"%PDF-1.6", 1))
    said = desk.refused("agree", "signed", NUMBER, changed, by="chi")
    assert "bytes that it covers were changed" in said
    assert said.endswith(f"Sign the newest file: corecar agree show {NUMBER} --pdf FILE")
    said = desk.refused("agree", "signed", NUMBER, first, by="chi")
    assert "holds no signature of DEMO-CHIPS" in said
    assert said.endswith("Sign it first: corecar agree sign FILE --party DEMO-CHIPS")
    alone = desk.folder / "alone.pdf"
    desk.in_house("agree", "show", NUMBER, "--out", desk.folder / "now.json", by="chi")
    desk.done("agree", "text", desk.folder / "now.json", alone)
    assert "DEMO-OSAT signed before" in desk.refused("agree", "signed", NUMBER, desk.signed("chi", alone), by="chi")
    older = desk.folder / "older.pdf"
    desk.done("agree", "text", desk.folder / "terms.json", older)
    assert "is about terms" in desk.refused("agree", "signed", NUMBER, desk.signed("chi", older), by="chi")
    assert desk.shown()["facts"]["revision"] == before


def test_a_key_of_an_authority_that_the_party_did_not_name_does_not_sign_for_it(desk: Desk, tmp_path: Path) -> None:
    """Whoever makes an authority of the same name can issue the same names; the workspace knows the difference."""
    desk.done("agree", "ca", "make", tmp_path / "office", "--name", "Demo Office")
    desk.done("agree", "ca", "issue", tmp_path / "office", "--person", "Li Wei", "--party", "DEMO-CHIPS",
              "--out", tmp_path / "li.p12", "--passphrase-file", desk.secret)  # fmt: skip
    number = "M-2027-002"
    terms = tmp_path / "terms.json"
    terms.write_text(json.dumps(value_with(number=number, language="en", clauses=None)), encoding="utf-8")
    desk.in_house("agree", "new", "--terms", terms, by="chi")
    desk.in_house("agree", "offer", number, by="chi")
    desk.in_house("agree", "show", number, "--pdf", tmp_path / "m.pdf", by="chi")
    desk.done("agree", "sign", tmp_path / "m.pdf", "--party", "DEMO-CHIPS", "--key", tmp_path / "li.p12",
              "--passphrase-file", desk.secret, "--out", tmp_path / "forged.pdf")  # fmt: skip
    said = desk.refused("agree", "signed", number, tmp_path / "forged.pdf", by="chi")
    assert "holds no signature of DEMO-CHIPS that holds" in said
    assert "--trust" not in said, "a workspace is told of authorities by another command"
    assert "corecar agree trust FILE" in said
