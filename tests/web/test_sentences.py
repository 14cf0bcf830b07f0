"""What verbs say, in Chinese: patterns with slots that are still what the code says, and what no pattern knows."""

from __future__ import annotations

import ast
import csv
import re
import string
import time
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from tests.web.browsers import Person, Site, another

import corecar
from corecar.words import words_of
from corecar.words.in_pages import in_pages
from corecar.words.sentences import SLOT, Sentences, pattern_of

TABLE = [
    row
    for name in ("zh-sentences.csv", "zh-drawings.csv")
    for row in csv.DictReader(files("corecar.words").joinpath(name).read_text("utf-8").splitlines())
]


def told(text: str) -> str:
    return words_of("zh").told(text)


@cache
def spoken() -> str:
    """Every text in the source, pieces of f-strings by themselves, also without commands; the texts of its tables."""
    root = Path(corecar.__file__).parent
    found = []
    for path in root.rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        found += [
            node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
        ]
    found += [in_pages(text) for text in found]
    found += [path.read_text("utf-8") for path in root.rglob("*.csv") if "words" not in path.parts]
    return "\n".join(found)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row["english"][:40])
def test_a_pattern_is_still_what_the_code_says(row: dict[str, str]) -> None:
    pieces = [piece for part in SLOT.split(row["english"])[::3] for piece in re.split(r"\(s\)|[.;:,] ", part)]
    longest = max((piece.strip(" .,:;()") for piece in pieces), key=len)
    assert longest in spoken(), f'"{longest}" is said by no verb any more'


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row["english"][:40])
def test_a_translation_has_the_slots_of_its_pattern(row: dict[str, str]) -> None:
    slots = {found["name"] for found in SLOT.finditer(row["english"])}
    assert {name for _, name, _, _ in string.Formatter().parse(row["chinese"]) if name} == slots


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        (
            "68,072 of 101,134 vehicles (67.3%) can be supplied from 2027-W01 to 2027-W16, 23.3% on time; "
            "33,062 vehicles short, worth 5,502,204,959 CNY.",
            "2027-W01 至 2027-W16 可供应 101,134 辆中的 68,072 辆（67.3%），准时率 23.3%；"
            "短缺 33,062 辆，价值 5,502,204,959 CNY。",
        ),
        ("This is about plan 2.", "此为计划 2 的结果。"),
        ("0 of 3", "3 中的 0"),
        (
            "Qualification 1 is open. DEMO-MCU, grade 1, new-package: 17 tests and 4,000 parts by AEC-Q100 Rev H.",
            "认证 1 已开启。DEMO-MCU，等级 1，新封装：按 AEC-Q100 Rev H 需 17 项试验、4,000 颗。",
        ),
        (
            "offer O-HAST of DEMO-LAB has no room in 2027-W07 for A2, lot 1: 168 of 168 hours are booked, 168 were "
            "asked for. Nothing was booked.",
            "DEMO-LAB 的供给 O-HAST 在 2027-W07 没有余量给 A2 批次 1：168 小时中已预订 168，另需 168。没有作任何预订。",
        ),
        ("3 memoranda: 1 draft, 2 signed.", "3 份备忘录：1 份草稿、2 份已签署。"),
        (
            "M-2030-001 has changed since step 3 that you saw (chen of CARS: counter; wu of OSAT: withdraw).",
            "M-2030-001 在您所见的第 3 步之后已有变化（CARS 的 chen：还盘；OSAT 的 wu：撤回）。",
        ),
        (
            "37 pins offered, 34 pins needed; tooling for the pin count would take 20 weeks "
            "(template, to be confirmed). BGA offered, DFN needed",
            "提供 37 引脚，需要 34 引脚；引脚数对应的工装需 20 周（模板值，待确认）。提供 BGA，需要 DFN",
        ),
        (
            "28 rows of the chain are not used, such as lot L-1: it is held.",
            "供应链有 28 行未使用，例如 批次 L-1：被扣留。",
        ),
        (
            "Memorandum M-1: 2 of 3 parties signed it; DEMO-CARS has still to sign.",
            "备忘录 M-1：3 方中 2 方已签署；尚待签署：DEMO-CARS。",
        ),
        ("its certificate was revoked on 2026-11-27 07:04 UTC (key compromise)",
         "其证书已于 2026-11-27 07:04 UTC 被吊销（key compromise）"),
        ("Lot L is held since 2026-11-27 07:04 UTC.", "批次 L 自 2026-11-27 07:04 UTC 起扣留。"),
        ("This is about plan 2. Nobody ever said this.", "此为计划 2 的结果。 Nobody ever said this."),
        ("Nobody ever said this.", "Nobody ever said this."),
        ("Demo Packaging and Test 03 (fictional)", "Demo Packaging and Test 03 (fictional)"),
        ("SIM00001", "SIM00001"),
        ("", ""),
    ],
)  # fmt: skip
def test_sentences_are_told_and_what_is_not_known_stays(english: str, chinese: str) -> None:
    assert told(english) == chinese
    assert words_of("en").told(english) == english


def test_the_pattern_that_says_more_wins_and_slots_are_looked_up() -> None:
    known = {"held": "扣留"}
    sentences = Sentences(
        {"{a} is {b:told}": "{a}为{b}", "lot {a} is {b:told}": "批次{a}为{b}"}, lambda w: known.get(w, w)
    )
    assert sentences.told("lot 7 is held.") == "批次7为扣留。"
    assert sentences.told("plan 7 is open") == "plan 7为open"
    assert pattern_of("{n:number} week(s)", "{n} 周").of("1 week", str) == "1 周"
    assert pattern_of("{n:number} week(s)", "{n} 周").of("one week", str) is None


def test_a_text_that_is_made_to_take_long_does_not() -> None:
    begun = time.process_time()
    for text in ("a: " * 600, "0 offered, 0 needed; " * 90, "x would take 1 week (" * 90, "lot " * 5_000):
        assert told(text)
    assert time.process_time() - begun < 1.0


def test_what_a_verb_says_is_chinese_on_the_pages(site: Site, browser: Any, administrator: Person) -> None:
    person = another(browser, site, administrator, language="zh-CN")
    for path in ("/", "/plan", "/plan/compare", "/plan/losses", "/match", "/stress", "/lots/1", "/recipes/limits/1"):
        person.go(path)
        said = person.page.locator(".answer").first.inner_text()
        assert re.search("[\u4e00-\u9fff]", said), f"{path}: {said}"
