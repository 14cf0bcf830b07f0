"""One value, one sequence of bytes: JSON as RFC 8785 writes it, and its SHA-256."""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal
from typing import Any

from corecar.errors import ArgumentError

EXACT = 2**53
"""Whole numbers up to here are the same in every program that reads JSON."""
BEYOND = float("inf")
"""Not a number, and infinite ones, are not below it."""


def canonical_json(value: Any) -> bytes:
    """The bytes of a JSON value: keys in order, no blanks, numbers in one form, UTF-8.

    value   of dict, list, str, int, float, bool and None; keys are ASCII
    Raises  ArgumentError for a number that is not finite or not exact, and text that is no Unicode
    Source  RFC 8785 (JSON Canonicalization Scheme)

    >>> canonical_json({"b": 2.0, "a": [1e-7, "\\u00e9"]}).decode()
    '{"a":[1e-7,"é"],"b":2}'
    """
    try:
        return _written(value).encode("utf-8")
    except UnicodeEncodeError as error:
        raise ArgumentError(f"{error.object!r} holds half a character. Write whole Unicode characters.") from None


def sha256_of(content: bytes) -> str:
    """The SHA-256 of bytes, in lower-case hexadecimal.

    >>> sha256_of(b"")[:8]
    'e3b0c442'
    """
    return hashlib.sha256(content).hexdigest()


def _written(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ",".join(f"{_text(key)}:{_written(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(map(_written, value)) + "]"
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    return _number(value) if isinstance(value, (int, float)) else _text(value)


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _number(value: float) -> str:
    """A number as ECMAScript writes it; Python differs in its exponents and where they begin."""
    written = _float(float(value)) if abs(value) < BEYOND else ""
    if not written or (isinstance(value, int) and abs(value) > EXACT and written != str(value)):
        raise ArgumentError(f"{value} can't be written into JSON exactly. Write a finite number up to 2**53.")
    return written


def _float(value: float) -> str:
    if value == 0:
        return "0"
    if 1e-6 <= abs(value) < 1e21:
        return format(Decimal(repr(value)), "f").removesuffix(".0")
    mantissa, exponent = repr(value).split("e")
    return f"{mantissa}e{exponent[0]}{exponent[1:].lstrip('0')}"
