"""Questions to the workspace: SQL over everything visible, and the few that every test engineer asks.

    listing = Listing(objects, files, {"runs": runs, "lots": lots}, runs_visible=None)
    open_sql(listing).ask("select product, count(*) from parts join runs using (run) group by all")
    trend(listing, number=1000, by="lot", product="P1")
    compare(listing, "LOT7", "LOT8")
    pareto(listing, what="bin", since="2026-01-01")
    test_results(listing, runs, "VDD_LEAK")
    wafer_map(listing, run, "W03", test=1000)

All are functions of a `Listing`, which says what may be seen; none writes anything.
"""

from __future__ import annotations

from corecar.store.lake.listing import ByColumn, LakeFile, Listing
from corecar.store.questions.chosen_runs import Scope, chosen_runs
from corecar.store.questions.chosen_test import TestKey
from corecar.store.questions.comparing import compare
from corecar.store.questions.measured import check_test
from corecar.store.questions.paretos import pareto
from corecar.store.questions.readings import DIE, test_results, wafer_map, wafer_of
from corecar.store.questions.sql import Answer, Connection, open_sql
from corecar.store.questions.trends import trend

__all__ = [
    "DIE",
    "Answer",
    "ByColumn",
    "Connection",
    "LakeFile",
    "Listing",
    "Scope",
    "TestKey",
    "check_test",
    "chosen_runs",
    "compare",
    "open_sql",
    "pareto",
    "test_results",
    "trend",
    "wafer_map",
    "wafer_of",
]
