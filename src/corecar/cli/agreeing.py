"""`agree template`, `text`, `sign`, `verify`: memoranda as files, which need no workspace."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from corecar.cli.generated import moment
from corecar.cli.options import Csv, Json
from corecar.cli.signing_options import (
    KeyCertificates,
    KeyFile,
    PassphraseFile,
    RevocationLists,
    TimestampUrl,
    TokenLabel,
    TokenModule,
    TokenName,
    TrustedFiles,
)

NOT_WELL = 1
"""Exit code of `verify` where something is missing or wrong."""

Memorandum = Annotated[Path, typer.Argument(metavar="FILE", help="The PDF of the memorandum. It is never changed.")]


def template(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder; it is created.")],
) -> None:
    """Write what a memorandum is made from: example terms, their JSON schema, the template and the clauses.

    Change the terms; replace the template or the clauses where your house has its own.
    """
    from corecar.bridge.files.memoranda import write_kit

    written = write_kit(folder)
    typer.echo(f"wrote {', '.join(path.name for path in written)} in {folder}")


def text(
    terms: Annotated[Path, typer.Argument(metavar="TERMS", help="Terms as JSON.")],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The PDF to write.")],
    own_template: Annotated[
        Path | None, typer.Option("--template", metavar="PATH", help="A Typst template of your own.")
    ] = None,
    clauses: Annotated[
        Path | None, typer.Option("--clauses", metavar="PATH", help="A CSV file with clauses of your own.")
    ] = None,
    json: Json = False,
) -> None:
    """Set the text of terms as a PDF that its parties can sign; terms and text are attached to it.

    The same terms give the same bytes. The wording is a template, which a lawyer has to confirm.
    """
    from corecar.bridge.files.memoranda import write_text
    from corecar.cli.answers import print_answer
    from corecar.cli.forms import form

    print_answer(write_text(terms, out, template=own_template, clauses=clauses), form(json, False))


def sign(
    file: Memorandum,
    party: Annotated[str, typer.Option("--party", help="For which party, by its short name in the terms.")],
    key: KeyFile = None,
    certificate: KeyCertificates = None,
    passphrase_file: PassphraseFile = None,
    module: TokenModule = None,
    label: TokenLabel = "",
    token: TokenName = None,
    timestamp: TimestampUrl = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="PATH", help="The file to write; without it FILE.PARTY.pdf beside it."),
    ] = None,
    json: Json = False,
) -> None:
    """Sign a memorandum for a party, behind all that others have signed before.

    Nothing of the key or its passphrase is kept. What is broken already is not signed.
    """
    from corecar.bridge.files.memoranda import KeySource, sign_file
    from corecar.cli.answers import print_answer
    from corecar.cli.forms import form

    source = KeySource(key, tuple(certificate or ()), module, label, token, secret_of(key, module, passphrase_file))
    print_answer(sign_file(file, party, source, out=out, timestamp_url=timestamp), form(json, False))


def secret_of(key: Path | None, module: Path | None, file: Path | None) -> str | None:
    """The passphrase or PIN: from a file, or asked for; None for a key that is not locked."""
    from corecar.bridge.files.memoranda import content_of, first_line

    if file is not None:
        return first_line(file)
    if key is not None and module is None:
        content = content_of(key)
        if b"-----BEGIN" in content and b"ENCRYPTED" not in content:
            return None
    if key is None and module is None:
        return None
    return str(typer.prompt("PIN" if module else "Passphrase", hide_input=True, err=True))


def verify(
    file: Memorandum,
    trust: TrustedFiles = None,
    crl: RevocationLists = None,
    at: Annotated[
        Any,
        typer.Option(
            "--at", metavar="WHEN", parser=moment, help="Judge certificates for this moment instead of for now."
        ),
    ] = None,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """Say who signed a memorandum when, and whether anything speaks against it.

    Told are changes since each signature, swapped attachments, signatures of other documents or older revisions,
    certificates that are revoked, expired, not yet valid or of a stranger, and parties that have still to sign. Unless
    every party has signed and nothing is wrong, the exit code is 1.
    """
    from corecar.bridge.files.memoranda import told_verdict, verify_file
    from corecar.cli.answers import print_answer
    from corecar.cli.forms import form

    wanted = form(json, csv)
    asked: datetime | None = at
    verdict = verify_file(file, trust=trust or (), lists=crl or (), at=asked)
    print_answer(told_verdict(verdict), wanted)
    if not verdict.well:
        raise typer.Exit(NOT_WELL)
