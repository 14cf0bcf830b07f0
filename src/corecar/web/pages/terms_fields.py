"""The fields of terms as a form shows them, and what somebody changed in it as `--change` takes it."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from corecar.agree.fields import Field, fields_of
from corecar.agree.terms import Band, Period, Signatory, Terms
from corecar.errors import ArgumentError
from corecar.web.pages.agreement_terms import ALONE, PARTS, choice_word, field_name, field_value
from corecar.words import Words

Row = Mapping[str, Any]
Group = dict[str, Any]
LONG = ("description", "description_zh", "note", "benefit", "benefit_zh")
"""Texts of several lines."""
KINDS = {"whole": "number", "number": "number", "day": "day", "rows": "list"}
"""How a field of each kind is filled in; any other is text."""
MOST_ROWS = 200
"""Weeks of a volume that a form shows; more go in as a file of terms."""
MOST_CHANGES = 10_000


def form_groups(say: Words, terms: Row) -> list[Group]:
    """The fields of terms in the order in which they are read: the whole, volumes by week, part by part, parties."""
    whole = {name: field for name, field in fields_of(Terms).items() if name in ALONE}
    groups = [_group(say, say("The whole"), "", terms, whole)]
    for at, volume in enumerate(terms.get("volumes") or ()):
        groups += list(_volume(say, at, volume))
    for name, kind in PARTS:
        groups.append(_group(say, say.name(name), f"{name}.", terms.get(name) or {}, fields_of(kind)))
    for party in terms["parties"]:
        fields = {name: field for name, field in fields_of(Signatory).items() if name != "party"}
        groups.append(_group(say, str(party["party"]), f"parties[{party['party']}].", party, fields))
    return groups


def _group(say: Words, title: str, path: str, values: Row, fields: Mapping[str, Field]) -> Group:
    return {"title": title, "rows": [_row(say, path, name, values.get(name), field) for name, field in fields.items()]}


def _row(say: Words, path: str, name: str, value: Any, field: Field) -> dict[str, Any]:
    """One field: its label, what stands there now, and how it is filled in."""
    kind, before, choices = KINDS.get(field.kind, "text"), written(value), None
    if field.choices:
        choices = [
            *([] if field.required else [["", "–"]]),
            *([each, choice_word(say, each, name)] for each in field.choices),
        ]
    return {
        "path": f"{path}{name}", "label": field_name(say, name, field), "before": before, "value": before,
        "told": "" if value in (None, "", []) else field_value(say, value, name), "choices": choices,
        "kind": "long" if name in LONG and kind == "text" else kind,
    }  # fmt: skip


def written(value: Any) -> str:
    """A value as it stands in a field of the form.

    >>> written(0.25), written(None), written(["a", "b"]), written(1000)
    ('0.25', '', 'a, b', '1000')
    """
    if value is None:
        return ""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def _volume(say: Words, at: int, volume: Row) -> Iterator[Group]:
    """Weeks and bands of one volume, each with what it may hold."""
    whose = say("{supplier} for {customer} [{unit}]", supplier=volume["supplier"], customer=volume["customer"],
                unit=say.word(str(volume["unit"])))  # fmt: skip
    title = say("Volume {number}: {whose}", number=at + 1, whose=whose)
    rows = volume["periods"][:MOST_ROWS]
    yield _grid(say, title, f"volumes[{at}].periods", rows, Period, say("One more week"), "2027-W05")
    title = say("Volume {number}: how far a call-off may move, by weeks ahead", number=at + 1)
    yield _grid(say, title, f"volumes[{at}].bands", volume.get("bands") or [], Band, say("One more band"), "0")


def _grid(say: Words, title: str, place: str, rows: Sequence[Row], kind: Any, more: str, hint: str) -> Group:
    fields = fields_of(kind)
    key, *others = fields
    columns = [
        {"name": name, "label": field_name(say, name, field), "key": name == key, "hint": hint}
        for name, field in fields.items()
    ]
    made = []
    for at, row in enumerate(rows):
        was = {name: written(row.get(name)) for name in others}
        made.append({"at": at, "name": str(row[key]), "was": was, "now": dict(was), "added": False, "gone": False})
    return {"title": title, "list": place, "columns": columns, "rows": made, "more": more}


def changes_of(told: Sequence[Row]) -> list[str]:
    """What was changed in the form, as the verbs take it.

    Raises  ArgumentError for a number that is none, or a new row that does not say what it is of
    """
    found: list[str] = []
    for each in told[:MOST_CHANGES]:
        if "added" in each:
            found += _added(str(each["list"]), dict(each["added"]))
        else:
            path = str(each["path"])
            found.append(f"{path}={_value(str(each['value']).strip(), str(each['kind']), path)}")
    return found


def _added(place: str, row: dict[str, Any]) -> list[str]:
    """A new row: what it is of first, by which its other fields are then named."""
    key, kind = ("period", "text") if place.endswith("periods") else ("from_weeks", "number")
    name = str(row.pop(key, "")).strip()
    if not name:
        raise ArgumentError(f"{place}: a new row has to say {key}.")
    others = {field: str(value).strip() for field, value in row.items() if str(value).strip()}
    return [
        f"{place}[+].{key}={_value(name, kind, place)}",
        *(f"{place}[{name}].{field}={_value(value, 'number', place)}" for field, value in others.items()),
    ]


def _value(text: str, kind: str, place: str) -> str:
    """A value of the form as JSON; nothing where the field goes."""
    if text == "":
        return ""
    if kind == "number":
        return _number(text, place)
    if kind == "list":
        parts = [each.strip() for each in text.replace("，", ",").split(",") if each.strip()]
        return json.dumps(parts, ensure_ascii=False)
    return json.dumps(text, ensure_ascii=False)


def _number(text: str, place: str) -> str:
    try:
        value = float(text.replace(",", "").replace(" ", ""))
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ArgumentError(f'{place}: "{text}" is no number.')
    return json.dumps(int(value) if value.is_integer() and abs(value) < 1e15 else value)
