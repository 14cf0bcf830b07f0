"""The app under /api/v1: a route for each verb of the registry, made from its signature.

A verb that looks and is quick is a GET with its arguments in the query; every other one a POST with JSON, or with a
form where it takes files. Long verbs become jobs: the answer is 202 with the job's address, or the result itself where
the job ends within the `wait` seconds that the caller is ready to hold the line.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pyarrow as pa
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response

from corecar import __version__
from corecar.bridge.calls import Store
from corecar.bridge.ingest.discovery import quarantined_paths
from corecar.bridge.logins import Proven
from corecar.bridge.verbs import WORKSPACE_VERBS, Verb
from corecar.bridge.workspace import Workspace
from corecar.errors import ArgumentError, CorecarError, NotFound
from corecar.web import answers, arguments
from corecar.web.arguments import Uploaded
from corecar.web.callers import NobodyThere, caller
from corecar.web.limits import BodyLimit, TooLarge
from corecar.web.problems import problem, problem_of
from corecar.web.spool import Folder, Spool

ROOT = "/api/v1"
BY_SERVER = frozenset({"jobs_work", "jobs_resume", "backup", "publish_delta", "vacuum", "compact"})
"""Verbs of whoever keeps the server; they are done beside it, on its own computer."""
JSON_BYTES = 4 << 20
"""The largest JSON of a call."""
WAIT_AT_MOST_S = 60.0
LOOK_EVERY_S = 0.1
ENDED = ("done", "failed", "cancelled")
CHUNK = 1 << 20


@dataclass(frozen=True)
class Served:
    """What the app works on."""

    store: Store
    spool: Spool

    def workspace(self, proven: Proven) -> Workspace:
        """The workspace as this caller sees it."""
        return Workspace(self.store, proven.person, proven.scopes)


def served_verbs() -> list[Verb]:
    """The verbs that can be called over HTTP."""
    return [verb for verb in WORKSPACE_VERBS.values() if verb.name not in BY_SERVER]


def path_of(verb: Verb) -> str:
    """Where a verb is called: its words, with hyphens."""
    return f"{ROOT}/{verb.name.replace('_', '-')}"


def is_get(verb: Verb) -> bool:
    """Whether a verb is called by GET: it only looks, is quick, and takes and gives no files."""
    return not verb.writes and verb.span != "long" and not arguments.travels(verb)


def make_app(served: Served, *, upload_limit: int = 4 << 30) -> FastAPI:
    """The app of one workspace. upload_limit: bytes of a whole request."""
    where = f"{ROOT}/openapi.json"
    app = FastAPI(title="Corecar", version=__version__, openapi_url=where, docs_url=None, redoc_url=None)
    app.add_middleware(BodyLimit, limit=upload_limit)
    app.add_exception_handler(HTTPException, _http_problem)
    app.add_exception_handler(ClientDisconnect, _gone)
    app.add_exception_handler(Exception, _fault)
    for verb in served_verbs():
        method = "GET" if is_get(verb) else "POST"
        app.add_api_route(
            path_of(verb), _endpoint(served, verb), methods=[method], operation_id=verb.name, summary=verb.help,
            description=_description(verb), tags=[verb.words.split()[0]], response_class=JSONResponse,
            responses=_responses(verb), openapi_extra=_extra(verb),
        )  # fmt: skip
    app.add_api_route(f"{ROOT}/calls/{{number}}/files", _files(served), methods=["GET"], operation_id="call_files",
                      summary="Fetch what a call wrote, as a zip.", response_class=FileResponse,
                      tags=["calls"], responses=_refusals())  # fmt: skip
    app.add_api_route(f"{ROOT}/jobs/{{job}}/result", _result(served), methods=["GET"], operation_id="job_result",
                      summary="Wait for a job and fetch what it answered.",
                      tags=["jobs"], responses=_refusals())  # fmt: skip
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    return app


def _endpoint(served: Served, verb: Verb) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        return await _guarded(lambda: _called(served, verb, request))

    return endpoint


async def _guarded(work: Callable[[], Awaitable[Response]]) -> Response:
    """What goes wrong as a problem."""
    try:
        return await work()
    except NobodyThere as error:
        return problem(401, str(error), kind="AccessDenied")
    except TooLarge as error:
        return problem(413, str(error), kind="ArgumentError")
    except CorecarError as error:
        return problem_of(error)


async def _called(served: Served, verb: Verb, request: Request) -> Response:
    proven = await run_in_threadpool(caller, request, served.store.catalogue)
    folder = served.spool.new()
    kept = False
    try:
        given, about, uploaded = await _read(verb, request, folder)
        taken = arguments.checked(verb, given, folder, uploaded)
        page = answers.page_asked(about.get("per_page"), about.get("cursor"), [verb.name, given])
        folder.keep(proven.person)
        kept = True
        key = request.headers.get("idempotency-key")
        workspace = served.workspace(proven)
        try:
            if verb.is_job:
                return await _as_job(served, workspace, verb, taken, key, folder, _wait_of(about.get("wait")), request)
            answer = await run_in_threadpool(workspace.call, verb.name, **taken, idempotency_key=key)
        except CorecarError as error:
            return _renamed(problem_of(error), served.spool)
        answer = _named(served.spool, answer)
        address = str(request.url.include_query_params(cursor="CURSOR"))
        response = answers.response_of(answer, request.headers.get("accept", ""), page, address)
        if folder.returned():
            response.headers["Corecar-Files"] = f"{ROOT}/calls/{folder.number}/files"
        else:
            kept = False
        return response
    finally:
        if not kept:
            folder.forget()
        elif not verb.is_job:
            folder.forget_sent()


def _renamed(response: JSONResponse, spool: Spool) -> Response:
    """A problem with the caller's own names of files in it."""
    body = json.loads(bytes(response.body))
    return JSONResponse(spool.renamed(body), response.status_code, media_type=response.media_type)


def _named(spool: Spool, answer: Any) -> Any:
    """An answer with files called as the callers call them who sent or wanted them."""
    if isinstance(answer, (pa.Table, str)):
        return answer
    return spool.renamed(answers.json_ready(answer))


async def _read(verb: Verb, request: Request, folder: Folder) -> tuple[dict[str, Any], dict[str, str], Uploaded]:
    """The arguments as they came, what is said about the call, and the files that were sent."""
    query = request.query_params.multi_items()
    about = {name: value for name, value in query if name in ("wait", "per_page", "cursor")}
    rest = [(name, value) for name, value in query if name not in about]
    if request.method == "GET":
        return arguments.from_query(verb, rest), about, Uploaded()
    if rest:
        raise ArgumentError(f'{verb.words}: "{rest[0][0]}" stands in the address. Send the arguments as JSON.')
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind == "multipart/form-data":
        return await _form(verb, request, folder, about)
    body = await request.body()
    if len(body) > JSON_BYTES:
        raise TooLarge(f"the JSON of a call has at most {JSON_BYTES >> 20} MB; send files as a form.")
    if not body.strip():
        return {}, about, Uploaded()
    if kind not in ("application/json", ""):
        raise ArgumentError(f'{verb.words}: the body is "{kind}". Send application/json or multipart/form-data.')
    return _object(verb, body), about, Uploaded()


def _object(verb: Verb, body: bytes) -> dict[str, Any]:
    try:
        given = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ArgumentError(f"{verb.words}: the body is no JSON ({error}).") from None
    if not isinstance(given, dict):
        raise ArgumentError(f"{verb.words}: the body is no JSON object of arguments.")
    return given


async def _form(
    verb: Verb, request: Request, folder: Folder, about: dict[str, str]
) -> tuple[dict[str, Any], dict[str, str], Uploaded]:
    """A form: JSON in the field `arguments`, files in fields named for parameters; each is moved to its place."""
    given: dict[str, Any] = {}
    uploaded = Uploaded()
    try:
        form = await request.form(max_files=10_000, max_fields=100, max_part_size=JSON_BYTES)
    except HTTPException as error:
        raise ArgumentError(f"{verb.words}: the form cannot be read ({error.detail}).") from None
    async with _closing(form) as fields:
        for name, value in fields:
            if isinstance(value, UploadFile):
                files = uploaded.files.setdefault(name, {})
                sent = value.filename or name
                if name not in arguments.travels(verb):
                    raise ArgumentError(f'{verb.words}: takes no file "{name}".')
                if sent in files:
                    raise ArgumentError(f'{verb.words}: two files "{sent}" came in the field "{name}".')
                files[sent] = folder.place_sent(name, sent)
                await run_in_threadpool(_moved, value, files[sent])
            elif name == "arguments":
                given = _object(verb, value.encode())
            else:
                raise ArgumentError(f'{verb.words}: "{name}" is no file. Put it into the JSON of "arguments".')
    return given, about, uploaded


class _closing:
    """The fields of a form, whose temporary files are closed afterwards."""

    def __init__(self, form: Any) -> None:
        self.form = form

    async def __aenter__(self) -> list[tuple[str, Any]]:
        return list(self.form.multi_items())

    async def __aexit__(self, *_: object) -> None:
        await self.form.close()


def _moved(upload: UploadFile, target: Path) -> None:
    with target.open("xb") as out:
        while chunk := upload.file.read(CHUNK):
            out.write(chunk)


def _wait_of(text: str | None) -> float:
    try:
        wait = float(text or 0)
    except ValueError:
        wait = -1
    if not 0 <= wait <= WAIT_AT_MOST_S:
        raise ArgumentError(f"wait={text}: expected 0 to {WAIT_AT_MOST_S:g} seconds.")
    return wait


async def _as_job(
    served: Served, workspace: Workspace, verb: Verb, taken: dict[str, Any], key: str | None, folder: Folder,
    wait: float, request: Request,
) -> Response:  # fmt: skip
    """Leave long work as a job, and hold the line for its end as long as the caller is ready to."""
    queued = await run_in_threadpool(workspace.call, verb.name, **taken, idempotency_key=key, later=True)
    job = int(queued["job"])
    (folder.path / "job.json").write_text(json.dumps({"job": job}), encoding="utf-8")
    headers = {"Location": f"{ROOT}/jobs/{job}/result", "Corecar-Files": f"{ROOT}/calls/{folder.number}/files"}
    facts = await _ended(workspace, job, wait, request)
    if facts["facts"]["state"] not in ENDED:
        body = {"said": f"job {job} is {facts['facts']['state']}.", "job": job, "call": folder.number}
        return JSONResponse(body, HTTPStatus.ACCEPTED, headers)
    return await run_in_threadpool(_of_job, served, facts, folder, headers)


async def _ended(workspace: Workspace, job: int, wait: float, request: Request) -> dict[str, Any]:
    """A job's facts once it has ended, or the caller has gone or waited long enough."""
    loop = asyncio.get_running_loop()
    until = loop.time() + wait
    while True:
        facts: dict[str, Any] = await run_in_threadpool(workspace.call, "jobs_show", job=job)
        if facts["facts"]["state"] in ENDED or loop.time() >= until or await request.is_disconnected():
            return facts
        await asyncio.sleep(LOOK_EVERY_S)


def _of_job(served: Served, facts: dict[str, Any], folder: Folder | None, headers: dict[str, str]) -> Response:
    """What a job answered, in the callers' names of files; what it failed of, as a problem."""
    state, error = facts["facts"]["state"], facts["facts"]["error"]
    if folder is not None:
        folder.forget_sent(quarantined_paths(served.store.catalogue))
        if not folder.returned():
            headers = {name: value for name, value in headers.items() if name != "Corecar-Files"}
    if state != "done":
        kind = "Cancelled" if state == "cancelled" else "CorecarError"
        status = 409 if state == "cancelled" else 422
        detail = served.spool.renamed(error or f"the job is {state}")
        return problem(status, detail, kind=kind, job=facts["facts"]["job"])
    return JSONResponse(_named(served.spool, facts["result"]), headers=headers)


def _result(served: Served) -> Callable[..., Awaitable[Response]]:
    async def result(request: Request, job: int, wait: float = 0, call: str | None = None) -> Response:
        async def work() -> Response:
            proven = await run_in_threadpool(caller, request, served.store.catalogue)
            held = _wait_of(str(wait))
            folder = None if call is None else served.spool.of(call, proven.person)
            facts = await _ended(served.workspace(proven), job, held, request)
            row = facts["facts"]
            if row["state"] not in ENDED:
                told = {name: row[name] for name in ("job", "state", "done", "what")}
                return JSONResponse(answers.json_ready(told), HTTPStatus.ACCEPTED)
            files = {} if folder is None else {"Corecar-Files": f"{ROOT}/calls/{folder.number}/files"}
            return await run_in_threadpool(_of_job, served, facts, folder, files)

        return await _guarded(work)

    return result


def _files(served: Served) -> Callable[..., Awaitable[Response]]:
    async def files(request: Request, number: str) -> Response:
        async def work() -> Response:
            proven = await run_in_threadpool(caller, request, served.store.catalogue)
            folder = served.spool.of(number, proven.person)
            if not folder.returned():
                raise NotFound("this call wrote no files, or is not done yet.")
            return FileResponse(await run_in_threadpool(folder.zipped), media_type="application/zip")

        return await _guarded(work)

    return files


async def _gone(request: Request, error: Exception) -> Response:
    """Whoever asked has broken the connection off, mostly amid an upload: nobody reads this, and nothing is wrong."""
    return Response(status_code=499)


async def _http_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    response = problem(error.status_code, str(error.detail))
    response.headers.update(error.headers or {})
    return response


async def _fault(request: Request, error: Exception) -> Response:
    return problem(500, "the server could not do this, and has written down why. Tell whoever keeps it.")


def _description(verb: Verb) -> str:
    doc = (verb.load().__doc__ or "").split(">>>")[0]
    return "\n".join(line.strip() for line in doc.split("\n")).strip()


def _refusals() -> dict[int | str, dict[str, Any]]:
    schema = {"$ref": "#/components/schemas/Problem"}
    said = {401: "Nobody is logged in.", 403: "Not allowed.", 404: "Not there.", 409: "Does not fit what is there.",
            413: "Too large.", 422: "Cannot be done as asked.", 501: "A package is missing.", 503: "Out of reach.",
            507: "Could not be written."}  # fmt: skip
    return {
        status: {"description": text, "content": {"application/problem+json": {"schema": schema}}}
        for status, text in said.items()
    }


ANSWER: dict[str, Any] = {
    "description": "What the verb answers: `said` is a sentence, `rows` a table, `facts` labels and values.",
    "content": {
        "application/json": {
            "schema": {"$ref": "#/components/schemas/Answer"},
            "example": {"said": "SIM00001 is on hold.", "lot": "SIM00001", "state": "hold"},
        }
    },
}


def _responses(verb: Verb) -> dict[int | str, dict[str, Any]]:
    found = {200: ANSWER, **_refusals()}
    if verb.is_job:
        queued = {"said": "job 7 is queued.", "job": 7, "call": "0" * 32}
        content = {"application/json": {"schema": {"$ref": "#/components/schemas/Answer"}, "example": queued}}
        found[202] = {"description": "It is a job now; Location is where its result will be.", "content": content}
    return found


def _extra(verb: Verb) -> dict[str, Any]:
    told = arguments.openapi_of(verb, in_query=is_get(verb))
    more = [
        {"name": "Idempotency-Key", "in": "header", "required": False, "schema": {"type": "string", "maxLength": 100},
         "description": "A name for this very call: given again, the first answer comes back."}
    ] if verb.writes else []  # fmt: skip
    if verb.is_job:
        more.append({"name": "wait", "in": "query", "required": False, "description": "Seconds to hold the line.",
                     "schema": {"type": "number", "minimum": 0, "maximum": WAIT_AT_MOST_S}})  # fmt: skip
    elif verb.table:
        more += [
            {"name": "per_page", "in": "query", "required": False, "description": "Rows of a page.",
             "schema": {"type": "integer", "minimum": 1, "maximum": answers.LARGEST_PAGE}},
            {"name": "cursor", "in": "query", "required": False, "schema": {"type": "string"},
             "description": "Of the page wanted, from the Link of the page before."},
        ]  # fmt: skip
    return told | {"parameters": [*told.get("parameters", []), *more]}


def _openapi(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema:
        return app.openapi_schema
    schema = get_openapi(title=app.title, version=app.version, routes=app.routes, description=ABOUT)
    parts = schema.setdefault("components", {})
    shapes = parts.setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        shapes.pop(unused, None)
    shapes["Problem"] = {
        "type": "object",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"},
            "detail": {"type": "string"}, "kind": {"type": "string"},
            "faults": {"type": "array", "items": {"type": "string"}},
        },
    }  # fmt: skip
    shapes["Answer"] = {"description": "An object, a list of rows, or a text."}
    shapes["Pick"] = arguments.Pick.model_json_schema()
    parts["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer", "description": "A token of `corecar tokens add`."},
        "session": {"type": "apiKey", "in": "cookie", "name": "corecar_session"},
    }
    schema["security"] = [{"token": []}, {"session": []}]
    app.openapi_schema = schema
    return schema


ABOUT = (
    "The verbs of a Corecar workspace over HTTP. The same verbs are methods of a workspace in Python and commands of "
    "`corecar`; their names, parameters and answers are the same everywhere."
)
