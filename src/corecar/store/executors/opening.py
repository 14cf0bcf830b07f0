"""From `inline`, `processes:4` or `tls://host:port` to an executor that is ended at the end of its block."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from corecar.errors import ArgumentError
from corecar.store.executors.crew import Crew, Inline

CLUSTER = "CORECAR_CLUSTER"
"""The one setting that says where work is done."""

FORMS = "inline, processes, processes:N, tls://host:port or tcp://host:port"


@contextmanager
def open_executor(
    spec: str | None = None, workers: int | None = None, *, settings: Mapping[str, str] | None = None
) -> Iterator[Crew]:
    """An executor for the block below: this process, processes of this machine, or a cluster.

    spec      `inline`, `processes`, `processes:4`, `tls://host:port`, `tcp://host:port`; CORECAR_CLUSTER unless given,
              else `processes`
    workers   number of processes; as many as there are processors unless given
    settings  CORECAR_CLUSTER, CORECAR_TLS_CA, CORECAR_TLS_CERT, CORECAR_TLS_KEY, CORECAR_CLUSTER_PLAIN; the environment
              unless given
    Raises    ArgumentError for anything else, a missing certificate, or tcp:// to another machine; DependencyMissing
              without `corecar[cluster]`; ExecutorError when the cluster cannot be reached or used.

    The block may end in two ways. Without an error, tasks under way are finished first. With one (also Ctrl-C) they
    are broken off: what a task writes must appear whole or not at all.

    >>> with open_executor("inline") as executor:
    ...     executor.submit(abs, -7).result()
    7
    """
    executor = _opened(spec, workers, os.environ if settings is None else settings)
    try:
        yield executor
    except BaseException:
        executor.close(hurry=True)
        raise
    else:
        executor.close(hurry=False)


def _opened(spec: str | None, workers: int | None, settings: Mapping[str, str]) -> Crew:
    wanted = (spec or settings.get(CLUSTER) or "processes").strip()
    kind, _, number = wanted.partition(":")
    if "://" in wanted:
        _refuse_workers(wanted, workers)
        from corecar.store.executors.cluster import Cluster

        return Cluster(wanted, settings)
    if wanted == "inline":
        _refuse_workers(wanted, workers)
        return Inline()
    if kind == "processes":
        from corecar.store.executors.processes import Processes, processors

        return Processes(_count(wanted, number) if number else _at_least_one(workers, processors()))
    raise ArgumentError(f"{wanted!r} names no executor. Use {FORMS}.")


def _refuse_workers(wanted: str, workers: int | None) -> None:
    if workers is not None:
        raise ArgumentError(f"workers={workers}: {wanted} has its own number of workers. Leave it out.")


def _count(wanted: str, number: str) -> int:
    if not number.isascii() or not number.isdigit() or int(number) < 1:
        raise ArgumentError(f"{wanted!r}: a number of processes from 1 was expected after the colon, as processes:4.")
    return int(number)


def _at_least_one(workers: int | None, otherwise: int) -> int:
    if workers is not None and workers < 1:
        raise ArgumentError(f"workers={workers}: at least one process is needed. Leave it out for one per processor.")
    return workers or otherwise
