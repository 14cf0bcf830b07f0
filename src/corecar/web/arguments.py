"""A request's query, JSON body or form as the arguments of a verb, held against its signature; and OpenAPI of them.

A form (`multipart/form-data`) carries files: its field `arguments` is the JSON, each other field is named for a
parameter and holds a file. Which of them are meant, and what the caller calls them, the field's file name says; an
argument `{"sent": "0/lot.stdf", "name": "/data/lot.stdf"}` picks one out, so that folders and companions can come too.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, reduce
from operator import or_
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from corecar.bridge.calls import AtLeast
from corecar.bridge.registry import parameters_of
from corecar.bridge.travel import OnServer, Returned, Sent
from corecar.bridge.verbs import Verb
from corecar.errors import ArgumentError
from corecar.web.spool import Folder

WORDS_ONLY = frozenset("/\\\0")
"""What no word has: a parameter that takes a word or a file is given a word unless a file was sent."""


class Pick(BaseModel):
    """One of the files that were sent. sent: its name in the form; name: what the caller calls it."""

    model_config = ConfigDict(extra="forbid")
    sent: str
    name: str | None = None


@dataclass(frozen=True)
class Travel:
    """How a parameter travels. several: it takes a list."""

    kind: Sent | Returned | OnServer
    several: bool


@dataclass
class Uploaded:
    """Files of a form, by parameter and the name they came under: where they lie now."""

    files: dict[str, dict[str, Path]] = field(default_factory=dict)


@cache
def takes_files(verb: Verb) -> bool:
    """Whether files can be sent along with a call of this verb."""
    return any(isinstance(travel.kind, Sent) for travel in travels(verb).values())


@cache
def travels(verb: Verb) -> Mapping[str, Travel]:
    """The parameters of a verb that name files."""
    found = {}
    for parameter in parameters_of(verb.load()):
        kind, *about = get_args(parameter.annotation)
        several = list in (get_origin(kind), *map(get_origin, get_args(kind)))
        for one in about:
            if isinstance(one, (Sent, Returned, OnServer)):
                found[parameter.name] = Travel(one, several)
    return found


@cache
def model_of(verb: Verb) -> type[BaseModel]:
    """The arguments of a verb as a model that checks them and describes itself."""
    fields: dict[str, Any] = {}
    for parameter in parameters_of(verb.load()):
        travel = travels(verb).get(parameter.name)
        if travel is not None and isinstance(travel.kind, OnServer):
            continue
        kind, told, *about = get_args(parameter.annotation)
        taken = _over_the_wire(kind, travel)
        default = ... if parameter.default is parameter.empty else _plain_default(parameter)
        least = next((one.value for one in about if isinstance(one, AtLeast)), None)
        fields[parameter.name] = (taken, Field(default, description=told, ge=least))
    title = "".join(word.capitalize() for word in verb.name.split("_"))
    made: type[BaseModel] = create_model(
        f"{title}Arguments", __config__=ConfigDict(extra="forbid"), __doc__=f"What `{verb.words}` takes.", **fields
    )
    return made


def _plain_default(parameter: inspect.Parameter) -> Any:
    return list(parameter.default) if isinstance(parameter.default, tuple) else parameter.default


def _over_the_wire(kind: Any, travel: Travel | None) -> Any:
    """A parameter's type as JSON has it."""
    if travel is not None:
        optional = type(None) in get_args(kind)
        one: Any = str | Pick if isinstance(travel.kind, Sent) else str
        taken: Any = list[one] if travel.several else one
        return taken | None if optional else taken
    origin, members = get_origin(kind), get_args(kind)
    if origin is Literal or not members:
        return kind
    if origin is not None and isinstance(origin, type) and issubclass(origin, (list, tuple)):
        return list[_over_the_wire(members[0], None)]  # type: ignore[misc]
    if str(origin) == "<class 'collections.abc.Sequence'>":
        return list[_over_the_wire(members[0], None)]  # type: ignore[misc]
    return reduce(or_, (_over_the_wire(member, None) for member in members))


def from_query(verb: Verb, query: list[tuple[str, str]]) -> dict[str, Any]:
    """The arguments in the query of an address: a name may stand there several times where the verb takes a list."""
    lists = _lists(verb)
    given: dict[str, Any] = {}
    for name, value in query:
        if name in lists:
            given.setdefault(name, []).append(value)
        elif name in given:
            raise ArgumentError(f'{verb.words}: "{name}" is given twice.')
        else:
            given[name] = value
    return given


@cache
def _lists(verb: Verb) -> frozenset[str]:
    found = set()
    for name, one in model_of(verb).model_fields.items():
        if list in (get_origin(one.annotation), *map(get_origin, get_args(one.annotation))):
            found.add(name)
    return frozenset(found)


def checked(verb: Verb, given: Mapping[str, Any], folder: Folder, uploaded: Uploaded) -> dict[str, Any]:
    """The arguments as the verb takes them: types held against its signature, files where they lie now.

    Raises  ArgumentError that names the parameter, for what is unknown, missing, of another type or outside its range;
            for a path of the server
    """
    for name, travel in travels(verb).items():
        if name in given and isinstance(travel.kind, OnServer):
            raise _on_server(verb, name)
    wanted = dict(given)
    for name, files in uploaded.files.items():
        if name not in wanted and isinstance((travels(verb).get(name) or _NO_FILE).kind, Sent):
            picks = [{"sent": one, "name": one} for one in files]
            wanted[name] = picks if travels(verb)[name].several else picks[0]
    try:
        model = model_of(verb).model_validate(wanted)
    except ValidationError as error:
        raise ArgumentError(_in_words(verb, error)) from None
    taken = {name: getattr(model, name) for name in model.model_fields_set}
    for name in taken.keys() & travels(verb).keys():
        taken[name] = _placed(verb, name, taken[name], folder, uploaded)
    return {name: _aware(value) for name, value in taken.items()}


def refuse_places_on_the_server(verb: Verb, given: Mapping[str, Any]) -> None:
    """Raises ArgumentError where an argument names a file or folder of the server, which nobody afar may choose.

    A word stands where a file may be sent instead; a `Path` there is of whoever wrote the file.
    """
    for name, travel in travels(verb).items():
        if name not in given:
            continue
        if isinstance(travel.kind, OnServer):
            raise _on_server(verb, name)
        if isinstance(travel.kind, Sent):
            named = given[name] if isinstance(given[name], list | tuple) else [given[name]]
            for word in named:
                if isinstance(word, str) and not (travel.kind.or_word and is_word(word)):
                    raise ArgumentError(f'{verb.words}: {name}="{word}" is a place on the server, not a word.')


def _on_server(verb: Verb, name: str) -> ArgumentError:
    return ArgumentError(f"{verb.words}: {name} is a place on the server. Call this there: corecar {verb.words}")


def is_word(text: str) -> bool:
    """Whether a text is no path."""
    return bool(text) and not WORDS_ONLY & set(text) and text not in (".", "..")


_NO_FILE = Travel(OnServer(), several=False)


def _aware(value: Any) -> Any:
    """A moment without a zone is one of UTC: the server and its caller may sit in different ones."""
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) and value.tzinfo is None else value


def _in_words(verb: Verb, error: ValidationError) -> str:
    told = []
    for fault in error.errors(include_url=False, include_context=False):
        name = str(fault["loc"][0]) if fault["loc"] else "the arguments"
        if fault["type"] == "extra_forbidden":
            known = ", ".join(model_of(verb).model_fields) or "nothing"
            told.append(f'there is no "{name}"; it takes: {known}')
        elif fault["type"] == "missing":
            told.append(f'it needs "{name}"')
        else:
            told.append(f"{name}: {fault['msg'][:1].lower()}{fault['msg'][1:]}")
    return f"{verb.words}: {'; '.join(dict.fromkeys(told))}."


def _placed(verb: Verb, name: str, value: Any, folder: Folder, uploaded: Uploaded) -> Any:
    travel = travels(verb)[name]
    if value is None:
        return None
    if isinstance(travel.kind, Returned):
        return _back(name, value, folder)
    if isinstance(value, list):
        return [_sent(verb, name, one, travel, folder, uploaded) for one in value]
    return _sent(verb, name, value, travel, folder, uploaded)


def _back(name: str, value: str, folder: Folder) -> Path:
    place = folder.place_back(name, value)
    folder.call_it(place, value)
    return place


def _sent(verb: Verb, name: str, value: str | Pick, travel: Travel, folder: Folder, uploaded: Uploaded) -> str | Path:
    assert isinstance(travel.kind, Sent)
    if isinstance(value, Pick):
        place = _picked(verb, name, value, folder, uploaded)
        folder.call_it(place, value.name or value.sent)
        return place
    if travel.kind.or_word and is_word(value):
        return value
    raise ArgumentError(
        f'{verb.words}: {name}="{value}" is no file that came with the request. Send it as a field "{name}" of a form, '
        "or let `corecar --server` do so."
    )


def _picked(verb: Verb, name: str, pick: Pick, folder: Folder, uploaded: Uploaded) -> Path:
    """The file or folder that is meant. Raises ArgumentError for one that did not come."""
    files = uploaded.files.get(name, {})
    if pick.sent in files:
        return files[pick.sent]
    if any(one.startswith(pick.sent.rstrip("/") + "/") for one in files):
        return folder.place_sent(name, pick.sent)
    raise ArgumentError(f'{verb.words}: no file "{pick.sent}" came in the field "{name}".')


def openapi_of(verb: Verb, *, in_query: bool) -> dict[str, Any]:
    """What OpenAPI says of the arguments of a verb."""
    schema = model_of(verb).model_json_schema(ref_template="#/components/schemas/{model}")
    schema.pop("$defs", None)
    needed = set(schema.get("required", ()))
    if in_query:
        parameters = [
            {"name": name, "in": "query", "required": name in needed, "description": about.pop("description", ""),
             "schema": about}
            for name, about in schema["properties"].items()
        ]  # fmt: skip
        return {"parameters": parameters}
    content: dict[str, Any] = {"application/json": {"schema": schema, "example": _example(verb, schema)}}
    if takes_files(verb):
        file = {"type": "string", "format": "binary"}
        sent = {
            name: {"type": "array", "items": file} if travel.several else file
            for name, travel in travels(verb).items()
            if isinstance(travel.kind, Sent)
        }
        told = {"type": "string", "description": "The other arguments, as JSON."}
        form = {"type": "object", "properties": {"arguments": told, **sent}}
        content["multipart/form-data"] = {"schema": form}
    return {"requestBody": {"required": bool(needed), "content": content}}


EXAMPLES: Mapping[str, Any] = {
    "lot": "SIM00001", "reason": "wafer 3 shows a scratch", "party": "Demo Cars", "person": "lin", "role": "engineer",
    "name": "planner's notebook", "job": 1, "plan": 1, "token": 1, "action": 1, "meeting": 1, "number": 1,
    "tables": ["demand"], "table": "demand", "lots": ["SIM00001"], "day": "2027-01-20T00:00:00Z", "place": "Demo Town",
    "parts": ["W01,2,2"], "screens": ["dynamic-pat"], "set": 1, "query": "SELECT count(*) FROM parts",
}  # fmt: skip
"""An example of each parameter that means the same wherever it stands; the demo's own names."""


def _example(verb: Verb, schema: dict[str, Any]) -> dict[str, Any]:
    needed = schema.get("required", ())
    return {name: EXAMPLES.get(name, _any_of(schema["properties"][name])) for name in needed}


def _any_of(about: dict[str, Any]) -> Any:
    """Something of the right type."""
    if "enum" in about:
        return about["enum"][0]
    simple = {"integer": 1, "number": 1.0, "boolean": True, "array": [], "string": "text", "object": {}}
    return simple.get(about.get("type", "string"), "text")
