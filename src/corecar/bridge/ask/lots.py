"""Lots as one sees them: what they are, their yields by insertion, bin and wafer, their runs and their history."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Annotated, Any

from sqlalchemy import func, select, true

from corecar.bridge.assembly.measurements import assembly_of
from corecar.bridge.calls import AtLeast, Call
from corecar.bridge.lot.kept_overrides import REJECTED, last_gradings
from corecar.bridge.lot.left_out import LeftOut, counted, runs_left_out
from corecar.bridge.lot.resolved_lots import YIELDS, Resolved, resolved, runs_of_lot, yields_of
from corecar.bridge.lot.run_rows import distinct, rows_of_runs
from corecar.bridge.sharing import seen_by, visible_lot, visible_lots
from corecar.errors import ArgumentError
from corecar.formats.merged_yields import LotYields, PartYields
from corecar.lot import Choice, Identity, Yield
from corecar.plurals import plural
from corecar.store.catalogue.models import Grading, Lot, LotState, ResolvedInsertion, Run
from corecar.store.lot_states import STATES
from corecar.wafer_frame import WaferFrame, frame_of


def lots(
    call: Call,
    *,
    state: Annotated[str | None, "Only lots in this state."] = None,
    product: Annotated[str | None, "Only lots of this product."] = None,
    customer: Annotated[str | None, "Only lots for this customer."] = None,
    limit: Annotated[int, "At most so many, the latest.", AtLeast(0)] = 100,
) -> dict[str, Any]:
    """List the lots: product, state, runs, first and final yield, the latest first.

    The yields are those of `corecar lot`, retests resolved over all runs; of a lot with several insertions, which each
    have their own, the good parts of all together over the tested ones. A run of which another holds the same testing
    counts for nothing.
    Raises  ArgumentError for a state that there is none of
    """
    if state is not None and state not in STATES:
        raise ArgumentError(f'no state is called "{state}". There are: {", ".join(STATES)}.')
    asked = select(Lot).where(visible_lots(call.actor)).order_by(Lot.state_since.desc(), Lot.id.desc())
    for column, value in ((Lot.state, state), (Lot.product, product), (Lot.customer, customer)):
        if value is not None:
            asked = asked.where(column == value)
    found = list(call.session.scalars(asked.limit(limit + 1)))
    more = len(found) > limit
    numbers = [lot.id for lot in found[:limit]]
    left = runs_left_out(call.session, call.store, Run.lot_id.in_(numbers))
    sums = _sums(call, numbers, left)
    yields = resolved(call.session, call.store, Lot.id.in_(numbers), true())
    rows = [_lot_row(lot, sums.get(lot.id, {}), yields) for lot in found[:limit]]
    notes = [f"There are more than {limit}: ask for a state or a product, or raise --limit."] if more else []
    notes += [f"Lot {lot.name}: its parts cannot be read, so it has no yields. `corecar verify` says what is damaged."
              for lot in found[:limit] if lot.id in yields.unread]  # fmt: skip
    notes += counted(left)
    chosen = any(value is not None for value in (state, product, customer))
    none = "No lot is such." if chosen else "No lot yet. Take files in with: corecar ingest PATH"
    return {"said": "" if rows else none, "rows": rows, "notes": notes}


def lot(
    call: Call,
    lot: Annotated[str, "Name or number of the lot."],
    *,
    identity: Annotated[Identity, "What makes two attempts the same unit; auto says what it took and why."] = "auto",
    retest: Annotated[Choice, "Which attempt at a unit counts."] = "last",
) -> dict[str, Any]:
    """Show a lot: state and history, yields by insertion, bin and wafer with retests resolved across its runs.

    A run of which another one holds the same testing, or more of it, counts for nothing; it is listed as left out.
    Raises  NotFound; ArgumentError for an identity that the files cannot give
    """
    found = visible_lot(call, lot)
    runs = runs_of_lot(call.session, found.id)
    left = runs_left_out(call.session, call.store, Run.lot_id == found.id)
    counting = [run for run in runs if run.id not in left]
    merged = yields_of(call.session, call.store, counting, identity=identity, retest=retest)
    names = _bin_names(rows_of_runs(call.session, call.store, "bins", [run.id for run in counting], _NAMED))
    history, retests = _history(call, found), merged.whole.retests
    away = [one.sentence for one in left.values()]
    insertions = [
        {"stage": one.stage, "temperature": one.temperature, "test_code": one.test_code, "runs": len(one.runs)}
        | _yield_columns(one.yields.total)
        for one in merged.insertions
    ]
    return {
        "said": f"Lot {found.name} is {found.state} since {found.state_since:%Y-%m-%d %H:%M} UTC.",
        "lot": found.name, "number": found.id, "product": found.product, "customer": found.customer or None,
        "state": found.state, "insertions": insertions,
        "by_wafer": {_label(one): _wafers(one.yields) for one in merged.insertions},
        "by_bin": {_label(one): _bins(one.yields, "hard", names) for one in merged.insertions},
        "runs": [_run_row(run, left) for run in runs], "history": history, "gradings": _gradings(call, found),
        **assembly_of(call, found),
        "notes": distinct([*away, *merged.whole.notes, *_unbinned(merged),
                           f"Retests: identity {retests.identity}: {retests.reason}"]),
        "details": {
            "soft_bins": {_label(one): _bins(one.yields, "soft", names) for one in merged.insertions},
            "screened_out": _screened_out(call, found),
            **seen_by(call, found),
            "frames": _frames(rows_of_runs(call.session, call.store, "wafers", [run.id for run in counting], FRAME)),
        },
    }  # fmt: skip


FRAME = ("wafer", "wafer_size", "die_height", "die_width", "wafer_units", "flat", "positive_x", "positive_y")
"""Columns of the lake's wafers that say how a wafer lies."""


def _frames(wafers: Any) -> dict[str, dict[str, Any]]:
    """How each wafer lies: the side of its notch or flat (none where no file says it), its axes, its dies' shape."""
    rows: dict[str, list[dict[str, Any]]] = {}
    for row in wafers.to_pylist():
        rows.setdefault(row["wafer"], []).append(row)
    return {name: _told_frame(frame_of(found)) for name, found in rows.items() if name is not None}


def _told_frame(frame: WaferFrame) -> dict[str, Any]:
    return {
        "flat": frame.flat if frame.known_flat else None, "notched": frame.notched, "x_right": frame.step_x > 0,
        "y_down": frame.step_y > 0, "known_axes": frame.known_axes, "die_aspect": frame.die_aspect,
    }  # fmt: skip


_NAMED = ("run", "kind", "bin", "name")
"""Columns of the lake's bins that say what a bin is called."""


def _sums(call: Call, lots: Sequence[int], left: Collection[str]) -> dict[int, dict[str, Any]]:
    counts = (*(getattr(Run, name) for name in YIELDS), Run.parts)
    asked = select(
        Run.lot_id, func.count().label("runs"), func.max(Run.start).label("start"),
        *(func.sum(count).label(count.key) for count in counts),
    )  # fmt: skip
    found = call.session.execute(asked.where(Run.lot_id.in_(lots), Run.id.not_in(left)).group_by(Run.lot_id)).mappings()
    return {row["lot_id"]: dict(row) for row in found}


def _lot_row(lot: Lot, sums: dict[str, Any], yields: Resolved) -> dict[str, Any]:
    insertions = yields.by_lot.get(lot.id) or [ResolvedInsertion(**{name: int(sums.get(name) or 0) for name in YIELDS})]
    first, final = (None, None) if lot.id in yields.unread else _together(insertions)
    return {
        "lot": lot.name, "number": lot.id, "product": lot.product, "customer": lot.customer or None, "state": lot.state,
        "since": lot.state_since, "runs": sums.get("runs", 0), "parts": int(sums.get("parts") or 0),
        "first_yield": first, "final_yield": final,
    }  # fmt: skip


def _together(insertions: Sequence[ResolvedInsertion]) -> tuple[float | None, float | None]:
    """First and final yield of insertions; no final one where that of an insertion is none."""
    each = [Yield(**{name: getattr(one, name) for name in YIELDS}, incomplete=0) for one in insertions]
    whole = Yield(**{name: sum(getattr(one, name) for one in each) for name in YIELDS}, incomplete=0)
    unknown = any(one.final_tested and one.final is None for one in each)
    return whole.first, None if unknown else whole.final


def _history(call: Call, lot: Lot) -> list[dict[str, Any]]:
    rows = call.session.scalars(select(LotState).where(LotState.lot_id == lot.id).order_by(LotState.id)).unique()
    return [{"at": row.at, "state": row.state, "by": row.by.name, "reason": row.reason} for row in rows]


def _screened_out(call: Call, lot: Lot) -> dict[str, Any]:
    """By insertion: the units that its last grading rejected, with the screens; for the lot's own party alone."""
    if lot.owner_id != call.actor.party_id:
        return {}
    return {label: last[REJECTED] for label, last in last_gradings(call.session, lot.id).items()}


def _gradings(call: Call, lot: Lot) -> list[dict[str, Any]]:
    rows = call.session.scalars(select(Grading).where(Grading.lot_id == lot.id).order_by(Grading.id))
    return [
        {"at": row.at, "stage": row.stage, "temperature": row.temperature, "recipe": row.recipe,
         "tested": row.summary["final_tested"], "shippable": row.summary["shippable"], "hold": row.hold}
        for row in rows
    ]  # fmt: skip


def _run_row(run: Run, left: Mapping[str, LeftOut]) -> dict[str, Any]:
    """A run; in a lot where some are left out, also whether it is, and why."""
    away = {"left_out": left[run.id].why if run.id in left else None} if left else {}
    return {
        "run": run.id[:12], "stage": run.stage, "temperature": run.temperature, "test_pass": run.test_pass,
        "sublot": run.sublot, "tester": run.tester, "start": run.start, "parts": run.parts, "results": run.results,
    } | away  # fmt: skip


def _label(insertion: Any) -> str:
    return " ".join(distinct([insertion.stage, insertion.test_code, insertion.temperature])) or "unknown"


def _yield_columns(found: Yield) -> dict[str, Any]:
    return {
        "first_tested": found.first_tested, "first_good": found.first_good, "final_tested": found.final_tested,
        "final_good": found.final_good, "first_yield": found.first, "final_yield": found.final,
        "incomplete": found.incomplete,
    }  # fmt: skip


def _wafers(found: PartYields) -> list[dict[str, Any]]:
    return [{"wafer": name} | _yield_columns(one) for name, one in found.wafers.items()]


def _bins(found: PartYields, kind: str, names: Mapping[tuple[str, int], str]) -> list[dict[str, Any]]:
    """Hard or soft bins with the parts that the runs' first and final attempts put there."""
    return [
        {"kind": kind, "bin": row["bin"], "name": names.get((kind, row["bin"]))}
        | {column: row[column] for column in ("passed", "first", "final")}
        for row in found.bins.to_pylist()
        if row["kind"] == kind
    ]


def _unbinned(merged: LotYields) -> list[str]:
    """What to say of failed parts that nothing puts in a bin: no unit identity, not tested in the last pass."""
    found = []
    for one in merged.insertions:
        total = one.yields.total
        binned = sum(row["final"] for row in one.yields.bins.to_pylist() if row["kind"] == "hard")
        left = total.final_tested - binned
        if one.yields.retests.identity == "none" and total.final is not None and binned and left > 0:
            found.append(
                f"{_label(one)}: {plural(left, 'failed part')} {'is' if left == 1 else 'are'} in no final bin, since "
                "the last pass did not test them again and nothing tells which of the earlier fails they are."
            )
    return found


def _bin_names(bins: Any) -> dict[tuple[str, int], str]:
    """What the runs call each bin; of several names that one has, all."""
    found: dict[tuple[str, int], list[str]] = {}
    for row in bins.to_pylist():
        found.setdefault((row["kind"], row["bin"]), []).append(row["name"])
    return {key: " / ".join(distinct(names)) for key, names in found.items() if distinct(names)}
