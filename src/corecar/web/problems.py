"""Errors over HTTP: problem details (RFC 9457), with the kind of the error so that a client can raise it again."""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse

from corecar import errors
from corecar.bridge.plain import plain

MEDIA_TYPE = "application/problem+json"
STATUS: tuple[tuple[type[Exception], int], ...] = (
    (errors.AccessDenied, 403),
    (errors.NotFound, 404),
    (errors.Conflict, 409),
    (errors.Cancelled, 409),
    (errors.DependencyMissing, 501),
    (errors.OutputError, 507),
    (errors.CatalogueError, 503),
    (errors.ExecutorError, 503),
    (errors.WorkerLost, 503),
    (errors.SessionLost, 503),
    (errors.WorkspaceError, 503),
    (errors.CorecarError, 422),
)
"""The status of each kind of error; the first that fits."""
TITLES = {
    400: "The request cannot be read",
    401: "Nobody is logged in",
    403: "Not allowed",
    404: "Not there",
    405: "No such method",
    409: "Does not fit what is there",
    411: "Length required",
    413: "Too large",
    415: "No such media type",
    422: "Cannot be done as asked",
    500: "A fault of the server",
    501: "A package is missing on the server",
    503: "Out of reach for now",
    507: "The result could not be written",
}


def problem(status: int, detail: str, *, kind: str = "", **more: Any) -> JSONResponse:
    """A problem as a response. kind: the class of the error, where one of `corecar.errors` stands behind it."""
    body = {"type": f"urn:corecar:{kind or status}", "title": TITLES.get(status, "Error"), "status": status}
    body["detail"] = detail
    if kind:
        body["kind"] = kind
    headers = {"WWW-Authenticate": 'Bearer realm="corecar"'} if status == 401 else None
    return JSONResponse(body | plain(more), status, headers, media_type=MEDIA_TYPE)


def problem_of(error: errors.CorecarError, **more: Any) -> JSONResponse:
    """An error of Corecar as a response, with every fault that it names."""
    status = next(status for kind, status in STATUS if isinstance(error, kind))
    faults = [str(fault) for fault in getattr(error, "faults", ())]
    if faults:
        more["faults"] = faults
    return problem(status, str(error), kind=type(error).__name__, **more)
