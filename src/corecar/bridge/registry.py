"""The one way in: every call of a verb on a workspace passes here, whatever face it came from.

In this order, and in this place only: the arguments are held against the verb's signature, the actor is found, the
permission checked, the transaction opened, a repeated call recognised by its idempotency key, the verb run, the audit
row written.
"""

from __future__ import annotations

import inspect
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args, get_origin

from sqlalchemy import select
from sqlalchemy.orm import Session

from corecar.bridge import access, jobs
from corecar.bridge.access import Actor
from corecar.bridge.calls import AtLeast, Call, Report, Stopped, Store
from corecar.bridge.plain import plain
from corecar.bridge.verbs import Verb
from corecar.errors import AccessDenied, ArgumentError, Cancelled, CatalogueError, Conflict, CorecarError, NotFound
from corecar.store.models import Audit

if TYPE_CHECKING:
    from corecar.bridge.workspace import Workspace

Answer = Any
REFUSALS = (AccessDenied, ArgumentError, Conflict, NotFound)
RACES = 5
"""How often a call is tried again when somebody else added the same row first."""


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
    Raises           ArgumentError, AccessDenied, Conflict for a key that was used for another call, and what the verb
    raises
    """
    function = verb.load()
    given = dict(arguments)
    store = workspace.store
    with store.catalogue.reading() as session:
        actor = access.actor_of(session, workspace.actor)
    tell, asked = report or _nobody_told, stopped or _never
    now = datetime.now(UTC)
    key = idempotency_key or uuid.uuid4().hex
    with _trace_of_refusal(store, verb, actor, given):
        access.require(actor, verb.permission, verb.words)
        _check_arguments(verb, function, arguments)
        if later:
            return _one(store, verb, actor, key, given, lambda session: jobs.queue(session, verb, actor, given))
        if verb.writes and not verb.many:
            return _one(
                store,
                verb,
                actor,
                key,
                given,
                lambda session: function(Call(actor, store, now, tell, asked, session), **given),
            )
    if not verb.writes and verb.span != "long":
        with store.catalogue.reading() as session:
            return function(Call(actor, store, now, tell, asked, session), **given)

    def work(report: Report, stopped: Stopped) -> Answer:
        return function(Call(actor, store, now, report, stopped), **given)

    def run() -> Answer:
        return jobs.run_new(store, verb, actor, given, work, tell, asked) if verb.is_job else work(tell, asked)

    return _many(store, verb, actor, key, given, run) if verb.writes else run()


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
            _check_word(verb, parameter, arguments[name])
            _check_least(verb, parameter, arguments[name])


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


def _one(
    store: Store, verb: Verb, actor: Actor, key: str, given: dict[str, Any], work: Callable[[Session], Answer]
) -> Answer:
    """The verb, its audit row and its answer in one transaction."""

    def whole(session: Session) -> Answer:
        earlier = _earlier(session, verb, actor, key, given)
        if earlier is not None:
            return earlier.result
        answer = work(session)
        session.add(_audit(verb, actor, key, given, outcome="done", result=plain(answer)))
        return answer

    for _ in range(RACES):
        try:
            return store.catalogue.write(whole)
        except CatalogueError as error:
            if not error.conflict:
                raise
    return store.catalogue.write(whole)


def _many(
    store: Store, verb: Verb, actor: Actor, key: str, given: dict[str, Any], work: Callable[[], Answer]
) -> Answer:
    """A verb that commits piece by piece: its audit row stands as running until it ends."""

    def begin(session: Session) -> tuple[int, Answer]:
        earlier = _earlier(session, verb, actor, key, given)
        if earlier is None:
            earlier = _audit(verb, actor, key, given, outcome="running", result=None)
            session.add(earlier)
            session.flush()
        return earlier.id, earlier.result

    row, known = store.catalogue.write(begin)
    if known is not None:
        return known
    try:
        answer = work()
    except BaseException as error:
        outcome = "failed" if isinstance(error, CorecarError) and not isinstance(error, Cancelled) else "stopped"
        _end(store, row, outcome=outcome, error=str(error))
        raise
    _end(store, row, outcome="done", result=plain(answer))
    return answer


def _end(store: Store, row: int, **columns: Any) -> None:
    """Say in an audit row how the call ended; a failure to say so never hides the failure itself."""

    def end(session: Session) -> None:
        audit = session.get_one(Audit, row)
        audit.ended_at = datetime.now(UTC)
        for name, value in columns.items():
            setattr(audit, name, value)

    try:
        store.catalogue.write(end)
    except CatalogueError:
        if columns["outcome"] == "done":
            raise


def _earlier(session: Session, verb: Verb, actor: Actor, key: str, given: dict[str, Any]) -> Audit | None:
    """The audit row of the same call, made before. Raises Conflict when the key stands for another call."""
    found = session.scalar(
        select(Audit).where(Audit.by_id == actor.person_id, Audit.verb == verb.name, Audit.idempotency_key == key)
    )
    if found is not None and found.arguments != plain(given):
        raise Conflict(f'{verb.words}: the idempotency key "{key}" was used with other arguments. Choose a new key.')
    return found


def _audit(verb: Verb, actor: Actor, key: str | None, given: dict[str, Any], **columns: Any) -> Audit:
    now = datetime.now(UTC)
    ended = None if columns.get("outcome") == "running" else now
    return Audit(
        verb=verb.name,
        arguments=plain(given),
        idempotency_key=key,
        at=now,
        ended_at=ended,
        by_id=actor.person_id,
        owner_id=actor.party_id,
        **columns,
    )


@contextmanager
def _trace_of_refusal(store: Store, verb: Verb, actor: Actor, given: dict[str, Any]) -> Iterator[None]:
    """Leave an audit row of a call that was refused or failed; where even that fails, the error itself matters more."""
    try:
        yield
    except Exception as error:
        if verb.writes:
            outcome = "refused" if isinstance(error, REFUSALS) else "failed"
            row = _audit(verb, actor, None, given, outcome=outcome, result=None, error=str(error))
            with suppress(CatalogueError):
                store.catalogue.write(lambda session: session.add(row), wait_s=1)
        raise


def _nobody_told(done: int, total: int, what: str) -> None:
    pass


def _never() -> bool:
    return False
