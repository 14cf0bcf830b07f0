"""Where a run belongs: by what its file says, by a mapping, and why it has no place when it has none."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corecar.errors import MappingError, SourceMissing
from corecar.store.catalogue.models import Lot, Run
from corecar.store.filing import FACTS, Filed, file_run, load_mapping
from corecar.store.filing.facts import LONGEST
from corecar.temperatures import temperature_c

ROW = {
    "lot": "A530", "sublot": "A530.1", "product": "ADC7", "stage": "wafer sort", "temperature": "25C", "test_pass": 1,
    "tester": "T07", "test_code": "FT2", "mode_code": "P", "test_program": "adc7_ft2_v3",
}  # fmt: skip
PATH = "in/acme/2026/A530_FT2_HOT_R1.stdf.gz"


def found(fact: str, *rules: dict[str, Any], path: str = PATH, **more: Any) -> str | None:
    """One fact by its rules."""
    return file_run(ROW, path, load_mapping({fact: list(rules), **more})).facts[fact]


def refused(mapping: dict[str, Any] | Path) -> MappingError:
    with pytest.raises(MappingError) as fault:
        load_mapping(mapping)
    return fault.value


def test_without_a_mapping_the_files_own_records_count() -> None:
    assert file_run(ROW, PATH) == Filed(
        {
            "customer": None, "product": "ADC7", "lot": "A530", "sublot": "A530.1", "stage": "wafer sort",
            "temperature": "25", "test_pass": "1",
        }
    )  # fmt: skip


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("25C", "25"), ("+25", "25"), ("25 C", "25"), ("25.0", "25"), ("25", "25"), ("25°C", "25"), ("25 ℃", "25"),
        ("-40", "-40"), ("−40 deg C", "-40"), ("-0.0", "0"), ("25,50", "25.5"), ("125 Degrees Celsius", "125"),
        ("0100", "100"), ("", None), ("  ", None), (None, None), ("ROOM", "ROOM"), ("77F", "77F"), ("25-30C", "25-30C"),
    ],
)  # fmt: skip
def test_a_temperature_has_one_spelling(written: str | None, number: str | None) -> None:
    assert temperature_c(written) == number


@given(st.text())
def test_a_temperature_spelled_once_stays_so(text: str) -> None:
    once = temperature_c(text)
    assert temperature_c(once) == once


def test_a_file_without_a_lot_record_waits_and_is_told_so() -> None:
    bare = dict.fromkeys(ROW) | {"stage": "final test", "test_pass": 1}
    filed = file_run(bare, "in/x.stdf")
    assert not filed.filed
    assert filed.missing == ("lot",)
    assert filed.reasons == (
        "No lot: the file has no MIR, the record that names it, or an empty one. "
        'Correct it with `corecar correct RUN --lot ... --reason "..."`.',
    )


def test_an_empty_lot_in_the_record_is_told_apart_from_no_record() -> None:
    filed = file_run(ROW | {"lot": " "}, PATH)
    assert filed.missing == ("lot",)
    assert filed.reasons[0].startswith("No lot: the file's MIR leaves it empty.")


def test_the_path_gives_what_the_record_does_not() -> None:
    mapping = load_mapping({"lot": [{"field": "lot"}, {"field": "file", "pattern": "^([A-Z0-9]+)_"}]})
    assert file_run({}, PATH, mapping).facts["lot"] == "A530"
    assert file_run({"lot": "B7"}, PATH, mapping).facts["lot"] == "B7"


def test_a_backslash_counts_as_a_slash() -> None:
    rule = {"field": "path", "pattern": "in/([^/]+)/"}
    assert found("customer", rule, path="D:\\in\\acme\\x.stdf") == "acme"
    assert found("customer", {"field": "file"}, path="D:\\in\\acme\\x.stdf") == "x.stdf"
    assert found("customer", {"field": "folder"}, path="D:\\in\\acme\\x.stdf") == "D:/in/acme"


@pytest.mark.parametrize(
    ("pattern", "answer"),
    [
        ("(?P<site>FT)(?P<stage>[0-9])", "2"),
        ("(FT)(?P<other>[0-9])", "FT"),
        ("FT[0-9]", "FT2"),
        (r"\(|_([^]_(]+)_", "FT2"),
        ("(?:_)([[:upper:]]+[0-9])", "FT2"),
        ("(?i)ft([0-9])", "2"),
        (r"\Q_FT\E([0-9])", "2"),
    ],
)
def test_the_group_named_for_the_fact_counts_else_the_first_else_the_match(pattern: str, answer: str) -> None:
    assert found("stage", {"field": "file", "pattern": pattern}) == answer


def test_a_table_gives_the_house_name() -> None:
    rule = {"field": "file", "pattern": "_(HOT|COLD|ROOM)[_.]", "table": {"HOT": "125C", "COLD": "-40", "ROOM": "25"}}
    assert found("temperature", rule) == "125"


def test_case_and_strip_come_before_the_table() -> None:
    rule = {"field": "path", "pattern": "^in/([^/]+)", "case": "upper", "strip": "_-", "table": {"ACME": "Acme Ltd."}}
    assert found("customer", rule, path="in/-acme_/x.stdf") == "Acme Ltd."


def test_a_default_stands_where_nothing_is_found_and_alone_is_a_constant() -> None:
    assert found("stage", {"field": "file", "pattern": "_(QA)_", "default": "FT"}) == "FT"
    assert found("customer", {"default": "in house"}) == "in house"


def test_a_condition_chooses_among_rules() -> None:
    rules = [
        {"when": {"tester": "^T1", "mode_code": "P"}, "default": "far"},
        {"when": {"tester": "^T0", "mode_code": "P"}, "default": "near"},
    ]
    assert found("customer", *rules) == "near"


def test_a_later_fact_may_ask_for_the_customer() -> None:
    mapping = load_mapping(
        {
            "customer": [{"field": "path", "pattern": "^in/([^/]+)/"}],
            "lot": [{"when": {"customer": "^acme$"}, "field": "sublot", "pattern": "^[^.]+"}, {"field": "lot"}],
        }
    )
    assert file_run(ROW | {"sublot": "Z9.1"}, PATH, mapping).facts["lot"] == "Z9"
    assert file_run(ROW | {"sublot": "Z9.1"}, "in/bert/x.stdf", mapping).facts["lot"] == "A530"


def test_the_path_may_say_which_pass_a_retest_is() -> None:
    rule = {"field": "file", "pattern": "_(R[0-9])[._]", "table": {"R1": "2", "R2": "03"}}
    assert found("test_pass", rule) == "2"
    assert found("test_pass", rule, path="in/A530_R2.stdf") == "3"


def test_a_test_pass_that_is_no_number_keeps_a_run_from_being_filed() -> None:
    filed = file_run(ROW, PATH, load_mapping({"test_pass": [{"field": "file", "pattern": "_(R[0-9])"}]}))
    assert filed.missing == ("test_pass",)
    assert filed.facts["test_pass"] is None
    assert 'Test pass "R1" is no whole number from 1.' in filed.reasons[0]
    assert "--test-pass" in filed.reasons[0]


@pytest.mark.parametrize(
    ("column", "text", "sentence"),
    [
        ("lot", "L" * 201, "can't be filed: it has 201 characters and at most 200 are kept."),
        ("temperature", "about room " * 5, "can't be filed: it has 54 characters and at most 40 are kept."),
        ("sublot", "A\x00B", 'Sublot "A\\x00B" can\'t be filed: it holds characters that nobody can read.'),
        ("lot", "A\udcffB", "it holds characters that nobody can read."),
    ],
)
def test_a_text_that_the_catalogue_cannot_hold_is_told(column: str, text: str, sentence: str) -> None:
    filed = file_run(ROW | {column: text}, PATH)
    assert filed.missing == (column,)
    assert filed.facts[column] is None
    assert sentence in filed.reasons[0]
    filed.reasons[0].encode()


def test_a_product_that_nobody_knows_waits_with_the_nearest_one_named() -> None:
    filed = file_run(ROW | {"product": "ADC77"}, PATH, load_mapping({"products": ["DAC1", "ADC7"]}))
    assert filed.missing == ("product",)
    assert filed.facts["product"] == "ADC77"
    assert filed.reasons[0].startswith(
        'Product "ADC77" is not among the 2 known products of the mapping. Did you mean "ADC7"?'
    )


def test_without_a_list_every_product_is_welcome() -> None:
    assert file_run(ROW | {"product": "NEW"}, PATH, load_mapping({})).filed


def test_a_house_may_ask_for_more_facts_and_every_one_is_told_at_once() -> None:
    mapping = load_mapping({"required": ["customer", "temperature"]})
    filed = file_run({"lot": "", "tester": "T1"}, PATH, mapping)
    assert filed.missing == ("customer", "lot", "temperature")
    assert filed.reasons[0].startswith("No customer: the mapping has no rule for it.")


def test_the_reason_says_of_each_rule_why_it_gave_nothing() -> None:
    mapping = load_mapping(
        {
            "lot": [
                {"field": "lot"},
                {"field": "file", "pattern": "^L([0-9]+)"},
                {"field": "tester", "table": {"T1": "x"}},
                {"when": {"stage": "QA"}, "default": "y"},
            ]
        }
    )
    (reason,) = file_run(ROW | {"lot": None}, PATH, mapping).reasons
    assert reason == (
        'No lot (the mapping: rule 1: lot is empty; rule 2: file "A530_FT2_HOT_R1.stdf.gz" does not match '
        "'^L([0-9]+)'; rule 3: \"T07\" is not in its table; rule 4: it is only for a stage that matches 'QA'). "
        'Mend the mapping and set it again, or correct it with `corecar correct RUN --lot ... --reason "..."`.'
    )


def test_a_mapping_and_its_lists_are_files(tmp_path: Path) -> None:
    (tmp_path / "customers.csv").write_text("from,to,remark\nacme,Acme Ltd.,\n\nbert,Bert AG,x\n", encoding="utf-8-sig")
    (tmp_path / "products.csv").write_text("product\nADC7\n", encoding="utf-8")
    path = tmp_path / "filing.toml"
    path.write_text(
        'products = "products.csv"\n[[customer]]\nfield = "path"\npattern = "^in/([^/]+)"\ntable = "customers.csv"\n',
        encoding="utf-8",
    )
    mapping = load_mapping(path)
    assert file_run(ROW, PATH, mapping).facts["customer"] == "Acme Ltd."
    filed = file_run(ROW | {"product": "X"}, PATH, mapping)
    assert "the 1 known product of products.csv" in filed.reasons[0]
    assert str(path) in filed.reasons[0]


def test_wrong_lists_are_told_with_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text("from,to\na,1\na,2\nb,\n", encoding="utf-8")
    (tmp_path / "p.csv").write_text("produkt\nADC7\n", encoding="utf-8")
    path = tmp_path / "filing.toml"
    path.write_text('products = "p.csv"\n[[lot]]\nfield = "file"\ntable = "c.csv"\n', encoding="utf-8")
    fault = refused(path)
    assert [(Path(one.path).name, one.row, one.column) for one in fault.faults] == [
        ("c.csv", 4, "to"), ("c.csv", 3, "from"), ("p.csv", 1, None),
    ]  # fmt: skip
    assert 'there is no column "product". Did you mean "produkt"?' in str(fault)


@pytest.mark.parametrize("name", ["../secret.csv", "/etc/passwd", "a\\b.csv", "absent.csv"])
def test_a_list_stands_beside_its_mapping(tmp_path: Path, name: str) -> None:
    path = tmp_path / "filing.toml"
    path.write_text(f"products = '{name}'\n", encoding="utf-8")
    assert len(refused(path).faults) == 1


@pytest.mark.parametrize(
    ("mapping", "sentence"),
    [
        ({"lott": []}, 'lott: no fact of a run and no setting. Did you mean "lot"?'),
        ({"lot": {"field": "lot"}}, "lot: expected rules, each begun by [[lot]]"),
        ({"lot": [{"feild": "lot"}]}, '[[lot]] rule 1, feild: no such key. Did you mean "field"?'),
        ({"lot": [{"field": "testr"}]}, 'rule 1, field: "testr" is nothing that a rule can look at. Did you mean'),
        ({"customer": [{"field": "customer"}]}, '"customer" is nothing that a rule can look at.'),
        ({"lot": [{"field": "lot", "pattern": "(a"}]}, "rule 1, pattern: missing ): (a"),
        ({"lot": [{"field": "lot", "pattern": "(?=a)b"}]}, "look-arounds and back-references are not taken"),
        ({"lot": [{"field": "lot", "pattern": "a" * 501}]}, "501 characters, at most 500 are taken"),
        ({"lot": [{"field": "lot", "pattern": "(?:a{1,1000}){1,1000}"}]}, "invalid repetition size"),
        ({"lot": [{"field": "lot", "case": "title"}]}, "case: expected 'keep', 'upper', 'lower', got 'title'."),
        ({"lot": [{"field": "lot", "table": {"a": 1}}]}, "table: expected a table"),
        ({"lot": [{"field": "lot", "case": "upper", "table": {"Abc": "1"}}]}, 'Write "ABC".'),
        ({"lot": [{"field": "lot", "table": "lots.csv"}]}, 'it is no file, so no "lots.csv" stands beside it.'),
        ({"lot": [{"pattern": "a", "default": "b"}]}, "pattern: there is no field that it could work on."),
        ({"lot": [{"when": {"path": "a"}}]}, "it has neither a field nor a default, so it gives nothing."),
        ({"lot": [{"field": "lot", "when": {"paht": "a"}}]}, 'when: "paht" is nothing that a rule can look at.'),
        ({"required": ["colour"]}, 'required: "colour" is no fact of a run.'),
        ({"products": [1]}, "products: expected a list of texts or the name of a CSV, got [1]."),
    ],
)
def test_a_wrong_mapping_names_the_key_what_was_expected_and_found(mapping: dict[str, Any], sentence: str) -> None:
    assert sentence in str(refused(mapping))


def test_every_fault_of_a_mapping_is_told_at_once() -> None:
    fault = refused({"lot": [{"field": "x"}, {"field": "lot", "pattern": "("}], "stage": [{}], "nonsense": 1})
    assert len(fault.faults) == 4
    assert str(fault).startswith("4 places do not fit:\n")


def test_a_mapping_that_is_not_there_or_no_toml_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceMissing, match="can't be opened"):
        load_mapping(tmp_path / "absent.toml")
    (tmp_path / "bad.toml").write_text("[[lot]\n", encoding="utf-8")
    assert "; expected a mapping that files runs (TOML)" in str(refused(tmp_path / "bad.toml"))


def test_no_pattern_hangs() -> None:
    rule = {"field": "path", "pattern": "^(a+)+$"}
    begun = time.perf_counter()
    assert found("customer", rule, path="a" * 100_000 + "!") is None
    assert time.perf_counter() - begun < 2


@given(st.dictionaries(st.sampled_from(list(ROW)), st.text() | st.none() | st.integers()), st.text())
def test_whatever_a_file_says_there_is_an_answer(row: dict[str, Any], path: str) -> None:
    mapping = load_mapping(
        {"customer": [{"field": "path", "pattern": "([^/]*)/"}], "products": ["A"], "stage": [{"field": "folder"}]}
    )
    filed = file_run(row, path, mapping)
    assert tuple(filed.facts) == FACTS
    assert len(filed.missing) == len(filed.reasons)
    assert all(value is None or value.strip() for value in filed.facts.values())


def test_what_is_filed_fits_the_columns_of_the_catalogue() -> None:
    for fact, longest in LONGEST.items():
        assert Run.__table__.c["lot_name" if fact == "lot" else fact].type.length == longest  # type: ignore[attr-defined]
    for fact in ("customer", "product"):
        assert Lot.__table__.c[fact].type.length == LONGEST[fact]  # type: ignore[attr-defined]
