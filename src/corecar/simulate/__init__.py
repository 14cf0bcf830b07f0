"""Lots with a known truth: genuine tester files in which latent outliers are planted."""

from corecar.simulate.outliers import Outliers
from corecar.simulate.simulation import simulate_lot
from corecar.simulate.truth import truth_path

__all__ = ["Outliers", "simulate_lot", "truth_path"]
