"""Gauge studies of a workspace: kept with their readings and figures, listed, shown, drawn, retired with the reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from sqlalchemy import select

from corecar.bridge.calls import AtLeast, Call
from corecar.bridge.study.gauge_readings import GaugeReadings, gauge_readings
from corecar.bridge.study.studied_gauges import How, Studied, fingerprint, studied_tests
from corecar.bridge.study.told_gauges import by_trial, components_of, least, result, shown_figures, worst
from corecar.bridge.travel import Returned, Sent
from corecar.errors import ArgumentError, Conflict, NotFound
from corecar.faults import alike
from corecar.plurals import plural
from corecar.store.catalogue.gauges import GaugeStudy, GaugeStudyTest

Number = Annotated[int, "The study's number."]
VERDICTS = ("good", "conditional", "rejected")


def keep(
    call: Call,
    sources: Annotated[
        list[str],
        "A table with a row for each reading (CSV, Parquet, workbook), or lots whose parts were measured repeatedly.",
        Sent(or_word=True),
    ],
    *,
    gauge: Annotated[str, "What is studied: the tester, board or instrument."],
    test: Annotated[
        list[str] | None,
        "A column of readings, `value` without it; of lots a test by number or name, all without it. Once for each.",
    ] = None,
    part: Annotated[str | None, "The column of parts, `part` without it; of lots die, part_id or part_text."] = None,
    operator: Annotated[
        str | None,
        "The column of operators, testers, boards or sites, `operator` without it; of lots site (without it), tester, "
        "load_board, probe_card, handler, operator or lot.",
    ] = None,
    low: Annotated[float | None, "Low limit of the one test; of lots the test's own without it."] = None,
    high: Annotated[float | None, "High limit, likewise."] = None,
    tolerance: Annotated[float | None, "Instead of limits: the width between them."] = None,
    limits: Annotated[
        str | Path | None, "A table of limits with the columns test, unit, low_limit and high_limit.", Sent()
    ] = None,
    unit: Annotated[str | None, "Unit of the one test's readings; of lots the test's own without it."] = None,
    method: Annotated[Literal["anova", "range"], "Analysis of variance, or average and range."] = "anova",
    design: Annotated[
        Literal["crossed", "nested"], "Whether every operator measured every part, or parts of their own."
    ] = "crossed",
    pool_above: Annotated[float | None, "Interaction counts as repeatability from this p on; 0.05 without it."] = None,
    parts_over: Annotated[
        Literal["pooled", "interaction"], "After pooling, what the parts are held against: pooled repeatability or it."
    ] = "pooled",
    process_sd: Annotated[float | None, "Known standard deviation of the process, of one test."] = None,
    product: Annotated[str | None, "The product it is about."] = None,
    sheet: Annotated[str | None, "Sheet of a workbook; the first without it."] = None,
    stage: Annotated[str | None, "Of lots only runs of this stage or test code."] = None,
    temperature: Annotated[str | None, "Of lots only runs at this temperature."] = None,
) -> dict[str, Any]:
    """Study a gauge and keep the study: its readings, and of every test repeatability, reproducibility, %GRR, ndc.

    Of lots every complete attempt at a part is a reading. The same readings studied the same way are kept once.
    Raises  ArgumentError for an incomplete or unbalanced study, naming test, part and operator; TooFewParts below 2
            parts or trials; MappingError for cells that are no numbers; NotFound; SourceMissing
    """
    if not gauge.strip():
        raise ArgumentError("gauge: say what is studied: --gauge ...")
    found = gauge_readings(call, sources, test or (), part, operator, sheet, limits, (stage, temperature))
    how = How(method, design, low, high, tolerance, unit, pool_above, parts_over, process_sd)
    tests, notes = studied_tests(found, how)
    notes = [*found.notes, *notes]
    digest = fingerprint(gauge.strip(), product, found, tests, how)
    there = _kept_already(call, digest)
    if there is not None:
        said = f"These readings are kept already, as study {there.id}."
        return {"said": said, "study": there.id, "new": False, "rows": [result(one) for one in tests], "notes": notes}
    study = _added(call, gauge.strip(), product, found, tests, how, digest)
    said = f"Study {study} of {gauge.strip()} is kept: {_counted(tests)}."
    return {"said": said, "study": study, "new": True, "rows": [result(one) for one in tests], "notes": notes}


def list_studies(
    call: Call,
    *,
    gauge: Annotated[str | None, "Only of this gauge."] = None,
    test: Annotated[str | None, "Only studies of this test."] = None,
    retired: Annotated[bool, "Those that were retired too."] = False,
    limit: Annotated[int, "At most so many, the latest first.", AtLeast(0)] = 100,
) -> dict[str, Any]:
    """List the gauge studies of your party, the latest first: the worst %GRR of each, its fewest categories, verdict.

    Of one test, its own figures. Raises  NotFound for a gauge that was never studied
    """
    asked = select(GaugeStudy).where(GaugeStudy.owner_id == call.actor.party_id)
    asked = asked if gauge is None else asked.where(GaugeStudy.gauge == _known(call, gauge))
    asked = asked if retired else asked.where(GaugeStudy.retired_at.is_(None))
    if test is not None:
        of_test = select(GaugeStudyTest.study_id).where(GaugeStudyTest.test == test)
        asked = asked.where(GaugeStudy.id.in_(of_test))
    found = call.session.scalars(asked.order_by(GaugeStudy.id.desc()).limit(limit)).all()
    rows = [_row(study, [one for one in _tests(call, study) if test in (None, one.test)]) for study in found]
    return {"said": "" if rows else "No gauge study is such. Keep one with: corecar gauge keep", "rows": rows}


def show(
    call: Call,
    study: Number,
    *,
    test: Annotated[str | None, "Show this test in full; without it the only one."] = None,
    readings: Annotated[bool, "List the readings of that test too."] = False,
    figure: Annotated[str | Path | None, "Draw one test into this file: .svg, .png or .html.", Returned()] = None,
) -> dict[str, Any]:
    """Show a gauge study: every test's figures, the worst first; of one its components and analysis.

    Raises  NotFound; ArgumentError where a figure is asked for and no test of several is named; OutputError
    """
    found = _own(call, study)
    tests = _tests(call, found)
    chosen = _chosen(found, tests, test)
    if figure is not None and chosen is None:
        raise ArgumentError(f"study {study} is of {len(tests)} tests. Name the one to draw with --test.")
    ordered = sorted(tests, key=worst)
    answer: dict[str, Any] = {
        "said": f"Gauge study {found.id} of {found.gauge}: {_counted(tests)}.",
        "facts": _facts(found, tests), "rows": [result(one) for one in ordered], "notes": [],
    }  # fmt: skip
    if chosen is None:
        return answer
    labels = (found.parts, found.operators)
    answer["components"] = components_of(chosen)
    answer["analysis"] = [dict(row) for row in chosen.figures["anova"]]
    if readings:
        answer["readings"] = by_trial(*labels, chosen)
    answer["notes"] = [str(note) for note in chosen.figures["notes"]]
    if figure is not None:
        from corecar.report.figures.gauge_chart import gauge_chart
        from corecar.report.figures.saved import save_figure

        table: dict[str, Any] = {"part": labels[0], "operator": labels[1], "value": chosen.readings}
        save_figure(figure, gauge_chart(table, shown_figures(chosen), chosen.test, chosen.unit or ""))
    return answer


def retire(
    call: Call, study: Number, *, reason: Annotated[str, "Why it says nothing of the gauge any more."]
) -> dict[str, Any]:
    """Retire a gauge study: it leaves the list; its readings and figures stay.

    Raises  NotFound; ArgumentError without a reason; Conflict for a retired one
    """
    found = _own(call, study, locked=True)
    if found.retired_at is not None:
        raise Conflict(f"study {study} was retired already. `corecar gauge list --retired` lists such ones.")
    if not reason.strip():
        raise ArgumentError("a study is retired with a reason. Say it: --reason ...")
    found.retired_at, found.retired_by_id, found.retired_reason = call.now, call.actor.person_id, reason.strip()
    call.session.flush()
    return {"said": f"Study {study} of {found.gauge} is retired.", "study": study, "state": "retired"}


def _added(
    call: Call, gauge: str, product: str | None, found: GaugeReadings, tests: Sequence[Studied], how: How, digest: str
) -> int:
    study = GaugeStudy(
        gauge=gauge, product=product, source=found.source, hash=digest, method=how.method, design=how.design,
        options=how.options, part_is=found.part_is, operator_is=found.operator_is, parts=list(found.parts),
        operators=list(found.operators), at=call.now, **call.facts,
    )  # fmt: skip
    call.session.add(study)
    call.session.flush()
    call.session.add_all(
        GaugeStudyTest(
            study_id=study.id, number=number, test=one.test, unit=one.unit, low_limit=one.low_limit,
            high_limit=one.high_limit, tolerance=one.tolerance, readings=one.readings, figures=one.figures,
        )
        for number, one in enumerate(tests, 1)
    )  # fmt: skip
    call.session.flush()
    return study.id


def _kept_already(call: Call, digest: str) -> GaugeStudy | None:
    asked = select(GaugeStudy).where(GaugeStudy.hash == digest, GaugeStudy.owner_id == call.actor.party_id)
    return call.session.scalars(asked.where(GaugeStudy.retired_at.is_(None)).limit(1)).first()


def _own(call: Call, number: int, *, locked: bool = False) -> GaugeStudy:
    """A study of the actor's party; locked, nobody else changes it until the transaction ends."""
    asked = select(GaugeStudy).where(GaugeStudy.id == number, GaugeStudy.owner_id == call.actor.party_id)
    found = call.session.scalar(asked.with_for_update(of=GaugeStudy) if locked else asked)
    if found is None:
        raise NotFound(f"there is no gauge study {number}. `corecar gauge list --retired` lists all.")
    return found


def _known(call: Call, gauge: str) -> str:
    asked = select(GaugeStudy.gauge).where(GaugeStudy.owner_id == call.actor.party_id).distinct()
    names = list(call.session.scalars(asked))
    if gauge not in names:
        raise NotFound(f'no study of a gauge "{gauge}" is here.{alike(gauge, names)} `corecar gauge list` lists them.')
    return gauge


def _tests(call: Call, study: GaugeStudy) -> list[GaugeStudyTest]:
    asked = select(GaugeStudyTest).where(GaugeStudyTest.study_id == study.id)
    return list(call.session.scalars(asked.order_by(GaugeStudyTest.number)))


def _chosen(study: GaugeStudy, tests: Sequence[GaugeStudyTest], name: str | None) -> GaugeStudyTest | None:
    if name is None:
        return tests[0] if len(tests) == 1 else None
    found = next((one for one in tests if one.test == name), None)
    if found is None:
        names = [one.test for one in tests]
        few = ", ".join(names[:12]) + (f" and {len(names) - 12:,} more" if len(names) > 12 else "")
        raise NotFound(f'study {study.id} has no test "{name}".{alike(name, names)} It has: {few}.')
    return found


def _counted(tests: Sequence[Studied | GaugeStudyTest]) -> str:
    """How many tests there are of each verdict: `3 tests, 2 good, 1 rejected`."""
    counts = Counter(one.figures["verdict"] for one in tests)
    told = [f"{counts[verdict]:,} {verdict}" for verdict in VERDICTS if counts[verdict]]
    return ", ".join([plural(len(tests), "test"), *told, *([f"{counts[None]:,} without"] if counts[None] else [])])


def _facts(study: GaugeStudy, tests: Sequence[GaugeStudyTest]) -> dict[str, Any]:
    state = "kept" if study.retired_at is None else "retired"
    facts = {
        "study": study.id, "state": state, "gauge": study.gauge, "product": study.product, "source": study.source,
        "method": study.method, "design": study.design, **_counts(tests), "part_is": study.part_is,
        "operator_is": study.operator_is, **study.options, "kept": study.at, "by": study.by.name,
    }  # fmt: skip
    if study.retired_by is not None:
        facts |= {"retired": study.retired_at, "retired_by": study.retired_by.name, "why": study.retired_reason}
    return facts


def _counts(tests: Sequence[GaugeStudyTest]) -> dict[str, Any]:
    return {name: tests[0].figures[name] for name in ("parts", "operators", "trials")}


def _row(study: GaugeStudy, tests: Sequence[GaugeStudyTest]) -> dict[str, Any]:
    of_worst = min(tests, key=worst)
    row = {
        "study": study.id, "gauge": study.gauge, "product": study.product, "verdict": of_worst.figures["verdict"],
        "grr": result(of_worst)["grr"], "ndc": least(tests), "worst": of_worst.test, "tests": len(tests),
        **_counts(tests), "method": study.method, "kept": study.at, "by": study.by.name, "source": study.source,
    }  # fmt: skip
    retired = {"retired": study.retired_at, "why": study.retired_reason} if study.retired_at is not None else {}
    return row | retired
