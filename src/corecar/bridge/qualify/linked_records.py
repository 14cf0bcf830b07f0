"""Records of the workspace as evidence of a qualification: gauge studies and limit sets, as they are when linked."""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Any

from corecar.bridge.calls import Call
from corecar.bridge.limits.limit_listing import limits_show
from corecar.bridge.plain import plain
from corecar.bridge.qualify.evidence import add_document, subjects_of
from corecar.bridge.qualify.kept_qualifications import Number, edited
from corecar.bridge.study.gauge_studies import show as gauge_show
from corecar.errors import ArgumentError


def record(
    call: Call,
    number: Number,
    subject: Annotated[
        str, "The test, or the element of the submission, it is evidence of; several with commas between."
    ],
    *,
    gauge: Annotated[int | None, "Number of a gauge study."] = None,
    limits: Annotated[
        str | None, "Name or number of a limit set: limits, who approved them, what they rest on."
    ] = None,
) -> dict[str, Any]:
    """Link a gauge study, or a limit set of a screen, as evidence: what it says now is kept, with its hash.

    Raises  NotFound for a test, element, study or set that is not there; ArgumentError without one; Conflict
    """
    if (gauge is None) == (limits is None):
        raise ArgumentError("record: name a gauge study (--gauge) or a limit set (--limits).")
    found = edited(call, number)
    subjects = subjects_of(found, subject)
    told: dict[str, Any]
    if gauge is not None:
        told, name = gauge_show(call, gauge), f"gauge-study-{gauge}.json"
    else:
        told, name = limits_show(call, str(limits)), f"limit-set-{limits}.json"
    content = (json.dumps(plain(told), ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()
    add_document(call, found, subjects, name, content)
    return {"said": f"{name} is linked to {', '.join(subjects)} of qualification {number}: {told['said']}",
            "subject": ", ".join(subjects), "name": name, "sha256": hashlib.sha256(content).hexdigest()}  # fmt: skip
