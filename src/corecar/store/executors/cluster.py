"""A cluster of dask.distributed as an executor, and who may talk to it.

Whoever reaches a scheduler can run any code on its workers, so without certificates only this machine may be meant.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import platform
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent import futures
from concurrent.futures import Future, InvalidStateError
from contextlib import contextmanager, suppress
from functools import partial
from importlib.metadata import version
from typing import Any, ParamSpec, TypeVar
from urllib.parse import urlsplit
from weakref import WeakSet

from corecar.errors import ArgumentError, DependencyMissing, ExecutorError
from corecar.store.executors.crew import Crew

P = ParamSpec("P")
T = TypeVar("T")

CERTIFICATES = {
    "CORECAR_TLS_CA": "tls_ca_file",
    "CORECAR_TLS_CERT": "tls_client_cert",
    "CORECAR_TLS_KEY": "tls_client_key",
}
"""Setting -> what dask calls it; one that is not set is taken from dask's own configuration."""

PLAIN = "CORECAR_CLUSTER_PLAIN"
"""Set to 1, this allows tcp:// to other machines, in a network where everybody may run everything."""

CONNECT_S = 15
"""How long the scheduler may take to answer, and then a first worker to join."""

COUNT_AGE_S = 5.0
"""How old the known number of workers may be."""


class Cluster(Crew):
    """Tasks go to the workers of a scheduler; a worker's death is met by the scheduler, which tries elsewhere.

    address   `tls://host:port` or `tcp://host:port`
    settings  as `open_executor` takes them
    Raises    as `open_executor`
    """

    def __init__(self, address: str, settings: Mapping[str, str]) -> None:
        _check(address, settings)
        self._address = address
        self._under_way: WeakSet[Future[Any]] = WeakSet()
        self._client = _connected(address, settings)
        try:
            with _translated(address):
                self._client.wait_for_workers(1, timeout=CONNECT_S)
                _check_versions(address, self._client.run(_versions))
            self._counted_at = -COUNT_AGE_S
            self._workers = 1
        except BaseException:
            self._client.close()
            raise

    @property
    def workers(self) -> int:
        if time.monotonic() - self._counted_at >= COUNT_AGE_S:
            with _translated(self._address):
                self._workers = max(1, sum(self._client.nthreads().values()))
            self._counted_at = time.monotonic()
        return self._workers

    def submit(self, function: Callable[P, T], /, *arguments: P.args, **named: P.kwargs) -> Future[T]:
        """As any executor; the same call twice is two tasks.

        When the connection breaks off the future counts as cancelled. (The executor that dask offers leaves a future
        without an end when that happens while its result is being fetched.)
        """
        with _translated(self._address):
            there = self._client.submit(function, *arguments, pure=False, **named)
        future: Future[T] = Future()
        future.add_done_callback(partial(_take_back, there))
        self._under_way.add(future)
        self._client.loop.add_callback(_settle, there, future)
        return future

    def deaths(self, error: BaseException) -> int:
        """All that the scheduler has counted before it gave the task up."""
        from distributed.scheduler import KilledWorker

        return error.allowed_failures + 1 if isinstance(error, KilledWorker) else super().deaths(error)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """As any executor; the scheduler and its workers stay. Tasks that were cancelled are not waited for."""
        if wait:
            futures.wait(set(self._under_way))
        self._client.close()


def _take_back(there: Any, here: Future[Any]) -> None:
    """Cancel in the cluster what was cancelled here, and let those know who wait for it."""
    if here.cancelled():
        here.set_running_or_notify_cancel()
        if not there.done():
            there.cancel()


async def _settle(there: Any, here: Future[Any]) -> None:
    """Give a future of this process the end that the one of the cluster comes to."""
    finish: Callable[[], object]
    try:
        finish = partial(here.set_result, await there)
    except BaseException as error:
        finish = partial(here.set_exception, error) if there.status == "error" else here.cancel
    with suppress(InvalidStateError):  # cancelled here at the same moment
        finish()


def _check(address: str, settings: Mapping[str, str]) -> None:
    """Whether the address is one, and may be talked to in that way."""
    place = urlsplit(address)
    try:
        complete = bool(place.hostname and place.port)
    except ValueError:
        complete = False
    if place.scheme not in ("tls", "tcp") or not complete:
        raise ArgumentError(f"{address!r} is no address of a scheduler. Write it as tls://host:port.")
    if place.scheme == "tcp" and not _is_here(place.hostname or "") and settings.get(PLAIN) != "1":
        raise ArgumentError(
            f"{address}: without TLS anybody in that network could run code on the workers. Use tls:// with "
            f"certificates; where the network itself keeps others out, {PLAIN}=1 allows this."
        )


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _connected(address: str, settings: Mapping[str, str]) -> Any:
    try:
        from distributed import Client
    except ImportError as error:
        raise DependencyMissing(
            f"{address} needs distributed, which cannot be imported ({error}). "
            "Install it with: pip install 'corecar[cluster]'"
        ) from error
    logging.getLogger("distributed.client").addFilter(_tells_more_than_we_do)
    security = _security(address, settings) if address.startswith("tls:") else None
    with _translated(address):
        return Client(address, security=security, timeout=CONNECT_S, set_as_default=False)


def _tells_more_than_we_do(record: logging.LogRecord) -> bool:
    """Not the traceback of a connection that broke off, which arrives as ExecutorError."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, OSError | asyncio.CancelledError)


def _security(address: str, settings: Mapping[str, str]) -> Any:
    """Certificates from the settings, else from dask's configuration."""
    from distributed.security import Security

    given = {name: settings[setting] for setting, name in CERTIFICATES.items() if settings.get(setting)}
    try:
        security = Security(require_encryption=True, **given)
        context = security.get_connection_args("client").get("ssl_context")
    except OSError as error:
        raise ArgumentError(
            f"{address}: the certificates cannot be used: {error}. {', '.join(CERTIFICATES)} name PEM files."
        ) from error
    if context is None:
        raise ArgumentError(f"{address} needs certificates. Set {', '.join(CERTIFICATES)} to their PEM files.")
    return security


@contextmanager
def _translated(address: str) -> Iterator[None]:
    """What distributed raises about the connection, as ours."""
    from distributed.client import ClosedClientError

    try:
        yield
    except (OSError, ClosedClientError) as error:
        raise ExecutorError(
            f"{address}: {error or type(error).__name__}. See that the scheduler and at least one worker run "
            "there, and that all certificates are of one authority."
        ) from error
    except ModuleNotFoundError as error:
        raise ExecutorError(f"{address}: a worker says: {error}. Install the same Corecar on every worker.") from error


def _versions() -> tuple[str, str]:
    """Corecar and Python, as a worker has them."""
    return (version("corecar"), ".".join(platform.python_version_tuple()[:2]))


def _check_versions(address: str, found: Mapping[str, tuple[str, str]]) -> None:
    here = _versions()
    for worker, there in found.items():
        if there != here:
            raise ExecutorError(
                f"{address}: worker {worker} has Corecar {there[0]} on Python {there[1]}, here it is {here[0]} on "
                f"{here[1]}. Install the same on every worker."
            )
