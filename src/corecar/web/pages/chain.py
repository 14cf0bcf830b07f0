"""The chain: stages from wafer to car with the lights of their machines, and the tables that say so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any
from urllib.parse import quote

from nicegui import ui
from starlette.requests import Request

from corecar.chain.tables import TABLES
from corecar.chain.words import ALL_STAGES
from corecar.report.figures.load_map import LoadRow, load_map
from corecar.report.figures.site_map import SiteLight, Town, site_map
from corecar.web.pages.chain_files import chain_files
from corecar.web.pages.missing import Missing, near
from corecar.web.pages.parts import back, empty, heading, notes, sentence, table
from corecar.web.pages.pictures import figure
from corecar.web.pages.sharing import sharing
from corecar.web.pages.visitor import Visitor
from corecar.words import Words

Row = Mapping[str, Any]
COLUMN, BOX, HEAD, GAP = 150.0, 26.0, 34.0, 8.0
RANK = {"red": 0, "orange": 1, "green": 2}
SHOWN = 60


async def chain(visitor: Visitor, request: Request) -> None:
    say = visitor.say
    tables = (await visitor.call("chain_tables"))["rows"]
    if not tables:
        empty(
            say("No chain yet."),
            how_to=say("Take the empty tables along, fill them in, and send them in here."),
        )
        chain_files(visitor)
        return
    name = request.query_params.get("table", "")
    if name:
        await _table(visitor, name)
        return
    plans = (await visitor.call("plan_list", limit=1))["rows"]
    if plans:
        asked = request.query_params
        await _lights(visitor, int(plans[0]["plan"]), asked.get("site", ""), asked.get("week", ""))
        if asked.get("site"):
            return
    else:
        sentence(say("No plan yet, so no machine has a light."))
    table(visitor, tables, "tables", opens="/chain?table={}", key="table", title=say("Tables"))
    chain_files(visitor)


async def _table(visitor: Visitor, name: str) -> None:
    """One table of the chain; of one that is empty, what belongs in it."""
    say = visitor.say
    if name not in TABLES:
        told = say("There is no table {table} in a chain.", table=name)
        raise Missing(told, near(name, TABLES, "/chain?table={}"), (say("The whole chain"), "/chain"))
    rows = await visitor.columns("chain_show", table=name)
    back(say("The whole chain"), "/chain")
    sentence(say("Table {table}, rows: {count}", table=name, count=f"{len(rows):,}"))
    table(visitor, rows, f"chain-{name}")
    if not len(rows):
        sentence("", say.told(TABLES[name].caption))
        columns = ", ".join(say.name(column.name) for column in TABLES[name].columns)
        sentence("", say("Its columns: {columns}.", columns=columns))
        chain_files(visitor)
    of = [row for row in (await visitor.call("chain_tables"))["rows"] if row["table"] == name]
    own = next((row for row in of if row["owner"] == visitor.party), None)
    if own is not None:
        await sharing(visitor, ("chain_share", "chain_unshare"), {"table": name}, own["shared_with"])


async def _lights(visitor: Visitor, number: int, site: str, week: str) -> None:
    say = visitor.say
    load = (await visitor.call("plan_show", number=number, table="load"))["rows"]
    starts = (await visitor.call("plan_show", number=number, table="starts"))["rows"]
    routes = (await visitor.call("chain_show", table="routes"))["rows"]
    stage_of = {str(row["group"]): str(row["stage"]) for row in (*routes, *starts) if row["group"]}
    weeks = sorted({str(row["week"]) for row in load})
    sites = (await visitor.call("chain_show", table="sites"))["rows"]
    if site and site not in {str(row["site"]) for row in (*sites, *load)}:
        known = near(site, (str(row["site"]) for row in (*sites, *load)), "/chain?site={}")
        raise Missing(
            say("There is no site {site} in the chain.", site=site), known, (say("The whole chain"), "/chain")
        )
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in load:
        if not site or row["site"] == site:
            groups[str(row["group"])].append(row)
    red = [name for name, rows in groups.items() if any(row["light"] == "red" for row in rows)]
    told = say("{red} of {count} groups of machines are asked for more than their maximum in some week.",
               red=len(red), count=len(groups))  # fmt: skip
    sentence(say("{site}: {told}", site=site, told=told) if site else told)
    if site:
        back(say("The whole chain"), "/chain")
    else:
        with ui.element("div").classes("chain-views"):
            with ui.element("div"):
                heading(say("From wafer to car"))
                figure(say, flow(say, groups, stage_of))
            with ui.element("div"):
                heading(say("Where they stand"))
                alt = say("Map of the sites with the worst light of any week")
                figure(say, site_map(towns_of(say, sites, groups), alt, say("Without coordinates, by region")))
    heading(say("Site {site} by week", site=site) if site else say("The fullest by week"))
    order = sorted(groups, key=lambda name: (-sum(row["light"] == "red" for row in groups[name]), name))
    words = {"green": say("up to the actual capacity"), "orange": say("up to the maximum"),
             "red": say("above the maximum")}  # fmt: skip
    rows = [_weeks_of(say, name, groups[name], weeks) for name in order[:SHOWN]]
    figure(say, load_map(rows, weeks, say("Groups of machines by week"), words))
    if site:
        _week_of_site(visitor, site, week, [row for name in order for row in groups[name]], starts)


def _weeks_of(say: Words, name: str, rows: Sequence[Row], weeks: Sequence[str]) -> LoadRow:
    """A group's lights by week; each leads to what its site does in that week."""
    by_week = {str(row["week"]): row for row in rows}
    site = quote(str(rows[0]["site"]), safe="")
    return LoadRow(
        name,
        tuple(str(by_week[week]["light"]) if week in by_week else "green" for week in weeks),
        tuple(_told(say, by_week.get(week), week) for week in weeks),
        tuple(f"/chain?site={site}&week={week}" for week in weeks),
    )


def _week_of_site(visitor: Visitor, site: str, week: str, load: Sequence[Row], starts: Sequence[Row]) -> None:
    """What a site's machines are asked for and what it starts, in one week or in all."""
    say = visitor.say
    weeks = {str(row["week"]) for row in load}
    chosen = week if week in weeks else ""
    if week and not chosen:
        notes([say("The plan has no week {week}; all of its weeks are shown.", week=week)])
    if chosen:
        heading(say("{site} in {week}", site=site, week=chosen))
        back(say("All weeks"), f"/chain?site={quote(site, safe='')}")
    asked = [row for row in load if not chosen or row["week"] == chosen]
    table(visitor, asked, f"{site}-load", title=say("What its machines are asked for"))
    begun = [row for row in starts if row["site"] == site and (not chosen or row["week"] == chosen)]
    table(visitor, begun, f"{site}-starts", title=say("What it starts"))
    if not begun:
        notes([say("Nothing is started there then.")])


def towns_of(say: Words, sites: Sequence[Row], groups: Mapping[str, Sequence[Row]]) -> list[Town]:
    """Sites by the town they stand in, each with the worst light of its machines in any week.

    A town lies in the middle of its sites that have coordinates.
    """
    lights: dict[str, str] = {}
    for rows in groups.values():
        for row in rows:
            site, light = str(row["site"]), str(row["light"])
            lights[site] = min(light, lights.get(site, light), key=lambda word: RANK.get(word, 3))
    towns: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in sites:
        towns[str(row.get("region") or ""), str(row["place"])].append(row)
    return [
        Town(town, region, _middle(rows, "latitude"), _middle(rows, "longitude"),
              tuple(_site_light(say, str(row["site"]), lights) for row in rows))
        for (region, town), rows in sorted(towns.items())
    ]  # fmt: skip


def _site_light(say: Words, site: str, lights: Mapping[str, str]) -> SiteLight:
    light = lights.get(site, "")
    told = say("{site}: {told}", site=site, told=say.word(light) if light else say("no machines in the plan"))
    return SiteLight(site, light, told, f"/chain?site={quote(site, safe='')}")


def _middle(rows: Sequence[Row], column: str) -> float | None:
    known = [float(row[column]) for row in rows if row.get(column) is not None]
    return sum(known) / len(known) if known else None


def _told(say: Words, row: Row | None, week: str) -> str:
    if row is None:
        return week
    return f"{week}: {row['load']:,.0f} / {row['limit']:,.0f} {say.word(str(row['unit']))}"


def flow(say: Words, groups: Mapping[str, Sequence[Row]], stage_of: Mapping[str, str]) -> str:
    """Stages from left to right, in each the sites that work there, with the worst light of any week.

    A site leads to its own weeks.
    """
    columns: dict[str, list[tuple[int, float, str, str]]] = defaultdict(list)
    for name, rows in groups.items():
        light = min((str(row["light"]) for row in rows), key=lambda word: RANK.get(word, 3))
        full = max((row["load"] / row["limit"] for row in rows if row["limit"]), default=0.0)
        columns[stage_of.get(name, "")].append((RANK.get(light, 3), -full, light, str(rows[0]["site"])))
    stages = [stage for stage in ALL_STAGES if stage in columns]
    tallest = max((len(columns[stage]) for stage in stages), default=0)
    width, height = COLUMN * len(stages), HEAD + tallest * (BOX + GAP)
    drawn = []
    for place, stage in enumerate(stages):
        left = place * COLUMN
        drawn.append(
            f'<text x="{left + 4:g}" y="18" style="fill:var(--quiet);font-size:12px">{escape(say.word(stage))}</text>'
        )
        if place + 1 < len(stages):
            drawn.append(
                f'<path d="M{left + COLUMN - 20:g} 14h14m-5 -4 5 4-5 4" style="fill:none;stroke:var(--line)"/>'
            )
        for row, (_, full, light, site) in enumerate(sorted(columns[stage])):
            top = HEAD + row * (BOX + GAP)
            ink = "var(--on-red)" if light == "red" else "var(--on-light)"
            title = f"{site}, {say.word(stage)}: {-full:.0%}"
            drawn.append(
                f'<a href="/chain?site={escape(site, quote=True)}"><title>{escape(title)}</title>'
                f'<rect x="{left + 4:g}" y="{top:g}" width="{COLUMN - 22:g}" height="{BOX:g}" rx="3" '
                f'class="light-{light}"/>'
                f'<text x="{left + 10:g}" y="{top + 17:g}" style="font-size:12px;fill:{ink}">{escape(site)}</text>'
                f'<text x="{left + COLUMN - 24:g}" y="{top + 17:g}" text-anchor="end" '
                f'style="font-size:11px;fill:{ink}">{-full:.0%} {escape(light[0].upper())}</text></a>'
            )
    label = escape(say("Stages from wafer to car, sites with the worst light of any week"), quote=True)
    size = f'viewBox="0 0 {width:g} {height:g}" width="{width:g}"'
    return f'<div class="flow"><svg {size} role="group" aria-label="{label}">{"".join(drawn)}</svg></div>'
