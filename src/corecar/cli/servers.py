"""Which server a command acts on."""

from __future__ import annotations

import os

SERVER = "CORECAR_SERVER"
"""The environment variable that names a server; `--server` sets it for one command."""


def server_meant() -> str | None:
    """The address of the server that a command acts on; None: it acts on this computer."""
    return os.environ.get(SERVER) or None
