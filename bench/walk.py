"""The header walk: the least that anyone who reads an STDF file has to do."""

from __future__ import annotations

from typing import Any

import numpy as np

from corecar.compiled import compiled


@compiled
def count_records(content: Any, big_endian: bool) -> int:
    """Records of a whole file, by their lengths alone.

    content  uint8, shape (bytes,)
    """
    at, count = np.int64(0), 0
    while at + 4 <= len(content):
        low, high = np.int64(content[at]), np.int64(content[at + 1])
        at += 4 + (low * 256 + high if big_endian else high * 256 + low)
        count += 1
    return count
