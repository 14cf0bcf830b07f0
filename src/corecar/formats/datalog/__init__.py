"""CSV datalogs by a declared mapping, for the many testers that write no STDF."""

from __future__ import annotations

from corecar.formats.datalog.lots import mapping_beside, read_datalog
from corecar.formats.datalog.proposal import propose_mapping

__all__ = ["mapping_beside", "propose_mapping", "read_datalog"]
