"""`trace sign` and `trace verify`: certificates of conformance as files, which need no workspace."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from corecar.cli.agreeing import NOT_WELL, secret_of
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

Certificate = Annotated[Path, typer.Argument(metavar="FILE", help="The PDF of the certificate. It is never changed.")]


def sign(
    file: Certificate,
    key: KeyFile = None,
    certificate: KeyCertificates = None,
    passphrase_file: PassphraseFile = None,
    module: TokenModule = None,
    label: TokenLabel = "",
    token: TokenName = None,
    timestamp: TimestampUrl = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="PATH", help="The file to write; without it FILE.signed.pdf beside it."),
    ] = None,
    json: Json = False,
) -> None:
    """Sign a certificate of conformance for its supplier; the signature names the JSON by its hash.

    Nothing of the key or its passphrase is kept. What is broken already is not signed.
    """
    from corecar.bridge.files.conformance import sign_certificate
    from corecar.bridge.files.memoranda import KeySource
    from corecar.cli.answers import print_answer
    from corecar.cli.forms import form

    source = KeySource(key, tuple(certificate or ()), module, label, token, secret_of(key, module, passphrase_file))
    print_answer(sign_certificate(file, source, out=out, timestamp_url=timestamp), form(json, False))


def verify(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="The PDF of the certificate, or its JSON with a signature beside it.")
    ],
    beside: Annotated[
        Path | None, typer.Option("--json-file", metavar="PATH", help="The JSON that came beside it, to compare.")
    ] = None,
    signature: Annotated[
        Path | None,
        typer.Option("--signature", metavar="PATH", help="The signature of a JSON; without it FILE.p7s beside it."),
    ] = None,
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
    """Say who signed a certificate of conformance, whether its pages and its JSON agree, and what was changed.

    Needs no workspace. Unless its supplier signed it and nothing speaks against it, the exit code is 1.
    """
    from corecar.bridge.files.conformance import told_certificate, verify_certificate, verify_json
    from corecar.cli.answers import print_answer
    from corecar.cli.forms import form

    wanted = form(json, csv)
    asked: datetime | None = at
    if signature is not None or file.suffix.lower() == ".json":
        found = verify_json(file, signature=signature, trust=trust or (), lists=crl or (), at=asked)
    else:
        found = verify_certificate(file, beside=beside, trust=trust or (), lists=crl or (), at=asked)
    print_answer(told_certificate(found), wanted)
    if not found.well:
        raise typer.Exit(NOT_WELL)
