"""Measured values of packaging steps (wire pull, shear, bond line, plating ...) from CSV by a declared mapping."""

from corecar.formats.assembly.mapping import AssemblyMapping, load_assembly_mapping
from corecar.formats.assembly.measurements import AssemblySheet, Measurement, read_assembly
from corecar.formats.assembly.proposal import propose_assembly_mapping

__all__ = [
    "AssemblyMapping",
    "AssemblySheet",
    "Measurement",
    "load_assembly_mapping",
    "propose_assembly_mapping",
    "read_assembly",
]
