"""Who should talk to whom: needs held against offers, scored, assigned; searched; and brought together at meetings."""

from corecar.match.matching import Matches, Ways, match
from corecar.match.weights import Weights, read_weights, weights_text

__all__ = ["Matches", "Ways", "Weights", "match", "read_weights", "weights_text"]
