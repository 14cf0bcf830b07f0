"""Connections to a PostgreSQL server: encrypted where the server offers it, as the driver does by itself.

The driver reads the certificates of every authority that the system knows for each connection, and then checks none:
that took longer than most transactions.
"""

from __future__ import annotations

import ssl
from functools import cache
from typing import Any

from sqlalchemy import Engine, event

REFUSAL = "refuses SSL"
"""Part of what the driver says where a server offers no encryption."""
_without = set[str]()
"""Servers that offered none to this process."""


def encrypt_where_offered(engine: Engine) -> None:
    """Let each new connection of an engine be encrypted where its server offers that."""

    @event.listens_for(engine, "do_connect")
    def connect(dialect: Any, _: Any, words: Any, named: Any) -> Any:
        server = f"{named.get('host')}:{named.get('port')}"
        if server not in _without:
            try:
                return dialect.connect(*words, ssl_context=_encryption(), **named)
            except dialect.loaded_dbapi.InterfaceError as error:
                if REFUSAL not in str(error):
                    raise
                _without.add(server)
        try:
            return dialect.connect(*words, ssl_context=False, **named)
        except dialect.loaded_dbapi.Error:
            _without.discard(server)  # it may ask for encryption since
            raise


@cache
def _encryption() -> ssl.SSLContext:
    """Encryption without a look at who the server is."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


__all__ = ["encrypt_where_offered"]
