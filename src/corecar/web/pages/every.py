"""Every page of a workspace, at its address."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable

from fastapi import FastAPI
from nicegui import ui
from starlette.requests import Request

from corecar.web.api import Served
from corecar.web.pages.admin import admin
from corecar.web.pages.agreement import agreement
from corecar.web.pages.agreement_edit import edit
from corecar.web.pages.agreement_new import new
from corecar.web.pages.agreement_verify import verify
from corecar.web.pages.agreements import agreements
from corecar.web.pages.chain import chain
from corecar.web.pages.compare import compare
from corecar.web.pages.containments import containment, containments
from corecar.web.pages.expand import expand
from corecar.web.pages.frame import add_nowhere, add_page
from corecar.web.pages.gauges import gauge_study
from corecar.web.pages.jobs import job, jobs
from corecar.web.pages.key_signing import add_key_signing
from corecar.web.pages.long_tables import add_rows
from corecar.web.pages.lot import lot
from corecar.web.pages.lots import lots
from corecar.web.pages.match import match, meeting, search
from corecar.web.pages.measured_test import measured_test
from corecar.web.pages.party import party
from corecar.web.pages.plan import losses, plan
from corecar.web.pages.plan_compare import compare_plans
from corecar.web.pages.qualification import qualification
from corecar.web.pages.qualification_test import qualification_test
from corecar.web.pages.qualify import qualify
from corecar.web.pages.qualify_new import new as new_qualification
from corecar.web.pages.quality import action, quality
from corecar.web.pages.recipes import limit_set, recipes
from corecar.web.pages.returned import returned
from corecar.web.pages.shipments import shipment, shipments
from corecar.web.pages.signing_in import add_signing_in
from corecar.web.pages.stress import stress
from corecar.web.pages.today import today
from corecar.web.pages.trace import trace
from corecar.web.pages.visitor import Visitor
from corecar.web.pages.wafer import wafer

PAGES: tuple[tuple[str, str, Callable[[Visitor, Request], Awaitable[None]]], ...] = (
    ("/", "Today", today),
    ("/chain", "Chain", chain),
    ("/match", "Match", match),
    ("/meetings/{meeting}", "Meeting", meeting),
    ("/agreements", "Agreements", agreements),
    ("/agreements/new", "A new memorandum", new),
    ("/agreements/verify", "Verify a signed PDF", verify),
    ("/agreements/{number}", "Memorandum", agreement),
    ("/agreements/{number}/edit", "Other terms", edit),
    ("/parties/{party}", "Party", party),
    ("/plan", "Plan", plan),
    ("/plan/losses", "What costs it most", losses),
    ("/plan/compare", "Compare plans", compare_plans),
    ("/expand", "Expand", expand),
    ("/stress", "Stress", stress),
    ("/lots", "Lots", lots),
    ("/lots/{number}", "Lot", lot),
    ("/lots/{number}/wafers/{wafer}", "Wafer", wafer),
    ("/lots/{number}/tests/{test}", "Test", measured_test),
    ("/compare", "Compare", compare),
    ("/qualify", "Qualify", qualify),
    ("/qualify/new", "A new qualification", new_qualification),
    ("/qualify/{number}", "Qualification", qualification),
    ("/qualify/{number}/tests/{test}", "Test of a qualification", qualification_test),
    ("/recipes", "Recipes", recipes),
    ("/recipes/limits/{number}", "Limit set", limit_set),
    ("/quality", "Quality", quality),
    ("/quality/actions/{action}", "Action", action),
    ("/quality/gauges/{study}", "Gauge study", gauge_study),
    ("/trace", "Trace", trace),
    ("/trace/returned", "A returned unit", returned),
    ("/containments", "Containment", containments),
    ("/containments/{name}", "Containment", containment),
    ("/shipments", "Certificates", shipments),
    ("/shipments/{name}", "Certificate of conformance", shipment),
    ("/jobs", "Jobs", jobs),
    ("/jobs/{job}", "Job", job),
    ("/admin", "Admin", admin),
    ("/search", "Search", search),
)
"""Address, title and body of each page."""


def add_pages(app: FastAPI, served: Served) -> None:
    """Put the pages beside the API; once in a process."""
    add_signing_in(app, served)
    add_rows(app, served)
    add_key_signing(app, served)
    for path, title, body in PAGES:
        add_page(served, path, title, body)
    add_nowhere(served)
    ui.run_with(app, title="Corecar", storage_secret=secrets.token_hex(), show_welcome_message=False, tailwind=False)
