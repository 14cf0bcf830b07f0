"""A real SMTP server for a test: what it took, and how it answers."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest

controllers = pytest.importorskip(
    "aiosmtpd.controller", reason="aiosmtpd is not installed; pip install 'corecar[test]'"
)


@dataclass
class Box:
    """What a server took, one entry a mail.

    refusals  answers to the next mails instead of taking them, such as `550 no such person`
    waits     set while the server holds every mail back
    """

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    to: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    users: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        with self.lock:
            if self.refusals:
                return self.refusals.pop(0)
            self.mails.append(message_from_bytes(envelope.content, policy=default))
            self.to += envelope.rcpt_tos
        return "250 taken"


@contextmanager
def smtp_server(port: int = 0, *, tls: ssl.SSLContext | None = None, password: str = "") -> Iterator[Box]:
    """A server at a port of this machine. tls: it wants STARTTLS; password: and a log-in by it."""
    from aiosmtpd.smtp import AuthResult

    box = Box()

    def known(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> Any:
        box.users.append(data.login.decode())
        return AuthResult(success=data.password.decode() == password, handled=False)

    how: dict[str, Any] = {"tls_context": tls, "require_starttls": tls is not None}
    if password:
        how |= {"auth_required": True, "authenticator": known}
    controller = controllers.Controller(box, hostname="127.0.0.1", port=port or free_port(), **how)
    controller.start()
    box.port = controller.port
    try:
        yield box
    finally:
        controller.stop()


def free_port() -> int:
    """A port at which nothing listens."""
    import socket
    from contextlib import closing

    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
