"""Who signs, as far as a signature and its place on the page say it."""

from __future__ import annotations

from typing import Protocol


class SigningParty(Protocol):
    """party: its short name; name: its full name."""

    @property
    def party(self) -> str: ...

    @property
    def name(self) -> str: ...
