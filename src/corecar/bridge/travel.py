"""What a parameter that names files means to a caller who sits at another computer than the workspace.

Beside a parameter's type and help stands one of these. In this process they change nothing: a path is a path.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sent:
    """Files that the caller has: their content goes along with the call. or_word: it may be a word instead."""

    or_word: bool = False


@dataclass(frozen=True)
class Returned:
    """Where the caller wants results: they come back with the answer. folder: it is a folder, else one file."""

    folder: bool = False


@dataclass(frozen=True)
class OnServer:
    """A place on the computer of the workspace, for whoever keeps it: not to be given from elsewhere."""
