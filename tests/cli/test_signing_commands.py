"""`corecar agree` on files: from example terms to a signed memorandum, without a workspace."""

from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from corecar.cli.app import app

SECRET = "a passphrase of nobody"
PEOPLE = {"DEMO-CHIPS": "Li Wei", "DEMO-OSAT": "Ana Ruiz", "DEMO-CARS": "Jonas Berg"}


def run(*words: str | Path, typed: str | None = None) -> Result:
    """One call of the program."""
    return CliRunner().invoke(app, [*map(str, words)], input=typed, env={"COLUMNS": "100"})


def done(*words: str | Path) -> str:
    """What a call prints that succeeds."""
    result = run(*words)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a kit, a text, an authority, keys of three people and the signed memorandum."""
    folder = tmp_path_factory.mktemp("desk")
    (folder / "secret.txt").write_text(f"{SECRET}\n")
    done("agree", "template", folder / "kit")
    terms = json.loads((folder / "kit" / "example_terms.json").read_text(encoding="utf-8"))
    (folder / "terms.json").write_text(json.dumps({**terms, "language": "en"}), encoding="utf-8")
    done("agree", "text", folder / "terms.json", folder / "m.pdf")
    done("agree", "ca", "make", folder / "office", "--name", "Demo Office")
    before = folder / "m.pdf"
    for party, person in PEOPLE.items():
        key = folder / f"{party}.p12"
        words = ("agree", "ca", "issue", folder / "office", "--person", person, "--party", party)
        done(*words, "--out", key, "--passphrase-file", folder / "secret.txt")
        after = folder / f"{party}.pdf"
        done("agree", "sign", before, "--party", party, "--key", key, "--passphrase-file", folder / "secret.txt",
             "--out", after)  # fmt: skip
        before = after
    before.rename(folder / "signed.pdf")
    return folder


def verified(desk: Path, *words: str | Path) -> Result:
    """Verification of the signed memorandum, by somebody who trusts the office."""
    return run("agree", "verify", desk / "signed.pdf", "--trust", desk / "office" / "authority.pem", *words)


def test_a_memorandum_is_signed_by_three_parties_without_a_workspace(desk: Path) -> None:
    result = verified(desk, "--crl", desk / "office" / "revoked.crl.pem")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("Memorandum M-2027-001: all 3 parties signed it, and nothing is wrong.")
    for party, person in PEOPLE.items():
        assert party in result.stdout
        assert person in result.stdout
    assert "authority for trials" in result.stdout
    assert "no timestamp" in result.stdout


def test_json_has_the_whole_verdict(desk: Path) -> None:
    answer: dict[str, Any] = json.loads(verified(desk, "--json").stdout)
    assert answer["facts"]["well"] is True
    assert [row["party"] for row in answer["signatures"]] == list(PEOPLE)
    assert all(row["holds"] for row in answer["signatures"])
    assert answer["wrong"] == []
    assert answer["details"]["missing"] == []


def test_what_is_not_well_has_another_exit_code(desk: Path, tmp_path: Path) -> None:
    changed = tmp_path / "changed.pdf"
    changed.write_bytes((desk / "signed.pdf").read_bytes() + b"\n% and a remark")
    for words in (
        (desk / "signed.pdf",),
        (desk / "m.pdf", "--trust", desk / "office" / "authority.pem"),
        (changed, "--trust", desk / "office" / "authority.pem"),
        (desk / "terms.json",),
        (desk / "absent.pdf",),
        (desk,),
    ):
        result = run("agree", "verify", *words)
        assert result.exit_code == 1, (words, result.output)
        assert "Traceback" not in result.output


def test_certificates_are_judged_for_another_moment(desk: Path) -> None:
    assert verified(desk, "--at", "2009-01-01").exit_code == 1
    assert "expired" in verified(desk, "--at", "2099-01-01T12:00+08:00").stdout


def test_a_revoked_certificate_is_told_once_the_new_list_is_given(desk: Path, tmp_path: Path) -> None:
    office = tmp_path / "office"
    office.mkdir()
    for name in ("authority.pem", "authority.key", "issued.json", "revoked.crl.pem"):
        (office / name).write_bytes((desk / "office" / name).read_bytes())
    rows = json.loads(done("agree", "ca", "list", office, "--json"))["rows"]
    serial = next(row["serial"] for row in rows if row["person"] == "Ana Ruiz")
    assert "Revoked" in done("agree", "ca", "revoke", office, serial[:12])
    result = verified(desk, "--crl", office / "revoked.crl.pem")
    assert result.exit_code == 1
    assert "was revoked on" in " ".join(result.stdout.split())
    again = run("agree", "ca", "revoke", office, serial)
    assert again.exit_code == 1
    assert "already" in again.output
    assert run("agree", "ca", "revoke", office, "zz").exit_code == 1


def test_a_passphrase_is_asked_for_and_not_shown(desk: Path, tmp_path: Path) -> None:
    words = ("agree", "sign", desk / "m.pdf", "--party", "DEMO-CHIPS", "--key", desk / "DEMO-CHIPS.p12")
    result = run(*words, "--out", tmp_path / "asked.pdf", typed=f"{SECRET}\n")
    assert result.exit_code == 0, result.output
    assert SECRET not in result.output
    wrong = run(*words, "--out", tmp_path / "never.pdf", typed="wrong\n")
    assert wrong.exit_code == 1
    assert "passphrase does not open it" in wrong.output
    assert not (tmp_path / "never.pdf").exists()


def test_a_new_key_is_locked_with_a_passphrase_typed_twice(desk: Path, tmp_path: Path) -> None:
    words = ("agree", "ca", "issue", desk / "office", "--person", "Eve", "--party", "X", "--out", tmp_path / "eve.p12")
    assert run(*words, typed="one\ntwo\none\none\n").exit_code == 0
    again = run(*words, typed="one\none\n")
    assert again.exit_code == 1
    assert "a key is never overwritten" in " ".join(again.output.split())


def test_a_copy_is_named_for_its_party_and_the_file_is_never_changed(desk: Path, tmp_path: Path) -> None:
    source = tmp_path / "m.pdf"
    source.write_bytes((desk / "m.pdf").read_bytes())
    words = ("--party", "DEMO-CARS", "--key", desk / "DEMO-CARS.p12", "--passphrase-file", desk / "secret.txt")
    done("agree", "sign", source, *words)
    assert (tmp_path / "m.DEMO-CARS.pdf").exists()
    assert source.read_bytes() == (desk / "m.pdf").read_bytes()
    assert run("agree", "sign", source, *words, "--out", source).exit_code == 1


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        ((), 2, "Give one of them"),
        (
            ("--key", "{desk}/DEMO-CHIPS.p12", "--module", "lib.so", "--passphrase-file", "{desk}/secret.txt"),
            2,
            "one of them",
        ),
        (("--module", "lib.so", "--passphrase-file", "{desk}/secret.txt"), 2, "--label"),
        (("--key", "{desk}/absent.p12"), 1, "no such file"),
        (("--key", "{desk}/terms.json", "--passphrase-file", "{desk}/secret.txt"), 1, "neither PEM nor PKCS#12"),
        (("--key", "{desk}/DEMO-OSAT.p12", "--passphrase-file", "{desk}/secret.txt"), 1, "not for DEMO-CHIPS"),
        (("--key", "{desk}/DEMO-CHIPS.p12", "--passphrase-file", "{desk}/m.pdf"), 1, "m.pdf"),
    ],
)
def test_a_signature_that_cannot_be_made_is_told(
    desk: Path, tmp_path: Path, words: tuple[str, ...], code: int, says: str
) -> None:
    given = [word.replace("{desk}", str(desk)) for word in words]
    result = run("agree", "sign", desk / "m.pdf", "--party", "DEMO-CHIPS", "--out", tmp_path / "x.pdf", *given)
    assert result.exit_code == code, result.output
    assert says in " ".join(result.output.split())
    assert not (tmp_path / "x.pdf").exists()


def test_terms_that_do_not_fit_are_told_and_nothing_is_written(desk: Path, tmp_path: Path) -> None:
    terms = json.loads((desk / "terms.json").read_text(encoding="utf-8"))
    del terms["parties"][0]["benefit"]
    (tmp_path / "terms.json").write_text(json.dumps(terms), encoding="utf-8")
    result = run("agree", "text", tmp_path / "terms.json", tmp_path / "m.pdf")
    assert result.exit_code == 1
    assert "parties[0].benefit" in result.output
    assert not (tmp_path / "m.pdf").exists()


def test_a_kit_never_overwrites_and_holds_the_published_schema(desk: Path) -> None:
    from corecar.agree.terms import published_schema

    assert (desk / "kit" / "memorandum.schema.json").read_bytes() == published_schema()
    again = run("agree", "template", desk / "kit")
    assert again.exit_code == 1
    assert "stands there already" in again.output


def test_the_kit_makes_the_text_that_the_package_makes(desk: Path, tmp_path: Path) -> None:
    kit = desk / "kit"
    own = ("--template", kit / "memorandum.typ", "--clauses", kit / "clauses.csv")
    done("agree", "text", desk / "terms.json", tmp_path / "own.pdf", *own)
    assert (tmp_path / "own.pdf").read_bytes() == (desk / "m.pdf").read_bytes()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no permissions of this kind")
def test_keys_are_readable_for_their_owner_alone(desk: Path) -> None:
    for key in (desk / "office" / "authority.key", desk / "DEMO-CARS.p12"):
        assert stat.S_IMODE(os.stat(key).st_mode) == 0o600


def test_an_authority_is_made_once_and_says_that_it_is_for_trials(desk: Path, tmp_path: Path) -> None:
    said = done("agree", "ca", "make", tmp_path / "another", "--name", "Another Office")
    assert "prove nothing" in " ".join(said.split())
    again = run("agree", "ca", "make", tmp_path / "another", "--name", "Another Office")
    assert again.exit_code == 1
    assert "an authority stands there already" in again.output
    for name in ("", "x" * 80, "a\x00b"):
        assert run("agree", "ca", "make", tmp_path / "bad", "--name", name).exit_code == 2
    assert not (tmp_path / "bad").exists()
    assert run("agree", "ca", "list", tmp_path).exit_code == 1
