"""The benchmark of reading runs from end to end on tiny files; its figures are looked at by people, not by CI."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    for peer in ("stdf_convert", "pystdf"):
        pytest.importorskip(peer, reason=f"the peer {peer} is not installed")
    folder = tmp_path_factory.mktemp("bench")
    written = folder / "report.json"
    command = [sys.executable, "bench/read.py", "--small", "--folder", str(folder), "--json", str(written)]
    outcome = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    return dict(json.loads(written.read_text()))


def test_the_benchmark_measures_every_subject_of_each_case(report: dict[str, Any]) -> None:
    subjects = [row for case in report["cases"] for row in case["subjects"].values()]
    assert len(subjects) > 8
    assert [row["failure"] for row in subjects if row["failure"]] == []
    assert all(row["seconds"] > 0 for row in subjects)


def test_the_benchmark_says_what_it_ran_on(report: dict[str, Any]) -> None:
    assert int(report["machine"]["cores"]) >= 1
    assert report["machine"]["stdf-convert"] != "not installed"


def test_every_reader_sees_the_same_file(report: dict[str, Any]) -> None:
    for case in report["cases"]:
        counts = {row["facts"]["records"] for row in case["subjects"].values() if "records" in row["facts"]}
        assert len(counts) <= 1, case["name"]


def test_the_benchmark_of_the_workspace_measures_every_promise(tmp_path: Path) -> None:
    written = tmp_path / "report.json"
    command = [sys.executable, "bench/workspace.py", "--small", "--folder", str(tmp_path), "--json", str(written)]
    outcome = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    report = json.loads(written.read_text())
    assert all(report["lake"][question] > 0 for question in ("one wafer's map", "parts of the whole lake by product"))


def test_the_benchmark_of_ingest_measures_every_promise(tmp_path: Path) -> None:
    written = tmp_path / "report.json"
    command = [sys.executable, "bench/ingest.py", "--small", "--folder", str(tmp_path), "--json", str(written)]
    outcome = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    report = json.loads(written.read_text())
    assert report["large"]["share"] > 0
    assert report["lots of 25 wafers, a file per wafer"]["files"] == 25
    assert report["lots of 25 wafers, a file each"]["2 workers"] > 0
    assert report["lots of 25 wafers, a file each"]["1 worker on 1 core"] > 0


def test_the_benchmark_of_the_screens_measures_every_promise(tmp_path: Path) -> None:
    written = tmp_path / "report.json"
    command = [sys.executable, "bench/screen.py", "--small", "--json", str(written)]
    outcome = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    size, larger = json.loads(written.read_text())["sizes"].values()
    assert (size["results"], larger["results"]) == (10_000, 20_000)
    for line in (
        "times as long as here",
        "readings beyond, as many",
        "s a group",
        "nanoseconds per result",
        "same verdicts",
    ):
        assert line in outcome.stdout
    assert all(row["cores"] == row["cpu"] / row["seconds"] for row in size["subjects"].values())
    limits = [
        size["subjects"][f"dynamic PAT {how}"] for how in ("by wafer and site", "in pandas, wide", "in pandas, long")
    ]
    assert [row["beyond"] for row in limits] == [1, 1, 1]
    promised = [size["subjects"][name] for name in ("dynamic PAT, GDBN, Z-PAT", "nearest neighbour residual")]
    assert all(row["seconds"] > 0 and row["ratio"] > 0 and row["of_data"] >= 0 for row in promised)


def test_the_benchmark_of_matching_gives_the_answers_of_its_peers(tmp_path: Path) -> None:
    pytest.importorskip("matching", reason="the peer matching is not installed")
    written = tmp_path / "report.json"
    command = [sys.executable, "bench/match.py", "--small", "--json", str(written)]
    outcome = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    (size,) = json.loads(written.read_text())["sizes"].values()
    assert len(size["subjects"]) == 4
    assert [peer["same"] for peer in size["peers"].values()] == [True, True]
    assert size["fit"] >= size["looked_at"] > 0


def test_the_benchmark_of_plans_measures_every_promise_and_finds_one_optimum(tmp_path: Path) -> None:
    for peer in ("linopy", "pulp", "ortools"):
        if find_spec(peer) is None:
            pytest.skip(f"the peer {peer} is not installed")
    written = tmp_path / "report.json"
    command = [sys.executable, "bench/plan.py", "--small", "--json", str(written)]
    outcome = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    (size,) = json.loads(written.read_text())["sizes"].values()
    assert size["apart"] <= 1e-6
    assert size["levels"] >= 1
    measured = (
        "model",
        "linopy",
        "PuLP",
        "static plan",
        "static what-if",
        "weekly plan",
        "scipy",
        "glop",
        "weekly what-if",
    )
    assert all(size[name] > 0 for name in measured)


def test_the_benchmark_of_the_stress_measures_every_promise(tmp_path: Path) -> None:
    written = tmp_path / "report.json"
    command = [sys.executable, "bench/stress.py", "--small", "--json", str(written)]
    outcome = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    report = json.loads(written.read_text())
    size = report["sizes"]["small"]
    assert size["seconds"] > 0
    assert size["ratio"] > 0
    assert size["apart"] < 1e-4
    assert int(report["machine"]["cores"]) >= 1


def test_the_benchmark_of_gaps_measures_peers_by_the_same_certificate(tmp_path: Path) -> None:
    written = tmp_path / "report.json"
    command = [sys.executable, "bench/plan_gaps.py", "--small", "--peers", "HiGHS simplex", "--json", str(written)]
    outcome = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    (size,) = json.loads(written.read_text())["sizes"].values()
    ours, peer = size["found"]["corecar"], size["found"]["HiGHS simplex"]
    assert ours["gap"] <= 0.01
    assert ours["curve"][-1][1] == pytest.approx(ours["gap"])
    assert peer["gap"] <= 1e-6
    assert ours["bound"] <= peer["cost"] * (1 + 1e-9)
    assert peer["bound"] <= ours["cost"] * (1 + 1e-9)


def test_the_benchmark_of_growth_measures_a_step_and_the_way_to_a_gap(tmp_path: Path) -> None:
    written = tmp_path / "report.json"
    command = [sys.executable, "bench/plan_growth.py", "--small", "--axes", "chips", "--json", str(written)]
    outcome = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    ((least,),) = json.loads(written.read_text())["axes"].values()
    assert least["step_ms"] > 0
    assert least["gap"] <= 0.02


def test_the_benchmark_of_scenarios_plans_each_from_the_plan_as_it_is() -> None:
    command = [
        sys.executable,
        "bench/plan_chances.py",
        "--small",
        "--scenarios",
        "2",
        "--workers",
        "1",
        "--base-gap",
        "0.05",
    ]
    outcome = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    assert "2 scenarios in" in outcome.stdout
    assert "mean of the worst 5%" in outcome.stdout


def test_the_benchmark_of_expansion_finds_orders_within_its_gap(tmp_path: Path) -> None:
    written = tmp_path / "report.json"
    command = [sys.executable, "bench/expand.py", "--small", "--seconds", "120", "--json", str(written)]
    outcome = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    (found,) = json.loads(written.read_text())
    assert found["orders"] > 0
    assert found["bound"] <= found["cost"]
    assert found["gap"] <= 0.02


def test_the_benchmark_of_serving_asks_for_lists_maps_and_pages(tmp_path: Path) -> None:
    written = tmp_path / "report.json"
    command = [sys.executable, "bench/serve.py", "--small", "--json", str(written)]
    outcome = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    runs = json.loads(written.read_text())["runs"]
    assert sorted(runs) == ["1", "4"]
    assert all(len(run) == 4 for run in runs.values())
    assert all(took["asked"] > 0 and took["p95"] >= took["p50"] > 0 for run in runs.values() for took in run.values())


def test_the_benchmark_of_genealogy_agrees_with_plain_sql(tmp_path: Path) -> None:
    written = tmp_path / "report.json"
    command = [sys.executable, "bench/trace.py", "--wafers", "1", "--mounted", "100", "--json", str(written)]
    outcome = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    (size,) = json.loads(written.read_text())["sizes"]
    assert (size["units"], size["affected"]) == (10_000, 10_000)
    assert size["back_ms_p95"] >= size["back_ms_median"] > 0
    assert size["forward_wafer_s"] > 0


def test_the_benchmark_of_impact_asks_about_a_kept_plan(tmp_path: Path) -> None:
    written = tmp_path / "report.json"
    command = [sys.executable, "bench/impact.py", "--small", "--json", str(written)]
    outcome = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    (size,) = json.loads(written.read_text())["sizes"].values()
    assert [took["lots"] for took in size["asked"].values()] == [1, 25]
    for took in size["asked"].values():
        assert took["seconds"] > 0
        assert took["peak_mb"] > 0
        assert took["notes"][-1] == "The base is plan 1 as it was kept."
