"""What becomes of each trap of the format in a workspace, by name: taken, known, refused with its place, or unfiled."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from tests.bridge.houses import house_in

from corecar.bridge.workspace import Workspace
from corecar.store.catalogue.models import Quarantined, Run, Seen, Source

TAKEN = {
    "01_default_limits.stdf": (3, 3),
    "02_optflag_usedefault_bits.stdf": (2, 2),
    "03_nolimit_bits.stdf": (1, 1),
    "04_scal.stdf": (1, 1),
    "05_short_ptr_no_txt.stdf": (1, 1),
    "06_ptr_stops_after_txt.stdf": (1, 1),
    "10_concat_same_endian.stdf": (1, 1),  # two runs, the same to the byte: one
    "11_concat_le_be.stdf": (1, 1),  # its little-endian run is the one of 10; the big-endian one is new
    "12_cputype_lies.stdf": (1, 1),
    "13_same_num_diff_txt.stdf": (1, 2),
    "14_interleaved_sites.stdf": (2, 2),
    "15_two_heads_same_site.stdf": (2, 2),
    "16_retest_partid_flag.stdf": (2, 2),
    "17_retest_xy_flag.stdf": (2, 2),
    "18_retest_no_flag_same_xy.stdf": (2, 2),
    "19_result_invalid_flag.stdf": (1, 2),
    "20_latin1_cn.stdf": (1, 1),
    "21_short_mir.stdf": (1, 1),
    "22_reclen_longer_than_fields.stdf": (1, 1),
    "23_unknown_record.stdf": (1, 1),
    "24_vur_2007_single.stdf": (1, 1),
    "25_vur_2007_1_array.stdf": (1, 1),
    "27_gdr_all_types.stdf": (0, 0),  # a GDR and no part
    "28_ftr_short.stdf": (1, 1),
    "29_mpr_nibbles_odd.stdf": (1, 3),  # a reading per pin
    "30_empty_after_far.stdf": (0, 0),
    "31_float_inf_limit.stdf": (1, 1),
    "33_site0_head0.stdf": (1, 1),
    "34_site255_head255_summary.stdf": (1, 1),  # the summary of head 255 is no part
    "35_zero_length_eps.stdf": (1, 1),
}
"""Parts and readings of what each file brings, counted in its records."""
SAME_TESTING = ("12", "21", "22", "23", "24", "25", "34", "35")
"""Files whose only part, test and reading are those of 10, among other records: the same testing, told otherwise."""
KNOWN = {"36_gz_multimember.stdf.gz": "10_concat_same_endian.stdf"}
"""Packed, but the same content."""
REFUSED = {
    "07_missing_prr.stdf": ("DamagedSource", "PIR at byte 66: the part that begins here has no PRR"),
    "08_truncated_mid_record.stdf": ("DamagedSource", "PTR at byte 122: needs 15 bytes, 12 are left"),
    "09_truncated_header.stdf": ("DamagedSource", "header at byte 116: a record header needs 4 bytes, 1 is left"),
    "26_dtr_outside_and_prr_no_pir.stdf": ("DamagedSource", "PRR at byte 76: no PIR opened a part"),
    "32_v3_far.stdf": ("UnsupportedVersion", "FAR at byte 0: this is STDF of version 3"),
    "37_gz_truncated.stdf.gz": ("DamagedSource", "at byte 2_925_674: the gzip data is cut short after 2_925_674 bytes"),
}
"""Kind of the error, and its beginning: where it is and what was found."""
SALVAGED = {
    "07_missing_prr.stdf": (1, 1, 0),
    "08_truncated_mid_record.stdf": (2, 1, 1),
    "09_truncated_header.stdf": (1, 1, 1),
    "26_dtr_outside_and_prr_no_pir.stdf": (1, 0, 1),
    "37_gz_truncated.stdf.gz": None,  # how much a cut stream still gives is the inflater's business
}
"""Parts, readings and tested parts that --salvage keeps: a part without its PRR has readings, but is not tested."""


@pytest.fixture(scope="module")
def house(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with house_in(tmp_path_factory.mktemp("traps")) as made:
        taken = made.ingest([shared / "traps"], workers="inline")
        counts = [taken[name] for name in ("new", "known", "quarantined", "other", "later", "unfiled")]
        assert counts == [len(TAKEN), len(KNOWN), len(REFUSED), 0, 0, 1]
        yield made


def test_every_trap_is_in_one_of_the_lists(shared: Path) -> None:
    assert {path.name for path in (shared / "traps").iterdir()} == {*TAKEN, *KNOWN, *REFUSED}


def test_what_is_taken_has_the_parts_and_readings_of_its_records(house: Workspace) -> None:
    with house.store.catalogue.reading() as session:
        found = list(session.execute(select(Source.path, Run.parts, Run.results).join(Run.source)))
    assert len(found) == len(TAKEN)
    assert {Path(path).name: (parts, results) for path, parts, results in found} == TAKEN


def test_the_packed_copy_is_known_by_its_content(house: Workspace) -> None:
    with house.store.catalogue.reading() as session:
        found = session.execute(select(Seen.path, Source.path).join(Source, Source.hash == Seen.source_hash))
        pairs = {Path(seen).name: Path(kept).name for seen, kept in found}
    assert {seen: kept for seen, kept in pairs.items() if seen != kept} == KNOWN


def test_what_is_refused_waits_with_its_error_and_place(house: Workspace) -> None:
    with house.store.catalogue.reading() as session:
        found = {Path(row.path).name: row for row in session.scalars(select(Quarantined))}
    assert {name: row.problem for name, row in found.items()} == {name: kind for name, (kind, _) in REFUSED.items()}
    for name, (_, begins) in REFUSED.items():
        assert found[name].message.startswith(f"{found[name].path}: {begins}")
        assert found[name].key is not None


def test_the_file_that_ends_after_its_far_waits_in_no_lot(house: Workspace) -> None:
    waiting = [row for row in house.todo()["rows"] if row["kind"] == "unfiled run"]
    assert [Path(row["file"]).name for row in waiting] == ["30_empty_after_far.stdf"]
    assert waiting[0]["why"].startswith("No lot: the file has no MIR")
    assert {row["lot"]: row["runs"] for row in house.lots()["rows"]} == {"L1": len(TAKEN) - 1 - len(SAME_TESTING)}


def test_oddities_are_kept_as_warnings(house: Workspace) -> None:
    with house.store.catalogue.reading() as session:
        told = {Path(row.path).name: row.warnings for row in session.scalars(select(Source)) if row.warnings}
    assert set(told) == {"12_cputype_lies.stdf", "23_unknown_record.stdf", "30_empty_after_far.stdf"}
    assert "CPU_TYPE 1" in told["12_cputype_lies.stdf"][0]
    assert "180.1" in told["23_unknown_record.stdf"][0]


def test_the_same_testing_told_otherwise_is_left_out(house: Workspace) -> None:
    notes = [note.split(" and was left out")[0] for note in house.lot("L1")["notes"] if "was left out" in note]
    assert [Path(note.split(" holds the same testing as ")[0]).name[:2] for note in notes] == [*SAME_TESTING]
    assert all(note.endswith("10_concat_same_endian.stdf)") for note in notes)


def test_the_lot_counts_flagged_retests_and_places_once(house: Workspace) -> None:
    shown = {row["stage"]: row for row in house.lot("L1")["insertions"]}
    final, sort = shown["final test"], shown["wafer sort"]
    parts = sum(count for name, (count, _) in TAKEN.items() if name[:2] not in SAME_TESTING)
    assert final["final_tested"] == parts - 4 - 1  # 17 and 18 are wafer sort; in 16 one part supersedes another
    assert (final["first_good"], final["final_good"]) == (final["first_tested"] - 1, final["final_tested"])
    assert (sort["first_tested"], sort["final_tested"]) == (1, 1)  # four attempts at one place of one wafer
    assert (sort["first_good"], sort["final_good"]) == (0, 1)


def test_all_of_it_is_sound(house: Workspace) -> None:
    assert house.verify()["sound"]


def test_salvage_keeps_what_is_whole_and_refuses_another_version_still(shared: Path, tmp_path: Path) -> None:
    with house_in(tmp_path) as own:
        taken = own.ingest([shared / "traps" / name for name in REFUSED], workers="inline", salvage=True)
        assert (taken["new"], taken["quarantined"]) == (len(SALVAGED), 1)
        with own.store.catalogue.reading() as session:
            found = {
                Path(run.source.path).name: (run.parts, run.results, run.first_tested)
                for run in session.scalars(select(Run))
                if run.source.salvaged
            }
            waiting = [Path(path).name for path in session.scalars(select(Quarantined.path))]
    assert set(found) == set(SALVAGED)
    assert {name: found[name] for name, wanted in SALVAGED.items() if wanted} == {
        name: wanted for name, wanted in SALVAGED.items() if wanted
    }
    assert found["37_gz_truncated.stdf.gz"][1] > 0
    assert waiting == ["32_v3_far.stdf"]
