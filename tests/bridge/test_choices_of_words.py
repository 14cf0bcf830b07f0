"""A parameter that is one of some words lets no other through, whoever calls."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.bridge.houses import small_lot

import corecar
from corecar.bridge.stress.stressing import stress_chain
from corecar.chain.chain import Chain
from corecar.errors import ArgumentError, NotFound


def test_an_unknown_role_is_refused_with_the_roles_there_are(tmp_path: Path) -> None:
    with corecar.init(tmp_path / "house") as workspace:
        with pytest.raises(ArgumentError, match=r'role="manager": expected one of reader, operator'):
            workspace.people_add("li", role="manager")
        assert not workspace.people_list()["rows"][1:]
        assert [(row["verb"], row["outcome"]) for row in workspace.audit()["rows"]] == [("people_add", "refused")]


def test_a_word_that_may_be_left_out_may_be_none(tmp_path: Path) -> None:
    with corecar.init(tmp_path / "house") as workspace:
        workspace.people_add("li", role="quality")
        own = workspace.people_list()["rows"]
        name = next(row["person"] for row in own if row["role"] == "administrator")
        assert workspace.people_change(name, role=None, active=None)["role"] == "administrator"


def test_a_value_of_another_type_is_refused_by_name_with_what_was_expected(tmp_path: Path) -> None:
    with corecar.init(tmp_path / "house") as workspace:
        with pytest.raises(ArgumentError, match=r"limits show: limit_set=1\.5: expected text\.$"):
            workspace.limits_show(1.5)
        with pytest.raises(ArgumentError, match=r"stress: workers='inline': expected a whole number\.$"):
            workspace.stress(workers="inline")
        with pytest.raises(ArgumentError, match=r"plan show: number=True: expected a whole number\.$"):
            workspace.plan_show(True)
        with pytest.raises(ArgumentError, match=r"match: kind=1\.5: expected a list, each entry text\.$"):
            workspace.match(kind=1.5)
        with pytest.raises(
            ArgumentError, match=r"chain import: paths=\['a', 3\]: expected a list, each entry a path\.$"
        ):
            workspace.chain_import(["a", 3])
        with pytest.raises(ArgumentError, match=r"audit: since='now': expected a moment"):
            workspace.audit(since="now")
        with pytest.raises(ArgumentError, match=r"limit=nan: expected a whole number"):
            workspace.audit(limit=float("nan"))


def test_a_whole_number_stands_for_its_text_where_a_name_or_number_is_asked_for(tmp_path: Path) -> None:
    with corecar.init(tmp_path / "house") as workspace:
        with pytest.raises(NotFound, match='no limit set is called "1"'):
            workspace.limits_show(1)
        with pytest.raises(NotFound, match="lot"):
            workspace.what_changed([np.int32(7)], before=["8"])


def test_one_name_or_path_is_taken_where_a_list_of_them_is_asked_for(tmp_path: Path) -> None:
    with corecar.init(tmp_path / "house") as workspace:
        lot = small_lot(tmp_path, 1)
        assert workspace.ingest(lot)["said"].startswith("1 new file")
        assert workspace.ingest(str(lot))["said"].startswith("0 new files")
        with pytest.raises(NotFound, match="no plan was made yet"):
            workspace.impact("SIM00001")
        for names in (7, "7", ["7"]):
            with pytest.raises(NotFound, match='no lot is called "7"'):
                workspace.limits_propose(names)


def test_numbers_of_numpy_and_lists_of_any_kind_are_taken_as_what_they_are(tmp_path: Path) -> None:
    with corecar.init(tmp_path / "house") as workspace:
        assert workspace.audit(limit=np.int64(3))["rows"] == []
        assert workspace.me()["facts"]
        with pytest.raises(NotFound, match="there is no plan 3"):
            workspace.plan_show(np.int64(3))
        with pytest.raises(NotFound, match="lot"):
            workspace.what_changed(np.array(["b"]), before=("c",))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"rule": "max_min_fil"}, r'plan_chain: rule="max_min_fil": expected one of .* Did you mean "max_min_fill"\?$'),
        ({"weeks": "4"}, r"plan_chain: weeks='4': expected a whole number\.$"),
        ({"first_week": 5}, r"plan_chain: first_week=5: expected text\.$"),
        ({"gap": -1}, "gap=-1: expected 0 or more"),
        ({"time_limit": "x"}, "expected a number"),
    ],
)
def test_a_plan_of_files_refuses_values_as_a_verb_does(values: dict[str, Any], said: str) -> None:
    with pytest.raises(ArgumentError, match=said):
        corecar.plan_chain("nowhere", **values)


@pytest.mark.parametrize(
    ("chain", "values", "said"),
    [
        (Chain({}), {"by": "sit"}, r'by="sit": expected one of site, route, region, party\. Did you mean "site"'),
        ("chain", {}, r"chain='chain': expected a chain that was read by read_chain"),
        (Chain({}), {"own": "A=3"}, r"own='A=3': expected a list, each entry text\. Write \['A=3'\]"),
    ],
)
def test_a_stress_of_files_refuses_values_as_a_verb_does(chain: Any, values: dict[str, Any], said: str) -> None:
    with pytest.raises(ArgumentError, match=said):
        stress_chain(chain, **values)


def test_a_verb_of_names_alone_says_which_it_takes(tmp_path: Path) -> None:
    said = r"takes no value without a name, not 1\. By name it takes: scenarios, file"
    with corecar.init(tmp_path / "house") as workspace, pytest.raises(ArgumentError, match=said):
        workspace.plan_whatif(["demand * +20%"])
