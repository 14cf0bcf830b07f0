"""CSV datalogs by a declared mapping, for the many testers that write no STDF."""

from __future__ import annotations

from typing import TYPE_CHECKING

from corecar.late_names import late_names

if TYPE_CHECKING:
    from corecar.formats.datalog.lots import read_datalog
    from corecar.formats.datalog.proposal import propose_mapping

__getattr__, __dir__ = late_names(
    __name__,
    {
        "lots": ("read_datalog",),
        "proposal": ("propose_mapping",),
    },
)

__all__ = ["propose_mapping", "read_datalog"]
