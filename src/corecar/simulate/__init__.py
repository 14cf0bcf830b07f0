"""Genuine tester files in which outliers or drifting units are planted, and fictional provinces of chips and cars."""

from corecar.simulate.outliers import Outliers
from corecar.simulate.provinces import simulate_chain
from corecar.simulate.simulation import simulate_lot
from corecar.simulate.stressing import simulate_stress
from corecar.simulate.truth import truth_path

__all__ = ["Outliers", "simulate_chain", "simulate_lot", "simulate_stress", "truth_path"]
