"""What a plan's objective counts with where the tables say nothing: Corecar defaults, parts of a piece's value."""

from __future__ import annotations

HOLDING = 0.002
"""Cost of one piece over one week in stock, as a part of its value: about 10 % a year."""
LATE_PART = 0.02
"""Cost of one piece that is behind at the end of a week, as a part of its value."""
LOST_PART = 1.0
"""Cost of one piece that has not come when the horizon ends, as a part of its value."""
PREFERENCE = 1e-4
"""Cost of each step down the order of preference, as a part of a piece's value: it decides between equals."""
BREACH = 10.0
"""Price of one piece that a floor is short of, as a multiple of the dearest piece's value: above any shortage."""
