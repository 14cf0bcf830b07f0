"""Where a run belongs: customer, product, lot, sublot, stage, temperature and test pass, by a declared mapping."""

from __future__ import annotations

from corecar.store.filing.facts import FACTS
from corecar.store.filing.files import Filed, check_facts, file_run
from corecar.store.filing.mapping import DEFAULT, FilingMapping, Rule, load_mapping
from corecar.store.filing.proposal import propose_mapping

__all__ = [
    "DEFAULT",
    "FACTS",
    "Filed",
    "FilingMapping",
    "Rule",
    "check_facts",
    "file_run",
    "load_mapping",
    "propose_mapping",
]
