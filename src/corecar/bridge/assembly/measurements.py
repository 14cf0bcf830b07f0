"""Measurements of packaging steps in the workspace: taken in once by content, listed by lot and characteristic."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from sqlalchemy import ColumnElement, exists, func, or_, select

from corecar.bridge.calls import AtLeast, Call
from corecar.bridge.lot.run_rows import distinct
from corecar.bridge.travel import Sent
from corecar.errors import NotFound, TooFewParts
from corecar.faults import alike
from corecar.formats.assembly import Measurement, propose_assembly_mapping, read_assembly
from corecar.plurals import plural
from corecar.store.catalogue.improvement import AssemblySource, AssemblyValue
from corecar.store.catalogue.models import Lot, LotShare

if TYPE_CHECKING:
    from corecar.assess.process_capability import Capability

File = Annotated[str | Path, "The CSV of measurements, with its header.", Sent()]
MappingFile = Annotated[str | Path, "The TOML mapping that says which column is what.", Sent()]
LotOption = Annotated[str | None, "Only of this lot."]
Step = Annotated[str | None, "Only of this packaging step."]
Machine = Annotated[str | None, "Only from this machine."]
_LINES = 10
"""Lines that a note names; of more it says how many."""
_AS_READ = (
    "row", "step", "lot", "product", "strip", "machine", "material_batch", "characteristic", "special", "value",
    "unit", "low_limit", "high_limit", "operator", "extra",
)  # fmt: skip


def propose(call: Call, path: File) -> str:
    """Draft a mapping (TOML) from the header of a CSV of measurements; check it and keep it beside the data.

    Raises  SourceMissing, UnknownFormat
    """
    return propose_assembly_mapping(path)


def check(call: Call, path: File, *, mapping: MappingFile) -> dict[str, Any]:
    """Say how a mapping reads a file of measurements; nothing is taken in.

    Raises  MappingError with every place that does not fit; SourceMissing
    """
    sheet = read_assembly(path, mapping)
    rows = [
        {"lot": lot, "step": step, "characteristic": name, "values": len(found), "unit": found[0].unit,
         "low_limit": found[0].low_limit, "high_limit": found[0].high_limit}
        for (lot, step, name), found in _grouped(sheet.rows).items()
    ]  # fmt: skip
    return {"said": f"{path}: {plural(len(sheet.rows), 'value')} fit.", "rows": rows, "notes": _unnamed(sheet.unnamed)}


def ingest(call: Call, path: File, *, mapping: MappingFile) -> dict[str, Any]:
    """Take measurements of packaging steps in: the whole file, or nothing and every fault of it. Each content once.

    Raises  MappingError with every place that does not fit; SourceMissing
    """
    sheet = read_assembly(path, mapping)
    owner = call.actor.party_id
    asked = select(AssemblySource).where(AssemblySource.hash == sheet.hash, AssemblySource.owner_id == owner)
    there = call.session.scalar(asked)
    text = Path(mapping).read_text(encoding="utf-8-sig")
    answer: dict[str, Any] = {"file": str(path), "hash": sheet.hash, "values": len(sheet.rows),
              "lots": distinct(row.lot for row in sheet.rows), "notes": _unnamed(sheet.unnamed)}  # fmt: skip
    if there is not None:
        notes = [] if there.mapping == text else ["It was read by another mapping then; what was read then stands."]
        said = f"{path}: this content is in the workspace already, as {there.path}."
        return answer | {"said": said, "new": False, "notes": notes}
    source = AssemblySource(
        hash=sheet.hash, path=str(path), mapping=text, rows=len(sheet.rows), ingested_at=call.now,
        by_id=call.actor.person_id, owner_id=owner,
    )  # fmt: skip
    call.session.add(source)
    call.session.flush()
    call.session.add_all(_row(measured, source.id, owner) for measured in sheet.rows)
    said = f"{path}: {plural(len(sheet.rows), 'value')} of {plural(len(answer['lots']), 'lot')} taken in."
    return answer | {"said": said, "new": True}


def _row(measured: Measurement, source: int, owner: int) -> AssemblyValue:
    facts = {name: getattr(measured, name) for name in _AS_READ}
    return AssemblyValue(source_id=source, owner_id=owner, time=measured.time.replace(tzinfo=None), **facts)


def list_lots(
    call: Call,
    lot: Annotated[str | None, "Tell this lot's characteristics; without it the lots are listed."] = None,
    *,
    limit: Annotated[int, "At most so many lots, the latest.", AtLeast(0)] = 100,
) -> dict[str, Any]:
    """List lots with assembly measurements, or of one lot its characteristics: counts, limits, how many are outside.

    Raises  NotFound for a lot of which nothing was measured
    """
    if lot is not None:
        groups = by_characteristic(values_of(call, lot=lot))
        notes = [note for group in groups for note in missing_told(call, group)]
        rows = [summary(found) for found in groups]
        return {"said": f"Assembly measurements of lot {lot}:", "lot": lot, "rows": rows, "notes": notes}
    first, last, count = func.min(AssemblyValue.time), func.max(AssemblyValue.time), func.count()
    characteristics = func.count(AssemblyValue.characteristic.distinct())
    asked = select(AssemblyValue.lot, count, characteristics, first, last).where(visible_values(call))
    found = call.session.execute(
        asked.group_by(AssemblyValue.lot).order_by(last.desc(), AssemblyValue.lot).limit(limit)
    )
    names = ("lot", "values", "characteristics", "from", "to")
    rows = [dict(zip(names, row, strict=True)) for row in found]
    said = "" if rows else "No assembly measurement yet. Take some in with: corecar assembly ingest"
    return {"said": said, "rows": rows, "notes": []}


def values(
    call: Call,
    lot: Annotated[str, "The lot, as the measurements name it."],
    *,
    characteristic: Annotated[str | None, "Only of this characteristic."] = None,
    step: Step = None,
) -> dict[str, Any]:
    """List the measured values of a lot, each with the line it came from.

    Raises  NotFound
    """
    found = values_of(call, lot=lot, characteristic=characteristic, step=step)
    return {"rows": [{name: getattr(row, name) for name in (*_AS_READ, "time")} for row in found]}


def visible_values(call: Call) -> ColumnElement[bool]:
    """The condition on assembly values that the actor may see them: the own ones, and those of lots that are shared."""
    of_lot = (Lot.name == AssemblyValue.lot, Lot.owner_id == AssemblyValue.owner_id)
    of_product = or_(AssemblyValue.product.is_(None), Lot.product == AssemblyValue.product)
    shared = exists().where(LotShare.lot_id == Lot.id, LotShare.party_id == call.actor.party_id, *of_lot, of_product)
    return or_(AssemblyValue.owner_id == call.actor.party_id, shared)


def values_of(
    call: Call,
    *,
    lot: str | Sequence[str] | None = None,
    characteristic: str | None = None,
    step: str | None = None,
    machine: str | None = None,
    product: str | None = None,
) -> list[AssemblyValue]:
    """Visible values in order of time, then of their lines. Raises NotFound where there is none."""
    asked = select(AssemblyValue).where(visible_values(call))
    names = [lot] if isinstance(lot, str) else lot
    if names is not None:
        asked = asked.where(AssemblyValue.lot.in_(names))
    wanted = {"characteristic": characteristic, "step": step, "machine": machine, "product": product}
    chosen = {name: value for name, value in wanted.items() if value is not None}
    order = (AssemblyValue.time, AssemblyValue.source_id, AssemblyValue.row, AssemblyValue.id)
    found = list(call.session.scalars(asked.filter_by(**chosen).order_by(*order)))
    if not found:
        of = "".join(f", {name} {value}" for name, value in chosen.items())
        lots = "" if names is None else f" of lot {', '.join(names)}"
        near = _alike(call, names or (), chosen)
        raise NotFound(f"no assembly measurement{lots}{of} is here.{near} `corecar assembly list` says what is.")
    return found


def _alike(call: Call, lots: Sequence[str], chosen: Mapping[str, str]) -> str:
    """What may have been meant by the first word that no measurement has; empty where none is spelled alike."""
    asked = [("lot", name) for name in lots] + list(chosen.items())
    for column, word in asked:
        there = call.session.scalars(select(getattr(AssemblyValue, column)).where(visible_values(call)).distinct())
        known = [name for name in there if name]
        if word not in known:
            return alike(word, known)
    return ""


def assembly_of(call: Call, lot: Lot) -> dict[str, Any]:
    """`assembly`: the characteristics measured of a lot, in figures; nothing where none was measured."""
    of_product = or_(AssemblyValue.product.is_(None), AssemblyValue.product == lot.product)
    asked = select(AssemblyValue).where(
        AssemblyValue.owner_id == lot.owner_id, AssemblyValue.lot == lot.name, of_product
    )
    found = list(call.session.scalars(asked.order_by(AssemblyValue.time, AssemblyValue.id)))
    return {"assembly": [summary(group) for group in by_characteristic(found)]} if found else {}


def by_characteristic(rows: Iterable[AssemblyValue]) -> list[list[AssemblyValue]]:
    """The values of each characteristic of each step, in the order they first come."""
    found: dict[tuple[str, str], list[AssemblyValue]] = {}
    for row in rows:
        found.setdefault((row.step, row.characteristic), []).append(row)
    return list(found.values())


def readings_of(rows: Sequence[AssemblyValue]) -> Any:
    """The values as float64, NaN where there is none."""
    return np.array([np.nan if row.value is None else row.value for row in rows], np.float64)


def missing_told(call: Call, rows: Sequence[AssemblyValue]) -> list[str]:
    """How many readings of a characteristic are missing, and in which lines of which files; empty where none is."""
    gone = sorted((row for row in rows if row.value is None), key=lambda row: row.row)
    if not gone:
        return []
    ids = list(dict.fromkeys(row.source_id for row in gone))
    asked = select(AssemblySource.id, AssemblySource.path).where(AssemblySource.id.in_(ids))
    paths = {row.id: row.path for row in call.session.execute(asked)}
    where = "; ".join(f"{paths[one]}: {_lines([row.row for row in gone if row.source_id == one])}" for one in ids)
    verb = "is" if len(gone) == 1 else "are"
    return [f"{rows[0].step}, {rows[0].characteristic}: {len(gone):,} of {plural(len(rows), 'reading')} {verb} missing "
            f"and not judged ({where})."]  # fmt: skip


def _lines(rows: Sequence[int]) -> str:
    """The lines of a file, the first of many."""
    shown = ", ".join(str(row) for row in rows[:_LINES])
    more = f" and {len(rows) - _LINES:,} more" if len(rows) > _LINES else ""
    return f"{'line' if len(rows) == 1 else 'lines'} {shown}{more}"


def limits_of(rows: Sequence[AssemblyValue]) -> tuple[float | None, float | None]:
    """The limits that all values share; None for one in which they differ."""
    sides = ({row.low_limit for row in rows}, {row.high_limit for row in rows})
    low, high = (side.pop() if len(side) == 1 else None for side in sides)
    return low, high


def outside(rows: Sequence[AssemblyValue]) -> list[AssemblyValue]:
    """The values beyond the limits of their own row."""
    return [row for row in rows if row.value is not None and (
        (row.low_limit is not None and row.value < row.low_limit)
        or (row.high_limit is not None and row.value > row.high_limit))]  # fmt: skip


def summary(rows: Sequence[AssemblyValue]) -> dict[str, Any]:
    """One characteristic of one step in figures, with its Cpk and the goal; Cpk null without limits or spread."""
    readings, (low, high), first = readings_of(rows), limits_of(rows), rows[0]
    there, index = readings[np.isfinite(readings)], capability_of(rows)
    return {
        "step": first.step, "characteristic": first.characteristic, "special": is_special(rows), "n": len(there),
        "missing": len(readings) - len(there), "unit": first.unit, "low_limit": low, "high_limit": high,
        "mean": float(there.mean()) if len(there) else None, "sd": index.sd if index else None,
        "minimum": float(there.min()) if len(there) else None, "maximum": float(there.max()) if len(there) else None,
        "outside": len(outside(rows)), "cpk": index.cpk if index else None, "goal": index.goal if index else None,
        "goal_met": index.goal_met if index else None,
    }  # fmt: skip


def is_special(rows: Sequence[AssemblyValue]) -> bool:
    """Whether it is a special characteristic in any of its values."""
    return any(row.special for row in rows)


def capability_of(rows: Sequence[AssemblyValue]) -> Capability | None:
    """The capability of one characteristic of one step against the goal of its kind; None below two readings."""
    from corecar.assess import capability

    try:
        return capability(readings_of(rows), *limits_of(rows), goal="special" if is_special(rows) else "other")
    except TooFewParts:
        return None


def _grouped(rows: Iterable[Measurement]) -> dict[tuple[str, str, str], list[Measurement]]:
    found: dict[tuple[str, str, str], list[Measurement]] = {}
    for row in rows:
        found.setdefault((row.lot, row.step, row.characteristic), []).append(row)
    return found


def _unnamed(headers: Sequence[str]) -> list[str]:
    if not headers:
        return []
    return [f"The mapping does not name {', '.join(headers)}; these cells are kept with each value as they are."]
