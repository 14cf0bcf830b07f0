"""Python, command line, HTTP and remote client are the same verbs: each of them is called through all four, in the same
order on a workspace of its own, and answers the same."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from inspect import Parameter
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pyarrow as pa
import pytest
import trustme
from tests.agree.memoranda import VALUE
from tests.bridge.houses import small_lot
from tests.bridge.trace.told_events import story
from tests.chain.books import small_book, write_book
from tests.chain.test_cells import CELL, RUN
from tests.gauge_files import gauge_table
from tests.match.markets import BASE, NEED, OFFER
from tests.plan.expansion.houses import MACHINE
from tests.web.servers import ALL, House, served
from typer.testing import CliRunner

import corecar
from corecar.bridge.plain import plain
from corecar.bridge.registry import parameters_of
from corecar.bridge.travel import Sent
from corecar.bridge.verbs import WORKSPACE_VERBS, Verb
from corecar.cli.app import app
from corecar.errors import CorecarError
from corecar.web.answers import json_ready, table_rows
from corecar.web.api import ROOT, is_get
from corecar.web.arguments import travels

POLICY = '[[policy]]\nlever = "capex-share"\nname = "grant"\ngroup = "OSAT-1"\nunits = 100\ncapex = 2e6\nshare = 0.3\n'
FAR = datetime(2099, 1, 1, tzinfo=UTC)
ECID = "(?P<lot>.+)[.](?P<wafer>.+)[.](?P<x>.+)[.](?P<y>.+)"
SINCE = datetime(2026, 1, 1, tzinfo=UTC)
DAY = datetime(2027, 1, 20, tzinfo=UTC)
Face = Callable[[str, Mapping[str, Any]], Any]

LAST_SCHEDULE = 10_000_000
"""In the place of the number of the schedule made before."""
CALLS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("me", {}),
    ("ingest", {"paths": ["IN/lot1.stdf", "IN/more"], "recursive": True, "workers": "inline"}),
    ("ingest", {"paths": ["IN/cut.stdf"], "workers": "inline"}),
    ("todo", {}),
    ("retry", {"workers": "inline"}),
    ("lots", {}),
    ("lot", {"lot": "SIM00001"}),
    ("mapping_show", {}),
    ("mapping_propose", {}),
    ("mapping_try", {"file": "IN/mapping.toml"}),
    ("grade", {"lot": "SIM00001", "out": "OUT/graded"}),
    ("grade", {"lot": "SIM00002", "recipe": "IN/own.toml"}),
    ("whatif", {"lot": "SIM00001"}),
    ("recipe_compare", {"a": "aec-q001", "b": "IN/own.toml", "lots": ["SIM00001"]}),
    ("draw", {"kind": "wafer", "lot": "SIM00001", "wafer": "W01", "out": "OUT/wafer.svg"}),
    ("map_composite", {"lot": "SIM00001"}),
    ("hold", {"lot": "SIM00001", "reason": "odd: µ"}),
    ("release", {"lot": "SIM00001", "reason": "looked at"}),
    ("ship", {"lot": "SIM00001", "reason": "gone"}),
    ("quarantine", {"lot": "SIM00001", "reason": "back"}),
    ("scrap", {"lot": "SIM00002", "reason": "burnt"}),
    ("limits_propose", {"sources": ["SIM00001"], "preliminary": True}),
    ("limits_list", {}),
    ("limits_show", {"limit_set": "1"}),
    ("limits_review", {"limit_set": "1", "reason": "looked at"}),
    ("limits_approve", {"limit_set": "1", "reason": "good"}),
    ("limits_release", {"limit_set": "1", "out": "OUT/limits", "reason": "now"}),
    ("limits_diff", {"a": "aec-q001", "b": "IN/own.toml"}),
    ("limits_retire", {"limit_set": "1", "reason": "old"}),
    ("override_propose", {"lot": "SIM00001", "parts": ["W01,2,2"], "screens": ["dynamic-pat"], "reason": "fine"}),
    ("override_list", {}),
    ("override_approve", {"override": 1, "reason": "fine"}),
    ("override_withdraw", {"override": 1, "reason": "not fine"}),
    ("assembly_propose", {"path": "IN/pulls.csv"}),
    ("assembly_check", {"path": "IN/pulls.csv", "mapping": "IN/pulls.toml"}),
    ("assembly_ingest", {"path": "IN/pulls.csv", "mapping": "IN/pulls.toml"}),
    ("assembly_list", {}),
    ("assembly_values", {"lot": "SIM00001"}),
    ("assembly_chart", {"characteristic": "wire pull", "out": "OUT/pull.svg"}),
    ("assembly_capability", {"lot": "SIM00001"}),
    ("assembly_judge", {"lot": "SIM00001"}),
    ("assembly_hold", {"lot": "SIM00001"}),
    ("action_open", {"finding": "odd", "kind": "yield", "measure": "yield", "expected": 0.02, "responsible": "Lin",
                     "due": FAR}),
    ("action_list", {}),
    ("action_note", {"action": 1, "text": "on it"}),
    ("action_show", {"action": 1}),
    ("action_confirm", {"action": 1, "before": ["SIM00001"], "after": ["SIM00002"]}),
    ("action_close", {"action": 1, "reason": "done"}),
    ("gauge_keep", {"sources": ["IN/gauge.csv"], "gauge": "tester 7", "operator": "site", "test": ["vref", "idd"],
                    "limits": "IN/limits.csv"}),
    ("gauge_list", {}),
    ("gauge_show", {"study": 1, "test": "vref", "figure": "OUT/gauge.svg"}),
    ("gauge_retire", {"study": 1, "reason": "old"}),
    ("parties_add", {"party": "Demo Cars", "kind": "carmaker"}),
    ("parties_list", {}),
    ("share", {"lot": "SIM00001", "party": "Demo Cars"}),
    ("unshare", {"lot": "SIM00001", "party": "Demo Cars"}),
    ("chain_import", {"paths": ["IN/chain"]}),
    ("chain_import", {"paths": ["IN/chain"]}),
    ("chain_tables", {}),
    ("chain_show", {"table": "demand"}),
    ("chain_imports", {}),
    ("chain_export", {"path": "OUT/chain.xlsx"}),
    ("chain_share", {"table": "demand", "party": "Demo Cars"}),
    ("chain_unshare", {"table": "demand", "party": "Demo Cars"}),
    ("plan", {}),
    ("plan_list", {}),
    ("plan_show", {"number": 1}),
    ("plan_compare", {"first": 1, "second": 1}),
    ("plan_explain", {}),
    ("plan_shortages", {}),
    ("plan_whatif", {"scenarios": ["demand CAR +20%"]}),
    ("plan_policy", {"file": "IN/policy.toml"}),
    ("plan_chances", {"scenarios": 3}),
    ("plan_needs", {}),
    ("plan_alerts", {"before": 1}),
    ("plan_lights", {}),
    ("expand_cells", {}),
    ("expand_plan", {}),
    ("expand_frontier", {"points": 2}),
    ("expand_case", {"points": 2, "scenarios": 1}),
    ("expand_shared", {"file": "IN/policy.toml", "scenarios": 1}),
    ("expand_cells", {"plan": 1}),
    ("expand_flow", {"load": 0.8, "lot": 500.0}),
    ("trace_import", {"path": "IN/events.csv"}),
    ("trace_imports", {}),
    ("trace_back", {"what": "VIN1"}),
    ("trace_back", {"what": "VIN1", "results": True, "test": ["all"], "lot": ["SIM00001"]}),
    ("trace_forward", {"whats": ["wafer:W1@0,0..9,0", "equipment:BOND-3"], "until": FAR}),
    ("trace_rescreen", {"recipe": "IN/own.toml", "lots": ["SIM00001"]}),
    ("trace_return", {"what": "VIN1", "recipe": ["aec-q001"], "lot": ["SIM00001"]}),
    ("trace_decoder", {"file": "IN/ecid.toml"}),
    ("trace_decode", {"ecid": "L1.W1.2.3"}),
    ("trace_ecids", {"lot": ["SIM00001"]}),
    ("trace_graph", {"whats": ["VIN1"], "figure": "OUT/graph.svg", "timeline": "OUT/line.html"}),
    ("trace_contain", {"whats": ["wafer:W1@0,1..9,1"], "name": "8D-7", "reason": "odd: µ", "out": "OUT/held"}),
    ("trace_contained", {"name": "8D-7"}),
    ("trace_close", {"name": "8D-7", "what": "reel:R1@18", "end": "scrap", "reason": "odd: µ"}),
    ("trace_close", {"name": "8D-7", "what": "reel:R1@19..20", "end": "release", "reason": "good"}),
    ("trace_containments", {}),
    ("trace_drill", {"steps": 20, "questions": 2}),
    ("trace_export", {"what": "VIN1", "out": "OUT/built", "bpnl": "BPNL00000003CSGV", "part": "CHIP-7"}),
    ("trace_certify", {"shipment": "E7", "out": "OUT/certified"}),
    ("trace_vins", {"how": "plain"}),
    ("trace_shipments", {}),
    ("trace_examine", {"file": "OUT/certified/certificate.pdf"}),
    ("trace_share", {"party": "Demo Cars"}),
    ("trace_unshare", {"party": "Demo Cars"}),
    ("measured", {}),
    ("losses", {}),
    ("impact", {"lots": ["L1"]}),
    ("stress", {"by": "site"}),
    ("concentration", {}),
    ("indicators", {}),
    ("plan_share", {"number": 1, "party": "Demo Cars"}),
    ("chain_import", {"paths": ["IN/market"]}),
    ("match", {}),
    ("match_search", {"words": "chip"}),
    ("meeting_propose", {"name": "Demo Day", "day": DAY, "place": "Demo Town"}),
    ("meeting_list", {}),
    ("meeting_show", {"meeting": 1, "out": "OUT/table.xlsx"}),
    ("meeting_record", {"meeting": 1, "pair": 1, "outcome": "going-on", "next_step": "samples", "responsible": "Lin",
                        "due": FAR}),
    ("meeting_due", {}),
    ("qualify_plan", {"product": "CHIP", "grade": 1, "package": "leaded", "wire": "copper", "fact": ["power_w=2"],
                      "change": "wire-bonding", "detail": ["thinner-wire=no"], "skip": ["E10=µ: no power stage"]}),
    ("qualify_open", {"product": "CHIP", "grade": 1, "package": "leaded", "wire": "gold", "change": "package-marking",
                      "detail": ["rework-or-new-cure"], "customer": "Demo Cars", "route": "MCU-T"}),
    ("qualify_result", {"number": 1, "test": "C3", "lot": "L1", "units": 10}),
    ("qualify_runs", {"number": 1, "test": "C3", "before": "SIM00001", "after": "SIM00001"}),
    ("qualify_results", {"number": 1, "file": "IN/results.csv"}),
    ("qualify_exclude", {"number": 1, "test": "C3", "lot": "L7", "reason": "µ: 8D-7"}),
    ("qualify_table", {"number": 1, "file": "IN/special.csv", "table": "control-plan"}),
    ("qualify_tables", {"number": 1}),
    ("qualify_template", {"out": "OUT/tables.xlsx"}),
    ("qualify_record", {"number": 1, "subject": "measurement-systems", "gauge": 1}),
    ("qualify_rates", {"number": 1}),
    ("qualify_claim", {"number": 1, "test": "C3", "reference": "R-7", "product": "OTHER", "lots": 1, "units": 15,
                       "same": ["package"]}),
    ("qualify_attach", {"number": 1, "subject": "C3", "file": "IN/pulls.csv"}),
    ("qualify_skip", {"number": 1, "test": "C3", "reason": "as before"}),
    ("qualify_propose", {"number": 1, "reason": "µ: whole"}),
    ("qualify_refuse", {"number": 1, "reason": "look again"}),
    ("qualify_propose", {"number": 1, "reason": "whole"}),
    ("qualify_approve", {"number": 1, "reason": "agreed", "until": FAR}),
    ("qualify_share", {"number": 1, "party": "Demo Cars"}),
    ("qualify_ppap", {"number": 1, "level": 2}),
    ("qualify_pack", {"number": 1, "out": "OUT/submission", "part": "7-µ"}),
    ("qualify_list", {}),
    ("qualify_show", {"number": 1}),
    ("qualify_worth", {"number": 1, "week": "2027-W01"}),
    ("qualify_reopen", {"number": 1, "reason": "new wire", "change": "wire-bonding"}),
    ("qualify_schedule", {"numbers": [1], "laboratory": "IN/laboratory.csv", "start": "2027-W05",
                          "hours": ["A2=264"], "part_price": 2.5, "figure": "OUT/laboratory.svg"}),
    ("qualify_schedule", {"numbers": [1], "offer": ["O1=HAST chamber"], "start": "2027-W05"}),
    ("qualify_book", {"schedule": LAST_SCHEDULE, "test": ["A2"]}),
    ("qualify_bookings", {"offer": "O1"}),
    ("qualify_cancel", {"bookings": [1, 2], "reason": "µ: late"}),
    ("qualify_bookings", {"number": 1, "every": True}),
    ("qualify_unshare", {"number": 1, "party": "Demo Cars"}),
    ("qualify_changes", {}),
    ("qualify_changes", {"change": "die-attach"}),
    ("qualify_diff", {"first": "H", "second": "J"}),
    ("agree_new", {"terms": "IN/terms.json", "party": "DEMO-CHIPS"}),
    ("agree_revise", {"number": "M-2027-001", "change": ["law=none"], "party": "DEMO-CHIPS"}),
    ("agree_offer", {"number": "M-2027-001", "until": FAR, "party": "DEMO-CHIPS"}),
    ("agree_counter", {"number": "M-2027-001", "terms": "IN/terms.json", "party": "DEMO-CARS", "revision": 3}),
    ("agree_comment", {"number": "M-2027-001", "text": "so be it: µ", "field": "law", "party": "DEMO-OSAT"}),
    ("agree_list", {}),
    ("agree_show", {"number": "M-2027-001", "out": "OUT/terms.json"}),
    ("agree_diff", {"number": "M-2027-001"}),
    ("agree_due", {}),
    ("agree_trust", {"file": "IN/authority.pem", "of": "DEMO-CARS"}),
    ("agree_authorities", {}),
    ("agree_signed", {"number": "M-2027-001", "file": "IN/pulls.csv", "party": "DEMO-CARS"}),
    ("agree_examine", {"file": "IN/pulls.csv"}),
    ("agree_share", {"number": "M-2027-001", "other": "Demo Cars", "party": "DEMO-CARS"}),
    ("agree_unshare", {"number": "M-2027-001", "other": "Demo Cars", "party": "DEMO-CARS"}),
    ("agree_link", {"number": "M-2027-001", "kind": "data-space", "identity": "urn:x", "party": "DEMO-CARS"}),
    ("agree_messages", {"number": "M-2027-001", "out": "OUT/messages"}),
    ("agree_take", {"file": "IN/request.json"}),
    ("agree_told", {"number": "M-2027-001", "kind": "delivery", "week": "2027-W05", "quantity": 9.5,
                    "party": "DEMO-CHIPS"}),
    ("agree_kept", {"number": "M-2027-001"}),
    ("agree_scorecard", {}),
    ("agree_withdraw", {"number": "M-2027-001", "reason": "too early", "party": "DEMO-CARS"}),
    ("agree_refuse", {"number": "M-2027-001", "reason": "too late", "party": "DEMO-CARS"}),
    ("agree_end", {"number": "M-2027-001", "reason": "too late", "party": "DEMO-CARS"}),
    ("agree_amend", {"number": "M-2027-001", "change": ["law=none"], "party": "DEMO-CARS"}),
    ("agree_renew", {"number": "M-2027-001", "party": "DEMO-CARS"}),
    ("sql", {"statement": "SELECT count(*) AS parts FROM parts"}),
    ("trend", {"test": "1000"}),
    ("what_changed", {"now": ["SIM00002"], "before": ["SIM00001"]}),
    ("pareto", {}),
    ("readings", {"lot": "SIM00001", "test": "1000"}),
    ("wafer", {"lot": "SIM00001", "wafer": "W01"}),
    ("compare", {"a": "SIM00001", "b": "SIM00002"}),
    ("bias", {"lots": ["SIM00001"]}),
    ("test_time", {"lots": ["SIM00001"]}),
    ("related", {"lots": ["SIM00001"]}),
    ("drifts", {"lots": ["SIM00001"]}),
    ("recovery", {"lots": ["SIM00001"]}),
    ("bin_switch", {"lots": ["SIM00001"], "then": ["SIM00002"]}),
    ("assess_capability", {"lots": ["SIM00001"], "figure": "OUT/cpk.svg", "test": ["1000"]}),
    ("assess_chart", {"lots": ["SIM00001"], "test": "1000"}),
    ("assess_hotelling", {"lots": ["SIM00001"], "test": ["1020", "1030"]}),
    ("assess_outliers", {"lots": ["SIM00001"]}),
    ("assess_between", {"lots": ["SIM00001", "SIM00002"]}),
    ("meeting_share", {"meeting": 1, "party": "Demo Cars"}),
    ("meeting_unshare", {"meeting": 1, "party": "Demo Cars"}),
    ("meeting_propose", {"name": "Rain Day", "day": DAY, "place": "Demo Town"}),
    ("meeting_cancel", {"meeting": 2, "reason": "rain"}),
    ("plan_unshare", {"number": 1, "party": "Demo Cars"}),
    ("mapping_set", {"file": "IN/mapping.toml"}),
    ("jobs_list", {}),
    ("jobs_show", {"job": 1}),
    ("people_add", {"person": "eva", "role": "reader"}),
    ("people_list", {}),
    ("people_change", {"person": "eva", "role": "planner"}),
    ("people_link", {"person": "eva"}),
    ("tokens_list", {}),
    ("audit", {"verb": "hold", "since": SINCE}),
    ("jobs_cancel", {"job": 1}),
    ("hold", {"lot": "NOBODY", "reason": "x"}),
    ("chain_import", {"paths": ["IN/pulls.csv"]}),
    ("trend", {"test": "nothing"}),
    ("verify", {}),
    ("tokens_revoke", {"token": 1}),
)  # fmt: skip

REFUSED_OF_MEMORANDA = (
    "agree_signed",
    "agree_examine",
    "agree_messages",
    "agree_told",
    "agree_refuse",
    "agree_end",
    "agree_amend",
    "agree_renew",
)


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("inputs")
    first = small_lot(folder, 1)
    (folder / "more" / "deep").mkdir(parents=True)
    small_lot(folder / "more" / "deep", 2)
    content = first.read_bytes()
    (folder / "cut.stdf").write_bytes(content[: len(content) // 2])
    write_book({**small_book(), "cells": [CELL], "cell_runs": [RUN], "machines": [MACHINE]}, folder / "chain")
    write_book({**BASE, "needs": [NEED], "offers": [OFFER]}, folder / "market")
    CliRunner().invoke(app, ["recipe", "new", str(folder / "own.toml")])
    (folder / "ecid.toml").write_text(f'[ecid]\ndecoder = "pattern"\npattern = "{ECID}"\n', encoding="utf-8")
    with corecar.init(folder / "other") as other:
        (folder / "mapping.toml").write_text(other.mapping_show(), encoding="utf-8")
    columns = ("step", "lot", "characteristic", "value", "time", "machine")
    (folder / "pulls.toml").write_text(
        "[columns]\n" + "".join(f'{one} = "{one}"\n' for one in columns), encoding="utf-8"
    )
    rows = [
        f"wire bond,SIM00001,wire pull,{8 + number % 5 / 10},2026-11-0{1 + number % 9} 08:15,B1" for number in range(30)
    ]
    (folder / "pulls.csv").write_text("\n".join([",".join(columns), *rows]) + "\n", encoding="utf-8")
    shutil.rmtree(folder / "other")
    story(folder)
    gauge_table(folder / "gauge.csv")
    (folder / "limits.csv").write_text("test,unit,low_limit,high_limit\nvref,V,1.1,1.3\n", encoding="utf-8")
    (folder / "special.csv").write_text(
        "step,characteristic,special,method,test,reaction\nmark,µ depth,depth,gauge,A9,hold\n", encoding="utf-8"
    )
    (folder / "results.csv").write_text("test,lot,units,fails,note\nC3,L7,15,1,\nC3,L8,15,,µ\n", encoding="utf-8")
    (folder / "laboratory.csv").write_text(
        "laboratory,equipment,number,weeks\nDemo Lab,HAST chamber,1,2027-W05..\nDemo Lab,tester,1,\n", encoding="utf-8"
    )
    (folder / "terms.json").write_text(json.dumps(VALUE), encoding="utf-8")
    (folder / "request.json").write_text("{}", encoding="utf-8")
    (folder / "authority.pem").write_bytes(trustme.CA(organization_name="Demo Authority").cert_pem.bytes())
    (folder / "policy.toml").write_text(POLICY, encoding="utf-8")
    return folder


def test_a_verb_answers_the_same_through_every_face(
    inputs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = {}
    for name, face in FACES.items():
        root = tmp_path / name
        shutil.copytree(inputs, root / "IN")
        monkeypatch.chdir(root)
        with ExitStack() as opened:
            call = face(root, opened, monkeypatch)
            answers[name] = list(answered(call, root))
    refused = [verb for verb, answer in answers["python"] if "error" in answer]
    assert refused == ["qualify_rates", *REFUSED_OF_MEMORANDA, "jobs_cancel", "hold", "chain_import", "trend"]
    otherwise = [
        (name, one[0], json.dumps(one[1])[:3000], json.dumps(other[1])[:3000])
        for name in FACES
        for one, other in zip(answers[name], answers["python"], strict=True)
        if one != other
    ]
    assert otherwise == []
    for name in FACES:
        found = sorted(path.relative_to(tmp_path / name) for path in (tmp_path / name / "OUT").rglob("*"))
        assert found == sorted(
            path.relative_to(tmp_path / "python") for path in (tmp_path / "python" / "OUT").rglob("*")
        )


def answered(call: Face, root: Path) -> Iterator[tuple[str, Any]]:
    """Every call with its answer; a command that compares files is no job, so that jobs have other numbers there."""
    schedule = LAST_SCHEDULE
    for verb, given in CALLS:
        found = call(verb, {name: schedule if value is LAST_SCHEDULE else value for name, value in given.items()})
        if verb == "qualify_schedule" and "schedule" in found["facts"]:
            schedule = found["facts"]["schedule"]
        yield verb, told(found, root)


def python_face(root: Path, opened: ExitStack, monkeypatch: pytest.MonkeyPatch) -> Face:
    house = opened.enter_context(corecar.init(root / "house", owner="Demo House"))
    house.call("tokens_add", "tests", scopes=ALL)
    return lambda verb, given: or_error(lambda: house.call(verb, **given))


def command_face(root: Path, opened: ExitStack, monkeypatch: pytest.MonkeyPatch) -> Face:
    with corecar.init(root / "house", owner="Demo House") as house:
        house.call("tokens_add", "tests", scopes=ALL)

    def call(verb: str, given: Mapping[str, Any]) -> Any:
        shown = CliRunner().invoke(app, [*words(verb, given), "-w", "house", "--json"])
        if shown.exit_code:
            return {"error": shown.stderr.removeprefix("corecar: ").rstrip("\n")}
        return json.loads(shown.stdout)

    return call


def http_face(root: Path, opened: ExitStack, monkeypatch: pytest.MonkeyPatch) -> Face:
    house = opened.enter_context(served(root, scopes=ALL))
    return lambda name, given: by_hand(house, name, given)


def remote_face(root: Path, opened: ExitStack, monkeypatch: pytest.MonkeyPatch) -> Face:
    remote = opened.enter_context(served(root)).remote()
    return lambda verb, given: or_error(lambda: remote.call(verb, **given))


def or_error(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except CorecarError as error:
        return {"error": str(error)}


FACES = {"python": python_face, "command line": command_face, "http": http_face, "remote": remote_face}


def words(name: str, given: Mapping[str, Any]) -> list[str]:
    """A call as somebody types it."""
    verb = WORKSPACE_VERBS[name]
    parameters = {parameter.name: parameter for parameter in parameters_of(verb.load())}
    first, options = [], []
    for key, value in given.items():
        several = value if isinstance(value, list) else [value]
        typed = [one.isoformat() if isinstance(one, datetime) else str(one) for one in several]
        if parameters[key].kind is not Parameter.KEYWORD_ONLY:
            first += typed
        elif value is True:
            options.append(f"--{key.replace('_', '-')}")
        else:
            options += [word for one in typed for word in (f"--{key.replace('_', '-')}", one)]
    return [*verb.words.split(), *first, *options]


def by_hand(house: House, name: str, given: Mapping[str, Any]) -> Any:
    """A call as a program without our client makes it."""
    verb = WORKSPACE_VERBS[name]
    address = f"{ROOT}/{name.replace('_', '-')}"
    body = {key: plain(value) for key, value in given.items()}
    if is_get(verb):
        pairs = [(key, one) for key, value in body.items() for one in (value if isinstance(value, list) else [value])]
        asked = [(key, str(one).lower() if isinstance(one, bool) else str(one)) for key, one in pairs]
        response = house.client.get(address, params=tuple(asked), headers=house.headers())
    else:
        files = form_of(verb, body)
        how: dict[str, Any] = {"json": body} if not files else {"data": {"arguments": json.dumps(body)}, "files": files}
        waits = {"wait": 30} if verb.is_job else {}
        response = house.client.post(address, params=waits, headers=house.headers(), **how)
    if response.status_code != 200:
        assert response.headers["content-type"] == "application/problem+json"
        return {"error": response.json()["detail"]}
    if "Corecar-Files" in response.headers:
        unpack(house, response.headers["Corecar-Files"], given)
    return response.json()


def form_of(verb: Verb, body: dict[str, Any]) -> list[tuple[str, tuple[str, bytes]]]:
    """The files of a call as fields of a form; in the arguments stand picks of them instead of paths."""
    files: list[tuple[str, tuple[str, bytes]]] = []
    for key, travel in travels(verb).items():
        if not isinstance(travel.kind, Sent) or key not in body:
            continue
        picks = []
        for number, one in enumerate(body[key] if travel.several else [body[key]]):
            path, top = Path(one), f"{number}/{Path(one).name}"
            if path.is_file():
                files.append((key, (top, path.read_bytes())))
            for inside in path.rglob("*"):
                if inside.is_file():
                    files.append((key, (f"{top}/{inside.relative_to(path)}", inside.read_bytes())))
            picks.append({"sent": top, "name": one} if path.exists() else one)
        body[key] = picks if travel.several else picks[0]
    return files


def unpack(house: House, address: str, given: Mapping[str, Any]) -> None:
    packed = house.client.get(address, headers=house.headers())
    assert packed.status_code == 200
    with ZipFile(BytesIO(packed.content)) as archive:
        for entry in archive.infolist():
            parameter, _, rest = entry.filename.partition("/")
            target = Path(given[parameter]).joinpath(*Path(rest).parts[1:])
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(archive.read(entry))


VARYING = ("used", "arguments", "comment_id", "sha256_of_index", "schedule")
"""When a token was used; the number of a job; what a comment is known by; arguments as jobs keep them, where the
command line tells also what stands by default."""
TIMES = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d+)?( ?[+-]\d\d:\d\d| UTC)?")
OF_SCHEDULE = re.compile(r"(?:schedule|qualify book) \d+")
OF_INDEX = re.compile(r"(?<=SHA-256 of the index: )[0-9a-f]{64}")
"""A submission holds the moment at which it was written."""
SECONDS = re.compile(r"\d+(\.\d+)? (s|ms|MB/s)\b")
SECRET = re.compile(r"(?<![\w-])(corecar_)?(?=[\w-]*[A-Z_-])[\w-]{43}(?![\w-])")


def told(answer: Any, root: Path) -> Any:
    """An answer without what differs from one call to the next: moments, durations, secrets, where it was."""
    if isinstance(answer, pa.Table):
        answer = {"rows": table_rows(answer)}
    if isinstance(answer, list):
        answer = {"rows": answer}
    return steady(json_ready(answer), str(root))


def of_a_record(value: dict[str, Any]) -> bool:
    """Whether a document is what a study said at a moment, which stands in it."""
    return str(value.get("name", "")).startswith("gauge-study-")


def steady(value: Any, root: str) -> Any:
    if isinstance(value, str):
        value = value.replace(root + "/", "").replace(root, "")
        value = OF_SCHEDULE.sub("schedule N", value)
        return OF_INDEX.sub("HASH", SECRET.sub("SECRET", SECONDS.sub("TIME", TIMES.sub("TIME", value))))
    if isinstance(value, list):
        return [steady(one, root) for one in value]
    if isinstance(value, dict):
        return {
            name: 0
            if "seconds" in name or name in VARYING or name.endswith("_s") or (name == "sha256" and of_a_record(value))
            else steady(one, root)
            for name, one in value.items()
        }
    return value
