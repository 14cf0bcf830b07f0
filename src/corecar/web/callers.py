"""Who calls over HTTP: a program with a token, or a person whose browser has a session.

A browser sends its cookie by itself, also when another site makes it; so what changes anything must bear a token that
only our own pages know (synchroniser token, bound to the session by HMAC). A token in the header needs none.
"""

from __future__ import annotations

import hmac
from hashlib import sha256

from starlette.requests import HTTPConnection

from corecar.bridge.logins import TOKEN_BEGINS, Proven, session_person, token_person
from corecar.errors import AccessDenied
from corecar.store.catalogue import Catalogue

COOKIE = "corecar_session"
CSRF_HEADER = "X-CSRF-Token"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class NobodyThere(AccessDenied):
    """No proof came with the request, or one that does not hold."""


def csrf_of(secret: str) -> str:
    """The token that pages of a session send along with what changes anything."""
    return hmac.new(secret.encode(), b"corecar csrf", sha256).hexdigest()


def caller(request: HTTPConnection, catalogue: Catalogue) -> Proven:
    """Who calls. Raises NobodyThere; AccessDenied for a request that another site could have made."""
    header = request.headers.get("authorization", "")
    kind, _, secret = header.partition(" ")
    if header:
        found = None
        if kind.lower() == "bearer" and secret.startswith(TOKEN_BEGINS):
            found = token_person(catalogue, secret.strip())
        if found is None:
            raise NobodyThere("this token is unknown, has ended or was revoked. Make one with: corecar tokens add NAME")
        return found
    cookie = request.cookies.get(COOKIE, "")
    found = session_person(catalogue, cookie) if cookie else None
    if found is None:
        raise NobodyThere("log in, or send a token: Authorization: Bearer corecar_...")
    method = str(request.scope.get("method", "GET"))
    sent = request.headers.get(CSRF_HEADER, "")
    if method not in SAFE and not hmac.compare_digest(sent.encode(), csrf_of(cookie).encode()):
        raise AccessDenied(f"this request bears no {CSRF_HEADER} of this session. Load the page again.")
    return found
