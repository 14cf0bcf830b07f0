"""CSV datalogs by a declared mapping, for the many testers that write no STDF."""

from __future__ import annotations

from corecar.formats.datalog.lots import mapping_beside, read_datalog

__all__ = ["mapping_beside", "read_datalog"]
