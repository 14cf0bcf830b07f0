"""From columns to statistics: what each test measured over the lot, each wafer and each site."""

from __future__ import annotations

from corecar.assess.measures import measures

__all__ = ["measures"]
