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
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args, get_origin

from corecar.bridge import access, audited, jobs
from corecar.bridge.access import Actor
from corecar.bridge.calls import AtLeast, Call, Report, Stopped
from corecar.bridge.claimed_jobs import run_new
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
    """Hold the arguments against the verb's signature. Raises ArgumentError for one too many, too few or unknown."""
    known = {parameter.name: parameter for parameter in parameters_of(function)}
    for name in arguments:
        if name not in known:
            raise ArgumentError(f'{verb.words} has no "{name}". It takes: {", ".join(known) or "nothing"}.')
    for name, parameter in known.items():
        if parameter.default is parameter.empty and name not in arguments:
            raise ArgumentError(f'{verb.words} needs "{name}". It takes: {", ".join(known)}.')
        if name in arguments:
            _check_storable(verb, parameter, arguments[name])
            _check_word(verb, parameter, arguments[name])
            _check_least(verb, parameter, arguments[name])


def _check_storable(verb: Verb, parameter: inspect.Parameter, value: Any) -> None:
    """Raises ArgumentError for what no database takes: text that is no Unicode, save a path, and overlong numbers."""
    if isinstance(value, int) and not -(1 << 63) <= value < 1 << 63:
        raise ArgumentError(f"{verb.words}: {parameter.name}={value}: there is no such number here.")
    if isinstance(value, str) and "Path" not in str(parameter.annotation):
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise ArgumentError(f"{verb.words}: {parameter.name} is no text in UTF-8. Give it in UTF-8.") from error


def _check_word(verb: Verb, parameter: inspect.Parameter, value: Any) -> None:
    """Where a parameter is one of some words, no other is let through. Raises ArgumentError."""
    kind = get_args(parameter.annotation)[0] if get_origin(parameter.annotation) is Annotated else parameter.annotation
    choices = [kind, *get_args(kind)]
    words = next((get_args(one) for one in choices if get_origin(one) is Literal), None)
    if words is not None and value is not None and value not in words:
        raise ArgumentError(f'{verb.words}: {parameter.name}="{value}": expected one of {", ".join(words)}.')


def _check_least(verb: Verb, parameter: inspect.Parameter, value: Any) -> None:
    """Where a parameter has a smallest number, none below it is let through. Raises ArgumentError."""
    for least in getattr(parameter.annotation, "__metadata__", ()):
        if isinstance(least, AtLeast) and value is not None and not value >= least.value:
            raise ArgumentError(f"{verb.words}: {parameter.name}={value}: expected at least {least.value:g}.")


def _nobody_told(done: int, total: int, what: str) -> None:
    pass


def _never() -> bool:
    return False
