"""The mail server, as a setting of the workspace. Its password stays outside: in the environment, or in a file."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from email.headerregistry import Address
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal

from sqlalchemy.orm import Session

from corecar.bridge.calls import Call
from corecar.bridge.travel import OnServer
from corecar.errors import ArgumentError, Conflict, WorkspaceError
from corecar.store.catalogue.models import Setting

MAIL = "mail"
"""The setting that says where mail is handed over."""
PASSWORD = "CORECAR_MAIL_PASSWORD"
"""The environment variable that holds the password where no other is named."""
OURS = re.compile(r"CORECAR_[A-Z0-9_]+")
"""Variables that may be named; any other could hold a secret that is not the mail server's."""
URL = re.compile(r"https?://[A-Za-z0-9._:\[\]-]+(/[A-Za-z0-9._~/-]*)?")
Security = Literal["starttls", "tls", "none"]
PORTS: Mapping[str, int] = {"starttls": 587, "tls": 465, "none": 25}


@dataclass(frozen=True)
class MailServer:
    """Where mail is handed over, and as whose.

    security  `starttls`: encrypted once connected; `tls`: from the start; `none`: in clear
    variable  environment variable that holds the password, and `file` the file that does; at most one is named
    sender    address that letters are from
    url       address at which people reach the pages; None: letters hold no links
    """

    host: str
    port: int
    security: Security
    sender: str
    user: str | None = None
    variable: str | None = None
    file: str | None = None
    url: str | None = None

    def password(self) -> str | None:
        """The password; None where there is no user. Raises WorkspaceError where it cannot be had."""
        if self.user is None:
            return None
        if self.file is not None:
            try:
                found = Path(self.file).read_text(encoding="utf-8").rstrip("\r\n")
            except (OSError, UnicodeDecodeError) as error:
                raise WorkspaceError(
                    f"{self.file}: the password of the mail server cannot be read ({error})."
                ) from error
        else:
            found = os.environ.get(self.variable or PASSWORD, "")
        if not found:
            raise WorkspaceError(f"{self.where_password}: holds no password for {self.user} at {self.host}. Set it.")
        return found

    @property
    def where_password(self) -> str:
        """Where the password is kept."""
        return self.file or self.variable or PASSWORD


def mail_server(session: Session) -> MailServer | None:
    """The mail server of the workspace; None where none was set."""
    found = session.get(Setting, MAIL)
    return None if found is None else MailServer(**found.value)


def needed_server(session: Session) -> MailServer:
    """The mail server. Raises Conflict where none was set."""
    found = mail_server(session)
    if found is None:
        raise Conflict("no mail server is set. Set one with: corecar mail set HOST --sender ADDRESS")
    return found


def mail_show(call: Call) -> dict[str, Any]:
    """Show where mail is handed over, and whether its password is there; the password itself is never shown."""
    server = mail_server(call.session)
    if server is None:
        return {
            "said": "No mail server is set, so no mail is sent. Set one with: corecar mail set",
            "facts": {},
            "details": {},
        }
    facts = {name: value for name, value in asdict(server).items() if name not in ("variable", "file")}
    if server.user is not None:
        facts["password"] = f"in {server.where_password}: {_held(server)}"
    return {"said": "", "facts": facts, "details": {"settings": asdict(server)}}


def _held(server: MailServer) -> str:
    try:
        server.password()
    except WorkspaceError:
        return "not there"
    return "there"


def mail_set(
    call: Call,
    host: Annotated[str, "Name or address of the SMTP server."],
    *,
    sender: Annotated[str, "The address that mails are from."],
    security: Annotated[Security, "How the line is encrypted: starttls, tls from the start, or none."] = "starttls",
    port: Annotated[int | None, "Its port; without it 587, 465 or 25, by the security."] = None,
    user: Annotated[str | None, "The name to log in by; without it there is no log-in."] = None,
    password_variable: Annotated[
        str | None, "The environment variable that holds the password, beginning with CORECAR_."
    ] = None,
    password_file: Annotated[
        str | Path | None, "A file that holds the password, readable by whoever serves.", OnServer()
    ] = None,
    keep_password: Annotated[
        bool, "Take the password from where it was taken before: for the same server and name alone."
    ] = False,
    url: Annotated[
        str | None, "Where people reach the pages, such as https://corecar.example.com, for links in mails."
    ] = None,
) -> dict[str, Any]:
    """Set where mail is handed over; what was set before is replaced whole. The password is kept outside.

    Raises  ArgumentError for what is no host, address, port or URL, for a log-in in clear over a network, and for a
            password that is kept for another server or name than it was set for
    """
    if not re.fullmatch(r"[A-Za-z0-9.:_-]{1,253}", host):
        raise ArgumentError(f'host="{host}": expected the name or address of a server, such as mail.example.com.')
    chosen = PORTS[security] if port is None else port
    if not 0 < chosen < 65536:
        raise ArgumentError(f"port={port}: expected 1 to 65535.")
    if password_variable is not None and password_file is not None:
        raise ArgumentError("the password stands in a variable or in a file: name one of them.")
    if password_variable is not None and not OURS.fullmatch(password_variable):
        raise ArgumentError(f'password_variable="{password_variable}": expected a name that begins with CORECAR_.')
    if user is not None and security == "none" and not _is_here(host):
        raise ArgumentError(f"security=none: {user} would log in at {host} in clear. Take starttls or tls.")
    variable, file = password_variable, None if password_file is None else str(Path(password_file).absolute())
    if keep_password:
        variable, file = _kept(mail_server(call.session), host, user, variable or file)
    made = MailServer(host, chosen, security, checked_address(sender), user, variable, file, _checked_url(url))
    found = call.session.get(Setting, MAIL)
    if found is None:
        call.session.add(Setting(name=MAIL, value=asdict(made)))
    else:
        found.value = asdict(made)
    notes = []
    if user is not None and _held(made) != "there":
        notes.append(f"{made.where_password} holds no password for {user} here; without it no mail goes out.")
    if made.url is None:
        notes.append("Mails hold no links until --url says where people reach the pages.")
    said = f"Mail is handed to {host}:{chosen} ({security}) from {made.sender}. Try it with: corecar mail try"
    return {"said": said, "notes": notes}


def _kept(before: MailServer | None, host: str, user: str | None, named: str | None) -> tuple[str | None, str | None]:
    """The variable and the file of the setting before. Raises ArgumentError where its password is not meant for this.

    named  where a password is said to stand all the same
    """
    if named is not None:
        raise ArgumentError(f"keep_password: and the password stands in {named}? Say one of the two.")
    if before is None:
        raise ArgumentError("keep_password: no mail server was set before. Say where the password stands.")
    if (before.host, before.user) != (host, user):
        was = f"{before.user or 'nobody'} at {before.host}"
        raise ArgumentError(f"keep_password: the password is of {was}. Say where the one of {user} at {host} stands.")
    return before.variable, before.file


def _is_here(host: str) -> bool:
    """Whether a server is this very machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def checked_address(address: str) -> str:
    """An address of mail as it is written. Raises ArgumentError for one that is none."""
    wrong = ArgumentError(f'"{address}" is no mail address. Write it like lin@example.com')
    if (
        len(address) > 254
        or not re.fullmatch(r"[!-?A-~]+@[A-Za-z0-9.-]+", address)
        or set(address) & set('<>,;:()[]\\"')
    ):
        raise wrong
    try:
        return Address(addr_spec=address).addr_spec
    except (ValueError, IndexError) as error:
        raise wrong from error


def _checked_url(url: str | None) -> str | None:
    """The beginning of the addresses of pages, without a slash at its end. Raises ArgumentError."""
    if url is None:
        return None
    if not URL.fullmatch(url):
        raise ArgumentError(f'url="{url}": expected an address such as https://corecar.example.com')
    return url.rstrip("/")
