"""What the figures say of assembly measurements: charts, capability, and what holds a lot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from corecar.assess import chart as control_chart
from corecar.bridge.assembly.documents import checked, write_capability, write_chart
from corecar.bridge.assembly.measurements import (
    LotOption,
    Machine,
    Step,
    by_characteristic,
    limits_of,
    missing_told,
    outside,
    readings_of,
    summary,
    values_of,
)
from corecar.bridge.calls import Call
from corecar.bridge.lot.lot_decisions import hold as hold_lot
from corecar.bridge.travel import Returned
from corecar.errors import QuestionError, TooFewParts
from corecar.plurals import plural
from corecar.store.catalogue.improvement import AssemblyValue

Group = Literal["reading", "strip", "lot"]
Rules = Literal["limits", "western electric", "nelson"]
_KIND = {"reading": "i-mr", "strip": "xbar-s", "lot": "xbar-s"}
RulesOption = Annotated[Rules, "Which points signal."]
By = Annotated[Group, "What a point is: each reading, or the mean of a strip or a lot."]
Out = Annotated[
    str | Path | None,
    "Write it as a document, .html or .pdf, or draw it, .svg or .png: one characteristic.",
    Returned(),
]


def chart(
    call: Call,
    characteristic: Annotated[str, "The characteristic, as the measurements name it."],
    *,
    lot: LotOption = None,
    step: Step = None,
    machine: Machine = None,
    product: Annotated[str | None, "Only of this product."] = None,
    by: By = "strip",
    rules: RulesOption = "western electric",
    out: Out = None,
) -> dict[str, Any]:
    """Put a characteristic on a control chart, in order of time, and say which points signal.

    Readings have moving ranges beside them, means of strips and lots standard deviations.
    Raises  NotFound; QuestionError where values of several steps or units would be mixed; TooFewParts; ArgumentError
            for a file of another ending, OutputError
    """
    checked(out)
    rows = values_of(call, lot=lot, characteristic=characteristic, step=step, machine=machine, product=product)
    _alike(rows)
    labels, found = _charted(rows, by, rules)
    signals = _by_point(found)
    points = [
        {"point": number, by if by != "reading" else "line": labels[number - 1], "value": value, "lcl": low,
         "center": found.location.center, "ucl": high, "signals": ", ".join(signals.get(number, ())) or None}
        for number, value, low, high in zip(
            found.location.points, found.location.values, found.location.lower, found.location.upper, strict=True
        )
    ]  # fmt: skip
    said = (
        f"{len(signals)} of {plural(len(points), 'point')} {'signals' if len(signals) == 1 else 'signal'}."
        if signals
        else f"None of {plural(len(points), 'point')} signals."
    )
    notes = [*missing_told(call, rows), *found.notes]
    answer = {"said": said, "rows": points, "notes": notes, "details": {"chart": found.to_dict()}}
    if out is not None:
        write_chart(out, answer, found, rows, {"Point is": by, "Rules": rules})
    return answer


def capability(
    call: Call,
    lot: Annotated[str | None, "Only of this lot; without it of all."] = None,
    *,
    characteristic: Annotated[str | None, "Only of this characteristic."] = None,
    step: Step = None,
    machine: Machine = None,
    product: Annotated[str | None, "Only of this product."] = None,
    out: Out = None,
) -> dict[str, Any]:
    """State Cpk of each characteristic against its goal: 1.67 of special characteristics, 1.33 of others.

    Raises  NotFound; ArgumentError for a file of another ending and for several characteristics in one picture;
            OutputError
    """
    checked(out)
    found = values_of(call, lot=lot, characteristic=characteristic, step=step, machine=machine, product=product)
    groups = by_characteristic(found)
    rows = [summary(group) for group in groups]
    below = sum(row["goal_met"] is False for row in rows)
    unknown = [f"{row['step']}, {row['characteristic']}: no Cpk, {_why_none(group)}."
               for row, group in zip(rows, groups, strict=True) if row["cpk"] is None]  # fmt: skip
    without = f"; {len(unknown)} without a Cpk" if unknown else ""
    said = f"{below} of {plural(len(rows), 'characteristic')} below the Cpk goal{without}."
    missing = [note for group in groups for note in missing_told(call, group)]
    answer = {"said": said, "rows": rows, "notes": [*missing, *unknown]}
    if out is not None:
        write_capability(out, answer, groups, "all lots" if lot is None else lot)
    return answer


def judge(
    call: Call,
    lot: Annotated[str, "The lot, as the measurements name it."],
    *,
    rules: RulesOption = "limits",
) -> dict[str, Any]:
    """Say what in a lot's assembly measurements gives reason to hold it; nothing is changed.

    A value out of its limits; a Cpk under its goal; a strip of the lot that signals on the chart of all strips measured
    up to it, of the same product, step, machine and characteristic.
    Raises  NotFound
    """
    found, notes = _judged(call, lot, rules)
    said = f"{plural(len(found), 'reason')} to hold lot {lot}." if found else f"No reason to hold lot {lot}."
    return {"said": said, "lot": lot, "rows": found, "notes": notes}


def hold(
    call: Call,
    lot: Annotated[str, "Name of the lot."],
    *,
    rules: RulesOption = "limits",
) -> dict[str, Any]:
    """Hold a lot if its assembly measurements give reason to, with the reasons in its history.

    Raises  NotFound, also where no test data of the lot are here yet; AccessDenied; WrongState
    """
    found, notes = _judged(call, lot, rules)
    if not found:
        return {"said": f"No reason to hold lot {lot}; it stays as it is.", "lot": lot, "held": False, "notes": notes}
    reason = "assembly: " + "; ".join(row["why"] for row in found)
    answer = hold_lot(call, lot, reason=reason)
    return answer | {"held": True, "rows": found, "notes": notes}


def _judged(call: Call, lot: str, rules: Rules) -> tuple[list[dict[str, Any]], list[str]]:
    """Reasons to hold a lot, and what could not be judged."""
    reasons: list[dict[str, Any]] = []
    notes: list[str] = []
    for group in by_characteristic(values_of(call, lot=lot)):
        first = group[0]
        notes += missing_told(call, group)
        name = {"step": first.step, "characteristic": first.characteristic}
        tellers = (_out_of_limits(group), _under_goal(group, notes), _signals(call, lot, group, rules, notes))
        reasons += [name | {"rule": rule, "why": f"{first.step}, {first.characteristic}: {why}"}
                    for teller in tellers for rule, why in teller]  # fmt: skip
    return reasons, notes


def _out_of_limits(rows: Sequence[AssemblyValue]) -> Iterator[tuple[str, str]]:
    beyond = outside(rows)
    if beyond:
        worst = ", ".join(f"{row.value:g}" for row in beyond[:3])
        more = " ..." if len(beyond) > 3 else ""
        yield "limits", f"{len(beyond)} of {plural(len(rows), 'value')} out of limits ({worst}{more})"


def _under_goal(rows: Sequence[AssemblyValue], notes: list[str]) -> Iterator[tuple[str, str]]:
    figures = summary(rows)
    if figures["goal_met"] is None:
        notes.append(f"{rows[0].step}, {rows[0].characteristic}: not judged by Cpk, {_why_none(rows)}.")
    elif not figures["goal_met"]:
        yield "cpk", f"Cpk {figures['cpk']:.2f} under the goal {figures['goal']:.2f}"


def _signals(
    call: Call, lot: str, rows: Sequence[AssemblyValue], rules: Rules, notes: list[str]
) -> Iterator[tuple[str, str]]:
    """Points of the lot that signal, each machine on a chart of its own."""
    for machine in dict.fromkeys(row.machine for row in rows):
        of_machine = [row for row in rows if row.machine == machine]
        history = [row for row in _history(call, of_machine[0]) if row.time <= of_machine[-1].time]
        by: Group = "strip" if all(row.strip for row in history) else "reading"
        try:
            _alike(history)
            _, found = _charted(history, by, rules)
        except (TooFewParts, QuestionError) as error:
            where = f"{rows[0].step}, {rows[0].characteristic}{f' on {machine}' if machine else ''}"
            notes.append(f"{where}: not on a chart: {error}")
            continue
        owners = (
            [row.lot for row in history]
            if by == "reading"
            else list(dict.fromkeys((row.lot, row.strip) for row in history))
        )
        own = [owner == lot if by == "reading" else owner[0] == lot for owner in owners]
        hit = [point for point in _by_point(found) if own[point - 1]]
        if hit:
            on = f" on {machine}" if machine else ""
            yield "chart", f"{plural(len(hit), by)} of {sum(own)}{on} signalled by the chart ({rules})"


def _history(call: Call, like: AssemblyValue) -> list[AssemblyValue]:
    """All values of the same owner, product, step, machine and characteristic, in order of time."""
    found = values_of(
        call, characteristic=like.characteristic, step=like.step, machine=like.machine, product=like.product
    )
    same = (like.owner_id, like.product, like.machine)
    return [row for row in found if (row.owner_id, row.product, row.machine) == same]


def _charted(rows: Sequence[AssemblyValue], by: Group, rules: Rules) -> tuple[list[str], Any]:
    """Name of every point, and the chart. Points stand in the order in which their first value was measured."""
    if by == "reading":
        return [str(row.row) for row in rows], control_chart(readings_of(rows), "i-mr", rules)
    keys = [(row.lot, row.strip or "") if by == "strip" else (row.lot, "") for row in rows]
    places = {key: place for place, key in enumerate(dict.fromkeys(keys))}
    found = control_chart(readings_of(rows), _KIND[by], rules, subgroup=[places[key] for key in keys])
    return [" ".join(part for part in key if part) for key in places], found


def _by_point(found: Any) -> dict[int, list[str]]:
    """Point -> the rules that it breaks; of the panel below too."""
    broken: dict[int, list[str]] = {}
    for rule, points in {**found.signals, "spread": found.spread_signals}.items():
        for point in points:
            broken.setdefault(point, []).append(rule)
    return dict(sorted(broken.items()))


def _alike(rows: Sequence[AssemblyValue]) -> None:
    """Raises QuestionError where values of several steps or units would stand on one chart."""
    for name, option in (("step", "Choose one with --step."), ("unit", "Choose a lot or machine of one unit.")):
        found = sorted({str(getattr(row, name)) for row in rows})
        if len(found) > 1:
            raise QuestionError(
                f"{rows[0].characteristic} was measured with several {name}s: {', '.join(found)}. {option}"
            )


def _why_none(rows: Sequence[AssemblyValue]) -> str:
    if limits_of(rows) != (None, None):
        return "too few values"
    given = any(row.low_limit is not None or row.high_limit is not None for row in rows)
    return "its limits differ from value to value" if given else "it has no limits"
