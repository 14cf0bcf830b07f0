"""The one way in: every call of a verb on a workspace passes here, whatever face it came from.

In this order, and in this place only: the arguments are held against the verb's signature, the actor is found, the
permission checked, the transaction opened, a repeated call recognised by its idempotency key, the verb run, the audit
row written.
"""

from __future__ import annotations

import inspect
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from corecar.bridge import access, audited, jobs
from corecar.bridge.access import Actor
from corecar.bridge.calls import Call, Report, Stopped
from corecar.bridge.claimed_jobs import run_new
from corecar.bridge.kinds_of_values import hold_against
from corecar.bridge.verbs import Verb
from corecar.errors import AccessDenied, ArgumentError

if TYPE_CHECKING:
    from corecar.bridge.workspace import Workspace

Answer = Any


def parameters_of(function: Callable[..., Answer]) -> list[inspect.Parameter]:
    """What a caller gives to a verb: all but the call itself."""
    return list(inspect.signature(function, eval_str=True).parameters.values())[1:]


def call(
    workspace: Workspace,
    verb: Verb,
    arguments: Mapping[str, Any],
    *,
    idempotency_key: str | None = None,
    report: Report | None = None,
    stopped: Stopped | None = None,
    later: bool = False,
) -> Answer:
    """Call a verb on a workspace.

    arguments        by name, as the verb's signature has them
    idempotency_key  a name for this very call: given again, the first answer comes back and nothing is done twice
    report           told of progress
    stopped          asked now and then whether to stop
    later            leave a long verb as a job for `jobs_work` instead of doing it now
    Raises           ArgumentError, AccessDenied, Conflict for a key that was used for another call or whose call is
    running, and what the verb raises
    """
    function = verb.load()
    given = dict(arguments)
    store = workspace.store
    actor = _actor(workspace, verb, given)
    tell, asked = report or _nobody_told, stopped or _never
    now = datetime.now(UTC)
    this = audited.Asked(store, verb, actor, idempotency_key or uuid.uuid4().hex, given)
    with audited.refusals(this):
        access.require(actor, verb)
        _check_arguments(verb, function, arguments)
        if later:
            return audited.in_one(this, lambda session: jobs.queue(session, verb, actor, given))
        if verb.writes and not verb.many:
            return audited.in_one(
                this, lambda session: function(Call(actor, store, now, tell, asked, session), **given)
            )
    if not verb.writes and verb.span != "long":
        with store.catalogue.reading() as session:
            return function(Call(actor, store, now, tell, asked, session), **given)

    def work(report: Report, stopped: Stopped, job: int | None = None) -> Answer:
        return function(Call(actor, store, now, report, stopped, job=job), **given)

    if verb.writes:
        return audited.in_pieces(this, work, tell, asked)
    kept_as_job = verb.is_job and not store.catalogue.is_read_only
    return run_new(store, verb, actor, given, work, tell, asked) if kept_as_job else work(tell, asked)


def _actor(workspace: Workspace, verb: Verb, given: dict[str, Any]) -> Actor:
    """Who calls. Raises AccessDenied for somebody whom nobody knows, and leaves the name that was given on record."""
    try:
        with workspace.store.catalogue.reading() as session:
            return replace(access.actor_of(session, workspace.actor), scopes=workspace.scopes)
    except AccessDenied as error:
        audited.note_stranger(workspace.store, verb, workspace.actor or access.local_name(), given, error)
        raise


def _check_arguments(verb: Verb, function: Callable[..., Answer], arguments: Mapping[str, Any]) -> None:
    """Hold the arguments against the verb's signature. Raises ArgumentError for one too many, too few, unknown,
    or of another kind."""
    known = {parameter.name: parameter for parameter in parameters_of(function)}
    for name in arguments:
        if name not in known:
            raise ArgumentError(f'{verb.words} has no "{name}". It takes: {", ".join(known) or "nothing"}.')
    for name, parameter in known.items():
        if parameter.default is parameter.empty and name not in arguments:
            raise ArgumentError(f'{verb.words} needs "{name}". It takes: {", ".join(known)}.')
        if name in arguments:
            hold_against(verb.words, parameter, arguments[name])


def _nobody_told(done: int, total: int, what: str) -> None:
    pass


def _never() -> bool:
    return False
