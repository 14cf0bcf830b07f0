"""How large a request may be: counted while it comes, whatever its headers say."""

from __future__ import annotations

from typing import Any

from corecar.errors import ArgumentError
from corecar.web.problems import problem


class TooLarge(ArgumentError):
    """More came than the server takes."""


class BodyLimit:
    """ASGI middleware: breaks off a request that is larger than the limit [bytes]."""

    def __init__(self, app: Any, limit: int) -> None:
        self.app, self.limit = app, limit

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        told = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if told.isdigit() and int(told) > self.limit:
            await problem(413, self._words(), kind="ArgumentError")(scope, receive, send)
            return
        taken = 0

        async def counted() -> Any:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self.limit:
                raise TooLarge(self._words())
            return message

        await self.app(scope, counted, send)

    def _words(self) -> str:
        return f"a request has at most {self.limit >> 20} MB here. Send fewer files at once."
