"""What a plan's objective counts with where the tables say nothing: the rows of `standards/planning.csv`."""

from __future__ import annotations

from functools import partial

from corecar.standards import value

_row = partial(value, "Planning")

HOLDING = float(_row("stock", "holding"))
"""Cost of one piece over one week in stock, as a part of its value."""
LATE_PART = float(_row("shortage", "late"))
"""Cost of one piece that is behind at the end of a week, as a part of its value."""
LOST_PART = float(_row("shortage", "lost"))
"""Cost of one piece that has not come when the horizon ends, as a part of its value."""
PREFERENCE = float(_row("preference", "step"))
"""Cost of each step down the order of preference, as a part of a piece's value: it decides between equals."""
BREACH = float(_row("floor", "breach"))
"""Price of one piece that a floor is short of, as a multiple of the dearest piece's value: above any shortage."""
SHARE_STEP = float(_row("share", "step"))
"""Price of one piece that a weekly plan is short of its share, as a multiple of the dearest piece's value."""
SHARE_PARTS = tuple(float(part) for part in _row("share", "parts").split())
"""Parts of a share at each of which that price is due: the first pieces of everybody's share are the dearest."""
CLASS_STEP = float(_row("class", "step"))
"""Price of one piece that a weekly plan by priority does not give, over the dearest piece of the next class."""
