"""A simulated lot is a genuine STDF file, and its truth file tells the truth about it."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zstandard

from corecar.errors import ArgumentError, OutputError
from corecar.simulate import Outliers, simulate_lot, truth_path
from corecar.simulate.layout import wafer_layout
from corecar.simulate.outliers import population
from corecar.simulate.probing import Simulation, prepare, probe_wafer, survey
from corecar.simulate.program import GROUPS, build_program

stdf_convert = pytest.importorskip("stdf_convert", reason="the peer stdf-convert is not installed")

WAFERS, DIES, TESTS, SITES, SEED = 4, 400, 40, 4, 3
PLANTED = Outliers(strong=24, weak=8)


@pytest.fixture(scope="module")
def lot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("simulated") / "lot.stdf"
    return simulate_lot(path, wafers=WAFERS, dies=DIES, tests=TESTS, sites=SITES, seed=SEED, outliers=PLANTED)


@pytest.fixture(scope="module")
def tables(lot: Path) -> dict[str, Any]:
    return dict(stdf_convert.tables(lot))


@pytest.fixture(scope="module")
def truth(lot: Path) -> dict[str, Any]:
    return dict(json.loads(truth_path(lot).read_text()))


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    return prepare(WAFERS, DIES, TESTS, SITES, SEED, "wafer sort", False)


def readings(tables: dict[str, Any]) -> list[dict[str, Any]]:
    """Every PTR and MPR reading with the wafer and the part it belongs to, by way of the open part of each site."""
    columns = {
        "WIR": ["WAFER_ID"],
        "PTR": ["TEST_NUM", "SITE_NUM", "TEST_FLG", "RESULT"],
        "MPR": ["TEST_NUM", "SITE_NUM", "TEST_FLG", "RTN_RSLT"],
        "FTR": ["TEST_NUM", "SITE_NUM", "TEST_FLG"],
        "PRR": ["SITE_NUM", "X_COORD", "Y_COORD", "HARD_BIN", "PART_ID"],
    }
    rows: list[dict[str, Any]] = []
    for kind, names in columns.items():
        found = tables[kind].select(["sequence_number", *names]).to_pylist()
        rows += [{"kind": kind, **row} for row in found]
    rows.sort(key=lambda row: row["sequence_number"])
    wafer, out = "", []
    pending: dict[int, list[dict[str, Any]]] = {site: [] for site in range(SITES)}
    for row in rows:
        if row["kind"] == "WIR":
            wafer = row["WAFER_ID"]
        elif row["kind"] == "PRR":
            out += [{**reading, "wafer": wafer, "prr": row} for reading in pending[row["SITE_NUM"]]]
            pending[row["SITE_NUM"]] = []
        else:
            pending[row["SITE_NUM"]].append(row)
    return out


@pytest.fixture(scope="module")
def joined(tables: dict[str, Any]) -> list[dict[str, Any]]:
    return readings(tables)


def test_a_simulated_lot_holds_every_kind_of_record_a_tester_writes(tables: dict[str, Any]) -> None:
    opening = ["FAR", "ATR", "MIR", "SDR", "PMR", "WCR"]
    testing = ["WIR", "PIR", "PTR", "FTR", "MPR", "PRR", "WRR"]
    summaries = ["TSR", "HBR", "SBR", "PCR", "MRR"]
    assert sorted(tables) == sorted(opening + testing + summaries)


def test_a_peer_counts_the_records_that_were_written(tables: dict[str, Any]) -> None:
    program = build_program(TESTS)
    attempts = tables["PRR"].num_rows
    kinds = Counter(test.kind for test in program.tests)
    assert attempts > WAFERS * DIES
    assert tables["PIR"].num_rows == attempts
    assert tables["PTR"].num_rows == attempts * kinds["parametric"]
    assert tables["MPR"].num_rows == attempts * kinds["multiple"]
    assert tables["FTR"].num_rows == attempts * kinds["functional"]
    assert tables["WIR"].num_rows == tables["WRR"].num_rows == WAFERS


def test_pystdf_reads_as_many_records(lot: Path, tables: dict[str, Any]) -> None:
    parsing = pytest.importorskip("pystdf.IO", reason="the peer pystdf is not installed")
    counts: Counter[str] = Counter()

    class Sink:
        def before_send(self, source: object, data: tuple[object, object]) -> None:
            counts[type(data[0]).__name__.upper()] += 1

    with lot.open("rb") as file:
        parser = parsing.Parser(inp=file)
        parser.addSink(Sink())
        parser.parse()
    assert counts == {kind: table.num_rows for kind, table in tables.items()}


def test_only_the_first_touchdown_describes_its_tests(tables: dict[str, Any]) -> None:
    parametric = [test for test in build_program(TESTS).tests if test.kind == "parametric"]
    formats = tables["PTR"].column("C_RESFMT").to_pylist()
    first_end = tables["PRR"].column("sequence_number")[0].as_py()
    parts_before = sum(number < first_end for number in tables["PIR"].column("sequence_number").to_pylist())
    assert sum(bool(shown) for shown in formats) == parts_before * len(parametric)
    assert set(tables["PTR"].column("TEST_TXT").to_pylist()) - {""} == {test.name for test in parametric}


def test_bins_follow_the_first_failing_test(tables: dict[str, Any], joined: list[dict[str, Any]]) -> None:
    tests = {test.number: test for test in build_program(TESTS).tests}
    failing: dict[int, int] = {}
    for row in joined:
        if row.get("TEST_FLG") == b"\x80":
            failing.setdefault(row["prr"]["sequence_number"], row["TEST_NUM"])
    for row in tables["PRR"].to_pylist():
        number = failing.get(row["sequence_number"])
        bins = (1, 1) if number is None else (GROUPS[tests[number].group].hard_bin, tests[number].soft_bin)
        assert (row["HARD_BIN"], row["SOFT_BIN"]) == bins
        assert row["PART_FLG"] == (b"\x00" if number is None else b"\x08")
    assert len({tests[number].group for number in failing.values()}) > 3


def test_failing_flags_agree_with_the_limits(tables: dict[str, Any]) -> None:
    limits = {test.number: test for test in build_program(TESTS).tests}
    seen: Counter[bool] = Counter()
    for row in tables["PTR"].select(["TEST_NUM", "RESULT", "TEST_FLG", "PARM_FLG"]).to_pylist():
        test = limits[row["TEST_NUM"]]
        above = test.high is not None and row["RESULT"] > np.float32(test.high)
        below = test.low is not None and row["RESULT"] < np.float32(test.low)
        assert row["TEST_FLG"][0] == (0x80 if above or below else 0)
        assert row["PARM_FLG"][0] == 0xC0 | (0x08 if above else 0) | (0x10 if below else 0)
        seen[above or below] += 1
    assert seen[True] > 0


def test_some_failed_dies_touch_down_twice_at_the_same_place(tables: dict[str, Any]) -> None:
    wafers = tables["WIR"].column("sequence_number").to_numpy()
    prr = tables["PRR"].to_pylist()
    places: dict[tuple[int, int, int], list[int]] = {}
    for row in prr:
        wafer = int(np.searchsorted(wafers, row["sequence_number"]))
        places.setdefault((wafer, row["X_COORD"], row["Y_COORD"]), []).append(row["HARD_BIN"])
    assert len(places) == WAFERS * DIES
    twice = [bins for bins in places.values() if len(bins) == 2]
    assert max(map(len, places.values())) == 2
    retested = {group.hard_bin for group in GROUPS.values() if group.retested}
    assert {bins[0] for bins in twice} <= retested
    assert any(bins[1] == 1 for bins in twice), "none recovered"
    assert any(bins[1] != 1 for bins in twice), "none failed again"


def test_summaries_add_up_to_the_parts(tables: dict[str, Any]) -> None:
    attempts = tables["PRR"].num_rows
    good = sum(bin_ == 1 for bin_ in tables["PRR"].column("HARD_BIN").to_pylist())
    for row in tables["PCR"].to_pylist():
        if row["HEAD_NUM"] == 255:
            assert (row["PART_CNT"], row["GOOD_CNT"], row["RTST_CNT"]) == (attempts, good, attempts - WAFERS * DIES)
    for kind, count in (("HBR", "HBIN_CNT"), ("SBR", "SBIN_CNT")):
        rows = tables[kind].to_pylist()
        assert sum(row[count] for row in rows if row["HEAD_NUM"] == 255) == attempts
        assert sum(row[count] for row in rows if row["HEAD_NUM"] == 1) == attempts


def test_the_test_summary_agrees_with_the_readings(tables: dict[str, Any]) -> None:
    number = build_program(TESTS).tests[2].number
    mask = tables["PTR"].column("TEST_NUM").to_numpy() == number
    values = tables["PTR"].column("RESULT").to_numpy()[mask].astype(np.float64)
    (row,) = (r for r in tables["TSR"].to_pylist() if r["TEST_NUM"] == number and r["HEAD_NUM"] == 255)
    assert row["EXEC_CNT"] == len(values)
    found = [row["TEST_MIN"], row["TEST_MAX"], row["TST_SUMS"], row["TST_SQRS"]]
    assert found == pytest.approx([values.min(), values.max(), values.sum(), np.square(values).sum()], rel=1e-5)


def test_planted_outliers_stand_in_the_file_and_pass_every_limit(
    joined: list[dict[str, Any]], truth: dict[str, Any]
) -> None:
    assert Counter(row["kind"] for row in truth["planted"]) == {"strong": 24, "weak": 8}
    index = {(r["wafer"], r["prr"]["X_COORD"], r["prr"]["Y_COORD"], r["TEST_NUM"]): r for r in joined}
    pins = build_program(TESTS).tests[-5].pins
    for row in truth["planted"]:
        found = index[row["wafer"], row["x"], row["y"], row["test_number"]]
        value = found["RESULT"] if row["pin"] is None else found["RTN_RSLT"][pins.index(row["pin"])]
        assert value == row["value"]
        assert found["prr"]["HARD_BIN"] == 1
        assert found["prr"]["PART_ID"] == row["part_id"]


def test_planted_outliers_stand_as_far_out_as_the_truth_says(
    joined: list[dict[str, Any]], truth: dict[str, Any]
) -> None:
    good = [row for row in joined if row["kind"] == "PTR" and row["prr"]["HARD_BIN"] == 1]
    checked = 0
    for row in truth["planted"]:
        if row["pin"] is not None:
            continue
        values = np.array([r["RESULT"] for r in good if r["TEST_NUM"] == row["test_number"]])
        q1, median, q3 = np.quantile(values, [0.25, 0.5, 0.75])
        assert (row["value"] - median) / ((q3 - q1) / 1.35) == pytest.approx(row["sigmas"], rel=0.01)
        assert 7.0 <= abs(row["sigmas"]) <= 15.0 if row["kind"] == "strong" else 4.0 <= abs(row["sigmas"]) <= 5.6
        checked += 1
    assert checked > 10


def test_a_planted_outlier_stands_out_on_its_own_wafer_too(truth: dict[str, Any]) -> None:
    strong = [row for row in truth["planted"] if row["kind"] == "strong"]
    assert all(abs(row["sigmas_wafer"]) > 6.0 for row in strong)


def test_few_good_parts_stand_far_out_by_nature(simulation: Simulation) -> None:
    lot, _ = survey(simulation)
    values = np.concatenate([probe_wafer(simulation, wafer).good_values for wafer in range(WAFERS)], axis=1)
    spread = np.flatnonzero(lot.sigma > 0)
    distance = np.abs(values[spread] - lot.median[spread, None]) / lot.sigma[spread, None]
    skewed = np.isin(spread, simulation.program.columns_shaped("skewed"))
    assert not (distance[~skewed] > 6.5).any()
    assert (distance[skewed] > 5.0).any(), "the leakage test has no tail"


def test_truth_names_places_that_exist(truth: dict[str, Any]) -> None:
    assert sum(truth["defects_by_kind"].values()) == len(truth["defects"])
    assert {"edge", "random", "contact"} <= set(truth["defects_by_kind"])
    layout = wafer_layout(DIES, SITES)
    places = set(zip(layout.x.tolist(), layout.y.tolist(), strict=True))
    assert all((row["x"], row["y"]) in places for row in truth["defects"] + truth["planted"])


def test_every_failing_die_has_a_defect_in_the_truth(joined: list[dict[str, Any]], truth: dict[str, Any]) -> None:
    failed = {
        (row["wafer"], row["prr"]["X_COORD"], row["prr"]["Y_COORD"], row["TEST_NUM"])
        for row in joined
        if row["TEST_FLG"] == b"\x80"
    }
    assert failed == {(row["wafer"], row["x"], row["y"], row["test_number"]) for row in truth["defects"]}


def test_edge_defects_lie_at_the_edge(truth: dict[str, Any]) -> None:
    layout = wafer_layout(DIES, SITES)
    radius = dict(zip(zip(layout.x.tolist(), layout.y.tolist(), strict=True), layout.radius.tolist(), strict=True))
    assert all(radius[row["x"], row["y"]] > 0.9 for row in truth["defects"] if row["kind"] == "edge")


def test_a_worn_site_measures_apart_from_the_others(simulation: Simulation) -> None:
    (column,) = (i for i, test in enumerate(simulation.program.tests) if test.name == "RDSON_HS")
    at = simulation.program.starts[column]
    probing = probe_wafer(simulation, 0)
    good, last = probing.verdict.good, simulation.layout.site == SITES - 1
    apart = np.median(probing.values[at, good & last]) - np.median(probing.values[at, good & ~last])
    assert apart > 0.7 * simulation.program.sigma[at]


def test_readings_drift_smoothly_over_the_wafer(simulation: Simulation) -> None:
    probing = probe_wafer(simulation, 1)
    x, y = simulation.layout.across, simulation.layout.up
    shape = np.stack([np.ones_like(x), x, y, x**2 + y**2])[:, probing.verdict.good]
    explained = []
    for column in np.flatnonzero(simulation.program.sigma > 0):
        values = probing.values[column, probing.verdict.good]
        fitted = shape.T @ np.linalg.lstsq(shape.T, values, rcond=None)[0]
        explained.append(1 - np.var(values - fitted) / np.var(values))
    by_chance = shape.shape[0] / shape.shape[1]
    assert np.mean(explained) > 5 * by_chance


@pytest.mark.parametrize("ending", [".stdf", ".stdf.gz", ".stdf.zst"])
def test_the_same_seed_writes_the_same_bytes(tmp_path: Path, ending: str) -> None:
    files = [simulate_lot(tmp_path / f"{n}{ending}", wafers=1, dies=60, tests=20, seed=9) for n in "ab"]
    assert files[0].read_bytes() == files[1].read_bytes()
    other = simulate_lot(tmp_path / f"c{ending}", wafers=1, dies=60, tests=20, seed=10)
    assert files[0].read_bytes() != other.read_bytes()


def test_compressed_lots_hold_the_plain_file(tmp_path: Path) -> None:
    plain, packed, zstd = (
        simulate_lot(tmp_path / f"lot{end}", wafers=1, dies=60, tests=20, seed=9).read_bytes()
        for end in (".stdf", ".stdf.gz", ".stdf.zst")
    )
    assert gzip.decompress(packed) == plain
    assert zstandard.ZstdDecompressor().decompressobj().decompress(zstd) == plain


def test_a_big_endian_lot_reads_the_same(tmp_path: Path) -> None:
    little, big = (
        stdf_convert.tables(simulate_lot(tmp_path / f"{n}.stdf", wafers=1, dies=60, tests=20, big_endian=big))
        for n, big in (("little", False), ("big", True))
    )
    assert big.pop("FAR").column("CPU_TYPE").to_pylist() == [1]
    assert little.pop("FAR").column("CPU_TYPE").to_pylist() == [2]
    assert big == little


def test_final_test_has_units_instead_of_wafers(tmp_path: Path) -> None:
    path = simulate_lot(tmp_path / "ft.stdf", wafers=3, dies=200, tests=20, stage="final test", seed=2)
    tables = stdf_convert.tables(path)
    assert not {"WIR", "WRR", "WCR"} & set(tables)
    units = tables["PRR"].column("PART_TXT").to_pylist()
    assert len(set(units)) == 600 < len(units)
    assert set(tables["PRR"].column("X_COORD").to_pylist()) == {-32768}
    ids = tables["PRR"].column("PART_ID").to_pylist()
    assert len(set(ids)) == len(ids)
    planted = json.loads(truth_path(path).read_text())["planted"]
    row_of = dict(zip(ids, units, strict=True))
    assert planted
    assert all(row_of[row["part_id"]] == row["part_text"] and row["wafer"] is None for row in planted)


def test_stop_on_fail_leaves_out_what_follows_a_fail(tmp_path: Path) -> None:
    arguments: dict[str, Any] = {"wafers": 1, "dies": 200, "tests": 20, "seed": 4}
    stopped = stdf_convert.tables(simulate_lot(tmp_path / "stop.stdf", stop_on_fail=True, **arguments))
    going = stdf_convert.tables(simulate_lot(tmp_path / "go.stdf", **arguments))
    assert stopped["PRR"].num_rows == going["PRR"].num_rows
    counts = stopped["PRR"].column("NUM_TEST").to_pylist()
    assert max(counts) == 20
    assert min(counts) < 20
    kinds = ("PTR", "MPR", "FTR")
    assert sum(stopped[kind].num_rows for kind in kinds) == sum(counts)
    assert sum(going[kind].num_rows for kind in kinds) == 20 * going["PRR"].num_rows


@pytest.mark.parametrize(("style", "names"), [("lean", False), ("text", True), ("full", True)])
def test_styles_decide_what_repeats_carry(tmp_path: Path, style: Any, names: bool) -> None:
    tables = stdf_convert.tables(simulate_lot(tmp_path / "lot.stdf", wafers=1, dies=40, tests=20, style=style))
    last = tables["PTR"].slice(tables["PTR"].num_rows - 1).to_pylist()[0]
    assert bool(last["TEST_TXT"]) is names
    assert bool(last["C_RESFMT"]) is (style == "full")


def test_one_site_describes_every_test_even_when_the_first_part_stops(tmp_path: Path) -> None:
    for seed in range(5):
        path = simulate_lot(tmp_path / "lot.stdf", wafers=1, dies=80, tests=20, sites=1, seed=seed, stop_on_fail=True)
        rows = stdf_convert.tables(path)["PTR"].select(["TEST_NUM", "TEST_TXT"]).to_pylist()
        first = {row["TEST_NUM"]: row["TEST_TXT"] for row in reversed(rows)}
        assert all(first.values())


def test_progress_is_told_wafer_by_wafer(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    simulate_lot(
        tmp_path / "l.stdf", wafers=3, dies=30, tests=8, progress=lambda done, total: told.append((done, total))
    )
    assert told == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"wafers": 0}, "1 to 1,000 wafers"),
        ({"dies": 0}, "1 to 100,000 parts"),
        ({"sites": 255}, "1 to 254 sites"),
        ({"tests": 7}, "at least 8 tests"),
        ({"seed": -1}, "0 or more"),
        ({"stage": "burn-in"}, "wafer sort, final test"),
        ({"style": "fat"}, "lean, text, full"),
        ({"outliers": Outliers(strong=1000)}, "ask for fewer"),
        ({"outliers": Outliers(strong=1, weak=0, strength=(400.0, 500.0))}, "ask for less strength"),
    ],
)
def test_a_wrong_argument_says_what_is_expected(tmp_path: Path, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        simulate_lot(tmp_path / "l.stdf", **({"wafers": 1, "dies": 50, "tests": 20} | arguments))
    assert not list(tmp_path.iterdir())


def test_a_name_without_a_known_ending_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match=r"\.stdf"):
        simulate_lot(tmp_path / "lot.csv")


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="nowhere"):
        simulate_lot(tmp_path / "nowhere" / "lot.stdf", wafers=1, dies=30, tests=8)


def test_a_robust_population_ignores_what_is_far_out() -> None:
    rng = np.random.default_rng(1)
    values = rng.standard_normal((1, 10_000)).astype(np.float32)
    values[0, :100] = 1000.0
    found = population(values)
    assert float(found.median[0]) == pytest.approx(0.0, abs=0.05)
    assert float(found.sigma[0]) == pytest.approx(1.0, abs=0.05)
