"""Bias, test time, what changed, relations and drift: of files and of a workspace's lots, with what is planted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.planted_files import move, name_card, simulated, time_tests

import corecar
from corecar.bridge.study.studied import studied_files
from corecar.bridge.study.studies import bias_answer, changed_answer, drifts_answer, related_answer, time_answer
from corecar.bridge.workspace import Workspace
from corecar.errors import AccessDenied, ArgumentError, NotFound

MOVED, SITE, BY = 1070, 2, 0.05
"""The test of which one site reads otherwise in every lot from the third on [V]."""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Four lots; in the later two a site is moved and the probe card is another one."""
    folder = tmp_path_factory.mktemp("files")
    found = {f"SIM0000{seed}": simulated(folder, f"{seed}.stdf", seed) for seed in (1, 2, 3, 4)}
    for name in ("SIM00003", "SIM00004"):
        move(found[name], MOVED, lambda row: BY if row["SITE_NUM"] == SITE else 0.0)
        name_card(found[name], b"PC0999")
    time_tests(found["SIM00001"], {1000: 0.004, 1010: 0.002})
    return found


@pytest.fixture(scope="module")
def house(files: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with corecar.init(tmp_path_factory.mktemp("house") / "house", owner="Demo House") as made:
        made.ingest(list(files.values()), workers="inline")
        yield made


def test_a_moved_site_is_the_strongest_bias_of_a_lot(house: Workspace) -> None:
    found = house.bias(["SIM00003"], by=["site"])
    first = found["rows"][0]
    assert (first["number"], first["verdict"], first["highest"]) == (MOVED, "hold", str(SITE))
    assert house.bias(["SIM00001"], by=["site"])["rows"][0]["number"] != MOVED


def test_files_say_what_the_workspace_says_of_the_same_lot(house: Workspace, files: dict[str, Path]) -> None:
    of_files = {
        "bias": bias_answer(studied_files([files["SIM00003"]])),
        "related": related_answer(studied_files([files["SIM00003"]])),
        "drifts": drifts_answer(studied_files([files["SIM00003"]])),
        "test_time": time_answer(studied_files([files["SIM00003"]], timed=True)),
    }
    for verb, answer in of_files.items():
        assert house.call(verb, ["SIM00003"])["rows"] == answer["rows"], verb
        assert answer["rows"], verb
    changed = changed_answer(studied_files([files["SIM00003"]]), studied_files([files["SIM00001"]]))
    assert house.what_changed(["SIM00003"], before=["SIM00001"]) == changed


def test_lots_before_and_after_a_new_card_tell_the_card_and_the_test(house: Workspace) -> None:
    found = house.what_changed(["SIM00003", "SIM00004"], before=["SIM00001", "SIM00002"])
    words = [line["found"] for line in found["rows"]]
    assert words[0] == "before: 2 lots, 800 parts; now: 2 lots, 800 parts"
    assert len(words) <= 10
    assert any("probe card PC0187 before, PC0999 now" in word for word in words)
    rows = {row["number"]: row for row in found["tests"]}
    assert rows[MOVED]["verdict"] == "changed"
    assert rows[MOVED]["p_lots"] is not None
    assert sum(row["parts_before"] for row in found["sites"]) == 800
    assert {row["site"] for row in found["sites"]} == {"0", "1", "2", "3"}
    short = house.what_changed(["SIM00003"], before=["SIM00001"], tables=False)
    assert set(short) == {"rows", "notes"}


def test_cards_that_never_met_in_one_lot_are_compared_with_a_caution(house: Workspace) -> None:
    found = house.bias(["SIM00001", "SIM00002", "SIM00003", "SIM00004"], by=["probe_card"])
    assert {row["factor"] for row in found["rows"]} == {"probe card"}
    assert {row["group"]: row["parts"] for row in found["yields"]} == {"PC0187": 800, "PC0999": 800}
    assert any("each lot met one only" in note for note in found["notes"])


def test_a_site_that_reads_otherwise_is_found_over_lots_that_differ(house: Workspace) -> None:
    found = house.bias(["SIM00003", "SIM00004"], by=["site"])
    assert (found["rows"][0]["number"], found["rows"][0]["highest"]) == (MOVED, str(SITE))


def test_the_time_of_a_test_is_what_its_summary_record_says_where_it_is_valid(house: Workspace) -> None:
    found = house.test_time(["SIM00001"])
    seconds = {row["number"]: row["seconds"] for row in found["rows"]}
    assert seconds[1000] == pytest.approx(0.004)
    assert seconds[1010] == pytest.approx(0.002)
    assert seconds[1020] is None
    assert found["said"].endswith("Time of tests: TSR TEST_TIM.")
    assert [row["verdict"] for row in found["part_times"][:3]] == ["all", "pass", "fail"]
    untimed = house.test_time(["SIM00002"])
    assert {row["seconds"] for row in untimed["rows"]} == {None}
    even = house.test_time(["SIM00002"], apportion="even")
    total = sum(row["seconds"] for row in even["rows"])
    assert total == pytest.approx(even["part_times"][1]["mean_s"], rel=0.01)


def test_a_reading_that_creeps_over_the_run_is_found_in_a_file(tmp_path: Path) -> None:
    path = simulated(tmp_path, "creeping.stdf", 7)
    last = corecar.records(path, ["PTR"])["PTR"]["sequence"].to_pylist()[-1]
    move(path, MOVED, lambda row: 0.2 * row["sequence"] / last)
    first = drifts_answer(studied_files([path]))["rows"][0]
    assert (first["number"], first["verdict"]) == (MOVED, "drifts")
    assert first["drift"] == pytest.approx(0.2, rel=0.15)


def test_a_folder_is_all_files_in_it(files: dict[str, Path], tmp_path: Path) -> None:
    for seed in (1, 2):
        simulated(tmp_path, f"{seed}.stdf", seed)
    assert studied_files([tmp_path]).pool.lot_count == 2
    assert len(studied_files([tmp_path]).pool) == 800


def test_what_cannot_be_studied_is_refused_with_what_to_do(house: Workspace) -> None:
    with pytest.raises(NotFound, match="no lot is called"):
        house.bias(["SIM09999"])
    with pytest.raises(ArgumentError, match="Name at least one"):
        house.drifts([])
    with pytest.raises(ArgumentError, match="named twice"):
        house.related(["SIM00001", "SIM00001"])
    with pytest.raises(ArgumentError, match="cannot be compared with itself"):
        house.what_changed(["SIM00001"], before=["SIM00001"])
    with pytest.raises(ArgumentError, match="no run has it"):
        house.bias(["SIM00001"], by=["moon"])
    with pytest.raises(ArgumentError, match="no finished part is of temperature"):
        house.bias(["SIM00001"], temperature="125C")


def test_another_party_sees_no_lot_that_is_not_shared_with_it(files: dict[str, Path], tmp_path: Path) -> None:
    with corecar.init(tmp_path / "house", owner="Demo House") as made:
        made.ingest([files["SIM00001"]], workers="inline")
        made.parties_add("Customer")
        made.people_add("owner", role="administrator")
        made.people_add("guest", role="engineer", party="Customer")
    guest = corecar.open(tmp_path / "house", actor="guest")
    with guest, pytest.raises((NotFound, AccessDenied)):
        guest.bias(["SIM00001"])
    with corecar.open(tmp_path / "house", actor="owner") as made:
        made.share("SIM00001", "Customer")
    with corecar.open(tmp_path / "house", actor="guest") as made:
        assert made.bias(["SIM00001"], by=["site"])["rows"]


def test_two_real_lots_are_told_apart_in_ten_lines(shared: Path) -> None:
    now, before = (studied_files([shared / "stdf" / f"a530_lot{n}.stdf.gz"]) for n in (3, 2))
    found = changed_answer(now, before)
    words = {line["what"]: line["found"] for line in found["rows"]}
    assert words["yield"].startswith("95.4 % before, 94.6 % now")
    assert len(found["rows"]) <= 10
    assert len(found["tests"]) == 74
