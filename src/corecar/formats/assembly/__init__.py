"""Measured values of packaging steps (wire pull, shear, bond line, plating ...) from CSV by a declared mapping."""

from __future__ import annotations

from typing import TYPE_CHECKING

from corecar.late_names import late_names

if TYPE_CHECKING:
    from corecar.formats.assembly.mapping import AssemblyMapping, load_assembly_mapping
    from corecar.formats.assembly.measurements import AssemblySheet, Measurement, read_assembly
    from corecar.formats.assembly.proposal import propose_assembly_mapping

__getattr__, __dir__ = late_names(
    __name__,
    {
        "mapping": ("AssemblyMapping", "load_assembly_mapping"),
        "measurements": ("AssemblySheet", "Measurement", "read_assembly"),
        "proposal": ("propose_assembly_mapping",),
    },
)

__all__ = [
    "AssemblyMapping",
    "AssemblySheet",
    "Measurement",
    "load_assembly_mapping",
    "propose_assembly_mapping",
    "read_assembly",
]
