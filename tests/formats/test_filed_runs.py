"""Runs read under the facts they are filed by: a mistyped lot, once corrected, reads as if the tester had it right."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.same_lots import assert_same

import corecar
from corecar.errors import ArgumentError
from corecar.formats.filed_runs import FiledRun, read_runs
from corecar.lot import Lot

LOT, TYPO = b"SIM00001", b"SIMO0001"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two probings of one wafer: the second as it should be (`right`) and with a letter O for a zero (`typo`)."""
    folder = tmp_path_factory.mktemp("probings")
    made = {name: folder / f"{name}.stdf" for name in ("first", "right", "typo")}
    corecar.simulate_lot(made["first"], wafers=1, dies=200, tests=10, seed=1)
    corecar.simulate_lot(made["right"], wafers=1, dies=200, tests=10, seed=2)
    content = made["right"].read_bytes().replace(b"SIM00002", LOT)
    made["right"].write_bytes(content)
    made["typo"].write_bytes(content.replace(LOT, TYPO, 1))
    return made


@pytest.fixture(scope="module")
def passes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two passes of one lot at final test, where nothing names a unit; the second claims to be a first test."""
    folder = tmp_path_factory.mktemp("passes")
    made = {name: folder / f"{name}.stdf" for name in ("first", "second", "right")}
    for seed, name, dies in ((1, "first", 300), (1, "second", 20)):
        corecar.simulate_lot(made[name], wafers=1, dies=dies, tests=10, seed=seed, stage="final test")
    content = made["second"].read_bytes()
    made["right"].write_bytes(content.replace(b"PN \xff\xff", b"P1 \xff\xff", 1))
    return made


def as_numbers(lot: Lot) -> tuple[Any, ...]:
    return lot.yield_(), lot.retests, lot.summary()["notes"]


def test_a_mistyped_lot_is_one_lot_after_its_correction(files: dict[str, Path]) -> None:
    wanted = corecar.read([files["first"], files["right"]])
    wrong = corecar.read([files["first"], files["typo"]])
    found = read_runs([FiledRun(files["first"]), FiledRun(files["typo"], facts={"lot": LOT.decode()})]).lot
    assert_same(found, wanted)
    assert (found.yield_(), found.retests) == (wanted.yield_(), wanted.retests)
    assert wanted.retests.superseded > wrong.retests.superseded
    assert wanted.yield_() != wrong.yield_()


def test_what_was_filed_otherwise_than_written_is_told(files: dict[str, Path]) -> None:
    facts = {"lot": LOT.decode(), "temperature": "25", "customer": "acme"}
    lot = read_runs([FiledRun(files["typo"], facts=facts)]).lot
    assert lot.notes[0] == (
        'Facts stand as the runs are filed, not as the tester wrote them: lot "SIMO0001" as "SIM00001", temperature '
        '"25C" as "25".'
    )
    assert lot.runs["temperature"].to_pylist() == ["25"]


def test_without_facts_runs_read_as_their_files(files: dict[str, Path]) -> None:
    paths = [files["first"], files["right"]]
    found, wanted = read_runs([FiledRun(path) for path in paths]).lot, corecar.read(paths)
    assert_same(found, wanted)
    assert as_numbers(found) == as_numbers(wanted)


def test_a_corrected_test_pass_makes_a_file_a_retest(passes: dict[str, Path]) -> None:
    wanted = corecar.read([passes["first"], passes["right"]])
    joined = read_runs([FiledRun(passes["second"], facts={"test_pass": "2"}), FiledRun(passes["first"])])
    assert joined.given == (1, 0)
    assert joined.lot.yield_() == wanted.yield_()
    assert wanted.yield_() != corecar.read([passes["first"], passes["second"]]).yield_()


def test_runs_of_another_temperature_are_not_retests(files: dict[str, Path]) -> None:
    hot = read_runs([FiledRun(files["first"]), FiledRun(files["right"], facts={"temperature": "125"})]).lot
    apart = [corecar.read(files[name]).retests.superseded for name in ("first", "right")]
    assert hot.retests.superseded == sum(apart)


def test_a_stream_of_a_concatenated_file_is_chosen_by_its_number(files: dict[str, Path], tmp_path: Path) -> None:
    both = tmp_path / "both.stdf"
    both.write_bytes(files["first"].read_bytes() + files["typo"].read_bytes())
    facts = {"lot": LOT.decode()}
    second = read_runs([FiledRun(both, 1, facts, name="typo.stdf")]).lot
    assert_same(second, corecar.read(files["right"]))
    assert second.runs["source"].to_pylist() == ["typo.stdf"]
    together = read_runs([FiledRun(both, 0), FiledRun(both, 1, facts)])
    assert_same(together.lot, corecar.read([files["first"], files["right"]]))
    assert together.given == (0, 1)


def test_the_same_testing_stored_twice_counts_once(files: dict[str, Path], tmp_path: Path) -> None:
    again = tmp_path / "again.stdf"
    again.write_bytes(files["first"].read_bytes())
    joined = read_runs([FiledRun(files["first"]), FiledRun(again), FiledRun(files["right"])])
    assert joined.given == (0, 2)
    assert_same(joined.lot, corecar.read([files["first"], files["right"]]))


@pytest.mark.parametrize(
    ("run", "sentence"),
    [
        ({"stream": 1}, "stream 1: the file has streams 0 to 0."),
        ({"stream": -1}, "stream -1: the file has streams 0 to 0."),
        ({"facts": {"colour": "red"}}, '"colour" is no fact to file a run by.'),
        ({"facts": {"test_pass": "R1"}}, "test_pass='R1': expected a whole number from 1"),
        ({"facts": {"test_pass": 0}}, "test_pass=0: expected a whole number from 1"),
        ({"facts": {"test_pass": "9" * 5000}}, "expected a whole number from 1"),
    ],
)
def test_a_run_that_is_not_there_or_a_fact_that_no_run_has_is_refused(
    files: dict[str, Path], run: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ArgumentError) as fault:
        read_runs([FiledRun(files["first"], **run)])
    assert sentence in str(fault.value)


def test_no_run_and_a_run_named_twice_are_refused(files: dict[str, Path]) -> None:
    with pytest.raises(ArgumentError, match="no run was named"):
        read_runs([])
    with pytest.raises(ArgumentError, match="named twice"):
        read_runs([FiledRun(files["first"]), FiledRun(files["first"])])
    with pytest.raises(ArgumentError, match="on_error"):
        read_runs([FiledRun(files["first"])], on_error="ignore")  # type: ignore[arg-type]


def test_real_files_of_which_one_bears_another_lot(real_lot: Path, tmp_path: Path) -> None:
    import gzip

    paths = [real_lot, real_lot.with_name("a530_lot3.stdf.gz")]
    content = gzip.decompress(paths[1].read_bytes())
    mistyped = tmp_path / "mistyped.stdf"
    mistyped.write_bytes(content.replace(b"GAL-LOT", b"GAL_LOT", 1))
    assert corecar.read(mistyped).runs["lot"].to_pylist() == ["GAL_LOT"]
    found = read_runs([FiledRun(paths[0]), FiledRun(mistyped, facts={"lot": "GAL-LOT"})]).lot
    wanted = corecar.read(paths)
    assert_same(found, wanted)
    assert (found.yield_().first_good, found.yield_().final_good) == (2637, 2766)
