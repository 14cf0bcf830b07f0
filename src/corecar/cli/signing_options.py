"""Options that say with which key somebody signs, and by which authorities signatures are judged."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

PassphraseFile = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file", metavar="PATH", help="A file whose first line opens the key; without it you are asked."
    ),
]
KeyFile = Annotated[Path | None, typer.Option("--key", metavar="PATH", help="Your key: a PKCS#12 (.p12) or PEM file.")]
KeyCertificates = Annotated[
    list[Path] | None,
    typer.Option("--certificate", metavar="PATH", help="Your certificate, where it is not in the file of the key."),
]
TokenModule = Annotated[
    Path | None,
    typer.Option("--module", metavar="PATH", help="Instead of --key: the PKCS#11 library of a token."),
]
TokenLabel = Annotated[str, typer.Option("--label", help="Label of key and certificate on the token.")]
TokenName = Annotated[str | None, typer.Option("--token", help="Label of the token, where several are there.")]
TimestampUrl = Annotated[
    str | None, typer.Option("--timestamp", metavar="URL", help="A time-stamping authority (RFC 3161).")
]
TrustedFiles = Annotated[
    list[Path] | None,
    typer.Option("--trust", metavar="PATH", help="Certificates of an authority that you trust (PEM, DER)."),
]
RevocationLists = Annotated[
    list[Path] | None,
    typer.Option("--crl", metavar="PATH", help="A list of revoked certificates of an authority (PEM, DER)."),
]
