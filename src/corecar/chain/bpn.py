"""Business partner numbers: BPNL of a legal entity, BPNS of a site, BPNA of an address.

Four letters, ten characters and two check characters after ISO/IEC 7064 MOD 1271-36 over the ten. Published examples
fail the check, so a wrong one is worth a warning and no more.
"""

from __future__ import annotations

import re

from corecar.errors import ArgumentError

KINDS = {"BPNL": "legal entity", "BPNS": "site", "BPNA": "address"}
MODULUS, RADIX = 1271, 36
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_SHAPE = re.compile(r"(BPNL|BPNS|BPNA)[0-9A-Za-z]{12}")


def check_characters(ten: str) -> str:
    """The two check characters of a string of digits and capital letters.

    Raises  ArgumentError for another character
    Source  ISO/IEC 7064 MOD 1271-36, a pure system with two check characters

    >>> check_characters("ISO79"), check_characters("00000003CR")
    ('3W', 'HK')
    """
    total = 0
    for character in ten:
        digit = _DIGITS.find(character)
        if digit < 0:
            raise ArgumentError(f'"{ten}": {character!r} is neither a digit nor a capital letter.')
        total = (total + digit) * RADIX % MODULUS
    check = (1 - total * RADIX) % MODULUS
    return _DIGITS[check // RADIX] + _DIGITS[check % RADIX]


def is_number(text: str, kind: str) -> bool:
    """Whether a text has the shape of such a number.

    kind  BPNL, BPNS or BPNA

    >>> is_number("BPNL00000003CRHK", "BPNL"), is_number("BPNL00000003CRHK", "BPNS")
    (True, False)
    """
    return _SHAPE.fullmatch(text) is not None and text.startswith(kind)


def wrong_check(number: str) -> str:
    """A sentence where the check characters of a well-formed number are not those of its ten; else empty.

    >>> wrong_check("BPNL00000003CRHK")
    ''
    >>> wrong_check("BPNL6666666666YY")
    'ends in "YY", its check characters by MOD 1271-36 are "MK"'
    """
    ten, given = number[4:14].upper(), number[14:].upper()
    right = check_characters(ten)
    return "" if given == right else f'ends in "{number[14:]}", its check characters by MOD 1271-36 are "{right}"'


def completed(kind: str, ten: str) -> str:
    """A number with its check characters.

    >>> completed("BPNL", "00000003CR")
    'BPNL00000003CRHK'
    """
    return f"{kind}{ten}{check_characters(ten)}"
