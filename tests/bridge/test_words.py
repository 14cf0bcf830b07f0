"""A parameter that is one of some words lets no other through, whoever calls."""

from __future__ import annotations

from pathlib import Path

import pytest

import corecar
from corecar.errors import ArgumentError


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
