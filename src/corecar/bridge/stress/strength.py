"""How strong the chain is: on how few sites it stands, and its indicators over time with their targets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any

from corecar.bridge.calls import AtLeast, Call
from corecar.bridge.chain.kept_chains import chain_in
from corecar.bridge.kinds_of_values import held_to_its_signature
from corecar.bridge.qualified_routes import qualified_routes
from corecar.bridge.stress.chain_states import Over, State, after_imports, of_plans
from corecar.bridge.stress.stressing import advance_of
from corecar.chain.chain import Chain
from corecar.chain.qualified import with_qualified
from corecar.errors import ArgumentError, NotFound
from corecar.faults import meant
from corecar.network.from_chain import network_of
from corecar.plurals import plural
from corecar.stress.concentration import Sources, sources
from corecar.stress.indicators import NAMES, Window, window_of
from corecar.stress.scenarios import Recovery, Scenarios
from corecar.stress.sweep import Advance

Step = Annotated[int, "Weeks of one window.", AtLeast(1)]
Local = Annotated[list[str] | None, "A region, country or site that counts as local; as often as needed."]
Targets = Annotated[list[str] | None, "A target such as coverage=0.95 or coverage=95%; as often as needed."]
OverWhat = Annotated[Over, "Windows of the horizon; or the whole horizon as of each import, or of each kept plan."]
Last = Annotated[int, "Imports or plans at most, the latest.", AtLeast(1)]
Stops = Annotated[bool, "Look at the exposure of each window too, which takes a stress of every site."]


@held_to_its_signature
def concentration_of(chain: Chain) -> dict[str, Any]:
    """Single sources, and the concentration of every stage that demand reaches, the most concentrated first.

    Returns  said, facts, rows (product, stage, sites, routes, HHI, largest share, pieces needed a week), notes
    Raises   ArgumentError for a chain without demand
    """
    network = network_of(chain)
    found = sorted(sources(network), key=lambda each: (-each.hhi, -each.needed, each.item))
    single = [each for each in found if len(each.sites) == 1]
    pieces = sum(each.needed for each in found) or 1.0
    mean = sum(each.hhi * each.needed for each in found) / pieces

    def row(each: Sources) -> dict[str, Any]:
        return {
            "product": network.items.product[each.item], "stage": network.items.stage[each.item],
            "single": len(each.sites) == 1, "routes": each.routes, "hhi": each.hhi,
            "largest_share": float(each.shares.max()), "needed_a_week": each.needed, "sites": list(each.sites),
        }  # fmt: skip

    return {
        "said": f"{len(single):,} of {plural(len(found), 'stage')} that are needed can be done at one site alone.",
        "facts": {"hhi": mean, "single_sources": f"{sum(each.needed for each in single) / pieces:.1%} of pieces"},
        "rows": [row(each) for each in found],
        "notes": ["Shares are of what each site could start in a week if its machines did nothing else."],
    }  # fmt: skip


@held_to_its_signature
def indicators_of(
    chain: Chain,
    *,
    step: int = 13,
    local: Sequence[str] | None = None,
    target: Sequence[str] | None = None,
    stops: bool = False,
    advance: Advance | None = None,
) -> dict[str, Any]:
    """Indicators of a chain over its horizon, window by window, against targets.

    step    weeks of a window
    local   regions, countries and sites that count as local
    target  `name=value` of an indicator, a part of a whole as 0.95 or 95%
    stops   whether exposure is looked at too
    Returns  said, rows (a window each), targets (each with whether it is met in every window), notes
    Raises   ArgumentError for a chain without demand, a name that is not there, a target that is none
    """
    network = network_of(chain)
    targets = _targets(target or ())
    scenarios = Scenarios(network, chain.sites, Recovery({})).every("site") if stops else []
    near = None if not local else _local(chain, local)
    begins = [first for first in range(0, network.weeks, step) if network.demands.wanted[:, first : first + step].any()]
    windows = []
    for number, first in enumerate(begins):
        windows.append(window_of(network, first, step, near, scenarios, None))
        if advance is not None:
            advance(number + 1, len(begins))
    rows = [{"from": network.week_name(each.first), **_row(each)} for each in windows]
    held = [_held(name, wanted, rows, "from") for name, wanted in targets.items()]
    notes = ["Stock counts in the first window alone, and lead times do not: a later window stands on what it makes."]
    said = f"{_windows([each.weeks for each in windows])}.{_missed(held)}"
    if left := len(range(0, network.weeks, step)) - len(begins):
        notes.append(f"{plural(left, 'window')} in which nothing is demanded {'is' if left == 1 else 'are'} left out.")
    return {"said": said, "rows": rows, "targets": held, "notes": notes + _not_asked(near is not None, stops)}


def _windows(weeks: Sequence[int]) -> str:
    """How many windows, and how long they are: the last one ends with the horizon."""
    if len(set(weeks)) == 1:
        return f"{plural(len(weeks), 'window')} of {plural(weeks[0], 'week')}"
    most = f"{len(weeks) - 1:,} of {plural(weeks[0], 'week')}"
    return f"{plural(len(weeks), 'window')}: {most} and the last, where the horizon ends, of {weeks[-1]:,}"


def history_of(
    states: Sequence[State],
    chain_of: Callable[[State], Chain],
    *,
    local: Sequence[str] | None = None,
    target: Sequence[str] | None = None,
    stops: bool = False,
    advance: Advance | None = None,
) -> dict[str, Any]:
    """Indicators of a chain as it stood, one row for each state over its whole horizon, against targets.

    states    the oldest first
    chain_of  reads the chain of a state
    Returns  said, rows (a state each, with its plan's fill and on-time part where it is one's), targets (each with the
             state in which it is worst, and whether the newest one meets it), notes
    Raises   ArgumentError as `indicators_of` does, for the newest state
    """
    targets = _targets(target or ())
    rows: list[dict[str, Any]] = []
    notes: list[str] = []
    for number, state in enumerate(states):
        newest = number + 1 == len(states)
        try:
            rows.append(_of_state(state, chain_of(state), local, stops, newest=newest))
        except ArgumentError as fault:
            if newest:
                raise
            notes.append(f"{state.name} is left out: {fault}")
        if advance is not None:
            advance(number + 1, len(states))
    held = [_held(name, wanted, rows, "state") | _now(name, wanted, rows) for name, wanted in targets.items()]
    missed = [each["indicator"] for each in held if not each["met_now"]]
    said = f"{plural(len(rows), 'state')} of the chain, the oldest first."
    if held:
        said += f" The newest misses {', '.join(missed)}." if missed else " The newest meets every target."
    notes.append("Each row is the whole horizon of that state; stock counts, and lead times do not.")
    return {"said": said, "rows": rows, "targets": held, "notes": notes + _not_asked(bool(local), stops)}


def _of_state(state: State, chain: Chain, local: Sequence[str] | None, stops: bool, *, newest: bool) -> dict[str, Any]:
    """One row. A place that was not there yet in an earlier state has no share in it."""
    network = network_of(chain)
    if not network.demands.wanted.any():
        raise ArgumentError("nothing is demanded.")
    near = None if not local else _local(chain, local, all_known=newest)
    scenarios = Scenarios(network, chain.sites, Recovery({})).every("site") if stops else []
    window = window_of(network, 0, network.weeks, near, scenarios, None)
    planned = {f"plan_{name}": state.figures[name] for name in ("fill", "on_time") if name in state.figures}
    return {"state": state.name, "at": state.at, "from": network.week_name(0), **_row(window), **planned}


def _now(name: str, wanted: float, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The newest state against a target."""
    value = rows[-1][name]
    return {"now": value, "met_now": value is not None and _meets(name, value, wanted)}


def _meets(name: str, value: float, wanted: float) -> bool:
    return bool(value >= wanted if NAMES[name] else value <= wanted)


def _missed(held: Sequence[dict[str, Any]]) -> str:
    missed = [each["indicator"] for each in held if not each["met"]]
    if not held:
        return ""
    return f" Missed: {', '.join(missed)}." if missed else " Every target is met."


def _row(window: Window) -> dict[str, Any]:
    return {
        "weeks": window.weeks, "coverage": window.coverage, "local_share": window.local_share,
        "single_source_share": window.single_source_share, "exposure": window.exposure, "value": window.value,
    }  # fmt: skip


def _held(name: str, wanted: float, rows: Sequence[dict[str, Any]], of: str) -> dict[str, Any]:
    """A target against all rows: the worst one, and which that is."""
    known = [row for row in rows if row[name] is not None]
    better = "more" if NAMES[name] else "less"
    if not known:
        return {"indicator": name, "target": wanted, "better": better, "worst": None, "met": False}
    worst = (min if NAMES[name] else max)(known, key=lambda row: row[name])
    return {"indicator": name, "target": wanted, "better": better, "worst": worst[name], of: worst[of],
            "met": _meets(name, worst[name], wanted)}  # fmt: skip


def _not_asked(local: bool, stops: bool) -> list[str]:
    notes = []
    if not local:
        notes.append("Local share was not looked at: say what is local with --local.")
    if not stops:
        notes.append("Exposure was not looked at: ask for it with --stops.")
    return notes


def _targets(given: Sequence[str]) -> dict[str, float]:
    found = {}
    for each in given:
        name, _, value = each.partition("=")
        if name not in NAMES:
            raise ArgumentError(f'target: there is no indicator "{name}". {meant(name, NAMES)}')
        try:
            found[name] = float(value.removesuffix("%")) / (100.0 if value.endswith("%") else 1.0)
        except ValueError:
            raise ArgumentError(
                f'"{each}" is no target. Write NAME=VALUE, such as coverage=0.95 or coverage=95%.'
            ) from None
    return found


def _local(chain: Chain, names: Sequence[str], *, all_known: bool = True) -> frozenset[str]:
    """The sites of regions, countries or sites. Raises ArgumentError for a name that is none, if all must be known."""
    rows = chain.sites.select(["site", "region", "country"]).to_pylist()
    found: set[str] = set()
    for name in names:
        own = {row["site"] for row in rows if name in row.values()}
        if not own and all_known:
            known = sorted({value for row in rows for value in row.values() if value})
            raise ArgumentError(f'no site, region or country "{name}". {meant(name, known)}')
        found |= own
    return frozenset(found)


def concentration(call: Call) -> dict[str, Any]:
    """Say which stages of which products one site alone can do, and how concentrated the others are (HHI).

    Raises  ArgumentError
    """
    return concentration_of(_seen(call))


def indicators(
    call: Call,
    *,
    over: OverWhat = "horizon",
    step: Step = 13,
    local: Local = None,
    target: Targets = None,
    stops: Stops = False,
    last: Last = 12,
) -> dict[str, Any]:
    """Follow coverage, local share, single sources, exposure and value over the horizon, against targets.

    Over imports or plans: how the chain became stronger or weaker, one row for each state as it was saved.

    Raises  ArgumentError; NotFound where nothing is saved
    """
    if over == "horizon":
        return indicators_of(_seen(call), step=step, local=local, target=target, stops=stops, advance=advance_of(call))
    hidden: list[int] = []
    with call.store.catalogue.reading() as session:
        if over == "imports":
            found = after_imports(session, call.actor.party_id)
        else:
            found, hidden = of_plans(session, call.actor.party_id)
    if not found:
        raise NotFound(f"no {over} are saved that you may see whole. Begin with: corecar {BEGIN[over]}")

    def chain_of(state: State) -> Chain:
        return chain_in(call.store, state.tables)

    answer = history_of(
        found[-last:], chain_of, local=local, target=target, stops=stops, advance=advance_of(call)
    )  # fmt: skip
    if len(found) > last:
        answer["notes"].append(f"The latest {last} of {len(found):,}: raise --last for more.")
    if hidden:
        answer["notes"].append(
            f"{plural(len(hidden), 'plan')} left out, such as plan {hidden[-1]}: you may not see all tables of it."
        )
    return answer


BEGIN = {"imports": "chain import PATH", "plans": "plan"}


def _seen(call: Call) -> Chain:
    """The chain that the actor sees, its routes in and out as their qualifications stand."""
    from corecar.bridge.chain.chain_tables import chain_of

    with call.store.catalogue.reading() as session:
        reading = Call(call.actor, call.store, call.now, call.report, call.stopped, session)
        return with_qualified(chain_of(reading), qualified_routes(reading))
