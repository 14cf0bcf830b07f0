"""How strong the chain is: on how few sites it stands, and its indicators over time with their targets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from corecar.bridge.calls import AtLeast, Call
from corecar.bridge.stressing import advance_of
from corecar.chain.chain import Chain
from corecar.errors import ArgumentError
from corecar.faults import meant
from corecar.network.from_chain import network_of
from corecar.plurals import plural
from corecar.stress.concentration import Sources, sources
from corecar.stress.indicators import NAMES, Window, window_of
from corecar.stress.scenarios import Recovery, Scenarios
from corecar.stress.sweep import Advance

Step = Annotated[int, "Weeks of one window.", AtLeast(1)]
Local = Annotated[list[str] | None, "A region, country or site that counts as local; as often as needed."]
Targets = Annotated[list[str] | None, "A target such as coverage=0.95; as often as needed."]
Stops = Annotated[bool, "Look at the exposure of each window too, which takes a stress of every site."]


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
    target  `name=value` of an indicator
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
    rows = [{"from": str(network.monday(each.first)), **_row(each)} for each in windows]
    held = [_held(name, wanted, rows) for name, wanted in targets.items()]
    missed = [each["indicator"] for each in held if not each["met"]]
    said = f"{plural(len(rows), 'window')} of {plural(step, 'week')}."
    if targets:
        said += f" Missed: {', '.join(missed)}." if missed else " Every target is met."
    return {"said": said, "rows": rows, "targets": held, "notes": _notes(near is not None, stops)}


def _row(window: Window) -> dict[str, Any]:
    return {
        "weeks": window.weeks, "coverage": window.coverage, "local_share": window.local_share,
        "single_source_share": window.single_source_share, "exposure": window.exposure, "value": window.value,
    }  # fmt: skip


def _held(name: str, wanted: float, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """A target against all windows: its worst one."""
    more = NAMES[name]
    known = [row for row in rows if row[name] is not None]
    if not known:
        return {"indicator": name, "target": wanted, "better": "more" if more else "less", "worst": None, "met": False}
    worst = (min if more else max)(known, key=lambda row: row[name])
    met = worst[name] >= wanted if more else worst[name] <= wanted
    return {"indicator": name, "target": wanted, "better": "more" if more else "less", "worst": worst[name],
            "from": worst["from"], "met": bool(met)}  # fmt: skip


def _notes(local: bool, stops: bool) -> list[str]:
    notes = ["Stock counts in the first window alone, and lead times do not: a later window stands on what it makes."]
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
            found[name] = float(value)
        except ValueError:
            raise ArgumentError(f'"{each}" is no target. Write NAME=VALUE, such as coverage=0.95.') from None
    return found


def _local(chain: Chain, names: Sequence[str]) -> frozenset[str]:
    rows = chain.sites.select(["site", "region", "country"]).to_pylist()
    found: set[str] = set()
    for name in names:
        own = {row["site"] for row in rows if name in row.values()}
        if not own:
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
    call: Call, *, step: Step = 13, local: Local = None, target: Targets = None, stops: Stops = False
) -> dict[str, Any]:
    """Follow coverage, local share, single sources, exposure and value over the horizon, against targets.

    Raises  ArgumentError
    """
    return indicators_of(_seen(call), step=step, local=local, target=target, stops=stops, advance=advance_of(call))


def _seen(call: Call) -> Chain:
    from corecar.bridge.chain_tables import chain_of

    with call.store.catalogue.reading() as session:
        return chain_of(Call(call.actor, call.store, call.now, call.report, call.stopped, session))
