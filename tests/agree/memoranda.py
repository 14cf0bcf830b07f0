"""Terms of memoranda for the tests: three fictional parties that agree on a chip."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from corecar.agree.terms import Terms, terms_in

PARTIES = [
    {"party": "DEMO-CHIPS", "name": "Demo Chips (fictional)", "role": "supplier", "benefit": "a buyer for two years",
     "benefit_zh": "两年的买方", "country": "CN", "represented_by": "Li Wei"},
    {"party": "DEMO-OSAT", "name": "Demo Packaging and Test (fictional)", "role": "processor",
     "benefit": "a loaded test floor", "country": "CN"},
    {"party": "DEMO-CARS", "name": "Demo Cars (fictional)", "role": "customer", "benefit": "chips in every week",
     "bpnl": "BPNL0000DEMO028U"},
]  # fmt: skip

VALUE: dict[str, Any] = {
    "form": "corecar-memorandum-1",
    "number": "M-2027-001",
    "kind": "product",
    "subject": {"title": "Body controllers, grade 1", "title_zh": "车规级车身控制器芯片", "product": "DEMO-MCU"},
    "parties": PARTIES,
    "valid_from": "2027-01-04",
    "valid_until": "2027-12-31",
    "volumes": [
        {
            "supplier": "DEMO-CHIPS",
            "customer": "DEMO-CARS",
            "unit": "piece",
            "periods": [
                {"period": "2027-W05", "agreed": 1000, "minimum": 800, "maximum": 1200},
                {"period": "2027-W06", "agreed": 1000, "minimum": 800, "maximum": 1200},
            ],
            "bands": [
                {"from_weeks": 0, "until_weeks": 4, "up": 0, "down": 0},
                {"from_weeks": 5, "up": 0.2, "down": 0.25},
            ],
        }
    ],
    "shortage": {"rule": "priority", "priority": 1},
    "quality": {"grade": 1, "screens": ["dynamic-pat", "nnr"], "ppm_most": 1, "ppap_level": 3, "trace": "unit"},
    "times": {"delivery_weeks": 6, "answer_days": 2, "incident_hours": 24, "notice_days": 90},
    "secrecy": {"level": "parties", "years": 3},
    "law": "the law of the People's Republic of China",
    "language": "zh+en",
    "clauses": [{"clause": "capacity", "version": "1.0"}, {"clause": "shortage", "version": "1.0"}],
}


def terms_with(**changed: Any) -> Terms:
    """The three parties' terms with some fields of the whole replaced; None leaves one out."""
    return terms_in(value_with(**changed))


def value_with(**changed: Any) -> dict[str, Any]:
    """The JSON value of the three parties' terms, with some fields replaced; None leaves one out."""
    value = {**deepcopy(VALUE), **changed}
    return {key: each for key, each in value.items() if each is not None}
