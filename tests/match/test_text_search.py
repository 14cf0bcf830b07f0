"""Searching texts: Chinese words of any length, English beginnings, rank, kinds in both languages."""

from __future__ import annotations

import pytest
from tests.match.markets import chain_of

from corecar.match.text_search import TextIndex

NEEDS = [
    {"need": "N1", "party": "CARS", "kind": "chip", "title": "Body controller", "title_zh": "车规级车身控制器芯片"},
    {"need": "N2", "party": "CARS", "kind": "test", "title": "Final test at 150 C", "title_zh": "高温成品测试"},
    {"need": "N3", "party": "CARS", "kind": "research", "title": "Thermal model", "description": "for packaging",
     "description_zh": "封装热仿真研究"},
]  # fmt: skip
OFFERS = [
    {"offer": "O1", "party": "OSAT", "kind": "packaging", "title": "QFN line", "title_zh": "车规级QFN封装产线"},
    {"offer": "O2", "party": "OSAT", "kind": "test", "title": "Tester hours", "title_zh": "测试机时"},
    {"offer": "O3", "party": "UNI", "kind": "reliability", "title": "AEC-Q100 stress", "title_zh": "可靠性试验"},
]


@pytest.fixture(scope="module")
def index() -> TextIndex:
    return TextIndex(chain_of(NEEDS, OFFERS))


def names(index: TextIndex, words: str, **how: str) -> list[str]:
    found = index.search(words, **how)  # type: ignore[arg-type]
    return [f"{'N' if one.which == 'needs' else 'O'}{one.row + 1}" for one in found if one.whole]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("车规", {"N1", "O1"}),
        ("封装", {"O1", "N3"}),
        ("测试", {"N2", "O2"}),
        ("热", {"N3"}),
        ("车规级芯片", {"N1"}),
        ("qfn", {"O1"}),
        ("ＱＦＮ", {"O1"}),
        ("pack", {"O1", "N3", "O2"}),
        ("Q100", {"O3"}),
        ("controller 车身", {"N1"}),
        ("示例封测", {"O1", "O2"}),
        ("晶圆", set()),
        ("xyz", set()),
        ("", set()),
    ],
)
def test_words_find_what_has_them(index: TextIndex, words: str, expected: set[str]) -> None:
    assert set(names(index, words)) == expected


def test_a_word_in_a_title_comes_before_one_in_a_description(index: TextIndex) -> None:
    assert names(index, "封装") == ["O1", "N3"]
    assert index.search("封装")[1].fields == ("description_zh",)


def test_a_search_keeps_to_one_side_and_one_kind(index: TextIndex) -> None:
    assert names(index, "测试", which="offers") == ["O2"]
    assert names(index, "OSAT", kind="packaging") == ["O1"]


def test_a_kind_is_found_by_its_name_in_either_language(index: TextIndex) -> None:
    assert names(index, "laboratory") == ["O3"]
    assert names(index, "实验室") == ["O3"]


def test_rows_with_all_words_come_before_those_with_some(index: TextIndex) -> None:
    found = index.search("车规 封装")
    assert [one.whole for one in found] == [True, False, False]
    assert (found[0].which, found[0].row) == ("offers", 0)
    assert not any(one.whole for one in index.search("车规 xyz"))


def test_ten_thousand_rows_are_searched_whole() -> None:
    needs = [NEEDS[0] | {"need": f"N{place}", "title_zh": f"芯片{place}"} for place in range(3000)]
    found = TextIndex(chain_of([*needs, NEEDS[1] | {"need": "odd"}], [])).search("成品测试")
    assert [one.row for one in found if one.whole] == [3000]
