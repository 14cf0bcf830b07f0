"""Where a key comes in that signs once: read into memory, used, let go of; nothing of it is written or logged."""

from __future__ import annotations

import base64
import binascii
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from corecar.agree.keys import LARGEST_KEY
from corecar.bridge.workspace import Workspace
from corecar.errors import ArgumentError, CorecarError, UnknownFormat
from corecar.web import answers
from corecar.web.api import Served
from corecar.web.callers import NobodyThere, caller
from corecar.web.problems import problem, problem_of

LARGEST_BYTES = 4 * LARGEST_KEY
"""Of a whole request: a key and a certificate in base64."""
LONGEST_PASSPHRASE = 1_000


def add_key_signing(app: FastAPI, served: Served) -> None:
    """The address to which the page of a memorandum sends a key."""

    async def sign(number: str, request: Request) -> Response:
        try:
            proven = await run_in_threadpool(caller, request, served.store.catalogue)
            given = await _given(request)
            told = await run_in_threadpool(_signed, served.workspace(proven), number, given)
        except NobodyThere as error:
            return problem(401, str(error), kind="AccessDenied")
        except CorecarError as error:
            return problem_of(error)
        return JSONResponse(answers.json_ready(told), headers={"Cache-Control": "no-store"})

    app.add_api_route("/agreements/{number}/sign", sign, methods=["POST"], include_in_schema=False)


async def _given(request: Request) -> dict[str, Any]:
    """What the page sent, read into memory alone. Raises ArgumentError for too much, or what is no JSON object."""
    content = bytearray()
    async for part in request.stream():
        content += part
        if len(content) > LARGEST_BYTES:
            raise ArgumentError(f"a key and a certificate have at most {LARGEST_KEY:,} bytes each.")
    try:
        given = json.loads(bytes(content))
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict):
        raise ArgumentError("the key did not arrive. Load the page again.")
    return given


def _signed(workspace: Workspace, number: str, given: Mapping[str, Any]) -> Any:
    """Sign the newest PDF of a memorandum and take it in, as the caller may. Raises what the steps raise."""
    from corecar.agree.certificates import certificates_in
    from corecar.agree.keys import key_from_files
    from corecar.agree.signatures import sign

    certificate = _bytes(given, "certificate")
    beside = tuple(certificates_in(certificate, "certificate")) if certificate else ()
    passphrase = str(given.get("passphrase") or "")[:LONGEST_PASSPHRASE] or None
    key = key_from_files(_bytes(given, "key"), beside, passphrase)
    party, revision = str(given.get("party") or ""), given.get("revision")
    with tempfile.TemporaryDirectory() as folder:
        text, signed = Path(folder) / "to-sign.pdf", Path(folder) / "signed.pdf"
        workspace.call("agree_show", number, pdf=text)
        signed.write_bytes(sign(text.read_bytes(), key, party, place=number))
        seen = revision if isinstance(revision, int) else None
        return workspace.call("agree_signed", number, signed, party=party or None, revision=seen)


def _bytes(given: Mapping[str, Any], name: str) -> bytes:
    try:
        return base64.b64decode(str(given.get(name) or ""), validate=True)
    except (binascii.Error, ValueError):
        raise UnknownFormat(name, "did not arrive whole.", advice="Choose it again.") from None
