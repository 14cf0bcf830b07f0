"""What a command prints on a real terminal of some width: a pseudo-terminal, in this process."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import sys
import termios
import threading

import pytest

from corecar.cli.app import app

_STYLE = re.compile(r"\x1b\[[0-9;]*m")


def on_terminal(columns: int, *words: str) -> list[str]:
    """The lines that a command prints on a terminal so many columns wide, without their styles."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    pieces: list[bytes] = []
    reader = threading.Thread(target=_gather, args=(master, pieces))
    reader.start()
    with os.fdopen(slave, "w", encoding="utf-8") as screen, pytest.MonkeyPatch.context() as patch:
        patch.delenv("COLUMNS", raising=False)
        patch.setattr(sys, "stdout", screen)
        patch.setattr(sys, "__stdout__", screen)
        app(list(words), standalone_mode=False)
        screen.flush()
    reader.join()
    os.close(master)
    return unstyled(b"".join(pieces).decode()).replace("\r\n", "\n").rstrip("\n").split("\n")


def unstyled(text: str) -> str:
    """A text without bold and the like."""
    return _STYLE.sub("", text)


def _gather(master: int, pieces: list[bytes]) -> None:
    """Read what is printed until the terminal is closed."""
    while True:
        try:
            piece = os.read(master, 65_536)
        except OSError:  # how Linux tells that the other end is closed
            return
        if not piece:
            return
        pieces.append(piece)
