"""Letters over SMTP, by Python's own client; what a server answers becomes one of two things: again, or never."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from corecar.bridge.mail.outbox import Held
from corecar.bridge.mail.settings import MailServer
from corecar.errors import CorecarError
from corecar.report.printable import printable

TIMEOUT_S = 20.0
"""How long the server may take for one answer [s]."""


class NoServer(CorecarError):
    """The mail server cannot be reached, or does not let us in: no letter can be handed over now."""


class NotTaken(CorecarError):
    """The server did not take one letter. for_good: it never will."""

    def __init__(self, message: str, *, for_good: bool) -> None:
        self.for_good = for_good
        super().__init__(message)


def message_of(held: Held, server: MailServer, identity: str) -> EmailMessage:
    """A letter as a mail: headers, plain text, HTML.

    identity  of the workspace; with the letter's number it makes the Message-ID, the same at every try
    """
    domain = server.sender.rpartition("@")[2]
    made = EmailMessage(policy=SMTP)
    made["From"] = f"Corecar <{server.sender}>"
    made["To"] = held.to
    made["Subject"] = printable(held.subject, 200)
    made["Date"] = format_datetime(held.at)
    made["Message-ID"] = f"<letter-{held.id}.{identity}@{domain}>"
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(held.text)
    made.add_alternative(held.html, subtype="html")
    return made


@contextmanager
def connected(server: MailServer) -> Iterator[smtplib.SMTP]:
    """A line to the mail server, encrypted and logged in as the settings say. Raises NoServer, WorkspaceError."""
    password = server.password()
    where = f"{server.host}:{server.port}"
    try:
        line = _opened(server)
    except (OSError, smtplib.SMTPException) as error:
        raise NoServer(f"{where}: {_reason(error)}") from error
    try:
        try:
            if server.security == "starttls":
                line.starttls(context=ssl.create_default_context())
            if server.user is not None and password is not None:
                line.login(server.user, password)
        except UnicodeEncodeError as error:
            raise NoServer(f"{where}: a log-in carries ASCII alone. Choose another name or password there.") from error
        except (OSError, smtplib.SMTPException) as error:
            raise NoServer(f"{where}: {_reason(error)} Check `corecar mail show`.") from error
        yield line
    finally:
        with suppress(OSError, smtplib.SMTPException):
            line.quit()


def _opened(server: MailServer) -> smtplib.SMTP:
    if server.security == "tls":
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(server.host, server.port, timeout=TIMEOUT_S, context=context)
    return smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_S)


def hand_over(line: smtplib.SMTP, message: EmailMessage) -> None:
    """Hand one mail over. Raises NotTaken where the server refuses it, NoServer where the line broke."""
    try:
        line.send_message(message)
    except smtplib.SMTPRecipientsRefused as error:
        code, reason = next(iter(error.recipients.values()))
        raise NotTaken(_answer(code, reason), for_good=code >= 500) from error
    except smtplib.SMTPDataError as error:
        raise NotTaken(_answer(error.smtp_code, error.smtp_error), for_good=error.smtp_code >= 500) from error
    except smtplib.SMTPSenderRefused as error:
        raise NotTaken(_answer(error.smtp_code, error.smtp_error), for_good=False) from error
    except (OSError, smtplib.SMTPException) as error:
        raise NoServer(f"the line to the mail server broke: {_reason(error)}") from error


def _answer(code: int, reason: bytes | str) -> str:
    text = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else reason
    return f"the mail server answered {code}: {printable(text, 200)}"


def _reason(error: Exception) -> str:
    """What went wrong, without what a server may say of a password."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return f"name or password were refused ({error.smtp_code})."
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{_answer(error.smtp_code, error.smtp_error)}."
    return f"{printable(str(error) or type(error).__name__, 200).rstrip('.')}."
