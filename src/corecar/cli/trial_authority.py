"""`agree ca`: an authority for trials, clearly marked as such."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from corecar.cli.options import Csv, Json
from corecar.cli.signing_options import PassphraseFile

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The folder of the authority.")]
Person = Annotated[str, typer.Option("--person", help="Who signs.")]
Party = Annotated[str, typer.Option("--party", help="For which party, as the terms name it.")]


def make(
    folder: Folder,
    name: Annotated[str, typer.Option("--name", help="Whose authority it is.")],
    days: Annotated[int, typer.Option("--days", min=1, help="How long it is valid.")] = 3650,
) -> None:
    """Make an authority for trials in a folder. What it issues says in its subject that it has no legal effect."""
    from corecar.bridge.files.trial_authority import make as made
    from corecar.cli.answers import print_answer
    from corecar.cli.forms import Form

    print_answer(made(folder, name, days=days), Form.TABLE)


def issue(
    folder: Folder,
    person: Person,
    party: Party,
    passphrase_file: PassphraseFile = None,
    days: Annotated[int, typer.Option("--days", min=1, help="How long the certificate is valid.")] = 730,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="PATH", help="The PKCS#12 file; without it one in the folder.")
    ] = None,
) -> None:
    """Issue a certificate and a key for a person of a party, as a PKCS#12 file that a passphrase opens."""
    from corecar.bridge.files.memoranda import first_line
    from corecar.bridge.files.trial_authority import issue as issued
    from corecar.cli.answers import print_answer
    from corecar.cli.forms import Form

    if passphrase_file is not None:
        secret = first_line(passphrase_file)
    else:
        secret = str(typer.prompt("Passphrase of the new key", hide_input=True, confirmation_prompt=True, err=True))
    print_answer(issued(folder, person, party, secret, out=out, days=days), Form.TABLE)


def revoke(
    folder: Folder,
    serial: Annotated[str, typer.Argument(metavar="SERIAL", help="Serial number, or enough of its first digits.")],
) -> None:
    """Revoke a certificate, and write the list of revoked ones anew."""
    from corecar.bridge.files.trial_authority import revoke as revoked
    from corecar.cli.answers import print_answer
    from corecar.cli.forms import Form

    print_answer(revoked(folder, serial), Form.TABLE)


def listed(folder: Folder, json: Json = False, csv: Csv = False) -> None:
    """List what an authority issued and what it revoked."""
    from corecar.bridge.files.trial_authority import listed as found
    from corecar.cli.answers import print_answer
    from corecar.cli.forms import form

    print_answer(found(folder), form(json, csv))
