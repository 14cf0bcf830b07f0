"""CSV datalogs by a declared mapping, for the many testers that write no STDF."""

from __future__ import annotations

from corecar.formats.datalog.lots import read_datalog
from corecar.formats.datalog.proposal import propose_mapping
from corecar.formats.recognition import mapping_beside

__all__ = ["mapping_beside", "propose_mapping", "read_datalog"]
