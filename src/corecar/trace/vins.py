"""Vehicles under a keyed hash of their number (VIN), so that nobody without the key learns whose car it is."""

from __future__ import annotations

import hmac

HASHED = "hmac:"
"""How the name of a vehicle begins whose number is hashed."""
DIGITS = 40
"""Digits of the hash that are kept: 160 bits."""


def hashed_vin(vin: str, key: bytes) -> str:
    """The name of a vehicle whose number is kept hashed: HMAC-SHA256 of it in capitals; a hashed one stays.

    >>> hashed_vin("vin1", b"k" * 32) == hashed_vin(" VIN1 ", b"k" * 32) != hashed_vin("VIN1", b"x" * 32)
    True
    """
    if vin.startswith(HASHED):
        return vin
    return HASHED + hmac.digest(key, vin.strip().upper().encode(), "sha256").hex()[:DIGITS]
