"""A workspace on a server, with the same verbs: `corecar.connect` and `corecar --server`.

Files that a verb takes are sent along, files that it writes are fetched and put where they were asked for. Long work is
a job of the server: its progress is told here, and stopping here stops it there.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, suppress
from datetime import date, datetime
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, get_args
from urllib.parse import urlsplit
from zipfile import ZipFile

from corecar import errors
from corecar.bridge.answered import answered
from corecar.bridge.arguments_by_name import by_name, verb_called
from corecar.bridge.calls import Report, Stopped
from corecar.bridge.registry import parameters_of
from corecar.bridge.travel import OnServer, Returned, Sent
from corecar.bridge.verbs import WORKSPACE_VERBS, Verb
from corecar.errors import AccessDenied, ArgumentError, CatalogueError, CorecarError, DependencyMissing, OutputError

if TYPE_CHECKING:
    import httpx2

TOKEN = "CORECAR_TOKEN"
"""The environment variable that holds the token of a server."""
ROOT = "/api/v1"
WAIT_S = 20.0
"""How long one request for a job's end holds the line [s]."""
TIMEOUT_S = 60.0
COMPANION = ".toml"
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?[+-]\d\d:\d\d")
"""A moment as the server writes it."""


class Remote:
    """A workspace on a server. Made by `corecar.connect`; every verb of the registry is called as a method."""

    def __init__(self, http: httpx2.Client, url: str) -> None:
        self._http = http
        self.url = url

    def __repr__(self) -> str:
        return f"<Remote {self.url}>"

    def __getattr__(self, name: str) -> Callable[..., Any]:
        verb = WORKSPACE_VERBS.get(name)
        if verb is None:
            raise AttributeError(f'a workspace has no verb "{name}". It has: {", ".join(WORKSPACE_VERBS)}.')

        def bound(*positional: Any, **named: Any) -> Any:
            return self.call(name, *positional, **named)

        bound.__doc__ = verb.load().__doc__
        bound.__name__ = name
        return bound

    def __dir__(self) -> list[str]:
        return sorted([*super().__dir__(), *WORKSPACE_VERBS])

    def __enter__(self) -> Remote:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give back the connections."""
        self._http.close()

    def call(
        self,
        name: str,
        /,
        *positional: Any,
        idempotency_key: str | None = None,
        report: Report | None = None,
        stopped: Stopped | None = None,
        later: bool = False,
        **named: Any,
    ) -> Any:
        """Call a verb by name, as a workspace in this process does."""
        verb = verb_called(name)
        given = by_name(verb.words, verb.load(), positional, named)
        key = idempotency_key or (secrets.token_hex(16) if verb.writes else None)
        answer, files = self._asked(verb, given, key, report, stopped, later)
        if files is not None:
            self._fetch(files, _places(verb, given))
        return answered(name, answer)

    def _asked(
        self, verb: Verb, given: Mapping[str, Any], key: str | None, report: Report | None, stopped: Stopped | None,
        later: bool,
    ) -> tuple[Any, str | None]:  # fmt: skip
        """What a verb answers, and where the files are that it wrote."""
        headers = {} if key is None else {"Idempotency-Key": key}
        path = f"{ROOT}/{verb.name.replace('_', '-')}"
        travels = _travels(verb)
        if not verb.writes and verb.span != "long" and not travels:
            return _answered(self._send("GET", path, params=_query(given), headers=headers))
        for name in given.keys() & travels.keys():
            if isinstance(travels[name], OnServer):
                raise ArgumentError(f"{verb.words}: {name} is a place on the server. Call this there.")
        if verb.is_job:
            headers["Prefer"] = "respond-async"
        with ExitStack() as opened:
            body, parts = _packed(given, travels)
            if parts:
                sent = [
                    (name, (sent, opened.enter_context(path.open("rb")), "application/octet-stream"))
                    for name, sent, path in parts
                ]
                told = {"data": {"arguments": json.dumps(body)}, "files": sent}
            else:
                told = {"json": body}
            response = self._send("POST", path, headers=headers, **told)
        if response.status_code != 202 or later:
            return _answered(response)
        return self._awaited(response, report, stopped)

    def _awaited(
        self, queued: httpx2.Response, report: Report | None, stopped: Stopped | None
    ) -> tuple[Any, str | None]:
        """The answer of a job, once it has ended; its progress is told meanwhile."""
        job, number = queued.json()["job"], queued.json()["call"]
        asked = False
        while True:
            wait = 0.5 if report is not None or stopped is not None else WAIT_S
            try:
                response = self._send("GET", f"{ROOT}/jobs/{job}/result", params={"wait": wait, "call": number})
            except KeyboardInterrupt:
                self._cancel(job)
                raise
            if response.status_code != 202:
                return _answered(response)
            told = response.json()
            if report is not None and told.get("done"):
                report(int(float(str(told["done"]).rstrip("%"))), 100, told.get("what") or "")
            if stopped is not None and stopped() and not asked:
                asked = True
                self._cancel(job)

    def _cancel(self, job: int) -> None:
        with suppress(CorecarError):
            self._send("POST", f"{ROOT}/jobs-cancel", json={"job": job})

    def _fetch(self, address: str, places: Mapping[str, tuple[Path, bool]]) -> None:
        """Fetch what a call wrote, and put each result where it was asked for."""
        with tempfile.TemporaryDirectory() as folder:
            packed = Path(folder) / "back.zip"
            try:
                with self._http.stream("GET", address) as response:
                    if response.status_code != 200:
                        response.read()
                        _answered(response)
                    with packed.open("wb") as out:
                        for chunk in response.iter_bytes():
                            out.write(chunk)
            except _transport() as error:
                raise _unreachable(self.url, error) from error
            with ZipFile(packed) as archive:
                _unpack(archive, places)

    def _send(self, method: str, path: str, **how: Any) -> httpx2.Response:
        """One request, again where the connection broke and it is safe to repeat. Raises CatalogueError."""
        for last in (False, False, True):
            try:
                return self._http.request(method, path, **how)
            except _transport() as error:
                repeatable = method == "GET" or "Idempotency-Key" in how.get("headers", {})
                if last or not repeatable or "files" in how:
                    raise _unreachable(self.url, error) from error
                time.sleep(0.3)
        raise AssertionError("unreachable")


def connect(url: str, token: str | None = None) -> Remote:
    """Open a workspace on a server.

    url      its address, for example `https://corecar.example.com`
    token    what `corecar tokens add` printed; without it the environment variable CORECAR_TOKEN
    Raises   AccessDenied for no token, or one that does not hold; CatalogueError when the server is out of reach;
             DependencyMissing

    >>> house = corecar.connect("https://corecar.example.com")      # doctest: +SKIP
    >>> house.lots()                                               # doctest: +SKIP
    """
    try:
        import httpx2
    except ModuleNotFoundError as error:
        raise DependencyMissing(
            'a server needs a package more. Install it with: pip install "corecar[remote]"'
        ) from error
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ArgumentError(f'"{url}" is no address of a server. Write it like https://corecar.example.com')
    secret = token or os.environ.get(TOKEN)
    if not secret:
        raise AccessDenied(
            f"{url}: a token is needed. Set {TOKEN} to one that `corecar tokens add NAME` printed there."
        )
    base = url.rstrip("/")
    timeout = httpx2.Timeout(TIMEOUT_S, connect=10.0)
    headers = {"Authorization": f"Bearer {secret.strip()}", "Accept": "application/json"}
    return Remote(httpx2.Client(base_url=base, headers=headers, timeout=timeout), base)


def error_of(body: Mapping[str, Any]) -> CorecarError:
    """The error behind a problem that a server answered: of the same kind, with the same words."""
    kind = getattr(errors, str(body.get("kind")), CorecarError)
    detail = str(body.get("detail") or body.get("title") or "the server gave no reason")
    if not (isinstance(kind, type) and issubclass(kind, CorecarError)):
        kind = CorecarError
    again: CorecarError = kind.__new__(kind)
    again.args = (detail,)
    return again if str(again) == detail else CorecarError(detail)


def _answered(response: httpx2.Response) -> tuple[Any, str | None]:
    """The answer of a response, and where its files are. Raises what the server raised."""
    kind = response.headers.get("content-type", "").split(";")[0]
    if response.status_code >= 400:
        body = None
        with suppress(ValueError):  # an ArgumentError is one too, so nothing else stands in here
            body = response.json()
        if isinstance(body, dict):
            raise error_of(body)
        raise CatalogueError(
            f"{response.request.url}: answered {response.status_code} {response.reason_phrase}. Is this Corecar?"
        )
    if kind != "application/json":
        raise CatalogueError(f'{response.request.url}: answered "{kind}", not JSON. Is this a Corecar server?')
    return _moments(response.json()), response.headers.get("Corecar-Files")


def _moments(value: Any) -> Any:
    """A plain value with its moments as moments, as the same verb answers in one process."""
    if isinstance(value, str):
        return datetime.fromisoformat(value) if MOMENT.fullmatch(value) else value
    if isinstance(value, list):
        return [_moments(one) for one in value]
    if isinstance(value, dict):
        return {name: _moments(one) for name, one in value.items()}
    return value


def _transport() -> type[Exception]:
    import httpx2

    return httpx2.TransportError


def _unreachable(url: str, error: Exception) -> CatalogueError:
    reason = str(error) or type(error).__name__
    return CatalogueError(f"{url}: the server cannot be reached ({reason}). Check the address, and whether it runs.")


def _travels(verb: Verb) -> dict[str, Sent | Returned | OnServer]:
    """The parameters of a verb that name files, and how they travel."""
    found: dict[str, Sent | Returned | OnServer] = {}
    for parameter in parameters_of(verb.load()):
        for one in get_args(parameter.annotation)[1:]:
            if isinstance(one, (Sent, Returned, OnServer)):
                found[parameter.name] = one
    return found


def _query(given: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Arguments as the query of an address; what is not given is left out."""
    pairs = []
    for name, value in given.items():
        if value is not None:
            several = value if isinstance(value, (list, tuple)) else [value]
            pairs += [(name, _text(one)) for one in several]
    return pairs


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, date) else str(value)


def _json(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_json(one) for one in value]
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, PurePath) else value


def _packed(
    given: Mapping[str, Any], travels: Mapping[str, Sent | Returned | OnServer]
) -> tuple[dict[str, Any], list[tuple[str, str, Path]]]:
    """The arguments as JSON, and the files that go along: parameter, name in the form, path."""
    body: dict[str, Any] = {}
    parts: list[tuple[str, str, Path]] = []
    for name, value in given.items():
        kind = travels.get(name)
        if not isinstance(kind, Sent) or value is None:
            body[name] = _json(value)
            continue
        several = value if isinstance(value, (list, tuple)) else [value]
        picks = [_picked(name, number, one, kind, parts) for number, one in enumerate(several)]
        body[name] = picks if isinstance(value, (list, tuple)) else picks[0]
    return body, parts


def _picked(name: str, number: int, value: Any, kind: Sent, parts: list[tuple[str, str, Path]]) -> Any:
    """A file or folder of the caller as the server finds it in the form. Raises SourceMissing."""
    path = Path(value)
    if not path.exists():
        if kind.or_word:
            return str(value)
        raise errors.SourceMissing(path, "there is no such file.", advice="Check the path.")
    sent = f"{number}/{path.resolve().name}"
    if path.is_dir():
        parts += [(name, f"{sent}/{one.relative_to(path).as_posix()}", one) for one in _below(path)]
    else:
        parts.append((name, sent, path))
        beside = (path.with_name(path.name + COMPANION), path.with_suffix(COMPANION))
        for companion in dict.fromkeys(one for one in beside if one.is_file() and one != path):
            parts.append((name, f"{number}/{companion.name}", companion))
    return {"sent": sent, "name": str(value)}


def _below(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path


def _places(verb: Verb, given: Mapping[str, Any]) -> dict[str, tuple[Path, bool]]:
    """Where each result is wanted, and whether it is a folder."""
    return {
        name: (Path(given[name]), kind.folder)
        for name, kind in _travels(verb).items()
        if isinstance(kind, Returned) and given.get(name) is not None
    }


def _unpack(archive: ZipFile, places: Mapping[str, tuple[Path, bool]]) -> None:
    """Put what came back where it was asked for. Raises OutputError where something is there already."""
    for entry in archive.infolist():
        parameter, _, rest = entry.filename.partition("/")
        if parameter not in places:
            continue
        place, _ = places[parameter]
        inside = PurePath(rest).parts[1:]
        if ".." in inside or any(PurePath(part).is_absolute() for part in inside):
            raise OutputError(f"the server sent a file with the name {entry.filename!r}; nothing more was written.")
        target = place.joinpath(*inside)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            part = target.with_name(f"{target.name}.{secrets.token_hex(4)}.part")
            with archive.open(entry) as source, part.open("wb") as out:
                while chunk := source.read(1 << 20):
                    out.write(chunk)
            part.replace(target)
        except OSError as error:
            raise OutputError(f"{target}: cannot be written ({error.strerror}). Name another place.") from error
